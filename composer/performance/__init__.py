"""The expression layer: turns a score into a performance in seconds.

`perform` applies the rules of `timing`, `dynamics` and `articulation` with the strengths that `profiles` gives a style. It is
deterministic given its seed and does not modify the score. Knows no sound, no files and no models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict, Unpack

import numpy as np

from composer.errors import BadInputError
from composer.performance.articulation import SHORTEST_S, has_pedal, hold_ratio, pedal_spans, pressed_s
from composer.performance.dynamics import below, swells, velocities
from composer.performance.note_table import Floats, Ints, NoteTable, tabulate
from composer.performance.performed import Performance, PerformedNote, PerformedPart
from composer.performance.placement import seats
from composer.performance.profiles import PROFILES, Profile, profile_for
from composer.performance.timing import SwingSpan, TimeMap, expressive_map, onset_shifts_s, strict_map, swing_amounts, swung
from composer.performance.written import Gestures, WrittenPerformance, write_down
from composer.score import Score

__all__ = [
    "EXPRESSION",
    "PROFILES",
    "Gestures",
    "Manner",
    "Performance",
    "PerformedNote",
    "PerformedPart",
    "Profile",
    "SwingSpan",
    "WrittenPerformance",
    "pedaled",
    "perform",
    "profile_for",
    "written_performance",
]

EXPRESSION = 0.7  # default expressiveness


class Manner(TypedDict, total=False):
    """How a piece is played: the options of `perform`."""

    expression: float
    style: str | None
    seed: int
    swing: tuple[SwingSpan, ...]
    pedal: bool
    highest: int | None


def perform(score: Score, **manner: Unpack[Manner]) -> Performance:
    """Performs a score.

    Args:
        score: the score to perform.
        manner: keywords, see below.
        expression: 0 plays exactly as written, 1 is a pronounced performance; 0.7 by default.
        style: a name in `PROFILES`, or any style name whose words suggest a profile.
        seed: seed of the human irregularities; 0 or more.
        swing: spans whose swing differs from the style's.
        pedal: whether pianists use the sustain pedal, if they do in the style; by default they do.
        highest: velocity that expression does not exceed, 1-127; by default 127.

    Returns:
        Parts in the order of the score. With `expression` 0, times and velocities are those of the score. Expression does not
        change the duration.

    Raises:
        BadInputError: `expression` is not within 0-1, or `seed` is negative.
    """
    return _timed(score, **manner)[0]


def written_performance(score: Score, **manner: Unpack[Manner]) -> WrittenPerformance:
    """A performance in ticks, for a file that takes it to a sequencer.

    The tempo map contains the rubato, so bars keep their positions.

    Raises:
        BadInputError: see `perform`.
    """
    performance, time_map, _ = _timed(score, **manner)
    return write_down(score, performance.parts, time_map)


def pedaled(score: Score, **manner: Unpack[Manner]) -> Score:
    """The score with the sustain pedal of its performance in the parts of pianists, from the start to the end of each harmony.

    Raises:
        BadInputError: see `perform`.
    """
    if not any(map(has_pedal, score.parts)):
        return score
    _, _, pedals = _timed(score, **manner)
    return replace(score, parts=tuple(replace(part, pedals=pedals) if has_pedal(part) else part for part in score.parts))


def _timed(
    score: Score,
    *,
    expression: float = EXPRESSION,
    style: str | None = None,
    seed: int = 0,
    swing: Sequence[SwingSpan] = (),
    pedal: bool = True,
    highest: int | None = None,
) -> tuple[Performance, TimeMap, tuple[tuple[int, int], ...]]:
    """A performance, its map from ticks to seconds, and the spans of its sustain pedal in ticks.

    Raises:
        BadInputError: an option is out of range.
    """
    if not 0.0 <= expression <= 1.0:
        raise BadInputError(f"expression {expression:g} is out of range: use 0 (as written) to 1")
    if seed < 0:
        raise BadInputError(f"seed {seed} is out of range: use 0 or more")
    profile = profile_for(style)
    time_map = expressive_map(score, profile, expression, seed) if expression else strict_map(score)
    table = tabulate(score)
    written_s, until_s = (
        time_map.seconds(swung(ticks, score, expression * swing_amounts(ticks, profile.swing, swing)))
        for ticks in (table.start, table.end)
    )
    programs = np.array([part.program for part in score.parts], float)[table.part]
    start_s, end_s, velocity = _played(table, programs, (written_s, until_s), profile, expression, seed)
    velocity = velocity if highest is None else below(velocity, highest)
    pedals = pedal_spans(score, table, profile, expression, time_map) if pedal else ()
    pedals_s = pressed_s(pedals, time_map)
    parts = []
    for index, (part, (pan, distance)) in enumerate(zip(score.parts, seats(score.parts), strict=True)):
        rows = np.flatnonzero(table.part == index)
        rows = rows[np.lexsort((table.pitch[rows], start_s[rows]))]
        columns = (start_s[rows].tolist(), end_s[rows].tolist(), table.pitch[rows].tolist(), velocity[rows].tolist())
        parts.append(
            PerformedPart(
                name=part.name,
                program=part.program,
                notes=tuple(PerformedNote(*row) for row in zip(*columns, strict=True)),
                is_drum=part.is_drum,
                pan=pan,
                distance=distance,
                pedals=pedals_s if has_pedal(part) else (),
                swells=() if part.is_drum else swells(score, part.program, profile, expression, seed, time_map),
            )
        )
    last_s = max(float(time_map.times_s[-1]), float(end_s.max(initial=0.0)))
    begin, until = score.loop_ticks or (0, 0)
    is_whole = begin == 0 and until >= max(1, score.last_note_end_ticks)
    loop_s = float(time_map.seconds(np.array([until], float))[0]) if is_whole else None
    return Performance(tuple(parts), last_s, score.title, loop_s), time_map, pedals


def _played(
    table: NoteTable, programs: Floats, written_s: tuple[Floats, Floats], profile: Profile, amount: float, seed: int
) -> tuple[Floats, Floats, Ints]:
    """Start and end in seconds and velocity of each note of the table, from the starts and ends as written. (N,) each."""
    if amount == 0.0:
        return *written_s, table.velocity
    onset_s, until_s = written_s
    shifts_s = onset_shifts_s(table, profile, amount, seed)
    start_s = np.maximum(0.0, onset_s + shifts_s)
    held_s = (until_s - onset_s) * hold_ratio(table, programs, profile, amount)
    end_s = np.maximum(start_s + SHORTEST_S, onset_s + held_s)
    end_s = np.maximum(start_s + 0.001, np.minimum(end_s, _restruck_s(table, start_s)))
    return start_s, end_s, velocities(table, profile, amount, seed)


def _restruck_s(table: NoteTable, start_s: Floats) -> Floats:
    """When the same part next plays the same pitch; infinity if it never does. (N,)"""
    result = np.full(len(start_s), np.inf)
    order = np.lexsort((start_s, table.pitch, table.part))
    same = (table.part[order][1:] == table.part[order][:-1]) & (table.pitch[order][1:] == table.pitch[order][:-1])
    result[order[:-1][same]] = start_s[order[1:][same]]
    return result
