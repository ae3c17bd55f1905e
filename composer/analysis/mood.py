"""Mood: valence and arousal (Russell 1980) of a piece and of its phrases.

A linear model over the cues of `composer.analysis.mood_features`. Its weights stand in `mood_model.toml`, with their
reasons and evidence in docs/mood.md.

The model judges notes as written: it knows nothing of words, of performers, or of what a listener has lived through.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from composer.analysis.arrays import Floats, ScoreArrays, score_arrays
from composer.analysis.key import estimate_key
from composer.analysis.mood_features import FEATURES, measure_mood_features
from composer.controls import PHRASE_BARS, Mood
from composer.score import Key, Score

_CLIP = 2.5  # standard deviations beyond which a cue says no more
_ENOUGH_NOTES = 24  # notes at which the confidence reaches half of its limit


@dataclass(frozen=True, slots=True)
class MoodEstimate:
    """A mood, each axis -1..1, and how far to trust it (0..1): the share of cues that could be heard, and enough notes."""

    valence: float
    arousal: float
    confidence: float

    @property
    def mood(self) -> Mood:
        """The point on the plane alone."""
        return Mood(self.valence, self.arousal)


@dataclass(frozen=True, slots=True)
class MoodModel:
    """Linear model: centres and scales of the cues (F,), weights (F, 2), centres and spreads of the outputs (2,)."""

    centre: Floats
    scale: Floats
    weights: Floats
    output_centre: Floats
    output_spread: Floats

    def raw(self, features: Floats) -> Floats:
        """Sums before squashing: (windows, F) -> (windows, 2). Missing cues count nothing."""
        standard = np.clip((features - self.centre) / self.scale, -_CLIP, _CLIP)
        return np.asarray(np.where(np.isnan(standard), 0.0, standard) @ self.weights, np.float64)

    def predict(self, features: Floats) -> Floats:
        """Valence and arousal, -1..1: (windows, F) -> (windows, 2)."""
        return np.asarray(np.tanh((self.raw(features) - self.output_centre) / self.output_spread), np.float64)


@lru_cache(maxsize=1)
def mood_model() -> MoodModel:
    """The shipped model."""
    data = tomllib.loads(resources.files("composer.analysis").joinpath("mood_model.toml").read_text("utf-8"))
    cues = [data["cue"][name] for name in FEATURES]
    outputs = [data["output"]["valence"], data["output"]["arousal"]]
    return MoodModel(
        centre=np.array([cue["centre"] for cue in cues]),
        scale=np.array([cue["scale"] for cue in cues]),
        weights=np.array([[cue["valence"], cue["arousal"]] for cue in cues]),
        output_centre=np.array([output["centre"] for output in outputs]),
        output_spread=np.array([output["spread"] for output in outputs]),
    )


def estimate_mood(score: Score | ScoreArrays, key: Key | None = None) -> MoodEstimate:
    """Mood of the whole piece. `key` saves estimating it. Confidence 0 for a score without notes.

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
    features = measure_mood_features(arrays, key or estimate_key(arrays).key, np.zeros(arrays.n_bars, np.int64))
    valence, arousal = mood_model().predict(features)[0].tolist()
    weight = np.abs(mood_model().weights).sum(axis=1)
    heard = float(weight[~np.isnan(features[0])].sum() / weight.sum())
    notes = len(arrays.notes)
    return MoodEstimate(valence, arousal, heard * notes / (notes + _ENOUGH_NOTES))


def estimate_moods(score: Score | ScoreArrays, key: Key | None = None) -> tuple[Mood | None, ...]:
    """Mood of every phrase of `PHRASE_BARS` bars, counted from bar 0; `None` where no note starts."""
    arrays = score_arrays(score)
    windows = np.arange(arrays.n_bars) // PHRASE_BARS
    features = measure_mood_features(arrays, key or estimate_key(arrays).key, windows)
    silent = np.isnan(features[:, FEATURES.index("note_rate")])
    points = mood_model().predict(features).tolist()
    return tuple(None if empty else Mood(*point) for point, empty in zip(points, silent, strict=True))
