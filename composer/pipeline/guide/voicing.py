"""Full chords: where a chord begins the voices above the bass hold its third, once, and on a barline its root and fifth.

After Aldwell and Schachter, *Harmony and Voice Leading*, on doubling and spacing.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from composer.pipeline.guide.bounds import Bounds
from composer.pipeline.guide.harmony import harmony_of
from composer.pipeline.guide.walk import Walk
from composer.score import Chord
from composer.tokenizer import Grammar

_FEWEST = 3  # voices of a full texture, the bass among them
_classes = np.arange(128) % 12


class FullChords:
    """Asks the last upper voice for a tone that is missing, the third first, and keeps it off a third that is there.

    Args:
        grammar: of the model's tokenizer.
        voices: parts that lead a voice each.
        bass: the lowest part.
    """

    def __init__(self, grammar: Grammar, voices: Collection[int], bass: int) -> None:
        self._grammar, self._bass = grammar, bass
        self._upper = sorted(set(voices) - {bass}) if len(voices) >= _FEWEST else []

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Looks at what the other upper voices sound where each chord begins."""
        if not walk.bar.harmony or not self._upper or walk.state.part != self._upper[-1]:
            return
        harmony = harmony_of(self._grammar, walk)
        for start, chord in zip(harmony.starts, harmony.chords, strict=True):
            if chord is None or (third := _third(chord)) is None:
                continue
            sounding = {chord.lowest}
            for part in self._upper[:-1]:
                line = walk.lines[part]
                notes = line.notes if part in walk.played else [(0, pitch, end) for pitch, end in line.rings]
                sounding |= {pitch % 12 for onset, pitch, end in notes if onset <= start < end}
            missing = {chord.root, *_fifths(chord)} - sounding
            if third not in sounding:
                wanted = _classes == third
            elif start == 0 and missing:
                wanted = np.isin(_classes, list(missing))
            else:
                wanted = _classes != third
            tones = wanted & harmony.at(start)
            if (bounds.latest[start, tones] > start).any():
                bounds.forbid(slice(start, start + 1), ~wanted)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Everything is known before the part begins."""

    def may_end(self, walk: Walk) -> bool:
        """At any time."""
        return True


def _fifths(chord: Chord) -> set[int]:
    """Pitch class of a chord's fifth, if it has one."""
    return {(chord.root + 7) % 12} & chord.pitch_classes


def _third(chord: Chord) -> int | None:
    """Pitch class of a chord's third, `None` where it has none."""
    return next((third for third in ((chord.root + 4) % 12, (chord.root + 3) % 12) if third in chord.pitch_classes), None)
