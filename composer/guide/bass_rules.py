"""The rule of the bass: the lowest part plays the bass of each chord where the chord begins."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from composer.guide.harmony_rules import harmony_of
from composer.guide.note_bounds import Bounds
from composer.guide.rule import NoteRule, Onsets, Rule
from composer.guide.walk import Walk
from composer.score import Chord
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask

_pitches = np.arange(128)


class PlannedBass(Rule, NoteRule):
    """The lowest part plays the root of each chord, or the bass that the chord names, where the chord begins.

    This holds for every chord, unless a note of it is held over or the voices enter one after another. A part that plays
    chords has the bass as its lowest note.

    Args:
        grammar: of the model's tokenizer.
        ranges: lowest and highest functional pitch of each pitched part.
        drums: pitched parts that do not play the bass.
        steady: whether the bass plays in every bar.
        pickup: steps of the first bar before an upbeat, in which it rests.

    Attributes:
        part: the lowest part, -1 if there is none.
    """

    def __init__(
        self, grammar: Grammar, ranges: Mapping[int, tuple[int, int]], drums: Collection[int], steady: bool, pickup: int = 0
    ) -> None:
        self._grammar, self._ranges, self._steady, self._pickup = grammar, ranges, steady, pickup
        voices = [part for part in ranges if part not in drums]
        self.part = min(voices, key=lambda part: (ranges[part][0], ranges[part][1], -part), default=-1)
        self._begun = Onsets(grammar)

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids that would skip the bass in a bar in which it has to play."""
        if not self._steady or not walk.bar.harmony or self.part not in walk.bar.open_parts:
            return
        if walk.state.part == self.part:
            if (due := self._due(walk)) is not None:
                mask &= ~self._begun.after(due)
            return
        if self.part in walk.played:
            return
        starts, _ = self._onsets(walk)
        if walk.lines[self.part].rings_until() <= 0 and not all(self._rests(walk, start) for start in starts):
            walk.call(mask, [self.part])

    def _due(self, walk: Walk) -> int | None:
        """The next chord onset that the bass has to attack; `None` while a held bass fits the chords."""
        line = walk.lines[self.part]
        for start, chord in zip(*self._onsets(walk), strict=True):
            sounds = any(end > start for _, end in line.rings)
            if (
                chord is not None
                and not self._rests(walk, start)
                and start > walk.state.position
                and not sounds
                and not line.struck(start)
            ):
                return start
        return None

    def _rests(self, walk: Walk, step: int) -> bool:
        """Whether a step is before the upbeat with which the piece begins."""
        return walk.bar.index == 0 and step < self._pickup

    def _onsets(self, walk: Walk) -> tuple[tuple[int, ...], tuple[Chord | None, ...]]:
        harmony = harmony_of(self._grammar, walk)
        return harmony.starts, harmony.chords

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Allows at the onset of each chord only its bass, if the part can play it, and tones of the chord above."""
        if walk.state.part != self.part or not walk.bar.harmony or walk.place + 1 == len(walk.script.bars):
            return  # the last bar is the cadence's
        harmony = harmony_of(self._grammar, walk)
        low, high = self._ranges[self.part]
        following = self._next_chord(walk)
        for start, chord in reversed(list(zip(harmony.starts, harmony.chords, strict=True))):
            end = min((other for other in harmony.starts if other > start), default=harmony.steps)
            if following is not None:  # a note that is not the bass of the next chord ends with its own chord
                moves = _pitches % 12 != following.lowest
                bounds.latest[start:end, moves] = np.minimum(bounds.latest[start:end, moves], end)
            following = chord
            if chord is None:
                continue
            targets = (_pitches % 12 == chord.lowest) & (_pitches >= low) & (_pitches <= high)
            targets = _below(targets, self._highest(walk, start))
            if (bounds.latest[start, targets] > start).any():
                onset = slice(start, start + 1)
                if bounds.most == 1:
                    bounds.forbid(onset, ~targets)
                else:
                    bounds.forbid(onset, ~harmony.at(start))
                    bounds.begin_on(onset, targets)

    def _next_chord(self, walk: Walk) -> Chord | None:
        """The first chord of the next bar, if it is settled."""
        bars, place = walk.script.bars, walk.place + 1
        return bars[place].harmony[0] if place < len(bars) and bars[place].harmony else None

    def _highest(self, walk: Walk, start: int) -> int:
        """The highest pitch of the bass at a step: the lowest pitch of the other parts."""
        sounding = [
            pitch
            for part, line in walk.lines.items()
            if part != self.part and part in self._ranges and part in walk.played
            for onset, pitch, end in line.notes
            if onset <= start < end
        ]
        return min(sounding, default=127)

    def may_end(self, walk: Walk) -> bool:
        """Whether every chord has its bass."""
        return not self._steady or not walk.bar.harmony or walk.state.part != self.part or self._due(walk) is None


def _below(targets: Mask, limit: int) -> Mask:
    """The given pitches at or below a limit, or all of them if there are none."""
    below: Mask = targets & (_pitches <= limit)
    return below if below.any() else targets
