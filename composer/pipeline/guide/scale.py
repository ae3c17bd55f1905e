"""A floor under the share of notes on the key's scale: where it is reached, no other note and no chord with one may come."""

from __future__ import annotations

import numpy as np

from composer.pipeline.guide.bounds import Bounds
from composer.pipeline.guide.harmony import tones_of
from composer.pipeline.guide.walk import Walk
from composer.score import Key
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask


class ScaleFloor:
    """Keeps a piece to its scale. Both a rule about ids and one about notes.

    What has been written so far holds the floor at every bar's beginning, so the whole piece does, unless sections that return
    have more other notes than the rest. Tones of chords asked for may always come.

    Args:
        grammar: of the model's tokenizer.
        key: of the piece, in functional pitch.
        share: least share of the notes, 0 to 1; 1 leaves no other note.
        bound_chords: whether the chords are asked for.
    """

    def __init__(self, grammar: Grammar, key: Key, share: float, bound_chords: bool) -> None:
        self._grammar, self._share, self._bound_chords = grammar, share, bound_chords
        self._on: Mask = np.isin(np.arange(128) % 12, list(key.scale))
        vocabulary = grammar.vocabulary
        self._notes, self._off = np.zeros((2, len(grammar.merges)), np.int32)  # of each id
        for index in np.flatnonzero(grammar.is_note & ~grammar.has_drum):
            pitches = [
                int(vocabulary.note_steps[token])
                for token in grammar.merges.expansions[index]
                if vocabulary.types[token] == "Pitch"
            ]
            self._notes[index], self._off[index] = len(pitches), sum(not self._on[pitch] for pitch in pitches)
        chords = grammar.of_type["Chord"]
        self._off_chords = chords.copy()
        for index in np.flatnonzero(chords):
            chord = grammar.vocabulary.chord_of(int(index))
            self._off_chords[index] = chord is not None and not self._on[tones_of(chord)].all()
        self._written, self._foreign = 0, 0

    # What it says of ids

    def begin_bar(self, walk: Walk) -> None:
        """Nothing is to be done: notes are counted as they come."""

    def accept(self, token: int, walk: Walk) -> None:
        """Counts."""
        self._written += int(self._notes[token])
        self._foreign += int(self._off[token])

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away chords with other tones where there is no room for them, and ids with more other notes than that."""
        if self._bound_chords:
            return
        if not self._has_room():
            mask &= ~self._off_chords
        mask &= (self._off == 0) | (self._foreign + self._off <= (1.0 - self._share) * (self._written + self._notes))

    def _has_room(self) -> bool:
        return self._foreign + 1 <= (1.0 - self._share) * (self._written + 1)

    # What it says of notes

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Leaves the scale and the tones of chords asked for, if there is no room for more."""
        if self._has_room():
            return
        allowed = self._on.copy()
        if self._bound_chords:
            for chord in walk.chords:
                allowed |= tones_of(self._grammar.vocabulary.chord_of(chord))
        bounds.forbid(slice(None), ~allowed)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """A bar's share is told beforehand."""

    def may_end(self, walk: Walk) -> bool:
        """At any time."""
        return True
