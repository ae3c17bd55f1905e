"""Whether a file's own grid can be believed: notated on it, played to it, or recorded without a glance at it.

Knows ticks only.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import Ints
from composer.score import TICKS_PER_QUARTER
from composer.tokenizer.vocabulary import TICKS_PER_STEP
from composer.transcription.model import Timing

OFF_GRID_TICKS = 2  # what other divisions leave when they are scaled; by chance a quarter of all ticks is so near
_NOTATED = 0.6  # share of onsets on the grid from which a file is notated; tuplets of five and seven are off it
_FEW = 8  # onsets up to which nothing can be told
_PLAYED = 0.4  # vector strength from which onsets keep to the file's beat
_AHEAD_CYCLES = 0.17  # how far early or late they may be on average
_SIGNIFICANT = 9.0  # Rayleigh statistic, p about 0.0001


def judge_timing(onsets: Ints) -> Timing:
    """How distinct onset ticks lie to the grid of 24 steps a quarter.

    >>> judge_timing(np.arange(0, 9600, 240)), judge_timing(np.arange(0, 9600, 240) + np.tile([5, 12, -7, 8], 10))
    ('notated', 'played')
    >>> judge_timing(np.cumsum(np.full(60, 263)))
    'performed'
    """
    off = np.abs((onsets + TICKS_PER_STEP // 2) % TICKS_PER_STEP - TICKS_PER_STEP // 2)
    if len(onsets) < _FEW or (off <= OFF_GRID_TICKS).mean() >= _NOTATED:
        return "notated"
    for period in (TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 3, TICKS_PER_QUARTER // 2):
        mean = np.exp(2j * np.pi * onsets / period).mean()
        steady = abs(mean) >= _PLAYED and len(onsets) * abs(mean) ** 2 >= _SIGNIFICANT
        if steady and abs(np.angle(mean)) / (2 * np.pi) <= _AHEAD_CYCLES:
            return "played"
    return "performed"
