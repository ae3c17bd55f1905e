"""Rules: constraints on a stream beyond the grammar.

`Rule` masks ids. `NoteRule` bounds the notes of a part, and `Notes` turns these bounds into a mask. Every hook has a default
that restricts nothing, so a rule overrides only what it needs. A class may be both kinds of rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from composer.guide.note_bounds import Bounds, NoteTable
from composer.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import MAX_BAR_STEPS, TICKS_PER_STEP


class Rule:
    """A rule about ids. It is applied wherever the model chooses inside a bar.

    A rule may read all of the walk and keep state. It only removes ids, and should leave at least one of those that the
    rules before it left.

    Attributes:
        passed_over: choices at which the rule held only in part, because all of it would have left nothing.
    """

    passed_over: int = 0

    def begin_bar(self, walk: Walk) -> None:
        """Called when a bar has begun; the one before it is complete."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids from a mask, (V,) bool, in place."""

    def accept(self, token: int, walk: Walk) -> None:
        """Called when an id, sampled or forced, has been appended inside a bar; the walk is already past it."""


class NoteRule:
    """A rule about the notes of a pitched part.

    It must leave a way to continue: where a part may not end yet, at least one onset has to stay open.
    """

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Sets the bounds of a part for a whole bar; called once, before the part is written."""

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Removes notes that are ruled out by those written so far; called at every choice."""

    def may_end(self, walk: Walk) -> bool:
        """Whether the part being written may end here; where it may not, `narrow` leaves an onset open."""
        return True


class Within(Rule, NoteRule):
    """A rule that applies in some bars only; it is informed of all of them when they begin.

    Args:
        bars: their indices.
        rule: which applies there.
    """

    def __init__(self, bars: Collection[int], rule: Rule | NoteRule) -> None:
        self._bars = bars
        self._rule = rule if isinstance(rule, Rule) else Rule()
        self._note_rule = rule if isinstance(rule, NoteRule) else NoteRule()

    def begin_bar(self, walk: Walk) -> None:
        """See `Rule.begin_bar`."""
        self._rule.begin_bar(walk)

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """See `Rule.restrict`."""
        if walk.bar.index in self._bars:
            self._rule.restrict(mask, walk)

    def accept(self, token: int, walk: Walk) -> None:
        """See `Rule.accept`."""
        if walk.bar.index in self._bars:
            self._rule.accept(token, walk)

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """See `NoteRule.shape`."""
        if walk.bar.index in self._bars:
            self._note_rule.shape(bounds, walk)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """See `NoteRule.narrow`."""
        if walk.bar.index in self._bars:
            self._note_rule.narrow(bounds, walk)

    def may_end(self, walk: Walk) -> bool:
        """See `NoteRule.may_end`."""
        return walk.bar.index not in self._bars or self._note_rule.may_end(walk)


class Onsets:
    """Ids by where their first note begins.

    Args:
        grammar: of the model's tokenizer.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._late: dict[int, Mask] = {}

    def after(self, step: int) -> Mask:
        """Ids whose first note begins after a step of the bar, (V,) bool."""
        if step not in self._late:
            onset = self._grammar.first_position
            self._late[step] = self._grammar.is_note & (onset > step) & (onset < MAX_BAR_STEPS)
        return self._late[step]

    def up_to(self, step: int) -> Mask:
        """Ids that write notes and whose first note begins at a step of the bar or before, (V,) bool."""
        return self._grammar.is_note & ~self.after(step)


class Notes(Rule):
    """Applies the rules about notes to the part being written.

    Args:
        grammar: of the model's tokenizer.
        rules: each narrows the bounds left by the previous ones.
    """

    def __init__(self, grammar: Grammar, rules: Sequence[NoteRule]) -> None:
        self._table, self._rules = NoteTable.of(grammar), tuple(rules)
        self._ends = grammar.allowed_types(("Part", "Bar", "EOS", "HOLE", "FILL"))
        self._shaped: Bounds | None = None

    def begin_bar(self, walk: Walk) -> None:
        """Drops the bounds of the bar before."""
        self._shaped = None

    def accept(self, token: int, walk: Walk) -> None:
        """Drops the bounds of the part before."""
        if walk.state.last_type == "Part":
            self._shaped = None

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids with notes out of bounds; where no id is left, those that break the fewest and the last rules stay."""
        if (part := walk.state.part) not in walk.bar.open_parts or walk.state.drum_parts[part]:
            return
        if self._shaped is None:
            self._shaped = self._shape(walk, self._rules)
        unruled = mask.copy()
        self._apply(mask, walk, self._rules, self._shaped.copy())
        if mask.any() or not unruled.any():
            return
        self.passed_over += 1
        for rules in _fewer(self._rules):
            mask[:] = unruled
            self._apply(mask, walk, rules, self._shape(walk, rules).copy())
            if mask.any():
                return

    def _apply(self, mask: Mask, walk: Walk, rules: Sequence[NoteRule], bounds: Bounds) -> None:
        for rule in rules:
            rule.narrow(bounds, walk)
        self._table.restrict(mask, bounds, walk.state, walk.line)
        if not all(rule.may_end(walk) for rule in rules):
            mask &= ~self._ends

    def _shape(self, walk: Walk, rules: Sequence[NoteRule]) -> Bounds:
        bounds = Bounds.free(walk.meter.bar_ticks // TICKS_PER_STEP)
        low, high = walk.ranges.get(walk.state.part, (0, 127))
        bounds.latest[:, :low] = bounds.latest[:, high + 1 :] = 0
        for rule in rules:
            rule.shape(bounds, walk)
        bounds.close(low, high)
        return bounds


def _fewer(rules: Sequence[NoteRule]) -> Iterator[Sequence[NoteRule]]:
    """The rules without one of them, the last ones first, then without the last two and more; the first one always stays."""
    for index in reversed(range(1, len(rules))):
        yield (*rules[:index], *rules[index + 1 :])
    for left in reversed(range(1, len(rules) - 1)):
        yield rules[:left]
