"""Pitch spelling: chooses the enharmonic name of a note from its key, chord and melody.

Positions are on the line of fifths (C = 0, G = 1, F = -1, F sharp = 6, B flat = -2). Chord tones are spelled by the structure
of the chord, whose triad is the one nearest to the key, chromatic passing notes by where they lead if that is not too far from
the tonic, all others by the key's chromatic scale. Pure functions of numbers; knows no files.

Source: the line-of-fifths model of D. Temperley, "The Cognition of Basic Musical Structures" (2001), chapter 5.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from composer.score import CHORD_QUALITIES, LETTERS_BY_FIFTHS, MODAL_NAMES, NATURALS, Chord, Key, Mode

# Fifths above the root for each interval in semitones, in chords without altered tones.
_CHORD_FIFTHS = {0: 0, 1: -5, 2: 2, 3: -3, 4: 4, 5: -1, 6: 6, 7: 1, 8: -4, 9: 3, 10: -2, 11: 5}
# Intervals that may be the third and the fifth of a chord, the one that counts first.
_THIRDS, _FIFTHS = (4, 3, 5, 2), (7, 6, 8)
_FARTHEST_PLAIN_STEP = 4  # fifths above the root of tones that are not altered
_PLAIN = range(-6, 11)  # G flat to A sharp: white and black keys by their usual names
_ODD_COST, _DOUBLE_COST = 3, 9  # of E sharp, B sharp, C flat, F flat, and of double accidentals, in fifths
# Fifths from the tonic within which a chromatic note is spelled by where it leads: leading tones of all degrees that have a
# consonant triad above, and the lowered second and fifth below.
_LEADING: dict[Mode, range] = {"major": range(-6, 10), "minor": range(-6, 8)}
_NO_KEY = Key(0, "major")
_KEY_NAME = re.compile(rf"\b([A-G])([b#])(?= (?:major|minor|{'|'.join(MODAL_NAMES)})\b)")


def with_signs(text: str) -> str:
    """A text in which the names of keys have flat and sharp signs, as they are printed.

    >>> with_signs("Waltz in Bb major - Bb"), with_signs("Trio in F# minor")
    ('Waltz in B♭ major - Bb', 'Trio in F♯ minor')
    """
    return _KEY_NAME.sub(lambda name: name[1] + {"b": "♭", "#": "♯"}[name[2]], text)


def letter_and_alter(position: int) -> tuple[str, int]:
    """Letter and alteration in semitones of a position on the line of fifths.

    >>> letter_and_alter(6), letter_and_alter(-9)
    (('F', 1), ('B', -2))
    """
    alter, index = divmod(position + 1, 7)
    return LETTERS_BY_FIFTHS[index], alter


def octave_of(pitch: int, position: int) -> int:
    """Octave number of a MIDI pitch with a given spelling (C4 = 60; spelled as B sharp, it is B#3).

    >>> octave_of(60, 0), octave_of(60, 12), octave_of(59, -7)
    (4, 3, 4)
    """
    letter, alter = letter_and_alter(position)
    return (pitch - alter - NATURALS[letter]) // 12 - 1


def _positions(pitch_class: int, low: int, high: int) -> list[int]:
    """Spellings of a pitch class within a range of the line of fifths."""
    return [position for position in range(low, high + 1) if position * 7 % 12 == pitch_class]


def scale_position(pitch_class: int, key: Key) -> int:
    """Spelling in the key's chromatic scale: E flat to G sharp in C major, B flat to D sharp in A minor.

    >>> [letter_and_alter(scale_position(8, Key.parse(key))) for key in ("Am", "Fm")]
    [('G', 1), ('A', -1)]
    """
    low = key.fifths - (3 if key.mode == "major" else 2)
    return _positions(pitch_class, low, low + 11)[0]


@lru_cache(maxsize=4096)
def chord_positions(chord: Chord, key: Key) -> dict[int, int]:
    """Spelling of each pitch class of a chord, on the root whose triad is nearest to the key and has the plainest names.

    A diminished seventh chord, which any of its tones may root, is spelled on the nearest of them. Altered tones beyond the
    triad keep the name that they have in the key signature.

    >>> names = chord_positions(Chord.parse("D6"), Key.parse("D major"))
    >>> [letter_and_alter(names[pitch_class])[0] for pitch_class in (2, 6, 9, 11)]
    ['D', 'F', 'A', 'B']
    >>> [letter_and_alter(place) for place in chord_positions(Chord.parse("Bm"), Key.parse("Eb minor")).values()]
    [('B', 0), ('D', 0), ('F', 1)]
    """
    center = key.fifths + (2 if key.mode == "major" else 3)
    symmetric = chord.quality == "dim7"
    fifths = {interval: _fifths_in_chord(interval, chord.quality) for interval in _intervals(chord)}
    base = [*fifths.values()] if symmetric else [fifths[interval] for interval in _triad(chord.quality)]

    def cost(root: int) -> int:
        return sum(abs(root + step - center) + _name_cost(root + step, key) for step in base)

    roots = [(chord.root + 3 * turn) % 12 for turn in range(4 if symmetric else 1)]
    root = min((place for each in roots for place in _positions(each, center - 14, center + 14)), key=cost)
    positions = {(root + step) * 7 % 12: root + step for step in fifths.values()}
    tensions = {(root + step) * 7 % 12 for step in fifths.values() if step not in base and abs(step) > _FARTHEST_PLAIN_STEP}
    in_signature = {pitch_class: scale_position(pitch_class, key) for pitch_class in tensions if _is_diatonic(pitch_class, key)}
    return positions | in_signature


def _triad(quality: str) -> list[int]:
    """The triad on which a chord is built, in semitones above its root; without a third or fifth that it lacks."""
    tones = CHORD_QUALITIES[quality]
    return [0, *[next(tone for tone in choices if tone in tones) for choices in (_THIRDS, _FIFTHS) if {*choices} & {*tones}]]


def _intervals(chord: Chord) -> list[int]:
    """Semitones above the root of the chord's tones and bass, lowest first."""
    return sorted((tone - chord.root) % 12 for tone in chord.pitch_classes)


def _fifths_in_chord(interval: int, quality: str) -> int:
    """Fifths above the root of a tone: a fifth may be diminished or augmented, a seventh diminished, a ninth augmented."""
    tones = CHORD_QUALITIES[quality]
    altered = {
        3: 9 if {4, 10} <= {*tones} else -3,
        6: 6 if 7 in tones else -6,
        8: 8 if not {1, 7} & {*tones} else -4,
        9: -9 if quality == "dim7" else 3,
    }
    return altered.get(interval, _CHORD_FIFTHS[interval])


def _name_cost(position: int, key: Key) -> int:
    """How hard a name is to read: nothing for usual names, and from the key signature to the raised fourth."""
    if key.fifths - 1 <= position <= key.tonic_fifths + 6 or position in _PLAIN:
        return 0
    return _ODD_COST if abs(letter_and_alter(position)[1]) < 2 else _DOUBLE_COST


def spell(pitch: int, key: Key | None, chord: Chord | None, following: Collection[int]) -> int:
    """Position of a pitch on the line of fifths.

    Args:
        pitch: MIDI pitch.
        key: the key in force; `None` counts as C major.
        chord: the harmony in force.
        following: pitches of the next onset in the same part.

    >>> letter_and_alter(spell(61, Key.parse("C"), None, [62])), letter_and_alter(spell(61, Key.parse("C"), None, [60]))
    (('C', 1), ('D', -1))
    """
    key = key or _NO_KEY
    pitch_class = pitch % 12
    in_chord = chord_positions(chord, key).get(pitch_class) if chord else None
    if in_chord is not None and (-8 <= in_chord <= 12 or abs(key.fifths) >= 5):
        return in_chord  # double accidentals only in keys with many accidentals
    if not _is_settled(pitch_class, key):
        for target, step in ((pitch + 1, 5), (pitch - 1, -5)):  # a diatonic semitone below or above its target
            position = scale_position(target % 12, key) + step
            if target in following and _is_diatonic(target % 12, key) and position - key.tonic_fifths in _LEADING[key.mode]:
                return position
    return scale_position(pitch_class, key)


def _is_diatonic(pitch_class: int, key: Key) -> bool:
    """Whether the pitch class is in the key signature."""
    return bool(_positions(pitch_class, key.fifths - 1, key.fifths + 5))


def _is_settled(pitch_class: int, key: Key) -> bool:
    """Whether the spelling is fixed: scale tones, the raised fourth in major, the raised sixth and seventh in minor."""
    raised = (6,) if key.mode == "major" else (6, 8)
    return _is_diatonic(pitch_class, key) or any((key.fifths + steps) * 7 % 12 == pitch_class for steps in raised)
