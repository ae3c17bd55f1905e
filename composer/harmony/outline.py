"""Settles a piece's harmony before its chords: the key of each bar, the number of chords per bar, and some idioms.

Rates are those of human music in the style (`idioms.toml`, measured by `python -m benchmarks harmony_plans`). The network
chooses the chords; an idiom only restricts its choice: for "applied" the network chooses which applied dominant fits.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from composer.controls import PHRASE_BARS
from composer.harmony.chord_vocabulary import CadenceKind
from composer.harmony.closes import Closes
from composer.harmony.rates import Rates, rates_of
from composer.plan import Plan
from composer.score import TICKS_PER_QUARTER, Mode

Idiom = Literal[
    "applied",
    "diminished",
    "borrowed",
    "fifth",
    "tonic",
    "over the tonic",
    "predominant",
    "to the dominant",
    "sixth",
    "six-four",
    "home",
    "dominant",
    "diatonic",
]
_CHROMATIC = ("applied", "diminished", "borrowed")
Place = tuple[int, int]  # bar and number of the chord in it
LocalKey = tuple[int, Mode]

# Keys to which a phrase may modulate: semitones from the tonic, mode, and share.
_TARGETS: dict[Mode, tuple[tuple[int, Mode, float], ...]] = {
    "major": ((7, "major", 0.6), (9, "minor", 0.2), (4, "minor", 0.1), (5, "major", 0.1)),
    "minor": ((3, "major", 0.6), (7, "minor", 0.2), (5, "minor", 0.1), (8, "major", 0.1)),
}
_SHORT = 0.75  # share of second chords that bars of two or three quarters keep
# Shares of the style's chromatic chords in the first phrase and later: with all of them, twice as many notes inside phrases
# were foreign to the key as in human openings.
_FIRST_COLOR, _COLOR = 0.4, 0.75
_PLAIN_BARS = 2  # at the start of a piece, without chromatic chords
_OPENING, _DRIVE = 0.85, 0.25  # fewer chords in the first bar of a phrase, more in the bar before its close
_CLOSE_ON_BARLINE = 0.7  # share of closes in even meters that fall on the barline
_STAYS = 0.35  # share of phrases after a modulation that begin in its key
_CHAIN = 4
_BEFORE_CLOSES = 3.0  # how much more often borrowed chords prepare closes than they occur elsewhere
_NEAPOLITAN = 0.4  # Neapolitans in minor for each borrowed chord in major
# Harmony of the four bars of a plain theme, and shares: statement and response, or a phrase that closes.
_THEMES: tuple[tuple[tuple[Idiom, ...], float], ...] = (
    (("home", "home", "dominant", "dominant"), 0.25),
    (("home", "dominant", "dominant", "home"), 0.25),
    (("home", "home", "dominant", "home"), 0.2),
    (("home", "dominant", "home", "dominant"), 0.15),
    (("home", "home", "predominant", "dominant"), 0.15),
)


@dataclass(frozen=True, slots=True)
class HarmonyOutline:
    """The frame of a piece's chords.

    Attributes:
        closes: the cadence in each bar.
        keys: the key of each bar: tonic in functional pitch, and mode.
        homes: the key of each bar without modulations: that of its section.
        counts: the number of chords of each bar.
        idioms: required idioms, by bar and number of the chord.
        is_functional: whether every chord needs a function; false for styles without a row in `idioms.toml`.
    """

    closes: Closes
    keys: tuple[LocalKey, ...]
    homes: tuple[LocalKey, ...]
    counts: tuple[int, ...]
    idioms: dict[Place, Idiom]
    is_functional: bool


def outline_of(plan: Plan, closes: Closes, seed: int, *, plain_theme: bool = False) -> HarmonyOutline:
    """Draws the frame of a plan's chords.

    Args:
        plan: a piece without chords.
        closes: the cadence in each bar.
        seed: of all random choices.
        plain_theme: whether the first four bars have tonics and dominants only.
    """
    rates = rates_of(plan.styles)
    sketch = _Sketch(plan, closes, rates or Rates(), random.Random(f"{seed}:harmony"))
    start = plan.upbeat_bars
    for end, kind in enumerate(closes):
        if kind:
            sketch.add_phrase(start, end, kind)
            if plain_theme and start == plan.upbeat_bars:
                sketch.set_theme(start, end, kind)
            start = end + 1
    return HarmonyOutline(
        closes, tuple(sketch.keys), tuple(sketch.homes), tuple(sketch.counts), sketch.idioms, rates is not None
    )


def _homes(plan: Plan) -> list[LocalKey]:
    """The key of each bar before any modulation: that of the piece, or its relative key in sections of the other mode."""
    keys: dict[Mode, LocalKey] = {"major": (0, "major"), "minor": (9, "minor")}
    homes = [keys[plan.key.mode]] * plan.bars
    for area in plan.key_areas:
        homes[area.start_bar : area.start_bar + area.bars] = [keys[area.key.mode]] * area.bars
    return homes


def _closes(harmony: Sequence[Idiom], kind: CadenceKind) -> bool:
    """Whether the harmony of four bars leads to a close in the last of them."""
    if kind == "half":
        return harmony[-1] == "dominant" != harmony[-2]
    return kind == "authentic" and harmony[-1] == "home"


class _Sketch:
    """An outline that is being drawn."""

    def __init__(self, plan: Plan, closes: Closes, rates: Rates, chance: random.Random) -> None:
        self._plan, self._closes, self._rates, self._chance = plan, closes, rates, chance
        self.homes = _homes(plan)
        self._colored = plan.scale is None
        meter = plan.meter
        self._single = meter.bar_ticks <= meter.beat_ticks
        self._triple = meter.bar_ticks // meter.beat_ticks == 3
        short = meter.bar_ticks < PHRASE_BARS * TICKS_PER_QUARTER and not meter.is_compound
        self._two = 0.0 if self._single else rates.two * (_SHORT if short else 1.0)
        self.keys = list(self.homes)
        self.counts = [1 + (chance.random() < self._two) for _ in range(plan.bars)]
        self.counts[: plan.upbeat_bars] = [1] * plan.upbeat_bars
        self.idioms: dict[Place, Idiom] = {}

    def add_phrase(self, start: int, end: int, kind: CadenceKind) -> None:
        """Settles the bars of a phrase up to the bar of its close."""
        if kind == "related":
            self._modulate(start, end)
        self._set_rhythm(start, end)
        formula = self._close(start, end, kind)
        places = [(bar, number) for bar in range(start, end + 1) for number in range(self.counts[bar])]
        body = places[1 : len(places) - formula - 1]
        if len(places) > formula + 1:
            self._prepare(places[-formula - 1], kind, self.keys[end])
        opens = start == self._plan.upbeat_bars
        if self._colored:
            self._color(places[0], body, _FIRST_COLOR if opens else _COLOR)
        for place in body if opens and self._colored else ():
            if place[0] < start + _PLAIN_BARS and self.idioms.get(place, "applied") in _CHROMATIC:
                self.idioms[place] = "diatonic"

    def set_theme(self, start: int, end: int, kind: CadenceKind) -> None:
        """Settles the harmony of a plain theme in the first four bars, one chord in each but where the phrase closes there."""
        last = start + PHRASE_BARS - 1
        themes = [(bars, share) for bars, share in _THEMES if end > last or _closes(bars, kind)]
        if end < last or not themes:
            return
        harmony = self._chance.choices([bars for bars, _ in themes], [share for _, share in themes])[0]
        ahead = int(self.counts[end] == 1 and kind != "half")  # the dominant of a close on the barline is in the bar before
        for bar, function in zip(range(start, min(last, end - 1 - ahead) + 1), harmony, strict=False):
            self.idioms.pop((bar, 1), None)
            self.counts[bar], self.idioms[bar, 0] = 1, function

    def _modulate(self, start: int, end: int) -> None:
        home = self.homes[end]
        targets = _TARGETS[home[1]]
        step, mode, _ = self._chance.choices(targets, [share for _, _, share in targets])[0]
        key: LocalKey = ((home[0] + step) % 12, mode)
        stays = self._chance.random() < _STAYS
        last = end + (PHRASE_BARS // 2 if stays and end + PHRASE_BARS + 1 < self._plan.bars else 0)
        for bar in range(start + (end - start + 1) // 2, last + 1):
            if self.homes[bar] == home:
                self.keys[bar] = key

    def _set_rhythm(self, start: int, end: int) -> None:
        """Sets fewer chords at the start of a phrase, more before its close."""
        if self._single:
            return
        if self._chance.random() > _OPENING and end > start:
            self.counts[start] = 1
        if end - 1 > start and self._chance.random() < _DRIVE:
            self.counts[end - 1] = 2

    def _close(self, start: int, end: int, kind: str) -> int:
        """Settles the last bars of a phrase; returns the number of chords that form the close."""
        last = end == self._plan.bars - 1 and not self._plan.loop
        on_barline = end > start and (self._triple or last or self._single or self._chance.random() < _CLOSE_ON_BARLINE)
        self.counts[end] = 1 if on_barline or self._single or last else 2
        wanted = self._chance.random() < self._rates.six_four and not self._single
        if kind == "half":
            if wanted and not self._triple and not last:
                self.counts[end] = 2
                self.idioms[end, 0] = "six-four"
            return self.counts[end]
        if kind == "plagal":
            return 2
        if wanted and on_barline and end - start >= 2:
            self.counts[end - 1] = 2
            self.idioms[end - 1, 0] = "six-four"
            return 3
        return 2

    def _prepare(self, place: Place, kind: str, key: LocalKey) -> None:
        """Chooses the chord before the dominant of a close, if that chord is in the key of the close."""
        drawn, rates, mode = self._chance.random(), self._rates, key[1]
        if self.keys[place[0]] != key:
            return
        if self._colored and kind == "half":
            if drawn < rates.sixth * (2.0 if mode == "minor" else 0.5):
                self.idioms[place] = "sixth"
                return
            if drawn < rates.sixth + rates.opened:
                self.idioms[place] = "to the dominant"
                return
        borrowed = _BEFORE_CLOSES * rates.borrowed * (1.0 if mode == "major" else _NEAPOLITAN)
        if self._colored and kind in ("authentic", "related") and drawn < borrowed:
            self.idioms[place] = "borrowed"
        elif kind != "plagal":
            self.idioms[place] = "predominant"

    def _color(self, first: Place, body: Sequence[Place], share: float) -> None:
        """Adds chains of fifths, a pedal at its start, and a share of the style's applied, diminished and borrowed chords."""
        if len(body) > _CHAIN and self._chance.random() < self._rates.sequence:
            begin = self._chance.randrange(len(body) - _CHAIN + 1)
            self.idioms |= dict.fromkeys(body[begin + 1 : begin + _CHAIN], "fifth")
            body = body[:begin]
        elif len(body) > _CHAIN and self._chance.random() < self._rates.pedal:
            self.idioms |= {first: "tonic", body[0]: "over the tonic", body[1]: "tonic"}
            body = body[2:]
        rates, free = self._rates, True
        for place in body:
            drawn = self._chance.random() / share
            borrowed = rates.borrowed * (1.0 if self.keys[place[0]][1] == "major" else _NEAPOLITAN) / 2
            if free and drawn < rates.applied:
                self.idioms[place] = "applied"
            elif free and drawn < rates.applied + rates.dim7:
                self.idioms[place] = "diminished"
            elif free and drawn < rates.applied + rates.dim7 + borrowed:
                self.idioms[place] = "borrowed"
            free = place not in self.idioms
