"""How much is drawn for a piece, of which the best is kept: the values of the option `quality`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quality:
    """What is drawn at one quality.

    Attributes:
        harmonies: plans of chords, of which the best is kept.
        melodies: melodies over the harmony; the best are written out.
        outlines: outlines of an arranged piece, which the network compares; 1 is not read.
        candidates: pieces in a style that the network writes, of which the critic keeps the best.
    """

    harmonies: int
    melodies: int
    outlines: int
    candidates: int


NORMAL = "normal"
# What each costs: `python -m benchmarks cold --qualities`.
QUALITIES = {
    "draft": Quality(harmonies=4, melodies=6, outlines=1, candidates=1),
    NORMAL: Quality(harmonies=16, melodies=12, outlines=6, candidates=1),
    "high": Quality(harmonies=48, melodies=96, outlines=16, candidates=4),
}
