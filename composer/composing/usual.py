"""Plans a brief for a model: a model trained on a user's pieces composes like them, unless the brief says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from composer.brief import Brief
from composer.errors import BadInputError
from composer.plan import Plan, make_plan
from composer.plan.choices import for_texture
from composer.presets.habits import Habits, load_habits
from composer.score import Key, TimeSignature


def plan_for(brief: Brief, model: Path) -> Plan:
    """The plan of a brief; what it leaves open follows the model's training data, if the model's folder describes them.

    A brief that names a style is planned by that style.

    Args:
        brief: the request.
        model: folder of the model.

    Raises:
        BadInputError: the brief cannot be met, or the model's record is damaged.
    """
    plan = make_plan(brief)  # refuses what cannot be met, with any model
    habits = load_habits(model)
    if habits is None or brief.style:
        return plan
    plan = make_plan(_filled(brief, habits))
    parts = plan.parts if brief.ensemble or brief.instruments else for_texture(habits.parts, brief.texture)
    return replace(plan, parts=parts, styles=(), composer=None, blend=(), preset=None)


def _filled(brief: Brief, habits: Habits) -> Brief:
    """The brief with meter, tempo, length and key drawn by its seed, where it leaves them open and they fit."""
    chance = Random(f"{brief.seed}:habits")
    defaults: dict[str, Any] = {
        "meter": TimeSignature.parse(_drawn(chance, habits.meters)),
        "tempo": round(chance.uniform(*habits.tempo_qpm), 1),
        "bars": chance.randint(*habits.bars),
        "key": Key.parse(_drawn(chance, habits.keys)) if habits.keys and not brief.chords else None,
    }
    for name, value in defaults.items():
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
