"""Mood: valence and arousal (Russell 1980) of a piece and of its phrases.

A linear model over the cues of `composer.analysis.mood_features`: Eerola, Friberg and Bresin (2013) found that cues add up
without interacting. Each weight is part prior (the psychology of music) and part fit (composers' own words); both are in
`mood_model.toml`, with reasons and evidence in docs/mood.md.

Judges notes as written: knows no words, performers or listeners.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.analysis.chords import chord_path
from composer.analysis.key import KeyEstimate, estimate_key
from composer.analysis.linear_judge import LinearJudge, read_table
from composer.analysis.mood_features import FEATURES, measure_mood_features
from composer.controls import PHRASE_BARS, Mood
from composer.score import Key, Score

_ENOUGH_NOTES = 24  # number of notes at which the confidence reaches half of its limit


@dataclass(frozen=True, slots=True)
class MoodEstimate:
    """A mood, each axis -1..1, and its confidence (0..1), by the share of known cues and the number of notes."""

    valence: float
    arousal: float
    confidence: float

    @property
    def mood(self) -> Mood:
        """The point on the affective plane."""
        return Mood(self.valence, self.arousal)


@dataclass(frozen=True)
class MoodModel:
    """Linear model.

    Attributes:
        judge: sums for valence and arousal, with the blended weights.
        prior: weights from the literature (F, 2).
        fitted: weights fitted to composers' words, scaled to move the sum as far as the prior does (F, 2).
        fitted_share: share of the fitted weight in each column (2,).
        spread: sum that means tanh(1) = 0.76 (2,).
    """

    judge: LinearJudge
    prior: Floats
    fitted: Floats
    fitted_share: Floats
    spread: Floats

    @property
    def weights(self) -> Floats:
        """Prior and fit blended: (F, 2)."""
        return self.judge.weights

    def predict(self, features: Floats) -> Floats:
        """Valence and arousal, -1..1: (windows, F) -> (windows, 2).

        >>> model = mood_model()
        >>> minor, major = (np.where(np.array(FEATURES) == "mode", sign, np.nan) for sign in (-1.0, 1.0))
        >>> (model.predict(np.array([minor, major]))[:, 0] > 0).tolist()
        [False, True]
        """
        return np.asarray(np.tanh(self.judge.odds(features) / self.spread), np.float64)


def blend(prior: Floats, fitted: Floats, fitted_share: Floats) -> Floats:
    """Weights of which a share is fitted: (F, 2).

    >>> blend(np.array([[1.0, 1.0]]), np.array([[0.0, 0.0]]), np.array([0.5, 0.25])).tolist()
    [[0.5, 0.75]]
    """
    return (1.0 - fitted_share) * prior + fitted_share * fitted


@lru_cache(maxsize=1)
def mood_model() -> MoodModel:
    """The shipped model.

    >>> weights = dict(zip(FEATURES, mood_model().weights.tolist()))
    >>> max(FEATURES, key=lambda name: weights[name][1])  # the strongest cue of arousal
    'note_rate'
    """
    table = read_table("mood_model.toml")
    prior, fitted = (np.array([table["cue"][name][column] for name in FEATURES]) for column in ("prior", "fitted"))
    share = np.array(table["fitted_share"])
    judge = LinearJudge.from_table(table, FEATURES, blend(prior, fitted, share))
    return MoodModel(judge, prior, fitted, share, np.array(table["spread"]))


def estimate_mood(score: Score | ScoreArrays, key: Key | KeyEstimate | None = None, chords: Ints | None = None) -> MoodEstimate:
    """Mood of the whole piece. Confidence 0 for a score without notes.

    Args:
        score: the piece.
        key: its main key, if already known.
        chords: its `chord_path`, if already known.

    >>> from composer.score import Note, Part, Score, Tempo
    >>> def scale(steps, ticks, qpm):
    ...     notes = tuple(Note(ticks * i, 60 + p, ticks) for i, p in enumerate(steps * 8))
    ...     return Score((Part("Piano", 0, notes),), tempos=(Tempo(0, qpm),))
    >>> merry = estimate_mood(scale([0, 4, 7, 12, 11, 7, 5, 4], 120, 150))
    >>> mournful = estimate_mood(scale([0, 3, 7, 3, 0, -1, 0, 2], 960, 50))
    >>> merry.valence > mournful.valence, merry.arousal > mournful.arousal
    (True, True)
    """
    arrays = score_arrays(score)
    features = _features(arrays, key, chords, np.zeros(arrays.n_bars, np.int64))
    valence, arousal = mood_model().predict(features)[0].tolist()
    weight = np.abs(mood_model().weights).sum(axis=1)
    known = float(weight[~np.isnan(features[0])].sum() / weight.sum())
    notes = len(arrays.notes)
    return MoodEstimate(valence, arousal, known * notes / (notes + _ENOUGH_NOTES))


def estimate_moods(
    score: Score | ScoreArrays, key: Key | KeyEstimate | None = None, chords: Ints | None = None
) -> tuple[Mood | None, ...]:
    """Mood of every phrase of `PHRASE_BARS` bars, counted from bar 0; `None` if no note starts in it. See `estimate_mood`.

    >>> from composer.score import Note, Part, Score
    >>> slow, fast = [60, 63, 67, 63] * 4, [60, 64, 67, 72] * 16
    >>> times = [480 * i for i in range(16)] + [7680 + 120 * i for i in range(64)]
    >>> notes = tuple(Note(t, p, 120 if t >= 7680 else 480) for t, p in zip(times, slow + fast))
    >>> first, second = estimate_moods(Score((Part("Piano", 0, notes),)))
    >>> second.arousal > first.arousal, second.valence > first.valence
    (True, True)
    """
    arrays = score_arrays(score)
    features = _features(arrays, key, chords, np.arange(arrays.n_bars) // PHRASE_BARS)
    silent = np.isnan(features[:, FEATURES.index("note_rate")])
    points = mood_model().predict(features).tolist()
    return tuple(None if empty else Mood(*point) for point, empty in zip(points, silent, strict=True))


def _features(arrays: ScoreArrays, key: Key | KeyEstimate | None, chords: Ints | None, windows: Ints) -> Floats:
    main = KeyEstimate.known(key) if isinstance(key, Key) else key or estimate_key(arrays)
    return measure_mood_features(arrays, main, chord_path(arrays, main.key) if chords is None else chords, windows)
