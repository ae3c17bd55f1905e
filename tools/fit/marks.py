"""Marks: what the faults of melodies and harmonies cost, fitted to blind readers' marks of composed pieces (data/marks.json)

    python -m tools.fit marks

data/marks.json has 192 pieces, four under each of 48 headers (style, ensemble, key, meter, tempo). Two of eight readers, who
did not know what they read, marked each of them from 1 to 10. The fit compares pieces under the same header: it centers marks
and faults within it. It prints the correlation of the faults with the marks, with the shipped weights and with weights fitted
to the other headers, and the fitted weights: what a share of 1 costs in marks. Weights are 0 or more and shrunk towards 0
(ridge regression).
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.arranging import lead_of
from composer.harmony import judging
from composer.melody import faults
from composer.melody.writer import frame_of
from composer.plan import Plan
from composer.score import Note
from composer.tokenizer.normal_form import functional_shift
from composer.training.melody_corpus import events_of

FILE = Path(__file__).parents[2] / "data" / "marks.json"
_RIDGE, _STEPS = 0.5, 3000

Floats = NDArray[np.float64]


def melody_faults(plan: Plan) -> dict[str, float]:
    """Shares of faults, not weighted, of the melody of a plan."""
    lead = lead_of(plan)
    if lead is None:
        raise ValueError("the piece has no leading part")
    frame, shift = frame_of(plan, lead)
    line = [Note(start, pitch + shift, ticks) for start, ticks, pitch in plan.tune]
    tones = [faults.Tone(note.start_ticks, note.duration_ticks, note.pitch) for note in line]
    starts = range(0, plan.bars * plan.meter.bar_ticks, plan.meter.bar_ticks)
    found = faults.faults_of(tones, events_of(line, starts, plan.meter), frame)
    return {name: cost / faults.WEIGHTS[name] for name, cost in found.items()}


def harmony_faults(plan: Plan) -> dict[str, float]:
    """Weighted faults of the chords of a plan."""
    shift = functional_shift(plan.key)
    bars = [tuple(chord and chord.transposed(shift) for chord in bar) for bar in plan.chords]
    return judging.faults_of(bars, plan.key.mode == "minor")


def within(values: Floats, headers: Sequence[int]) -> Floats:
    """Values minus the mean of their header's, over the first axis."""
    numbers, centered = np.asarray(headers), np.array(values, float)
    for header in set(headers):
        centered[numbers == header] -= centered[numbers == header].mean(axis=0)
    return centered


def fitted(shares: Floats, costs: Floats) -> Floats:
    """Weights, 0 or more, of faults, (N, D), that add up to the costs, (N,), by ridge regression with projected gradients."""
    scale = shares.std(axis=0) + 1e-9
    scaled = shares / scale
    square = scaled.T @ scaled + _RIDGE * len(costs) * np.eye(shares.shape[1])
    weights, rate = np.zeros(shares.shape[1]), 1 / np.linalg.eigvalsh(square).max()
    for _ in range(_STEPS):
        weights = np.maximum(0.0, weights - rate * (square @ weights - scaled.T @ costs))
    return np.asarray(weights / scale)


def _report(
    name: str,
    of: Callable[[Plan], Mapping[str, float]],
    shipped: Callable[[str], float],
    pieces: Sequence[Mapping[str, Any]],
    mark: str,
) -> None:
    found = [of(Plan.from_dict(piece["plan"])) for piece in pieces]
    names = list(found[0])
    headers = [piece["header"] for piece in pieces]
    level: dict[str, list[float]] = defaultdict(list)
    for piece in pieces:
        for reader, marks in piece["marks"].items():
            level[reader].append(marks["overall"] + marks[mark])
    merits = [
        np.mean([marks["overall"] + marks[mark] - np.mean(level[reader]) for reader, marks in piece["marks"].items()]) / 2
        for piece in pieces
    ]
    costs = -within(np.array(merits), headers)
    shares = within(np.array([[row[each] for each in names] for row in found]), headers)
    weighted = shares @ np.array([shipped(each) for each in names])
    numbers, foreseen = np.array(headers), np.zeros(len(pieces))
    for header in set(headers):
        out = numbers == header
        foreseen[out] = shares[out] @ fitted(shares[~out], costs[~out])
    as_shipped, as_fitted = (np.corrcoef(values, costs)[0, 1] for values in (weighted, foreseen))
    print(f"{name}: correlation with the marks for {mark} and overall, {len(pieces)} pieces under {len(set(headers))} headers")
    print(f"  shipped weights {as_shipped:.2f}, weights fitted to the other headers {as_fitted:.2f}")
    for each, weight in sorted(zip(names, fitted(shares, costs), strict=True), key=lambda row: -row[1]):
        print(f"  {each:<16}{weight:8.2f}   shipped {shipped(each):.2f}")


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    pieces = json.loads(FILE.read_text())
    _report("melodies", melody_faults, faults.WEIGHTS.__getitem__, pieces, "melody")
    _report("harmonies, in units of the shipped cost", harmony_faults, lambda name: 1.0, pieces, "harmony")


if __name__ == "__main__":
    main()
