"""Tempo marks as a copyist writes them: a metronome mark where a tempo holds, "accel." or "rit." where it changes gradually."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from composer.score import Score, TempoRamp

_SAME = 0.03  # relative difference up to which a tempo after a gradual change is the one before it


@dataclass(frozen=True, slots=True)
class TempoMark:
    """A mark.

    Attributes:
        start_ticks: where it is.
        words: "accel.", "rit." or "a tempo", or empty.
        qpm: tempo from there on; `None` for words alone.
        holds: whether the tempo is one that holds, and not a step of a gradual change.
        end_ticks: where a gradual change ends; 0 for other marks.
    """

    start_ticks: int
    words: str = ""
    qpm: float | None = None
    holds: bool = True
    end_ticks: int = 0


def tempo_marks(score: Score) -> list[TempoMark]:
    """The tempo marks of a score in order, one for each tempo before its end and one for each gradual change.

    >>> from composer.score import Tempo
    >>> slower = (Tempo(0, 120.0), *(Tempo(1920 + 480 * beat, 110.0 - 10 * beat) for beat in range(4)), Tempo(5760, 120.0))
    >>> [(mark.words, mark.holds) for mark in tempo_marks(Score((), slower, end_ticks=7680))]
    [('', True), ('rit.', True), ('', False), ('', False), ('', False), ('', True), ('a tempo', True)]
    """
    end = score.bars[-1].end_ticks
    within = replace(score, tempos=tuple(tempo for tempo in score.tempos if tempo.start_ticks < end))
    return sorted(_marks(within, end), key=lambda mark: (mark.start_ticks, mark.qpm is None))


def _marks(score: Score, end: int) -> Iterator[TempoMark]:
    ramps = score.tempo_ramps
    starts = [*(tempo.start_ticks for tempo in score.tempos), end]
    reached = {ramp.end_ticks: starts[bisect_right(starts, ramp.end_ticks)] for ramp in ramps}
    turns = {ramp.start_ticks for ramp in ramps}
    for ramp in ramps:
        following = reached[ramp.end_ticks]
        ends = ramp.end_ticks in turns or _is_long(score, ramp.end_ticks, following)
        last = ramp.end_ticks if ends else following
        yield TempoMark(ramp.start_ticks, "rit." if ramp.slows else "accel.", end_ticks=last)
    for tempo in score.tempos:
        tick = tempo.start_ticks
        inside = any(ramp.start_ticks < tick < ramp.end_ticks for ramp in ramps)
        holds = not inside and (tick not in reached or _is_long(score, tick, reached[tick]))
        returns = not inside and tick not in reached and _returns(ramps, tick, tempo.qpm)
        yield TempoMark(tick, "a tempo" if returns else "", tempo.qpm, holds)


def _is_long(score: Score, first: int, last: int) -> bool:
    """Whether a span has a bar or more."""
    return last - first >= score.bar_at(first).time_signature.bar_ticks


def _returns(ramps: tuple[TempoRamp, ...], tick: int, qpm: float) -> bool:
    """Whether a tempo is the one before the last gradual change."""
    before = [ramp for ramp in ramps if ramp.end_ticks < tick]
    return bool(before) and abs(qpm / before[-1].from_qpm - 1) <= _SAME
