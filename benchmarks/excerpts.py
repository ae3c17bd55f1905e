"""Held-out excerpts for the benchmarks of the partner: the same ones every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from composer.score import Score
from composer.training.corpus import list_items, read_item
from composer.training.repair import excerpt

CORPUS = Path(__file__).resolve().parent.parent / ".." / "shared" / "corpus"
_MOST_PARTS = 6


def held_out(corpus: Path, count: int, bars: int, seed: int = 0) -> Iterator[tuple[str, Score]]:
    """Names and first bars of held-out pieces with two to six sounding parts, drawn evenly from all sources."""
    by_source: dict[str, list[object]] = {}
    for item in list_items(corpus, splits=["valid"]):
        by_source.setdefault(item.source, []).append(item)
    order = random.Random(seed)
    for items in by_source.values():
        order.shuffle(items)
    queues = [by_source[source] for source in sorted(by_source)]
    found = 0
    while found < count and any(queues):
        for items in queues:
            while items and found < count:
                piece = read_item(items.pop())
                if len(piece.score.bars) >= bars and 2 <= sum(bool(part.notes) for part in piece.score.parts) <= _MOST_PARTS:
                    found += 1
                    yield piece.id, excerpt(piece.score, 0, bars)
                    break
