"""Is the register of pieces that of their style in any key? Mean pitch of composed and human pieces.

    python -m benchmarks register                    eight pieces per style and key
    python -m benchmarks register --without          without the transposition token

The model writes everything in C major or A minor. In keys with a large transposition, a model without that information writes
too high or too low. Composed pieces have eight bars in four keys; human ones are the first eight bars of training pieces of the
style, in all keys.
"""

from __future__ import annotations

import argparse
import random
from contextlib import nullcontext
from unittest import mock

import numpy as np

from composer.brief import Brief
from composer.composing.composition import compose_together
from composer.guide import plan_script
from composer.score import Score
from composer.tokenizer.stream import StreamOptions
from composer.training.data.corpus import list_items, read_item
from composer.training.data.repair import excerpt
from composer.training.data.tagging import genre_style
from tools.corpus import corpus_folder

STYLES = ("string-quartet", "nocturne", "lied", "waltz")
KEYS = ("G major", "Bb major", "C major", "F major")
BARS, HUMAN = 8, 40


def mean_pitch(score: Score) -> float:
    """Mean MIDI pitch, notes weighted by their lengths."""
    notes = [note for part in score.parts if not part.is_drum for note in part.notes]
    return float(np.average([note.pitch for note in notes], weights=[note.duration_ticks for note in notes]))


def human(style: str) -> list[float]:
    items = [item for item in list_items(corpus_folder(), splits=("train",)) if genre_style(item.source, item.row) == style]
    random.Random(1).shuffle(items)
    scores = (read_item(item).score for item in items[:HUMAN])
    return [mean_pitch(excerpt(score, 0, BARS)) for score in scores if len(score.bars) >= BARS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=8)
    parser.add_argument("--without", action="store_true")
    options = parser.parse_args()

    def without_transposition(*, dropped: frozenset[str]) -> StreamOptions:
        return StreamOptions(dropped=dropped | {"transposition"})

    print(f"{'style':16}{'human, spread':>16}" + "".join(f"{key:>10}" for key in KEYS) + f"{'error':>8}")
    errors: list[float] = []
    for style in STYLES:
        theirs = human(style)
        found: list[float] = []
        for key in KEYS:
            briefs = [Brief.from_dict({"style": style, "key": key, "bars": BARS, "seed": seed}) for seed in range(options.each)]
            with mock.patch.object(plan_script, "StreamOptions", without_transposition) if options.without else nullcontext():
                pieces = compose_together(briefs)
            found.append(float(np.mean([mean_pitch(piece.score) for piece in pieces])))
        off = [abs(value - np.mean(theirs)) for value in found]
        errors += off
        spread = f"{np.mean(theirs):.1f} ({np.std(theirs):.1f})"
        print(f"{style:16}{spread:>16}" + "".join(f"{value:10.1f}" for value in found) + f"{np.mean(off):8.1f}", flush=True)
    print(f"semitones from the human mean, on average: {np.mean(errors):.1f}")
