"""Passages that come back to the letter: what is written for the first time is to come back with them."""

from __future__ import annotations

from collections.abc import Iterable

from composer.controls import PHRASE_BARS
from composer.rework.draft import Draft


def literal_returns(draft: Draft, parts: Iterable[int]) -> dict[int, int]:
    """By bar the earlier bar that it repeats in the given parts, for passages of at least a phrase; never the last bar.

    A figure that goes on for a bar or two is no return, and silence is none.
    """
    parts = list(parts)
    contents = [_content(draft, bar, parts) for bar in range(draft.n_bars - 1)]
    found: dict[int, int] = {}
    for distance in range(PHRASE_BARS, len(contents)):
        run: list[int] = []
        for bar in range(distance, len(contents) + 1):
            if bar < len(contents) and contents[bar] and contents[bar] == contents[bar - distance]:
                run.append(bar)
                continue
            if len(run) >= PHRASE_BARS:
                found.update({again: again - distance for again in run if again not in found})
            run = []
    return {bar: _origin(bar, found) for bar in found}


def _content(draft: Draft, bar: int, parts: list[int]) -> tuple[object, ...]:
    cells = tuple((part, draft.cells[bar, part].ids) for part in parts if (bar, part) in draft.cells)
    return (str(draft.meters[bar]), cells) if cells else ()


def _origin(bar: int, found: dict[int, int]) -> int:
    while bar in found:
        bar = found[bar]
    return bar
