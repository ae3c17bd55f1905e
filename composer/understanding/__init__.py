"""Converts user input to the form that the engine works with, and back without loss.

`understand` turns any score (performed or notated, with or without upbeat, one track or sixty) into a quantized score in full
bars whose notes know their origin. `restore` transfers changes to that score back to the user's timeline and tracks.
"""

from composer.understanding.restoring import restore, tails
from composer.understanding.understand import understand
from composer.understanding.understood import EVERYTHING, NOTHING, Assumptions, PartSource, Region, Timing, Understood, Warp

__all__ = [
    "EVERYTHING",
    "NOTHING",
    "Assumptions",
    "PartSource",
    "Region",
    "Timing",
    "Understood",
    "Warp",
    "restore",
    "tails",
    "understand",
]
