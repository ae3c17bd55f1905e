"""Melodies of exercises: scales or broken chords through the harmony, in even notes. Knows no network."""

from __future__ import annotations

from collections.abc import Sequence

from composer.plan import Plan
from composer.presets import features, levels
from composer.score import TICKS_PER_QUARTER, Chord

_OCTAVE = 12
SCALES, CHORDS = "scales", "chords"  # lines of exercises, in features.toml


def exercise_of(names: Sequence[str]) -> str:
    """The line of the first feature that has one; empty if none has."""
    return next((features()[name].line for name in names if features()[name].line), "")


def exercise(
    plan: Plan, span: tuple[int, int], chords: Sequence[Sequence[Chord]], kind: str
) -> tuple[tuple[int, int, int], ...]:
    """The notes of an exercise: start, length in ticks, pitch. Each bar runs from the root of its chord, up and down by turns.

    Args:
        plan: of the piece.
        span: lowest and highest pitch.
        chords: those of each bar.
        kind: `SCALES` or `CHORDS`.
    """
    on_beats = plan.level is not None and levels()[plan.level].on_beats
    unit = plan.meter.beat_ticks if on_beats else TICKS_PER_QUARTER // 2
    low, high = span
    notes = list[tuple[int, int, int]]()
    before = (low + high) // 2
    for bar, spans in enumerate(chords):
        start, rises = bar * plan.meter.bar_ticks, bar % 2 == 0
        if bar == plan.bars - 1 and not plan.loop:
            ends = [pitch for pitch in range(low, high + 1) if pitch % _OCTAVE == spans[-1].root]
            notes.append((start, plan.meter.bar_ticks, min(ends, key=lambda pitch: abs(pitch - before))))
            break
        classes = plan.key.scale if kind == SCALES else spans[0].pitch_classes
        ladder = [pitch for pitch in range(low, high + 1) if pitch % _OCTAVE in classes]
        count = plan.meter.bar_ticks // unit
        roots = [place for place, pitch in enumerate(ladder) if pitch % _OCTAVE == spans[0].root]
        room = {place: (len(ladder) - place if rises else place + 1) >= count for place in roots}
        place = min(roots or range(len(ladder)), key=lambda each: (not room.get(each), abs(ladder[each] - before)))
        step = 1 if rises else -1
        for number in range(count):
            if not 0 <= place < len(ladder):  # turns where the range ends
                step, place = -step, place - 2 * step
            notes.append((start + number * unit, unit, ladder[place]))
            place += step
        before = notes[-1][2]
    return tuple(notes)
