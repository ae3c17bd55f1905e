"""Chord shapes on fretted instruments: where the fingers of one hand stop the strings.

A shape has at most four fingers within four frets, the first and last of which may lie across several strings (a barre); the
strings between the lowest and the highest that sound all sound. Knows no rhythm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile

from composer.analysis.playability import FRET_FINGERS, HAND_FRETS
from composer.arranging.voicing import FIFTHS, third_of, tones_of
from composer.score import Chord

_HIGHEST_POSITION = 9
_FEWEST_STRINGS = 4
# Cost of a tone that is missing, of a missing fifth, of a bass that is not that of the chord, of a string that rests, of each
# fret up the neck to the highest finger, of a finger, of the third or seventh on a second string, and of upper strings without
# the third.
_MISSING, _FIFTHLESS, _OTHER_BASS, _RESTING, _HIGHER, _FINGER, _DOUBLED, _BARE = 20.0, 3.0, 8.0, 1.1, 1.0, 0.3, 0.6, 2.0
UPPER_STRINGS = 3  # that single fingers pluck

Shape = tuple[int, ...]


@lru_cache(maxsize=4096)
def shape_of(chord: Chord, strings: tuple[int, ...], low: int, high: int) -> Shape:
    """The pitches of a chord in the order of a strum, from the first string that sounds to the last; empty if no shape exists.

    Args:
        chord: to be played.
        strings: open pitches of the strings in their order on the neck.
        low, high: lowest and highest pitch.

    >>> guitar = (40, 45, 50, 55, 59, 64)
    >>> [shape_of(Chord.parse(symbol), guitar, 40, 84) for symbol in ("E", "C", "F")]
    [(40, 47, 52, 56, 59, 64), (48, 52, 55, 60, 64), (41, 48, 53, 57, 60, 65)]
    """
    fewest = min(_FEWEST_STRINGS, len(strings))
    found = ((_cost(chord, frets, strings), frets) for frets in _shapes(chord, strings, fewest, low, high))
    _, best = min(found, default=(0.0, ()))
    return tuple(open_pitch + fret for open_pitch, fret in zip(strings[len(strings) - len(best) :], best, strict=True))


def other_bass(chord: Chord, shape: Shape) -> int:
    """The bass that alternates with the lowest string: the fifth above or below it, else the next string.

    >>> other_bass(Chord.parse("C"), (48, 52, 55, 60, 64)), other_bass(Chord.parse("E"), (40, 47, 52, 56, 59, 64))
    (55, 47)
    """
    upper = shape[1:3] or shape
    return next((pitch for pitch in upper if (pitch - chord.root) % 12 in FIFTHS), upper[0])


def _shapes(chord: Chord, strings: Sequence[int], fewest: int, low: int, high: int) -> Iterator[tuple[int, ...]]:
    """The frets of all shapes of a chord, 0 for an open string, from the lowest string that sounds to the last."""
    tones = chord.pitch_classes
    for position in range(1, _HIGHEST_POSITION + 1):
        reach = (0, *range(position, position + HAND_FRETS))
        choices = [
            [fret for fret in reach if (pitch + fret) % 12 in tones and low <= pitch + fret <= high] for pitch in strings
        ]
        for first in range(len(strings) - fewest + 1):
            yield from _stopped(choices[first:], ())


def _stopped(choices: Sequence[Sequence[int]], chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every choice of a fret for each string for which the fingers suffice."""
    if _fingers(chosen) > FRET_FINGERS:
        return
    if not choices:
        yield chosen
        return
    for fret in choices[0]:
        yield from _stopped(choices[1:], (*chosen, fret))


def _fingers(frets: Sequence[int]) -> int:
    """Fingers that stop the frets: one lies across the strings at the lowest fret if none is open, one across the last strings.

    >>> [_fingers(frets) for frets in ((1, 3, 3, 2, 1, 1), (3, 2, 3, 3, 3), (0, 2, 2, 1, 0, 0))]
    [4, 3, 3]
    """
    stopped = [fret for fret in frets if fret]
    if not stopped:
        return 0
    lowest = min(stopped)
    across = stopped.count(lowest) - 1 if 0 not in frets[frets.index(lowest) :] else 0
    last = sum(1 for _ in takewhile(lambda fret: fret == frets[-1] > lowest, reversed(frets)))
    return len(stopped) - across - max(0, last - 1)


def _cost(chord: Chord, frets: Sequence[int], strings: Sequence[int]) -> float:
    pitches = [pitch + fret for pitch, fret in zip(strings[len(strings) - len(frets) :], frets, strict=True)]
    sounding = [(pitch - chord.root) % 12 for pitch in pitches]
    missing = {tone % 12 for tone in tones_of(chord)} - set(sounding)
    fifthless = len(missing.intersection(FIFTHS))
    bass = min(pitches) % 12 != chord.lowest and list(strings) == sorted(strings)
    doubled = sum(max(0, sounding.count(tone) - 1) for tone in set(sounding) - {0, 7})
    stopped = [fret for fret in frets if fret]
    bare = third_of(chord) not in sounding[-UPPER_STRINGS:]
    return (
        _MISSING * (len(missing) - fifthless)
        + _FIFTHLESS * fifthless
        + _OTHER_BASS * bass
        + _RESTING * (len(strings) - len(frets))
        + _HIGHER * max(stopped, default=0)
        + _FINGER * _fingers(frets)
        + _DOUBLED * doubled
        + _BARE * bare
    )
