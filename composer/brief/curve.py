"""The mood curve of a brief: moods at given positions of the piece, interpolated linearly between them.

    calm@0 tense@50% triumphant@100%        shares of the piece
    sad@bar 1, 0.6,0.4@bar 17               bars, counted from 1; a mood as valence,arousal
    calm@0 tense@12s calm@end               seconds

Knows tags and numbers; `composer.plan` finds the positions in a piece.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from composer.controls import Mood
from composer.errors import BadInputError
from composer.presets import moods, resolve_mood

Unit = Literal["%", "s", "bar"]
EXAMPLE = "calm@0 tense@50% triumphant@100%"

_PLACE = re.compile(
    r"(?:(?P<word>start|end)|bar\s*(?P<bar>\d{1,6})|(?P<minutes>\d{1,6}):(?P<seconds>\d{1,2}(?:\.\d+)?)"
    r"|(?P<number>\d{1,6}(?:\.\d+)?)\s*(?P<unit>%|s(?:ec)?\b)?)(?=[\s,;]|$)",
    re.IGNORECASE,
)
_NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)"  # one way to match each number: no backtracking
_NUMBERS = re.compile(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*")


@dataclass(frozen=True, slots=True)
class MoodPoint:
    """A mood at a place.

    Attributes:
        tag: name of the mood tag, or empty where numbers were given.
        mood: valence and arousal, each -1..1.
        at: the place: per cent of the piece, seconds, or a bar counted from 1.
        unit: what `at` counts.
    """

    tag: str
    mood: Mood
    at: float
    unit: Unit

    def __str__(self) -> str:
        label = self.tag or f"{self.mood.valence!r},{self.mood.arousal!r}"
        return f"{label}@{self.place}"

    @property
    def place(self) -> str:
        """The place as a user writes it."""
        number = repr(self.at).removesuffix(".0")
        return f"bar {number}" if self.unit == "bar" else f"{number}{self.unit}"


def parse_curve(text: str) -> tuple[MoodPoint, ...]:
    """Parses a mood curve.

    Raises:
        BadInputError: a point without a place, an unknown mood or place, fewer than two points, or places out of order.

    >>> [str(point) for point in parse_curve("calm@0 tense@50%, 0.5,-1@end")]
    ['calm@0%', 'tense@50%', '0.5,-1.0@100%']
    """
    points: list[MoodPoint] = []
    rest = text.strip()
    while rest:
        label, at, after = rest.partition("@")
        match = _PLACE.match(after.lstrip())
        if not at or not match:
            raise BadInputError(f"mood curve {text!r} is not understood at {rest!r}: write mood@place, as in {EXAMPLE!r}")
        points.append(_point(label, match))
        rest = after.lstrip()[match.end() :].lstrip(" ,;\t")
    return checked_curve(tuple(points))


def checked_curve(points: tuple[MoodPoint, ...]) -> tuple[MoodPoint, ...]:
    """The points of a curve, checked.

    Raises:
        BadInputError: as `parse_curve`.
    """
    if len(points) < 2:
        raise BadInputError(f"a mood curve needs two points or more: write for example {EXAMPLE!r}, or use --mood")
    for before, after in pairwise(points):
        if before.unit == after.unit and before.at >= after.at:
            raise BadInputError(f"mood curve goes back from {before.place} to {after.place}: give its points in order of time")
    return points


def _point(label: str, match: re.Match[str]) -> MoodPoint:
    at, unit = _place(match)
    if numbers := _NUMBERS.fullmatch(label):
        mood = Mood(float(numbers[1]), float(numbers[2]))
        if not (-1 <= mood.valence <= 1 and -1 <= mood.arousal <= 1):
            raise BadInputError(f"mood {label.strip()!r} is out of range: give valence,arousal from -1 to 1 each")
        return MoodPoint("", mood, at, unit)
    tag = resolve_mood(label.strip()).name
    return MoodPoint(tag, Mood(moods()[tag].valence, moods()[tag].arousal), at, unit)


def _place(match: re.Match[str]) -> tuple[float, Unit]:
    if match["word"]:
        return (0.0 if match["word"].lower() == "start" else 100.0), "%"
    if match["bar"]:
        if int(match["bar"]) < 1:
            raise BadInputError(f"place {match[0]!r} is out of range: bars count from 1")
        return float(match["bar"]), "bar"
    if match["minutes"]:
        return 60.0 * int(match["minutes"]) + float(match["seconds"]), "s"
    number, unit = float(match["number"]), (match["unit"] or "").lower()
    if not unit and number:
        raise BadInputError(f"place @{match[0]} has no unit: write @{match[0]}%, @{match[0]}s or @bar {number:.0f}")
    if unit != "s" and not unit.startswith("s") and number > 100:
        raise BadInputError(f"place @{match[0]} is out of range: give 0% to 100%")
    return number, "s" if unit.startswith("s") else "%"
