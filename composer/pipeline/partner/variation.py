"""`vary`: form, harmony and key stay, and a dial says how much of the rest."""

from __future__ import annotations

import random

from composer.brief import Brief
from composer.errors import BadInputError
from composer.pipeline.partner.context import Assumptions, Progress, deliver, draft_of_material, refuse_fields
from composer.pipeline.partner.controls import ask_mood
from composer.pipeline.partner.desk import sit_down
from composer.pipeline.partner.draft import Draft, Place
from composer.pipeline.partner.result import Collaboration
from composer.pipeline.partner.returns import literal_returns
from composer.score import Score

_UNIT_BARS = 2  # a part is varied for so many bars at a time: long enough for a figure


def vary(
    score: Score,
    amount: float,
    brief: Brief | None = None,
    *,
    assumptions: Assumptions | None = None,
    model: str | None = None,
    progress: Progress | None = None,
) -> Collaboration:
    """A variation on a piece.

    Args:
        score: the theme.
        amount: share of the music that is written anew, 0 (the piece itself) to 1 (only form, harmony, key, metre and
            ensemble are kept). A larger amount with the same seed changes what a smaller one changes, and more.
        brief: mood; seed, temperature, top_p.
        assumptions: the piece's metre and key, where its file is silent or wrong.
        model: name or path of a model; by default the packaged one.
        progress: called with the share of bars written, 0 to 1.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: the amount is out of range, or the piece cannot be worked with.
    """
    brief = brief or Brief()
    refuse_fields(brief, "vary", ("mood", "valence", "arousal", "intensity"))
    if not 0 <= amount <= 1:
        raise BadInputError(f"amount {amount:g} is out of range: give a number from 0 to 1")
    desk = sit_down(score, brief, assumptions, model, progress)
    draft = draft_of_material(desk.material, desk.tokenizer)
    draft.repeats = literal_returns(draft, draft.parts)
    places = places_to_vary(draft, amount, brief.seed)
    draft.open_up(places)
    if places:
        ask_mood(draft, brief)
        desk.pen.write(draft)
    return desk.hand_back(deliver(desk.material, draft, places), "vary", {"amount": amount})


def places_to_vary(draft: Draft, amount: float, seed: int) -> frozenset[Place]:
    """The cells to write anew: units of two bars of a part, drawn in an order that depends on the seed only.

    What returns to the letter is varied where it comes first, and returns varied.
    """
    units: dict[Place, list[Place]] = {}
    for bar, part in sorted(draft.cells):
        origin = draft.repeats.get(bar, bar)
        units.setdefault((origin // _UNIT_BARS, part), []).append((bar, part))
    order = sorted(units)
    random.Random(f"{seed}:vary").shuffle(order)
    return frozenset(place for unit in order[: round(amount * len(order))] for place in units[unit])
