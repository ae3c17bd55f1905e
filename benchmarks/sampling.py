"""Choosing min-p and the style guidance scale: composed pieces compared with human ones of the same styles.

    python -m benchmarks sampling                                     with the current settings
    python -m benchmarks sampling --min-p 0.08 0.04 0.02 0.01
    python -m benchmarks sampling --style-scale 1 1.5 2 3

Sixteen bars in the styles of `samples.py`, three of each. Too high a value gives repeated notes and rhythms, too low a value
wrong notes. Human pieces are the openings of five training pieces per style, since there are too few held-out ones.
"Strangeness" is the distance of a piece's measures from those of its style (`composer.analysis.character`), "surprise" the
style judge's negative log-likelihood of the requested style in nats; both are this project's measures, and best when equal to
human music.
"""

from __future__ import annotations

import argparse
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from unittest import mock

import numpy as np

from benchmarks.samples import STYLES
from composer.analysis.character import strangeness
from composer.analysis.quality import pitch_class_entropy, scale_consistency
from composer.analysis.style import judge_style, style_features
from composer.analysis.style_features import STYLE_FEATURES
from composer.brief import Brief
from composer.composing import session
from composer.composing.composition import compose_together
from composer.composing.critic import measure_defects
from composer.guide import guidance
from composer.model.checkpoint import find_model
from composer.score import Score
from composer.training.data.corpus import list_items, read_item
from composer.training.data.repair import excerpt
from composer.training.data.tagging import genre_style
from tools.corpus import corpus_folder

BARS = 16
COLUMNS = (
    "entropy",
    "on the scale",
    "repeated notes",
    "same rhythm",
    "bar again",
    "loose leading notes",
    "strangeness",
    "style",
)
_FEATURES = ("step repeat", "same rhythm", "recall 1")


def figures(score: Score, style: str) -> tuple[float, ...]:
    features = dict(zip(STYLE_FEATURES, style_features(score).tolist(), strict=True))
    return (
        pitch_class_entropy(score),
        scale_consistency(score),
        *(features[name] for name in _FEATURES),
        measure_defects(score)["loose leading notes"],
        strangeness(score, (style,)),
        -math.log(max(judge_style(score).chance(style), 1e-9)),
    )


def human(corpus: Path, each: int) -> Iterator[tuple[float, ...]]:
    items, seen = list(list_items(corpus, splits=("train",))), Counter[str]()
    random.Random(1).shuffle(items)
    for item in items:
        style = genre_style(item.source, item.row) or ""
        if style in STYLES and seen[style] < each:
            score = read_item(item).score
            if len(score.bars) >= BARS:
                seen[style] += 1
                yield figures(excerpt(score, 0, BARS), style)


def composed(each: int, cut: float | None, scale: float) -> Iterator[tuple[float, ...]]:
    opened = session.open_model(find_model())
    if cut is not None:
        opened = replace(opened, settings=replace(opened.settings, min_p=cut))
    with (
        mock.patch("composer.composing.composition.open_model", return_value=opened),
        mock.patch.object(guidance, "STYLE_SCALE", scale),
    ):
        for seed in range(each):
            briefs = [Brief.from_dict({"style": style, "bars": BARS, "seed": seed}) for style in STYLES]
            for style, piece in zip(STYLES, compose_together(briefs), strict=True):
                yield figures(piece.score, style)


def row(name: str, pieces: list[tuple[float, ...]]) -> str:
    return f"{name} | {len(pieces)} | " + " | ".join(f"{value:.3f}" for value in np.nanmean(pieces, axis=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--min-p", nargs="*", type=float, default=[None])
    parser.add_argument("--style-scale", nargs="*", type=float, default=[guidance.STYLE_SCALE])
    parser.add_argument("--each", type=int, default=3, help="pieces per style")
    options = parser.parse_args()
    print("music | pieces | " + " | ".join(COLUMNS))
    print("--- | " * (len(COLUMNS) + 1) + "---")
    print(row("human", list(human(corpus_folder(), 5))), flush=True)
    for cut, scale in product(options.min_p, options.style_scale):
        name = f"composed, {'own' if cut is None else format(cut, 'g')}, {scale:g}"
        print(row(name, list(composed(options.each, cut, scale))), flush=True)
