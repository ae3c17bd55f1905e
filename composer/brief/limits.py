"""Limits of a brief: the supported meters and the ranges of its numbers. Knows no names and no presets."""

from __future__ import annotations

import math

from composer.errors import BadInputError
from composer.score import TimeSignature

METERS = (
    "2/4", "3/4", "4/4", "6/8", "9/8", "12/8", "5/4", "7/8", "2/2", "3/8", "5/8", "6/4", "3/2", "11/8", "15/8", "15/16",
)  # fmt: skip
TEMPO_RANGE_QPM = (20.0, 300.0)
BARS_RANGE = (1, 256)
DURATION_RANGE_S = (1.0, 1800.0)
MAX_TEMPO_TRIM = 0.05  # most that a duration changes a given tempo: about what listeners notice (Drake and Botte 1993)
MAX_SEED = 2**63 - 1


def counted(number: int, singular: str, plural: str) -> str:
    """A number with the noun that agrees with it.

    >>> counted(1, "bar", "bars"), counted(2, "bar is", "bars are")
    ('1 bar', '2 bars are')
    """
    return f"{number} {singular if number == 1 else plural}"


def checked_number(option: str, value: object, limits: tuple[float, float]) -> float | int:
    """The number within the limits of an option; a whole one if both limits are whole.

    Raises:
        BadInputError: not a number, or out of range.
    """
    low, high = limits
    whole = isinstance(low, int)
    number = float("nan") if isinstance(value, bool) or not isinstance(value, int | float) else value
    if whole and isinstance(number, float) and number.is_integer():
        number = int(number)
    if not low <= number <= high or (whole and not isinstance(number, int)):
        bounds = f"a whole number from {low} to {high}" if whole else f"a number from {low:g} to {high:g}"
        fault = _fault_of(value, limits) if isinstance(value, str) else "out of range"
        raise BadInputError(f"{option.replace('_', '-')} {value!r} is {fault}: give {bounds}")
    return number if whole else float(number)


def _fault_of(text: str, limits: tuple[float, float]) -> str:
    """What is wrong with a text in the place of a number within limits."""
    try:
        number = float(text)
    except ValueError:
        return "not a number"
    is_within = limits[0] <= number <= limits[1] and (number.is_integer() or not isinstance(limits[0], int))
    return "a text" if is_within else "out of range"


def checked_weight(name: str, weight: object) -> float:
    """The weight of a style.

    Raises:
        BadInputError: not a number above 0.
    """
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < math.inf:
        raise BadInputError(
            f"weight {weight!r} of style {name!r} is out of range: give a number above 0, for example {name}:0.5"
        )
    return float(weight)


def tempo_for(bars: int, duration_s: float, meter: TimeSignature) -> float:
    """Quarter notes per minute at which `bars` bars last `duration_s` seconds.

    >>> tempo_for(30, 60.0, TimeSignature(0, 4, 4))
    120.0
    """
    quarters = bars * 4 * meter.numerator / meter.denominator
    return quarters * 60.0 / duration_s
