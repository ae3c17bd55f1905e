"""Performances with known truth: a score performed with a varying tempo and recorded from a keyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from composer.performance import perform, profile_for
from composer.performance.timing import expressive_map
from composer.score import Note, Part, Score, Tempo, TimeSignature

CLOCK_QPM = 120.0  # the recorder's default
_TICKS_PER_S = CLOCK_QPM * 8
_START_S = 0.37  # performances do not start at zero


@dataclass(frozen=True)
class Recording:
    """What was recorded, and the map from the score's ticks to the recorder's."""

    score: Score
    tick_of: Callable[[float], float]


def record(score: Score, *, expression: float, wander: float = 0.0, seed: int = 0) -> Recording:
    """The score played with `expression` (0-1) and its tempo varying by up to about `wander` (0.1: a tenth)."""
    performance = perform(score, expression=expression, seed=seed)
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, 2)
    exact = np.linspace(0.0, performance.duration_s * 1.2 + 1.0, 5000)
    drift = wander * (0.6 * np.sin(2 * np.pi * exact / 11 + phases[0]) + 0.6 * np.sin(2 * np.pi * exact / 29 + phases[1]))
    played = _START_S + np.concatenate([[0.0], np.cumsum(np.diff(exact) * np.exp(drift[1:]))])
    time_map = expressive_map(score, profile_for(None), expression, seed)

    def recorded(seconds: float) -> float:
        return float(np.interp(seconds, exact, played)) * _TICKS_PER_S

    def note(start_s: float, end_s: float, pitch: int, velocity: int) -> Note:
        start = round(recorded(start_s))
        return Note(start, pitch, max(1, round(recorded(end_s)) - start), velocity)

    parts = tuple(
        Part(
            part.name,
            part.program,
            tuple(sorted(note(n.start_s, n.end_s, n.pitch, n.velocity) for n in part.notes)),
            part.is_drum,
            tuple((round(recorded(down)), round(recorded(up))) for down, up in part.pedals),
        )
        for part in performance.parts
    )
    file = Score(parts, (Tempo(0, CLOCK_QPM),), (TimeSignature(0, 4, 4),))
    return Recording(file, lambda tick: recorded(float(time_map.seconds(np.array([tick]))[0])))
