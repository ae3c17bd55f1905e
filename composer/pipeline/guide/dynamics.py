"""Dynamics that follow from each other: the model's rare leaps from one extreme to the other sound like faults."""

from __future__ import annotations

from composer.pipeline.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import DYNAMICS

_FARTHEST = 4  # steps from one marking to the next: p to ff
_SOFTEST, _LOUDEST = DYNAMICS.index("ppp"), DYNAMICS.index("fff")
_NEAR = 2  # steps from which the extremes are reached: never at the start


class SteadyDynamics:
    """Keeps each part's markings near the one before, and the extremes for those who come close to them.

    Args:
        grammar: of the model's tokenizer.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._first = grammar.vocabulary.offsets["Dynamic"]
        self._levels: dict[int, int] = {}

    def begin_bar(self, walk: Walk) -> None:
        """Markings hold across barlines."""

    def accept(self, token: int, walk: Walk) -> None:
        """Remembers a marking; music without one has no level."""
        if walk.state.last_type == "Dynamic" and token != self._first:
            self._levels[walk.state.part] = token - self._first

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away markings too far off."""
        if walk.state.last_type != "Part":
            return
        before = self._levels.get(walk.state.part)
        for level in range(_SOFTEST, _LOUDEST + 1):
            extreme = level in (_SOFTEST, _LOUDEST)
            if extreme if before is None else abs(level - before) > (_NEAR if extreme else _FARTHEST):
                mask[self._first + level] = False
