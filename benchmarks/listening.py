"""How surely blind readers tell composed from human pieces: marks and AUC of every sitting in docs/history/sittings.md.

    python -m benchmarks listening              all sittings
    python -m benchmarks listening --last 3     the last three

Reads the tables with the marks of every reader and piece, "6, 5.5 (0.60, 0.40)": overall marks, and in parentheses the
probabilities that a human composed the piece. For each kind of piece it prints the means and the AUC of the probabilities
between human and composed pieces: the chance that a reader finds a human piece more human than a composed one. 0.5 is chance.
The interval is the 95 % score interval of `benchmarks.judge`, with a piece as the unit.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.judge import area_interval
from composer.training.evaluation.sets import area_under_curve
from tools.corpus import ROOT

FILE = ROOT / "docs" / "history" / "sittings.md"
HUMAN = "human"
_CELL = re.compile(r"([\d., ]+)\(([\d., ]+)\)")


@dataclass
class Sitting:
    """The marks of one table.

    Attributes:
        line: number of its first line in the file.
        marks: overall marks of each piece by kind, one of each reader.
        chances: the readers' probabilities that a human composed it, in the same order.
    """

    line: int
    marks: dict[str, list[list[float]]] = field(default_factory=lambda: defaultdict(list))
    chances: dict[str, list[list[float]]] = field(default_factory=lambda: defaultdict(list))


def read_sittings(path: Path = FILE) -> Iterator[Sitting]:
    """The tables of a file with a column of human pieces and the readers' marks in every cell."""
    kinds: list[str] = []
    sitting: Sitting | None = None
    for number, line in enumerate([*path.read_text().splitlines(), ""], 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            if sitting and sitting.marks:
                yield sitting
            sitting = None
        elif cells[0] == "style" and HUMAN in cells:
            sitting, kinds = Sitting(number), cells[1:]
        elif sitting:
            for kind, cell in zip(kinds, cells[1:], strict=False):
                if found := _CELL.search(cell):
                    for values, text in zip((sitting.marks, sitting.chances), found.groups(), strict=True):
                        values[kind].append([float(value) for value in text.split(",")])


def area(human: Sequence[Sequence[float]], composed: Sequence[Sequence[float]]) -> float:
    """Mean over readers of the AUC between their probabilities of human and composed pieces."""
    areas = []
    for reader in range(min(len(chances) for chances in (*human, *composed))):
        found = area_under_curve(
            np.array([chances[reader] for chances in human]), np.array([chances[reader] for chances in composed])
        )
        areas.append(np.nan if found is None else found)
    return float(np.mean(areas))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--last", type=int, help="number of sittings, from the end; by default all")
    options = parser.parse_args()
    print("line | kind | pieces | overall | probability human | AUC against human pieces")
    print(" | ".join(["---"] * 6))
    for sitting in list(read_sittings())[-(options.last or 0) :]:
        human = sitting.chances[HUMAN]
        for kind, chances in sitting.chances.items():
            area_text = ""
            if kind != HUMAN:
                value = area(human, chances)
                low, high = area_interval(value, len(human), len(chances))
                area_text = f"{value:.2f} ({low:.2f} to {high:.2f})"
            means = [np.mean([np.mean(each) for each in rows[kind]]) for rows in (sitting.marks, sitting.chances)]
            print(f"{sitting.line} | {kind} | {len(chances)} | {means[0]:.2f} | {means[1]:.2f} | {area_text}")


if __name__ == "__main__":
    main()
