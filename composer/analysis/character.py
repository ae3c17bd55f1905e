"""Similarity of a score to human music of its style, by fifteen simple features of texture, lines and variety.

Features are computed over spans of eight bars and averaged, so that long and short pieces are comparable. The typical values of
each style are in `character.json`, fitted on the training split by `tools/fit/character.py`. Pitch-class entropy, groove
and scale consistency are excluded on purpose, because benchmarks use them. Does not judge quality.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from composer.analysis.arrays import Ints, ScoreArrays, score_arrays
from composer.score import Score

MODEL_FILE = Path(__file__).with_name("character.json")
ANY_STYLE = "any"
STRETCH_BARS = 8
_WIDEST = 3.0  # limit of a distance, in standard deviations


def measure_character(score: Score | ScoreArrays) -> dict[str, float]:
    """The features of the pitched notes by name; empty if there are fewer than two notes.

    >>> from composer.score import Note, Part
    >>> scale = Score((Part("Flute", 73, tuple(Note(480 * i, 60 + i, 480) for i in range(32))),))
    >>> found = measure_character(scale)
    >>> found["steps"], found["repeated notes"], found["different bars"], found["onsets a quarter"]
    (1.0, 0.0, 1.0, 1.0)
    """
    arrays = score_arrays(score)
    bounds = [*range(0, arrays.n_bars, STRETCH_BARS), arrays.n_bars]
    if len(bounds) > 2 and bounds[-1] - bounds[-2] < STRETCH_BARS // 2:
        del bounds[-2]  # a short remainder belongs to the previous span
    rows = [_stretch(arrays, first, end) for first, end in pairwise(bounds)]
    kept = [row for row in rows if row]
    return {name: float(np.mean([row[name] for row in kept])) for name in kept[0]} if kept else {}


def strangeness(score: Score | ScoreArrays, styles: Sequence[str] = ()) -> float:
    """Mean distance of the features from those of human music, in standard deviations, each limited to 3: 0..3.

    Compares with the first known style, or with all styles if none is known; 0 without notes.

    >>> from composer.score import Note, Part
    >>> one_note = Score((Part("Flute", 73, tuple(Note(480 * i, 60, 480) for i in range(32))),))
    >>> scale = Score((Part("Flute", 73, tuple(Note(480 * i, 60 + i % 8, 480) for i in range(32))),))
    >>> strangeness(one_note) > strangeness(scale) > strangeness(Score(()))
    True
    """
    figures, usual = measure_character(score), _model()
    style = next((name for name in styles if name in usual), ANY_STYLE)
    far = [min(_WIDEST, abs(value - usual[style][name][0]) / usual[style][name][1]) for name, value in figures.items()]
    return float(np.mean(far)) if far else 0.0


@cache
def _model() -> dict[str, dict[str, list[float]]]:
    """Median and standard deviation by style and feature."""
    found: dict[str, dict[str, list[float]]] = json.loads(MODEL_FILE.read_text(encoding="utf-8"))["styles"]
    return found


def _stretch(arrays: ScoreArrays, first: int, end: int) -> dict[str, float]:
    notes = arrays.notes
    here = np.flatnonzero((notes.bar >= first) & (notes.bar < end))
    if len(here) < 2:
        return {}
    quarters = float(arrays.bar_start[end] - arrays.bar_start[first]) / 480
    start, pitch, bar, part = notes.start[here], notes.pitch[here], notes.bar[here] - first, notes.part[here]
    place = notes.position[here]
    steps = _line_steps(start, pitch, part)
    top = _line_steps(start, pitch, np.zeros_like(part))  # all parts as one: the highest notes
    classes = np.unique(bar * 12 + pitch % 12)
    whole = [frozenset(zip(part[bar == b], place[bar == b], pitch[bar == b], strict=True)) for b in range(end - first)]
    return {
        "notes a quarter": len(here) / quarters,
        "onsets a quarter": len(np.unique(start)) / quarters,
        "different pitches": float(len(np.unique(pitch))),
        "pitch classes a bar": len(classes) / len(np.unique(bar)),
        "bass notes": float(len({int(pitch[bar == b].min()) % 12 for b in np.unique(bar)})),
        "steps": float(((np.abs(steps) <= 2) & (steps != 0)).mean()) if len(steps) else 0.0,
        "repeated notes": float((steps == 0).mean()) if len(steps) else 0.0,
        "entropy of intervals": _entropy(steps),
        "repeated notes on top": float((top == 0).mean()) if len(top) else 0.0,
        "entropy of intervals on top": _entropy(top),
        "range on top": float(np.ptp(np.cumsum(top))) if len(top) else 0.0,
        "entropy of positions": _entropy(place),
        "entropy of lengths": _entropy(notes.end[here] - start),
        "different bars": len(set(whole)) / len(whole),
        "different rhythms": len({frozenset((p, x) for p, x, _ in each) for each in whole}) / len(whole),
    }


def _line_steps(start: Ints, pitch: Ints, part: Ints) -> Ints:
    """Intervals in semitones of every part's top line, concatenated."""
    steps = [np.zeros(0, np.int64)]
    for each in np.unique(part):
        at, line = start[part == each], pitch[part == each]
        steps.append(np.diff(line[np.append(np.diff(at) > 0, True)]))
    return np.concatenate(steps)


def _entropy(values: Ints) -> float:
    """Entropy of the values' distribution, in bits."""
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    shares = counts / max(1.0, counts.sum())
    return float(-(shares * np.log2(shares)).sum())
