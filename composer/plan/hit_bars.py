"""Bars and tempi between hit points, so that a barline falls on each: each span has a tempo of its own.

It is constant in the span, or varies as the brief says (`Frame.course`). The bars of all spans are chosen together by
dynamic programming: each span should be near the requested tempo, change the tempo of the span before it little, and have
whole phrases. Knows times, bars and tempi, not notes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from composer.brief import BARS_RANGE, Hit, counted
from composer.controls import PHRASE_BARS
from composer.errors import BadInputError
from composer.score import TimeSignature

MOST_BEND = 1.25  # most that hits change a given tempo, as a factor
_RAGGED_COST = {0: 0.0, 2: 0.002, 1: 0.005, 3: 0.005}  # by bars beyond whole phrases; 0.005 is a tempo change of 7 %
_BASES = tuple(1.0 + 0.02 * step for step in range(-6, 7))  # other base tempi tried where the tempo is open
_OTHER_BASES = tuple(1.06 ** (sign * step) for step in range(2, 48) for sign in (-1, 1))  # nearest first: 1/15 to 15
_CANDIDATES = 4  # numbers of bars tried on either side of the nearest


Course = Callable[[int, int], float]  # mean tempo from one bar to another as a share of the tempo of the piece


def constant(first: int, last: int) -> float:
    """The course of a tempo that the brief does not change."""
    return 1.0


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
    course: Course = constant

    @property
    def bounds_s(self) -> list[float]:
        """Start, hits, and the end if it is fixed."""
        return [0.0, *(hit.time_s for hit in self.hits), *([] if self.end_s is None else [self.end_s])]

    @property
    def is_placed(self) -> bool:
        """Whether what a span may have depends on the bars before it."""
        return self.bars is not None or self.section_starts is not None or self.course is not constant

    @property
    def is_impossible(self) -> bool:
        """Whether no search can meet the hits: a span fits at no tempo, or the spans have too many bars at the slowest one."""
        spans_s = [end_s - start_s for start_s, end_s in pairwise(self.bounds_s)]
        slowest = self.tempo_range_qpm[0] / 60.0 / self.quarters
        least = sum(max(1, math.ceil(seconds * slowest - 1e-9)) for seconds in spans_s)
        most = (self.bars or BARS_RANGE[1]) - (self.end_s is None)
        return self.course is constant and (least > most or not all(_fits(self, seconds) for seconds in spans_s))

    def qpm(self, bars: int, seconds: float) -> float:
        """Tempo at which the bars last the given time."""
        return bars * self.quarters * 60.0 / seconds


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
    return min(max(min(wanted_qpm, frame.qpm(most, frame.bounds_s[-1])), low), high)


def _ways(frame: Frame, wanted_qpm: float, factors: Iterable[float]) -> Iterator[Path]:
    """The cheapest path at each base tempo, a factor of the requested one, if it does not have too many bars."""
    for factor in factors:
        path = _best(frame, wanted_qpm * factor, factor)
        if path and sum(path[1]) + (frame.end_s is None) <= BARS_RANGE[1]:
            yield path


Path = tuple[float, tuple[int, ...], tuple[float, ...]]  # cost, bars and tempi of the spans so far


def _best(frame: Frame, base_qpm: float, factor: float) -> Path | None:
    """The cheapest path through all spans of fixed length."""
    states: dict[tuple[int, int], _Step] = {(0, 0): _Step(math.log(factor) ** 2, 0, 0.0, None)}
    for index, (start_s, end_s) in enumerate(pairwise(frame.bounds_s)):
        following: dict[tuple[int, int], _Step] = {}
        choices: dict[int, list[tuple[int, float, float]]] = {}  # bars, tempo and its cost, by the bars before
        for (done, _), step in states.items():
            if done not in choices:
                seconds = end_s - start_s
                counts = _counts(frame, index, done, seconds, base_qpm)
                tempos = [frame.qpm(count, seconds) / frame.course(done, done + count) for count in counts]
                choices[done] = [(c, qpm, math.log(qpm / base_qpm) ** 2) for c, qpm in zip(counts, tempos, strict=True)]
            for count, qpm, distance in choices[done]:
                change = math.log(qpm / step.qpm) ** 2 if step.before else 0.0
                price = step.cost + distance + change + _RAGGED_COST[count % PHRASE_BARS]
                key = (done + count if frame.is_placed else 0, count)
                if key not in following or price < following[key].cost:
                    following[key] = _Step(price, count, qpm, step)
        states = following
    least = min((step.cost for step in states.values()), default=None)
    return min((step.path() for step in states.values() if step.cost == least), default=None)


class _Step(NamedTuple):
    """The cheapest way to a state: cost so far, bars and tempo of its last span, and the step before."""

    cost: float
    bars: int
    qpm: float
    before: _Step | None

    def path(self) -> Path:
        steps, step = list[_Step](), self
        while step.before:
            steps.append(step)
            step = step.before
        return self.cost, tuple(each.bars for each in reversed(steps)), tuple(each.qpm for each in reversed(steps))


def _counts(frame: Frame, index: int, done: int, seconds: float, base_qpm: float) -> list[int]:
    """Numbers of bars that a span may have after `done` bars."""
    usual = max(1, round(seconds * base_qpm / 60.0 / frame.quarters))
    seconds *= frame.course(done, done + usual)
    low, high = (seconds * qpm / 60.0 / frame.quarters for qpm in frame.tempo_range_qpm)
    exact = seconds * base_qpm / 60.0 / frame.quarters
    first = max(1, math.ceil(low - 1e-9), math.floor(exact) - _CANDIDATES)
    near = range(first, min(math.floor(high + 1e-9), math.ceil(exact) + _CANDIDATES) + 1)
    is_hit = index < len(frame.hits)
    if not is_hit:
        return list(near) if frame.bars is None else [count for count in [frame.bars - done] if low <= count <= high]
    if frame.section_starts is not None and frame.hits[index].strength == "big":
        return [start - done for start in sorted(frame.section_starts) if start > done and low <= start - done <= high]
    left = len(frame.hits) - index
    return [count for count in near if frame.bars is None or done + count + left <= frame.bars]


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
