"""The state of a stream along its script, as read by the rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from composer.guide.played import Line
from composer.guide.script import BarScript, Script
from composer.score import TimeSignature
from composer.tokenizer import Grammar, GrammarState
from composer.tokenizer.grammar import Mask
from composer.tokenizer.runs import INHERITED
from composer.tokenizer.vocabulary import BAR_ORDER, TICKS_PER_STEP

_HARMONY = ("Chord", "ChordBass")
_NOT_IN_BODY = (*(kind for kind in BAR_ORDER if kind not in _HARMONY), "HOLE", "FILL", "EOS")


class Walk:
    """A stream that is being written.

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
        meter: the meter in force.
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
        """Whether the end of the script is reached."""
        return self.state.finished or self.place == len(self.script.bars)

    def advance(self, token: int) -> None:
        """Appends an id."""
        position = self.state.position
        self.state.advance(token)
        kind = self.state.last_type
        if kind == "Bar":
            self._begin_bar()
        elif kind == "Meter":
            self.meter = self.grammar.vocabulary.meter_of(token)
        elif self.place >= 0 and kind not in _NOT_IN_BODY:
            self.bodies[-1].append(token)
            if kind == "Chord":
                self.chords.append(token)
            elif kind not in ("ChordBass", "Dynamic"):
                self.played.add(self.state.part)
                if kind != "Part":
                    self._strike(token, position)

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

    def parts_of(self, place: int) -> tuple[list[int], dict[int, tuple[int, ...]]]:
        """Chord ids of an earlier bar, and the ids of each part in it, from its Part id on."""
        vocabulary, body = self.grammar.vocabulary, self.bodies[place]
        heads = [index for index, token in enumerate(body) if vocabulary.is_part(token)]
        ends = [*heads[1:], len(body)]
        parts = {vocabulary.part_of(body[head]): tuple(body[head:end]) for head, end in zip(heads, ends, strict=True)}
        return body[: heads[0] if heads else len(body)], parts

    def _with_tune(self, place: int, part: int) -> BarScript:
        """The bar with a part given as in an earlier bar; it rests where it rested there."""
        _, parts = self.parts_of(place)
        tune = {part: parts[part]} if part in parts else {}
        return replace(self.bar, given={**self.bar.given, **tune}, open_parts=self.bar.open_parts - {part})

    def _strike(self, token: int, position: int) -> None:
        """Adds the notes of an id to the part's line."""
        run, line = self.grammar.runs[token], self.line
        for note in run.notes:
            line.duration = line.duration if note.steps == INHERITED else note.steps
            if not note.is_drum:
                line.strike(position if note.onset == INHERITED else note.onset, note.pitch)
        line.duration = line.duration if run.steps == INHERITED else run.steps

    def call(self, mask: Mask, parts: Collection[int]) -> None:
        """Requires the first of some parts that has not played in this bar yet, by removing the ids that would skip it."""
        waiting = self.waiting_parts()
        for place, part in enumerate(waiting):
            if part in parts and part in self.bar.open_parts:
                for later in waiting[place + 1 :]:
                    mask[self.grammar.vocabulary.part(later)] = False
                mask[self.script.after(self.place)] = False
                return

    def waiting_parts(self) -> list[int]:
        """Parts that may still be written in this bar, in order, up to and including the first that is given (so required)."""
        order = self.script.parts
        start = order.index(self.state.part) + 1 if self.state.part >= 0 else 0
        waiting: list[int] = []
        for part in order[start:]:
            if part in self.bar.given:
                return [*waiting, part]
            if part in self.bar.open_parts:
                waiting.append(part)
        return waiting
