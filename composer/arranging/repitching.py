"""Notes over one chord as notes over another: lines keep the functions of their tones, chords their register and their size.

Knows no rhythm.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from composer.arranging.voicing import chord_scale, nearest_tone, third_of, tones_of
from composer.score import Chord, Key

_OCTAVE = 12
_REACH = 4  # semitones that a tone of a chord moves at most
_NO_THIRD, _NO_BASS, _TWICE, _BEATING = 5.0, 8.0, 1.5, 4.0  # cost of a chord without its third or its bass, ...
_LOW = 53  # lowest notes below F3 are the bass of a chord


def root_shift(old: Chord, new: Chord) -> int:
    """Semitones from one root to another the nearest way, -5 to 6.

    >>> root_shift(Chord.parse("C"), Chord.parse("G")), root_shift(Chord.parse("C"), Chord.parse("F#"))
    (-5, 6)
    """
    away = (new.root - old.root) % _OCTAVE
    return away if away <= _OCTAVE // 2 else away - _OCTAVE


def repitched(pitch: int, old: Chord, new: Chord, shift: int, key: Key) -> int:
    """A note of a line over one chord as a note over another.

    A tone of the chord keeps its function (root, third, ...), another note becomes the nearest one of the scale.

    Args:
        pitch: of the note.
        old, new: the chord below it before and after.
        shift: semitones by which the line moves; a note differs from this by its function only.
        key: whose scale fills the new chord.

    >>> C, Am = Chord.parse("C"), Chord.parse("Am")
    >>> [repitched(pitch, C, Am, -3, Key.parse("C")) for pitch in (60, 62, 64, 67)]
    [57, 59, 60, 64]
    """
    tones, interval = tones_of(old), (pitch - old.root) % _OCTAVE
    moved = pitch + shift
    if interval not in tones:
        return nearest_tone(tuple(chord_scale(key, new)), moved, moved - _OCTAVE, moved + _OCTAVE)
    others, place = tones_of(new), tones.index(interval)
    wanted = (others[place],) if place < len(others) else others
    return nearest_tone([(new.root + tone) % _OCTAVE for tone in wanted], moved, moved - _OCTAVE, moved + _OCTAVE)


def moved_to(pitch: int, old: Chord, new: Chord, key: Key, low: int, high: int, *, is_bass: bool = False) -> int:
    """A note of a line over another chord, moved with the root the nearest way that stays in a range, if any does.

    Args:
        pitch: of the note.
        old, new: the chord below it before and after.
        key: as for `repitched`.
        low, high: lowest and highest pitch of the range.
        is_bass: whether the line is the bass, whose lowest tone of a chord becomes that of the other.

    >>> chords, key = [Chord.parse(name) for name in ("C", "G/B")], Key.parse("C")
    >>> moved_to(48, *chords, key, 40, 60), moved_to(48, *chords, key, 40, 60, is_bass=True), moved_to(48, *chords, key, 46, 60)
    (43, 47, 55)
    """
    nearest = root_shift(old, new)
    shifts = sorted((nearest, nearest - _OCTAVE, nearest + _OCTAVE), key=abs)
    if is_bass and pitch % _OCTAVE == old.lowest:
        found = [nearest_tone((new.lowest,), pitch + octave, 0, 127) for octave in (0, -_OCTAVE, _OCTAVE)]
    else:
        found = [repitched(pitch, old, new, shift, key) for shift in shifts]
    return next((pitch for pitch in found if low <= pitch <= high), found[0])


@cache
def revoiced(pitches: tuple[int, ...], old: Chord, new: Chord) -> tuple[int, ...]:
    """The tones of a new chord nearest to a chord that is struck together, in as many notes; a bare fifth stays one.

    Args:
        pitches: of two or more notes in ascending order.
        old, new: the chord before and after.

    >>> revoiced((60, 64, 67), Chord.parse("C"), Chord.parse("F")), revoiced((40, 47, 52), Chord.parse("Em"), Chord.parse("C"))
    ((60, 65, 69), (36, 43, 48))
    """
    classes = {pitch % _OCTAVE for pitch in pitches}
    third = third_of(old)
    if third is None or (old.root + third) % _OCTAVE not in classes:
        shift = root_shift(old, new)
        return tuple(pitch + shift for pitch in pitches)
    return min(_voicings(pitches, new), key=lambda found: _cost(found, pitches, new), default=pitches)


def _voicings(pitches: tuple[int, ...], chord: Chord) -> Iterator[tuple[int, ...]]:
    """The ascending voicings of a chord whose tones are near given pitches."""

    def above(found: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(found) == len(pitches):
            yield found
            return
        pitch = pitches[len(found)]
        for each in range(pitch - _REACH, pitch + _REACH + 1):
            if each % _OCTAVE in chord.pitch_classes and (not found or each > found[-1]):
                yield from above((*found, each))

    return above(())


def _cost(found: tuple[int, ...], pitches: tuple[int, ...], chord: Chord) -> float:
    classes, third = [pitch % _OCTAVE for pitch in found], third_of(chord)
    cost = float(sum(abs(after - before) for before, after in zip(pitches, found, strict=True)))
    cost += _NO_THIRD * (third is not None and (chord.root + third) % _OCTAVE not in classes)
    cost += _NO_BASS * (pitches[0] < _LOW and classes[0] != chord.lowest)
    cost += _BEATING * sum(above - below < 2 for below, above in pairwise(found))
    return cost + _TWICE * (len(classes) - len(set(classes)))
