"""Parts by the names and numbers that users give them."""

from __future__ import annotations

from collections.abc import Sequence

from composer.errors import BadInputError
from composer.presets import fold, instrument_of, resolve_instrument
from composer.score import Part


def find_parts(parts: Sequence[Part], wanted: Sequence[str]) -> tuple[int, ...]:
    """Indices of the parts that are named: by number (from 1), name, or instrument ("violin 2": the second violin).

    Raises:
        BadInputError: no such part.

    >>> quartet = [Part("Violin I", 40), Part("Violin II", 40), Part("", 41), Part("Cello", 42)]
    >>> find_parts(quartet, ["violin 2", "viola", "4"])
    (1, 2, 3)
    """
    return tuple(sorted({index for text in wanted for index in _matching(parts, text)}))


def _matching(parts: Sequence[Part], text: str) -> list[int]:
    if text.strip().isdecimal() and 1 <= int(text) <= len(parts):
        return [int(text) - 1]
    folded = fold(text)
    named = [index for index, part in enumerate(parts) if fold(part.name) == folded]
    if named:
        return named
    stem, _, number = folded.rpartition("-")
    is_numbered = bool(stem) and number.isdecimal()
    playing = _players(parts, stem if is_numbered else folded)
    if is_numbered:
        playing = playing[int(number) - 1 : int(number)] if int(number) else []
    if playing:
        return playing
    known = ", ".join(f"{index + 1} {part.name or _title(part)}" for index, part in enumerate(parts))
    raise BadInputError(f"part {text!r} is not in the piece: it has {known}")


def _players(parts: Sequence[Part], name: str) -> list[int]:
    if name in ("drums", "drum", "percussion"):
        return [index for index, part in enumerate(parts) if part.is_drum]
    try:
        program = resolve_instrument(name).program
    except BadInputError:
        return []
    return [index for index, part in enumerate(parts) if not part.is_drum and part.program == program]


def _title(part: Part) -> str:
    if part.is_drum:
        return "Drums"
    return instrument_of(part.program).title
