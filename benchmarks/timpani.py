"""Are timpani parts idiomatic? Composed parts, with and without the rule, compared with human ones.

    python -m benchmarks timpani                     eight pieces of 16 bars per style and setting

Human pieces are training pieces of the style with timpani, cut into excerpts of the same length. Prints the number of different
pitches in a piece, and the shares of notes on tonic or dominant, of repeated notes, of notes a step from the previous one, of
notes whose pitch class sounds in another part at the same time, and of bars with notes.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from unittest import mock

import numpy as np

from composer.brief import Brief
from composer.composing.composition import compose_together
from composer.guide import rule_list
from composer.score import Note, Score
from composer.training.data.corpus import list_items, read_item
from composer.training.data.repair import excerpt
from composer.training.data.tagging import genre_style
from tools.corpus import corpus_folder

STYLES = ("symphony", "film-cue")
BARS, HUMAN = 16, 40
TIMPANI = 47
COLUMNS = ("pitches", "home", "repeated", "by step", "doubled", "bars")


def measure(score: Score) -> list[float] | None:
    """The columns of one piece; `None` if it has fewer than two timpani notes."""
    mine: list[Note] = []
    others: list[Note] = []
    for part in score.parts:
        if not part.is_drum:
            (mine if part.program == TIMPANI else others).extend(part.notes)
    if len(mine) < 2 or not score.keys:
        return None
    mine.sort()
    tonic = score.keys[0].key.tonic
    moves = np.abs(np.diff([note.pitch for note in mine]))
    doubled = [
        any(
            other.start_ticks <= note.start_ticks < other.end_ticks and (other.pitch - note.pitch) % 12 == 0 for other in others
        )
        for note in mine
    ]
    played = {bar.index for bar in score.bars for note in mine if bar.start_ticks <= note.start_ticks < bar.end_ticks}
    return [
        len({note.pitch for note in mine}),
        float(np.mean([(note.pitch - tonic) % 12 in (0, 7) for note in mine])),
        float(np.mean(moves == 0)),
        float(np.mean((moves == 1) | (moves == 2))),
        float(np.mean(doubled)),
        len(played) / len(score.bars),
    ]


def human(style: str) -> Iterator[Score]:
    """Excerpts of training pieces, one per piece."""
    items = [item for item in list_items(corpus_folder(), splits=("train",)) if genre_style(item.source, item.row) == style]
    order = random.Random(1)
    order.shuffle(items)
    for item in items:
        score = read_item(item).score
        if len(score.bars) >= BARS and any(part.program == TIMPANI and part.notes for part in score.parts if not part.is_drum):
            first = order.randrange(len(score.bars) - BARS + 1)
            yield excerpt(score, first, first + BARS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--model")
    options = parser.parse_args()

    def show(style: str, name: str, scores: Iterator[Score]) -> None:
        rows = [row for _, score in zip(range(HUMAN), scores, strict=False) if (row := measure(score))]
        print(f"{style:12}{name:14}{len(rows):>8}" + "".join(f"{value:>10.2f}" for value in np.mean(rows, axis=0)), flush=True)

    print(f"{'style':12}{'':14}{'pieces':>8}" + "".join(f"{name:>10}" for name in COLUMNS))
    for style in STYLES:
        show(style, "human", human(style))
        briefs = [Brief.from_dict({"style": style, "bars": BARS, "seed": seed}) for seed in range(100, 100 + options.each)]
        show(style, "composed", (piece.score for piece in compose_together(briefs, model=options.model)))
        with mock.patch.object(rule_list, "timpani_of", return_value=frozenset()):
            show(style, "without rule", (piece.score for piece in compose_together(briefs, model=options.model)))
