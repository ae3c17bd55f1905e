"""How many versions of a piece are drawn to keep the best of: the values of the option `quality`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quality:
    """What is drawn at one quality.

    Attributes:
        harmonies: number of plans of chords, of which the best is kept.
        melodies: number of melodies over the harmony, of which the best is kept.
        candidates: number of whole pieces, of which the critic keeps the best.
    """

    harmonies: int
    melodies: int
    candidates: int


NORMAL = "normal"
# What each costs: `python -m benchmarks cold --qualities`.
QUALITIES = {
    "draft": Quality(harmonies=2, melodies=2, candidates=1),
    NORMAL: Quality(harmonies=16, melodies=12, candidates=1),
    "high": Quality(harmonies=16, melodies=12, candidates=8),
}
