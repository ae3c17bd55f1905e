"""Metre: the time signature that the notes themselves suggest.

Onsets weigh by length and depth. A metre is a hierarchy of periods (Lerdahl and Jackendoff 1983): where it holds, onsets on a
longer period are heavier than those on the shorter one between them (Palmer and Krumhansl 1990). A score states its metre; this
is for checking it, and for files that state none.

Knows the candidates below only, and takes tick 0 for a barline. 2/4 and 4/4 differ by notation more than by sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from composer.analysis.arrays import Floats, ScoreArrays, score_arrays
from composer.score import TICKS_PER_QUARTER, Score, TimeSignature

_CELL_TICKS = TICKS_PER_QUARTER // 4  # sixteenths
_BASS_WEIGHT = 1.0  # what the lowest note of an onset adds to its weight
_ENOUGH = 1.0  # log ratio beyond which a beat stands out no more
_LONGEST = 4.0  # quarters beyond which a note weighs no more
# Periods of each metre's levels in sixteenths, the bar last.
_LEVELS: dict[str, tuple[int, ...]] = {
    "2/4": (2, 4, 8), "4/4": (2, 4, 8, 16), "3/4": (2, 4, 12), "6/8": (2, 6, 12), "9/8": (2, 6, 18), "12/8": (2, 6, 12, 24),
}  # fmt: skip
_RARITY = {"2/4": 0.15, "4/4": 0.0, "3/4": 0.1, "6/8": 0.05, "9/8": 0.2, "12/8": 0.15}  # what it costs to be taken for


@dataclass(frozen=True, slots=True)
class MetreEstimate:
    """The metre that fits best, and by how much it beats the next (mean log ratio a level, 0 or more)."""

    time_signature: TimeSignature
    margin: float


def estimate_metre(score: Score | ScoreArrays) -> MetreEstimate:
    """Metre of the whole piece; 4/4 with margin 0 for a piece without notes.

    >>> from composer.score import Note, Part, Score
    >>> waltz = [n for bar in range(8) for n in (
    ...     Note(1440 * bar, 43, 480), Note(1440 * bar + 480, 59, 480), Note(1440 * bar + 960, 59, 480))]
    >>> str(estimate_metre(Score((Part("Piano", 0, tuple(waltz)),))).time_signature)
    '3/4'
    """
    arrays = score_arrays(score)
    weights = _onset_weights(arrays)
    if not weights.any():
        return MetreEstimate(TimeSignature(0, 4, 4), 0.0)
    fits = {name: _fit(weights, levels) - _RARITY[name] for name, levels in _LEVELS.items()}
    first, second = sorted(fits, key=lambda name: -fits[name])[:2]
    return MetreEstimate(TimeSignature.parse(first), fits[first] - fits[second])


def _onset_weights(arrays: ScoreArrays) -> Floats:
    """Weight of the onsets in every sixteenth from tick 0."""
    notes = arrays.notes if len(arrays.notes) else arrays.drums
    if not len(notes):
        return np.zeros(1)
    cells = (notes.start + _CELL_TICKS // 2) // _CELL_TICKS
    length = np.minimum((notes.end - notes.start) / TICKS_PER_QUARTER, _LONGEST)
    _, lowest = np.unique(notes.start, return_index=True)  # notes of one start are ordered by pitch
    weight = length.copy()
    weight[lowest] += _BASS_WEIGHT * length[lowest]
    return np.asarray(np.bincount(cells, weight), np.float64)


def _fit(weights: Floats, levels: tuple[int, ...]) -> float:
    """Sum over levels, eighths to bars, of the log ratio of their beats' mean weights; each step counts `_ENOUGH` at most."""
    cells = np.arange(len(weights))
    floor = 0.02 * weights.mean() + 1e-9
    means = []
    for period, longer in pairwise((*levels, 0)):
        beats = cells % period == 0
        if longer:
            beats &= cells % longer != 0  # the level's own beats, not those that a longer period shares
        means.append(np.log((weights[beats].mean() if beats.any() else 0.0) + floor))
    steps = np.minimum(np.diff(means), _ENOUGH)
    return float(steps.mean())
