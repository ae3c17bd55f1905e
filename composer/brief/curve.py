"""The mood curve of a brief: moods at given positions of the piece, interpolated linearly between them.

    calm@0 tense@50% triumphant@100%        shares of the piece
    sad@bar 1, 0.6,0.4@bar 17               bars, counted from 1; a mood as valence,arousal
    calm@0 tense@12s calm@end               seconds
    calm@0 calm@30s tense@30s tense@end     a sudden change: the same place twice

Knows tags and numbers; `composer.plan` finds the positions in a piece.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from composer.brief.places import Place, check_order, labels_at
from composer.controls import Mood
from composer.errors import BadInputError
from composer.presets import moods, resolve_mood

EXAMPLE = "calm@0 tense@50% triumphant@100%"

_NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)"  # one way to match each number: no backtracking
_NUMBERS = re.compile(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*")


@dataclass(frozen=True, slots=True)
class MoodPoint:
    """A mood at a place.

    Attributes:
        tag: name of the mood tag, or empty where numbers were given.
        mood: valence and arousal, each -1..1.
        place: where it holds.
    """

    tag: str
    mood: Mood
    place: Place

    def __str__(self) -> str:
        label = self.tag or f"{self.mood.valence!r},{self.mood.arousal!r}"
        return f"{label}@{self.place}"


def parse_curve(text: str) -> tuple[MoodPoint, ...]:
    """Parses a mood curve.

    Raises:
        BadInputError: a point without a place, an unknown mood or place, fewer than two points, or places out of order.

    >>> [str(point) for point in parse_curve("calm@0 tense@50%, 0.5,-1@end")]
    ['calm@0%', 'tense@50%', '0.5,-1.0@100%']
    """
    return checked_curve(tuple(_point(label, place) for label, place in labels_at(text, "mood", EXAMPLE)))


def checked_curve(points: tuple[MoodPoint, ...]) -> tuple[MoodPoint, ...]:
    """The points of a curve, checked.

    Raises:
        BadInputError: as `parse_curve`.
    """
    if len(points) < 2:
        raise BadInputError(f"a mood curve needs two points or more: write for example {EXAMPLE!r}, or use --mood")
    check_order([point.place for point in points], "mood")
    return points


def _point(label: str, place: Place) -> MoodPoint:
    if numbers := _NUMBERS.fullmatch(label):
        mood = Mood(float(numbers[1]), float(numbers[2]))
        if not (-1 <= mood.valence <= 1 and -1 <= mood.arousal <= 1):
            raise BadInputError(f"mood {label.strip()!r} is out of range: give valence,arousal from -1 to 1 each")
        return MoodPoint("", mood, place)
    tag = resolve_mood(label.strip()).name
    return MoodPoint(tag, Mood(moods()[tag].valence, moods()[tag].arousal), place)
