"""Notated times of a performance: whether a file's grid can be used, subdivisions of beats, and note lengths.

Knows ticks and seconds, nothing of parts.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import Floats, Ints
from composer.score import TICKS_PER_QUARTER
from composer.tokenizer.vocabulary import TICKS_PER_STEP
from composer.understanding.understood import Timing

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
    """Whether a file is notated on its grid, played to its beat, or performed regardless of both, from distinct onset ticks.

    A performance at exactly the clock's tempo, but without hearing it, is recognized by the beat alone: if it falls beside the
    file's beats, the file's bars mean nothing. If it falls on them by chance, the two cannot be told apart.

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


# Equal steps in a simple beat -> what the choice costs. 24 steps a quarter hold all of them.
SIMPLE = {1: 0.0, 2: 0.4, 4: 1.2, 3: 1.6, 8: 3.6, 6: 3.4}
COMPOUND = {1: 0.0, 3: 0.3, 6: 1.2, 2: 2.0, 12: 3.8}
_SPREAD_S = 0.028  # deviation of played onsets from even time, and of beats from where they are taken to be
_LOOSENESS = 0.035  # the same as a share of the beat
_CHANGE = 0.9  # from duplets to triplets or back


def quantise_events(times_s: Floats, beats_s: Floats, choices: dict[int, float]) -> tuple[Floats, Ints, float]:
    """Places of ascending events in beats, each beat's number of steps (duplets or triplets), and the cost of this reading.

    Each beat takes one subdivision. The cost of an event's distance from it is balanced against the complexity of the
    subdivision (Cemgil, Desain and Kappen 2000, "Rhythm quantization for transcription"; Temperley 2001); a change between
    duplets and triplets costs too. Dynamic programming finds the best sequence.

    Args:
        times_s: events, within the beats: (E,).
        beats_s: beats: (B,), at least two.
        choices: steps a beat and what they cost, such as `SIMPLE`.

    Returns:
        Places counted in beats from the first one: (E,), steps a beat: (B - 1,), and the cost in nats.

    >>> beats = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
    >>> times = np.array([0.01, 0.26, 0.5, 0.66, 0.84, 1.0, 1.49])
    >>> places, steps, cost = quantise_events(times, beats, SIMPLE)
    >>> np.round(places, 2).tolist(), steps.tolist()
    ([0.0, 0.5, 1.0, 1.33, 1.67, 2.0, 3.0], [2, 3, 1, 1])
    """
    beat = np.clip(np.searchsorted(beats_s, times_s + 1e-9, side="right") - 1, 0, len(beats_s) - 2)
    length = np.diff(beats_s)
    share = (times_s - beats_s[beat]) / length[beat]
    grids = list(choices)
    costs = np.tile(np.array([choices[grid] for grid in grids]), (len(length), 1))
    scale = (length[beat] / np.maximum(_SPREAD_S, _LOOSENESS * length[beat])) ** 2 / 2
    for column, grid in enumerate(grids):
        miss = share - np.rint(share * grid) / grid
        costs[:, column] += np.bincount(beat, np.minimum(miss**2 * scale, 8.0), len(length))
        costs[:, column] += _collisions(beat, np.rint(share * grid).astype(np.int64), len(length))
    kind = np.array([1 if grid % 3 == 0 else 2 if grid % 2 == 0 else 0 for grid in grids])
    path, cost = _cheapest(costs, kind)
    steps = np.array(grids)[path]
    return beat + np.rint(share * steps[beat]) / steps[beat], steps, cost


def _collisions(beat: Ints, step: Ints, n_beats: int) -> Floats:
    """A high cost in each beat for events that would fall together: they were played apart."""
    same = (np.diff(beat) == 0) & (np.diff(step) == 0)
    return np.asarray(3.0 * np.bincount(beat[1:][same], minlength=n_beats), np.float64)


def _cheapest(costs: Floats, kind: Ints) -> tuple[Ints, float]:
    """Column of each row on the cheapest path, and its cost; a change between duplets and triplets costs."""
    switch = np.where((kind[:, None] != kind[None, :]) & (kind[:, None] > 0) & (kind[None, :] > 0), _CHANGE, 0.0)
    total, back = costs[0], np.zeros(costs.shape, np.int64)
    for row in range(1, len(costs)):
        through = total[None, :] + switch
        back[row] = through.argmin(axis=1)
        total = through.min(axis=1) + costs[row]
    path = np.empty(len(costs), np.int64)
    path[-1] = int(total.argmin())
    for row in range(len(costs) - 1, 0, -1):
        path[row - 1] = back[row, path[row]]
    return path, float(total.min())


# sixteenths and their triplets
_NEAR = 0.4  # how far from a note's end another may begin and still be what it lasts to, as a share of its length
_LEAST_TICKS, _MOST_TICKS = TICKS_PER_QUARTER // 12, TICKS_PER_QUARTER // 2  # the same, at least and at most


def written_lengths(starts: Ints, ends: Floats) -> Floats:
    """Lengths in ticks from quantized starts and played ends: (N,) each.

    A note lasts to the next onset if that is near, else a plain rhythm's length. Players release notes freely; what a score
    states is to which beat a note lasts (Cemgil, Desain and Kappen 2000 leave lengths out for that reason). Staccato shorter
    than three fifths of the way to the next onset stays short.

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
