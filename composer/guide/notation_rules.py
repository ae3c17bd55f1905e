"""Rules of readable notation: no tiny durations, no triplets against duplets within one quarter note."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from composer.guide.note_bounds import SHORTEST_STEPS
from composer.guide.rule import Rule
from composer.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import DURATIONS, STEPS_PER_QUARTER

# How an onset divides its quarter note: 1 for sixteenths and thirty-seconds, 2 for triplets, 0 for either.
_DIVISION = np.array([0 if step % 12 == 0 else 1 if step % 3 == 0 else 2 for step in range(STEPS_PER_QUARTER)])


class _Readable:
    """For each position, the ids that are readable after it. Shared by all streams of a grammar."""

    def __init__(self, grammar: Grammar) -> None:
        vocabulary = grammar.vocabulary
        tiny = {vocabulary.duration(steps) for steps in DURATIONS if steps < SHORTEST_STEPS}
        self._long_enough = np.array([not tiny.intersection(tokens) for tokens in grammar.merges.expansions])
        self._quarter = grammar.first_position // STEPS_PER_QUARTER
        self._division = _DIVISION[grammar.first_position % STEPS_PER_QUARTER]
        self._masks: dict[int, Mask] = {}  # by position

    def after(self, position: int) -> Mask:
        """Ids that may follow, (V,); do not change the array."""
        if position not in self._masks:
            self._masks[position] = self._after(position)
        return self._masks[position]

    def _after(self, position: int) -> Mask:
        here = _DIVISION[position % STEPS_PER_QUARTER] if position >= 0 else 0
        if not here:
            return self._long_enough
        clash: Mask = (self._quarter == position // STEPS_PER_QUARTER) & (self._division == 3 - here)
        return self._long_enough & ~clash


@lru_cache(maxsize=4)
def _readable(grammar: Grammar) -> _Readable:
    return _Readable(grammar)


class Legible(Rule):
    """Durations of a thirty-second or longer, and one division per quarter note and part."""

    def __init__(self, grammar: Grammar) -> None:
        self._readable = _readable(grammar)

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids that no player could read."""
        mask &= self._readable.after(walk.state.position)
