"""Loudness of each note, and swells on held notes, computed in decibels and converted to velocities.

Rules of the KTH system (Friberg, Bresin and Sundberg 2006): phrase arch, high loud, harmonic and melodic charge,
duration contrast, noise; metrical accents after Lerdahl and Jackendoff's grid; melody above accompaniment.
Knows no timing.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from composer.performance.note_table import Floats, Ints, NoteTable, phrase_bounds
from composer.performance.profiles import Profile
from composer.performance.timing import TimeMap, arch, phrase_depths
from composer.presets import programs_of
from composer.score import Score

# Programs whose players shape a held note: bowed strings, voices, brass, reeds, pipes (no plucked or struck ones).
SUSTAINED = programs_of(
    "solo-strings", "tremolo-strings", "string-section", "synth-strings", "voice",
    "brass", "brass-section", "synth-brass", "saxophone", "reed", "pipe",
)  # fmt: skip
LOUDNESS_PEAK = 0.65  # phrases are loudest after their middle


def velocities(table: NoteTable, profile: Profile, amount: float, seed: int) -> Ints:
    """Velocity of each note, 1-127. General MIDI amplitude is the square of velocity: 40 log10 of a ratio in dB. (N,)"""
    depths = phrase_depths(int(table.phrase.max(initial=0)) + 1, seed)[table.phrase]
    decibels = amount * (
        profile.accent * 2.5 * (table.strength - 0.35)
        + profile.phrase * depths * 3.0 * np.where(table.pitched, arch(table.phrase_place, LOUDNESS_PEAK) - 0.65, 0.0)
        + profile.voicing * np.where(table.pitched, np.where(table.melody, 1.5, -1.5), 0.0)
        + profile.tension * (0.5 * (table.charge - 2.0) * table.pitched + _height(table))
        - profile.contrast * _shortness(table)
        + profile.noise * 0.5 * _touch(table, seed)
    )
    played = table.velocity * 10.0 ** (decibels / 40.0)
    return np.clip(np.rint(played), 1, 127).astype(np.int64)


def below(played: Ints, highest: int) -> Ints:
    """Velocities, all softer by the same decibels if the loudest is above the highest one, so that contrasts stay. (N,)

    >>> below(np.array([44, 66, 88]), 72).tolist(), below(np.array([44, 66]), 72).tolist()
    ([36, 54, 72], [44, 66])
    """
    share = min(1.0, highest / max(1, int(played.max(initial=0))))
    softer: Ints = np.clip(np.rint(share * played), 1, 127).astype(np.int64)
    return softer


def _height(table: NoteTable) -> Floats:
    """High loud: 2 dB per octave above the part's mean pitch, limited to 3 dB."""
    result = np.zeros(len(table.part))
    for index in np.unique(table.part[table.pitched]).tolist():
        rows = table.part == index
        result[rows] = (table.pitch[rows] - np.mean(table.pitch[rows])) / 6.0
    return np.clip(result, -3.0, 3.0)


def _shortness(table: NoteTable) -> Floats:
    """Decibels taken from short notes: none for eighths and longer, 1.5 for thirty-seconds."""
    return np.asarray(np.interp(table.end - table.start, [60, 240], [1.5, 0.0]))


def _touch(table: NoteTable, seed: int) -> Floats:
    """Unit noise, one stream per part, so that muting a part does not change the others."""
    result = np.zeros(len(table.part))
    for index in np.unique(table.part).tolist():
        rows = table.part == index
        result[rows] = np.random.default_rng([seed, 2, index]).standard_normal(int(rows.sum()))
    return result


def swells(
    score: Score, program: int, profile: Profile, amount: float, seed: int, time_map: TimeMap
) -> tuple[tuple[float, float], ...]:
    """Loudness curve that follows the phrases, (time_s, level 0-1), for parts that can shape held notes; else empty."""
    if program not in SUSTAINED or amount * profile.phrase == 0.0:
        return ()
    bounds = phrase_bounds(score).astype(np.float64)
    places = np.linspace(0.0, 1.0, 17)
    shape_db = amount * profile.phrase * 3.0 * (arch(places, LOUDNESS_PEAK) - 1.0)
    points: list[tuple[float, float]] = []
    for (first, last), depth in zip(pairwise(bounds), phrase_depths(len(bounds) - 1, seed), strict=True):
        times_s = time_map.seconds(first + places[:-1] * (last - first))
        levels = 10.0 ** (depth * shape_db[:-1] / 40.0)
        points.extend(zip(times_s.tolist(), levels.tolist(), strict=True))
    return tuple(points)
