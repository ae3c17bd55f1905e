"""Chords as text: one per bar, "Dm Gm A7 Dm", or several between barlines, "Dm Gm | A7 |". Knows no plan."""

from __future__ import annotations

import re

from composer.errors import BadInputError
from composer.score import Chord, parse_symbol, symbol_of

Chords = tuple[tuple[Chord | None, ...], ...]
_NUMERAL = re.compile(r"[b#♭♯]?(?:[IV]+|[iv]+)o?(?![a-z])")  # as a roman numeral begins, and no chord symbol


def parse_chords(text: str) -> Chords:
    """Parses chord symbols, one per bar: "Dm Gm A7 Dm"; with barlines one or more per bar: "Dm Gm | A7". "N.C.": no harmony.

    Raises:
        BadInputError: an unknown chord, or a roman numeral.

    >>> [[chord.symbol() for chord in bar] for bar in parse_chords("Dm Gm | A7")]
    [['Dm', 'Gm'], ['A7']]
    """
    if numeral := next(filter(_NUMERAL.match, text.replace("|", " ").split()), None):
        raise BadInputError(
            f"chord {numeral!r} is a roman numeral: write chord symbols such as Dm G7 C, "
            "or a prompt with a key, for example 'ii V I in C major'"
        )
    bars = text.strip().strip("|").split("|") if "|" in text else text.split()
    return tuple(tuple(parse_symbol(symbol) for symbol in bar.split()) for bar in bars)


def write_chords(bars: Chords) -> str:
    """The text that `parse_chords` reads back."""
    texts = [" ".join(map(symbol_of, bar)) for bar in bars]
    return " ".join(texts) if all(len(bar) == 1 for bar in bars) else " | ".join(texts) + " |"
