"""Craft measures of composed and human openings of the same styles.

    python -m benchmarks craft --pieces 12
    python -m benchmarks craft --folder out/          # the .mid files of a folder instead of new pieces, all styles together

For each measure in `composer.analysis.craft`: the means of human and composed pieces, the 95 % range of human ones, the share
of composed pieces inside it; and by style the measures that fewer than 90 % of the pieces meet.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.openings import STYLES, composed_pieces, human_pieces
from composer.analysis.craft import MEASURES, measure_craft
from composer.formats import read_score

Table = dict[str, list[dict[str, float]]]


def human_ranges(rows: list[dict[str, float]]) -> dict[str, tuple[float, float]]:
    """2.5th and 97.5th percentile of each measure."""
    found = {}
    for name in MEASURES:
        values = [row[name] for row in rows if not np.isnan(row[name])]
        found[name] = tuple(np.percentile(values, [2.5, 97.5])) if values else (-np.inf, np.inf)
    return found


def inside(rows: list[dict[str, float]], name: str, limits: tuple[float, float]) -> float:
    """Share of pieces within the limits, among those with the measure."""
    values = np.array([row[name] for row in rows if not np.isnan(row[name])])
    return float(((values >= limits[0] - 1e-9) & (values <= limits[1] + 1e-9)).mean()) if len(values) else float("nan")


def report(humans: Table, composed: Table) -> None:
    everyone, ours = [row for rows in humans.values() for row in rows], [row for rows in composed.values() for row in rows]
    limits = human_ranges(everyone)
    print(f"{len(everyone)} human and {len(ours)} composed openings\n")
    print(f"{'measure':20} {'human':>7} {'composed':>9} {'human 95 %':>15} {'inside':>7}")
    for name in MEASURES:
        means = [np.nanmean([row[name] for row in rows]) for rows in (everyone, ours)]
        span = "{:.2f} to {:.2f}".format(*limits[name])
        print(f"{name:20} {means[0]:7.3f} {means[1]:9.3f} {span:>15} {inside(ours, name, limits[name]):7.0%}")
    if len(composed) > 1:
        print("\nby style, against the human pieces of the style: measures that fewer than 90 % of the pieces meet")
        for style, rows in composed.items():
            own = human_ranges(humans[style])
            misses = [f"{name} {share:.0%}" for name in MEASURES if (share := inside(rows, name, own[name])) < 0.9]
            print(f"{style:18} {', '.join(misses) or 'none'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=12, help="human and composed pieces per style")
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--model")
    parser.add_argument("--folder", type=Path, help="composed pieces, instead of composing")
    parser.add_argument("--seed", type=int, default=0, help="seed of the choice of human pieces")
    args = parser.parse_args()
    styles = tuple(args.styles.split(","))
    openings = human_pieces(styles, args.pieces, args.seed)
    humans = {style: [measure_craft(score) for _, score in pieces] for style, pieces in openings.items()}
    if args.folder:
        made = {"all": [("", read_score(path)) for path in sorted(args.folder.rglob("*.mid"))]}
    else:
        made = composed_pieces(openings, args.model)
    report(humans, {style: [measure_craft(score) for _, score in pieces] for style, pieces in made.items()})
