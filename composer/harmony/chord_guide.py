"""Guides the sampling of a piece's chords: the plan is stated, cadences get their formulas, the planner chooses the rest.

Pitch is functional: C major or A minor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from composer.controls import PHRASE_BARS, RECALL_BARS
from composer.harmony.chord_vocabulary import HarmonyVocabulary
from composer.harmony.closes import Closes
from composer.model.sampling import Settings
from composer.plan import Plan
from composer.score import Chord

Mask = NDArray[np.bool_]
Bar = tuple[Chord | None, ...]

_DOMINANTS = ("maj", "7", "9", "13", "7b9", "7sus4", "9sus4", "sus4")
_LEADING = ("dim", "dim7", "hdim7")
_STABLE = ("maj", "min", "5", "6", "maj7", "min7", "69", "min6", "add9", "maj9", "min9")


class ChordTable:
    """Facts about the chords of a vocabulary, as masks over its ids.

    Args:
        vocabulary: of the planner.
    """

    def __init__(self, vocabulary: HarmonyVocabulary) -> None:
        self.vocabulary = vocabulary
        first = vocabulary.first_chord
        self.chords = [vocabulary.chord_at(first + index) for index in range(len(vocabulary.chords))]
        self._made: dict[tuple[object, ...], Mask] = {}
        self.harmonic = self.where(lambda chord: True)
        self.left = np.array([vocabulary.ids[t] for t in vocabulary.tokens if t.startswith("Left_")] + [vocabulary.ids["EOS"]])

    def _once(self, key: tuple[object, ...], holds: Callable[[Chord], bool]) -> Mask:
        """A mask of `where`, made once; do not change it."""
        mask = self._made.get(key)
        if mask is None:
            mask = self._made[key] = self.where(holds)
        return mask

    def where(self, holds: Callable[[Chord], bool]) -> Mask:
        """Ids of the chords that satisfy a condition; "no harmony" never does."""
        mask = np.zeros(len(self.vocabulary), bool)
        mask[self.vocabulary.first_chord :] = [chord is not None and holds(chord) for chord in self.chords]
        return mask

    def stable(self, root: int, minor: bool | None = None) -> Mask:
        """Stable chords on a root, in root position: minor, major, or both for `None`."""

        def holds(chord: Chord) -> bool:
            third = chord.reduced.quality.startswith("min")
            fits = minor is None or third == minor or chord.quality == "5"
            return chord.root == root and chord.bass is None and chord.quality in _STABLE and fits

        return self._once(("stable", root, minor), holds)

    def leads_to(self, root: int) -> Mask:
        """Dominants and leading-note chords of a root, in root position: (V,)."""

        def holds(chord: Chord) -> bool:
            fifth = (chord.root - root) % 12 == 7 and chord.quality in _DOMINANTS and chord.bass is None
            return fifth or ((root - chord.root) % 12 == 1 and chord.quality in _LEADING and chord.bass is None)

        return self._once(("leads", root), holds)

    def on(self, *roots: int) -> Mask:
        """Chords on some roots."""
        return self._once(("on", *roots), lambda chord: chord.root in roots)

    def within(self, classes: frozenset[int]) -> Mask:
        """Chords whose tones all belong to some pitch classes."""
        return self.where(lambda chord: chord.pitch_classes <= classes)


class HarmonyGuide:
    """Guides one stream of the planner (`composer.model.sampling.Guide`).

    Args:
        table: of the planner's chords.
        plan: the piece.
        closes: the cadence in each bar.
        allowed: chords that may be used anywhere.

    Attributes:
        bars: the chords written so far.
        closes: as given.
    """

    def __init__(self, table: ChordTable, plan: Plan, closes: Closes, allowed: Mask) -> None:
        self._table, self._vocabulary, self._plan, self.closes = table, table.vocabulary, plan, closes
        self._allowed = allowed & table.harmonic
        self._tonic = 0 if plan.key.mode == "major" else 9
        self._minor = plan.key.mode == "minor"
        self._ahead = self._vocabulary.cadences_ahead(closes)
        self._copied = _copied_bars(plan, closes)
        self.bars: list[list[Chord | None]] = []
        self._queue: list[int] = self._header()
        self._open_bar()

    def _header(self) -> list[int]:
        ids, plan = self._vocabulary.ids, self._plan
        styles = [name for name in plan.styles if f"Style_{name}" in ids][:2]
        header = [ids["BOS"], *(ids[f"Style_{name}"] for name in styles)]
        return [*header, ids[f"Mode_{plan.key.mode}"], self._vocabulary.meter(plan.meter)]

    @property
    def finished(self) -> bool:
        """Whether all bars have their chords."""
        return len(self.bars) > self._plan.bars

    def _open_bar(self) -> None:
        """Queues what the plan states of the next bars, up to one whose chords are open."""
        vocabulary, plan = self._vocabulary, self._plan
        while True:
            bar = len(self.bars)
            self.bars.append([])
            if bar == plan.bars:
                self._queue.append(vocabulary.ids["EOS"])
                return
            self._queue.append(vocabulary.left(None if plan.loop else plan.bars - 1 - bar))
            if plan.moods and bar % PHRASE_BARS == 0:
                mood = plan.moods[bar // PHRASE_BARS]
                self._queue += vocabulary.mood(mood.valence, mood.arousal)
            recall = plan.recalls[bar] or 0
            if recall in RECALL_BARS and recall:
                self._queue.append(vocabulary.ids[f"Recall_{recall}"])
            self._queue.append(self._ahead[bar])
            if (source := self._copied.get(bar)) is None:
                return
            self.bars[bar] = list(self.bars[source])
            self._queue += [vocabulary.chord(chord) for chord in self.bars[bar]]

    def forced(self) -> Sequence[int]:
        """The ids that the plan states."""
        queue, self._queue = self._queue, []
        return queue

    def mask(self) -> Mask:
        """Chords that may follow, and the next bar if the chords of this one suffice."""
        bar, chords = len(self.bars) - 1, self.bars[-1]
        mask = self._first(bar) if not chords else self._second(bar, chords[0])
        if chords and self._suffices(bar, chords[0]):
            mask = mask.copy()
            mask[self._next_left()] = True
        return mask

    def _next_left(self) -> int:
        bar, plan = len(self.bars), self._plan
        if bar == plan.bars:
            return self._vocabulary.ids["EOS"]
        return self._vocabulary.left(None if plan.loop else plan.bars - 1 - bar)

    def _last(self) -> Chord | None:
        """The chord before the bar being written."""
        earlier = [chord for chords in self.bars[:-1] for chord in chords]
        return earlier[-1] if earlier else None

    def _goal(self, bar: int) -> Mask | None:
        """Chords on which a bar has its cadence, `None` for no cadence."""
        kind, table, tonic = self.closes[bar], self._table, self._tonic
        if kind in ("authentic", "plagal"):
            picardy = bar == self._plan.bars - 1 and self._minor
            return table.stable(tonic, None if picardy else self._minor)
        if kind == "half":
            return table.leads_to(tonic) & table.on((tonic + 7) % 12)
        if kind == "related":
            return table.stable((tonic + 3) % 12, False) if self._minor else table.stable((tonic + 7) % 12, False)
        if kind == "deceptive":
            return table.stable((tonic + 8) % 12 if self._minor else (tonic + 9) % 12, not self._minor)
        return None

    def _before_goal(self, bar: int) -> Mask:
        """Chords that may precede the last chord of a bar's cadence."""
        kind, table, tonic = self.closes[bar], self._table, self._tonic
        if kind == "plagal":
            return table.on((tonic + 5) % 12, (tonic + 2) % 12)
        if kind == "half":
            return self._table.harmonic & ~table.on((tonic + 7) % 12)
        target = tonic
        if kind == "related":
            target = (tonic + 3) % 12 if self._minor else (tonic + 7) % 12
        return table.leads_to(target)

    def _first(self, bar: int) -> Mask:
        """The first chord of a bar."""
        plan, table = self._plan, self._table
        last = self._last()
        mask = self._allowed
        if bar == 0:
            return table.stable(self._tonic, self._minor)
        if (goal := self._goal(bar)) is None:
            if self._leads(bar) and self._single(bar):
                return self._before_goal(bar + 1)
            return _or(mask & table.harmonic, mask)
        before = self._before_goal(bar)
        prepared = last is not None and bool(before[self._vocabulary.chord(last)])
        if bar == plan.bars - 1 and not plan.loop:
            return goal  # the bar before leads here
        if self._single(bar) or self._leads(bar - 1):
            return goal
        return _or((goal | (before & self._allowed)) if prepared else (before & _or(self._allowed, before)), goal)

    def _second(self, bar: int, first: Chord | None) -> Mask:
        """A second chord of a bar; empty where the bar holds one."""
        table, plan = self._table, self._plan
        none = np.zeros(len(self._vocabulary), bool)
        if self._single(bar) or (bar == plan.bars - 1 and not plan.loop) or (self._leads(bar - 1) and not plan.loop):
            return none
        token = self._vocabulary.chord(first)
        changed = self._allowed.copy()
        changed[token] = False
        if (goal := self._goal(bar)) is not None:
            return none if goal[token] else goal
        if self._leads(bar):
            return self._before_goal(bar + 1) & ~_one(token, len(self._vocabulary))
        return changed & table.harmonic

    def _suffices(self, bar: int, first: Chord | None) -> bool:
        """Whether a bar may end with its first chord."""
        token = self._vocabulary.chord(first)
        if self._single(bar):
            return True
        if (goal := self._goal(bar)) is not None:
            return bool(goal[token])
        if self._leads(bar):
            return bool(self._before_goal(bar + 1)[token])
        return True

    def _leads(self, bar: int) -> bool:
        """Whether a bar must lead to a cadence on the next barline: to the last one, and in triple meter to every one."""
        plan = self._plan
        if not 0 <= bar < plan.bars - 1 or self.closes[bar + 1] is None:
            return False
        if self.closes[bar] is not None:
            return False
        beats = plan.meter.bar_ticks // plan.meter.beat_ticks
        return beats == 3 or (bar == plan.bars - 2 and not plan.loop)

    def _single(self, bar: int) -> bool:
        """Whether a bar of this meter has only one chord."""
        return self._plan.meter.bar_ticks <= self._plan.meter.beat_ticks

    def pooled(self) -> tuple[int, NDArray[np.intp]] | None:
        """The end of the bar, and all ids by which the network may mean it."""
        if not self.bars[-1]:
            return None
        return (self._next_left(), self._table.left) if self._suffices(len(self.bars) - 1, self.bars[-1][0]) else None

    def settings(self, usual: Settings) -> Settings:
        """Unchanged."""
        return usual

    def accept(self, token: int) -> None:
        """Appends a chord, or ends the bar."""
        if token >= self._vocabulary.first_chord:
            self.bars[-1].append(self._vocabulary.chord_at(token))
            if len(self.bars[-1]) == 2:
                self._open_bar()
            return
        self._open_bar()
        self._queue.pop(0)  # the chosen id already begins the next bar

    def result(self) -> tuple[Bar, ...]:
        """The chords of every bar."""
        return tuple(tuple(chords) for chords in self.bars[: self._plan.bars])


def _one(token: int, size: int) -> Mask:
    mask = np.zeros(size, bool)
    mask[token] = True
    return mask


def _or(mask: Mask, other: Mask) -> Mask:
    """The first mask unless it allows nothing."""
    return mask if mask.any() else other


def _copied_bars(plan: Plan, closes: Closes) -> Mapping[int, int]:
    """Bars that take their chords from the bar that they recall: returns of sections, except where their cadences differ."""
    copied = {}
    for bar, distance in enumerate(plan.recalls):
        if not distance:
            continue
        near = [b for b in (bar, bar + 1) if b < plan.bars]
        if all(closes[b] == closes[b - distance] for b in near) and bar < plan.bars - 2:
            copied[bar] = bar - distance
    return copied
