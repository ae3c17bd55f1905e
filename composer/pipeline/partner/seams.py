"""Seams: what is written goes on from the given bar before it and leads to the given one after it, without leaps.

In a bar whose neighbour is given, a part begins, or ends, within a fourth of what it plays across the barline (in held-out
music nine of ten parts cross barlines by a fifth or less: `benchmarks/infill.py`). Notes held over are `held`'s.
"""

from __future__ import annotations

import numpy as np

from composer.pipeline.guide import Walk
from composer.pipeline.guide.bounds import ANY_END, Bounds
from composer.pipeline.partner.draft import Draft
from composer.tokenizer.vocabulary import TICKS_PER_STEP

_WIDEST_LEAP = 5  # semitones
_pitches = np.arange(128)


class Seams:
    """A rule about the notes of parts beside given bars.

    Args:
        draft: the piece as it stands when the stream begins.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Far from what follows, notes give way before the last beat."""
        if after := self._after(walk):
            last_beat = len(bounds.latest) - walk.meter.beat_ticks // TICKS_PER_STEP
            far = _far(after)
            bounds.forbid(slice(last_beat, None), far)
            bounds.latest[:last_beat, far] = np.minimum(bounds.latest[:last_beat, far], last_beat)

    def _before(self, walk: Walk) -> list[int]:
        """Pitches of the part's last onset in the bar before, if that is given."""
        return self._edge(walk.bar.index - 1, walk.state.part, last=True)

    def _after(self, walk: Walk) -> list[int]:
        """Pitches of its first onset in the bar after, if that is given."""
        return self._edge(walk.bar.index + 1, walk.state.part, last=False)

    def _edge(self, bar: int, part: int, *, last: bool) -> list[int]:
        """Pitches of the last or first onset of a part in a bar, if that is given."""
        notes = [] if (bar, part) in self._draft.open else self._draft.cell_notes((bar, part))
        edge = (max if last else min)((step for step, _, _ in notes), default=-1)
        return [pitch for step, pitch, _ in notes if step == edge]

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """The first onset lies near the last given one."""
        struck = walk.line.struck(walk.state.position)
        if len(struck) < len(walk.line.notes) or not (before := self._before(walk)):
            return
        row = max(walk.state.position, 0)
        bounds.own(row)
        rows, far = slice(row, row + 1 if struck else None), _far(before)
        bounds.latest[rows, far], bounds.held[rows, far] = 0, ANY_END

    def may_end(self, walk: Walk) -> bool:
        """Whether the latest onset lies near the given one that follows, or there is no room for another."""
        line, after = walk.line, self._after(walk)
        if not after or not line.notes or not _far(after)[line.pitches].any():
            return True
        return line.onset + walk.meter.beat_ticks // TICKS_PER_STEP >= walk.meter.bar_ticks // TICKS_PER_STEP


def _far(pitches: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Pitches more than a fourth away from some: (128,)."""
    return (_pitches < min(pitches) - _WIDEST_LEAP) | (_pitches > max(pitches) + _WIDEST_LEAP)
