"""The style of a piece, estimated from its notes alone: a judge trained on the corpus, for measuring composed pieces.

Two multinomial logistic regressions (genre, era) over the features of `composer.analysis.style_features`, so every judgment
is a sum of readable terms: `explain` lists the largest. Fitted by `tools/fit/styles.py` on the training split only; its
confusion matrix is in docs/styles.md.

Uses neither instruments nor words, and knows only styles with training data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from composer.analysis.arrays import Floats, ScoreArrays, score_arrays
from composer.analysis.chords import estimate_chords
from composer.analysis.key import estimate_key
from composer.analysis.linear_judge import LinearJudge
from composer.analysis.style_features import STYLE_FEATURES, measure_style_features
from composer.score import Score


@lru_cache(maxsize=1)
def style_judges() -> Mapping[str, LinearJudge]:
    """The shipped judges by kind of style, "genre" and "era".

    >>> style_judges()["era"].names
    ('renaissance', 'baroque', 'classical', 'romantic', 'modern', 'contemporary')
    """
    return {kind: LinearJudge.read(f"style_{kind}_model.toml", STYLE_FEATURES) for kind in ("genre", "era")}


@dataclass(frozen=True, slots=True)
class StyleJudgment:
    """Probabilities of genres and eras, likeliest first. Each list sums to 1."""

    genres: tuple[tuple[str, float], ...]
    eras: tuple[tuple[str, float], ...]

    def chance(self, style: str) -> float:
        """Chance of one style; 0 for styles that the judge does not know.

        >>> StyleJudgment((("waltz", 0.75), ("mazurka", 0.25)), (("romantic", 1.0),)).chance("mazurka")
        0.25
        """
        return dict(self.genres + self.eras).get(style, 0.0)


def judge_style(score: Score | ScoreArrays) -> StyleJudgment:
    """The styles that a piece sounds like. All styles have the same prior probability, rare or common.

    >>> from composer.score import Note, Part, Score
    >>> beat = tuple(Note(240 * i, (36, 42, 38, 42)[i % 4], 120) for i in range(64))
    >>> judgment = judge_style(Score((Part("Drums", 0, beat, is_drum=True),)))
    >>> judgment.genres[0][0].endswith("-drums"), judgment.eras[0][0]
    (True, 'contemporary')
    """
    arrays = score_arrays(score)
    features = style_features(arrays)
    ranked = {}
    for kind, judge in style_judges().items():
        chances = judge.chances(features)
        ranked[kind] = tuple((judge.names[index], float(chances[index])) for index in np.argsort(-chances))
    return StyleJudgment(ranked["genre"], ranked["era"])


def style_features(score: Score | ScoreArrays) -> Floats:
    """The judge's features, key and chords estimated here, so that labels and outputs are measured alike: (F,).

    >>> from composer.score import Note, Part, Score, TimeSignature
    >>> bass_and_chords = tuple(Note(480 * i, p, 480) for i in range(24) for p in ((43,), (59, 62), (59, 62))[i % 3])
    >>> waltz = Score((Part("Piano", 0, bass_and_chords),), time_signatures=(TimeSignature(0, 3, 4),))
    >>> row = dict(zip(STYLE_FEATURES, style_features(waltz).tolist()))
    >>> row["meter 3"], row["meter 4"], row["mode"]
    (1.0, 0.0, 1.0)
    """
    arrays = score_arrays(score)
    key = estimate_key(arrays).key
    return measure_style_features(arrays, key, estimate_chords(arrays, key))


def explain(score: Score | ScoreArrays, style: str, count: int = 5) -> tuple[tuple[str, float], ...]:
    """The features with the largest contributions to a style's log odds, positive or negative.

    >>> from composer.score import Note, Part, Score
    >>> beat = tuple(Note(240 * i, (36, 42, 38, 42)[i % 4], 120) for i in range(64))
    >>> [name for name, _ in explain(Score((Part("Drums", 0, beat, is_drum=True),)), "rock-drums", 1)]
    ['drum closed hat']
    """
    judge = next(judge for judge in style_judges().values() if style in judge.names)
    column = judge.weights[:, judge.names.index(style)] - judge.weights.mean(axis=1)
    parts = judge.standard(style_features(score)) * column
    return tuple((STYLE_FEATURES[index], float(parts[index])) for index in np.argsort(-np.abs(parts))[:count])
