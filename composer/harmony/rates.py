"""How often each style uses the idioms of common-practice harmony: the rows of `idioms.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Rates:
    """How often a style uses each idiom; shares of its bars, chords or closes.

    Attributes:
        two: bars with two chords.
        applied: chords that are applied dominants.
        dim7: chords that are diminished sevenths.
        borrowed: chords of pieces in major that come from the parallel minor, or are Neapolitans.
        sixth: half cadences prepared by an augmented sixth.
        opened: half cadences prepared by the dominant of the dominant.
        sequence: phrases with a chain of falling fifths.
        pedal: phrases that begin over a held tonic.
        six_four: cadences with a six-four before the dominant.
        related: inner cadences in another key.
        deceptive: inner cadences that are deceptive.
        theme: pieces whose first four bars have tonics and dominants only.
    """

    two: float = 0.7
    applied: float = 0.0
    dim7: float = 0.0
    borrowed: float = 0.0
    sixth: float = 0.0
    opened: float = 0.0
    sequence: float = 0.0
    pedal: float = 0.0
    six_four: float = 0.1
    related: float = 0.0
    deceptive: float = 0.05
    theme: float = 0.0


@cache
def rate_rows() -> dict[str, Rates]:
    """Rates by style."""
    content = tomllib.loads((files("composer.harmony") / "idioms.toml").read_text(encoding="utf-8"))
    return {style: Rates(**row) for style, row in content.items()}


def rates_of(styles: Sequence[str]) -> Rates | None:
    """The rates of the first style that has a row."""
    return next((rate_rows()[style] for style in styles if style in rate_rows()), None)
