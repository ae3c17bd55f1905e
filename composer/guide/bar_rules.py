"""Rules about whole bars: attacks, rests, standstill, dynamics, and uneven meters filled to the last beat."""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np

from composer.controls import RECALL_BARS
from composer.guide.note_bounds import Bounds
from composer.guide.rule import NoteRule, Rule
from composer.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import DYNAMICS, TICKS_PER_STEP


class Attacks(Rule):
    """Every sounding part attacks on the barline of a hit point; at least one does at the start of each section.

    An upbeat would need an extra bar, empty except for its last beat, and every return of the section would repeat that bar.

    Args:
        grammar: of the model's tokenizer.
        bars: numbers, from 0, of the bars in which every sounding part attacks on the barline.
        openings: numbers of the bars in which at least one part does; the last one, if no other has.
    """

    def __init__(self, grammar: Grammar, bars: Set[int], openings: Set[int] = frozenset()) -> None:
        self._bars, self._openings = bars, openings
        self._late = grammar.is_note & (grammar.first_position > 0)
        self._on_barline = grammar.is_note & (grammar.first_position == 0)
        self._ends_bar = grammar.allowed_types(("Bar", "EOS", "HOLE", "FILL"))
        self._struck = False

    def begin_bar(self, walk: Walk) -> None:
        """Resets: no part has attacked yet."""
        self._struck = False

    def accept(self, token: int, walk: Walk) -> None:
        """Records an attack on the barline."""
        self._struck |= bool(self._on_barline[token])

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes first notes after the barline, and the end of a bar that no part has opened."""
        must_strike = walk.bar.index in self._bars
        if walk.bar.index in self._openings and not self._struck:
            if walk.waiting_parts():
                mask &= ~self._ends_bar
            else:
                must_strike = True
        if must_strike and walk.state.part >= 0 and walk.state.position < 0:
            mask &= ~self._late


_LONGEST_REST_BARS = 4  # in small ensembles; twice as long in large ones
_SMALL_ENSEMBLE = 6


class LongRests(Rule):
    """No part rests for long: a part that has rested too many bars is written before any later part of the bar.

    Args:
        grammar: of the model's tokenizer.
        parts: number of parts.
        longest: bars that a part may rest; `None` for `_LONGEST_REST_BARS` in a small ensemble and twice as many in a
            large one.
    """

    def __init__(self, grammar: Grammar, parts: int, longest: int | None = None) -> None:
        self._part_ids = grammar.vocabulary.ids_of("Part")
        self._ends_bar = grammar.allowed_types(("Bar", "EOS", "HOLE", "FILL"))
        usual = _LONGEST_REST_BARS if parts <= _SMALL_ENSEMBLE else 2 * _LONGEST_REST_BARS
        self._longest = usual if longest is None else longest
        self._rested = [0] * parts  # bars in which each part has been silent since it last played
        self._played: set[int] = set()

    def begin_bar(self, walk: Walk) -> None:
        """Counts the rests of the bar before."""
        if walk.place > 0:
            self._rested = [0 if part in self._played else rest + 1 for part, rest in enumerate(self._rested)]
        self._played = walk.played

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes everything after the next part that is overdue."""
        order = walk.script.parts
        start = order.index(walk.state.part) + 1 if walk.state.part >= 0 else 0
        for place in range(start, len(order)):
            part = order[place]
            if self._rested[part] >= self._longest and part in walk.bar.open_parts:
                for later in order[place + 1 :]:
                    mask[self._part_ids[later]] = False
                mask &= ~self._ends_bar
                return


class Standstill(Rule):
    """No standstill: after two identical bars in a row the next one moves to another chord.

    In 20 bars of human music two identical bars in a row are rare and three almost unknown (`python -m benchmarks form
    repeats`). A form that requests more repetitions gets them: what a plan fixes is not sampled. The model may still write the
    same notes again, over other harmony.

    Args:
        grammar: of the model's tokenizer.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._recall = {grammar.vocabulary.recall(distance): distance for distance in RECALL_BARS if distance}
        self._is_chord = grammar.of_type["Chord"]
        self._barred: list[int] = []

    def begin_bar(self, walk: Walk) -> None:
        """Compares the last two bars."""
        self._barred, last = [], walk.bodies[-2] if walk.place >= 2 else []
        if last and walk.bodies[-3] == last:
            near = [(token, walk.place - distance) for token, distance in self._recall.items() if distance <= walk.place]
            chords = [token for token in last if self._is_chord[token]]
            self._barred = [*chords[-1:], *(token for token, place in near if walk.bodies[place] == last)]

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes recalls of the repeated bar, and its chord as the first one of this bar."""
        if self._barred and not walk.chords and walk.state.part < 0:
            mask[self._barred] = False


_FARTHEST = 4  # steps from one mark to the next: p to ff
_SOFTEST, _LOUDEST = DYNAMICS.index("ppp"), DYNAMICS.index("fff")
_NEAR = 2  # largest step to an extreme; no part starts with one


class SteadyDynamics(Rule):
    """Keeps each dynamic mark of a part near the one before: the model's rare leaps between extremes sound like errors.

    Args:
        grammar: of the model's tokenizer.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._marks = grammar.vocabulary.ids_of("Dynamic")
        self._levels: dict[int, int] = {}

    def accept(self, token: int, walk: Walk) -> None:
        """Stores the level of a dynamic mark; "none" has no level."""
        if walk.state.last_type == "Dynamic" and token != self._marks[0]:
            self._levels[walk.state.part] = self._marks.index(token)

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes marks that are too far from the one before."""
        if walk.state.last_type != "Part":
            return
        before = self._levels.get(walk.state.part)
        for level in range(_SOFTEST, _LOUDEST + 1):
            extreme = level in (_SOFTEST, _LOUDEST)
            if extreme if before is None else abs(level - before) > (_NEAR if extreme else _FARTHEST):
                mask[self._marks[level]] = False


class LastGroup(NoteRule):
    """Fills uneven meters to the last beat: the model has seen few of them and stops where the nearest even meter would end.

    The plan chooses the groups of a bar (2+2+3 of 7/8). The first pitched part attacks in the last group, and every sounding
    part sounds or attacks on the last beat. As the last rule about notes, it never removes the only way to continue.

    Args:
        groups: beats of the bar's groups, in units of the meter's denominator.
        part: the part that attacks in the last group.
        last_bar: index of the last bar, whose end is the cadence's.
    """

    def __init__(self, groups: Sequence[int], part: int, last_bar: int) -> None:
        self._groups, self._part, self._last_bar = tuple(groups), part, last_bar
        self._open = False

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Records whether an onset that would satisfy the rule is open."""
        row = max(walk.state.position + 1, self._from(walk))
        self._open = bool(np.any(bounds.latest[row:] > 0))

    def may_end(self, walk: Walk) -> bool:
        """Whether the line has reached the end of the bar, or cannot reach it."""
        if walk.bar.index == self._last_bar or not self._open or not walk.line.notes:
            return True
        steps = walk.meter.bar_ticks // TICKS_PER_STEP
        beat = steps // sum(self._groups)
        reaches = max(end for _, _, end in walk.line.notes) > steps - beat
        return reaches and (walk.state.part != self._part or self._strikes_last(walk, steps, beat))

    def _strikes_last(self, walk: Walk, steps: int, beat: int) -> bool:
        return any(onset >= steps - beat * self._groups[-1] for onset, _, _ in walk.line.notes)

    def _from(self, walk: Walk) -> int:
        """First step at which an onset of any length satisfies the rule."""
        steps = walk.meter.bar_ticks // TICKS_PER_STEP
        return steps - steps // sum(self._groups)
