"""The melody sings: it sounds through its phrases, rests where they join, and does not hammer one figure.

A song's voice has at least half of every bar, a quarter of the bar that ends a phrase, and begins in the first half. Only the
bar that ends a phrase may be silent, and an introduction. A figure is the first three tones of a bar.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from composer.controls import PHRASE_BARS
from composer.pipeline.guide.bounds import Bounds
from composer.pipeline.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import TICKS_PER_STEP

_INTRODUCTION = 2  # bars that the voice may wait
_FIGURE = 3  # tones
_MEMORY_BARS, _MOST = 4, 2  # a figure that so many of so many bars began with does not come again
_pitches = np.arange(128)


class Singing:
    """Keeps a voice sounding.

    Args:
        grammar: of the model's tokenizer.
        part: the voice.
        introduction: whether it may wait for `_INTRODUCTION` bars.
    """

    def __init__(self, grammar: Grammar, part: int, introduction: bool) -> None:
        self._part, self._begins = part, _INTRODUCTION if introduction else 0
        self._is_note, self._first = grammar.is_note, grammar.first_position
        self._ends = grammar.allowed_types(("Part", "Bar", "EOS", "HOLE", "FILL"))

    def begin_bar(self, walk: Walk) -> None:
        """The walk remembers what is written."""

    def accept(self, token: int, walk: Walk) -> None:
        """The walk remembers what is written."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away ways past the voice, late first notes, and its end before it has sung enough."""
        part = self._part
        if part not in walk.bar.open_parts or walk.place + 1 == len(walk.script.bars):
            return
        steps = walk.meter.bar_ticks // TICKS_PER_STEP
        line, closes = walk.lines[part], walk.bar.index % PHRASE_BARS == PHRASE_BARS - 1
        sung = _covered(line.notes, line.rings, steps)
        if walk.state.part != part:
            if part not in walk.played and sung * 2 < steps and not closes and walk.place >= self._begins:
                walk.call(mask, [part])
            return
        if sung * (4 if closes else 2) >= steps:
            return
        kept = mask & ~self._ends
        if not line.notes and not closes and not line.rings:
            in_time = kept & ~(self._is_note & (self._first > steps // 2) & (self._first < steps))
            kept = in_time if in_time.any() else kept
        if kept.any():
            mask &= kept


def _covered(notes: list[tuple[int, int, int]], rings: list[tuple[int, int]], steps: int) -> int:
    """Steps of the bar in which a line of one note at a time sounds."""
    if not notes:
        return min(steps, max((end for _, end in rings), default=0))
    return sum(min(steps, end) - onset for onset, _, end in notes)


class Undoubled:
    """Keeps an accompaniment from playing a voice's notes bare: it may double them only on top of a chord.

    Args:
        voice: the part with the tune.
        parts: those that accompany it.
    """

    def __init__(self, voice: int, parts: Collection[int]) -> None:
        self._voice, self._parts = voice, frozenset(parts)

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Depends on what a chord holds already."""

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Takes away the voice's notes where no other note has been struck with them; a chord is written from below."""
        if walk.state.part not in self._parts or self._voice not in walk.played:
            return
        row = walk.state.position
        for onset, pitch, _ in walk.lines[self._voice].notes:
            if onset > row:
                bounds.barred.append((onset, _pitches == pitch))
            elif onset == row and not walk.line.struck(row):
                bounds.forbid_here(row, _pitches == pitch)

    def may_end(self, walk: Walk) -> bool:
        """At any time."""
        return True


class FreshFigures:
    """Turns the tune away from a figure that it has begun too many bars with. Both a rule about ids and one about notes.

    Args:
        part: the part with the tune.
        last_bar: index of the bar that stays free of it.
    """

    def __init__(self, part: int, last_bar: int) -> None:
        self._part, self._last_bar = part, last_bar
        self._figures: list[tuple[int, ...]] = []
        self._worn: list[int] = []

    def begin_bar(self, walk: Walk) -> None:
        """Finds what the latest bars have worn out."""
        recent = self._figures[-_MEMORY_BARS:]
        self._worn = sorted({figure[0] for figure in recent if len(figure) > 1 and recent.count(figure) >= _MOST})
        self._figures.append(())

    def accept(self, token: int, walk: Walk) -> None:
        """Hears the bar's first tones."""
        if walk.state.part == self._part and len(self._figures[-1]) < _FIGURE:
            tops: dict[int, int] = {}
            for onset, pitch, _ in walk.line.notes:
                tops[onset] = max(pitch, tops.get(onset, 0))
            self._figures[-1] = tuple(tops.values())[:_FIGURE]

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """What it takes away is said of notes."""

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Depends on whether the bar has begun."""

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Lets the bar begin with another tone, where there is one."""
        if walk.state.part != self._part or not self._worn or walk.line.notes or walk.bar.index >= self._last_bar:
            return
        bounds.own(walk.state.position)
        others = ~np.isin(_pitches, self._worn)
        can = (bounds.latest[:, others] > 0).any(axis=1)
        for pitch in self._worn:
            bounds.latest[can, pitch] = 0

    def may_end(self, walk: Walk) -> bool:
        """At any time."""
        return True
