"""`vary`: form, harmony and key stay, and a dial says how much of the rest."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Unpack

from composer.brief import Brief
from composer.composing.record import PieceRecord
from composer.errors import BadInputError
from composer.rework.brief_controls import ask_mood, ask_style
from composer.rework.context import Finished, deliver, draft_of_material, refuse_fields
from composer.rework.draft import Draft, Place
from composer.rework.returns import literal_returns
from composer.rework.session import Session, SessionOptions
from composer.rework.writing import StreamSampler
from composer.score import Score

_UNIT_BARS = 2  # a part is varied for so many bars at a time: long enough for a figure
_ALIKE = 0.6  # share of common onsets from which two parts move together


def vary(
    score: Score,
    amount: float,
    brief: Brief | None = None,
    **session_options: Unpack[SessionOptions],
) -> PieceRecord:
    """A variation on a piece.

    Args:
        score: the theme.
        amount: share of the music that is written anew, 0 (the piece itself) to 1 (only form, harmony, key, metre,
            ensemble and the last bar are kept). A larger amount with the same seed changes what a smaller one changes,
            and more.
        brief: style, mood; seed, temperature, top_p.
        session_options: see `SessionOptions`.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: the amount is out of range, or the piece cannot be worked with.
    """
    brief = brief or Brief()
    refuse_fields(brief, "vary", ("style", "mood", "valence", "arousal", "intensity"))
    if not 0 <= amount <= 1:
        raise BadInputError(f"amount {amount:g} is out of range: give a number from 0 to 1")
    session = Session.open(score, brief, session_options)
    material = session.material

    def write(sampler: StreamSampler) -> Finished:
        draft = draft_of_material(material, session.tokenizer)
        draft.repeats = literal_returns(draft, draft.parts)
        places = places_to_vary(draft, amount, brief.seed)
        draft.open_up(places)
        draft.longest_rest = 0  # only places that were played are open
        ask_style(draft, brief)
        if places:
            draft.keeps_dynamics = not ask_mood(draft, brief)
            sampler.write(draft)
        return deliver(material, draft, places)

    return session.run("vary", {"amount": amount}, write)


def places_to_vary(draft: Draft, amount: float, seed: int) -> frozenset[Place]:
    """The cells to write anew: units of two bars of the parts that move together, drawn in an order that depends on the seed.

    What returns to the letter is varied where it comes first, and returns varied. The last bar stays: it closes the form.
    """
    units: dict[tuple[int, frozenset[int]], list[Place]] = {}
    stretches: dict[int, list[int]] = {}
    for bar in range(draft.n_bars - 1):
        stretches.setdefault(draft.repeats.get(bar, bar) // _UNIT_BARS, []).append(bar)
    for stretch, bars in stretches.items():
        for group in moving_together(draft, bars):
            places = [(bar, part) for bar in bars for part in sorted(group) if (bar, part) in draft.cells]
            if places:
                units[stretch, group] = places
    order = sorted(units, key=lambda unit: (unit[0], sorted(unit[1])))
    random.Random(f"{seed}:vary").shuffle(order)
    return frozenset(place for unit in order[: round(amount * len(order))] for place in units[unit])


def moving_together(draft: Draft, bars: Sequence[int]) -> list[frozenset[int]]:
    """Parts in groups: two are in one if most of their onsets in some bars are common to both.

    To vary one part of a chorale by itself would break its rhythm against the others.
    """
    onsets = {
        part: frozenset((bar, step) for bar in bars for step, _, _ in draft.cell_notes((bar, part))) for part in draft.parts
    }
    groups: list[set[int]] = []
    for part, mine in onsets.items():
        near = [group for group in groups if any(_alike(mine, onsets[other]) for other in group)]
        groups = [group for group in groups if group not in near] + [{part}.union(*near)]
    return [frozenset(group) for group in groups]


def _alike(one: frozenset[tuple[int, int]], other: frozenset[tuple[int, int]]) -> bool:
    return len(one & other) >= _ALIKE * len(one | other) > 0
