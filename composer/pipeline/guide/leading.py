"""Chords that lead home: the last one before an ending, and the last one of a loop before it begins again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from composer.pipeline.guide.walk import Walk
from composer.score import Chord
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask

# In functional pitch: dominants, leading-note chords, subdominants (Aldwell and Schachter).
LEADING_HOME: Mapping[str, tuple[Chord, ...]] = {
    "major": tuple(map(Chord.parse, ("G", "G7", "Bdim", "Bm7b5", "Bdim7", "F", "Fm"))),
    "minor": tuple(map(Chord.parse, ("E", "E7", "G#dim", "G#dim7", "Dm"))),
    # Church modes lead home by the chords that hold their own degree and no foreign leading note.
    "ionian": tuple(map(Chord.parse, ("G", "G7", "Bdim", "F"))),
    "dorian": tuple(map(Chord.parse, ("G", "Em", "D", "Bm"))),
    "phrygian": tuple(map(Chord.parse, ("Bb", "Gm", "Dm"))),
    "lydian": tuple(map(Chord.parse, ("G", "D", "Bm"))),
    "mixolydian": tuple(map(Chord.parse, ("Bb", "Gm", "F"))),
    "aeolian": tuple(map(Chord.parse, ("G", "Em", "Dm"))),
    "locrian": tuple(map(Chord.parse, ("Bb", "Gm", "Eb"))),
}


def leading_ids(grammar: Grammar, mode: str) -> Mask:
    """The chord ids that lead home, (V,)."""
    mask = np.zeros(len(grammar.merges), bool)
    mask[[grammar.vocabulary.chord(chord) for chord in LEADING_HOME[mode]]] = True
    return mask


class LeadingChord:
    """Makes the last chord of one bar lead home: where the model's first one does not, a second one has to.

    Args:
        grammar: of the model's tokenizer.
        mode: of the piece, a key of `LEADING_HOME`.
        bar: the bar's index.
    """

    def __init__(self, grammar: Grammar, mode: str, bar: int) -> None:
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
