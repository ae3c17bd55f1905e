"""Tempi that change: the curve, tempi of sections, lengths and hit points that stay exact, and what is refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from composer.brief import Brief
from composer.errors import BadInputError
from composer.guide.frame import skeleton
from composer.plan import Plan, make_plan

HITS = {"hits": "0:12.5 big, 0:31 soft", "duration": 47.5}


def plan_of(**options: Any) -> Plan:
    return make_plan(Brief.from_dict({"meter": "4/4", **options}))


def test_a_curve_changes_on_beats_and_holds_outside_its_points() -> None:
    plan = plan_of(bars=16, tempo=100, tempo_curve="100%@bar 5 150%@bar 9")
    assert [plan.qpm_at(bar) for bar in (0, 4, 4.25, 6, 8, 15)] == pytest.approx([100, 100, 103.125, 125, 150, 150])
    assert all(before.qpm < after.qpm for before, after in pairwise(plan.tempo_changes))


def test_the_same_place_twice_is_a_sudden_change_on_a_barline() -> None:
    plan = plan_of(bars=10, tempo_curve="60@33% 120@33%")
    assert [(tempo.start_bar, tempo.tick, tempo.qpm) for tempo in plan.tempos] == [(0, 0, 60.0), (3, 0, 120.0)]


def test_a_curve_ends_in_seconds() -> None:
    plan = plan_of(bars=24, tempo_curve="60@0 120@20s")
    assert plan.qpm_at(plan.bar_at(19)) < 120 == plan.qpm_at(plan.bar_at(21))


def test_a_tempo_may_repeat_that_of_the_start() -> None:
    assert plan_of(tempo=66, tempo_curve="66@0 90@end") == plan_of(tempo_curve="66@0 90@end")


@pytest.mark.parametrize(
    "options",
    [
        {"tempo_curve": "100%@0 140%@end"},
        {"tempo_curve": "72@0 96@end"},
        {"tempo_curve": "100%@0 140%@end", "tempo": 90},
        {"tempo_curve": "100%@75% 60%@end", "bars": 20},
        {"tempo_curve": "100%@15s 160%@30s"},
        {"sections": "b: tempo 70%", "form": "ABA"},
        {"sections": "b: tempo 60", "form": "ABA"},
        {"sections": "all: tempo 90; b: tempo 60", "form": "A8 B4 A8"},
        {"tempo_curve": "100%@0 130%@end", **HITS},
        {"tempo_curve": "80@0 110@end", **HITS},
        {"sections": "middle: tempo 75%", "form": "ABA", **HITS},
    ],
)
def test_lengths_in_seconds_and_hits_stay_exact(options: dict[str, Any]) -> None:
    requested = {"duration": 60, **options}
    plan = plan_of(**requested)
    assert plan.is_paced
    assert plan.duration_s == pytest.approx(requested["duration"], abs=1e-9)
    assert skeleton(plan).duration_s == pytest.approx(requested["duration"], abs=1e-9)
    assert [plan.seconds_at(each.bar) for each in plan.hits] == pytest.approx([each.hit.time_s for each in plan.hits])
    assert Plan.from_dict(plan.to_dict()) == plan
    assert plan.seconds_at(plan.bar_at(17.25)) == pytest.approx(17.25)
    if "tempo" in options:
        assert plan.tempo_qpm == pytest.approx(options["tempo"], rel=0.05)


def test_tempi_of_sections_are_shares_of_the_tempo_or_their_own() -> None:
    plan = plan_of(form="A8 B4 A8", tempo=100, sections="b: tempo 60%; end: tempo 130")
    assert [plan.qpm_at(bar) for bar in (0, 7, 8, 11, 12, 19)] == [100, 100, 60, 60, 130, 130]
    own = plan_of(form="A8 B4 A8", duration=60, sections="b: tempo 60")
    assert own.qpm_at(8) == 60
    assert own.qpm_at(0) == own.qpm_at(12) == pytest.approx(64 / (60 - 16) * 60)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tempo_curve": "100%@0"}, "two points or more"),
        ({"tempo_curve": "fast@0 slow@end"}, "tempo 'fast' is not understood"),
        ({"tempo_curve": "10@0 80@end"}, "tempo 10 is out of range: give 20 to 300"),
        ({"tempo_curve": "80@0 500%@end"}, "tempo 500% is out of range: give 25% to 400%"),
        ({"tempo_curve": "80@0 90%@end"}, "mixes numbers and per cent"),
        ({"tempo_curve": "80@50% 90@20%"}, "goes back from 50% to 20%"),
        ({"tempo_curve": "80@bar 9 90@20%", "bars": 16}, "goes back: give its points in order"),
        ({"tempo_curve": "80@0 90@end", "tempo": 90}, "set different tempi"),
        ({"tempo_curve": "80@0 90@end", "bars": 16, "duration": 30}, "cannot all be set"),
        ({"tempo_curve": "80@0 90@end", "sections": "b: tempo 60"}, "both set the tempo"),
        ({"tempo_curve": "80@0 90@end", "loop": True}, "let the curve end as it begins"),
        ({"tempo_curve": "80@0 90@bar 17", "bars": 16}, "after the last of 16 bars"),
        ({"tempo_curve": "80@0 90@1:00", "duration": 30}, "after the end at 30 s"),
        ({"tempo_curve": "80@0 90@1:00", "bars": 4}, "after the end at 11.3"),
        ({"tempo_curve": "100%@0 400%@end", "tempo": 100}, "possible are 20 to 300"),
        ({"sections": "b: tempo 60", "form": "A8 B8 A8", "duration": 30}, "set last 32 s, and the piece 30 s"),
        ({"sections": "all: tempo 60", "bars": 16, "duration": 30}, "the bars last 64 s"),
        ({"sections": "c: tempo 60", "form": "ABA"}, "no section 'c'"),
        ({"tempo_curve": "60@0 180@end", "bars": 12, **HITS}, "do not fit|do not meet|apart|cannot all be set"),
    ],
)
def test_what_contradicts_is_refused_in_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message) as refused:
        plan_of(**options)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "options", [{}, {"style": "waltz", "meter": "3/4", "bars": 16}, {"hits": "0:08, 0:16", "tempo": 120, "duration": 24}]
)
def test_without_the_options_nothing_is_paced(options: dict[str, Any]) -> None:
    plan = plan_of(**options)
    assert not plan.is_paced
    assert plan.mean_qpm == plan.qpm_at(3) == plan.tempo_qpm
