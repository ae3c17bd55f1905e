"""Pitch spelling: chooses the enharmonic name of a note from its key, chord and melody.

Positions are on the line of fifths (C = 0, G = 1, F = -1, F sharp = 6, B flat = -2). Chord tones are spelled by the structure
of the chord, chromatic passing notes by where they lead, all others by the key's chromatic scale. Pure functions of numbers;
knows no files.

Source: the line-of-fifths model of D. Temperley, "The Cognition of Basic Musical Structures" (2001), chapter 5.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from composer.score import LETTERS_BY_FIFTHS, NATURALS, Chord, Key

# Fifths above the root for each interval in semitones, with chords built in thirds.
_CHORD_FIFTHS = {0: 0, 1: -5, 2: 2, 3: -3, 4: 4, 5: -1, 6: -6, 7: 1, 8: 8, 9: -9, 10: -2, 11: 5}
_NO_KEY = Key(0, "major")


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
    """Spelling of each pitch class of a chord, with the root spelled so that the chord is nearest to the key."""
    center = key.fifths + (2 if key.mode == "major" else 3)
    intervals = [_CHORD_FIFTHS[interval] for interval in sorted((tone - chord.root) % 12 for tone in chord.pitch_classes)]

    def distance(root: int) -> int:
        return sum(abs(root + interval - center) for interval in intervals)

    root = min(_positions(chord.root, center - 14, center + 14), key=distance)
    return {(root + interval) * 7 % 12: root + interval for interval in intervals}


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
        if pitch + 1 in following and _is_diatonic((pitch + 1) % 12, key):
            return scale_position((pitch + 1) % 12, key) + 5  # resolves upward: a diatonic semitone below its target
        if pitch - 1 in following and _is_diatonic((pitch - 1) % 12, key):
            return scale_position((pitch - 1) % 12, key) - 5
    return scale_position(pitch_class, key)


def _is_diatonic(pitch_class: int, key: Key) -> bool:
    """Whether the pitch class is in the key signature."""
    return bool(_positions(pitch_class, key.fifths - 1, key.fifths + 5))


def _is_settled(pitch_class: int, key: Key) -> bool:
    """Whether the spelling is fixed: scale tones, the raised fourth in major, the raised sixth and seventh in minor."""
    raised = (6,) if key.mode == "major" else (6, 8)
    return _is_diatonic(pitch_class, key) or any((key.fifths + steps) * 7 % 12 == pitch_class for steps in raised)
