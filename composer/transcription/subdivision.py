"""Where in its beat each event belongs: duplets or triplets, as simple as the timing allows.

Each beat takes one subdivision. The cost of an event's distance from it trades against the subdivision's own complexity
(Cemgil, Desain and Kappen 2000, "Rhythm quantization for transcription"; Temperley 2001); changing between duplets and
triplets from one beat to the next costs too. The best sequence is found by dynamic programming.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import Floats, Ints

# Equal steps in a simple beat -> what the choice costs. 24 steps a quarter hold all of them.
SIMPLE = {1: 0.0, 2: 0.4, 4: 1.2, 3: 1.6, 8: 3.6, 6: 3.4}
COMPOUND = {1: 0.0, 3: 0.3, 6: 1.2, 2: 2.0, 12: 3.8}
_SPREAD_S = 0.028  # deviation of played onsets from even time, and of beats from where they are taken to be
_LOOSENESS = 0.035  # the same as a share of the beat
_CHANGE = 0.9  # from duplets to triplets or back


def quantise_events(times_s: Floats, beats_s: Floats, choices: dict[int, float]) -> tuple[Floats, Ints, float]:
    """Places of ascending events in beats, each beat's number of steps, and what this reading costs.

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
    """A high cost in each beat for events that would fall together: they were heard apart."""
    same = (np.diff(beat) == 0) & (np.diff(step) == 0)
    return np.asarray(3.0 * np.bincount(beat[1:][same], minlength=n_beats), np.float64)


def _cheapest(costs: Floats, kind: Ints) -> tuple[Ints, float]:
    """Column of each row on the cheapest way through, and its cost, where going from duplets to triplets costs."""
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
