"""Upbeats: a first bar of which nothing sounds before its second half is printed from its first note on.

Only symbols are left out: positions still count from the start of the full bar. Knows no file format.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from composer.formats.engraving.meter import UNIT_TICKS, VALUES, Division, split
from composer.formats.engraving.rhythm import Symbol
from composer.score import Score

Voice = Sequence[Symbol]


def units_before(score: Score, voices: Iterable[Voice]) -> int:
    """Units of the first bar that are not printed because it is silent up to an upbeat; 0 if the bar is printed whole.

    It is printed whole in a piece of one bar, in a loop, and where the tempo, the key, the chord or the section changes in the
    silence: all changes are written at the start of an incomplete bar.

    Args:
        score: the printed score.
        voices: those of its first bar, on all staves.
    """
    if len(score.bars) < 2 or score.is_loop:
        return 0
    length = score.bars[0].time_signature.bar_ticks // UNIT_TICKS
    first = min((_begins(voice) for voice in voices if any(symbol.members for symbol in voice)), default=0)
    changes = (score.tempos, score.keys, score.chords, score.markers)
    known = all(sum(event.start_ticks <= first * UNIT_TICKS for event in events) <= 1 for events in changes)
    return first if 2 * first >= length and known else 0


def _begins(voice: Voice) -> int:
    """Where the first note of a voice begins, or the triplet in which it is."""
    first = next(symbol for symbol in voice if symbol.members)
    if first.triplet is None:
        return first.start
    return next(symbol.start for symbol in voice if symbol.triplet == first.triplet)


def printed_from(start: int, voice: Voice, division: Division) -> list[Symbol]:
    """The symbols of a voice from a unit on, before which it rests.

    >>> from composer.formats.engraving.meter import divide_bar
    >>> rests = printed_from(60, [Symbol(0, 96, "whole", 0)], divide_bar(4, 4))
    >>> [(rest.start, rest.value) for rest in rests]
    [(60, 'eighth'), (72, 'quarter')]
    """
    kept = [symbol for symbol in voice if symbol.start >= start]
    end = kept[0].start if kept else len(division.levels) - 1
    cuts = split(start, end, division, rest=True) if end > start else []
    return [*(Symbol(a, b - a, *VALUES.get(b - a, ("whole", 0))) for a, b in cuts), *kept]
