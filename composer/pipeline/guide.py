"""From a plan to a guided stream: what is fixed is forced, what is not allowed is masked, the rest is the model's.

A `PlanGuide` walks one stream next to the sampler. The header and every bar's opening are known beforehand and are
appended without sampling; the model chooses recalls and chords where the plan leaves them open, then the notes. It cannot
write a malformed bar (grammar), leave the metre or the number of bars, or play outside a part's range. No part rests for
long, a section that the form brings back unchanged is repeated to the letter, and the last bar is on the tonic.

Pitches and chords here are functional: C major or A minor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from composer.controls import PHRASE_BARS, RECALL_BARS, Controls
from composer.pipeline.frame import skeleton
from composer.plan import Plan
from composer.score import Chord
from composer.tokenizer import Grammar, GrammarState, Tokenizer, functional_shift
from composer.tokenizer.grammar import Mask
from composer.tokenizer.stream import StreamOptions, header_ids
from composer.tokenizer.vocabulary import DURATIONS, STEPS_PER_QUARTER

# What an onset says of how its quarter is divided: 1 for sixteenths and thirty-seconds, 2 for triplets, 0 for either.
_DIVISION = np.array([0 if step % 12 == 0 else 1 if step % 3 == 0 else 2 for step in range(STEPS_PER_QUARTER)])
_LONGEST_REST_BARS = 4  # in small ensembles; twice as long in large ones
_SMALL_ENSEMBLE = 6
_SHORTEST_STEPS = 3  # a thirty-second; shorter durations are noise of the sources
_NEVER_IN_BARS = ("Meter", "Tempo", "Valence", "Arousal", "HOLE", "FILL", "Mode", "Bars", "Density", "Polyphony", "Program")


class PlanGuide:
    """Guides the sampling of one piece.

    Args:
        tokenizer: the model's tokenizer.
        plan: what is settled.
        dropped: groups of controls (see `tokenizer.stream.DROPPABLE`) that this stream leaves out, as the unconditional
            branch of guidance does.
    """

    def __init__(self, tokenizer: Tokenizer, plan: Plan, dropped: frozenset[str] = frozenset()) -> None:
        self._tokenizer, self._vocabulary = tokenizer, tokenizer.vocabulary
        self._plan, self._dropped = plan, dropped
        self._shift = functional_shift(plan.key)
        ranges = {
            index: (max(0, part.low + self._shift), min(127, part.high + self._shift))
            for index, part in enumerate(plan.parts)
            if not part.is_drum
        }
        self._state = GrammarState(tokenizer.grammar, ranges)
        grammar = tokenizer.grammar
        self._masks = {kind: grammar.of_type[kind] for kind in ("Recall", "Chord", "Part", "Bar")}
        self._ends = grammar.allowed_types(("Bar", "EOS", "Part"))
        self._last_mask: Mask = np.zeros(0, bool)
        self._never = grammar.allowed_types(_NEVER_IN_BARS) | ~_legible(grammar)
        self._quarter = grammar.first_position // STEPS_PER_QUARTER
        self._division = _DIVISION[grammar.first_position % STEPS_PER_QUARTER]
        self._part_ids = range(self._vocabulary.offsets["Part"], self._vocabulary.offsets["Part"] + 16)
        self._bar = -1
        self._longest_rest = _LONGEST_REST_BARS if len(plan.parts) <= _SMALL_ENSEMBLE else 2 * _LONGEST_REST_BARS
        self._rests = [-1] * len(plan.parts)  # bars since each part last played
        self._played: set[int] = set()
        self._has_harmony = any(not part.is_drum for part in plan.parts)
        self._slots: list[tuple[str, int | None]] = []  # what a bar's opening still needs: a type, and its id if fixed
        self._bodies: list[list[int]] = []  # of each bar, its chords and parts
        self._queue: list[int] = []
        for token in (*self._header_ids(), self._vocabulary.bar(plan.bars - 1)):
            self._force(token)

    @property
    def finished(self) -> bool:
        """Whether the piece is complete."""
        return self._state.finished

    @property
    def bars_written(self) -> int:
        """Number of bars begun."""
        return self._bar + 1

    def forced(self) -> Sequence[int]:
        """Ids to append without sampling before the next choice: what opens a bar, and whole bars that return unchanged."""
        self._force_fixed_slots()
        while not self.finished and (distance := self._literal_return()):
            for token in tuple(self._bodies[self._bar - distance]):
                self._force(token)
            self._force(self._closing_id())
            self._force_fixed_slots()
        queue, self._queue = self._queue, []
        return queue

    def _force_fixed_slots(self) -> None:
        while self._slots and (token := self._slots[0][1]) is not None:
            self._slots.pop(0)
            self._force(token)

    def _force(self, token: int) -> None:
        self._queue.append(token)
        self._take(token)

    def _take(self, token: int) -> None:
        """Goes one id further, whoever chose it."""
        self._state.advance(token)
        kind = self._state.last_type
        if kind == "Bar":
            self._begin_bar()
        elif self._bar >= 0 and kind not in ("Valence", "Arousal", "Recall", "EOS"):
            self._bodies[-1].append(token)
            if self._state.part >= 0:
                self._played.add(self._state.part)

    def _literal_return(self) -> int:
        """How many bars back the bar stands that this one repeats to the letter; 0 if it repeats none."""
        distance = self._plan.recalls[self._bar] or 0
        chords = self._plan.chords
        return distance if not chords or chords[self._bar] == chords[self._bar - distance] else 0

    def _closing_id(self) -> int:
        """The id that follows this bar's last note."""
        if self._is_last_bar:
            return self._vocabulary.offsets["EOS"]
        return self._vocabulary.bar(self._plan.bars - 2 - self._bar)

    def mask(self) -> Mask:
        """Allowed ids for the next choice, (V,) bool."""
        if self._slots:
            return self._visible_recalls() if self._slots[0][0] == "Recall" else self._masks["Chord"].copy()
        mask: Mask = self._state.mask() & ~self._never & ~self._masks["Recall"]
        if self._state.last_type == "Chord":
            if self._plan.chords or self._is_last_bar:
                mask &= ~self._masks["Chord"]
        else:
            mask &= ~self._masks["Chord"]
        if self._state.position >= 0:
            mask &= ~self._clashing_division()
        self._call_in(mask)
        if self._state.part >= 0:  # parts in score order
            mask[self._part_ids.start : self._part_ids.start + self._state.part + 1] = False
        elif mask[self._part_ids.start : self._part_ids.stop].any():  # no bar is left empty
            mask &= ~self._masks["Bar"]
            mask[self._vocabulary.offsets["EOS"]] = False
        self._last_mask = mask
        return mask

    def pooled(self) -> tuple[int, NDArray[np.intp]] | None:
        """The id that ends this bar's notes, and all ids with which the model might say that they end.

        Those are every `Bar` (it need not know the count), `EOS`, and the parts that score order rules out.
        """
        if self._slots or self._state.part < 0:
            return None
        target = self._closing_id()
        if not self._last_mask[target]:
            return None
        return target, np.append(np.flatnonzero(self._ends & ~self._last_mask), target)

    def accept(self, token: int) -> None:
        """Takes the sampler's choice."""
        if self._slots:
            self._slots.pop(0)
        self._take(token)

    def _visible_recalls(self) -> Mask:
        mask: Mask = self._masks["Recall"].copy()
        for index, distance in enumerate(RECALL_BARS):
            mask[self._vocabulary.offsets["Recall"] + index] = distance <= self._bar
        return mask

    def _call_in(self, mask: Mask) -> None:
        """Lets no later part and no end of the bar come before a part that has rested too long."""
        overdue = (part for part, rest in enumerate(self._rests) if rest >= self._longest_rest and part > self._state.part)
        part = next(overdue, None)
        if part is not None:
            mask[self._part_ids.start + part + 1 : self._part_ids.stop] = False
            mask &= ~self._masks["Bar"]
            mask[self._vocabulary.offsets["EOS"]] = False

    def _clashing_division(self) -> Mask:
        """Ids that would put triplets and duplets into one quarter of one part, which no player could read."""
        quarter, offset = divmod(self._state.position, STEPS_PER_QUARTER)
        here = _DIVISION[offset]
        if here == 0:
            return np.zeros(len(self._quarter), bool)
        clash: Mask = (self._quarter == quarter) & (self._division == 3 - here)
        return clash

    @property
    def _is_last_bar(self) -> bool:
        return self._bar == self._plan.bars - 1

    def _begin_bar(self) -> None:
        """Sets what the opening of a bar needs."""
        self._bar += 1
        self._bodies.append([])
        self._rests = [0 if part in self._played else rest + 1 for part, rest in enumerate(self._rests)]
        self._played = set()
        plan, vocabulary, bar = self._plan, self._vocabulary, self._bar
        if plan.moods and bar % PHRASE_BARS == 0 and "mood" not in self._dropped:
            mood = plan.moods[bar // PHRASE_BARS]
            self._slots.append(("Valence", vocabulary.affect("Valence", mood.valence)))
            self._slots.append(("Arousal", vocabulary.affect("Arousal", mood.arousal)))
        recall = plan.recalls[bar]
        self._slots.append(("Recall", None if recall is None else vocabulary.recall(recall)))
        if not self._has_harmony or self._literal_return():
            return
        if self._is_last_bar:
            self._slots.append(("Chord", self._tonic()))
        elif plan.chords:
            self._slots += [("Chord", self._functional(chord)) for chord in plan.chords[bar]]
        else:
            self._slots.append(("Chord", None))

    def _functional(self, chord: Chord) -> int:
        return self._vocabulary.chord((chord.root + self._shift) % 12, chord.quality)

    def _tonic(self) -> int:
        if self._plan.chords:
            return self._functional(self._plan.chords[-1][-1])
        return self._vocabulary.chord(0, "maj") if self._plan.key.mode == "major" else self._vocabulary.chord(9, "min")

    def _header_ids(self) -> list[int]:
        """The header of the stream of an empty score that has everything the plan fixes."""
        controls = Controls(styles=self._plan.styles, composer=self._plan.composer)
        frame = skeleton(self._plan)
        piece = self._tokenizer.tokenise(frame if self._has_harmony else replace(frame, keys=()), controls)
        return header_ids(piece, self._vocabulary, StreamOptions(dropped=self._dropped))


def _legible(grammar: Grammar) -> Mask:
    """Ids without durations shorter than a thirty-second."""
    vocabulary = grammar.vocabulary
    tiny = {vocabulary.duration(steps) for steps in DURATIONS if steps < _SHORTEST_STEPS}
    return np.array([not tiny.intersection(tokens) for tokens in grammar.merges.expansions])
