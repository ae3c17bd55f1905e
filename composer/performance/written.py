"""A performance as a score: the performed tempo, onsets, lengths and velocities in ticks.

For files that take a performance to a sequencer (`.performance.mid`). Bars and beats keep their ticks because the rubato is
in the tempo map; only deviations from the beat leave the grid. Pedal, swells and stage positions, which a score cannot hold,
are kept separately. Knows no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from composer.performance.performed import PerformedPart
from composer.performance.timing import TimeMap
from composer.score import TICKS_PER_QUARTER, Note, Score, Tempo


@dataclass(frozen=True, slots=True)
class Gestures:
    """A part's performance data other than notes.

    Attributes:
        pan: stereo position, -1 (left) to 1 (right).
        pedals: sustain pedal spans, as (down, up) in ticks.
        swells: loudness of held notes as (tick, level), level 0-1, interpolated linearly; 1 before the first point.
    """

    pan: float = 0.0
    pedals: tuple[tuple[int, int], ...] = ()
    swells: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenPerformance:
    """The score as performed, off the grid, and the gestures of each part."""

    score: Score
    gestures: tuple[Gestures, ...]


def write_down(score: Score, parts: tuple[PerformedPart, ...], time_map: TimeMap) -> WrittenPerformance:
    """The score as performed: a tempo per quarter if it changes, everything rounded to the nearest tick (about 1 ms).

    Args:
        score: the performed score.
        parts: its parts as performed.
        time_map: from the score's ticks to the performance's seconds.
    """
    coarse = _by_quarters(score, time_map)
    written = []
    for part, played in zip(score.parts, parts, strict=True):
        starts = _ticks(coarse, [note.start_s for note in played.notes])
        ends = _ticks(coarse, [note.end_s for note in played.notes])
        notes = sorted(
            Note(start, note.pitch, max(1, end - start), note.velocity)
            for start, end, note in zip(starts, ends, played.notes, strict=True)
        )
        written.append(replace(part, notes=tuple(notes)))
    end_ticks = score.bars[-1].end_ticks
    played_score = replace(score, parts=tuple(written), tempos=_tempos(coarse), end_ticks=end_ticks)
    return WrittenPerformance(played_score, tuple(_gestures(coarse, part) for part in parts))


def _gestures(time_map: TimeMap, part: PerformedPart) -> Gestures:
    """A part's gestures in ticks."""
    downs, ups = (_ticks(time_map, [span[end] for span in part.pedals]) for end in (0, 1))
    corners = _ticks(time_map, [time_s for time_s, _ in part.swells])
    levels = [level for _, level in part.swells]
    return Gestures(part.pan, tuple(zip(downs, ups, strict=True)), tuple(zip(corners, levels, strict=True)))


def _ticks(time_map: TimeMap, times_s: Sequence[float]) -> list[int]:
    """The tick nearest to each time; times beyond the last knot are extrapolated."""
    times = np.asarray(times_s)
    pace = (time_map.ticks[-1] - time_map.ticks[-2]) / (time_map.times_s[-1] - time_map.times_s[-2])
    inside = np.interp(times, time_map.times_s, time_map.ticks)
    beyond = np.maximum(0.0, times - time_map.times_s[-1]) * pace
    return [round(tick) for tick in (inside + beyond).tolist()]


def _by_quarters(score: Score, time_map: TimeMap) -> TimeMap:
    """The map with knots only at quarters and tempo changes, as in a tempo map."""
    end = score.bars[-1].end_ticks
    changes = (tempo.start_ticks for tempo in score.tempos if tempo.start_ticks < end)
    knots = np.array(sorted({*range(0, end, TICKS_PER_QUARTER), *changes, end}), dtype=np.float64)
    return TimeMap(knots, time_map.seconds(knots))


def _tempos(time_map: TimeMap) -> tuple[Tempo, ...]:
    """The tempo at each knot, where it changes."""
    speeds = np.diff(time_map.ticks) / TICKS_PER_QUARTER * 60.0 / np.diff(time_map.times_s)
    tempos: list[Tempo] = []
    for tick, qpm in zip(time_map.ticks.tolist(), speeds.tolist(), strict=False):
        if not tempos or abs(qpm - tempos[-1].qpm) > 1e-6 * qpm:
            tempos.append(Tempo(round(tick), qpm))
    return tuple(tempos)
