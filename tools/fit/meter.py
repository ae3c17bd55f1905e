"""Fits the meter model to written meters and prints composer/analysis/meter_model.toml.

    python -m tools.fit meter CORPUS > composer/analysis/meter_model.toml

Multinomial logistic regression over pieces in one meter. Four fifths of the works teach it; benchmarks/analysis.py tests on the
rest (`fit_key.held_out`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from composer.analysis import score_arrays
from composer.analysis.linear_judge import LinearJudge
from composer.analysis.meter_estimate import METER_CUES, METERS, meter_cues
from composer.training.data.corpus import list_items, read_item
from tools.corpus import corpus_folder
from tools.fit.key import held_out

Floats = npt.NDArray[np.float64]

HEARD_AS = {**{meter: meter for meter in METERS}, "2/2": "4/4", "3/8": "6/8"}
FEWEST_NOTES = 20
PENALTY = 1e-3
STEPS = 1500
STEP_SIZE = 0.2
CLIP = 3.0  # standard deviations beyond which a cue counts no more
HEADER = """\
# The meter model, printed by tools/fit/meter.py: log odds of each meter by the cues of
# composer/analysis/meter_estimate.py, in standard deviations from their center (see composer/analysis/linear_judge.py)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=corpus_folder())
    parser.add_argument("--stride", type=int, default=1, help="read every n-th piece only")
    args = parser.parse_args()
    rows = list(examples(args.corpus, args.stride))
    model = fit(np.array([cues for cues, _ in rows]), np.array([meter for _, meter in rows]))
    sys.stdout.write(model.to_toml(HEADER, digits=2))


def examples(corpus: Path, stride: int) -> Iterator[tuple[Floats, int]]:
    """(cues, index of the meter) of training pieces that keep one meter."""
    for item in list_items(corpus)[::stride]:
        piece = read_item(item)
        meters = {HEARD_AS.get(str(signature)) for signature in piece.score.time_signatures}
        arrays = score_arrays(piece.score)
        enough = len(arrays.notes) + len(arrays.drums) >= FEWEST_NOTES
        if len(meters) == 1 and None not in meters and enough and not held_out(piece.group):
            yield meter_cues(arrays), METERS.index(str(*meters))


def fit(cues: Floats, meters: npt.NDArray[np.int64]) -> LinearJudge:
    """By accelerated gradient descent on a convex loss."""
    shape = (cues.shape[1] + 1, len(METERS))
    blank = LinearJudge(
        METER_CUES, METERS, cues.mean(axis=0), cues.std(axis=0) + 1e-3, np.zeros(shape), np.zeros(len(METERS)), CLIP
    )
    padded = np.concatenate([blank.standard(cues), np.ones((len(cues), 1))], axis=1)
    truth = np.eye(len(METERS))[meters]
    weights = previous = np.zeros(shape)
    for step in range(STEPS):
        ahead = weights + step / (step + 3) * (weights - previous)
        logits = padded @ ahead
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        previous, weights = weights, ahead - STEP_SIZE * (padded.T @ (chances - truth) / len(cues) + PENALTY * ahead)
    return replace(blank, weights=weights[:-1], offsets=weights[-1])
