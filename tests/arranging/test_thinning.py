"""A brief that asks for few notes gets them: fewer strokes, and fewer players at a time."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

import pytest

from composer.arranging import arrange, settle
from composer.arranging.staging import lead_of
from composer.brief import Brief
from composer.harmony import with_harmony
from composer.plan import Plan, make_plan
from composer.score import Note

SPARSE = 0.25


def arranged(style: str, density: float | None, seed: int = 1, **options: object) -> tuple[Plan, dict[int, tuple[Note, ...]]]:
    """A plan with a plain melody, and the notes of its arrangement by part."""
    brief = Brief.from_dict({"style": style, "bars": 16, "meter": "4/4", "seed": seed, "density": density, **options})
    plan = settle(with_harmony(make_plan(brief), brief), brief)
    ticks = plan.meter.bar_ticks
    tune = tuple((tick, ticks // 2, 67 + tick // ticks % 5) for tick in range(0, plan.bars * ticks, ticks // 2))
    arrangement = arrange(replace(plan, tune=tune) if style in ("film-cue", "hymn") else plan)
    assert arrangement is not None
    return plan, dict(arrangement.notes)


def texture(plan: Plan, notes: dict[int, tuple[Note, ...]]) -> tuple[float, float]:
    """Strokes per bar at different times, and parts that sound per bar; without drums."""
    ticks = plan.meter.bar_ticks
    pitched = {index: part for index, part in notes.items() if not plan.parts[index].is_drum}
    strokes = len({note.start_ticks for part in pitched.values() for note in part}) / plan.bars
    sounding = fmean(
        sum(any(n.start_ticks < (bar + 1) * ticks and n.end_ticks > bar * ticks for n in part) for part in pitched.values())
        for bar in range(plan.bars)
    )
    return strokes, sounding


@pytest.mark.parametrize("style", ["tense-underscore", "film-cue", "cinematic", "epic-trailer", "ambient", "pop"])
@pytest.mark.parametrize("seed", [1, 2])
def test_sparse_music_has_fewer_strokes_and_players(style: str, seed: int) -> None:
    usual, thin = (texture(*arranged(style, density, seed)) for density in (None, SPARSE))
    fewest = texture(*arranged(style, 0.0, seed))
    assert thin[0] <= max(4.5, 0.5 * usual[0])
    assert thin[1] <= min(4.0, usual[1])
    assert fewest[1] <= thin[1]
    assert fewest[1] < usual[1]


def test_who_is_left_plays_to_the_end_and_holds_one_chord_at_a_time() -> None:
    plan, notes = arranged("tense-underscore", SPARSE)
    ticks = plan.meter.bar_ticks
    for index, part in notes.items():
        if index == 0 or plan.parts[index].is_drum:
            continue
        for note in part:
            assert note.end_ticks <= (note.start_ticks // ticks + 3) * ticks
    assert max(note.end_ticks for part in notes.values() for note in part) > (plan.bars - 1) * ticks


def test_voices_that_move_together_stay() -> None:
    plan, notes = arranged("hymn", SPARSE, ensemble="satb-choir")
    assert texture(plan, notes)[1] == 4.0


def test_a_melody_with_few_notes_is_slow() -> None:
    def pace(density: float | None) -> float:
        brief = Brief.from_dict({"style": "nocturne", "bars": 16, "density": density})
        lead = lead_of(settle(with_harmony(make_plan(brief), brief), brief))
        assert lead is not None
        return lead.pace or 0.0

    assert 0.5 <= pace(SPARSE) < pace(None)


def test_easy_piece_has_so_few_notes_that_a_player_has_none() -> None:
    _, notes = arranged("etude", 0.1, seed=3, ensemble="string-orchestra", level="beginner", key="D major")
    assert not all(notes.values())


def test_a_sparse_kit_has_one_stroke_in_each_stretch() -> None:
    plan, notes = arranged("jazz-ballad", SPARSE, ensemble="jazz-trio")
    drums = next(index for index, part in enumerate(plan.parts) if part.is_drum)
    assert 0 < len(notes[drums]) <= 2 * plan.bars
