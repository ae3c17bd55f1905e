"""From what users hand in to what the engine works with, and back without a scratch.

`understand` reads any score (performed or notated, upbeat or not, one track or sixty) as a quantised one in true bars whose
notes know where they came from; `restore` takes what was written there back to the user's own time line and tracks.
"""

from composer.understanding.restoring import restore
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
    "understand",
]
