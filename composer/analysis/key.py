"""Key: tonic and mode of a piece, and of spans within it.

A profile method after Krumhansl (1990), with profiles fitted by multinomial logistic regression to annotated keys
(`key_profiles.toml`): one for all sounding time, one each for the start and the end, where tonal music states its key most
clearly (Albrecht and Shanahan 2013), and one for the bass. The odds add up to a calibrated probability.
Local keys use the profiles of Albrecht and Shanahan, which need no start or end.

Knows only major and minor, and no spelling: F# major and Gb major are the same key.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.score import Key, KeySignature, Mode, Score

# Major and minor, from Albrecht and Shanahan (2013), "The use of large corpora to train a new type of key-finding algorithm".
_LOCAL_PROFILES = (
    (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
    (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
)
_MODES: tuple[Mode, Mode] = ("major", "minor")

CLEARLY_BETTER = 0.3  # difference in profile correlation above which notes contradict a stated key
_EVIDENCE_ROWS = ("whole", "start", "end", "bass")
_EDGE_BARS = 8  # length of the start and the end, limited to a third of the piece
_LOCAL_BARS = 8  # window of a local key
_LOCAL_CHANGE_COST = 1.0  # gain in correlation, summed over bars, required for a change of key
_MAIN_KEY_BONUS = 0.05


@dataclass(frozen=True, slots=True)
class KeyEstimate:
    """The most probable key.

    Attributes:
        key: the key.
        confidence: its probability (1/24 or more; 0 without pitched notes).
        majorness: probability of all major keys minus that of all minor keys, -1..1.
    """

    key: Key
    confidence: float
    majorness: float

    @classmethod
    def known(cls, key: Key) -> KeyEstimate:
        """A key that needs no estimate because it is annotated or requested.

        >>> KeyEstimate.known(Key.parse("D minor")).majorness
        -1.0
        """
        return cls(key, 1.0, 1.0 if key.mode == "major" else -1.0)


def _correlation_matrix() -> Floats:
    """Standardized profiles of all keys: (24, 12); their dot product with a standardized chroma is a correlation."""
    matrix = np.array([np.roll(np.array(profile), tonic) for profile in _LOCAL_PROFILES for tonic in range(12)])
    matrix -= matrix.mean(axis=1, keepdims=True)
    return np.asarray(matrix / np.linalg.norm(matrix, axis=1, keepdims=True), np.float64)


_MATRIX = _correlation_matrix()


@lru_cache(maxsize=1)
def _fitted_profiles() -> tuple[Floats, Floats]:
    """Log odds of every key: weights (24, 4, 12) over the rows of `key_evidence`, and offsets (24,)."""
    data = tomllib.loads(resources.files("composer.analysis").joinpath("key_profiles.toml").read_text("utf-8"))
    profiles = np.array([[data[mode][row] for row in _EVIDENCE_ROWS] for mode in _MODES])  # (2, 4, 12)
    weights = np.concatenate([[np.roll(profile, tonic, axis=1) for tonic in range(12)] for profile in profiles])
    return weights, np.repeat([data["bias"], 0.0], 12)


def profile_correlations(chroma: Floats) -> Floats:
    """Correlation of pitch-class weights (..., 12) with every key's profile (..., 24); 0 for silence.

    >>> float(profile_correlations(np.array([2.0, 0, 1, 0, 1, 1, 0, 2, 0, 1, 0, 1])).argmax())
    0.0
    """
    centered = chroma - chroma.mean(axis=-1, keepdims=True)
    norm = np.linalg.norm(centered, axis=-1, keepdims=True)
    return np.asarray(centered / np.where(norm > 1e-9, norm, 1.0) @ _MATRIX.T, np.float64)


def estimate_key(score: Score | ScoreArrays, first_bar: int = 0, end_bar: int | None = None) -> KeyEstimate:
    """Key of bars `first_bar` .. `end_bar` - 1, by default of the whole piece, which must contain a pitched note.

    Drums are ignored; C major with confidence 0 for a piece without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> scale = [67, 69, 71, 72, 74, 76, 78, 79]
    >>> notes = tuple(Note(480 * i, p, 480) for i, p in enumerate(scale))
    >>> str(estimate_key(Score((Part("Violin", 40, notes),))).key)
    'G major'
    """
    arrays = score_arrays(score)
    if not len(arrays.notes):
        return KeyEstimate(Key(0, "major"), 0.0, 0.0)
    weights, offsets = _fitted_profiles()
    odds = np.einsum("krc,rc->k", weights, key_evidence(arrays, first_bar, end_bar)) + offsets
    chances = np.exp(odds - odds.max())
    chances /= chances.sum()
    best = int(odds.argmax())
    return KeyEstimate(key_of_index(best), float(chances[best]), float(chances[:12].sum() - chances[12:].sum()))


def key_evidence(score: Score | ScoreArrays, first_bar: int = 0, end_bar: int | None = None) -> Floats:
    """Shares of the twelve pitch classes in all sounding time, the start, the end and the bass: (4, 12), rows sum to 1.

    Only bars `first_bar` .. `end_bar` - 1 count; they must contain a pitched note.

    >>> from composer.score import Note, Part, Score
    >>> fifth = Score((Part("Organ", 19, (Note(0, 48, 1920), Note(0, 55, 1920))),))
    >>> whole, start, end, bass = key_evidence(fifth)
    >>> float(whole[0]), float(whole[7]), float(bass[0])
    (0.5, 0.5, 1.0)
    """
    arrays = score_arrays(score)
    chroma, bass = arrays.chroma, arrays.bass
    bar = arrays.segment_bar[arrays.beat_segment]
    used = (bass >= 0) & (bar >= first_bar) & (bar < (arrays.n_bars if end_bar is None else end_bar))
    first, last = int(bar[used][0]), int(bar[used][-1])
    edge = max(1, min(_EDGE_BARS, (last - first + 1) // 3))
    rows = np.stack(
        [
            chroma[used].sum(axis=0),
            chroma[used & (bar < first + edge)].sum(axis=0),
            chroma[used & (bar > last - edge)].sum(axis=0),
            np.bincount(bass[used] % 12, np.diff(arrays.beat_start)[used], 12),
        ]
    )
    return np.asarray(rows / rows.sum(axis=1, keepdims=True), np.float64)


def key_of_index(index: int) -> Key:
    """Key by its index: 12 * (0 major, 1 minor) + tonic.

    >>> str(key_of_index(21))
    'A minor'
    """
    return Key.from_tonic(index % 12, _MODES[index // 12])


def key_index(key: Key) -> int:
    """Inverse of `key_of_index`: 0..23.

    >>> key_index(Key.parse("A minor")), key_index(Key.parse("G major"))
    (21, 7)
    """
    return 12 * _MODES.index(key.mode) + key.tonic


def stated_key_plan(score: Score | ScoreArrays) -> tuple[KeySignature, ...]:
    """The keys of a score that states several, unless its notes contradict one of them; else empty.

    Files that do not know the mode state major keys only, so the relative minor must not fit better if no key is minor.

    >>> from composer.score import Note, Part, Score
    >>> scale = [60, 62, 64, 65, 67, 65, 64, 60]
    >>> notes = [Note(480 * i, pitch, 480) for i, pitch in enumerate([*scale * 2, *(pitch + 2 for pitch in scale * 2)])]
    >>> stated = [(KeySignature(0, Key.parse("C")), KeySignature(7680, Key.parse(name))) for name in ("D", "Eb")]
    >>> [len(stated_key_plan(Score((Part("Flute", 73, tuple(notes)),), keys=keys))) for keys in stated]
    [2, 0]
    """
    arrays = score_arrays(score)
    keys = arrays.score.keys
    if len({signature.key for signature in keys}) < 2:
        return ()
    knows_modes = any(signature.key.church or signature.key.mode == "minor" for signature in keys)
    ends = [*(signature.start_ticks for signature in keys[1:]), int(arrays.bar_start[-1])]
    beats = arrays.beat_start[:-1]
    for signature, end in zip(keys, ends, strict=True):
        fits = profile_correlations(arrays.chroma[(beats >= signature.start_ticks) & (beats < end)].sum(axis=0))
        fit, relative = fits[key_index(signature.key)], fits[key_index(Key(signature.key.fifths, "minor"))]
        if fits.max() - fit >= CLEARLY_BETTER or (not knows_modes and relative > fit):
            return ()
    return keys


def estimate_local_keys(score: Score | ScoreArrays, key: Key | None = None) -> tuple[KeySignature, ...]:
    """Keys along the piece, by a Viterbi path over bars with profiles smoothed over eight bars.

    Changes have a cost; a given `key` is slightly favored. The first entry is at tick 0; empty without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> tune = [60, 62, 64, 65, 67, 65, 64, 60] * 8
    >>> up_a_tritone = [pitch + 6 for pitch in tune]
    >>> score = Score((Part("Flute", 73, tuple(Note(480 * i, p, 480) for i, p in enumerate(tune + up_a_tritone))),))
    >>> [(change.start_ticks // 1920, str(change.key)) for change in estimate_local_keys(score)]
    [(0, 'C major'), (16, 'Gb major')]
    """
    arrays = score_arrays(score)
    if not len(arrays.notes):
        return ()
    path = local_key_path(arrays, key)
    changes = np.flatnonzero(np.diff(path)) + 1
    return tuple(KeySignature(int(arrays.bar_start[bar]), key_of_index(int(path[bar]))) for bar in [0, *changes.tolist()])


def local_key_path(arrays: ScoreArrays, key: Key | None = None) -> Ints:
    """Index of the local key in each bar: (bars,).

    >>> from composer.score import Note, Part, Score
    >>> tune = tuple(Note(480 * i, p, 480) for i, p in enumerate([67, 69, 71, 72, 74, 72, 71, 67] * 2))
    >>> [str(key_of_index(index)) for index in local_key_path(score_arrays(Score((Part("Oboe", 68, tune),))))]
    ['G major', 'G major', 'G major', 'G major']
    """
    beat_bar = arrays.segment_bar[arrays.beat_segment]
    bars = np.zeros((arrays.n_bars, 12))
    np.add.at(bars, beat_bar, arrays.chroma)
    padded = np.concatenate([np.zeros((1, 12)), np.cumsum(bars, axis=0)])
    half = _LOCAL_BARS // 2
    low = np.maximum(np.arange(arrays.n_bars) - half, 0)
    high = np.minimum(np.arange(arrays.n_bars) + half, arrays.n_bars)
    emissions = profile_correlations(padded[high] - padded[low])
    if key is not None:
        emissions[:, key_index(key)] += _MAIN_KEY_BONUS
    return best_path(emissions, _LOCAL_CHANGE_COST)


def best_path(emissions: Floats, change_cost: float) -> Ints:
    """Viterbi path through scores (steps, states) with an equal cost for every change of state: (steps,).

    A brief excursion to another state is not worth two changes:

    >>> scores = np.array([[1.0, 0.0], [0.0, 0.5], [1.0, 0.0]])
    >>> best_path(scores, change_cost=1.0).tolist(), best_path(scores, change_cost=0.1).tolist()
    ([0, 0, 0], [0, 1, 0])
    """
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
