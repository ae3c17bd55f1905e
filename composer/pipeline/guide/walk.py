"""How far a stream has come along its script: what rules look at, and the seam through which they speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from composer.pipeline.guide.script import BarScript, Script
from composer.tokenizer import Grammar, GrammarState
from composer.tokenizer.grammar import Mask


class Walk:
    """One stream under way.

    Args:
        grammar: of the model's tokenizer.
        script: what is known of the stream.
        ranges: lowest and highest functional pitch by part.

    Attributes:
        state: the grammar's view: type of the last id, part, position, pitch.
        place: place in `script.bars` of the bar being written, -1 in the header.
        bodies: of each bar begun, the ids of its chords and parts.
        played: parts written in this bar.
    """

    def __init__(self, grammar: Grammar, script: Script, ranges: Mapping[int, tuple[int, int]]) -> None:
        self.grammar, self.script, self.ranges = grammar, script, ranges
        self.state = GrammarState(grammar, dict(ranges))
        self.place = -1
        self.bodies: list[list[int]] = []
        self.played: set[int] = set()

    @property
    def bar(self) -> BarScript:
        """The bar being written."""
        return self.script.bars[self.place]

    def advance(self, token: int) -> None:
        """Goes one id further."""
        self.state.advance(token)
        kind = self.state.last_type
        if kind == "Bar":
            self.place += 1
            self.bodies.append([])
            self.played = set()
        elif self.place >= 0 and kind not in ("Valence", "Arousal", "Recall", "Meter", "Tempo", "HOLE", "FILL", "EOS"):
            self.bodies[-1].append(token)
            if self.state.part >= 0:
                self.played.add(self.state.part)

    def waiting_parts(self) -> list[int]:
        """Parts of this bar that may still come, in order, up to and with the first one that is given and must come."""
        order = self.script.parts
        start = order.index(self.state.part) + 1 if self.state.part >= 0 else 0
        waiting: list[int] = []
        for part in order[start:]:
            if part in self.bar.given:
                return [*waiting, part]
            if part in self.bar.open_parts:
                waiting.append(part)
        return waiting


class Rule(Protocol):
    """Something that a stream must keep to beyond the grammar. It is asked wherever the model chooses inside a bar's parts.

    A rule may look at all of the walk and keep a memory of its own. Rules only ever take away, and each one is to leave at
    least one of the ids that the rules before it left.
    """

    def begin_bar(self, walk: Walk) -> None:
        """A bar has begun; the one before it is complete."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes ids away from a mask, (V,) bool, in place."""

    def accept(self, token: int, walk: Walk) -> None:
        """An id has been appended inside a bar, sampled or forced; the walk is past it."""
