"""Timpani play on tuned drums: the tonic and the dominant, and the root of a chord that has neither.

Two drums a fifth or a fourth apart, within an octave from F2 on, are what scores ask for until late in the nineteenth century;
more drums and pedals gave roots of other chords, not tunes (Adler 2002, *The Study of Orchestration*).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from composer.pipeline.guide.bounds import Bounds
from composer.pipeline.guide.harmony import harmony_of
from composer.pipeline.guide.walk import Walk
from composer.presets import EnsemblePart
from composer.score import Chord, Mode
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask

_PROGRAM = 47
_LOWEST_DRUM = 41  # F2; the octave above it holds every pitch class once
_pitches = np.arange(128)


def timpani_of(parts: Sequence[EnsemblePart]) -> frozenset[int]:
    """The parts that are timpani."""
    return frozenset(index for index, part in enumerate(parts) if part.program == _PROGRAM and not part.is_drum)


class TunedDrums:
    """Keeps timpani to their drums. Each chord of a bar leaves at least one.

    Args:
        grammar: of the model's tokenizer.
        mode: of the piece.
        shift: semitones from sounding to functional pitch.
        timpani: the parts concerned.
        last_bar: index of the piece's last bar, `None` if it does not close; from the one before it on, roots in any octave are
            there for the ending.
    """

    def __init__(self, grammar: Grammar, mode: Mode, shift: int, timpani: Collection[int], last_bar: int | None) -> None:
        tonic = 0 if mode == "major" else 9
        self._grammar, self._timpani = grammar, timpani
        self._ending = () if last_bar is None else (last_bar - 1, last_bar)
        self._home: Mask = np.isin(_pitches % 12, [tonic, (tonic + 7) % 12])
        self._octave: Mask = (_pitches >= _LOWEST_DRUM + shift) & (_pitches < _LOWEST_DRUM + shift + 12)

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Leaves of each chord the drums that belong to it."""
        part = walk.state.part
        if part not in self._timpani or not walk.chords:
            return
        low, high = walk.ranges[part]
        playable: Mask = (_pitches >= low) & (_pitches <= high)
        ends = walk.bar.index in self._ending
        harmony = harmony_of(self._grammar, walk)
        for chord, (start, end, tones) in zip(harmony.chords, harmony.segments(), strict=True):
            bounds.forbid(slice(start, end), ~self._drums(chord, tones & playable, ends))

    def _drums(self, stated: Chord | None, tones: Mask, ends: bool) -> Mask:
        """What may be struck of the playable tones of a chord; all of them where none is on a drum."""
        root = self._home if stated is None else _pitches % 12 == stated.root
        drums = (self._home | root,) if ends else (self._home & self._octave, root & self._octave, self._home, root)
        return next((tuned for each in drums if (tuned := tones & each).any()), tones)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Nothing but the chord matters."""

    def may_end(self, walk: Walk) -> bool:
        """At any time."""
        return True
