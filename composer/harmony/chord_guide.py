"""Guides the sampling of a piece's chords: plan, outline and cadence formulas are given, the network chooses the rest.

Pitch is functional: C major or A minor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from composer.analysis.chord_functions import (
    LEADING,
    belongs_to,
    goes_on,
    is_augmented_sixth,
    is_borrowed,
    is_six_four,
    leads_to,
    scale_in,
)
from composer.controls import PHRASE_BARS, RECALL_BARS
from composer.harmony.chord_vocabulary import HarmonyVocabulary
from composer.harmony.outline import HarmonyOutline, Idiom, LocalKey
from composer.model.sampling import Settings
from composer.plan import Plan
from composer.score import Chord, Mode

Mask = NDArray[np.bool_]
Bar = tuple[Chord | None, ...]

_DOMINANTS = ("maj", "7", "9", "13", "7b9", "7sus4", "9sus4", "sus4")
_PLAIN = ("maj", "min", "7", "min7", *LEADING)
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

    def __len__(self) -> int:
        return len(self.vocabulary)

    def _once(self, key: tuple[object, ...], holds: Callable[[Chord], bool]) -> Mask:
        """A mask of `where`, cached; do not change it."""
        mask = self._made.get(key)
        if mask is None:
            mask = self._made[key] = self.where(holds)
        return mask

    def where(self, holds: Callable[[Chord], bool]) -> Mask:
        """Mask of the chords that satisfy a condition; "no harmony" never does."""
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
            return fifth or ((root - chord.root) % 12 == 1 and chord.quality in LEADING and chord.bass is None)

        return self._once(("leads", root), holds)

    def on(self, *roots: int) -> Mask:
        """Chords on some roots."""
        return self._once(("on", *roots), lambda chord: chord.root in roots)

    def within(self, classes: frozenset[int]) -> Mask:
        """Chords whose tones all belong to some pitch classes."""
        return self.where(lambda chord: chord.pitch_classes <= classes)

    def explained(self, tonic: int, mode: Mode) -> Mask:
        """Plain chords that have a function in a key: diatonic, applied or borrowed, and no unprepared six-four."""
        goals = _goals(tonic, mode)

        def holds(chord: Chord) -> bool:
            if chord.quality not in _PLAIN or (chord.bass is not None and (chord.bass - chord.root) % 12 in (6, 7, 8)):
                return False
            return belongs_to(chord, tonic, mode) or is_borrowed(chord, tonic, mode) or any(leads_to(chord, g) for g in goals)

        return self._once(("explained", tonic, mode), holds)

    def after(self, before: Chord, tonic: int, mode: Mode) -> Mask:
        """Chords that may follow a chord."""
        return self._once(("after", before, tonic, mode), lambda chord: goes_on(before, chord, tonic, mode))

    def ahead_of(self, following: Chord, tonic: int, mode: Mode) -> Mask:
        """Chords that a chord may follow."""
        return self._once(("ahead", following, tonic, mode), lambda chord: goes_on(chord, following, tonic, mode))

    def idiom(self, name: Idiom, tonic: int, mode: Mode, before: Chord | None) -> Mask:
        """Chords that are an idiom in a key."""
        scale, dominant = scale_in(tonic, mode), Chord((tonic + 7) % 12, "maj")
        goals = [goal for goal in _goals(tonic, mode) if goal.root != tonic]
        holds: Callable[[Chord], bool]
        match name:
            case "six-four":
                return self._once((name, tonic, mode), lambda c: is_six_four(c, tonic) and c.quality == mode[:3])
            case "predominant":
                roots = ((tonic + 2) % 12, (tonic + 5) % 12)
                holds = lambda c: c.root in roots and belongs_to(c, tonic, mode)  # noqa: E731
            case "to the dominant":
                holds = lambda c: not c.pitch_classes <= scale and leads_to(c, dominant)  # noqa: E731
            case "sixth":
                holds = lambda c: c.bass is None and is_augmented_sixth(c, dominant, tonic)  # noqa: E731
            case "borrowed":
                holds = lambda c: is_borrowed(c, tonic, mode)  # noqa: E731
            case "tonic":
                holds = lambda c: c == Chord(tonic, mode[:3])  # noqa: E731
            case "home":
                holds = lambda c: c.root == tonic and c.quality == mode[:3]  # noqa: E731
            case "dominant":
                roots = ((tonic + 7) % 12, (tonic + 11) % 12)
                holds = lambda c: c.root in roots and leads_to(c, Chord(tonic, mode[:3]))  # noqa: E731
            case "diatonic":
                explained = self.explained(tonic, mode)
                return explained & self._once((name, tonic, mode), lambda c: belongs_to(c, tonic, mode))
            case "over the tonic":
                holds = lambda c: c.root == (tonic + 5) % 12 and c.bass == tonic and belongs_to(c, tonic, mode)  # noqa: E731
            case "diminished":
                holds = lambda c: c.quality == "dim7" and any(leads_to(c, g) for g in _goals(tonic, mode))  # noqa: E731
            case "applied":
                holds = lambda c: not c.pitch_classes <= scale and any(leads_to(c, g) for g in goals)  # noqa: E731
            case "fifth":
                if before is None:
                    return self.harmonic
                holds = lambda c: (c.root - before.root) % 12 in (5, 6) and belongs_to(c, tonic, mode)  # noqa: E731
                return self._once((name, before.root, tonic, mode), holds)
        return self._once((name, tonic, mode), holds)


def _goals(tonic: int, mode: Mode) -> list[Chord]:
    """The consonant triads of a key."""
    degrees: Sequence[tuple[int, str]] = (
        ((0, "maj"), (2, "min"), (4, "min"), (5, "maj"), (7, "maj"), (9, "min"))
        if mode == "major"
        else ((0, "min"), (3, "maj"), (5, "min"), (7, "maj"), (8, "maj"), (10, "maj"))
    )
    return [Chord((tonic + step) % 12, quality) for step, quality in degrees]


class HarmonyGuide:
    """Guides one stream of the planner (`composer.model.sampling.Guide`).

    Args:
        table: the planner's chords.
        plan: the piece.
        outline: its cadences, keys, chords per bar and idioms.
        allowed: chords that may be used anywhere.

    Attributes:
        bars: the chords written so far.
        closes: the cadence in each bar.
    """

    def __init__(self, table: ChordTable, plan: Plan, outline: HarmonyOutline, allowed: Mask) -> None:
        self._table, self._vocabulary, self._plan, self._outline = table, table.vocabulary, plan, outline
        self.closes = outline.closes
        self._allowed = allowed & table.harmonic
        self._starts = {0, plan.upbeat_bars} | {area.start_bar for area in plan.changes_of_key}
        self._ahead = self._vocabulary.cadences_ahead(self.closes)
        self._copied = _copied_bars(plan, outline)
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
        """Queues what the plan gives of the next bars, up to the first bar whose chords are open."""
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
        """The ids that the plan gives."""
        queue, self._queue = self._queue, []
        return queue

    def mask(self) -> Mask:
        """Chords that may come next: what the cadence requires, and as much of the outline as is compatible with it."""
        bar, number = len(self.bars) - 1, len(self.bars[-1])
        hard = self._asked(bar, number)
        mask = _both(self._table.harmonic if hard is None else hard, self._allowed)
        for preference in self._preferences(bar, number, hard is None):
            mask = _both(mask, preference)
        return mask

    def _asked(self, bar: int, number: int) -> Mask | None:
        """The chords required at the start of the piece, in a cadence and before it; `None` elsewhere."""
        counts, table = self._outline.counts, self._table
        if bar in self._starts and number == 0:
            tonic, mode = self._outline.homes[bar]
            return table.stable(tonic, mode == "minor")
        is_last = number == counts[bar] - 1
        if self.closes[bar] is not None and is_last:
            return self._goal(bar)
        if self.closes[bar] is not None and number == counts[bar] - 2:
            return self._before_goal(bar)
        if is_last and bar + 1 < self._plan.bars and self.closes[bar + 1] is not None and counts[bar + 1] == 1:
            return self._before_goal(bar + 1)
        return None

    def _preferences(self, bar: int, number: int, is_free: bool) -> Iterator[Mask]:
        """Chords preferred at a place beyond what it requires, the most important preference first."""
        table, (tonic, mode), last = self._table, self._outline.keys[bar], self._last()
        known = self._following(bar, number)
        if last is not None:
            if number:
                yield ~_one(self._vocabulary.chord(last), len(self._vocabulary))
            if self._outline.is_functional:
                yield table.after(last, *self._outline.keys[bar if number else bar - 1])
                if (
                    number == 0
                    and bar > 1
                    and all(chord and chord.root == last.root for b in (-3, -2) for chord in self.bars[b])
                ):
                    yield ~table.on(last.root)  # two bars on one root are enough
        if self._outline.is_functional and known is not None:
            yield table.ahead_of(known, tonic, mode)
        if (idiom := self._outline.idioms.get((bar, number))) is not None:
            yield table.idiom(idiom, tonic, mode, last)
        elif self._outline.is_functional and is_free:
            yield table.explained(tonic, mode)

    def _following(self, bar: int, number: int) -> Chord | None:
        """The chord after a place if it is known already."""
        source = self._copied.get(bar + 1)
        is_known = number == self._outline.counts[bar] - 1 and source is not None and source < bar
        return self.bars[source][0] if is_known and source is not None else None

    def _last(self) -> Chord | None:
        """The chord before the next one."""
        return next((chord for chords in reversed(self.bars) for chord in reversed(chords) if chord is not None), None)

    def _key(self, bar: int) -> LocalKey:
        """The key of a close."""
        return self._outline.keys[bar]

    def _goal(self, bar: int) -> Mask | None:
        """Chords that may end a bar's cadence; `None` if it has none."""
        kind, table, (tonic, home_mode) = self.closes[bar], self._table, self._outline.homes[bar]
        minor = home_mode == "minor"
        if kind in ("authentic", "plagal"):
            picardy = bar == self._plan.bars - 1 and minor
            return table.stable(tonic, None if picardy else minor)
        if kind == "half":
            return table.leads_to(tonic) & table.on((tonic + 7) % 12)
        if kind == "related":
            other, mode = self._key(bar)
            return table.stable(other, mode == "minor")
        if kind == "deceptive":
            return table.stable((tonic + 8) % 12 if minor else (tonic + 9) % 12, not minor)
        return None

    def _before_goal(self, bar: int) -> Mask:
        """Chords that may precede the last chord of a bar's cadence."""
        kind, table, tonic = self.closes[bar], self._table, self._outline.homes[bar][0]
        if kind == "plagal":
            return table.on((tonic + 5) % 12, (tonic + 2) % 12)
        if kind == "half":
            return self._table.harmonic & ~table.on((tonic + 7) % 12)
        return table.leads_to(self._key(bar)[0] if kind == "related" else tonic)

    def pooled(self) -> tuple[int, NDArray[np.intp]] | None:
        """Nothing: the outline says when a bar ends."""
        return None

    def settings(self, usual: Settings) -> Settings:
        """Unchanged."""
        return usual

    def accept(self, token: int) -> None:
        """Appends a chord, which may end the bar."""
        self.bars[-1].append(self._vocabulary.chord_at(token))
        if len(self.bars[-1]) == self._outline.counts[len(self.bars) - 1]:
            self._open_bar()

    def result(self) -> tuple[Bar, ...]:
        """The chords of every bar."""
        return tuple(tuple(chords) for chords in self.bars[: self._plan.bars])


def _one(token: int, size: int) -> Mask:
    mask = np.zeros(size, bool)
    mask[token] = True
    return mask


def _both(mask: Mask, other: Mask) -> Mask:
    """The chords that both masks allow; the first mask if there are none."""
    both: Mask = mask & other
    return both if both.any() else mask


def _copied_bars(plan: Plan, outline: HarmonyOutline) -> Mapping[int, int]:
    """Bars whose chords are copied from the bar that they recall: returns of sections with the same cadences and modes."""
    copied, closes, homes = {}, outline.closes, outline.homes
    for bar, distance in enumerate(plan.recalls):
        if not distance:
            continue
        near = [b for b in (bar, bar + 1) if b < plan.bars]
        is_alike = all(closes[b] == closes[b - distance] for b in near) and homes[bar] == homes[bar - distance]
        if is_alike and bar < plan.bars - 2:
            copied[bar] = bar - distance
    return copied
