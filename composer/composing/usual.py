"""The plan of a brief with a certain model: one trained on a user's pieces composes as they are, unless asked otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from composer.brief import Brief
from composer.errors import BadInputError
from composer.plan import Plan, make_plan
from composer.presets.habits import Habits, load_habits
from composer.score import Key, TimeSignature


def plan_for(brief: Brief, model: Path) -> Plan:
    """The plan of a brief; what it leaves open is as in the model's data where the model's folder says how those are.

    A brief that names a style is planned by that style.

    Args:
        brief: the request.
        model: folder of the model.

    Raises:
        BadInputError: the brief cannot be met, or the model's record is damaged.
    """
    plan = make_plan(brief)  # refuses what cannot be met, whatever the model
    habits = load_habits(model)
    if habits is None or brief.style:
        return plan
    plan = make_plan(_filled(brief, habits))
    if brief.ensemble or brief.instruments:
        return plan
    return replace(plan, parts=habits.parts, styles=(), composer=None, blend=())


def _filled(brief: Brief, habits: Habits) -> Brief:
    """The brief with meter, tempo, length and key by chance of its seed, as far as it is silent and they fit."""
    chance = Random(f"{brief.seed}:habits")
    wishes: dict[str, Any] = {
        "meter": TimeSignature.parse(_drawn(chance, habits.meters)),
        "tempo": round(chance.uniform(*habits.tempo_qpm), 1),
        "bars": chance.randint(*habits.bars),
        "key": Key.parse(_drawn(chance, habits.keys)) if habits.keys and not brief.chords else None,
    }
    for name, value in wishes.items():
        if value is None or getattr(brief, name) is not None:
            continue
        try:
            wider = replace(brief, **{name: value})
            make_plan(wider)
        except BadInputError:
            continue
        brief = wider
    return brief


def _drawn(chance: Random, values: Sequence[str]) -> str:
    return values[chance.randrange(len(values))]
