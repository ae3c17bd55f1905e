"""Big hits: a crash cymbal, and a roll of the timpani into them, where the ensemble has these."""

from __future__ import annotations

from composer.arranging import arrange, settle
from composer.brief import Brief
from composer.composing.finishing import finish
from composer.guide.frame import skeleton
from composer.plan import Plan, make_plan
from composer.score import Score

CRASH, TIMPANI = 49, 47


def piece(**options: object) -> tuple[Plan, Score]:
    brief = Brief.from_dict({"style": "epic-trailer", "bars": 16, "seed": 2, **options})
    plan = settle(make_plan(brief), brief)
    return plan, finish(skeleton(plan), plan, arrange(plan))


def test_big_hits_have_a_crash_and_a_roll_into_them() -> None:
    plan, score = piece(hits="0:12 big, 0:18 soft", instruments="horns,string-ensemble-1,timpani,contrabass,drums")
    big, soft = (planned.bar * plan.meter.bar_ticks for planned in plan.hits)
    drums = next(part for part in score.parts if part.is_drum)
    timpani = next(part for part in score.parts if part.program == TIMPANI and not part.is_drum)
    assert any(note.start_ticks == big and note.pitch == CRASH and note.velocity >= 100 for note in drums.notes)
    roll = [note for note in timpani.notes if big - plan.meter.bar_ticks // 2 <= note.start_ticks <= big]
    assert len(roll) >= 8
    assert len({note.pitch for note in roll}) == 1
    assert [note.velocity for note in roll] == sorted(note.velocity for note in roll)
    assert not [n for n in timpani.notes if soft - 480 <= n.start_ticks < soft and n.duration_ticks < 120]
    planned = plan.parts[score.parts.index(timpani)]
    assert all(planned.low <= note.pitch <= planned.high for note in timpani.notes)


def test_other_ensembles_get_neither() -> None:
    plan, score = piece(hits="0:12 big", instruments="horns,string-ensemble-1,contrabass")
    assert not any(part.is_drum or part.program == TIMPANI for part in score.parts)
    assert plan.hits
