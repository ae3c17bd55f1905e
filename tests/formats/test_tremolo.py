"""Rolls in notation."""

from __future__ import annotations

import pytest

from composer.formats.engraving.tremolo import STROKE_TICKS, find_rolls
from composer.score import Note, Part, Score, TimeSignature


@pytest.mark.parametrize("meter", ["15/16", "4/4", "6/8", "7/8", "3/4"])
@pytest.mark.parametrize("strokes", range(1, 40))
def test_a_roll_of_any_length_is_written_in_values(meter: str, strokes: int) -> None:
    numerator, denominator = map(int, meter.split("/"))
    signature = TimeSignature(0, numerator, denominator)
    for start in range(0, signature.bar_ticks, signature.beat_ticks):
        notes = tuple(Note(start + index * STROKE_TICKS, 60, STROKE_TICKS) for index in range(strokes))
        score = Score((Part("Drums", 0, notes),), time_signatures=(signature,), end_ticks=4 * signature.bar_ticks)
        rolls = find_rolls(notes, score.bars)
        assert sum(note.duration_ticks for note in rolls.notes) == strokes * STROKE_TICKS


def test_a_stroke_that_barely_crosses_the_barline_is_no_roll() -> None:
    note = Note(1760, 60, STROKE_TICKS)
    score = Score((Part("Drums", 0, (note,)),), time_signatures=(TimeSignature(0, 15, 16),), end_ticks=3600)
    assert find_rolls((note,), score.bars).notes == (note,)
