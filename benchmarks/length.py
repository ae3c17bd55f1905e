"""Does a long piece slow down? Time per bar and per sampled id, for each quarter of 256 bars.

    python -m benchmarks length
    python -m benchmarks length --cpu-time            on a busy machine

A string quartet without repeats, so that every bar is sampled. The network attends to a window, part of which is kept when it
is full: the cost of a choice should stay within 10 % of that in the first quarter. For each quarter the best of --rounds pieces
with the same notes counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from composer.brief import Brief
from composer.composing.session import open_model
from composer.guide import PlanGuide
from composer.model.checkpoint import find_model
from composer.model.sampling import Request, generate
from composer.plan import make_plan
from composer.tokenizer.stream import shorten

OPTIONS = {"style": "string-quartet", "key": "D minor", "meter": "3/4", "form": "through-composed", "seed": 7}
QUARTERS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cpu-time", action="store_true")
    options = parser.parse_args()
    rounds = [
        marks_of(options.bars, time.process_time if options.cpu_time else time.perf_counter) for _ in range(options.rounds)
    ]
    print("bars | choices | ms a bar | ms a choice | to the first quarter\n---|---|---|---|---")
    bars, first = options.bars / QUARTERS, 0.0
    for quarter in range(QUARTERS):
        seconds = min(marks[quarter + 1][0] - marks[quarter][0] for marks in rounds)
        choices = rounds[0][quarter + 1][1] - rounds[0][quarter][1]
        each = seconds * 1000 / choices
        first = first or each
        place = f"{round(quarter * bars) + 1} to {round((quarter + 1) * bars)}"
        print(f"{place} | {choices} | {seconds * 1000 / bars:.0f} | {each:.2f} | {each / first:.2f}")


def marks_of(bars: int, clock: Callable[[], float]) -> list[tuple[float, int]]:
    """Time and number of choices at the start and after each quarter of a piece."""
    opened = open_model(find_model())
    guide = PlanGuide(opened.tokenizer, make_plan(Brief.from_dict({**OPTIONS, "bars": bars})))
    choices, marks = 0, [(clock(), 0)]

    def step() -> None:
        nonlocal choices
        choices += 1
        if guide.bars_written > len(marks) * bars // QUARTERS:
            marks.append((clock(), choices))

    request = Request(guide, (7, 0), shorten=lambda ids: shorten(ids, opened.tokenizer.vocabulary, opened.settings.kept))
    generate(opened.engine, [request], opened.settings, on_step=step)
    return [*marks, (clock(), choices)]
