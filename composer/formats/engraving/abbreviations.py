"""Abbreviated names of players, which a score prints before all systems but the first.

Source: E. Gould, "Behind Bars" (2011), pp. 508-510. Knows names, no notes and no file format.
"""

from __future__ import annotations

import re

from composer.presets import find_instrument, instrument_of, instruments

_MOST_WORDS = 3  # of the name of an instrument
_NUMBER_BACKWARD = re.compile(r"(?:(?:\d+|[IVX]+|\)[^()]*\() )*+")  # what follows the name of a player, read from its end


def abbreviated(name: str, program: int) -> str:
    """The abbreviation of a player's name; the name itself if it has no abbreviation.

    Args:
        name: the printed name, which may end in a number or in parentheses.
        program: General MIDI program, which tells a bass singer from a bass guitar.

    >>> [abbreviated(name, program) for name, program in (("Violin 2", 40), ("Bass", 52), ("Bass", 32), ("Lead guitar", 29))]
    ['Vln. 2', 'B.', 'Bass', 'Lead Gtr.']
    """
    if whole := _short(name, program):
        return _shorter(whole, name)
    found = _NUMBER_BACKWARD.match(name[::-1])
    end = len(name) - (found.end() if found else 0)
    words, number = name[:end].split(" "), name[end:]
    for first in range(max(0, len(words) - _MOST_WORDS), len(words)):
        if short := _short(" ".join(words[first:]), program):
            return _shorter(" ".join([*words[:first], short]) + number, name)
    return name


def _short(name: str, program: int) -> str:
    """The abbreviation in the table of instruments; empty if it has none."""
    family = instrument_of(program).family
    for row in instruments().values():
        if row.family == family and name.lower() in row.parts:
            return row.parts[name.lower()]
    named = find_instrument(name)
    return "" if named is None else named.short


def _shorter(short: str, name: str) -> str:
    return short if len(short) < len(name) else name
