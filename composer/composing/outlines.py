"""The melodies of pieces in styles with phrases, drawn before everything else.

A melody costs milliseconds to draw, so a piece can afford several; `composer.melody` ranks them by their faults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from composer.arranging import Lead, arrange, exercise, exercise_of, lead_of, settle, varied_tune
from composer.arranging.outer_voices import with_inversions
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


def drawn_plan(plan: Plan, brief: Brief, take: int, watch: Watch = UNWATCHED) -> Plan:
    """The plan of one candidate of a brief whose style has melodies by phrases, with its band and its melody.

    Args:
        plan: with its harmony.
        brief: the request.
        take: number of the candidate.
        watch: what is called meanwhile.
    """
    return with_melody(settle(plan, brief, take), brief.draws.melodies, watch)


def with_melody(plan: Plan, drawn: int, watch: Watch = UNWATCHED, lead: Lead | None = None) -> Plan:
    """A plan as `settle` gives it, with the best of several melodies.

    Args:
        plan: with its harmony and its band.
        drawn: melodies for `_USUAL_BARS` bars; fewer are drawn for a longer piece.
        watch: what is called meanwhile.
        lead: who plays the melody; by default the lead of the plan.
    """
    on_draft = watch.on_draft
    if on_draft:
        on_draft(_draft(plan))
    lead = lead or lead_of(plan)
    if lead is None:
        return plan
    if line := exercise_of(plan.features):
        return replace(plan, tune=exercise(plan, lead.span, lead.chords, line))
    drawn = max(1, drawn * _USUAL_BARS // max(_USUAL_BARS, plan.bars))
    show = (lambda tones: on_draft(_draft(_with_tune(plan, tones)))) if on_draft else None
    best = draw_melodies(plan, lead, plan.band_seed, drawn, on_first=show, on_step=watch.on_step)[0]
    found = _with_tune(plan, best.tones)
    return with_inversions(replace(found, tune=varied_tune(plan, found.tune, lead.chords, lead.span)))


def _with_tune(plan: Plan, tones: Sequence[Tone]) -> Plan:
    return replace(plan, tune=tuple((tone.start, tone.ticks, tone.pitch) for tone in tones))


def _draft(plan: Plan) -> Score:
    """What is arranged of a plan, and its chords."""
    arrangement, frame = arrange(plan), skeleton(plan)
    notes = [part.notes for part in frame.parts] if arrangement is None else arrangement.parts([()] * len(frame.parts))
    parts = tuple(replace(part, notes=written) for part, written in zip(frame.parts, notes, strict=True))
    end = plan.bars * plan.meter.bar_ticks
    return Score(parts, frame.tempos, frame.time_signatures, frame.keys, end_ticks=end, chords=chord_symbols(plan))
