"""Compares a set of composed pieces with a set of human ones, and requested with measured moods.

Measures follow muspy and MGEval (Yang and Lerch 2020, "On the evaluation of generative models in music"): each is a number per
piece. A comparison has the means with bootstrap intervals, the overlap area and the Kullback-Leibler divergence of the
distances within the human set and between the sets, and the share of composed pieces within the human 95 % range.

The judges of style and mood were fitted on this project's corpus and are labeled as such. Knows no model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from composer.analysis.arrays import Floats, ScoreArrays, score_arrays
from composer.analysis.quality import (
    bar_pitch_class_entropy,
    groove_consistency,
    pitch_class_entropy,
    scale_consistency,
    structureness_indicator,
)
from composer.analysis.texture import measure_density, measure_polyphony
from composer.score import TICKS_PER_QUARTER, Score

AXES = ("valence", "arousal")
_DRAWS = 1000
_GRID = 256  # points of the density grid
_MOST_PIECES = 200  # per set, for pairwise distances


def _empty_bars(arrays: ScoreArrays) -> float:
    sounding = np.zeros(arrays.n_bars, bool)
    for table in (arrays.notes, arrays.drums):
        for bar, end in zip(table.bar, np.searchsorted(arrays.bar_start, table.end), strict=True):
            sounding[bar:end] = True
    return float(1.0 - sounding.mean())


def _pitch_range(arrays: ScoreArrays) -> float:
    return float(np.ptp(arrays.notes.pitch)) if len(arrays.notes) else math.nan


def _pitches_used(arrays: ScoreArrays) -> float:
    return float(len(np.unique(arrays.notes.pitch))) if len(arrays.notes) else math.nan


def _mean_interval(arrays: ScoreArrays) -> float:
    """MGEval's average pitch shift: semitones between consecutive notes within parts."""
    steps = [np.abs(np.diff(arrays.notes.pitch[arrays.notes.part == part])) for part in np.unique(arrays.notes.part)]
    joined = np.concatenate(steps) if steps else np.zeros(0)
    return float(joined.mean()) if len(joined) else math.nan


def _onset_distance(arrays: ScoreArrays) -> float:
    """MGEval's average inter-onset interval, in quarters, all parts together."""
    moments = np.unique(np.concatenate([arrays.notes.start, arrays.drums.start]))
    return float(np.diff(moments).mean() / TICKS_PER_QUARTER) if len(moments) > 1 else math.nan


def _polyphony(arrays: ScoreArrays) -> float:
    polyphony = measure_polyphony(arrays)
    return math.nan if polyphony is None else polyphony


METRICS: dict[str, Callable[[ScoreArrays], float]] = {
    "pitch-class entropy": pitch_class_entropy,
    "pitch-class entropy per bar": bar_pitch_class_entropy,
    "scale consistency": scale_consistency,
    "groove consistency": groove_consistency,
    "polyphony": _polyphony,
    "density": measure_density,
    "empty bars": _empty_bars,
    "structureness, 3 to 8 bars": lambda arrays: structureness_indicator(arrays, 3, 8),
    "pitch range": _pitch_range,
    "pitches used": _pitches_used,
    "mean interval": _mean_interval,
    "mean inter-onset distance": _onset_distance,
}


