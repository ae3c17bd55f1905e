"""How well composed music is distinguished from human music: cross-validated AUC of two discriminators by style.

    python -m benchmarks judge --pieces 8                                  # this checkout
    python -m benchmarks judge --worktree ../before --worktree .           # several, against the same human pieces
    python -m benchmarks judge --folder out/pieces                         # pieces in FOLDER/STYLE/*.mid

For every style, openings of human pieces and as many composed ones with the same headers (`benchmarks.openings`). Two
discriminators are fitted for each state, and every piece is judged by one that was fitted without it and without its
counterpart with the same headers, so that each fit sees as many human as composed pieces of a style: a probe on the hidden
states and the surprise of the language model (`composer.composing.judge`), and a
regression on the figures of `benchmarks.giveaways`, which no part of the composer optimizes. Before the probe reads them, all
notes get the same velocity, and titles, markings and the last bars are removed. 0.5 is chance, 1.0 perfect separation.
`python -m benchmarks giveaways` prints the figures themselves.

Intervals of an AUC are 95 % score intervals (Newcombe 2006, Statistics in Medicine 25:559, method 5), which also hold at 1.0;
that of a difference between states is a bootstrap over the pieces, the human ones in pairs. Neither has the variation between
fits.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.giveaways import figures
from benchmarks.openings import add_options, chosen_pieces
from composer.composing.judge import Reader
from composer.model.checkpoint import find_model
from composer.score import DEFAULT_VELOCITY, Score
from composer.training.evaluation.sets import area_under_curve
from composer.training.judge_fit import cross_validated

FOLDS, DRAWS = 8, 2000
_FIGURES_RIDGE = 10.0  # of the regression on some forty figures
PROBE, FIGURES = "probe", "figures"


@dataclass(frozen=True)
class Judged:
    """Log-odds that each piece is human, by discriminators fitted without it; human pieces first, ordered by style."""

    odds: np.ndarray
    human: np.ndarray
    style: np.ndarray

    def area(self, style: str, rows: np.ndarray | None = None) -> float:
        """AUC within a style, or the mean over all styles; of some rows, with repetitions."""
        rows = np.arange(len(self.odds)) if rows is None else rows
        if style == "mean":
            return float(np.nanmean([self.area(name, rows) for name in dict.fromkeys(self.style.tolist())]))
        mine = rows[self.style[rows] == style] if style != "all" else rows
        human = self.human[mine].astype(bool)
        found = area_under_curve(self.odds[mine][human], self.odds[mine][~human])
        return float("nan") if found is None else found

    def sizes(self, style: str) -> tuple[int, int]:
        """Human and composed pieces of a style, or of all."""
        mine = (self.style == style) | (style in ("all", "mean"))
        return int((mine & self.human).sum()), int((mine & ~self.human).sum())


def area_interval(area: float, humans: int, composed: int) -> tuple[float, float]:
    """95 % score interval of an AUC.

    >>> [round(end, 2) for end in area_interval(1.0, 8, 8)], [round(end, 2) for end in area_interval(0.8, 48, 48)]
    ([0.76, 1.0], [0.69, 0.87])
    """
    true = np.linspace(1e-6, 1 - 1e-6, 20_001)
    half = (humans + composed) / 2
    spread = (2 * half - 1) - (3 * half - 3) / ((2 - true) * (1 + true))
    error = np.sqrt(true * (1 - true) * spread / (humans * composed))
    inside = true[np.abs(area - true) <= 1.96 * error]
    return float(inside.min()), 1.0 if area == 1.0 else float(inside.max())


def plain(score: Score) -> Score:
    """The notes, meters, tempi and keys of a score, all notes at one velocity."""
    parts = [replace(p, name="", notes=tuple(replace(n, velocity=DEFAULT_VELOCITY) for n in p.notes)) for p in score.parts]
    ends = score.bars[-1].end_ticks
    return Score(tuple(parts), score.tempos, score.time_signatures, score.keys, end_ticks=ends)


def table_of(rows: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Figures as columns; what cannot be measured gets the median."""
    table = np.array([list(row.values()) for row in rows])
    middle = np.nan_to_num(np.nanmedian(table, axis=0))
    return np.where(np.isnan(table), middle, table)


def difference(after: Judged, before: Judged) -> tuple[float, float, float]:
    """Difference of the mean AUC between two states judged against the same human pieces, with a 95 % bootstrap interval."""
    rng, found = np.random.default_rng(0), []
    humans = np.flatnonzero(before.human)
    for _ in range(DRAWS):
        drawn = {style: rng.choice(mine := humans[before.style[humans] == style], len(mine)) for style in set(before.style)}
        both = []
        for state in (after, before):
            ours = [np.flatnonzero(~state.human & (state.style == style)) for style in drawn]
            rows = [*drawn.values(), *(rng.choice(mine, len(mine)) for mine in ours)]
            both.append(state.area("mean", np.concatenate(rows)))
        found.append(both[0] - both[1])
    low, high = np.percentile(found, [2.5, 97.5])
    return after.area("mean") - before.area("mean"), float(low), float(high)


def print_tables(judged: Mapping[tuple[str, str], Judged], states: Sequence[str], style_names: Sequence[str]) -> None:
    for method in (PROBE, FIGURES):
        print(f"\nAUC, discriminator by {method}\n")
        print("style | pieces | " + " | ".join(states))
        print(" | ".join(["---"] * (2 + len(states))))
        for style in (*style_names, "all", "mean"):
            cells = []
            for state in states:
                found = judged[method, state]
                low, high = area_interval(found.area(style), *found.sizes(style))
                cells.append(f"{found.area(style):.2f} ({low:.2f} to {high:.2f})")
            print(f"{style} | {' + '.join(map(str, found.sizes(style)))} | " + " | ".join(cells))
        for state in states[1:]:
            middle, low, high = difference(judged[method, state], judged[method, states[0]])
            print(f"{state} less {states[0]}, mean of the styles: {middle:+.2f} ({low:+.2f} to {high:+.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, 8)
    parser.add_argument("--reader", help="model that reads; by default the released one")
    options = parser.parse_args()
    humans, states = chosen_pieces(options)
    reader = Reader.open(find_model(options.reader))
    scores = [opening.score for each in humans.values() for opening in each]
    style = [name for name, each in humans.items() for _ in each]
    pairs = [f"{name} {index}" for name, each in humans.items() for index in range(len(each))]
    of_humans = {PROBE: [reader.features(plain(score)) for score in scores], FIGURES: [figures(score) for score in scores]}
    judged: dict[tuple[str, str], Judged] = {}
    for state, made in states.items():
        composed = [score for each in made.values() for score in each]
        read = np.stack([*of_humans[PROBE], *(reader.features(plain(score)) for score in composed)])
        table = table_of([*of_humans[FIGURES], *map(figures, composed)])
        human = np.arange(len(read)) < len(scores)
        styles = np.array([*style, *(name for name, each in made.items() for _ in each)])
        groups = [*pairs, *(f"{name} {index}" for name, each in made.items() for index in range(len(each)))]
        for method, features, ridge in ((PROBE, read, {}), (FIGURES, table, {"ridge": _FIGURES_RIDGE})):
            odds = cross_validated(features, human.tolist(), groups, FOLDS, **ridge)
            judged[method, state] = Judged(odds, human, styles)
    print_tables(judged, list(states), list(humans))
