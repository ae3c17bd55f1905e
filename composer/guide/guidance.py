"""Classifier-free guidance (Ho and Salimans 2022; Sanchez et al. 2023): the additional streams of a piece and their weights.

A stream that lacks some controls, at weight 1 - s, gives guidance of scale s towards these controls. Controls of one scale
are dropped together, since each further stream costs as much as the first.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from composer.guide import PlanGuide
from composer.guide.bed import Bed
from composer.model.sampling import Guide
from composer.plan import Plan
from composer.tokenizer import Tokenizer

STYLE_SCALE = 3.0  # benchmarks/sampling.py --style-scale
DIAL_SCALE = 3.0  # towards density and polyphony, which the model hardly follows by itself (benchmarks/dials.py density)


def branches_of(tokenizer: Tokenizer, plan: Plan, bed: Bed | None = None) -> tuple[tuple[Guide, float], ...]:
    """The streams of blended styles, and those without styles, moods or dials, each with its weight."""
    # An accompaniment has its style from its melody and chords; readers do not prefer a guided one (docs/decisions.md).
    given = bed is not None and bool(bed.tune)
    towards_style = STYLE_SCALE if (plan.styles or plan.composer) and not given else 1.0
    left_out: dict[float, frozenset[str]] = defaultdict(frozenset)
    left_out[towards_style] |= {"style", "composer"}
    if plan.moods:
        left_out[plan.mood_guidance] |= {"mood"}
    if plan.density is not None or plan.polyphony is not None:
        left_out[DIAL_SCALE] |= {"density", "polyphony"}
    mixed: list[tuple[Guide, float]] = [
        (
            PlanGuide(tokenizer, replace(plan, styles=other.styles, composer=other.composer), bed=bed),
            towards_style * other.weight,
        )
        for other in plan.blend
    ]
    mixed += [(PlanGuide(tokenizer, plan, groups, bed), 1.0 - scale) for scale, groups in left_out.items() if scale != 1.0]
    return tuple(mixed)
