"""Effect of `transfer` on held-out pieces: the style judge's probability of the new style before and after; melody kept.

python -m benchmarks transfer [--pieces N] [--bars N] [--styles LIST] [--corpus DIR] [--model NAME]
"""

from __future__ import annotations

import numpy as np

from benchmarks.excerpts import held_out, parser
from composer.analysis.melody import melody_line
from composer.analysis.style import judge_style
from composer.brief import Brief
from composer.rework import transfer
from composer.score import Score

STYLES = "hymn,string-quartet,waltz,lied"


def main() -> None:
    arguments = parser(__doc__, pieces=10, bars=24)
    arguments.add_argument("--styles", default=STYLES, help="learned styles that the judge knows")
    options = arguments.parse_args()
    pieces = [score for _, score in held_out(options.corpus, options.pieces, options.bars)]
    print(f"{len(pieces)} excerpts of {options.bars} bars")
    print(f"{'style':<20}{'chance before':>15}{'after':>9}{'risen in':>10}{'rank before':>13}{'after':>8}{'melody kept':>13}")
    for style in options.styles.split(","):
        rows = np.array([_row(score, style, options.model) for score in pieces])
        before, after, rank, new_rank, kept = rows.mean(axis=0)
        risen = np.mean(rows[:, 1] > rows[:, 0])
        print(f"{style:<20}{before:>15.3f}{after:>9.3f}{risen:>10.0%}{rank:>13.1f}{new_rank:>8.1f}{kept:>13.1%}")


def _row(score: Score, style: str, model: str | None) -> tuple[float, float, float, float, float]:
    done = transfer(score, Brief(style=style, seed=1), model=model).score
    judged = [judge_style(piece) for piece in (score, done)]
    ranks = [1 + sum(chance > judgment.chance(style) for _, chance in judgment.genres) for judgment in judged]
    return judged[0].chance(style), judged[1].chance(style), ranks[0], ranks[1], _kept(score, done)


def _kept(score: Score, done: Score) -> float:
    """Share of the melody's notes that sound in the result at the same time, in any octave."""
    sounding = {(note.start_ticks // 20, note.pitch % 12) for _, note in done.notes()}
    melody = melody_line(score)
    return float(
        np.mean([any((note.start_ticks // 20 + d, note.pitch % 12) in sounding for d in (-1, 0, 1)) for note in melody])
    )
