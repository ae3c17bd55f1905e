"""Rolls of timpani and drums: fast strokes of one pitch, written as a longer value with three strokes through its stem.

Source: the measured tremolo of E. Gould, "Behind Bars" (2011): three strokes on a stem without flags are thirty-seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from composer.formats.engraving.meter import UNIT_TICKS, divide_bar, split
from composer.formats.engraving.note_lengths import NoteId
from composer.presets import programs_of
from composer.score import TICKS_PER_QUARTER, Bar, Note

TIMPANI = programs_of("timpani")
STROKE_TICKS = TICKS_PER_QUARTER // 8  # a thirty-second
STROKES = 3
_SHORTEST_ROLL = TICKS_PER_QUARTER  # only values without flags, on which three strokes mean thirty-seconds


@dataclass(frozen=True, slots=True)
class Rolls:
    """A staff's notes with rolls as single notes, and the number of strokes through the stem of each roll."""

    notes: tuple[Note, ...]
    strokes: Mapping[NoteId, int] = field(default_factory=dict)


def find_rolls(notes: Sequence[Note], bars: Sequence[Bar]) -> Rolls:
    """Finds runs of thirty-seconds of one pitch that start on a beat and last at least a quarter, and writes them as rolls.

    Args:
        notes: in order, without overlaps of equal pitch.
        bars: bars of the score.
    """
    by_pitch: dict[int, list[Note]] = {}
    for note in notes:
        by_pitch.setdefault(note.pitch, []).append(note)
    rolled: list[Note] = []
    replaced: set[NoteId] = set()
    for run in (run for line in by_pitch.values() for run in _runs(line)):
        values = list(_values(run[0].start_ticks, len(run) * STROKE_TICKS, bars))
        for start, end in values:
            rolled.append(replace(run[0], start_ticks=start, duration_ticks=end - start))
        covered = {tick for start, end in values for tick in range(start, end, STROKE_TICKS)}
        replaced |= {(note.start_ticks, note.pitch) for note in run if note.start_ticks in covered}
    kept = [note for note in notes if (note.start_ticks, note.pitch) not in replaced]
    return Rolls(tuple(sorted([*kept, *rolled])), {(note.start_ticks, note.pitch): STROKES for note in rolled})


def _runs(line: Sequence[Note]) -> Iterator[list[Note]]:
    """Runs of one pitch repeated every thirty-second."""
    run: list[Note] = []
    for note in line:
        if run and note.start_ticks - run[-1].start_ticks != STROKE_TICKS:
            yield run
            run = []
        run.append(note)
    yield run


def _values(start: int, length: int, bars: Sequence[Bar]) -> Iterator[tuple[int, int]]:
    """Note values without flags that fill a span, bar by bar, as (start, end) in ticks."""
    for bar in bars:
        begin, end = max(start, bar.start_ticks) - bar.start_ticks, min(start + length, bar.end_ticks) - bar.start_ticks
        end -= max(0, end - begin) % (2 * STROKE_TICKS)  # whole sixteenths can be notated
        if begin < end and begin % bar.time_signature.beat_ticks == 0:
            division = divide_bar(bar.time_signature.numerator, bar.time_signature.denominator)
            for left, right in split(begin // UNIT_TICKS, end // UNIT_TICKS, division):
                if (right - left) * UNIT_TICKS >= _SHORTEST_ROLL:
                    yield bar.start_ticks + left * UNIT_TICKS, bar.start_ticks + right * UNIT_TICKS
