"""Patterns of equal cells fitted to the bars of any meter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from composer.score import TICKS_PER_QUARTER, TimeSignature

_SIXTEENTH = TICKS_PER_QUARTER // 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One sign of a pattern: its start in the bar and its length, in ticks."""

    sign: str
    start: int
    ticks: int


def bars_of(pattern: str, written_in: str) -> int:
    """Number of bars that a pattern of sixteenths (or triplets) fills.

    >>> bars_of("x" * 32, "4/4"), bars_of("x" * 12, "3/4"), bars_of("x" * 12, "4/4")
    (2, 1, 1)
    """
    return max(1, len(pattern) * _SIXTEENTH // TimeSignature.parse(written_in).bar_ticks)


def lay(pattern: str, bar: int, meter: TimeSignature, written_in: str = "4/4") -> Iterator[Cell]:
    """The signs of a pattern in a bar.

    In a meter other than the pattern's, simple meters cut or repeat its sixteenths, and compound ones give each beat of the
    pattern one of their beats.

    Args:
        pattern: cells; dots are rests, hyphens hold the sign before them.
        bar: number of the bar, which chooses among the bars of a longer pattern.
        meter: of the bar.
        written_in: the pattern's meter.

    >>> [(cell.start, cell.ticks) for cell in lay("x---..x-........", 0, TimeSignature.parse("4/4"))]
    [(0, 480), (720, 240)]
    >>> [(cell.start, cell.ticks) for cell in lay("x-x-x-x-x-x-x-x-", 0, TimeSignature.parse("6/8"))]
    [(0, 480), (480, 240), (720, 480), (1200, 240)]
    """
    count = bars_of(pattern, written_in)
    size = len(pattern) // count
    mine = pattern[bar % count * size : (bar % count + 1) * size]
    written = TimeSignature.parse(written_in)
    starts = [written.bar_ticks * index // size for index in range(size + 1)]
    if meter.is_compound and not written.is_compound:
        mine, starts = _compound(mine, starts, meter)
    elif meter.bar_ticks != written.bar_ticks:
        rounds = -(-meter.bar_ticks // written.bar_ticks)
        starts = [start + written.bar_ticks * turn for turn in range(rounds) for start in starts[:-1]] + [
            rounds * written.bar_ticks
        ]
        mine = mine * rounds
    yield from _cells(mine, starts, meter.bar_ticks)


def broadened(cells: Sequence[Cell], beat_ticks: int) -> list[Cell]:
    """Cells in order of time without every second one of their fastest runs, if these are faster than the beat.

    A cell that is left out prolongs the one before it, if it follows that one without a rest.

    >>> [(cell.start, cell.ticks) for cell in broadened(list(lay("x-x-xxxxx-------", 0, TimeSignature.parse("4/4"))), 480)]
    [(0, 240), (240, 240), (480, 240), (720, 240), (960, 960)]
    """
    fastest = min((after.start - before.start for before, after in pairwise(cells)), default=beat_ticks)
    if fastest >= beat_ticks:
        return list(cells)
    kept = list(cells[:1])
    for before, cell in pairwise(cells):
        if cell.start - before.start > fastest or cell.start % beat_ticks // fastest % 2 == 0:
            kept.append(cell)
        elif before.start + before.ticks == cell.start:
            kept[-1] = replace(kept[-1], ticks=cell.start + cell.ticks - kept[-1].start)
    return kept


def _cells(signs: str, starts: list[int], end: int) -> Iterator[Cell]:
    for index, sign in enumerate(signs):
        if sign in ".-" or starts[index] >= end:
            continue
        stop = index + 1
        while stop < len(signs) and signs[stop] == "-":
            stop += 1
        yield Cell(sign, starts[index], min(starts[stop], end) - starts[index])


def _compound(signs: str, starts: list[int], meter: TimeSignature) -> tuple[str, list[int]]:
    """A pattern in quarters as one in dotted quarters: what is off the beat moves to its last eighth."""
    third = meter.beat_ticks // 3
    beats = meter.bar_ticks // meter.beat_ticks
    placed: dict[int, str] = {}
    for sign, start in zip(signs, starts, strict=False):
        beat, offset = divmod(start, TICKS_PER_QUARTER)
        if beat >= beats:
            break
        place = 0 if offset == 0 else 1 if offset < TICKS_PER_QUARTER // 2 else 2
        at = beat * 3 + place
        if placed.get(at, ".") in ".-":
            placed[at] = sign
    cells = "".join(placed.get(at, ".") if at in placed else "-" if at % 3 == 1 else "." for at in range(beats * 3))
    return cells, [third * at for at in range(beats * 3 + 1)]
