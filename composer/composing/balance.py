"""Balances the loudness of parts that the network wrote: between players, the hands of a pianist, and from bar to bar.

Moves the velocities of whole bars, so that accents within them stay. Knows plans and scores, nothing of tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from composer.analysis.playability import KEYBOARDS
from composer.controls import DYNAMICS, PHRASE_BARS
from composer.plan import Plan
from composer.score import Note, Part

_STEP = DYNAMICS["f"] - DYNAMICS["mf"]  # from one marking to the next
_APART = _STEP // 2  # velocity between a player and the mean of all in a bar, at most
_AT_PHRASES = 2  # steps between neighboring bars where a phrase begins; within phrases one


def balanced(parts: Sequence[Part], plan: Plan) -> tuple[Part, ...]:
    """The parts without sudden changes of loudness within sections, with dynamics that players share, and audible melodies.

    A bar is at most a step (*mf* to *f*) softer or louder than the one before it in its part, two where a phrase begins; the
    first bars of sections and bars with a hit are free. The left hand of a keyboard is at most a step louder than the right one
    in each bar. Several players are within half a step of their mean in each bar, and the highest of them, who mostly has the
    melody, is as loud as the loudest.

    Args:
        parts: of the piece, in the order of the plan.
        plan: of the piece.
    """
    ticks = plan.meter.bar_ticks
    free = {0, *(section.start_bar for section in plan.sections), *(planned.bar for planned in plan.hits)}
    levels = [{} if part.is_drum else _levels(part, ticks) for part in parts]
    aims_of: list[dict[int, float]] = []
    above: Mapping[int, float] = {}
    for index, part in enumerate(parts):
        is_left = index > 0 and part.program in KEYBOARDS and parts[index - 1].program == part.program
        aims = _steady(levels[index], free, plan.upbeat_bars)
        if is_left:
            aims = {bar: min(aim, above.get(bar, aim) + _STEP) for bar, aim in aims.items()}
        aims_of.append(aims)
        above = aims if not part.is_drum else above
    if any(part.program not in KEYBOARDS for part in parts if not part.is_drum):
        aims_of = _together(parts, aims_of, ticks)
    return tuple(_moved(part, before, aims, ticks) for part, before, aims in zip(parts, levels, aims_of, strict=True))


def _moved(part: Part, levels: Mapping[int, float], aims: Mapping[int, float], bar_ticks: int) -> Part:
    """A part whose bars have other levels; drums have none and stay."""
    moves = {bar: round(aims[bar] - level) for bar, level in levels.items()}
    notes = (
        replace(note, velocity=max(1, min(127, note.velocity + moves.get(note.start_ticks // bar_ticks, 0))))
        for note in part.notes
    )
    return replace(part, notes=tuple(notes))


def _together(parts: Sequence[Part], aims_of: Sequence[Mapping[int, float]], bar_ticks: int) -> list[dict[int, float]]:
    """The levels of all parts by bar, near their mean, the highest part of a bar no softer than any other."""
    heights = [_means(part, bar_ticks, lambda note: note.pitch) for part in parts]
    found: list[dict[int, float]] = [{} for _ in parts]
    for bar in sorted({bar for aims in aims_of for bar in aims}):
        playing = [index for index, aims in enumerate(aims_of) if bar in aims]
        mean = fmean(aims_of[index][bar] for index in playing)
        for index in playing:
            found[index][bar] = min(max(aims_of[index][bar], mean - _APART), mean + _APART)
        top = max(playing, key=lambda index: heights[index][bar])
        found[top][bar] = max(found[index][bar] for index in playing)
    return found


def _levels(part: Part, bar_ticks: int) -> dict[int, float]:
    """The mean velocity of each bar in which a part strikes."""
    return _means(part, bar_ticks, lambda note: note.velocity)


def _means(part: Part, bar_ticks: int, of: Callable[[Note], int]) -> dict[int, float]:
    """The mean of something over the notes that a part strikes, by bar."""
    struck: dict[int, list[int]] = {}
    for note in part.notes:
        struck.setdefault(note.start_ticks // bar_ticks, []).append(of(note))
    return {bar: fmean(values) for bar, values in sorted(struck.items())}


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
