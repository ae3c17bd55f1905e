"""Structure: which bars repeat or vary earlier ones, how similar all bars are, and the sections that follow from it.

Bars are compared as sets of (part, position, pitch), so a repetition counts at its own pitch only: a sequence or a
transposed reprise is new material here.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.controls import RECALL_BARS
from composer.score import Score

RECALL_OVERLAP = 0.65  # share of the fuller bar's notes that must return for a bar to count as recalled
_NEARLY_AS_GOOD = 0.05  # a shorter distance wins over one that is better by less than this


def measure_recalls(score: Score | ScoreArrays) -> tuple[int, ...]:
    """For each bar the distance in bars to the earlier bar it repeats or varies, one of `RECALL_BARS`; 0 for new material.

    >>> from composer.score import Note, Part, Score
    >>> theme = [60, 64, 67, 64]
    >>> notes = [Note(480 * i, p, 480) for i, p in enumerate(theme + [72] * 4 + theme + theme)]
    >>> measure_recalls(Score((Part("Flute", 73, tuple(notes)),)))
    (0, 0, 2, 1)
    """
    arrays = score_arrays(score)
    overlaps = recall_overlaps(arrays)  # (distances, bars)
    best = overlaps.max(axis=0)
    chosen = np.argmax(overlaps >= best - _NEARLY_AS_GOOD, axis=0)
    distances = np.array(RECALL_BARS[1:])[chosen]
    return tuple(np.where(best >= RECALL_OVERLAP, distances, 0).tolist())


def recall_overlaps(score: Score | ScoreArrays) -> Floats:
    """Share of notes (of the fuller bar) that each bar has in common with the bar l earlier, l in RECALL_BARS[1:].

    Shape (distances, bars), values 0..1; drums count as notes.
    """
    arrays = score_arrays(score)
    keys, stride = _bar_contents(arrays)
    counts = np.bincount(keys // stride, minlength=arrays.n_bars)
    rows = []
    for distance in RECALL_BARS[1:]:
        found = np.searchsorted(keys, keys - distance * stride)
        matched = (keys >= distance * stride) & (keys[found] == keys - distance * stride)
        common = np.bincount(keys[matched] // stride, minlength=arrays.n_bars)
        earlier = np.concatenate([np.zeros(min(distance, arrays.n_bars), np.int64), counts[:-distance]])[: arrays.n_bars]
        rows.append(common / np.maximum(np.maximum(counts, earlier), 1))
    return np.array(rows, np.float64)


def _bar_contents(arrays: ScoreArrays) -> tuple[Ints, int]:
    """Every distinct (bar, part, position, pitch), drums included, as bar * stride + code in order; and the stride."""
    tables = (arrays.notes, arrays.drums)
    part, position, pitch, bar = (
        np.concatenate([getattr(table, name) for table in tables]) for name in ("part", "position", "pitch", "bar")
    )
    longest = int(np.diff(arrays.bar_start).max())
    code = (part * longest + np.minimum(position, longest - 1)) * 128 + pitch
    stride = len(arrays.score.parts) * longest * 128 + 1
    return np.unique(bar * stride + code), stride
