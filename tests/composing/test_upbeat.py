"""Pieces that begin with an upbeat: a bar of its own before the first phrase."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer import composing
from composer.brief import Brief
from composer.harmony.closes import closes_of
from composer.plan import Plan, make_plan
from composer.rework import replay


def plan_of(style: str, seed: int, **options: object) -> Plan:
    return make_plan(Brief.from_dict({"style": style, "seed": seed, **options}))


def seed_with_upbeat(style: str, bars: int = 9) -> int:
    return next(seed for seed in range(1, 60) if plan_of(style, seed, bars=bars).upbeat_bars)


def test_a_piece_of_free_length_has_a_bar_more_for_its_upbeat() -> None:
    plans = [plan_of("waltz", seed) for seed in range(1, 60)]
    share = sum(plan.upbeat_bars for plan in plans) / len(plans)
    assert 0.35 <= share <= 0.7
    assert all(plan.bars % 4 == plan.upbeat_bars for plan in plans)
    assert all(sum(section.bars for section in plan.sections) == plan.bars for plan in plans)


@pytest.mark.parametrize(
    "options",
    [{"bars": 16}, {"duration": 30}, {"form": "AABA"}, {"chords": "C F G C"}, {"loop": True, "bars": 17}, {"key": "D dorian"}],
)
def test_whatever_ties_bars_to_places_leaves_no_room(options: dict[str, object]) -> None:
    assert not any(plan_of("waltz", seed, **options).upbeat_bars for seed in range(1, 40))


def test_the_first_phrase_begins_after_the_upbeat() -> None:
    plan = plan_of("hymn", seed_with_upbeat("hymn", 17), bars=17)
    assert plan.all_sections[1].start_bar == 1
    assert closes_of(plan, 1)[0] is None
    assert plan.markers[0].start_ticks == plan.meter.bar_ticks
    assert "Upbeat" not in {marker.text for marker in plan.markers}


@pytest.mark.parametrize("style", ["hymn", "waltz", "string-quartet", "symphony"])
def test_nothing_sounds_before_the_upbeat_of_the_melody(tiny_model: Path, style: str) -> None:
    seed = seed_with_upbeat(style)
    piece = composing.compose(Brief.from_dict({"style": style, "bars": 9, "seed": seed}), model=str(tiny_model))
    assert piece.plan is not None
    bar, first = piece.plan.meter.bar_ticks, piece.plan.tune[0][0]
    assert bar // 2 <= first < bar
    starts = [note.start_ticks for part in piece.score.parts for note in part.notes]
    assert min(starts) == first
    chord = piece.plan.chords[0][0]
    assert chord is not None
    assert chord.root == piece.plan.key.tonic
    if style == "hymn":
        assert all(any(note.start_ticks == first for note in part.notes) for part in piece.score.parts)
    if style == "symphony":
        melody = {start: pitch for start, _, pitch in piece.plan.tune if bar <= start < 2 * bar}
        leaders = [part for part in piece.score.parts if any(note.start_ticks < bar for note in part.notes)]
        assert leaders
        for part in leaders:
            assert melody.items() <= {
                (note.start_ticks, note.pitch - part.notes[0].pitch + piece.plan.tune[0][2]) for note in part.notes
            }


def test_a_piece_with_an_upbeat_is_replayed_exactly(tiny_model: Path, tmp_path: Path) -> None:
    brief = Brief.from_dict({"style": "waltz", "bars": 9, "seed": seed_with_upbeat("waltz")})
    piece = composing.compose(brief, model=str(tiny_model))
    files = composing.write(piece, tmp_path / "piece", ["mid"])
    assert replay(files[-1], model=str(tiny_model)).score == piece.score
