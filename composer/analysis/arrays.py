"""A score's notes as NumPy arrays, computed once and shared by every analysis.

Time is divided into three grids: bars, *beats* (the meter's felt beat, but at least two per bar) and *segments* (the one or
two spans of a bar that can have a chord, split at `TimeSignature.middle_ticks`). Beats never cross segments.

Knows neither harmony nor mood.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from composer.score import TICKS_PER_QUARTER, Bar, Part, Score

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NoteTable:
    """Notes as columns of length N, ordered by start, then pitch, then part. Ticks, MIDI pitch and velocity."""

    start: Ints
    end: Ints
    pitch: Ints
    velocity: Ints
    part: Ints
    bar: Ints
    position: Ints

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True)
class ScoreArrays:
    """Arrays of a score.

    Attributes:
        score: the score itself.
        notes: pitched notes.
        drums: notes of drum parts.
        bar_start: barlines in ticks, including the end of the last bar: (bars + 1,).
        beat_start: beats in ticks, including the end of the last one: (beats + 1,).
        beat_segment: each beat's segment: (beats,).
        segment_start: segments in ticks, including the end of the last one: (segments + 1,).
        segment_bar: each segment's bar: (segments,).
    """

    score: Score
    notes: NoteTable
    drums: NoteTable
    bar_start: Ints
    beat_start: Ints
    beat_segment: Ints
    segment_start: Ints
    segment_bar: Ints

    @property
    def n_bars(self) -> int:
        """Number of bars, at least 1."""
        return len(self.bar_start) - 1

    def seconds(self, ticks: Ints) -> Floats:
        """Converts ticks to seconds by the tempo map.

        >>> from composer.score import Note, Part, Score, Tempo
        >>> slowing = Score((Part("Flute", 73, (Note(0, 60, 1920),)),), tempos=(Tempo(0, 120.0), Tempo(960, 60.0)))
        >>> score_arrays(slowing).seconds(np.array([480, 960, 1920])).tolist()
        [0.5, 1.0, 3.0]
        """
        tempos = self.score.tempo_map
        index = np.maximum(np.searchsorted(tempos.ticks, ticks, side="right") - 1, 0)
        start, start_s, qpm = (np.array(column)[index] for column in (tempos.ticks, tempos.times_s, tempos.qpm))
        return np.asarray(start_s + (ticks - start) * 60.0 / (qpm * TICKS_PER_QUARTER), np.float64)

    @cached_property
    def bar_seconds(self) -> Floats:
        """Barlines in seconds: (bars + 1,)."""
        return self.seconds(self.bar_start)

    @cached_property
    def roll(self) -> npt.NDArray[np.float32]:
        """Ticks that each pitch sounds in each beat, over all pitched parts: (beats, 128)."""
        return _sounding_ticks(self.notes, self.beat_start)

    @cached_property
    def chroma(self) -> Floats:
        """Ticks that each pitch class sounds in each beat: (beats, 12)."""
        padded = np.zeros((len(self.roll), 132), np.float32)
        padded[:, :128] = self.roll
        return np.asarray(padded.reshape(-1, 11, 12).sum(axis=1), np.float64)

    @cached_property
    def bass(self) -> Ints:
        """Lowest pitch that lasts at least a third of the beat's longest one, -1 in silence: (beats,).

        Doubling a pitch in several parts does not make it longer.
        """
        longest = np.minimum(self.roll.max(axis=1, initial=0.0), np.diff(self.beat_start))
        lowest = np.argmax(self.roll >= np.maximum(longest / 3.0, 1.0)[:, None], axis=1)
        return np.where(longest > 0, lowest, -1).astype(np.int64)


def score_arrays(score: Score | ScoreArrays) -> ScoreArrays:
    """Converts a score to arrays; arrays are returned unchanged.

    >>> from composer.score import Note, Part, Score
    >>> a = score_arrays(Score((Part("Flute", 73, (Note(0, 72, 960), Note(960, 76, 960), Note(1920, 79, 1920))),)))
    >>> a.n_bars, a.notes.bar.tolist(), a.bar_seconds.tolist(), a.bass.tolist()
    (2, [0, 0, 1], [0.0, 2.4, 4.8], [72, 72, 76, 76, 79, 79, 79, 79])
    """
    if isinstance(score, ScoreArrays):
        return score
    bars = score.bars
    bar_start = np.array([bar.start_ticks for bar in bars] + [bars[-1].end_ticks], np.int64)
    pitched = [(index, part) for index, part in enumerate(score.parts) if not part.is_drum]
    drums = [(index, part) for index, part in enumerate(score.parts) if part.is_drum]
    beat_start, beat_segment, segment_start, segment_bar = _grids(bars)
    return ScoreArrays(
        score, _note_table(pitched, bar_start), _note_table(drums, bar_start), bar_start,
        beat_start, beat_segment, segment_start, segment_bar,
    )  # fmt: skip


def _note_table(parts: Iterable[tuple[int, Part]], bar_start: Ints) -> NoteTable:
    starts: list[int] = []
    durations: list[int] = []
    pitches: list[int] = []
    velocities: list[int] = []
    owners: list[int] = []
    for index, part in parts:
        starts += [note.start_ticks for note in part.notes]
        durations += [note.duration_ticks for note in part.notes]
        pitches += [note.pitch for note in part.notes]
        velocities += [note.velocity for note in part.notes]
        owners += [index] * len(part.notes)
    start, pitch, part_of = np.array(starts, np.int64), np.array(pitches, np.int64), np.array(owners, np.int64)
    order = np.lexsort((part_of, pitch, start))
    start = start[order]
    bar = np.clip(np.searchsorted(bar_start, start, side="right") - 1, 0, len(bar_start) - 2)
    return NoteTable(
        start=start, end=start + np.array(durations, np.int64)[order], pitch=pitch[order],
        velocity=np.array(velocities, np.int64)[order], part=part_of[order], bar=bar, position=start - bar_start[bar],
    )  # fmt: skip


def _grids(bars: tuple[Bar, ...]) -> tuple[Ints, Ints, Ints, Ints]:
    """Beats, their segments, segments, their bars. Computed once per meter and concatenated."""
    patterns: dict[tuple[int, int], tuple[list[int], list[int], int]] = {}
    beats: list[int] = []
    beat_segment: list[int] = []
    segments: list[int] = []
    segment_bar: list[int] = []
    for bar in bars:
        meter = bar.time_signature
        name = (meter.numerator, meter.denominator)
        if name not in patterns:
            middle = meter.middle_ticks
            step = meter.beat_ticks if meter.bar_ticks > meter.beat_ticks else max(middle, 1)
            offsets = list(range(0, meter.bar_ticks, step))
            patterns[name] = (offsets, [int(offset >= middle) for offset in offsets], middle)
        offsets, halves, middle = patterns[name]
        beats += [bar.start_ticks + offset for offset in offsets]
        beat_segment += [len(segments) + half for half in halves]
        segments += [bar.start_ticks, bar.start_ticks + middle]
        segment_bar += [bar.index, bar.index]
    end = bars[-1].end_ticks
    return (
        np.array([*beats, end], np.int64), np.array(beat_segment, np.int64),
        np.array([*segments, end], np.int64), np.array(segment_bar, np.int64),
    )  # fmt: skip


def _sounding_ticks(notes: NoteTable, grid: Ints) -> npt.NDArray[np.float32]:
    """(cells, 128) ticks; linear in notes and cells, because whole cells are filled by a running sum of differences."""
    cells = len(grid) - 1
    roll = np.zeros((cells, 128), np.float32)
    if not len(notes):
        return roll
    low = int(notes.pitch.min())
    width = int(notes.pitch.max()) - low + 1  # most music uses a third of the pitches
    column = notes.pitch - low
    first = np.searchsorted(grid, notes.start, side="right") - 1
    last = np.maximum(np.searchsorted(grid, notes.end, side="left") - 1, first)
    head = np.minimum(notes.end, grid[first + 1]) - notes.start
    wide = np.flatnonzero(last > first)
    tail = notes.end[wide] - grid[last[wide]]
    place = np.concatenate([first * width + column, last[wide] * width + column[wide]])
    used = np.bincount(place, np.concatenate([head, tail]), cells * width).reshape(cells, width)
    whole = wide[last[wide] > first[wide] + 1]
    if len(whole):
        place = np.concatenate([(first[whole] + 1) * width + column[whole], last[whole] * width + column[whole]])
        steps = np.repeat([1.0, -1.0], len(whole))
        inside = np.cumsum(np.bincount(place, steps, cells * width).reshape(cells, width), axis=0)
        used = used + inside * np.diff(grid)[:, None]
    roll[:, low : low + width] = used
    return roll
