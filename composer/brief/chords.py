"""Chords as text: one per bar, "Dm Gm A7 Dm" or "ii V I", or several between barlines, "Dm Gm | A7 |". Knows no plan."""

from __future__ import annotations

import re

from composer.brief.degrees import Degree
from composer.score import Chord, Key, parse_symbol, symbol_of

Chords = tuple[tuple[Chord | None, ...], ...]
_DASH = re.compile(r" ?[-–—,] ?(?=[b#♭♯]?[IViv])")  # between numerals, "ii-V-I"; before a figure it is a minor chord, "II-7"


def parse_chords(text: str) -> Chords:
    """Parses chord symbols, one per bar: "Dm Gm A7 Dm"; with barlines one or more per bar: "Dm Gm | A7". "N.C.": no harmony.

    A Roman numeral is a `Degree`, which `chords_in_key` replaces.

    Raises:
        BadInputError: an unknown chord.

    >>> [[chord.symbol() for chord in bar] for bar in parse_chords("Dm Gm | A7")]
    [['Dm', 'Gm'], ['A7']]
    >>> write_chords(chords_in_key(parse_chords("ii7-V7-Imaj7 G"), Key.parse("C major")))
    'Dm7 G7 Cmaj7 G'
    """
    text = _DASH.sub(" ", " ".join(text.split()))
    bars = text.strip().strip("|").split("|") if "|" in text else text.split()
    return tuple(tuple(Degree.read(symbol) or parse_symbol(symbol) for symbol in bar.split()) for bar in bars)


def write_chords(bars: Chords, key: Key | None = None) -> str:
    """The text that `parse_chords` reads back, spelled for a key."""
    texts = [" ".join(symbol_of(chord, key) for chord in bar) for bar in bars]
    return " ".join(texts) if all(len(bar) == 1 for bar in bars) else " | ".join(texts) + " |"


def has_numerals(text: str) -> bool:
    """Whether chords as `parse_chords` takes them have Roman numerals.

    Raises:
        BadInputError: an unknown chord.
    """
    return any(isinstance(chord, Degree) for bar in parse_chords(text) for chord in bar)


def chords_in_key(bars: Chords, key: Key) -> Chords:
    """The chords with a key's chords in place of Roman numerals."""
    return tuple(tuple(chord.in_key(key) if isinstance(chord, Degree) else chord for chord in bar) for bar in bars)
