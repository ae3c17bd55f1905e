"""Rules of what can be written down and read: no shredded durations, no triplets against duplets within one quarter."""

from __future__ import annotations

import numpy as np

from composer.pipeline.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import DURATIONS, STEPS_PER_QUARTER

# What an onset says of how its quarter is divided: 1 for sixteenths and thirty-seconds, 2 for triplets, 0 for either.
_DIVISION = np.array([0 if step % 12 == 0 else 1 if step % 3 == 0 else 2 for step in range(STEPS_PER_QUARTER)])
_SHORTEST_STEPS = 3  # a thirty-second; shorter durations are noise of the sources


class Legible:
    """Durations of a thirty-second or longer, and one division of each quarter of each part."""

    def __init__(self, grammar: Grammar) -> None:
        vocabulary = grammar.vocabulary
        tiny = {vocabulary.duration(steps) for steps in DURATIONS if steps < _SHORTEST_STEPS}
        self._long_enough = np.array([not tiny.intersection(tokens) for tokens in grammar.merges.expansions])
        self._quarter = grammar.first_position // STEPS_PER_QUARTER
        self._division = _DIVISION[grammar.first_position % STEPS_PER_QUARTER]

    def begin_bar(self, walk: Walk) -> None:
        """Every bar is alike."""

    def accept(self, token: int, walk: Walk) -> None:
        """Nothing is remembered: the walk's own position says enough."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away what no player could read."""
        mask &= self._long_enough
        if walk.state.position >= 0:
            quarter, offset = divmod(walk.state.position, STEPS_PER_QUARTER)
            if here := _DIVISION[offset]:
                mask &= ~((self._quarter == quarter) & (self._division == 3 - here))
