"""Music in the other mode on the same tonic: a theme in major becomes a minore, one in minor a maggiore.

Every degree of the scale keeps its place. The leading tone stays in minor where the dominant has it, or where it rises to the
tonic. The chord on the seventh degree of minor becomes the dominant over the leading tone in major: its own degrees are a
diminished chord there. Chords with tones off the scale stay as they are. A tune alone goes by the degrees of its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from composer.arranging.repitching import repitched
from composer.arranging.voicing import nearest_tone, seventh_of, third_of
from composer.score import CHORD_QUALITIES, Chord, Key, Mode

_OCTAVE, _MAJOR_THIRD = 12, 4  # semitones
_LEADING, _DOMINANT, _SUBTONIC, _FOURTH = 11, 7, 10, 5  # steps above the tonic
_MINOR = {4: 3, 9: 8, 11: 10}  # steps above the tonic in major, and in natural minor
_MAJOR = {3: 4, 8: 9, 10: 11}
_MAJOR_SCALE = frozenset((0, 2, 4, 5, 7, 9, 11))
_MINOR_SCALE = frozenset((0, 2, 3, 5, 7, 8, 10, 11))
_SIXTH = 9  # steps above the tonic in major
_OF_DOMINANT = frozenset((2, 5, 7, 11))  # steps above the tonic: tones through which a leading tone reaches it
_DOMINANTS = (_DOMINANT, _LEADING)  # roots of the chords that have the leading tone in minor
_OTHER: dict[Mode, Mode] = {"major": "minor", "minor": "major"}
_BY_TONES = {frozenset(tones): name for name, tones in reversed(CHORD_QUALITIES.items())}


def parallel(key: Key) -> Key:
    """The key of the other mode on the same tonic.

    >>> str(parallel(Key.parse("D minor"))), str(parallel(Key.parse("C major")))
    ('D major', 'C minor')
    """
    return Key.from_tonic(key.tonic, _OTHER[key.mode])


def in_other_mode(chord: Chord, key: Key) -> Chord:
    """A chord of a key as one of the other mode on the same tonic.

    >>> major, minor = Key.parse("C major"), Key.parse("A minor")
    >>> [in_other_mode(Chord.parse(name), major).symbol() for name in ("C", "Dm7", "Em", "F", "G7", "Am", "D7", "C/E")]
    ['Cm', 'Dm7b5', 'Eb', 'Fm', 'G7', 'Ab', 'D7', 'Cm/Eb']
    >>> [in_other_mode(Chord.parse(name), minor).symbol() for name in ("Am", "Bdim", "C", "Dm", "E7", "F", "G", "G7")]
    ['A', 'Bm', 'C#m', 'D', 'E7', 'F#m', 'E/G#', 'E7/G#']
    """
    root = (chord.root - key.tonic) % _OCTAVE
    tones = [(root + tone) % _OCTAVE for tone in CHORD_QUALITIES[chord.quality]]
    if not set(tones) <= (_MAJOR_SCALE if key.mode == "major" else _MINOR_SCALE):
        return chord
    if key.mode == "minor" and root == _SUBTONIC and third_of(chord) == _MAJOR_THIRD:
        lowest = _other((chord.lowest - key.tonic) % _OCTAVE, key.mode, leads=False)
        has_seventh = lowest == _FOURTH or seventh_of(chord) is not None
        return Chord((key.tonic + _DOMINANT) % _OCTAVE, "7" if has_seventh else "maj", (key.tonic + lowest) % _OCTAVE)
    moved = [_other(tone, key.mode, leads=root in _DOMINANTS) for tone in tones]
    quality = _BY_TONES.get(frozenset((tone - moved[0]) % _OCTAVE for tone in moved))
    if quality is None:
        return in_other_mode(chord.reduced, key) if chord.reduced != chord else chord
    bass = chord.bass
    if bass is not None:
        bass = (key.tonic + _other((bass - key.tonic) % _OCTAVE, key.mode, leads=root in _DOMINANTS)) % _OCTAVE
    return Chord((key.tonic + moved[0]) % _OCTAVE, quality, bass)


def _other(step: int, mode: Mode, *, leads: bool) -> int:
    """A step above the tonic in the other mode."""
    if mode == "minor":
        return _MAJOR.get(step, step)
    return step if leads and step == _LEADING else _MINOR.get(step, step)


def line_in_other_mode(pitches: Sequence[int], before: Sequence[Chord], after: Sequence[Chord], key: Key) -> list[int]:
    """The pitches of a line in the other mode.

    Args:
        pitches: of the line in a key.
        before: the chord of each note.
        after: the same as `in_other_mode` gives them.
        key: of the line.

    >>> C, G, Cm = Chord.parse("C"), Chord.parse("G"), Chord.parse("Cm")
    >>> line_in_other_mode([64, 65, 71, 72, 69], [C, C, G, C, C], [Cm, Cm, G, Cm, Cm], Key.parse("C"))
    [63, 65, 71, 72, 68]
    """
    moved = [_moved(pitch, old, new, key) for pitch, old, new in zip(pitches, before, after, strict=True)]
    leading = (key.tonic + _LEADING) % _OCTAVE
    rises = [later - pitch == 1 and pitch % _OCTAVE == leading for pitch, later in pairwise(pitches)]
    return [pitch if up else other for pitch, other, up in zip(pitches, moved, [*rises, False], strict=True)]


def tune_in_other_mode(pitches: Sequence[int], chords: Sequence[Chord | None], key: Key) -> list[int]:
    """The pitches of a tune alone in the other mode, by the degrees of its key.

    The leading tone stays where the tune reaches the tonic from it, at once or through tones of the dominant, and the sixth
    that steps up to it there. Stated chords with tones off the scale keep their tones, dominants the leading tone.

    Args:
        pitches: of the tune in a key.
        chords: the stated chord of each note; `None` where there is none.
        key: of the tune.

    >>> tune_in_other_mode([62, 64, 71, 72, 69, 71, 72, 71, 69, 67], [None] * 10, Key.parse("C"))
    [62, 63, 71, 72, 69, 71, 72, 70, 68, 67]
    """
    steps = [(pitch - key.tonic) % _OCTAVE for pitch in pitches]
    moved, later, leads, rises = list[int](), -1, False, False
    for pitch, step, chord in reversed(list(zip(pitches, steps, chords, strict=True))):
        leads = step in _OF_DOMINANT and (later == 0 or leads)
        is_dominant = chord is not None and (chord.root - key.tonic) % _OCTAVE in _DOMINANTS
        is_altered = chord is not None and in_other_mode(chord, key) == chord
        is_tone = chord is not None and pitch % _OCTAVE in chord.pitch_classes
        keeps = is_tone and (is_altered or (is_dominant and step == _LEADING))
        climbs = rises and step == _SIXTH and later == _LEADING
        moved.append(pitch if keeps or climbs else pitch + _other(step, key.mode, leads=leads) - step)
        rises = step == _LEADING and moved[-1] == pitch
        later = step
    return moved[::-1]


def _moved(pitch: int, old: Chord, new: Chord, key: Key) -> int:
    """A tone over a chord, over the same chord in the other mode."""
    if pitch % _OCTAVE not in old.pitch_classes:
        return _passing(pitch, new, key)
    if key.mode == "minor" and (old.root - key.tonic) % _OCTAVE == _SUBTONIC:
        return _nearest(pitch, new, key)
    return repitched(pitch, old, new, 0, parallel(key))


def _nearest(pitch: int, chord: Chord, key: Key) -> int:
    """The tone of a chord nearest to a tone in the other mode."""
    moved = _passing(pitch, chord, key)
    return nearest_tone(sorted(chord.pitch_classes), moved, moved - _OCTAVE, moved + _OCTAVE)


def _passing(pitch: int, chord: Chord, key: Key) -> int:
    """A tone between those of a chord, in the other mode."""
    step = (pitch - key.tonic) % _OCTAVE
    leads = (key.tonic + _LEADING) % _OCTAVE in chord.pitch_classes
    return pitch + _other(step, key.mode, leads=leads) - step
