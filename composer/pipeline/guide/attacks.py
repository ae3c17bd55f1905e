"""Where a hit point falls, somebody strikes: the first note of every part that plays in such a bar stands on the barline."""

from __future__ import annotations

from collections.abc import Set

from composer.pipeline.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask


class Attacks:
    """Bars that begin with an attack.

    Args:
        grammar: of the model's tokenizer.
        bars: their numbers, from 0.
    """

    def __init__(self, grammar: Grammar, bars: Set[int]) -> None:
        self._bars = bars
        self._late = grammar.is_note & (grammar.first_position > 0)

    def begin_bar(self, walk: Walk) -> None:
        """Nothing is remembered: the walk knows its bar."""

    def accept(self, token: int, walk: Walk) -> None:
        """Nothing is remembered: the walk knows its position."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away first notes that come late."""
        if walk.bar.index in self._bars and walk.state.part >= 0 and walk.state.position < 0:
            mask &= ~self._late
