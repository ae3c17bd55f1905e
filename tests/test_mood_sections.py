"""Film music follows its mood curve: sections, keys, harmony, players and loudness."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.arranging import arrange, settle
from composer.brief import Brief
from composer.composing.finishing import finish
from composer.composing.report import make_report
from composer.guide.frame import skeleton
from composer.harmony import with_harmony
from composer.plan import Plan, make_plan

CURVE = "calm@0 tense@50% triumphant@100%"


def planned(**options: object) -> tuple[Brief, Plan]:
    brief = Brief.from_dict({"style": "film-cue", "mood_curve": CURVE, "duration": 60, "seed": 1, **options})
    return brief, make_plan(brief)


@pytest.mark.parametrize("seed", range(1, 6))
def test_each_mood_of_a_curve_has_a_section_in_its_mode(seed: int) -> None:
    _, plan = planned(seed=seed)
    assert [section.name for section in plan.sections] == ["A", "B", "A"]
    assert plan.key.mode == "major"
    assert [area.key.mode for area in plan.key_areas] == ["major", "minor", "major"]


def test_joints_fall_on_hit_points_nearby() -> None:
    _, plan = planned(hits="0:12.5 big, 0:43 soft")
    assert {hit.bar for hit in plan.hits} <= {section.start_bar for section in plan.sections}


def test_a_dark_end_is_in_minor_and_a_bright_middle_in_the_relative_key() -> None:
    _, plan = planned(mood_curve="ominous@0 joyful@50% lonely@100%")
    assert plan.key.mode == "minor"
    assert [area.key.mode for area in plan.key_areas] == ["minor", "major", "minor"]
    assert {area.key.fifths for area in plan.key_areas} == {plan.key.fifths}


@pytest.mark.parametrize("option", [{"form": "ABA"}, {"chords": "C F G C"}, {"style": "string-quartet"}])
def test_a_given_form_or_harmony_and_other_styles_stay(option: dict[str, object]) -> None:
    _, plan = planned(**option)
    assert not plan.key_areas


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_cue_grows_from_calm_to_triumphant(seed: int) -> None:
    brief, plan = planned(seed=seed)
    plan = settle(with_harmony(plan, brief), brief)
    ticks = plan.meter.bar_ticks
    tune = tuple((tick, ticks // 4, 67 + tick // ticks % 5) for tick in range(0, plan.bars * ticks, ticks // 4))
    score = finish(skeleton(plan), plan, arrange(replace(plan, tune=tune)))

    def playing(first: int, end: int) -> tuple[float, float]:
        notes = [n for part in score.parts if not part.is_drum for n in part.notes if first <= n.start_ticks // ticks < end]
        parts = [part for part in score.parts if any(first <= n.start_ticks // ticks < end for n in part.notes)]
        return len(parts), sum(note.velocity for note in notes) / len(notes)

    (few, soft), (many, loud) = playing(0, 4), playing(plan.bars - 5, plan.bars)
    assert many >= few + 3
    assert loud >= soft + 15
    [middle] = (section for section in plan.sections if section.name == "B")
    chords = [chord for bar in plan.chords[middle.start_bar : middle.start_bar + middle.bars] for chord in bar if chord]
    assert any(chord.quality.startswith("min") for chord in chords)


def test_the_report_compares_the_key_where_a_section_has_it_and_only_axes_that_change() -> None:
    brief, plan = planned(mood_curve="sad@0 triumphant@100%")
    plan = settle(with_harmony(plan, brief), brief)
    ticks = plan.meter.bar_ticks
    plan = replace(plan, tune=tuple((bar * ticks, ticks, 72) for bar in range(plan.bars)))
    report = make_report(brief, plan, finish(skeleton(plan), plan, arrange(plan)))
    assert [area.key.mode for area in plan.key_areas] == ["minor", "major"]
    assert report["key"]["ok"], report["key"]
    assert report["mood_curve"]["measured"]["arousal"] > 0.5
    assert report["style"]["requested"] is None, "the judge knows what the network wrote"
    flat = replace(plan, moods=tuple(replace(mood, valence=0.01 * place) for place, mood in enumerate(plan.moods[:6])))
    assert make_report(brief, flat, finish(skeleton(plan), plan, arrange(plan)))["mood_curve"]["measured"]["valence"] is None
