"""What tells composed music from human music: figures of line, rhythm, texture and craft, the most telling first.

    python -m benchmarks giveaways --pieces 8                              # this checkout
    python -m benchmarks giveaways --worktree ../before --worktree .       # several, against the same human pieces
    python -m benchmarks giveaways --folder out/pieces --by-style          # FOLDER/STYLE/*.mid; medians by style as well

For each figure: the median and 95 % range of human openings; for each state the median, the share of pieces inside the human
range, and the AUC of the figure alone (above 0.5: human pieces have more of it). Human pieces: `benchmarks.openings`; figures:
`benchmarks.line_features` and `composer.analysis.craft`. The order is that of the last state.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.line_features import FEATURES, measure_lines
from benchmarks.openings import add_options, chosen_pieces
from composer.analysis.craft import measure_craft
from composer.score import Score
from composer.training.evaluation.sets import area_under_curve

Rows = Mapping[str, Sequence[Mapping[str, float]]]  # figures of pieces, by style


def figures(score: Score) -> dict[str, float]:
    """All figures of a piece by name."""
    return measure_lines(score) | {f"craft: {name}": value for name, value in measure_craft(score).items()}


def _values(rows: Rows, name: str) -> np.ndarray:
    values = np.array([row[name] for each in rows.values() for row in each])
    return values[~np.isnan(values)]


def _tell(human: np.ndarray, ours: np.ndarray) -> float:
    """AUC of one figure: the chance that a human piece has more of it than a composed one."""
    found = area_under_curve(human, ours)
    return float("nan") if found is None else found


def print_table(humans: Rows, states: Mapping[str, Rows]) -> None:
    """One row per figure, the most telling of the last state first."""
    names = list(next(iter(humans.values()))[0])
    tell = {name: _tell(_values(humans, name), _values(list(states.values())[-1], name)) for name in names}
    print("figure | unit | human median | human 95 % | " + " | ".join(f"{state}: median, inside, AUC" for state in states))
    print(" | ".join(["---"] * (4 + len(states))))
    for name in sorted(names, key=lambda name: -abs(tell[name] - 0.5)):
        human = _values(humans, name)
        low, high = np.percentile(human, [2.5, 97.5])
        cells = [
            name,
            FEATURES[name][0] if name in FEATURES else "share",
            f"{np.median(human):.2f}",
            f"{low:.2f} to {high:.2f}",
        ]
        for rows in states.values():
            ours = _values(rows, name)
            inside = ((ours >= low - 1e-9) & (ours <= high + 1e-9)).mean() if len(ours) else float("nan")
            cells.append(f"{np.median(ours) if len(ours) else float('nan'):.2f}, {inside:.0%}, {_tell(human, ours):.2f}")
        print(" | ".join(cells))


def print_styles(humans: Rows, states: Mapping[str, Rows]) -> None:
    """Medians by style: human, then each state."""
    names = list(next(iter(humans.values()))[0])
    print(f"\nmedians by style: human / {' / '.join(states)}\n")
    print("figure | " + " | ".join(humans))
    print(" | ".join(["---"] * (1 + len(humans))))
    for name in names:
        cells = []
        for style in humans:
            medians = [
                np.median(v) if len(v := _values({style: rows[style]}, name)) else np.nan for rows in (humans, *states.values())
            ]
            cells.append(" / ".join(f"{median:.2f}" for median in medians))
        print(f"{name} | " + " | ".join(cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, 8)
    parser.add_argument("--by-style", action="store_true", help="also the medians by style")
    options = parser.parse_args()
    openings, pieces = chosen_pieces(options)
    humans = {style: [figures(opening.score) for opening in each] for style, each in openings.items()}
    states = {name: {s: [figures(score) for score in each] for s, each in made.items()} for name, made in pieces.items()}
    print(f"{sum(map(len, humans.values()))} human openings, {len(humans)} styles\n")
    print_table(humans, states)
    if options.by_style:
        print_styles(humans, states)
