"""Balances the loudness of parts that the network wrote: between the hands of a pianist, and from bar to bar.

Moves the velocities of whole bars, so that accents within them stay. Knows plans and scores, nothing of tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from composer.analysis.playability import KEYBOARDS
from composer.controls import DYNAMICS, PHRASE_BARS
from composer.plan import Plan
from composer.score import Part

_STEP = DYNAMICS["f"] - DYNAMICS["mf"]  # from one marking to the next
_AT_PHRASES = 2  # steps between neighboring bars where a phrase begins; within phrases one


def balanced(parts: Sequence[Part], plan: Plan) -> tuple[Part, ...]:
    """The parts without sudden changes of loudness within sections, and with left hands that do not cover right hands.

    A bar is at most a step (*mf* to *f*) softer or louder than the one before it in its part, two where a phrase begins; the
    first bars of sections and bars with a hit are free. The left hand of a keyboard is at most a step louder than the right one
    in each bar.

    Args:
        parts: of the piece, in the order of the plan.
        plan: of the piece.
    """
    ticks = plan.meter.bar_ticks
    free = {0, *(section.start_bar for section in plan.sections), *(planned.bar for planned in plan.hits)}
    found: list[Part] = []
    above: Mapping[int, float] = {}
    for index, part in enumerate(parts):
        if part.is_drum:
            found.append(part)
            continue
        levels = _levels(part, ticks)
        is_left = index > 0 and part.program in KEYBOARDS and parts[index - 1].program == part.program
        aims = _steady(levels, free, plan.upbeat_bars)
        if is_left:
            aims = {bar: min(aim, above.get(bar, aim) + _STEP) for bar, aim in aims.items()}
        moves = {bar: round(aims[bar] - level) for bar, level in levels.items()}
        notes = (
            replace(note, velocity=max(1, min(127, note.velocity + moves[note.start_ticks // ticks]))) for note in part.notes
        )
        found.append(replace(part, notes=tuple(notes)))
        above = aims
    return tuple(found)


def _levels(part: Part, bar_ticks: int) -> dict[int, float]:
    """The mean velocity of each bar in which a part strikes."""
    struck: dict[int, list[int]] = {}
    for note in part.notes:
        struck.setdefault(note.start_ticks // bar_ticks, []).append(note.velocity)
    return {bar: fmean(velocities) for bar, velocities in sorted(struck.items())}


def _steady(levels: Mapping[int, float], free: set[int], upbeat_bars: int) -> dict[int, float]:
    """The levels, each within a step of the bar before, two where a phrase begins; any in free bars."""
    aims: dict[int, float] = {}
    before: float | None = None
    for bar, level in levels.items():
        if before is not None and bar not in free:
            most = _STEP * (_AT_PHRASES if (bar - upbeat_bars) % PHRASE_BARS == 0 else 1)
            level = min(max(level, before - most), before + most)
        before = aims[bar] = level
    return aims
