"""Tempi that change within a piece, as a brief gives them: a curve, or the tempo of a section.

    72@0 132@end                  quarter notes per minute, from 72 at the start to 132 at the end
    100%@bar 25 60%@end           shares of the piece's tempo: slower from bar 25 on
    60@0 60@bar 9 120@bar 9       a sudden change: the same place twice

Between two points the tempo changes evenly. Knows numbers; `composer.plan` finds the places in a piece.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from composer.brief.limits import TEMPO_RANGE_QPM
from composer.brief.places import Place, check_order, labels_at
from composer.errors import BadInputError

EXAMPLE = "100%@0 140%@end"
SHARE_RANGE = (0.25, 4.0)  # of the tempo of the piece
_PACE = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*(%?)")


@dataclass(frozen=True, slots=True)
class Pace:
    """A tempo.

    Attributes:
        value: quarter notes per minute, or a share of the piece's tempo, 1 for all of it.
        is_share: which of the two.
    """

    value: float
    is_share: bool

    def __str__(self) -> str:
        return f"{round(100 * self.value, 6):g}%" if self.is_share else f"{self.value:g}"

    def qpm(self, base_qpm: float) -> float:
        """Quarter notes per minute in a piece of a tempo."""
        return self.value * base_qpm if self.is_share else self.value


@dataclass(frozen=True, slots=True)
class TempoPoint:
    """A tempo at a place."""

    pace: Pace
    place: Place

    def __str__(self) -> str:
        return f"{self.pace}@{self.place}"


def parse_pace(text: str) -> Pace:
    """Parses a tempo in quarter notes per minute, or in per cent of the piece's.

    Raises:
        BadInputError: neither, or out of range.

    >>> parse_pace("72"), parse_pace("80%")
    (Pace(value=72.0, is_share=False), Pace(value=0.8, is_share=True))
    """
    match = _PACE.fullmatch(text.strip())
    if not match:
        raise BadInputError(f"tempo {text.strip()!r} is not understood: write quarter notes per minute, or per cent, as in 80%")
    pace = Pace(float(match[1]) / 100, True) if match[2] else Pace(float(match[1]), False)
    low, high = SHARE_RANGE if pace.is_share else TEMPO_RANGE_QPM
    if not low <= pace.value <= high:
        bounds = f"{100 * low:g}% to {100 * high:g}%" if pace.is_share else f"{low:g} to {high:g}"
        raise BadInputError(f"tempo {pace} is out of range: give {bounds}")
    return pace


def parse_tempo_curve(text: str) -> tuple[TempoPoint, ...]:
    """Parses a tempo curve.

    Raises:
        BadInputError: a point without a place, a tempo out of range, fewer than two points, places out of order, or tempi of
            both kinds.

    >>> [str(point) for point in parse_tempo_curve("72@start, 132 @ 80%")]
    ['72@0%', '132@80%']
    """
    return checked_tempo_curve(tuple(TempoPoint(parse_pace(label), at) for label, at in labels_at(text, "tempo", EXAMPLE)))


def checked_tempo_curve(points: tuple[TempoPoint, ...]) -> tuple[TempoPoint, ...]:
    """The points of a curve, checked.

    Raises:
        BadInputError: as `parse_tempo_curve`.
    """
    if len(points) < 2:
        raise BadInputError(f"a tempo curve needs two points or more: write for example {EXAMPLE!r}, or use --tempo")
    check_order([point.place for point in points], "tempo")
    if len({point.pace.is_share for point in points}) > 1:
        raise BadInputError(
            f"tempo curve {' '.join(map(str, points))!r} mixes numbers and per cent: write all as in '72@0 132@end', or as in "
            f"{EXAMPLE!r}"
        )
    return points
