"""Fits the mood model to composers' words and prints composer/analysis/mood_model.toml.

    python -m tools.fit mood CORPUS > composer/analysis/mood_model.toml

Every character word that a source prints over its music (`composer.analysis.mood_words`) is a judgement of the bars under it:
up to eight, or to the next such word. Their cues are regressed on its point (ridge). The shares are below.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from composer.analysis.mood import MoodModel
from composer.analysis.mood_features import FEATURES
from tools.corpus import corpus_folder
from tools.fit.mood_words import LITERATURE, Judged, collect_judged, ridge

FITTED_SHARE = (0.5, 0.25)  # markings undervalue event rate (docs/mood.md), so arousal leans on the literature
RIDGE = 0.3  # strong, so that cues that go together share their weight
UNMARKED = {"drum_rate": (0.0, 2.0)}  # centre and scale of cues that no marked piece has: their weight is the prior's alone


class Axis(NamedTuple):
    centre: float
    spread: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=corpus_folder())
    parser.add_argument("--stride", type=int, default=1, help="read every n-th piece only")
    args = parser.parse_args()
    judged = collect_judged(args.corpus, args.stride)
    sys.stdout.write(render(fit(judged)))


def fit(judged: Judged) -> MoodModel:
    """Centres and scales over whole pieces, fitted weights over marked passages, outputs that fill the plane."""
    centre = np.nanmean(judged.piece_features, axis=0)
    scale = np.maximum(np.nanstd(judged.piece_features, axis=0), 1e-3)
    prior = np.array([LITERATURE[name] for name in FEATURES])
    for name, (middle, width) in UNMARKED.items():
        centre[FEATURES.index(name)], scale[FEATURES.index(name)] = middle, width
    model = MoodModel(centre, scale, prior, prior, np.array(FITTED_SHARE), np.zeros(2), np.ones(2))
    cues = model.standardised(judged.features)
    fitted, _ = ridge(cues, judged.points, judged.weights, RIDGE)
    pieces = model.standardised(judged.piece_features)
    fitted = fitted * (pieces @ prior).std(axis=0) / (pieces @ fitted).std(axis=0)
    for name in UNMARKED:
        fitted[FEATURES.index(name)] = prior[FEATURES.index(name)]
    share = np.array(FITTED_SHARE)
    total = pieces @ ((1 - share) * prior + share * fitted)
    return MoodModel(centre, scale, prior, fitted, share, total.mean(axis=0), 1.2 * total.std(axis=0))


def render(model: MoodModel) -> str:
    lines = [
        "# The mood model, printed by tools/fit/mood.py. docs/mood.md argues for every number.",
        "# A cue x counts w * clip((x - centre) / scale, -2.5, 2.5); one that cannot be known counts nothing. w is blended of",
        "# `prior` (the psychology of music) and `fitted` (composers' words), each [valence, arousal]; fitted_share tells how",
        "# much of it is the fitted weight. The sum s becomes tanh((s - centre) / spread).",
        "",
    ]
    for index, axis in enumerate(("valence", "arousal")):
        lines += [f"[output.{axis}]", f"fitted_share = {model.fitted_share[index]:.2f}"]
        lines += [f"centre = {model.output_centre[index]:.3f}", f"spread = {model.output_spread[index]:.3f}", ""]
    for index, name in enumerate(FEATURES):
        lines += [f"[cue.{name}]", f"centre = {model.centre[index]:.4f}", f"scale = {model.scale[index]:.4f}"]
        for column, weights in (("prior", model.prior), ("fitted", model.fitted)):
            lines.append(f"{column} = [{weights[index, 0]:.3f}, {weights[index, 1]:.3f}]")
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"
