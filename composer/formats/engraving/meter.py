"""Division of bars, and the note values in which a span of a bar is written.

Counts in units of 1/24 quarter note (20 ticks), the coarsest grid with both triplets and thirty-seconds. A span that would
hide a beat is split into tied values. Knows neither pitches nor voices.

Source: the beaming and division rules of E. Gould, "Behind Bars" (2011), pp. 151-176.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from composer.score import TICKS_PER_QUARTER, TimeSignature

UNITS_PER_QUARTER = 24
UNIT_TICKS = TICKS_PER_QUARTER // UNITS_PER_QUARTER

_NAMES = {384: "long", 192: "breve", 96: "whole", 48: "half", 24: "quarter", 12: "eighth", 6: "16th", 3: "32nd"}
# Length in units -> name of the value and its dots.
VALUES: dict[int, tuple[str, int]] = {units: (name, 0) for units, name in _NAMES.items()} | {
    units * 3 // 2: (name, 1) for units, name in _NAMES.items() if units % 2 == 0
}
_SHORTEST = 3  # a thirty-second
BAR, GROUP, BEAT = 10, 9, 8  # position levels; each halving below the beat subtracts one, 0 is off the grid


@dataclass(frozen=True, slots=True)
class Division:
    """How a span of music divides.

    Attributes:
        levels: strength of each position 0 .. length (units): `BAR` at both ends, `GROUP`, `BEAT`, or a smaller number.
        beat: length of the beat.
        compound: whether beats divide into three.
    """

    levels: tuple[int, ...]
    beat: int
    compound: bool


@lru_cache(maxsize=256)
def divide(length: int, beat: int, groups: tuple[int, ...] = (), compound: bool = False) -> Division:
    """Division of a span of `length` units into beats, with group starts in `groups`."""

    def level(position: int) -> int:
        if position in (0, length):
            return BAR
        if position in groups:
            return GROUP
        if position % beat == 0:
            return BEAT
        part, found = beat // 3 if compound else beat // 2, BEAT - 1
        while part >= _SHORTEST:
            if position % part == 0:
                return found
            part, found = part // 2, found - 1
        return found if position % _SHORTEST == 0 else 0

    return Division(tuple(level(position) for position in range(length + 1)), beat, compound)


@lru_cache(maxsize=256)
def divide_bar(numerator: int, denominator: int) -> Division:
    """Division of a bar by its meter.

    >>> [position for position, level in enumerate(divide_bar(7, 8).levels) if level == GROUP]
    [24, 48]
    """
    meter = TimeSignature(0, numerator, denominator)
    beat = meter.beat_ticks // UNIT_TICKS
    beats = meter.bar_ticks // meter.beat_ticks
    return divide(meter.bar_ticks // UNIT_TICKS, beat, tuple(beat * start for start in _group_starts(beats)), meter.is_compound)


def _group_starts(beats: int) -> tuple[int, ...]:
    """Beats (from 0, excluding the first) that start groups: 2+2, 3+2, 2+2+3 etc.; 2 and 3 beats are not grouped."""
    if beats <= 3:
        return ()
    if beats == 5:
        return (3,)
    size = 3 if beats % 3 == 0 and beats % 2 else 2
    return tuple(range(size, beats - size + 1, size))


def split(start: int, end: int, division: Division, *, rest: bool = False) -> list[tuple[int, int]]:
    """Splits a note or rest into values that can be notated and show the beats.

    >>> split(12, 60, divide_bar(4, 4)), split(0, 48, divide_bar(6, 8))
    ([(12, 48), (48, 60)], [(0, 36), (36, 48)])
    """
    if _is_readable(start, end, division, rest):
        return [(start, end)]
    inner = division.levels[start + 1 : end]
    strongest = max(inner)
    if division.levels[start] > division.levels[end]:  # the longer value is at the stronger end
        cut = end - 1 - inner[::-1].index(strongest)
    else:
        cut = start + 1 + inner.index(strongest)
    return split(start, cut, division, rest=rest) + split(cut, end, division, rest=rest)


def _is_readable(start: int, end: int, division: Division, rest: bool) -> bool:
    """Whether a single value may represent the span."""
    length = end - start
    if length not in VALUES:
        return False
    between = division.levels[start + 1 : end]
    inner = max(between)
    first, last = division.levels[start], division.levels[end]
    dotted = VALUES[length][1] > 0
    if division.compound and inner >= BEAT:
        return min(first, last) >= BEAT and max(first, last) >= inner
    if rest:
        return first > inner and (division.compound or not dotted) and (length <= division.beat or last >= GROUP)
    syncopated = not dotted and not division.compound and first == last == inner - 1 and between.count(inner) == 1
    return max(first, last) >= inner or syncopated