def measure_metrics(score: Score | ScoreArrays) -> dict[str, float]:
    """Every measure in `METRICS` of a piece; nan where it is undefined."""
    arrays = score_arrays(score)
    return {name: metric(arrays) for name, metric in METRICS.items()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Comparison of two sets in one measure.

    Attributes:
        generated: mean and its 95 % bootstrap interval.
        reference: the same for the human set.
        overlap: overlap area of the distances within the human set and those between the sets, 0..1 (1: identical).
        divergence: Kullback-Leibler divergence between the same distributions, 0 or more, in nats.
        human_range: 2.5th and 97.5th percentile of the human set.
        inside: share of the composed pieces within that range.
    """

    generated: tuple[float, float, float]
    reference: tuple[float, float, float]
    overlap: float
    divergence: float
    human_range: tuple[float, float]
    inside: float


def compare(generated: Sequence[float], reference: Sequence[float]) -> Comparison | None:
    """Compares one measure; `None` if it is defined for fewer than three pieces of a set.

    >>> found = compare([0.0, 1.0, 2.0, 9.0], [0.0, 1.0, 2.0, 3.0])
    >>> found.inside, found.human_range[1] < 3.0
    (0.5, True)
    """
    ours, theirs = (_finite(values) for values in (generated, reference))
    if min(len(ours), len(theirs)) < 3:
        return None
    low, high = np.percentile(theirs, [2.5, 97.5]).tolist()
    within = _distances(theirs[:_MOST_PIECES], theirs[:_MOST_PIECES])[np.triu_indices(min(len(theirs), _MOST_PIECES), 1)]
    between = _distances(ours[:_MOST_PIECES], theirs[:_MOST_PIECES]).ravel()
    overlap, divergence = _likeness(within, between)
    inside = float(((ours >= low) & (ours <= high)).mean())
    return Comparison(bootstrap_mean(ours), bootstrap_mean(theirs), overlap, divergence, (low, high), inside)


def bootstrap_mean(values: Sequence[float] | Floats) -> tuple[float, float, float]:
    """Mean and its 95 % interval by the percentile bootstrap (Efron 1979), seeded."""
    values = np.asarray(values, np.float64)
    rows = np.random.default_rng(0).integers(len(values), size=(_DRAWS, len(values)))
    low, high = np.percentile(values[rows].mean(axis=1), [2.5, 97.5]).tolist()
    return float(values.mean()), low, high


def _finite(values: Sequence[float]) -> Floats:
    array = np.asarray(values, np.float64)
    return array[np.isfinite(array)]


def _distances(one: Floats, other: Floats) -> Floats:
    return np.abs(one[:, None] - other[None, :])


def _likeness(within: Floats, between: Floats) -> tuple[float, float]:
    """Overlap area and KL divergence of two samples from Gaussian kernel densities (Scott's bandwidth)."""
    top = float(max(within.max(initial=0.0), between.max(initial=0.0)))
    if top == 0.0:
        return 1.0, 0.0
    grid = np.linspace(0.0, 1.2 * top, _GRID)
    one, other = _kernel_density(within, grid), _kernel_density(between, grid)
    overlap = float(np.minimum(one, other).sum())
    divergence = float((one * np.log((one + 1e-12) / (other + 1e-12))).sum())
    return min(1.0, overlap), max(0.0, divergence)


def _kernel_density(values: Floats, grid: Floats) -> Floats:
    """Density at the points of a grid, summing to 1: (grid,)."""
    width = max(float(values.std()) * len(values) ** -0.2, float(grid[1] - grid[0]))
    counts, _ = np.histogram(values, bins=_GRID, range=(0.0, float(grid[-1])))  # binned first because there are many pairs
    kernel = np.exp(-0.5 * ((grid[:, None] - grid[None, :]) / width) ** 2)
    kernel += np.exp(-0.5 * ((grid[:, None] + grid[None, :]) / width) ** 2)  # mirrored at 0, where distances end
    density = kernel @ counts
    return np.asarray(density / density.sum(), np.float64)


def area_under_curve(high: Sequence[float] | Floats, low: Sequence[float] | Floats) -> float | None:
    """Probability that a piece of the first set exceeds one of the second; ties count half (Hanley and McNeil 1982).

    >>> area_under_curve([0.4, 0.9], [0.1, 0.4])
    0.875
    """
    if len(high) == 0 or len(low) == 0:
        return None
    above = np.sign(np.asarray(high)[:, None] - np.asarray(low)[None, :])
    return float((above.mean() + 1.0) / 2.0)


def mood_figures(sidecars: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float | int | None]]:
    """Requested against measured mood per axis: pieces, correlation, and the area under the curve between opposite quadrants.

    Opposite are pleasant excited and unpleasant calm, unpleasant excited and pleasant calm; the area is the mean of both pairs.
    """
    reports = [sidecar["report"] for sidecar in sidecars]
    moody = [report for report in reports if all(report.get(axis, {}).get("requested") is not None for axis in AXES)]
    requested = np.array([[report[axis]["requested"] for axis in AXES] for report in moody], np.float64).reshape(-1, 2)
    measured = np.array([[report[axis]["measured"] for axis in AXES] for report in moody], np.float64).reshape(-1, 2)
    return {
        axis: {
            "pieces": len(moody),
            "correlation": _correlation(requested[:, column], measured[:, column]),
            "auc": _opposite_quadrants(requested, measured[:, column], column),
        }
        for column, axis in enumerate(AXES)
    }


def _correlation(requested: Floats, measured: Floats) -> float | None:
    if len(requested) < 3 or not requested.std() or not measured.std():
        return None
    return float(np.corrcoef(requested, measured)[0, 1])


def _opposite_quadrants(requested: Floats, measured: Floats, column: int) -> float | None:
    areas = []
    for sign in (1.0, -1.0):  # of the other axis, where this one is requested to be high
        other = requested[:, 1 - column] * sign
        high, low = (requested[:, column] > 0) & (other > 0), (requested[:, column] < 0) & (other < 0)
        areas.append(area_under_curve(measured[high].tolist(), measured[low].tolist()))
    known = [area for area in areas if area is not None]
    return sum(known) / len(known) if known else None
