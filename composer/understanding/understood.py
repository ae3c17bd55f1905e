"""What understanding a user's piece gives: the normal score, where each of its notes comes from, and the time warp.

Data and lookups only; how it is found out is in the sibling modules.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from composer.score import ChordSymbol, Key, Score, TimeSignature

Timing = Literal["notated", "played", "performed"]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What the user states about a piece, where its file does not say it or is wrong."""

    meter: TimeSignature | None = None
    key: Key | None = None

    @classmethod
    def parse(cls, meter: str | None = None, key: str | None = None) -> Assumptions:
        """From texts such as "3/4" and "D minor".

        Raises:
            BadInputError: not a meter, or not a key.
        """
        return cls(TimeSignature.parse(meter) if meter else None, Key.parse(key) if key else None)

    def to_dict(self) -> dict[str, str]:
        """What is stated, in the form that `parse` reads."""
        return {name: str(value) for name in ("meter", "key") if (value := getattr(self, name)) is not None}


@dataclass(frozen=True)
class Warp:
    """An increasing, piecewise linear map between the user's ticks and the understood score's, straight on beyond its ends.

    Attributes:
        user_ticks: knots on the user's time line, increasing, at least two.
        score_ticks: the same moments on the understood one, increasing.

    >>> half = Warp((0, 480), (480, 720))
    >>> half.to_score(960), half.to_user(960), half.to_user(0)
    (960, 960, -960)
    """

    user_ticks: tuple[int, ...]
    score_ticks: tuple[int, ...]

    @classmethod
    def shift(cls, ticks: int) -> Warp:
        """The map that only moves the beginning."""
        return cls((0, 1), (ticks, ticks + 1))

    def to_score(self, user_tick: float) -> int:
        """Understood tick of a moment in the user's time."""
        return round(self.to_score_exact(user_tick))

    def to_user(self, score_tick: float) -> int:
        """User's tick of a moment in understood time; negative for what lies before the user's tick 0."""
        return round(_along(self.score_ticks, self.user_ticks, score_tick))

    def to_score_exact(self, user_tick: float) -> float:
        """As `to_score`, before rounding."""
        return _along(self.user_ticks, self.score_ticks, user_tick)


def _along(xs: tuple[int, ...], ys: tuple[int, ...], x: float) -> float:
    index = min(max(bisect_right(xs, x) - 1, 0), len(xs) - 2)
    return ys[index] + (x - xs[index]) * (ys[index + 1] - ys[index]) / (xs[index + 1] - xs[index])


@dataclass(frozen=True, slots=True)
class PartSource:
    """Where an understood part comes from.

    Attributes:
        home: index of the user's part to which new notes of this part go: the one that gave it most notes.
        parts: indices of all the user's parts that it holds.
        notes: for each note of the understood part, in its order, the user's notes behind it as (part index, note index);
            several where the grid made them one.
    """

    home: int
    parts: tuple[int, ...]
    notes: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True)
class Understood:
    """A user's piece as the engine works with it.

    Attributes:
        score: the same music on the grid at 480 ticks a quarter in true bars, in its own key, at most 16 sounding parts,
            with key, chords, metres and tempi stated.
        parts: the source of each part of `score`, in its order. Every note of the user's piece is in exactly one.
        warp: from the user's time line to that of `score`.
        timing: "notated" (on the grid as it came), "played" (to the file's own beat), "performed" (beats were estimated).
        notes: remarks for people, one short sentence each.
        states_chords: whether the chords of `score` are those that the user's file states, rather than heard.
    """

    score: Score
    parts: tuple[PartSource, ...]
    warp: Warp
    timing: Timing
    notes: tuple[str, ...]
    states_chords: bool = False

    @property
    def key(self) -> Key | None:
        """The main key; `None` for drums alone."""
        return self.score.key

    @property
    def meter(self) -> TimeSignature:
        """The metre of the first bar."""
        return self.score.bars[0].time_signature

    @property
    def chords(self) -> tuple[ChordSymbol, ...]:
        """The harmony, one or two chords a bar."""
        return self.score.chords

    @cached_property
    def bar_starts(self) -> tuple[int, ...]:
        """Barlines of `score` in its ticks, without the end."""
        return tuple(bar.start_ticks for bar in self.score.bars)

    def bar_of(self, score_tick: int) -> int:
        """0-based bar of a tick of `score`; ticks beyond the end are in the bar after the last."""
        bars = self.score.bars
        return len(bars) if score_tick >= bars[-1].end_ticks else bisect_right(self.bar_starts, score_tick) - 1


@dataclass(frozen=True, slots=True)
class Region:
    """Bars and parts of an understood score: what may be changed.

    Attributes:
        first_bar: 0-based.
        end_bar: the bar after the last, `None` for the end.
        parts: indices of understood parts, `None` for all.

    >>> Region(8, 16, frozenset({1})).contains(1, 8), Region(8, 16).contains(0, 16), NOTHING.contains(0, 0)
    (True, False, False)
    """

    first_bar: int = 0
    end_bar: int | None = None
    parts: frozenset[int] | None = None

    def contains(self, part: int, bar: int) -> bool:
        """Whether a part's bar is inside."""
        inside = self.first_bar <= bar and (self.end_bar is None or bar < self.end_bar)
        return inside and (self.parts is None or part in self.parts)


NOTHING = Region(0, 0)
EVERYTHING = Region()
