"""Fits the metre model to written metres and prints composer/analysis/meter_model.toml.

    python -m tools.fit meter CORPUS > composer/analysis/meter_model.toml

Multinomial logistic regression over pieces in one metre. Four fifths of the works teach it; benchmarks/analysis.py tests on the
rest (`fit_key.held_out`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from composer.analysis import score_arrays
from composer.analysis.meter_estimate import METRE_CUES, METRES, MetreModel, metre_cues
from composer.training.data.corpus import list_items, read_item
from tools.corpus import corpus_folder
from tools.fit.key import held_out

Floats = npt.NDArray[np.float64]

HEARD_AS = {**{metre: metre for metre in METRES}, "2/2": "4/4", "3/8": "6/8"}
FEWEST_NOTES = 20
PENALTY = 1e-3
STEPS = 1500
STEP_SIZE = 0.2
HEADER = """\
# The metre model, printed by tools/fit/meter.py: weights of the cues of composer.analysis.meter_estimate, in
# standard deviations from their centre, on the log odds of 2/4, 4/4, 3/4, 6/8, 9/8 and 12/8.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, nargs="?", default=corpus_folder())
    parser.add_argument("--stride", type=int, default=1, help="read every n-th piece only")
    args = parser.parse_args()
    rows = list(examples(args.corpus, args.stride))
    sys.stdout.write(render(fit(np.array([cues for cues, _ in rows]), np.array([metre for _, metre in rows]))))


def examples(corpus: Path, stride: int) -> Iterator[tuple[Floats, int]]:
    """(cues, index of the metre) of training pieces that keep one metre."""
    for item in list_items(corpus)[::stride]:
        piece = read_item(item)
        metres = {HEARD_AS.get(str(signature)) for signature in piece.score.time_signatures}
        arrays = score_arrays(piece.score)
        enough = len(arrays.notes) + len(arrays.drums) >= FEWEST_NOTES
        if len(metres) == 1 and None not in metres and enough and not held_out(piece.group):
            yield metre_cues(arrays), METRES.index(str(*metres))


def fit(cues: Floats, metres: npt.NDArray[np.int64]) -> MetreModel:
    """By accelerated gradient descent on a convex loss."""
    shape = (cues.shape[1] + 1, len(METRES))
    blank = MetreModel(cues.mean(axis=0), cues.std(axis=0) + 1e-3, np.zeros(shape), np.zeros(len(METRES)))
    padded = np.concatenate([blank.standard(cues), np.ones((len(cues), 1))], axis=1)
    truth = np.eye(len(METRES))[metres]
    weights = previous = np.zeros(shape)
    for step in range(STEPS):
        ahead = weights + step / (step + 3) * (weights - previous)
        logits = padded @ ahead
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        previous, weights = weights, ahead - STEP_SIZE * (padded.T @ (chances - truth) / len(cues) + PENALTY * ahead)
    return MetreModel(blank.centre, blank.scale, weights[:-1], weights[-1])


def render(model: MetreModel) -> str:
    lines = [HEADER, f"offsets = [{', '.join(f'{offset:.2f}' for offset in model.offsets)}]", ""]
    for name, centre, scale, weights in zip(METRE_CUES, model.centre, model.scale, model.weights, strict=True):
        lines += [f'[cue."{name}"]', f"centre = {centre:.4f}", f"scale = {scale:.4f}"]
        lines += [f"weights = [{', '.join(f'{weight:.2f}' for weight in weights)}]", ""]
    return "\n".join(lines[:-1]) + "\n"
