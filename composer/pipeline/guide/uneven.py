"""Uneven meters are filled to the last beat: the model, which met few of them, stops where the nearest even meter would end.

The groups of a bar (2+2+3 of 7/8) are a choice of the plan. The first pitched part strikes in the last group, and whoever plays
sounds or strikes on the last beat.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from composer.pipeline.guide.bounds import Bounds
from composer.pipeline.guide.walk import Walk
from composer.tokenizer.vocabulary import TICKS_PER_STEP


class LastGroup:
    """Keeps each line going to the end of an uneven bar. Placed last among the rules about notes, it never closes the only way.

    Args:
        groups: beats of the bar's groups, in units of the meter's denominator.
        part: the part that strikes in the last group.
        last_bar: index of the last bar, which ends as the cadence says.
    """

    def __init__(self, groups: Sequence[int], part: int, last_bar: int) -> None:
        self._groups, self._part, self._last_bar = tuple(groups), part, last_bar
        self._open = False

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Nothing holds throughout the bar."""

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Notes whether an onset that would satisfy the rule is open."""
        row = max(walk.state.position + 1, self._from(walk))
        self._open = bool(np.any(bounds.latest[row:] > 0))

    def may_end(self, walk: Walk) -> bool:
        """Whether the line has come to the end of the bar, or has no way to go there."""
        if walk.bar.index == self._last_bar or not self._open or not walk.line.notes:
            return True
        steps = walk.meter.bar_ticks // TICKS_PER_STEP
        beat = steps // sum(self._groups)
        reaches = max(end for _, _, end in walk.line.notes) > steps - beat
        return reaches and (walk.state.part != self._part or self._strikes_last(walk, steps, beat))

    def _strikes_last(self, walk: Walk, steps: int, beat: int) -> bool:
        return any(onset >= steps - beat * self._groups[-1] for onset, _, _ in walk.line.notes)

    def _from(self, walk: Walk) -> int:
        """First row from which an onset satisfies the rule, whatever its length."""
        steps = walk.meter.bar_ticks // TICKS_PER_STEP
        return steps - steps // sum(self._groups)
