"""Eases parts that are written by grammar: no syncopation, no short notes, few notes together. Knows no harmony."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, zip_longest

from composer.presets import Level
from composer.score import TICKS_PER_QUARTER, Note, TimeSignature


def eased(notes: Sequence[Note], level: Level, meter: TimeSignature, program: int) -> tuple[Note, ...]:
    """The notes of a part as its level allows.

    A stroke that anticipates a beat moves to it; others between the units of the level are left out, and the stroke before
    lasts instead. Of a stroke of many notes, the outer ones stay.
    """
    most = level.together(program)
    unit, beat = round(level.unit * TICKS_PER_QUARTER), meter.beat_ticks
    strokes = {start: sorted(struck) for start, struck in groupby(sorted(notes), key=lambda note: note.start_ticks)}
    starts, placed = list(strokes), dict[int, list[Note]]()
    for start, after in zip_longest(starts, starts[1:]):
        beats = (start // beat + 1) * beat
        is_ahead = start % beat > 0 and (beats < after if after is not None else _end(strokes[start]) > beats)
        place = beats if is_ahead else start
        if place % unit == 0:
            placed[place] = [_lasting(note, place, max(note.end_ticks, place + unit)) for note in strokes[start]]
        elif placed:
            last = max(placed)
            placed[last] = [_lasting(note, last, max(note.end_ticks, _end(strokes[start]))) for note in placed[last]]
    found = list[Note]()
    starts = sorted(placed)
    for start, after in zip_longest(starts, starts[1:]):
        struck = placed[start]
        limits = [tick for tick in (after, (start // beat + 1) * beat if start % beat else None) if tick is not None]
        few = struck if len(struck) <= most else [*struck[: most - 1], struck[-1]]
        found += [_lasting(note, start, min([note.end_ticks, *limits])) for note in few]
    return tuple(found)


def _end(struck: Sequence[Note]) -> int:
    return max(note.end_ticks for note in struck)


def _lasting(note: Note, start: int, end: int) -> Note:
    return replace(note, start_ticks=start, duration_ticks=end - start)
