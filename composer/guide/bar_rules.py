"""Rules about whole bars: who attacks, who rests, no standstill, dynamics without leaps, uneven meters filled to the last beat.

Where a hit point falls all who play strike on the barline, and where a section begins somebody does.

An upbeat would need a bar of its own, empty but for its last beat, and a return of the section would fall silent with it.

No part rests for long: one that has waited too many bars comes before anything later in the bar.

Music that stands still: after two bars in a row that are alike to the note, the next one moves to another chord.

In 20 bars of human music two bars alike are rare and three next to unknown (`python -m benchmarks form repeats`). A form that
asks for more gets it: what a plan fixes is not chosen. The model may still write the same notes again, over other harmony.

Dynamics that follow from each other: the model's rare leaps from one extreme to the other sound like faults.

Uneven meters are filled to the last beat: the model, which met few of them, stops where the nearest even meter would end.

The groups of a bar (2+2+3 of 7/8) are a choice of the plan. The first pitched part strikes in the last group, and whoever plays
sounds or strikes on the last beat.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np

from composer.controls import RECALL_BARS
from composer.guide.note_bounds import Bounds
from composer.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import DYNAMICS, TICKS_PER_STEP


class Attacks:
    """Bars that begin on the barline.

    Args:
        grammar: of the model's tokenizer.
        bars: numbers, from 0, of those in which every part that plays begins there.
        openings: numbers of those in which some part does: the last one to come, if none before it has.
    """

    def __init__(self, grammar: Grammar, bars: Set[int], openings: Set[int] = frozenset()) -> None:
        self._bars, self._openings = bars, openings
        self._late = grammar.is_note & (grammar.first_position > 0)
        self._on_barline = grammar.is_note & (grammar.first_position == 0)
        self._ends_bar = grammar.allowed_types(("Bar", "EOS", "HOLE", "FILL"))
        self._struck = False

    def begin_bar(self, walk: Walk) -> None:
        """Nobody has struck yet."""
        self._struck = False

    def accept(self, token: int, walk: Walk) -> None:
        """Hears who strikes on the barline."""
        self._struck |= bool(self._on_barline[token])

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away first notes that come late, and the end of a bar that nobody has opened."""
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


class LongRests:
    """Calls in parts that have rested for `_LONGEST_REST_BARS` bars of a small ensemble, twice as many of a large one.

    Args:
        grammar: of the model's tokenizer.
        parts: how many parts there are.
        longest: so many bars instead.
    """

    def __init__(self, grammar: Grammar, parts: int, longest: int | None = None) -> None:
        first = grammar.vocabulary.offsets["Part"]
        self._part_ids = range(first, first + parts)
        self._ends_bar = grammar.allowed_types(("Bar", "EOS", "HOLE", "FILL"))
        usual = _LONGEST_REST_BARS if parts <= _SMALL_ENSEMBLE else 2 * _LONGEST_REST_BARS
        self._longest = usual if longest is None else longest
        self._rested = [0] * parts  # bars in which each part has been silent since it last played
        self._played: set[int] = set()

    def begin_bar(self, walk: Walk) -> None:
        """Counts the bar that is over."""
        if walk.place > 0:
            self._rested = [0 if part in self._played else rest + 1 for part, rest in enumerate(self._rested)]
        self._played = walk.played

    def accept(self, token: int, walk: Walk) -> None:
        """The walk notes who plays."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away what comes after the next part that is overdue."""
        order = walk.script.parts
        start = order.index(walk.state.part) + 1 if walk.state.part >= 0 else 0
        for place in range(start, len(order)):
            part = order[place]
            if self._rested[part] >= self._longest and part in walk.bar.open_parts:
                for later in order[place + 1 :]:
                    mask[self._part_ids[later]] = False
                mask &= ~self._ends_bar
                return


class Standstill:
    """Leads on from two bars that are alike.

    Args:
        grammar: of the model's tokenizer.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._recall = {grammar.vocabulary.recall(distance): distance for distance in RECALL_BARS if distance}
        self._is_chord = grammar.of_type["Chord"]
        self._barred: list[int] = []

    def begin_bar(self, walk: Walk) -> None:
        """Looks back."""
        self._barred, last = [], walk.bodies[-2] if walk.place >= 2 else []
        if last and walk.bodies[-3] == last:
            near = [(token, walk.place - distance) for token, distance in self._recall.items() if distance <= walk.place]
            chords = [token for token in last if self._is_chord[token]]
            self._barred = [*chords[-1:], *(token for token, place in near if walk.bodies[place] == last)]

    def accept(self, token: int, walk: Walk) -> None:
        """The walk remembers what is written."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away the recalls, and the chord as the bar's first one."""
        if self._barred and not walk.chords and walk.state.part < 0:
            mask[self._barred] = False


_FARTHEST = 4  # steps from one marking to the next: p to ff
_SOFTEST, _LOUDEST = DYNAMICS.index("ppp"), DYNAMICS.index("fff")
_NEAR = 2  # steps from which the extremes are reached: never at the start


class SteadyDynamics:
    """Keeps each part's markings near the one before, and the extremes for those who come close to them.

    Args:
        grammar: of the model's tokenizer.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._first = grammar.vocabulary.offsets["Dynamic"]
        self._levels: dict[int, int] = {}

    def begin_bar(self, walk: Walk) -> None:
        """Markings hold across barlines."""

    def accept(self, token: int, walk: Walk) -> None:
        """Remembers a marking; music without one has no level."""
        if walk.state.last_type == "Dynamic" and token != self._first:
            self._levels[walk.state.part] = token - self._first

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away markings too far off."""
        if walk.state.last_type != "Part":
            return
        before = self._levels.get(walk.state.part)
        for level in range(_SOFTEST, _LOUDEST + 1):
            extreme = level in (_SOFTEST, _LOUDEST)
            if extreme if before is None else abs(level - before) > (_NEAR if extreme else _FARTHEST):
                mask[self._first + level] = False


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
