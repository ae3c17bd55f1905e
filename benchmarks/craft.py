"""Craft measures of composed and human openings of the same styles.

    python -m benchmarks craft --pieces 12
    python -m benchmarks craft --worktree ../before --worktree .     # several checkouts, against the same human pieces
    python -m benchmarks craft --folder out/pieces                   # pieces in FOLDER/STYLE/*.mid instead of new ones

For each measure in `composer.analysis.craft`: the means of human and composed pieces, the 95 % range of human ones, the share
of composed pieces inside it; and by style the measures that fewer than 90 % of the pieces meet, with the share of pieces below
the range, which are no fault, and the number of human pieces if it is small. `--humans` takes more human pieces for the ranges:
of a dozen, the extremes are the range.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks.openings import add_options, chosen_pieces, human_openings
from composer.analysis.craft import MEASURES, measure_craft

LEAST_INSIDE = 0.9  # share of pieces in the human range below which a measure is listed
FEW_HUMANS = 20  # pieces of which the 95 % range is that of the extremes

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
    print("\nby style, against the human pieces of the style: measures that fewer than 90 % of the pieces meet")
    for style, rows in composed.items():
        limits_of = human_ranges(humans[style])
        misses = [name for name in MEASURES if inside(rows, name, limits_of[name]) < LEAST_INSIDE]
        print(f"{style:18} {', '.join(_miss(name, rows, humans[style], limits_of[name]) for name in misses) or 'none'}")


def _miss(name: str, rows: list[dict[str, float]], human: list[dict[str, float]], limits: tuple[float, float]) -> str:
    """A measure, the share of pieces inside its range and of those below it, and the number of human pieces if it is small."""
    below = inside(rows, name, (-np.inf, limits[0] - 2e-9))
    known = sum(not np.isnan(row[name]) for row in human)
    notes = [f"{below:.0%} below"] * (below > 0) + [f"{known} human pieces"] * (known < FEW_HUMANS)
    return f"{name} {inside(rows, name, limits):.0%}" + (f" ({', '.join(notes)})" if notes else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, 12)
    parser.add_argument("--humans", type=int, help="human pieces per style; by default the number of composed ones")
    options = parser.parse_args()
    openings, states = chosen_pieces(options)
    if options.humans:
        openings = human_openings(list(openings), options.humans, options.seed)
    humans = {style: [measure_craft(opening.score) for opening in pieces] for style, pieces in openings.items()}
    for state, made in states.items():
        print(f"\n{state}")
        report(humans, {style: [measure_craft(score) for score in pieces] for style, pieces in made.items()})
