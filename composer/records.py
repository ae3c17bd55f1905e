"""Validates values of JSON records that may have been edited: each has the right type and range, or is rejected.

Standard library only. Callers turn the `ValueError` into a `BadInputError` that says what the record is.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

MAX_TEXT = 1_000


def whole(value: object, low: int, high: int) -> int:
    """A whole number from `low` to `high`.

    Raises:
        ValueError: not a whole number in the range.

    >>> whole(3, 1, 4)
    3
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{_short(value)} is not a whole number from {low} to {high}")
    return value


def number(value: object, low: float, high: float) -> float:
    """A number from `low` to `high`.

    Raises:
        ValueError: not a number in the range.

    >>> number(3, 1, 4)
    3.0
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{_short(value)} is not a number from {low:g} to {high:g}")
    return float(value)


def is_surrogate(character: str) -> bool:
    r"""Whether a character is half of a surrogate pair, which no file in UTF-8 holds.

    >>> is_surrogate("\ud83c"), is_surrogate("é")
    (True, False)
    """
    return 0xD800 <= ord(character) <= 0xDFFF


def single_line(value: str) -> str:
    r"""A text on one line: control characters and runs of spaces become one space, none at the ends.

    >>> single_line("Violin\n1 \0")
    'Violin 1'
    """
    return " ".join("".join(" " if unicodedata.category(character) == "Cc" else character for character in value).split())


def text(value: object, longest: int = MAX_TEXT) -> str:
    """A text that can be written to a file.

    Raises:
        ValueError: not a text, too long, or with lone surrogates.

    >>> text("Violin")
    'Violin'
    """
    if not isinstance(value, str) or len(value) > longest or any(map(is_surrogate, value)):
        raise ValueError(f"{_short(value)} is not a text of at most {longest} characters")
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
        ValueError: not a list, or of another length.
    """
    if not isinstance(value, list | tuple) or not least <= len(value) <= most:
        raise ValueError(f"{_short(value)} is not a list of {least} to {most} items")
    return list(value)


def fields(value: object) -> Mapping[str, Any]:
    """An object with fields.

    Raises:
        ValueError: not an object.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{_short(value)} is not an object")
    return value


def kind_of(value: object) -> str:
    """What a value of JSON is, for messages.

    >>> kind_of(None), kind_of(True), kind_of({"bars": 4})
    ('null', 'true', 'an object')
    """
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    kinds = {str: "a text", int: "a number", float: "a number", list: "a list", tuple: "a list", Mapping: "an object"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "another value")


def reason(error: Exception) -> str:
    """Why a record cannot be read, without the names of Python's errors; messages of its checks are given as they are.

    >>> reason(KeyError("bars")), reason(TypeError("'NoneType' object is not iterable")), reason(ValueError("8 is not a text"))
    ("'bars' is missing", 'a value of another kind', '8 is not a text')
    """
    if isinstance(error, OSError):
        return error.strerror or "it cannot be read"
    if isinstance(error, json.JSONDecodeError):
        return f"broken at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return "not a text in UTF-8"
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    if isinstance(error, RecursionError):
        return "too many levels"
    return "a value of another kind" if isinstance(error, AttributeError | IndexError | TypeError) else str(error)


def _short(value: object) -> str:
    return ascii(value)[:40] if isinstance(value, str | int | float) and not isinstance(value, bool) else kind_of(value)
