"""Places of a piece as users write them in curves: "@50%", "@12s", "@1:05", "@bar 9", "@start", "@end". Knows no plan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from composer.errors import BadInputError

Unit = Literal["%", "s", "bar"]

_PLACE = re.compile(
    r"(?:(?P<word>start|end)|bar\s*(?P<bar>\d{1,6})|(?P<minutes>\d{1,6}):(?P<seconds>\d{1,2}(?:\.\d+)?)"
    r"|(?P<number>\d{1,6}(?:\.\d+)?)\s*(?P<unit>%|s(?:ec)?\b)?)(?=[\s,;]|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place.

    Attributes:
        at: per cent of the piece, seconds, or a bar counted from 1.
        unit: what `at` counts.
    """

    at: float
    unit: Unit

    def __str__(self) -> str:
        number = repr(self.at).removesuffix(".0")
        return f"bar {number}" if self.unit == "bar" else f"{number}{self.unit}"


def labels_at(text: str, what: str, example: str) -> Iterator[tuple[str, Place]]:
    """What a curve says, and where, in order: "calm@0 tense@50%".

    Args:
        text: the curve.
        what: what its labels are, for messages.
        example: a curve, for messages.

    Raises:
        BadInputError: a label without a place, or an unknown place.

    >>> [(label, str(place)) for label, place in labels_at("60@0, 90@bar 9", "tempo", "")]
    [('60', '0%'), ('90', 'bar 9')]
    """
    rest = text.strip()
    while rest:
        label, at, after = rest.partition("@")
        match = _PLACE.match(after.lstrip())
        if not at or not match:
            raise BadInputError(f"{what} curve {text!r} is not understood at {rest!r}: write {what}@place, as in {example!r}")
        yield label, _place(match)
        rest = after.lstrip()[match.end() :].lstrip(" ,;\t")


def check_order(places: Sequence[Place], what: str) -> None:
    """Checks that places of one unit are in order; two may be the same, which is a sudden change.

    Raises:
        BadInputError: they are not.
    """
    for before, after in pairwise(places):
        if before.unit == after.unit and before.at > after.at:
            raise BadInputError(f"{what} curve goes back from {before} to {after}: give its points in order of time")


def seconds_of(text: str) -> float | None:
    """A span of time in seconds; `None` if the text has no unit or is none.

    >>> seconds_of("1:15"), seconds_of("75s"), seconds_of("75"), seconds_of("1:75")
    (75.0, 75.0, None, None)
    """
    match = _PLACE.fullmatch(text.strip())
    if not match or match["unit"] == "%" or not (match["minutes"] or match["unit"]):
        return None
    return None if float(match["seconds"] or 0) >= 60 else _place(match).at


def _place(match: re.Match[str]) -> Place:
    if match["word"]:
        return Place(0.0 if match["word"].lower() == "start" else 100.0, "%")
    if match["bar"]:
        if int(match["bar"]) < 1:
            raise BadInputError(f"place {match[0]!r} is out of range: bars count from 1")
        return Place(float(match["bar"]), "bar")
    if match["minutes"]:
        return Place(60.0 * int(match["minutes"]) + float(match["seconds"]), "s")
    number, unit = float(match["number"]), (match["unit"] or "").lower()
    if not unit and number:
        raise BadInputError(f"place @{match[0]} has no unit: write @{match[0]}%, @{match[0]}s or @bar {number:.0f}")
    if not unit.startswith("s") and number > 100:
        raise BadInputError(f"place @{match[0]} is out of range: give 0% to 100%")
    return Place(number, "s" if unit.startswith("s") else "%")
