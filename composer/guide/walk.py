"""How far a stream has come along its script: what rules look at, and the seam through which they speak."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol

from composer.guide.played import Line
from composer.guide.script import BarScript, Script
from composer.score import TimeSignature
from composer.tokenizer import Grammar, GrammarState
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import BAR_ORDER, TICKS_PER_STEP

_HARMONY = ("Chord", "ChordBass")
_NOT_IN_BODY = (*(kind for kind in BAR_ORDER if kind not in _HARMONY), "HOLE", "FILL", "EOS")


class Walk:
    """One stream under way.

    Args:
        grammar: of the model's tokenizer.
        script: what is known of the stream.
        ranges: lowest and highest functional pitch by part.

    Attributes:
        state: the grammar's view: type of the last id, part, position, pitch.
        place: place in `script.bars` of the bar being written, -1 in the header.
        bar: that bar; the first one in the header, the last one at the end.
        bodies: of each bar begun, the ids of its chords and parts.
        played: parts written in this bar.
        chords: chord ids of this bar.
        meter: the metre in force.
        lines: what each part has played.
    """

    def __init__(self, grammar: Grammar, script: Script, ranges: Mapping[int, tuple[int, int]]) -> None:
        self.grammar, self.script, self.ranges = grammar, script, ranges
        self.state = GrammarState(grammar, dict(ranges))
        self.place = -1
        self.bar = script.bars[0]
        self.bodies: list[list[int]] = []
        self.played: set[int] = set()
        self.chords: list[int] = []
        self.meter = TimeSignature(0, 4, 4)
        self.lines = {part: Line() for part in script.parts}

    @property
    def line(self) -> Line:
        """What the part being written has played."""
        return self.lines[self.state.part]

    @property
    def over(self) -> bool:
        """Whether the script has been walked to its end."""
        return self.state.finished or self.place == len(self.script.bars)

    def advance(self, token: int) -> None:
        """Goes one id further."""
        position = self.state.position
        self.state.advance(token)
        kind = self.state.last_type
        if kind == "Bar":
            self._begin_bar()
        elif kind == "Meter":
            vocabulary = self.grammar.vocabulary
            self.meter = TimeSignature.parse(vocabulary.groups["Meter"][vocabulary.index(token)])
        elif self.place >= 0 and kind not in _NOT_IN_BODY:
            self.bodies[-1].append(token)
            if kind == "Chord":
                self.chords.append(token)
            elif kind not in ("ChordBass", "Dynamic"):
                self.played.add(self.state.part)
                self._hear(token, position)

    def _begin_bar(self) -> None:
        self.place += 1
        if self.over:
            return
        self.bar = self.script.bars[self.place]
        follows = self.place > 0 and self.script.bars[self.place - 1].index + 1 == self.bar.index
        for part, line in self.lines.items():
            if follows:
                line.cross_barline(self.meter.bar_ticks // TICKS_PER_STEP)
            else:
                self.lines[part] = Line()
        if self.bar.tune:
            self.bar = self._with_tune(*self.bar.tune)
        self.bodies.append([])
        self.played, self.chords = set(), []

    def _with_tune(self, place: int, part: int) -> BarScript:
        """The bar with a part given as it stands in an earlier bar; it rests where it rested there."""
        opens = self.grammar.vocabulary.offsets["Part"]
        parts = range(opens, opens + len(self.grammar.vocabulary.groups["Part"]))
        body = self.bodies[place]
        heads = [index for index, token in enumerate(body) if token in parts]
        ends = [*heads[1:], len(body)]
        given = {body[head] - opens: tuple(body[head:end]) for head, end in zip(heads, ends, strict=True)}
        mine = {part: given[part]} if part in given else {}
        return replace(self.bar, given={**self.bar.given, **mine}, open_parts=self.bar.open_parts - {part})

    def _hear(self, token: int, position: int) -> None:
        """Tells the part's line what an id strikes."""
        vocabulary, line = self.grammar.vocabulary, self.line
        for base in self.grammar.merges.expansions[token]:
            kind, value = vocabulary.types[base], int(vocabulary.note_steps[base])
            if kind == "Position":
                position = value
            elif kind == "Duration":
                line.duration = value
            elif kind == "Pitch":
                line.strike(position, value)

    def call(self, mask: Mask, parts: Collection[int]) -> None:
        """Takes away ways past the first of some parts that has not played in this bar yet, so that it has to."""
        waiting = self.waiting_parts()
        for place, part in enumerate(waiting):
            if part in parts and part in self.bar.open_parts:
                for later in waiting[place + 1 :]:
                    mask[self.grammar.vocabulary.offsets["Part"] + later] = False
                mask[self.script.after(self.place)] = False
                return

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
    """Something that a stream must keep to beyond the grammar. It is asked wherever the model chooses inside a bar.

    A rule may look at all of the walk and keep a memory of its own. Rules only ever take away, and each one is to leave at
    least one of the ids that the rules before it left.
    """

    def begin_bar(self, walk: Walk) -> None:
        """A bar has begun; the one before it is complete."""

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Takes ids away from a mask, (V,) bool, in place."""

    def accept(self, token: int, walk: Walk) -> None:
        """An id has been appended inside a bar, sampled or forced; the walk is past it."""
