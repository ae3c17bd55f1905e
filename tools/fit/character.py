"""Fits composer/analysis/character.json: the usual measures of human music of each style, for the critic.

    python -m tools.fit character          about five minutes; needs the corpus

Uses the first sixteen bars of up to 40 pieces of the training split per learned style.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict

import numpy as np

from composer.analysis.character import ANY_STYLE, MODEL_FILE, measure_character
from composer.presets import styles
from composer.training.data.corpus import list_items, read_item
from composer.training.data.repair import excerpt
from composer.training.data.tagging import genre_style
from tools.corpus import corpus_folder

BARS, PIECES, FEWEST, LONGEST_NOTES = 16, 40, 12, 4000


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    rng = np.random.default_rng(0)
    waiting = defaultdict(list)
    for item in list_items(corpus_folder(), splits=["train"]):
        genre = genre_style(item.source, item.row)
        if genre in styles() and item.row["n_notes"] <= LONGEST_NOTES:
            waiting[genre].append(item)
    found: dict[str, list[dict[str, float]]] = {}
    for style, items in sorted(waiting.items()):
        scores = (read_item(items[index]).score for index in rng.permutation(len(items))[:PIECES])
        rows = [measure_character(excerpt(score, 0, min(BARS, len(score.bars)))) for score in scores]
        rows = [row for row in rows if row]
        if len(rows) >= FEWEST:
            found[style] = rows
            print(style, len(rows), flush=True)
    found[ANY_STYLE] = [row for rows in found.values() for row in rows]
    table = {style: {name: _usual([row[name] for row in rows]) for name in rows[0]} for style, rows in found.items()}
    command = "python -m tools.fit character"
    MODEL_FILE.write_text(json.dumps({"fitted by": command, "styles": table}, indent=1) + "\n", encoding="utf-8")


def _usual(values: list[float]) -> list[float]:
    return [round(float(np.median(values)), 4), round(max(float(np.std(values)), 1e-3), 4)]
