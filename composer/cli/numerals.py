"""Numbers of options: other text is a usage error, a number out of range bad input; both name value and range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer

from composer.errors import BadInputError

N = TypeVar("N", int, float)
_SHOWN = 40  # characters of a value


def within(name: str, kind: type[N], low: N | None = None, high: N | None = None) -> Callable[[Any], N]:
    """Reads the number of an option, for `typer.Option(parser=...)`.

    Args:
        name: what errors call the number.
        kind: int or float.
        low: the least value, if there is one.
        high: the greatest value, if there is one; only with `low`. Without `low`, the command checks the range.

    >>> within("size", int, 1, 8)("7")
    7
    """
    what = "a whole number" if kind is int else "a number"
    span = "" if low is None else f" of {low:,} or more" if high is None else f" from {low:,} to {high:,}"

    def read(text: Any) -> N:
        shown, remedy = f"{name} {str(text)[:_SHOWN]!r}", f"give {what}{span}"
        try:
            value = kind(text)
        except ValueError:
            fault = "out of range" if str(text).isdecimal() else f"not {what}"  # Python reads no number of thousands of digits
            raise typer.BadParameter(f"{shown} is {fault}: {remedy}.") from None
        if value != value or (low is not None and value < low) or (high is not None and value > high):
            raise BadInputError(f"{shown} is out of range: {remedy}")
        return value

    return read
