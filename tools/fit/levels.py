"""Fits the costs of readings of a performance (`composer.understanding.beats.Weights`) on simulated performances.

    python -m tools.fit levels --pieces 40

Every piece is performed twice, with expression only and also with a tempo that drifts by a tenth. For each piece the reading
with the lowest cost is taken; the objective is the mean F-measure of its beats at the written level. The search uses a coarse
grid, since the objective is flat around the optimum and a few dozen pieces do not determine a second decimal.
"""

from __future__ import annotations

import argparse
import random
from itertools import islice, product, zip_longest

import numpy as np

from benchmarks.transcription import f_measure
from composer.analysis import score_arrays
from composer.score import Score
from composer.training.data.corpus import list_items, read_item
from composer.understanding.beats import (
    Reading,
    Weights,
    find_events,
    readings,
)
from composer.understanding.pedal import sustained
from tests.understanding.performances import record
from tools.corpus import corpus_folder

_TICKS_PER_S = 960.0
_GRID = {
    "beat": (0.0, 0.3, 0.6, 1.0),
    "compound": (0.0, 0.3, 0.6),
    "change": (0.0, 5.0, 20.0, 60.0),
    "usual": (0.0, 0.05, 0.1, 0.2, 0.4),
    "octaves": (0.5, 0.8),
}


def training_scores(count: int) -> list[Score]:
    """Short scores from all sources in turn; always the same ones."""
    items = [item for item in list_items(corpus_folder(), splits={"train"}) if item.source != "groove"]
    random.Random(5).shuffle(items)
    by_source = [[item for item in items if item.source == source] for source in sorted({item.source for item in items})]
    in_turn = (read_item(item).score for row in zip_longest(*by_source) for item in row if item)
    return list(islice((score for score in in_turn if 60 < sum(1 for _ in score.notes()) < 1500), count))


def readings_of(score: Score, expression: float, wander: float) -> list[tuple[Reading, float]]:
    """All readings of a performance of the score, with the F-measure of their beats."""
    recording = record(score, expression=expression, wander=wander, seed=7)
    arrays = score_arrays(sustained(recording.score))
    events = find_events(arrays)
    end = np.concatenate([arrays.notes.end, arrays.drums.end])
    beat = score.bars[0].time_signature.beat_ticks
    truth = np.array([recording.tick_of(tick) for tick in range(0, score.last_note_end_ticks + 1, beat)]) / _TICKS_PER_S
    found = readings(events, float(events.time_s[0]), float(arrays.seconds(end).max()))
    return [(reading, f_measure(truth, reading.beats_s)) for reading in found]


def fit(pieces: list[list[tuple[Reading, float]]]) -> tuple[float, Weights]:
    """The best mean F-measure, and the weights that reach it."""
    best = (0.0, Weights())
    for values in product(*_GRID.values()):
        weights = Weights(*values)
        chosen = [min(piece, key=lambda reading: reading[0].cost(None, weights))[1] for piece in pieces]
        best = max(best, (float(np.mean(chosen)), weights), key=lambda pair: pair[0])
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pieces", type=int, default=40)
    scores = training_scores(parser.parse_args().pieces)
    pieces = [readings_of(score, *level) for score in scores for level in ((0.7, 0.0), (1.0, 0.1))]
    now = [min(piece, key=lambda reading: reading[0].cost(None, Weights()))[1] for piece in pieces]
    print(f"{len(pieces)} performances of {len(scores)} pieces, beats F at the written level")
    print(f"  induced tempo alone {np.mean([piece[0][1] for piece in pieces]):.3f}")
    print(f"  as shipped          {np.mean(now):.3f}")
    print(f"  best there is       {np.mean([max(f for _, f in piece) for piece in pieces]):.3f}")
    print("  fitted              {:.3f} {}".format(*fit(pieces)))
