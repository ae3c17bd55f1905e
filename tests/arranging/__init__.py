"""Plans of briefs as the arranger gets them."""

from __future__ import annotations

from functools import cache
from typing import Any

from composer.arranging import is_outlined, settle
from composer.brief import Brief
from composer.composing.outlines import with_melody
from composer.harmony.planner import with_harmony
from composer.plan import Plan, make_plan


def plan_of(style: str, seed: int = 1, **options: Any) -> Plan:
    """The plan of a brief, with harmony and a melody where its style is outlined; made once."""
    return _plan_of(style, seed, tuple(options.items()))


@cache
def _plan_of(style: str, seed: int, options: tuple[tuple[str, Any], ...]) -> Plan:
    brief = Brief.from_dict({"style": style, "seed": seed, **dict(options)})
    plan = make_plan(brief)
    if not is_outlined(brief, plan):
        return settle(plan, brief)
    return with_melody(settle(with_harmony(plan, brief), brief), 2)
