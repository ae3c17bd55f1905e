"""The frame of a piece: its score without notes, as the plan fixes it.

Knows plans and scores, nothing of tokens.
"""

from __future__ import annotations

from composer.plan import Plan
from composer.presets import styles
from composer.score import KeySignature, Part, Score, Tempo, TimeSignature


def skeleton(plan: Plan) -> Score:
    """A score without notes that has the bars, meter, tempo, key and parts of a plan."""
    return Score(
        parts=tuple(Part(part.name, part.program, (), part.is_drum) for part in plan.parts),
        tempos=tuple(Tempo(change.start_ticks(plan.meter), change.qpm) for change in plan.tempos),
        time_signatures=(TimeSignature(0, plan.meter.numerator, plan.meter.denominator),),
        keys=(KeySignature(0, plan.key),),
        markers=plan.markers,
        end_ticks=plan.bars * plan.meter.bar_ticks,
        title=title_of(plan),
    )


def title_of(plan: Plan) -> str:
    """The title of a piece: the requested style, or else its first genre, and its key.

    >>> from composer.brief import Brief
    >>> from composer.plan import make_plan
    >>> title_of(make_plan(Brief.from_dict({"style": "nocturne", "key": "Db major"})))
    'Nocturne in Db major'
    >>> title_of(make_plan(Brief.from_dict({"style": "swing", "key": "Bb major"})))
    'Swing in Bb major'
    """
    rows = (styles().get(name) for name in (plan.preset, *plan.styles) if name)
    title = next((row.title for row in rows if row and row.kind != "era"), "Piece")
    return title if all(part.is_drum for part in plan.parts) else f"{title} in {plan.key}"
