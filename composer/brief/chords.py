"""Chords as text: one per bar, "Dm Gm A7 Dm", or several between barlines, "Dm Gm | A7 |". Knows no plan."""

from __future__ import annotations

from composer.score import Chord, parse_symbol, symbol_of

Chords = tuple[tuple[Chord | None, ...], ...]


def parse_chords(text: str) -> Chords:
    """Parses chord symbols, one per bar: "Dm Gm A7 Dm"; with barlines one or more per bar: "Dm Gm | A7". "N.C.": no harmony.

    Raises:
        BadInputError: an unknown chord.

    >>> [[chord.symbol() for chord in bar] for bar in parse_chords("Dm Gm | A7")]
    [['Dm', 'Gm'], ['A7']]
    """
    bars = text.strip().strip("|").split("|") if "|" in text else text.split()
    return tuple(tuple(parse_symbol(symbol) for symbol in bar.split()) for bar in bars)


def write_chords(bars: Chords) -> str:
    """The text that `parse_chords` reads back."""
    texts = [" ".join(map(symbol_of, bar)) for bar in bars]
    return " ".join(texts) if all(len(bar) == 1 for bar in bars) else " | ".join(texts) + " |"
