"""Marks: what the faults of melodies and harmonies cost, fitted to blind readers' marks of composed pieces (data/marks.json)

    python -m tools.fit marks

data/marks.json has 768 pieces, two to six under each of 206 headers (style, ensemble, meter, length). One or two blind readers
marked each of them from 1 to 10. The fit compares pieces under the same header: it
centers marks and faults within it. It prints the correlation of the faults with the marks, with the shipped weights and with
weights fitted to the other headers, and the fitted weights: what a share of 1 costs in marks. Weights are 0 or more and
shrunk towards 0 (ridge regression).
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.harmony.judging import faults_of_plan
from composer.melody import faults
from composer.melody.writer import faults_of_melody
from composer.plan import Plan
from composer.training.judge_fit import within

FILE = Path(__file__).parents[2] / "data" / "marks.json"
_RIDGE, _STEPS = 0.5, 3000

Floats = NDArray[np.float64]


def melody_shares(plan: Plan) -> dict[str, float]:
    """Shares of faults, not weighted, of the melody of a plan."""
    return {name: cost / faults.WEIGHTS[name] for name, cost in faults_of_melody(plan).items()}


def fitted(shares: Floats, costs: Floats) -> Floats:
    """Weights, 0 or more, of faults, (N, D), that add up to the costs, (N,), by ridge regression with projected gradients."""
    scale = shares.std(axis=0) + 1e-9
    scaled = shares / scale
    square = scaled.T @ scaled + _RIDGE * len(costs) * np.eye(shares.shape[1])
    weights, rate = np.zeros(shares.shape[1]), 1 / np.linalg.eigvalsh(square).max()
    for _ in range(_STEPS):
        weights = np.maximum(0.0, weights - rate * (square @ weights - scaled.T @ costs))
    return np.asarray(weights / scale)


def merits_of(pieces: Sequence[Mapping[str, Any]], *kinds: str) -> Floats:
    """The mean of some marks of each piece, less the mean of what its readers gave, (N,)."""
    given: dict[str, list[float]] = defaultdict(list)
    for piece in pieces:
        for reader, marks in piece["marks"].items():
            given[reader].append(fmean(marks[kind] for kind in kinds))
    level = {reader: fmean(each) for reader, each in given.items()}
    return np.array(
        [
            fmean(fmean(marks[kind] for kind in kinds) - level[reader] for reader, marks in piece["marks"].items())
            for piece in pieces
        ]
    )


def left_out(headers: Sequence[int]) -> Iterator[NDArray[np.bool_]]:
    """For each header, which pieces are under it, (N,)."""
    numbers = np.asarray(headers)
    return (numbers == header for header in dict.fromkeys(headers))


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
    costs = -within(merits_of(pieces, "overall", mark), headers)
    shares = within(np.array([[row[each] for each in names] for row in found]), headers)
    weighted = shares @ np.array([shipped(each) for each in names])
    foreseen = np.zeros(len(pieces))
    for out in left_out(headers):
        foreseen[out] = shares[out] @ fitted(shares[~out], costs[~out])
    as_shipped, as_fitted = (np.corrcoef(values, costs)[0, 1] for values in (weighted, foreseen))
    print(f"{name}: correlation with the marks for {mark} and overall, {len(pieces)} pieces under {len(set(headers))} headers")
    print(f"  shipped weights {as_shipped:.2f}, weights fitted to the other headers {as_fitted:.2f}")
    for each, weight in sorted(zip(names, fitted(shares, costs), strict=True), key=lambda row: -row[1]):
        print(f"  {each:<16}{weight:8.2f}   shipped {shipped(each):.2f}")


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    pieces = json.loads(FILE.read_text())
    _report("melodies", melody_shares, faults.WEIGHTS.__getitem__, pieces, "melody")
    _report("harmonies, in units of the shipped cost", faults_of_plan, lambda name: 1.0, pieces, "harmony")


if __name__ == "__main__":
    main()
