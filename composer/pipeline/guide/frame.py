"""What surrounds the notes: the empty score of a plan, and the plan's key, tempo and names put back on a decoded one."""

from __future__ import annotations

from dataclasses import replace

from composer.plan import Plan
from composer.score import KeySignature, Part, Score, Tempo, TimeSignature
from composer.tokenizer import functional_shift


def skeleton(plan: Plan) -> Score:
    """A score without notes that has the plan's bars, metre, tempo, key and parts, in the plan's own key."""
    return Score(
        parts=tuple(Part(part.name, part.program, (), part.is_drum) for part in plan.parts),
        tempos=(Tempo(0, plan.tempo_qpm),),
        time_signatures=(TimeSignature(0, plan.meter.numerator, plan.meter.denominator),),
        keys=(KeySignature(0, plan.key),),
        markers=plan.markers,
        end_ticks=plan.bars * plan.meter.bar_ticks,
    )


def finish(decoded: Score, plan: Plan) -> Score:
    """A decoded score in functional pitch, brought to the plan's key and given its exact tempo, names and sections."""
    shift = -functional_shift(plan.key)
    moved = decoded.transposed(shift)
    frame = skeleton(plan)
    parts = tuple(replace(part, name=wish.name) for part, wish in zip(moved.parts, plan.parts, strict=True))
    return replace(frame, parts=parts, chords=moved.chords)
