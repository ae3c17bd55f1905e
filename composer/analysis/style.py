"""Which style a piece sounds like, by its notes alone: a judge trained on the corpus, for measuring what was composed.

Two multinomial logistic regressions (genre, era) over the features of `composer.analysis.style_features`, so every judgement
is a sum that can be read: `explain` lists what spoke for it. Fitted by `tools/fit/styles.py` on the training split only; its
confusion matrix stands in docs/styles.md.

It hears neither instruments nor words, and knows no style that has no training data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from composer.analysis.arrays import Floats, ScoreArrays, score_arrays
from composer.analysis.chords import estimate_chords
from composer.analysis.key import estimate_key
from composer.analysis.style_features import STYLE_FEATURES, measure_style_features
from composer.score import Score

_CLIP = 4.0  # standard deviations beyond which a feature says no more


@dataclass(frozen=True)
class StyleModel:
    """Centres and scales of the features (F,), and for each kind ("genre", "era") names (C,), weights (F, C), offsets (C,)."""

    centre: Floats
    scale: Floats
    names: dict[str, tuple[str, ...]]
    weights: dict[str, Floats]
    offsets: dict[str, Floats]

    def standard(self, features: Floats) -> Floats:
        """Features in standard deviations from their centre, clipped: (..., F).

        >>> model = style_model()
        >>> bool((model.standard(model.centre) == 0).all()), float(model.standard(model.centre + 99 * model.scale).max())
        (True, 4.0)
        """
        return np.asarray(np.clip((features - self.centre) / self.scale, -_CLIP, _CLIP), np.float64)

    def chances(self, features: Floats, kind: str) -> Floats:
        """Chance of each style of a kind: (..., F) -> (..., C), rows sum to 1.

        >>> model = style_model()
        >>> chances = model.chances(model.centre, "era")
        >>> chances.shape == (len(model.names["era"]),), round(float(chances.sum()), 6)
        (True, 1.0)
        """
        odds = self.standard(features) @ self.weights[kind] + self.offsets[kind]
        odds = np.exp(odds - odds.max(axis=-1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=-1, keepdims=True), np.float64)


@lru_cache(maxsize=1)
def style_model() -> StyleModel:
    """The shipped model.

    >>> style_model().names["era"]
    ('renaissance', 'baroque', 'classical', 'romantic', 'modern', 'contemporary')
    """
    data = json.loads(resources.files("composer.analysis").joinpath("style_model.json").read_text("utf-8"))
    rows = [data["features"][name] for name in STYLE_FEATURES]
    kinds = ("genre", "era")
    return StyleModel(
        centre=np.array([row["centre"] for row in rows]),
        scale=np.array([row["scale"] for row in rows]),
        names={kind: tuple(data["names"][kind]) for kind in kinds},
        weights={kind: np.array([row[kind] for row in rows]) for kind in kinds},
        offsets={kind: np.array(data["offsets"][kind]) for kind in kinds},
    )


@dataclass(frozen=True, slots=True)
class StyleJudgement:
    """Chances of genres and eras, the likeliest first. Each list sums to 1."""

    genres: tuple[tuple[str, float], ...]
    eras: tuple[tuple[str, float], ...]

    def chance(self, style: str) -> float:
        """Chance of one style; 0 for one that the judge does not know.

        >>> StyleJudgement((("waltz", 0.75), ("mazurka", 0.25)), (("romantic", 1.0),)).chance("mazurka")
        0.25
        """
        return dict(self.genres + self.eras).get(style, 0.0)


def judge_style(score: Score | ScoreArrays) -> StyleJudgement:
    """How a piece sounds. All styles are held equally likely beforehand, rare or common.

    >>> from composer.score import Note, Part, Score
    >>> beat = tuple(Note(240 * i, (36, 42, 38, 42)[i % 4], 120) for i in range(64))
    >>> judgement = judge_style(Score((Part("Drums", 0, beat, is_drum=True),)))
    >>> judgement.genres[0][0].endswith("-drums"), judgement.eras[0][0]
    (True, 'contemporary')
    """
    arrays = score_arrays(score)
    features = style_features(arrays)
    model = style_model()
    ranked = {}
    for kind in ("genre", "era"):
        chances = model.chances(features, kind)
        ranked[kind] = tuple((model.names[kind][index], float(chances[index])) for index in np.argsort(-chances))
    return StyleJudgement(ranked["genre"], ranked["era"])


def style_features(score: Score | ScoreArrays) -> Floats:
    """The judge's features, key and chords measured here so that labels and outputs are heard alike: (F,).

    >>> from composer.score import Note, Part, Score, TimeSignature
    >>> bass_and_chords = tuple(Note(480 * i, p, 480) for i in range(24) for p in ((43,), (59, 62), (59, 62))[i % 3])
    >>> waltz = Score((Part("Piano", 0, bass_and_chords),), time_signatures=(TimeSignature(0, 3, 4),))
    >>> row = dict(zip(STYLE_FEATURES, style_features(waltz).tolist()))
    >>> row["metre 3"], row["metre 4"], row["mode"]
    (1.0, 0.0, 1.0)
    """
    arrays = score_arrays(score)
    key = estimate_key(arrays).key
    return measure_style_features(arrays, key, estimate_chords(arrays, key))


def explain(score: Score | ScoreArrays, style: str, count: int = 5) -> tuple[tuple[str, float], ...]:
    """The features that speak most for (positive) or against a style, with what each adds to its log odds.

    >>> from composer.score import Note, Part, Score
    >>> beat = tuple(Note(240 * i, (36, 42, 38, 42)[i % 4], 120) for i in range(64))
    >>> [name for name, _ in explain(Score((Part("Drums", 0, beat, is_drum=True),)), "rock-drums", 1)]
    ['drum closed hat']
    """
    model = style_model()
    kind = "genre" if style in model.names["genre"] else "era"
    column = model.weights[kind][:, model.names[kind].index(style)] - model.weights[kind].mean(axis=1)
    parts = model.standard(style_features(score)) * column
    return tuple((STYLE_FEATURES[index], float(parts[index])) for index in np.argsort(-np.abs(parts))[:count])
