"""The amount of `vary`: similarity of variation and theme at 0, 0.25, 0.5, 0.75 and 1, in notes, harmony and form.

python -m benchmarks vary [--pieces N] [--bars N] [--corpus DIR] [--model NAME]
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from benchmarks.excerpts import held_out, parser
from composer.analysis.chords import estimate_chords
from composer.analysis.structure import bar_similarity
from composer.brief import Brief
from composer.rework import vary
from composer.score import Score

AMOUNTS = (0.0, 0.25, 0.5, 0.75, 1.0)


def main() -> None:
    options = parser(__doc__, pieces=20, bars=24).parse_args()
    scores = [score for _, score in held_out(options.corpus, options.pieces, options.bars)]
    table = np.array([_row(score, options.model) for score in scores])
    strangers = np.mean([_measure(one, other) for one, other in pairwise(scores)], axis=0)
    falling = np.mean([all(a > b for a, b in pairwise(row)) for row in table[:, :, 0]])
    print(f"{len(table)} excerpts of {options.bars} bars (mean)")
    print(f"{'amount':<10}{'notes shared':>14}{'chord roots alike':>19}{'form alike':>12}")
    for index, amount in enumerate(AMOUNTS):
        notes, chords, form = table[:, index].mean(axis=0)
        print(f"{amount:<10}{notes:>14.1%}{chords:>19.1%}{form:>12.2f}")
    print(f"{'strangers':<10}{strangers[0]:>14.1%}{strangers[1]:>19.1%}{strangers[2]:>12.2f}")
    print(f"notes shared fall at every step of the dial in {falling:.0%} of the excerpts")


def _row(score: Score, model: str | None) -> list[tuple[float, float, float]]:
    return [_measure(score, vary(score, amount, Brief(seed=1), model=model).score) for amount in AMOUNTS]


def _measure(one: Score, other: Score) -> tuple[float, float, float]:
    """Share of notes in common (F1), of half bars with one chord root, and correlation of self-similarities."""
    first, second = (Counter((part, n.start_ticks, n.pitch) for part, n in score.notes()) for score in (one, other))
    common = 2 * (first & second).total() / max(1, first.total() + second.total())
    roots = [_roots(score) for score in (one, other)]
    size = min(map(len, roots))
    alike = float(np.mean([a == b for a, b in zip(roots[0][:size], roots[1][:size], strict=True)]))
    forms = [bar_similarity(score) for score in (one, other)]
    bars = min(map(len, forms))
    upper = np.triu_indices(bars, 1)
    return common, alike, float(np.corrcoef(forms[0][:bars, :bars][upper], forms[1][:bars, :bars][upper])[0, 1])


def _roots(score: Score) -> list[int | None]:
    """Chord root at the start and the middle of each bar."""
    symbols = estimate_chords(score, score.key)
    ticks = [tick for bar in score.bars for tick in (bar.start_ticks, bar.start_ticks + bar.time_signature.middle_ticks)]
    return [next((s.chord and s.chord.root for s in reversed(symbols) if s.start_ticks <= tick), None) for tick in ticks]
