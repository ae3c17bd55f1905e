"""Seeded random choices, one independent stream per question: fixing the key of a brief does not change its tempo."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def draw(seed: int, question: str) -> float:
    """A number from 0 up to 1 that depends on the seed and the question only, the same on every machine."""
    return random.Random(f"{seed}:{question}").random()


def choose(seed: int, question: str, items: Sequence[Item], weights: Sequence[float] | None = None) -> Item:
    """One of the items, by weight; `items` must not be empty.

    >>> choose(7, "metre", ["3/4"]), choose(1, "key", "CDEF") == choose(1, "key", "CDEF")
    ('3/4', True)
    """
    shares = list(weights or [1.0] * len(items))
    left = draw(seed, question) * sum(shares)
    for item, share in zip(items, shares, strict=True):
        left -= share
        if left < 0:
            return item
    return items[-1]
