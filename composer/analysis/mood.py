"""Mood: valence and arousal (Russell 1980) of a piece and of its phrases.

A linear model over the cues of `composer.analysis.mood_features`: Eerola, Friberg and Bresin (2013) found that cues add up
without interacting. Each weight is part prior (the psychology of music) and part fit (composers' own words); both stand in
`mood_model.toml`, with their reasons and evidence in docs/mood.md.

The model judges notes as written: it knows nothing of words, of performers, or of what a listener has lived through.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.analysis.chords import chord_path
from composer.analysis.key import KeyEstimate, estimate_key
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
    """Linear model.

    Attributes:
        centre: centre of each cue (F,).
        scale: standard deviation of each cue (F,).
        prior: weights from the literature (F, 2), columns valence and arousal.
        fitted: weights fitted to composers' words, scaled to move the sum as far as the prior does (F, 2).
        fitted_share: how much of each column's weight is the fitted one (2,).
        output_centre: sum that means 0 (2,).
        output_spread: sum above the centre that means tanh(1) = 0.76 (2,).
    """

    centre: Floats
    scale: Floats
    prior: Floats
    fitted: Floats
    fitted_share: Floats
    output_centre: Floats
    output_spread: Floats

    @property
    def weights(self) -> Floats:
        """Prior and fit blended: (F, 2)."""
        return (1.0 - self.fitted_share) * self.prior + self.fitted_share * self.fitted

    def standardised(self, features: Floats) -> Floats:
        """Cues in standard deviations, clipped; missing ones at 0, where they count nothing: (windows, F).

        >>> model = mood_model()
        >>> high = model.standardised(np.where(np.array(FEATURES) == "tempo", 12.0, np.nan)[None])  # 4096 quarters a minute
        >>> float(high[0, FEATURES.index("tempo")]), float(high.sum())
        (2.5, 2.5)
        """
        standard = np.clip((features - self.centre) / self.scale, -_CLIP, _CLIP)
        return np.asarray(np.where(np.isnan(standard), 0.0, standard), np.float64)

    def predict(self, features: Floats) -> Floats:
        """Valence and arousal, -1..1: (windows, F) -> (windows, 2).

        >>> model = mood_model()
        >>> minor, major = (np.where(np.array(FEATURES) == "mode", sign, np.nan) for sign in (-1.0, 1.0))
        >>> (model.predict(np.array([minor, major]))[:, 0] > 0).tolist()
        [False, True]
        """
        total = self.standardised(features) @ self.weights
        return np.asarray(np.tanh((total - self.output_centre) / self.output_spread), np.float64)


@lru_cache(maxsize=1)
def mood_model() -> MoodModel:
    """The shipped model.

    >>> weights = dict(zip(FEATURES, mood_model().weights.tolist()))
    >>> max(FEATURES, key=lambda name: weights[name][1])  # what says most of arousal
    'note_rate'
    """
    data = tomllib.loads(resources.files("composer.analysis").joinpath("mood_model.toml").read_text("utf-8"))
    cues = [data["cue"][name] for name in FEATURES]
    outputs = [data["output"]["valence"], data["output"]["arousal"]]
    return MoodModel(
        centre=np.array([cue["centre"] for cue in cues]),
        scale=np.array([cue["scale"] for cue in cues]),
        prior=np.array([cue["prior"] for cue in cues]),
        fitted=np.array([cue["fitted"] for cue in cues]),
        fitted_share=np.array([output["fitted_share"] for output in outputs]),
        output_centre=np.array([output["centre"] for output in outputs]),
        output_spread=np.array([output["spread"] for output in outputs]),
    )


def estimate_mood(score: Score | ScoreArrays, key: Key | KeyEstimate | None = None, chords: Ints | None = None) -> MoodEstimate:
    """Mood of the whole piece. Confidence 0 for a score without notes.

    Args:
        score: the piece.
        key: its main key, where known already.
        chords: its `chord_path`, where known already.

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
    heard = float(weight[~np.isnan(features[0])].sum() / weight.sum())
    notes = len(arrays.notes)
    return MoodEstimate(valence, arousal, heard * notes / (notes + _ENOUGH_NOTES))


def estimate_moods(
    score: Score | ScoreArrays, key: Key | KeyEstimate | None = None, chords: Ints | None = None
) -> tuple[Mood | None, ...]:
    """Mood of every phrase of `PHRASE_BARS` bars, counted from bar 0; `None` where no note starts. See `estimate_mood`.

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
