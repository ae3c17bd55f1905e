"""Music that stands still: after two bars in a row that are alike to the note, the next one moves to another chord.

In 20 bars of human music two bars alike are rare and three next to unknown (`benchmarks/form.py repeats`). A form that asks for
more gets it: what a plan fixes is not chosen. The model may still write the same notes again, over other harmony.
"""

from __future__ import annotations

from composer.controls import RECALL_BARS
from composer.pipeline.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask


class Standstill:
    """Leads on from two bars that are alike.

    Args:
        grammar: of the model's tokenizer.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._recall = {grammar.vocabulary.recall(distance): distance for distance in RECALL_BARS if distance}
        self._is_chord = grammar.of_type["Chord"]
        self._barred: list[int] = []

    def begin_bar(self, walk: Walk) -> None:
        """Looks back."""
        self._barred, last = [], walk.bodies[-2] if walk.place >= 2 else []
        if last and walk.bodies[-3] == last:
            near = [(token, walk.place - distance) for token, distance in self._recall.items() if distance <= walk.place]
            chords = [token for token in last if self._is_chord[token]]
            self._barred = [*chords[-1:], *(token for token, place in near if walk.bodies[place] == last)]

    def accept(self, token: int, walk: Walk) -> None:
        """The walk remembers what is written."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away the recalls, and the chord as the bar's first one."""
        if self._barred and not walk.chords and walk.state.part < 0:
            mask[self._barred] = False
