"""Pieces that begin with an upbeat: a bar of its own before the first phrase."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from composer import composing
from composer.brief import Brief
from composer.cli.explain import _rows
from composer.composing.describe import describe, facts
from composer.composing.finishing import by_arousal, phrase_levels, with_dynamics
from composer.controls import Mood
from composer.errors import BadInputError
from composer.harmony.closes import closes_of
from composer.performance.note_table import phrase_bounds
from composer.performance.profiles import profile_for
from composer.performance.timing import expressive_map
from composer.plan import Plan, make_plan
from composer.rework import replay
from composer.rework.material import understand_material
from composer.score import Note, Part, Score, TimeSignature


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
    [
        {"bars": 1},
        {"bars": 16},
        {"duration": 30},
        {"form": "AABA"},
        {"chords": "C F G C"},
        {"loop": True, "bars": 17},
    ],
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


def test_texts_count_the_bars_and_leave_the_upbeat_out_of_the_form() -> None:
    brief = Brief.from_dict({"style": "waltz", "bars": 33, "seed": seed_with_upbeat("waltz", 33)})
    plan = make_plan(brief)
    form = " ".join(section.name for section in plan.sections[1:])
    assert f"form {form}, 33 bars with an upbeat (the upbeat is bar 1, in sheet music 0)" in describe(brief, plan)
    assert facts(brief, plan)["form"] == form
    rows = dict(_rows(brief, plan))
    assert rows["form"].startswith("Upbeat 1, A 2-")


def test_dynamics_count_phrases_from_the_first_full_bar() -> None:
    plan = replace(plan_of("hymn", seed_with_upbeat("hymn", 17), bars=17), moods=(Mood(0, -1), *[Mood(0, 1)] * 4))
    bar = plan.meter.bar_ticks
    starts = (bar - 480, *(bar * index for index in range(1, 17)))
    notes = tuple(Note(start, 60, 480) for start in starts)
    levels = [note.velocity for note in with_dynamics(Score((Part("Soprano", 52, notes),)), plan).parts[0].notes]
    assert len(phrase_levels(plan)) == 4
    assert max(levels[:5]) < min(levels[5:9]), "the second phrase begins in bar 5 after the upbeat"
    assert levels[0] == min(levels[:5])
    louder = by_arousal((Part("Soprano", 52, notes),), plan, 20)[0].notes
    assert [note.velocity < 72 for note in louder] == [True] * 5 + [False] * 12


def test_performances_count_phrases_from_the_first_full_bar() -> None:
    plan = plan_of("hymn", seed_with_upbeat("hymn", 17), bars=17)
    bar = plan.meter.bar_ticks
    notes = tuple(Note(start, 60, 480) for start in (bar - 480, *range(bar, 17 * bar, 480)))
    score = Score((Part("Soprano", 52, notes),), markers=plan.markers, end_ticks=17 * bar)
    assert phrase_bounds(score).tolist() == [0, 5 * bar, 9 * bar, 13 * bar, 17 * bar]
    unmarked = replace(score, markers=score.markers[1:])
    timings = [expressive_map(each, profile_for("hymn"), 1.0) for each in (score, unmarked)]
    assert timings[0].times_s.tolist() == timings[1].times_s.tolist(), "nothing slows before the first section"


def test_messages_say_how_bars_are_counted() -> None:
    line = (Note(1440, 67, 480), *(Note(1920 + 480 * beat, 72, 480) for beat in range(32)))
    material = understand_material(Score((Part("Flute", 73, line),), time_signatures=(TimeSignature(0, 4, 4),)))
    with pytest.raises(BadInputError, match=r"bars 8-12 are not all .* bars 1 to 9 \(the upbeat is bar 1, in sheet music 0\)"):
        material.bars_between(7, 12)
