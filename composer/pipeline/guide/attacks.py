"""Where a hit point falls all who play strike on the barline, and where a section begins somebody does.

An upbeat would need a bar of its own, empty but for its last beat, and a return of the section would fall silent with it.
"""

from __future__ import annotations

from collections.abc import Set

from composer.pipeline.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask


class Attacks:
    """Bars that begin on the barline.

    Args:
        grammar: of the model's tokenizer.
        bars: numbers, from 0, of those in which every part that plays begins there.
        openings: numbers of those in which some part does: the last one to come, if none before it has.
    """

    def __init__(self, grammar: Grammar, bars: Set[int], openings: Set[int] = frozenset()) -> None:
        self._bars, self._openings = bars, openings
        self._late = grammar.is_note & (grammar.first_position > 0)
        self._on_barline = grammar.is_note & (grammar.first_position == 0)
        self._ends_bar = grammar.allowed_types(("Bar", "EOS", "HOLE", "FILL"))
        self._struck = False

    def begin_bar(self, walk: Walk) -> None:
        """Nobody has struck yet."""
        self._struck = False

    def accept(self, token: int, walk: Walk) -> None:
        """Hears who strikes on the barline."""
        self._struck |= bool(self._on_barline[token])

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away first notes that come late, and the end of a bar that nobody has opened."""
        must_strike = walk.bar.index in self._bars
        if walk.bar.index in self._openings and not self._struck:
            if walk.waiting_parts():
                mask &= ~self._ends_bar
            else:
                must_strike = True
        if must_strike and walk.state.part >= 0 and walk.state.position < 0:
            mask &= ~self._late
