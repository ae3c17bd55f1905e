"""Easy pieces, through the whole pipeline, with a model that knows nothing."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from composer import composing
from composer.arranging.easing import eased
from composer.brief import Brief
from composer.plan import make_plan
from composer.presets import levels
from composer.rework import replay
from composer.score import TICKS_PER_QUARTER, Note, TimeSignature

PIECES: list[dict[str, Any]] = [
    {"ensemble": "piano", "level": "beginner"},
    {"instruments": "violin,violin", "level": "beginner"},
    {"instruments": "trumpet", "level": "easy"},
    {"style": "pop", "level": "easy"},
    {"style": "hymn", "level": "beginner"},
]


@pytest.mark.parametrize("options", PIECES)
def test_easy_pieces_have_plain_rhythms_small_ranges_and_few_notes_together(options: dict[str, Any], tiny_model: Path) -> None:
    piece = composing.compose(Brief.from_dict({**options, "bars": 8, "seed": 3}), model=str(tiny_model))
    level, plan = levels()[options["level"]], piece.plan
    assert plan is not None
    assert piece.report["level"]["distance"] < 0.05
    assert abs(plan.key.fifths) <= level.accidentals
    beat = plan.meter.beat_ticks
    for part in piece.score.parts:
        if part.is_drum:
            continue
        starts = sorted({note.start_ticks for note in part.notes})
        syncopated = [now for now, then in pairwise(starts) if now % beat and then > (now // beat + 1) * beat]
        assert len(syncopated) <= 0.05 * len(starts), part.name
    if plan.tune:
        pitches = [pitch for _, _, pitch in plan.tune]
        assert max(pitches) - min(pitches) <= level.span
        assert sum(abs(after - before) > level.leap for before, after in pairwise(pitches)) <= 1


@pytest.mark.parametrize("seed", [1, 3])
@pytest.mark.parametrize("options", [{"instruments": "violin,violin"}, {"style": "pop", "instruments": "violin,cello,drums"}])
def test_beginners_on_strings_play_one_note_at_a_time(options: dict[str, Any], seed: int, tiny_model: Path) -> None:
    brief = Brief.from_dict({**options, "level": "beginner", "bars": 8, "seed": seed})
    piece = composing.compose(brief, model=str(tiny_model))
    assert piece.report["level"]["measured"]["too full"] == 0
    for part in piece.score.parts:
        notes = sorted(part.notes) if not part.is_drum else []
        assert all(before.end_ticks <= after.start_ticks for before, after in pairwise(notes))


def test_an_easy_piece_is_replayed_exactly(tiny_model: Path, tmp_path: Path) -> None:
    piece = composing.compose(Brief.from_dict({**PIECES[0], "bars": 8, "seed": 3}), model=str(tiny_model))
    files = composing.write(piece, tmp_path / "piece", ["mid"])
    assert replay(files[-1], model=str(tiny_model)).score == piece.score


def test_a_level_limits_tempo_meter_key_and_length_that_are_open() -> None:
    for seed in range(8):
        plan = make_plan(Brief.from_dict({"style": "waltz", "level": "beginner", "seed": seed}))
        assert plan.bars - plan.upbeat_bars <= 16
        assert plan.tempo_qpm <= 100
        assert abs(plan.key.fifths) <= 1
    assert make_plan(Brief.from_dict({"style": "waltz", "level": "easy", "tempo": 180})).tempo_qpm == 180


def test_ranges_of_a_brief_are_kept_at_a_level() -> None:
    parts = make_plan(Brief.from_dict({"instruments": "violin:G3-B5,flute", "level": "beginner"})).parts
    assert [(part.low, part.high) for part in parts] == [(55, 83), (59, 83)]


def test_what_anticipates_a_beat_moves_to_it() -> None:
    half, quarter = TICKS_PER_QUARTER // 2, TICKS_PER_QUARTER
    notes = [Note(0, 60, quarter), Note(quarter + half, 62, quarter + half), Note(3 * quarter + half // 2, 64, half)]
    found = eased(notes, levels()["easy"], TimeSignature.parse("4/4"), 0)
    assert [(note.start_ticks, note.pitch) for note in found] == [(0, 60), (2 * quarter, 62)]


@pytest.mark.parametrize(("feature", "steps"), [("scales", {1, 2}), ("broken-chords", {3, 4, 5})])
def test_exercises_run_evenly_through_the_harmony(feature: str, steps: set[int], tiny_model: Path) -> None:
    options = {"features": feature, "level": "beginner", "key": "C major", "meter": "4/4", "bars": 8, "seed": 3}
    piece = composing.compose(Brief.from_dict(options), model=str(tiny_model))
    assert piece.plan is not None
    assert piece.report["features"]["ok"]
    *runs, last = piece.plan.tune
    assert {ticks for _, ticks, _ in runs} == {TICKS_PER_QUARTER}
    assert last[2] % 12 == 0
    moves = [abs(then[2] - now[2]) for now, then in pairwise(runs) if then[0] % piece.plan.meter.bar_ticks]
    assert sum(move in steps for move in moves) >= 0.9 * len(moves)


def test_thirds_that_are_added_to_chords_stay_in_range_and_few(tiny_model: Path) -> None:
    for seed in range(3):
        brief = Brief.from_dict({"ensemble": "clarinet-piano", "level": "beginner", "bars": 8, "seed": seed})
        piece = composing.compose(brief, model=str(tiny_model))
        assert piece.report["ranges"]["ok"]
        assert piece.report["level"]["distance"] < 0.05
