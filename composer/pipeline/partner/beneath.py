"""Added parts stay beneath the melody they accompany, and do not follow it in octaves.

An instrument that cannot go so low plays at its lower end. Steps are those of the token grid; the melody is that of a draft.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from composer.pipeline.guide import Walk
from composer.pipeline.guide.bounds import ANY_END, Bounds
from composer.pipeline.partner.draft import Draft
from composer.score import Note
from composer.tokenizer.vocabulary import TICKS_PER_STEP

_LEAST_ROOM = 9  # semitones above its lowest pitch that a part may always use
_pitches = np.arange(128)


class Beneath:
    """A rule about the notes of some parts.

    Args:
        draft: the piece; its `melody` and `beneath` say what is kept under what.
    """

    def __init__(self, draft: Draft) -> None:
        steps = [meter.bar_ticks // TICKS_PER_STEP for meter in draft.meters]
        self._starts = np.concatenate([[0], np.cumsum(steps)])
        self._tune = _sounding(draft.melody, int(self._starts[-1]))
        self._parts = draft.beneath
        self._before: dict[int, int] = {}  # by part, the pitch that it doubled before the onset being written, or -1

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids what lies above the melody where it is struck."""
        if walk.state.part not in self._parts:
            return
        lowest = walk.ranges[walk.state.part][0] + _LEAST_ROOM
        above = _pitches > np.maximum(self._bar(walk), lowest)[:, None]
        bounds.latest[above], bounds.held[above] = 0, ANY_END

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids to go on in octaves or unisons: the melody's next tones, for a part that struck its last one."""
        part, row = walk.state.part, max(walk.state.position, 0)
        if part not in self._parts:
            return
        doubled = self._doubled(walk)
        if walk.line.struck(walk.state.position):
            self._forbid_octaves(bounds, walk, slice(row, row + 1), self._before.get(part, -1))
            row += 1
        else:
            self._before[part] = doubled
        self._forbid_octaves(bounds, walk, slice(row, None), doubled)

    def _doubled(self, walk: Walk) -> int:
        """The melody's pitch at the part's latest onset if that doubles it, else -1."""
        step = int(self._starts[walk.bar.index]) + walk.line.onset
        tone = int(self._tune[max(step, 0)])
        return tone if step >= 0 and any((pitch - tone) % 12 == 0 for pitch in walk.line.pitches) else -1

    def _forbid_octaves(self, bounds: Bounds, walk: Walk, rows: slice, doubled: int) -> None:
        if doubled < 0:
            return
        tune = self._bar(walk)[rows, None]
        octaves = ((_pitches - tune) % 12 == 0) & (tune != doubled)
        bounds.own(max(walk.state.position, 0))
        bounds.latest[rows][octaves], bounds.held[rows][octaves] = 0, ANY_END

    def may_end(self, walk: Walk) -> bool:
        """A part may rest at any time."""
        return True

    def _bar(self, walk: Walk) -> NDArray[np.int64]:
        """The melody at each step of the bar."""
        return self._tune[self._starts[walk.bar.index] : self._starts[walk.bar.index + 1]]


def _sounding(melody: Sequence[Note], steps: int) -> NDArray[np.int64]:
    """The melody's pitch at each step: the last one struck, before the first one that; (steps,)."""
    tune = np.full(steps, melody[0].pitch, np.int64)
    for note in melody:
        tune[note.start_ticks // TICKS_PER_STEP :] = note.pitch
    return tune
