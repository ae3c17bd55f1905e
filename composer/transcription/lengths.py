"""How long played notes are written: to where another one begins if that is near, else a plain rhythm's length.

Nobody lets go in time; what a score says is to which beat a note lasts (Cemgil, Desain and Kappen 2000 leave lengths out for
that reason). Staccato shorter than three fifths of the way to the next onset stays short.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import Floats, Ints
from composer.score import TICKS_PER_QUARTER

_PLAIN = (TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 6)  # sixteenths and their triplets
_NEAR = 0.4  # how far from a note's end another may begin and still be what it lasts to, as a share of its length
_LEAST_TICKS, _MOST_TICKS = TICKS_PER_QUARTER // 12, TICKS_PER_QUARTER // 2  # the same, at least and at most


def written_lengths(starts: Ints, ends: Floats) -> Floats:
    """Lengths in ticks from quantised starts and played ends: (N,) each.

    >>> written_lengths(np.array([0, 480, 960]), np.array([402.0, 900.0, 1170.0])).tolist()
    [480.0, 480.0, 240.0]
    """
    played = ends - starts
    onsets = np.unique(starts)
    after = np.minimum(np.searchsorted(onsets, ends), len(onsets) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(onsets[after] - ends) <= np.abs(onsets[before] - ends), onsets[after], onsets[before])
    joined = (np.abs(nearest - ends) <= np.clip(_NEAR * played, _LEAST_TICKS, _MOST_TICKS)) & (nearest > starts)
    straight, triplet = (np.maximum(np.rint(played / unit), 1) * unit for unit in _PLAIN)
    plain = np.where(np.abs(straight - played) <= np.abs(triplet - played), straight, triplet)
    return np.asarray(np.where(joined, nearest - starts, plain), np.float64)
