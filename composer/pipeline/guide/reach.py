"""Playability: no chord a hand cannot take, no second note on an instrument that has but one.

What an instrument can do is `composer.analysis.playability`'s knowledge; that its range holds is the grammar's doing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from composer.analysis.playability import KEYBOARDS, Reach, reach_of
from composer.pipeline.guide.bounds import ANY_END, Bounds
from composer.pipeline.guide.walk import Walk
from composer.presets import EnsemblePart

_pitches = np.arange(128)


@dataclass(frozen=True)
class Hands:
    """What a part's player can strike together: one reach, or two on the only staff of a keyboard."""

    reach: Reach
    two: bool = False


class PlayableNotes:
    """Keeps every part to what its player can strike and hold.

    A note may ring beyond the barline, but in parts of one voice only so far that the next bar has room for another, and in
    no part into a bar that is known already or begins a section.
    """

    def __init__(self, hands: Mapping[int, Hands]) -> None:
        self._hands = hands

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Sets how many notes, how far apart, and how long."""
        hand = self._hands[walk.state.part]
        steps = len(bounds.latest)
        bounds.most = hand.reach.notes * (1 + hand.two)
        bounds.span = 128 if hand.two else hand.reach.span
        bounds.alone = hand.reach.alone
        bounds.partners = _double_stops(hand.reach)
        room = min(steps * _bars_until_closed(walk), ANY_END)
        np.minimum(bounds.latest, min(room, steps + steps // 2) if bounds.alone else room, out=bounds.latest)

    def may_end(self, walk: Walk) -> bool:
        """Hands can rest at any time."""
        return True

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Takes away what the notes that sound leave no finger, string or breath for."""
        hand, line = self._hands[walk.state.part], walk.line
        struck = line.struck(walk.state.position)
        if bounds.alone:
            bounds.wait = max(0, line.rings_until())
        if not struck or not (bounds.alone or hand.two or bounds.partners is not None):
            return
        row = walk.state.position
        bounds.here = bounds.at(row)  # `wait` is not for what joins this onset
        if hand.two:
            bounds.forbid_here(row, _top(struck, hand) < _pitches)  # one hand's span and all counts are `NoteTable`'s to see
        if bounds.partners is not None:
            bounds.forbid_here(row, ~bounds.partners[struck[0]])


def hands_of(parts: Sequence[EnsemblePart], shift: int = 0) -> dict[int, Hands]:
    """The hands that play each pitched part. A keyboard with one staff is played by two, one with several by one a staff.

    `shift` is the semitones from sounding to functional pitch, in which open strings are told here.
    """
    staves = [part.program for part in parts if not part.is_drum]
    return {
        index: Hands(_moved(reach_of(part.program), shift), part.program in KEYBOARDS and staves.count(part.program) == 1)
        for index, part in enumerate(parts)
        if not part.is_drum
    }


def _moved(reach: Reach, shift: int) -> Reach:
    return reach if reach.lowest_string is None else replace(reach, lowest_string=reach.lowest_string + shift)


def _bars_until_closed(walk: Walk) -> int:
    """Bars from this one to the next that is closed, both counted."""
    bars = walk.script.bars
    return next((n for n, bar in enumerate(bars[walk.place :], 1) if bar.closed), len(bars) - walk.place)


def _top(struck: Sequence[int], hand: Hands) -> int:
    """Highest pitch that may join those struck, ascending: the second hand begins above the first one's span."""
    second = next((pitch for pitch in struck if pitch > struck[0] + hand.reach.span), None)
    if hand.two:
        return 127 if second is None else second + hand.reach.span
    return struck[0] + hand.reach.span


@cache
def _double_stops(reach: Reach) -> NDArray[np.bool_] | None:
    """By the lower of two pitches, which ones may be struck with it; `None` where strings do not matter."""
    if reach.lowest_string is None:
        return None
    return np.array([[low < high and reach.allows((low, high)) for high in range(128)] for low in range(128)])
