"""The melodies of pieces in styles with phrases, drawn before everything else.

A melody costs milliseconds to draw, so a piece can afford several; `composer.melody` keeps those with the fewest faults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from composer.arranging import arrange, is_outlined, lead_of, settle
from composer.brief import Brief
from composer.composing.finishing import chord_symbols
from composer.guide.frame import skeleton
from composer.melody import Tone, draw_melodies
from composer.plan import Plan
from composer.score import Score

_USUAL_BARS = 16


@dataclass(frozen=True)
class Watch:
    """What is called while melodies are drawn.

    Attributes:
        on_draft: called with drafts of the first plan: without its melody, then with more and more bars of the first melody.
        on_step: called after every round of sampling; may raise to stop.
    """

    on_draft: Callable[[Score], None] | None = None
    on_step: Callable[[], None] | None = None


UNWATCHED = Watch()


def drawn_plans(plan: Plan, brief: Brief, takes: Sequence[int], watch: Watch = UNWATCHED) -> list[Plan]:
    """A plan for each candidate of a brief, with its band and, where the style has one, its melody.

    Args:
        plan: with its harmony, unless the network writes that and the melody.
        brief: the request.
        takes: numbers of the candidates.
        watch: what is called meanwhile.
    """
    settled = [settle(plan, brief, take) for take in takes]
    return with_melodies(settled, brief.draws.melodies, watch) if plan.chords and is_outlined(brief, plan) else settled


def with_melodies(plans: Sequence[Plan], drawn: int, watch: Watch = UNWATCHED) -> list[Plan]:
    """Plans of one piece as `settle` gives them, each with one of the best melodies of those drawn for the first.

    Args:
        plans: that differ in seeds.
        drawn: melodies for `_USUAL_BARS` bars; fewer are drawn for a longer piece.
        watch: what is called meanwhile.
    """
    on_draft = watch.on_draft
    if on_draft:
        on_draft(_draft(plans[0]))
    lead = lead_of(plans[0])
    if lead is None:
        return list(plans)
    drawn = max(len(plans), drawn * _USUAL_BARS // max(_USUAL_BARS, plans[0].bars))
    show = (lambda tones: on_draft(_draft(_with_tune(plans[0], tones)))) if on_draft else None
    lines = draw_melodies(plans[0], lead, plans[0].band_seed, drawn, on_first=show, on_step=watch.on_step)
    return [_with_tune(plan, line.tones) for plan, line in zip(plans, lines, strict=False)]


def _with_tune(plan: Plan, tones: Sequence[Tone]) -> Plan:
    return replace(plan, tune=tuple((tone.start, tone.ticks, tone.pitch) for tone in tones))


def _draft(plan: Plan) -> Score:
    """What is arranged of a plan, and its chords."""
    arrangement, frame = arrange(plan), skeleton(plan)
    notes = [arrangement.part(index, ()) if arrangement else () for index in range(len(frame.parts))]
    parts = tuple(replace(part, notes=written) for part, written in zip(frame.parts, notes, strict=True))
    end = plan.bars * plan.meter.bar_ticks
    return Score(parts, frame.tempos, frame.time_signatures, frame.keys, end_ticks=end, chords=chord_symbols(plan))
