"""Chords that lead home: the last one before an ending, and the last one of a loop before it begins again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from composer.pipeline.guide.walk import Walk
from composer.score import Mode
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask

# In functional pitch: dominants, leading-note chords, subdominants (Aldwell and Schachter).
LEADING_HOME: Mapping[Mode, tuple[tuple[int, str], ...]] = {
    "major": ((7, "maj"), (7, "7"), (11, "dim"), (11, "hdim7"), (11, "dim7"), (5, "maj"), (5, "min")),
    "minor": ((4, "maj"), (4, "7"), (8, "dim"), (8, "dim7"), (2, "min")),
}


def leading_ids(grammar: Grammar, mode: Mode) -> Mask:
    """The chord ids that lead home, (V,)."""
    mask = np.zeros(len(grammar.merges), bool)
    mask[[grammar.vocabulary.chord(root, quality) for root, quality in LEADING_HOME[mode]]] = True
    return mask


class LeadingChord:
    """Makes the last chord of one bar lead home: where the model's first one does not, a second one has to.

    Args:
        grammar: of the model's tokenizer.
        mode: of the piece.
        bar: the bar's index.
    """

    def __init__(self, grammar: Grammar, mode: Mode, bar: int) -> None:
        self._bar, self._leading = bar, leading_ids(grammar, mode)
        self._chords = grammar.of_type["Chord"]

    def begin_bar(self, walk: Walk) -> None:
        """Nothing is remembered: the walk knows its chords."""

    def accept(self, token: int, walk: Walk) -> None:
        """Nothing is remembered."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away chords that do not lead home, and everything but those that do after a chord that does not."""
        if (
            walk.bar.index == self._bar
            and walk.bar.may_change_chord
            and walk.state.last_type == "Chord"
            and len(walk.chords) == 1
        ):
            mask &= self._leading | ~self._chords if self._leading[walk.chords[0]] else self._leading
