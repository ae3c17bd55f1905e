"""Bars and tempi between hit points, so that a barline falls on each: each span has a tempo of its own.

It is constant in the span, or varies as the brief says (`Frame.course`). The bars of all spans are chosen together by
dynamic programming: each span should be near the requested tempo, change the tempo of the span before it little, and have
whole phrases. Knows times, bars and tempi, not notes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from composer.brief import BARS_RANGE, Hit, counted
from composer.controls import PHRASE_BARS
from composer.errors import BadInputError
from composer.score import TimeSignature

MOST_BEND = 1.25  # most that hits change a given tempo, as a factor
_RAGGED_COST = np.array([0.0, 0.005, 0.002, 0.005])  # by bars beyond whole phrases; 0.005 is a tempo change of 7 %
_BASES = tuple(1.0 + 0.02 * step for step in range(-6, 7))  # other base tempi tried where the tempo is open
_OTHER_BASES = tuple(1.06 ** (sign * step) for step in range(2, 48) for sign in (-1, 1))  # nearest first: 1/15 to 15
_CANDIDATES = 4  # numbers of bars tried on either side of the nearest

Course = NDArray[np.float64]  # time of each barline up to that after the last possible bar, in bars at the tempo of the piece
Bars = NDArray[np.int64]
CONSTANT: Course = np.arange(BARS_RANGE[1] + 1, dtype=float)  # of a tempo that the brief does not change


@dataclass(frozen=True, slots=True)
class Spans:
    """Bars and quarter notes per minute of each span: up to the first hit, between hits, and after the last one.

    The tempi are those of the piece, of which a tempo that the brief sets in a span may be a share.
    """

    bars: tuple[int, ...]
    tempos_qpm: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The constraints on the spans.

    Attributes:
        hits: in order of time.
        quarters: quarter notes in a bar.
        end_s: end of the piece, or `None` if it is open.
        bars: number of bars in all, or `None`.
        section_starts: bars on which big hits must fall, or `None` for any.
        tempo_range_qpm: allowed tempi.
        course: of the tempo that the brief sets.
    """

    hits: tuple[Hit, ...]
    quarters: float
    end_s: float | None
    bars: int | None
    section_starts: frozenset[int] | None
    tempo_range_qpm: tuple[float, float]
    course: Course

    @property
    def bounds_s(self) -> list[float]:
        """Start, hits, and the end if it is fixed."""
        return [0.0, *(hit.time_s for hit in self.hits), *([] if self.end_s is None else [self.end_s])]

    @property
    def is_placed(self) -> bool:
        """Whether what a span may have depends on the bars before it."""
        return self.bars is not None or self.section_starts is not None or self.course is not CONSTANT

    @property
    def is_impossible(self) -> bool:
        """Whether no search can meet the hits: a span fits at no tempo, or the spans have too many bars at the slowest one."""
        spans_s = [end_s - start_s for start_s, end_s in pairwise(self.bounds_s)]
        slowest = self.tempo_range_qpm[0] / 60.0 / self.quarters
        least = sum(max(1, math.ceil(seconds * slowest - 1e-9)) for seconds in spans_s)
        most = (self.bars or BARS_RANGE[1]) - (self.end_s is None)
        return self.course is CONSTANT and (least > most or not all(_fits(self, seconds) for seconds in spans_s))

    def qpm(self, bars: Bars, seconds: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """Tempi at which numbers of bars last the given time."""
        return np.asarray(bars * (self.quarters * 60.0) / seconds)

    def share(self, first: Bars, last: Bars) -> NDArray[np.float64]:
        """Mean tempi from one bar to another as shares of the tempo of the piece."""
        last = np.minimum(last, BARS_RANGE[1])
        first = np.minimum(first, last - 1)
        return (last - first) / (self.course[last] - self.course[first])


def lay_hits(frame: Frame, meter: TimeSignature, wanted_qpm: float, usual_bars: int, *, stated: bool) -> Spans:
    """Chooses the bars between hits.

    Args:
        frame: the constraints.
        meter: the meter, for messages.
        wanted_qpm: target tempo.
        usual_bars: target length where neither the bars nor the end are fixed.
        stated: whether the brief gives the tempo; if not, others near it are tried, then all.

    Raises:
        BadInputError: no numbers of bars meet the hits.
    """
    if stated:
        path = _best(frame, wanted_qpm, 1.0)
    else:
        wanted_qpm = _within_bars(frame, wanted_qpm)
        path = None
        if not frame.is_impossible:
            path = min(_ways(frame, wanted_qpm, _BASES), default=None) or next(_ways(frame, wanted_qpm, _OTHER_BASES), None)
    if not path:
        raise BadInputError(_reason(frame, meter, wanted_qpm, stated))
    bars, tempos_qpm = path[1:]
    if sum(bars) + (frame.end_s is None) > BARS_RANGE[1]:
        raise BadInputError(
            f"the hits need {sum(bars)} bars of {meter}, over the limit of {BARS_RANGE[1]}: give a slower tempo or less time"
        )
    if frame.end_s is None:
        spent = sum(bars)
        phrases = max(1, round((usual_bars - spent) / PHRASE_BARS))
        rest = frame.bars - spent if frame.bars else min(phrases * PHRASE_BARS, BARS_RANGE[1] - spent)
        bars, tempos_qpm = (*bars, rest), (*tempos_qpm, tempos_qpm[-1])
    return Spans(bars, tempos_qpm)


def _within_bars(frame: Frame, wanted_qpm: float) -> float:
    """The requested tempo, or the fastest one at which the bars reach the last fixed time."""
    low, high = frame.tempo_range_qpm
    most = (frame.bars or BARS_RANGE[1]) - (frame.end_s is None)
    return min(max(min(wanted_qpm, most * frame.quarters * 60.0 / frame.bounds_s[-1]), low), high)


def _ways(frame: Frame, wanted_qpm: float, factors: Iterable[float]) -> Iterator[Path]:
    """The cheapest path at each base tempo, a factor of the requested one, if it does not have too many bars."""
    for factor in factors:
        path = _best(frame, wanted_qpm * factor, factor)
        if path and sum(path[1]) + (frame.end_s is None) <= BARS_RANGE[1]:
            yield path


Path = tuple[float, tuple[int, ...], tuple[float, ...]]  # cost, bars and tempi of the spans so far


@dataclass(frozen=True, slots=True)
class _Step:
    """The cheapest ways to all states after a span. Rows: bars so far, if they matter; columns: bars of the span.

    Attributes:
        done: bars so far, ascending, int (rows,).
        counts: bars of the span, ascending, int (columns,).
        cost: float (rows, columns); infinite where nothing leads to a state.
        log_qpm: logarithm of the span's tempo, float (rows, columns).
        rows, columns: place of the state before in the step before, int (rows, columns).
    """

    done: Bars
    counts: Bars
    cost: NDArray[np.float64]
    log_qpm: NDArray[np.float64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]


def _best(frame: Frame, base_qpm: float, factor: float) -> Path | None:
    """The cheapest path through all spans of fixed length."""
    nothing, none = np.zeros((1, 1)), np.zeros((1, 1), int)
    steps = [_Step(none[0], none[0], nothing + math.log(factor) ** 2, nothing, none, none)]
    bounds_s = frame.bounds_s
    for index in range(len(bounds_s) - 1):
        step = _step(frame, base_qpm, index, bounds_s[index + 1] - bounds_s[index], steps[-1])
        if not step.done.size:
            return None
        steps.append(step)
    best = int(steps[-1].cost.argmin())
    cost, counts = float(steps[-1].cost.flat[best]), list[int]()
    for step, before in zip(steps[:0:-1], steps[-2::-1], strict=True):
        counts.append(int(step.counts[best % step.counts.size]))
        best = int(step.rows.flat[best]) * before.counts.size + int(step.columns.flat[best])
    bars = np.array(counts[::-1])
    ends = bars.cumsum()
    tempos_qpm = frame.qpm(bars, np.diff(bounds_s)) / frame.share(ends - bars, ends)
    return cost, tuple(bars.tolist()), tuple(tempos_qpm.tolist())


def _step(frame: Frame, base_qpm: float, index: int, seconds: float, before: _Step) -> _Step:
    """All ways through the next span."""
    counts, allowed = _counts(frame, index, before.done, seconds, base_qpm)
    done = before.done[:, None]
    log_qpm = np.log(frame.qpm(counts, seconds) / frame.share(done, done + counts))
    changes = (log_qpm[:, None, :] - before.log_qpm[:, :, None]) ** 2 * (index > 0)
    ways = before.cost[:, :, None] + changes  # rows, columns before, columns
    cost = ways.min(axis=1) + (log_qpm - math.log(base_qpm)) ** 2 + _RAGGED_COST[counts % PHRASE_BARS]
    rows, columns = np.nonzero(allowed & np.isfinite(cost))
    after, places = np.unique((before.done[rows] + counts[columns]) * frame.is_placed, return_inverse=True)
    shape = (len(after), len(counts))
    step = _Step(after, counts, np.full(shape, np.inf), np.zeros(shape), np.zeros(shape, int), np.zeros(shape, int))
    to = (places, columns)
    step.cost[to], step.log_qpm[to] = cost[rows, columns], log_qpm[rows, columns]
    step.rows[to], step.columns[to] = rows, ways.argmin(axis=1)[rows, columns]
    return step


def _counts(frame: Frame, index: int, done: Bars, seconds: float, base_qpm: float) -> tuple[Bars, NDArray[np.bool_]]:
    """Numbers of bars of a span, int (columns,), and whether it may have them after `done` bars, bool (rows, columns)."""
    usual = max(1, round(seconds * base_qpm / 60.0 / frame.quarters))
    scaled_s = seconds * frame.share(done, done + usual)[:, None]
    low, high = (scaled_s * qpm / 60.0 / frame.quarters for qpm in frame.tempo_range_qpm)
    exact = scaled_s * base_qpm / 60.0 / frame.quarters
    counts = np.arange(1, math.floor(high.max() + 1e-9) + 1)
    after = done[:, None] + counts
    most = frame.bars or BARS_RANGE[1]
    is_hit, left = index < len(frame.hits), len(frame.hits) - index
    allowed = (low - 1e-9 <= counts) & (counts <= high + 1e-9)
    if is_hit and frame.section_starts is not None and frame.hits[index].begins_section:
        allowed &= np.isin(after, list(frame.section_starts))
    elif is_hit or frame.bars is None:
        allowed &= (np.floor(exact) - _CANDIDATES <= counts) & (counts <= np.ceil(exact) + _CANDIDATES)
        allowed &= after + left <= most if frame.is_placed else True
    else:
        allowed &= after == frame.bars
    used = allowed.any(axis=0)
    return counts[used], allowed[:, used]


def _reason(frame: Frame, meter: TimeSignature, wanted_qpm: float, stated: bool) -> str:
    """Which span cannot be filled, and the nearest one that can."""
    low, high = frame.tempo_range_qpm
    names = ["the start", *(hit.clock for hit in frame.hits), "the end"]
    for index, (start_s, end_s) in enumerate(pairwise(frame.bounds_s)):
        seconds = end_s - start_s
        if not _fits(frame, seconds):
            bar_s = frame.quarters * 60.0 / high
            return (
                f"{names[index]} and {names[index + 1]} are {seconds:.3g} s apart, which no whole bars of {meter} fill at "
                f"tempo {low:.0f} to {high:.0f}: move them {bar_s * max(1, round(seconds / bar_s)):.3g} s apart, or "
                + ("leave the tempo open" if stated else "choose a shorter meter")
            )
    if frame.section_starts is not None:
        return "the hits do not fall on the sections of the form at any tempo: leave its bar counts out, or make hits soft"
    bars, remedy = (
        (counted(frame.bars, "bar", "bars"), "leave the number of bars open")
        if frame.bars
        else (f"at most {BARS_RANGE[1]} bars", "give a longer meter or less time")
    )
    return f"the hits and {bars} of {meter} do not fit together at tempo {low:.0f} to {high:.0f}: {remedy}"


def _fits(frame: Frame, seconds: float) -> bool:
    low, high = (seconds * qpm / 60.0 / frame.quarters for qpm in frame.tempo_range_qpm)
    return math.ceil(low - 1e-9) <= math.floor(high + 1e-9) and high >= 1 - 1e-9
