"""No part rests for long: one that has waited too many bars comes before anything later in the bar."""

from __future__ import annotations

from composer.pipeline.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask

_LONGEST_REST_BARS = 4  # in small ensembles; twice as long in large ones
_SMALL_ENSEMBLE = 6


class LongRests:
    """Calls in parts that have rested for `_LONGEST_REST_BARS` bars of a small ensemble, twice as many of a large one.

    Args:
        grammar: of the model's tokenizer.
        parts: how many parts there are.
        longest: so many bars instead.
    """

    def __init__(self, grammar: Grammar, parts: int, longest: int | None = None) -> None:
        first = grammar.vocabulary.offsets["Part"]
        self._part_ids = range(first, first + parts)
        self._ends_bar = grammar.allowed_types(("Bar", "EOS", "HOLE", "FILL"))
        usual = _LONGEST_REST_BARS if parts <= _SMALL_ENSEMBLE else 2 * _LONGEST_REST_BARS
        self._longest = usual if longest is None else longest
        self._rested = [0] * parts  # bars in which each part has been silent since it last played
        self._played: set[int] = set()

    def begin_bar(self, walk: Walk) -> None:
        """Counts the bar that is over."""
        if walk.place > 0:
            self._rested = [0 if part in self._played else rest + 1 for part, rest in enumerate(self._rested)]
        self._played = walk.played

    def accept(self, token: int, walk: Walk) -> None:
        """The walk notes who plays."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away what comes after the next part that is overdue."""
        order = walk.script.parts
        start = order.index(walk.state.part) + 1 if walk.state.part >= 0 else 0
        for place in range(start, len(order)):
            part = order[place]
            if self._rested[part] >= self._longest and part in walk.bar.open_parts:
                for later in order[place + 1 :]:
                    mask[self._part_ids[later]] = False
                mask &= ~self._ends_bar
                return
