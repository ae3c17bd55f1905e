"""Key: tonic and mode of a piece, and of stretches within it.

A candidate key is scored by how well the pitch classes fit its profile (Krumhansl 1990, correlation of durations with a
probe-tone profile) in the whole piece, at its start and at its end, where tonal music states its key most plainly, and by
the last bass note.

The estimate knows nothing of modes other than major and minor, nor of spelling: F# major and Gb major are one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.score import Key, KeySignature, Mode, Score

_PROFILES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    # Albrecht and Shanahan 2013, "The use of large corpora to train a new type of key-finding algorithm"
    "albrecht-shanahan": (
        (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    ),
}  # fmt: skip
_MODES: tuple[Mode, Mode] = ("major", "minor")
N_KEYS = 24  # index = 12 * (0 major, 1 minor) + tonic

_EDGE_BARS = 8
_WHOLE, _START, _END, _LAST_BASS = 1.0, 0.3, 0.6, 0.35
_SHARPNESS = 12.0  # turns score differences into a confidence
_LOCAL_BARS = 8


@dataclass(frozen=True, slots=True)
class KeyEstimate:
    """The most probable key and how sure that is (0..1; 0 without pitched notes)."""

    key: Key
    confidence: float


def _profile_matrix(name: str) -> Floats:
    """Standardised profiles of all keys: (24, 12), so that a dot product with a standardised chroma is a correlation."""
    rows = [np.roll(np.array(profile), tonic) for profile in _PROFILES[name] for tonic in range(12)]
    matrix = np.array(rows)
    matrix -= matrix.mean(axis=1, keepdims=True)
    return np.asarray(matrix / np.linalg.norm(matrix, axis=1, keepdims=True), np.float64)


_MATRIX = _profile_matrix("albrecht-shanahan")


def profile_correlations(chroma: Floats) -> Floats:
    """Correlation of pitch-class weights (..., 12) with every key's profile (..., 24); 0 in silence.

    >>> float(profile_correlations(np.array([2.0, 0, 1, 0, 1, 1, 0, 2, 0, 1, 0, 1])).argmax())
    0.0
    """
    centred = chroma - chroma.mean(axis=-1, keepdims=True)
    norm = np.linalg.norm(centred, axis=-1, keepdims=True)
    return np.asarray(centred / np.where(norm > 1e-9, norm, 1.0) @ _MATRIX.T, np.float64)


def estimate_key(score: Score | ScoreArrays) -> KeyEstimate:
    """Key of the whole piece. Drums are ignored; C major with confidence 0 for a piece without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> scale = [67, 69, 71, 72, 74, 76, 78, 79]
    >>> notes = tuple(Note(480 * i, p, 480) for i, p in enumerate(scale))
    >>> str(estimate_key(Score((Part("Violin", 40, notes),))).key)
    'G major'
    """
    arrays = score_arrays(score)
    if not len(arrays.notes):
        return KeyEstimate(Key(0, "major"), 0.0)
    beat_bar = arrays.segment_bar[arrays.beat_segment]
    sounding = beat_bar[arrays.chroma.sum(axis=1) > 0]
    first, last = int(sounding[0]), int(sounding[-1])
    edge = max(1, min(_EDGE_BARS, (last - first + 1) // 3))
    windows = np.stack(
        [
            arrays.chroma.sum(axis=0),
            arrays.chroma[(beat_bar >= first) & (beat_bar < first + edge)].sum(axis=0),
            arrays.chroma[(beat_bar > last - edge) & (beat_bar <= last)].sum(axis=0),
        ]
    )
    totals = np.array([_WHOLE, _START, _END]) @ profile_correlations(windows)  # (24,)
    totals[_last_bass(arrays) % 12 + np.array([0, 12])] += _LAST_BASS
    return _decide(totals)


def _last_bass(arrays: ScoreArrays) -> int:
    """Lowest pitch of the last sonority."""
    notes = arrays.notes
    end = notes.end.max()
    return int(notes.pitch[notes.end >= end - 1].min())


def _decide(totals: Floats) -> KeyEstimate:
    weights = np.exp(_SHARPNESS * (totals - totals.max()))
    best = int(totals.argmax())
    return KeyEstimate(key_of_index(best), float(weights[best] / weights.sum()))


def key_of_index(index: int) -> Key:
    """Key by its index: 12 * (0 major, 1 minor) + tonic.

    >>> str(key_of_index(21))
    'A minor'
    """
    return Key.from_tonic(index % 12, _MODES[index // 12])


def key_index(key: Key) -> int:
    """Inverse of `key_of_index`: 0..23."""
    return 12 * _MODES.index(key.mode) + key.tonic


def estimate_local_keys(score: Score | ScoreArrays, key: Key | None = None) -> tuple[KeySignature, ...]:
    """Keys along the piece, by a Viterbi path over bars whose profiles are smoothed over eight bars.

    Changing costs; `key`, where known, is favoured a little. The first entry stands at tick 0; empty without pitched notes.
    """
    arrays = score_arrays(score)
    if not len(arrays.notes):
        return ()
    path = local_key_path(arrays, key)
    changes = np.flatnonzero(np.diff(path)) + 1
    return tuple(KeySignature(int(arrays.bar_start[bar]), key_of_index(int(path[bar]))) for bar in [0, *changes.tolist()])


def local_key_path(arrays: ScoreArrays, key: Key | None = None) -> Ints:
    """Index of the local key in each bar: (bars,)."""
    beat_bar = arrays.segment_bar[arrays.beat_segment]
    bars = np.zeros((arrays.n_bars, 12))
    np.add.at(bars, beat_bar, arrays.chroma)
    padded = np.concatenate([np.zeros((1, 12)), np.cumsum(bars, axis=0)])
    half = _LOCAL_BARS // 2
    low = np.maximum(np.arange(arrays.n_bars) - half, 0)
    high = np.minimum(np.arange(arrays.n_bars) + half, arrays.n_bars)
    emissions = profile_correlations(padded[high] - padded[low])
    if key is not None:
        emissions[:, key_index(key)] += 0.05
    return best_path(emissions, 1.0)


def best_path(emissions: Floats, change_cost: float) -> Ints:
    """Viterbi path through scores (steps, states) where any change of state costs the same: (steps,)."""
    steps = len(emissions)
    back = np.empty((steps, emissions.shape[1]), np.int64)
    total = emissions[0].copy()
    stay = np.arange(emissions.shape[1])
    for step in range(1, steps):
        best = int(total.argmax())
        leap = total[best] - change_cost
        back[step] = np.where(total >= leap, stay, best)
        total = np.maximum(total, leap) + emissions[step]
    path = np.empty(steps, np.int64)
    path[-1] = total.argmax()
    for step in range(steps - 1, 0, -1):
        path[step - 1] = back[step, path[step]]
    return path
