"""Meter estimation: the time signature suggested by the notes.

A meter is a hierarchy of periods (Lerdahl and Jackendoff 1983): onsets on its periods are stronger than others (Palmer and
Krumhansl 1990) and recur after a period (autocorrelation, Brown 1993), low notes above all. Note values and the position of
the last note distinguish 2/4 from 4/4, which differ in notation more than in sound. Multinomial
logistic regression on such cues, fitted to written meters (`meter_model.toml`). The estimate is for files without
a meter, and for checking stated meters.

Knows only the candidates below (3/8 counts as 6/8, 2/2 as 4/4), and takes tick 0 for a barline.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.analysis.linear_judge import LinearJudge
from composer.score import TICKS_PER_QUARTER, Score, TimeSignature

METERS = ("2/4", "4/4", "3/4", "6/8", "9/8", "12/8")
_CELL_TICKS = TICKS_PER_QUARTER // 4  # sixteenths
_LONGEST = 4.0  # longer notes (in quarters) do not weigh more
_LOW_SHARE = 25  # percentage of the notes, the lowest, that count as low
# In sixteenths: levels of beats and bars; lengths of bars.
_PERIODS, _BARS = (2, 3, 4, 6, 8, 12, 16, 18, 24), (8, 12, 16, 18, 24)

METER_CUES = (
    *(f"weight on {period}" for period in _PERIODS),
    *(f"return after {bar}" for bar in _BARS), *(f"low return after {bar}" for bar in _BARS),
    *(f"last on {bar}" for bar in (8, 12, 16)),
    "onsets a quarter", "length", "sixteenths", "eighths",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MeterEstimate:
    """The likeliest meter, and by how much its probability exceeds that of the second likeliest (0..1)."""

    time_signature: TimeSignature
    margin: float


@lru_cache(maxsize=1)
def meter_model() -> LinearJudge:
    """The shipped model: log odds of `METERS` by `METER_CUES`.

    >>> model = meter_model()
    >>> model.weights.shape == (len(METER_CUES), len(METERS)), model.names == METERS
    (True, True)
    >>> METERS[model.chances(model.center).argmax()]  # an average piece
    '4/4'
    """
    return LinearJudge.read("meter_model.toml", METER_CUES)


def estimate_meter(score: Score | ScoreArrays) -> MeterEstimate:
    """Meter of the whole piece; 4/4 with margin 0 for a piece without notes.

    >>> from composer.score import Note, Part, Score
    >>> waltz = [n for bar in range(8) for n in (
    ...     Note(1440 * bar, 43, 480), Note(1440 * bar + 480, 59, 480), Note(1440 * bar + 960, 59, 480))]
    >>> str(estimate_meter(Score((Part("Piano", 0, tuple(waltz)),))).time_signature)
    '3/4'
    """
    arrays = score_arrays(score)
    if not len(arrays.notes) and not len(arrays.drums):
        return MeterEstimate(TimeSignature(0, 4, 4), 0.0)
    chances = meter_model().chances(meter_cues(arrays))
    second, first = np.argsort(chances)[-2:].tolist()
    return MeterEstimate(TimeSignature.parse(METERS[first]), float(chances[first] - chances[second]))


def meter_cues(arrays: ScoreArrays) -> Floats:
    """Cues for the meter: (len(METER_CUES),). The score must have a note; drums count if there are only drums.

    >>> from composer.score import Note, Part, Score
    >>> quarters = tuple(Note(480 * i, 60, 480) for i in range(12))
    >>> cues = dict(zip(METER_CUES, meter_cues(score_arrays(Score((Part("Flute", 73, quarters),)))).tolist()))
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
    """Weight of the onsets in every sixteenth from tick 0: length in quarters, doubled for the lowest note."""
    _, lowest = np.unique(cells, return_index=True)  # notes of one start are ordered by pitch
    doubled = length.copy()
    doubled[lowest] *= 2.0
    return np.asarray(np.bincount(cells, doubled), np.float64)


def _returns(weights: Floats) -> list[float]:
    """Autocorrelation of the weights at the lengths of bars, -1..1; 0 beyond the piece's length."""
    centered = weights - weights.mean()
    power = float(centered @ centered) + 1e-9
    return [float(centered[bar:] @ centered[:-bar]) / power if len(centered) > bar else 0.0 for bar in _BARS]
