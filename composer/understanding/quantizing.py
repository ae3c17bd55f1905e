"""Quantization of performed times: reliability of the file's grid, duplets or triplets, and note lengths. Knows no bars."""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import Floats, Ints
from composer.score import TICKS_PER_QUARTER
from composer.tokenizer.vocabulary import TICKS_PER_STEP
from composer.understanding.understood import Timing

OFF_GRID_TICKS = 2  # rounding error of scaled divisions; a quarter of random ticks is as close
_COARSE_TICKS = 10  # with 48 or fewer ticks per quarter everything is on the grid; only plain rhythms are evidence
_PLAIN = (TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 6)  # sixteenths and their triplets
_NOTATED = 0.6  # minimum share of onsets on the grid in notated files; quintuplets and septuplets are off it
_FEW = 8  # fewer onsets are not enough evidence
_PLAYED = 0.4  # minimum vector strength of onsets that follow the file's beat
_AHEAD_CYCLES = 0.17  # maximum mean deviation from it
_SIGNIFICANT = 9.0  # Rayleigh statistic, p about 0.0001
_ON_BEAT = 0.6  # minimum onsets on the beat, relative to its most frequent subdivision


def judge_timing(onsets: Ints) -> Timing:
    """Classifies the timing of distinct onset ticks on a grid of 24 steps per quarter.

    A file is notated on its grid, played to it (a click), or performed freely. A performance at exactly the clock's tempo but
    without the click is recognized only by its beat: if that is off the file's beats, the file's bars are meaningless; if it is
    on them by chance, the two cannot be distinguished.

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
    """Share of onsets on the grid or, if the clock is too coarse, at positions of plain rhythms."""
    units = _PLAIN if np.gcd.reduce(onsets) >= _COARSE_TICKS else (TICKS_PER_STEP,)
    off = np.min([np.abs((onsets + unit // 2) % unit - unit // 2) for unit in units], axis=0)
    return float((off <= OFF_GRID_TICKS).mean())


# Equal steps in a simple beat -> cost. All fit 24 steps per quarter.
SIMPLE = {1: 0.0, 2: 0.4, 4: 1.2, 3: 1.6, 8: 3.6, 6: 3.4}
COMPOUND = {1: 0.0, 3: 0.3, 6: 1.2, 2: 2.0, 12: 3.8}
_SPREAD_S = 0.028  # deviation of performed onsets from even time, and of beats from their estimates
_LOOSENESS = 0.035  # deviation as a share of the beat
_CHANGE = 0.9  # cost of switching between duplets and triplets


def quantize_events(times_s: Floats, beats_s: Floats, choices: dict[int, float]) -> tuple[Floats, Ints, float]:
    """Quantizes ascending events: positions in beats, steps of each beat, and cost.

    Each beat has one subdivision. The distance of events from it is traded against the subdivision's complexity (Cemgil, Desain
    and Kappen 2000, "Rhythm quantization for transcription"; Temperley 2001) and the cost of switching between duplets and
    triplets. The best sequence is found by dynamic programming.

    Args:
        times_s: events, within the beats: (E,).
        beats_s: beats: (B,), at least two.
        choices: steps per beat and their costs, such as `SIMPLE`.

    Returns:
        Positions in beats from the first one: (E,), steps per beat: (B - 1,), and the cost in nats.

    >>> beats = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
    >>> times = np.array([0.01, 0.26, 0.5, 0.66, 0.84, 1.0, 1.49])
    >>> places, steps, cost = quantize_events(times, beats, SIMPLE)
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
    """A high cost in each beat for events that would be merged although they were played apart."""
    same = (np.diff(beat) == 0) & (np.diff(step) == 0)
    return np.asarray(3.0 * np.bincount(beat[1:][same], minlength=n_beats), np.float64)


def _cheapest(costs: Floats, kind: Ints) -> tuple[Ints, float]:
    """Column of each row on the cheapest path, and its cost, including switches between duplets and triplets."""
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


# Lengths.
_NEAR = 0.4  # maximum distance from a note's end to the onset up to which it is extended, as a share of its length
_LEAST_TICKS, _MOST_TICKS = TICKS_PER_QUARTER // 12, TICKS_PER_QUARTER // 2  # limits of that distance


def written_lengths(starts: Ints, ends: Floats) -> Floats:
    """Lengths in ticks from quantized starts and performed ends: (N,) each.

    A note is written up to a nearby onset, else with a plain rhythmic value: performers do not release keys in time, and a
    score specifies to which beat a note lasts (Cemgil, Desain and Kappen 2000 omit lengths for that reason). Staccato shorter
    than three fifths of the distance to the next onset stays short.

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
