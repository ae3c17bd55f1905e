"""The result of understanding a user's piece: the normal score, the origin of each note, and the time warp.

Only data and lookups; the sibling modules compute it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from composer.score import ChordSymbol, Key, Marker, Score, TimeSignature

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
    """An increasing, piecewise linear map between the user's and the understood score's ticks, extrapolated at its ends.

    Attributes:
        user_ticks: knots on the user's timeline, increasing, at least two.
        score_ticks: the same moments on the understood timeline, increasing.

    >>> half = Warp((0, 480), (480, 720))
    >>> half.to_score(960), half.to_user(960), half.to_user(0)
    (960, 960, -960)
    """

    user_ticks: tuple[int, ...]
    score_ticks: tuple[int, ...]

    @classmethod
    def shift(cls, ticks: int) -> Warp:
        """The map that only shifts time."""
        return cls((0, 1), (ticks, ticks + 1))

    def to_score(self, user_tick: float) -> int:
        """Understood tick of a moment in user time."""
        return round(self.to_score_exact(user_tick))

    def to_user(self, score_tick: float) -> int:
        """User tick of a moment in understood time; negative before the user's tick 0."""
        return round(_along(self.score_ticks, self.user_ticks, score_tick))

    def to_score_exact(self, user_tick: float) -> float:
        """Like `to_score`, before rounding."""
        return _along(self.user_ticks, self.score_ticks, user_tick)


def _along(xs: tuple[int, ...], ys: tuple[int, ...], x: float) -> float:
    index = min(max(bisect_right(xs, x) - 1, 0), len(xs) - 2)
    return ys[index] + (x - xs[index]) * (ys[index + 1] - ys[index]) / (xs[index + 1] - xs[index])


@dataclass(frozen=True, slots=True)
class PartSource:
    """The origin of an understood part.

    Attributes:
        home: index of the user's part that receives new notes, the one with most notes.
        parts: indices of all user parts that it contains.
        notes: for each note of the understood part, in order, the user's notes behind it as (part index, note index);
            several if quantization merged them.
    """

    home: int
    parts: tuple[int, ...]
    notes: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True)
class Understood:
    """A user's piece in the form that the engine works with.

    Attributes:
        score: the same music quantized to 480 ticks per quarter in full bars, in its key, with at most 16 sounding parts, and
            with key, chords, meters and tempos.
        parts: the origin of each part of `score`, in order. Every user note is in exactly one.
        warp: from the user's timeline to that of `score`.
        timing: "notated" (on the grid), "played" (to the file's beat), "performed" (with estimated beats).
        notes: messages to the user, one short sentence each.
        states_chords: whether the chords of `score` are stated in the user's file rather than estimated.
        markers: the user's markers in the time of `score`, which has none.
    """

    score: Score
    parts: tuple[PartSource, ...]
    warp: Warp
    timing: Timing
    notes: tuple[str, ...]
    states_chords: bool = False
    markers: tuple[Marker, ...] = ()

    @property
    def key(self) -> Key | None:
        """The main key; `None` for drums only."""
        return self.score.key

    @property
    def meter(self) -> TimeSignature:
        """The meter of the first bar."""
        return self.score.bars[0].time_signature

    @property
    def chords(self) -> tuple[ChordSymbol, ...]:
        """The harmony, one or two chords per bar."""
        return self.score.chords

    @cached_property
    def bar_starts(self) -> tuple[int, ...]:
        """Barlines of `score` in its ticks, excluding the end."""
        return tuple(bar.start_ticks for bar in self.score.bars)

    def bar_of(self, score_tick: int) -> int:
        """0-based bar of a tick of `score`; the number of bars for ticks beyond the end."""
        bars = self.score.bars
        return len(bars) if score_tick >= bars[-1].end_ticks else bisect_right(self.bar_starts, score_tick) - 1


@dataclass(frozen=True, slots=True)
class Region:
    """Bars and parts of an understood score that may be changed.

    Attributes:
        first_bar: 0-based.
        end_bar: the bar after the last, or `None` for the end.
        parts: indices of understood parts, or `None` for all.

    >>> Region(8, 16, frozenset({1})).contains(1, 8), Region(8, 16).contains(0, 16), NOTHING.contains(0, 0)
    (True, False, False)
    """

    first_bar: int = 0
    end_bar: int | None = None
    parts: frozenset[int] | None = None

    def contains(self, part: int, bar: int) -> bool:
        """Whether the region includes a part's bar."""
        inside = self.first_bar <= bar and (self.end_bar is None or bar < self.end_bar)
        return inside and (self.parts is None or part in self.parts)


NOTHING = Region(0, 0)
EVERYTHING = Region()
