"""Upbeats: the share of human pieces of each style that begin with one; prints composer/plan/upbeats.toml

    python -m tools.fit upbeats --pieces 60

In a piece with an upbeat nothing sounds before the second half of the first bar. The styles are those whose melodies are
written by phrases, as far as the corpus has pieces of them.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np

from composer.arranging import PHRASES
from composer.arranging.tables import bands
from composer.score import Score
from composer.training.data.corpus import CorpusItem, list_items, read_item
from composer.training.data.tagging import genre_style
from tools.corpus import corpus_folder

_FEWEST_BARS, _MOST_NOTES, _SEED = 16, 20_000, 1


def begins_with_upbeat(score: Score) -> bool:
    """Whether the first note of a piece begins in the second half of its first bar."""
    first, second = score.bars[:2]
    start = min(note.start_ticks for part in score.parts for note in part.notes)
    length = second.end_ticks - second.start_ticks
    return start < first.end_ticks and (start > 0 or first.end_ticks < length) and 2 * (first.end_ticks - start) <= length


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=60, help="most pieces per style")
    options = parser.parse_args()
    waiting: dict[str, list[CorpusItem]] = defaultdict(list)
    for item in list_items(corpus_folder()):
        style = genre_style(item.source, item.row)
        if style and item.row["n_notes"] <= _MOST_NOTES and item.row["n_bars"] >= _FEWEST_BARS:
            waiting[style].append(item)
    for style in (name for name, band in bands().items() if band.lead == PHRASES and waiting[name]):
        items = [waiting[style][int(index)] for index in np.random.default_rng(_SEED).permutation(len(waiting[style]))]
        found = [begins_with_upbeat(read_item(item).score) for item in items[: options.pieces]]
        print(f"{style} = {np.mean(found):.2f}", flush=True)


if __name__ == "__main__":
    main()
