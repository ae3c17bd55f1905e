"""Which figure accompanies each bar: a main one for a section, related ones inside its phrases, closes, and links after them.

Figures, what follows them and what closes after them are those of human pianists and quartets (`tools/fit/accompaniments.py`,
which says what the signs mean). A figure for all players is one string, their parts divided by "|". Here ">" is added: a note
of a scale that leads to the next bar's bass. Knows no pitches.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from composer.arranging.phrase_map import Phrase, phrases_of
from composer.arranging.setting import BandBar, Setting

_ROWS = {  # the row of counts for a style, where it is not the style's name
    "romantic": "character-piece", "classical": "sonata", "opera": "lied", "folk": "lied", "chamber-music": "lied",
    "polonaise": "ballroom-dance", "krakowiak": "ballroom-dance", "march": "ballroom-dance", "rondo": "sonata",
}  # fmt: skip
_USUAL = ("character-piece", "sonata", "variations")  # rows for a meter that the style's row lacks
_RELATED = 0.15  # chance that a bar inside a phrase has a related figure
_BEFORE_CLOSE = 0.4
_ANSWERS = 0.4  # chance that a bar in which the melody holds or rests has a livelier figure
_LINKS = 0.5  # chance of a link after a close that leaves room
_LIVELIER, _QUIETER = 1.5, 0.6


@dataclass(frozen=True)
class Pattern:
    """A figure: its signs, bars counted in all and at closes; the mean lowest pitch; and the figures that follow it inside a
    phrase and at its close, with counts."""

    signs: str
    count: int
    closes: int
    low: int
    after: tuple[tuple[int, int], ...]
    closing: tuple[tuple[int, int], ...]

    @property
    def strokes(self) -> int:
        """Onsets of the busiest player."""
        return max(sum(sign not in ".-" for sign in hand) for hand in self.signs.split("|"))


@cache
def _table() -> Mapping[str, Any]:
    text = files("composer.arranging").joinpath("accompaniments.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


@cache
def patterns_of(style: str, meter: str) -> tuple[Pattern, ...]:
    """The figures of a style in a meter, for as many players as the style has; empty if none are known."""
    row = _ROWS.get(style, style)
    rows = (row,) if row in ("lied", "string-quartet") else (row, *_USUAL)
    found: list[list[Any]] = next((_table()[name][meter] for name in rows if meter in _table().get(name, {})), [])
    if row not in _table():
        return ()

    def pairs(flat: Sequence[int]) -> tuple[tuple[int, int], ...]:
        return tuple(zip(flat[::2], flat[1::2], strict=True))

    return tuple(
        Pattern(signs, count, closes, low, pairs(after), pairs(closing)) for signs, count, closes, low, after, closing in found
    )


def figures_by_bar(setting: Setting, style: str) -> list[Pattern]:
    """A figure for every bar of a piece; empty where none are known for the style and meter."""
    patterns = patterns_of(style, str(setting.plan.meter))
    return _Choice(setting, patterns).bars() if patterns else []


class _Choice:
    """The choice of figures under way."""

    def __init__(self, setting: Setting, patterns: Sequence[Pattern]) -> None:
        self._setting, self._patterns = setting, patterns
        self._mains: dict[str, Pattern] = {}
        ticks = setting.plan.meter.bar_ticks
        self._tune = [[n for n in setting.tune if n.start_ticks // ticks == bar.index] for bar in setting.bars]
        fine = any(note.start_ticks % 240 for note in setting.tune)  # two against three is usual, four against three is not
        self._usable = [p for p in patterns if not (fine and self._is_triple(p))] or list(patterns)

    def _is_triple(self, pattern: Pattern) -> bool:
        ticks = self._setting.plan.meter.bar_ticks
        return any(len(hand) > 1 and (ticks // len(hand)) % 120 for hand in pattern.signs.split("|"))

    def bars(self) -> list[Pattern]:
        """A figure for every bar."""
        chosen: list[Pattern] = []
        for phrase in phrases_of(self._setting):
            chosen += self._phrase(phrase)
        return chosen

    def _phrase(self, phrase: Phrase) -> list[Pattern]:
        """Figures of a phrase: the same again where the section returns."""
        place = phrase.start - phrase.section.start_bar
        chance = self._setting.chance("accompaniment", phrase.section.letter, place)
        main = before = self._main(phrase, chance)
        line = []
        for number in range(phrase.bars):
            bar = self._setting.bars[phrase.start + number]
            if number == phrase.bars - 1:
                line.append(self._close(before, phrase, bar, chance))
                continue
            holds, drawn = self._holds(bar), chance.random()
            likely = _ANSWERS if holds else _BEFORE_CLOSE if number == phrase.bars - 2 else _RELATED if number else 0.0
            before = self._related(main, bar, chance, livelier=holds) if drawn < likely else main
            line.append(before)
        return line

    def _main(self, phrase: Phrase, chance: random.Random) -> Pattern:
        """The main figure of a section; some later phrases of it have a related one."""
        letter, bar = phrase.section.letter, self._setting.bars[phrase.start]
        if letter in self._mains:
            main = self._mains[letter]
            return self._related(main, bar, chance, livelier=True) if chance.random() < _RELATED else main
        meter = self._setting.plan.meter
        beats = meter.bar_ticks // meter.beat_ticks
        options = [p for p in self._usable if p.strokes >= max(2, beats // 2 + 1) and p.signs.split("|")[-1][0] not in ".-"]
        options = [p for p in options if p not in self._mains.values()] or options or self._usable
        wanted = (1.0 + bar.energy) * beats
        weights = [p.count**0.5 * 0.7 ** abs(p.strokes - wanted) * _LIVELIER ** ("o" not in p.signs) for p in options]
        self._mains[letter] = chance.choices(options, weights)[0]
        return self._mains[letter]

    def _related(self, main: Pattern, bar: BandBar, chance: random.Random, *, livelier: bool) -> Pattern:
        """A figure that human players let follow the main one, or one like it; livelier under a melody that holds."""
        options = {self._patterns[index]: n for index, n in main.after}
        for other in self._usable:
            if _is_like(other, main):
                options.setdefault(other, 1)
        kept = [p for p in options if p in self._usable and p is not main and p.strokes >= min(2, main.strokes)]
        if not kept:
            return main
        busy = len(self._tune[bar.index]) > 4
        pull = _LIVELIER if livelier else _QUIETER if busy else 1.0
        weights = [options[p] ** 0.5 * pull ** min(4, max(-4, p.strokes - main.strokes)) for p in kept]
        return chance.choices(kept, weights)[0]

    def _close(self, before: Pattern, phrase: Phrase, bar: BandBar, chance: random.Random) -> Pattern:
        """The figure of a closing bar: one that closes after the figure before it, held, or going over into a link."""
        if phrase.close == "final":
            return before
        options = {self._patterns[index]: n for index, n in before.closing if self._patterns[index] in self._usable}
        held = [p for p in self._usable if p.strokes <= 2 and p.closes * 3 > p.count and p.signs[0] not in ".-"]
        options |= dict.fromkeys(held[:3], 1)
        chosen = chance.choices(list(options), [n**0.5 for n in options.values()])[0] if options else before
        if self._leaves_room(bar) and chance.random() < _LINKS:
            return _linked(chosen, self._setting.plan.meter.bar_ticks, self._setting.plan.meter.beat_ticks)
        return chosen

    def _holds(self, bar: BandBar) -> bool:
        """Whether the melody holds or rests through more than half of a bar."""
        ticks = self._setting.plan.meter.bar_ticks
        edges = [0, *(note.start_ticks - bar.start for note in self._tune[bar.index]), ticks]
        return max(b - a for a, b in pairwise(edges)) * 2 > ticks

    def _leaves_room(self, bar: BandBar) -> bool:
        """Whether the melody strikes nothing in the last third of a bar."""
        ticks = self._setting.plan.meter.bar_ticks
        return all((note.start_ticks - bar.start) * 3 < 2 * ticks for note in self._tune[bar.index])


def _is_like(one: Pattern, other: Pattern) -> bool:
    """Whether two figures begin alike in the lowest part."""
    mine, theirs = one.signs.split("|")[-1], other.signs.split("|")[-1]
    return (
        one is not other and len(mine) == len(theirs) and len(mine) > 2 and mine[: len(mine) // 2] == theirs[: len(mine) // 2]
    )


def _linked(pattern: Pattern, ticks: int, beat: int) -> Pattern:
    """A figure of which the lowest player's last beat, or two of a longer bar, leads on in eighths."""
    hands = pattern.signs.split("|")
    cells = ticks // 240
    low = hands[-1]
    strokes = {at * ticks // len(low): sign for at, sign in enumerate(low) if sign not in ".-"}
    room = (2 * beat if ticks >= 4 * beat else beat) // 240
    first = max(1, cells - max(2, room))
    line = [strokes.get(cell * 240, "-" if cell else "b") for cell in range(first)] + [">"] * (cells - first)
    hands[-1] = "".join(line)
    return Pattern("|".join(hands), 0, 0, pattern.low, (), ())
