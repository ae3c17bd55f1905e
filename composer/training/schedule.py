"""The learning rate over a run: warm-up, constant, decay. Pure arithmetic."""

from __future__ import annotations

import math


def learning_rate_factor(step: int, progress: float, warmup_steps: int, decay: float) -> float:
    """Share of the peak learning rate, 0..1: linear warm-up, constant, then decay by 1 - sqrt (Hägele et al. 2024).

    A constant phase can be stopped, continued and annealed at any time, which a cosine cannot.

    Args:
        step: steps done so far, from 0.
        progress: share of the budget used, 0..1.
        warmup_steps: length of the warm-up.
        decay: share of the budget given to the decay, 0..1.

    >>> [learning_rate_factor(step, step / 100, 10, 0.2) for step in (0, 9, 50, 80, 85, 100)]
    [0.1, 1.0, 1.0, 1.0, 0.5, 0.0]
    """
    warmup = min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0
    decayed = progress - (1.0 - decay)
    if decay <= 0.0 or decayed <= 0.0:
        return warmup
    return warmup * (1.0 - math.sqrt(min(1.0, round(decayed / decay, 12))))
