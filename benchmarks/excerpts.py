"""Held-out excerpts for the benchmarks of the rework commands; always the same ones."""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

from composer.score import Score
from composer.training.data.corpus import list_items, read_item
from composer.training.data.repair import excerpt
from tools.corpus import corpus_folder

_MOST_PARTS = 6


def parser(description: str | None, pieces: int, bars: int) -> argparse.ArgumentParser:
    """The common options of these benchmarks, with their defaults."""
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("--pieces", type=int, default=pieces)
    result.add_argument("--bars", type=int, default=bars, help="length of the excerpts")
    result.add_argument("--corpus", type=Path, default=corpus_folder())
    result.add_argument("--model")
    return result


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
