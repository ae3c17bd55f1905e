"""Lengths of phrases: those of human music in the style, drawn so that they fill a section exactly."""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from composer.controls import PHRASE_BARS
from composer.plan.sections import CODA, Section

_SHORTEST, _LONGEST = 2, 8
_SHARPER = 1.6  # exponent of the shares: estimated lengths of phrases scatter more than the real ones
_SMALLEST_SECTION = 3
_MOVED = (1, 2)  # bars that one section may give to another


@cache
def _table() -> Mapping[str, tuple[float, ...]]:
    content = tomllib.loads((files("composer.plan") / "phrase_lengths.toml").read_text(encoding="utf-8"))
    return {style: tuple(share**_SHARPER for share in row) for style, row in content.items()}


def shares_of(styles: Sequence[str]) -> tuple[float, ...]:
    """Weights of phrases of 2 to 8 bars in the first style that has a row; empty if none has."""
    return next((_table()[style] for style in styles if style in _table()), ())


def phrases_in(bars: int, styles: Sequence[str], chance: random.Random) -> list[int]:
    """Lengths of the phrases of a section, which add up to its bars: a phrase of two bars only at its end.

    >>> sum(phrases_in(13, ["mazurka"], random.Random(1))), phrases_in(12, ["unknown"], random.Random(1))
    (13, [4, 4, 4])
    """
    shares = shares_of(styles)
    if not shares or bars <= _SMALLEST_SECTION:
        full = max(1, bars // PHRASE_BARS)
        return [*[PHRASE_BARS] * (full - 1), bars - PHRASE_BARS * (full - 1)]
    lengths: list[int] = []
    while (left := bars - sum(lengths)) > 0:
        options = [n for n in range(_SHORTEST, _LONGEST + 1) if n <= left and _weight(left - n, shares)]
        least = _SHORTEST + 1 if lengths or bars < 2 * PHRASE_BARS else PHRASE_BARS  # a theme has four bars at least
        options = [n for n in options if n >= least or n == left] or [left]
        lengths += chance.choices(options, [shares[n - _SHORTEST] * _weight(left - n, shares) for n in options])
    return lengths


def stretched(sections: Sequence[Section], styles: Sequence[str], chance: random.Random) -> tuple[Section, ...]:
    """Sections of which one may have given a bar or two to another, so that they are not all of four or eight bars.

    How often it happens and to which sections follows the style's phrase lengths; the bars of the piece stay.
    """
    shares, sizes = shares_of(styles), [section.bars for section in sections]
    options, weights = [sizes], [1.0]
    for gains in range(len(sizes) if shares else 0):
        for loses in range(len(sizes)):
            for bars in _MOVED if gains != loses and sections[gains].name != CODA else ():
                moved = list(sizes)
                moved[gains] += bars
                moved[loses] -= bars
                if moved[loses] >= _SMALLEST_SECTION:
                    options.append(moved)
                    changed = [(moved[index], sizes[index]) for index in (gains, loses)]
                    weights.append(math.prod(_weight(new, shares) / max(1e-9, _weight(old, shares)) for new, old in changed))
    chosen = chance.choices(options, weights)[0]
    starts = [sum(chosen[:index]) for index in range(len(chosen))]
    return tuple(Section(s.name, start, size) for s, start, size in zip(sections, starts, chosen, strict=True))


def _weight(bars: int, shares: tuple[float, ...]) -> float:
    """Weight of all ways to divide some bars into phrases; long spans count as their last bars do."""
    return _ways(min(bars, 2 * _LONGEST + bars % PHRASE_BARS), shares)


@cache
def _ways(bars: int, shares: tuple[float, ...]) -> float:
    if bars == 0:
        return 1.0
    return sum(shares[n - _SHORTEST] * _ways(bars - n, shares) for n in range(_SHORTEST, min(_LONGEST, bars) + 1))
