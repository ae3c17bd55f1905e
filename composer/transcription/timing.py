"""Whether a file's own grid can be believed: notated on it, played to it, or recorded without a glance at it.

Knows ticks only. Who plays at exactly the clock's tempo without hearing it can be told by the beat alone: if it falls beside
the file's beats, the file's bars mean nothing; if it falls on them by chance, nobody can tell.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import Ints
from composer.score import TICKS_PER_QUARTER
from composer.tokenizer.vocabulary import TICKS_PER_STEP
from composer.transcription.model import Timing

OFF_GRID_TICKS = 2  # what other divisions leave when they are scaled; by chance a quarter of all ticks is so near
_COARSE_TICKS = 10  # a clock of 48 or fewer a quarter puts anything on the grid: only places of plain rhythms tell then
_PLAIN = (TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 6)  # sixteenths and their triplets
_NOTATED = 0.6  # share of onsets on the grid from which a file is notated; tuplets of five and seven are off it
_FEW = 8  # onsets up to which nothing can be told
_PLAYED = 0.4  # vector strength from which onsets keep to the file's beat
_AHEAD_CYCLES = 0.17  # how far early or late they may be on average
_SIGNIFICANT = 9.0  # Rayleigh statistic, p about 0.0001
_ON_BEAT = 0.6  # how many onsets the beat must have, as a share of the fullest of its subdivisions


def judge_timing(onsets: Ints) -> Timing:
    """How distinct onset ticks lie to the grid of 24 steps a quarter.

    >>> judge_timing(np.arange(0, 9600, 240)), judge_timing(np.arange(0, 9600, 240) + np.tile([5, 12, -7, 8], 10))
    ('notated', 'played')
    >>> judge_timing(np.cumsum(np.full(60, 263))), judge_timing(np.arange(355, 9600, 480))
    ('performed', 'performed')
    """
    if len(onsets) < _FEW or _on_grid(onsets) >= _NOTATED:
        return "notated"
    for period in (TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 3, TICKS_PER_QUARTER // 2):
        mean = np.exp(2j * np.pi * onsets / period).mean()
        steady = abs(mean) >= _PLAYED and len(onsets) * abs(mean) ** 2 >= _SIGNIFICANT
        if steady and abs(np.angle(mean)) / (2 * np.pi) <= _AHEAD_CYCLES:
            place = np.bincount(np.rint(onsets / period).astype(np.int64) % (TICKS_PER_QUARTER // period))
            return "played" if place[0] >= _ON_BEAT * place.max() else "performed"
    return "performed"


def _on_grid(onsets: Ints) -> float:
    """Share of onsets on the grid, or where the clock is too coarse to tell, at places of plain rhythms."""
    units = _PLAIN if np.gcd.reduce(onsets) >= _COARSE_TICKS else (TICKS_PER_STEP,)
    off = np.min([np.abs((onsets + unit // 2) % unit - unit // 2) for unit in units], axis=0)
    return float((off <= OFF_GRID_TICKS).mean())
