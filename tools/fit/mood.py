"""Fits the mood model to composers' words and prints composer/analysis/mood_model.toml.

    python -m tools.fit mood CORPUS > composer/analysis/mood_model.toml

Every character word that a source prints over its music (`tools.fit.character_words`) is a judgment of the bars under it:
up to eight, or to the next such word. Their cues are regressed on its point (ridge). The shares are below.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from composer.analysis.linear_judge import LinearJudge
from composer.analysis.mood import MoodModel, blend
from composer.analysis.mood_features import FEATURES
from tools.corpus import corpus_folder
from tools.fit.mood_words import LITERATURE, Judged, collect_judged, ridge

FITTED_SHARE = (0.5, 0.25)  # markings undervalue event rate (docs/mood.md), so arousal leans on the literature
RIDGE = 0.3  # strong, so that cues that go together share their weight
UNMARKED = {"drum_rate": (0.0, 2.0)}  # center and scale of cues that no marked piece has: their weight is the prior's alone


AXES = ("valence", "arousal")
CLIP = 2.5  # standard deviations beyond which a cue counts no more
HEADER = """\
# The mood model, printed by tools/fit/mood.py. docs/mood.md argues for every number.
# A cue x counts w * clip((x - center) / scale, -clip, clip); an unknown one counts nothing. w blends `prior` (the psychology of
# music) and `fitted` (composers' words); fitted_share is the share of the latter. A sum s becomes
# tanh((s + offset) / spread)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=corpus_folder())
    parser.add_argument("--stride", type=int, default=1, help="read every n-th piece only")
    args = parser.parse_args()
    judged = collect_judged(args.corpus, args.stride)
    sys.stdout.write(render(fit(judged)))


def fit(judged: Judged) -> MoodModel:
    """Centres and scales over whole pieces, fitted weights over marked passages, outputs that fill the plane."""
    center = np.nanmean(judged.piece_features, axis=0)
    scale = np.maximum(np.nanstd(judged.piece_features, axis=0), 1e-3)
    prior = np.array([LITERATURE[name] for name in FEATURES])
    for name, (middle, width) in UNMARKED.items():
        center[FEATURES.index(name)], scale[FEATURES.index(name)] = middle, width
    judge = LinearJudge(FEATURES, AXES, center, scale, prior, np.zeros(2), CLIP)
    cues = judge.standard(judged.features)
    fitted, _ = ridge(cues, judged.points, judged.weights, RIDGE)
    pieces = judge.standard(judged.piece_features)
    fitted = fitted * (pieces @ prior).std(axis=0) / (pieces @ fitted).std(axis=0)
    for name in UNMARKED:
        fitted[FEATURES.index(name)] = prior[FEATURES.index(name)]
    share = np.array(FITTED_SHARE)
    weights = blend(prior, fitted, share)
    total = pieces @ weights
    judge = replace(judge, weights=weights, offsets=-total.mean(axis=0))
    return MoodModel(judge, prior, fitted, share, 1.2 * total.std(axis=0))


def render(model: MoodModel) -> str:
    columns = {"prior": model.prior, "fitted": model.fitted}
    share, spread = ([round(float(value), 3) for value in values] for values in (model.fitted_share, model.spread))
    return model.judge.to_toml(HEADER, digits=3, columns=columns, fitted_share=share, spread=spread)
