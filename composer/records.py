"""Values of JSON records that anybody may have changed: of the right kind and within their range, or refused.

Standard library only. Callers make a `BadInputError` of the `ValueError`, with what the record is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_TEXT = 1_000


def whole(value: object, low: int, high: int) -> int:
    """A whole number from `low` to `high`.

    Raises:
        ValueError: no such number.

    >>> whole(3, 1, 4)
    3
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{_short(value)} is no whole number from {low} to {high}")
    return value


def number(value: object, low: float, high: float) -> float:
    """A number from `low` to `high`.

    Raises:
        ValueError: no such number.

    >>> number(3, 1, 4)
    3.0
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{_short(value)} is no number from {low:g} to {high:g}")
    return float(value)


def text(value: object, longest: int = MAX_TEXT) -> str:
    """A text that can be written to a file.

    Raises:
        ValueError: none, a longer one, or one with halves of characters.

    >>> text("Violin")
    'Violin'
    """
    if not isinstance(value, str) or len(value) > longest or any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise ValueError(f"{_short(value)} is no text of at most {longest} characters")
    return value


def truth(value: object) -> bool:
    """True or false.

    Raises:
        ValueError: neither.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{_short(value)} is neither true nor false")
    return value


def rows(value: object, most: int, least: int = 0) -> list[Any]:
    """A list of `least` to `most` items.

    Raises:
        ValueError: none, or one of another length.
    """
    if not isinstance(value, list | tuple) or not least <= len(value) <= most:
        raise ValueError(f"{_short(value)} is no list of {least} to {most} items")
    return list(value)


def fields(value: object) -> Mapping[str, Any]:
    """An object with fields.

    Raises:
        ValueError: none.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{_short(value)} is no object")
    return value


def _short(value: object) -> str:
    return ascii(value)[:40] if isinstance(value, str | int | float | None) else type(value).__name__
