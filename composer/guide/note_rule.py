"""The rule that all rules about notes speak through: they set bounds, and ids with notes out of bounds are taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from composer.guide.note_bounds import Bounds, NoteTable
from composer.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import TICKS_PER_STEP


class NoteRule(Protocol):
    """Something that the notes of a pitched part must keep to.

    It must leave a way on: where a part may not end yet, at least one onset has to stay open.
    """

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Sets what holds for a part throughout a bar; asked once, when the part is about to be written."""

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Takes away what the notes written so far rule out; asked at every choice."""

    def may_end(self, walk: Walk) -> bool:
        """Whether the part being written may end here; where it may not, `narrow` leaves an onset open."""


class Notes:
    """Applies rules about notes to the part being written.

    Args:
        grammar: of the model's tokenizer.
        rules: each narrows what the ones before it left.
    """

    def __init__(self, grammar: Grammar, rules: Sequence[NoteRule]) -> None:
        self._table, self._rules = NoteTable.of(grammar), tuple(rules)
        self._ends = grammar.allowed_types(("Part", "Bar", "EOS", "HOLE", "FILL"))
        self._shaped: Bounds | None = None

    def begin_bar(self, walk: Walk) -> None:
        """Forgets the bar before."""
        self._shaped = None

    def accept(self, token: int, walk: Walk) -> None:
        """A new part has bounds of its own."""
        if walk.state.last_type == "Part":
            self._shaped = None

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes away ids with notes out of bounds."""
        if (part := walk.state.part) not in walk.bar.open_parts or walk.state.drum_parts[part]:
            return
        if self._shaped is None:
            self._shaped = self._shape(walk)
        bounds = self._shaped.copy()
        for rule in self._rules:
            rule.narrow(bounds, walk)
        self._table.restrict(mask, bounds, walk.state, walk.line)
        if not all(rule.may_end(walk) for rule in self._rules):
            mask &= ~self._ends

    def _shape(self, walk: Walk) -> Bounds:
        bounds = Bounds.free(walk.meter.bar_ticks // TICKS_PER_STEP)
        low, high = walk.ranges.get(walk.state.part, (0, 127))
        bounds.latest[:, :low] = bounds.latest[:, high + 1 :] = 0
        for rule in self._rules:
            rule.shape(bounds, walk)
        bounds.close(low, high)
        return bounds
