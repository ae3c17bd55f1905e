"""Meter: the time signature that the notes themselves suggest.

A meter is a hierarchy of periods (Lerdahl and Jackendoff 1983): where it holds, onsets on a period are heavier than others
(Palmer and Krumhansl 1990) and come back after it (autocorrelation, Brown 1993), those of low notes above all. How fast the
notes are written and where the last one is tell 2/4 from 4/4, which differ in notation more than in sound. Multinomial
logistic regression on such cues, fitted to written meters (`meter_model.toml`). A score states its meter; this is for checking
it, and for files that state none.

Knows only the candidates below (3/8 counts as 6/8, 2/2 as 4/4), and takes tick 0 for a barline.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.analysis.linear_judge import LinearJudge
from composer.score import TICKS_PER_QUARTER, Score, TimeSignature

METRES = ("2/4", "4/4", "3/4", "6/8", "9/8", "12/8")
_CELL_TICKS = TICKS_PER_QUARTER // 4  # sixteenths
_LONGEST = 4.0  # quarters beyond which a note weighs no more
_LOW_SHARE = 25  # per cent of the notes, the lowest, that count as low
# In sixteenths: levels of beats and bars; lengths of bars.
_PERIODS, _BARS = (2, 3, 4, 6, 8, 12, 16, 18, 24), (8, 12, 16, 18, 24)

METRE_CUES = (
    *(f"weight on {period}" for period in _PERIODS),
    *(f"return after {bar}" for bar in _BARS), *(f"low return after {bar}" for bar in _BARS),
    *(f"last on {bar}" for bar in (8, 12, 16)),
    "onsets a quarter", "length", "sixteenths", "eighths",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MetreEstimate:
    """The likeliest metre, and by how much its probability exceeds the next one's (0..1)."""

    time_signature: TimeSignature
    margin: float


@lru_cache(maxsize=1)
def metre_model() -> LinearJudge:
    """The shipped model: log odds of `METRES` by `METRE_CUES`.

    >>> model = metre_model()
    >>> model.weights.shape == (len(METRE_CUES), len(METRES)), model.names == METRES
    (True, True)
    >>> METRES[model.chances(model.centre).argmax()]  # an average piece
    '4/4'
    """
    return LinearJudge.read("meter_model.toml", METRE_CUES)


def estimate_metre(score: Score | ScoreArrays) -> MetreEstimate:
    """Metre of the whole piece; 4/4 with margin 0 for a piece without notes.

    >>> from composer.score import Note, Part, Score
    >>> waltz = [n for bar in range(8) for n in (
    ...     Note(1440 * bar, 43, 480), Note(1440 * bar + 480, 59, 480), Note(1440 * bar + 960, 59, 480))]
    >>> str(estimate_metre(Score((Part("Piano", 0, tuple(waltz)),))).time_signature)
    '3/4'
    """
    arrays = score_arrays(score)
    if not len(arrays.notes) and not len(arrays.drums):
        return MetreEstimate(TimeSignature(0, 4, 4), 0.0)
    chances = metre_model().chances(metre_cues(arrays))
    second, first = np.argsort(chances)[-2:].tolist()
    return MetreEstimate(TimeSignature.parse(METRES[first]), float(chances[first] - chances[second]))


def metre_cues(arrays: ScoreArrays) -> Floats:
    """What speaks for one metre or another: (len(METRE_CUES),). The score must have a note; drums count where all are drums.

    >>> from composer.score import Note, Part, Score
    >>> quarters = tuple(Note(480 * i, 60, 480) for i in range(12))
    >>> cues = dict(zip(METRE_CUES, metre_cues(score_arrays(Score((Part("Flute", 73, quarters),)))).tolist()))
    >>> cues["onsets a quarter"], cues["sixteenths"], cues["last on 8"]
    (0.0, 0.0, 0.0)
    """
    notes = arrays.notes if len(arrays.notes) else arrays.drums
    cells = (notes.start + _CELL_TICKS // 2) // _CELL_TICKS
    length = np.minimum((notes.end - notes.start) / TICKS_PER_QUARTER, _LONGEST)
    weights = _onset_weights(cells, length)
    onsets = np.unique(cells)
    last = int(onsets[-1])
    low = notes.pitch <= np.percentile(notes.pitch, _LOW_SHARE)
    floor = 0.02 * weights.mean() + 1e-9
    heavy = [np.log((weights[::period].mean() + floor) / (weights.mean() + floor)) for period in _PERIODS]
    return np.array(
        [
            *np.clip(heavy, -1.5, 2.5),
            *_returns(weights),
            *_returns(np.bincount(cells[low], np.minimum(length[low], 2.0)).astype(np.float64)),
            *(float(last % bar == 0) for bar in (8, 12, 16)),
            np.log2(len(onsets) * TICKS_PER_QUARTER / notes.end.max()),
            np.log2(length.mean() + 1e-3),
            (onsets % 2 == 1).mean(),
            (onsets % 4 == 2).mean(),
        ]
    )


def _onset_weights(cells: Ints, length: Floats) -> Floats:
    """Weight of the onsets in every sixteenth from tick 0: length in quarters, that of the lowest note twice."""
    _, lowest = np.unique(cells, return_index=True)  # notes of one start are ordered by pitch
    doubled = length.copy()
    doubled[lowest] *= 2.0
    return np.asarray(np.bincount(cells, doubled), np.float64)


def _returns(weights: Floats) -> list[float]:
    """Autocorrelation of the weights at the lengths of bars, -1..1; 0 beyond the piece's length."""
    centred = weights - weights.mean()
    power = float(centred @ centred) + 1e-9
    return [float(centred[bar:] @ centred[:-bar]) / power if len(centred) > bar else 0.0 for bar in _BARS]
