"""Percussion on big hits: a crash cymbal of the drums, and a roll of the timpani that leads into it.

The accents of the other players are in `finishing`.
"""

from __future__ import annotations

from dataclasses import replace

from composer.arranging.tables import DRUM_KEYS
from composer.plan import Plan
from composer.presets import EnsemblePart
from composer.score import TICKS_PER_QUARTER, Note, Part

_TIMPANI = 47
_CRASH = DRUM_KEYS["crash"]
_CRASH_VELOCITY, _CRASH_TICKS = 118, TICKS_PER_QUARTER // 4
_STROKE_TICKS = TICKS_PER_QUARTER // 8
_ROLL_FROM, _ROLL_TO = 52, 108  # velocity of the first stroke of a roll and of the last


def with_hit_strokes(parts: tuple[Part, ...], plan: Plan) -> tuple[Part, ...]:
    """The parts with a crash and a roll on the big hits of a plan; players who rest in the bar of a hit play neither."""
    ticks = plan.meter.bar_ticks
    hits = [planned.bar for planned in plan.hits if planned.hit.strength == "big"]
    made = list(parts)
    for bar in hits:
        for index, (part, player) in enumerate(zip(made, plan.parts, strict=True)):
            if not any(bar * ticks <= note.start_ticks < (bar + 1) * ticks for note in part.notes):
                continue
            if part.is_drum:
                made[index] = _with_crash(part, bar * ticks)
            elif part.program == _TIMPANI and bar:
                made[index] = _with_roll(part, player, bar, plan)
    return tuple(made)


def _with_crash(part: Part, start: int) -> Part:
    others = tuple(note for note in part.notes if (note.start_ticks, note.pitch) != (start, _CRASH))
    return replace(part, notes=tuple(sorted((*others, Note(start, _CRASH, _CRASH_TICKS, _CRASH_VELOCITY)))))


def _with_roll(part: Part, player: EnsemblePart, bar: int, plan: Plan) -> Part:
    """The timpani with a roll that grows through the second half of the bar before a hit, on the pitch of the hit."""
    end = bar * plan.meter.bar_ticks
    start = end - plan.meter.bar_ticks + plan.meter.middle_ticks
    chord = plan.chords[bar][0] if plan.chords else None
    root = chord.lowest if chord else plan.key.tonic
    pitch = next((pitch for pitch in range(player.low, player.high + 1) if pitch % 12 == root), None)
    if pitch is None:
        return part
    before = [
        replace(note, duration_ticks=min(note.duration_ticks, start - note.start_ticks))
        for note in part.notes
        if note.start_ticks < start
    ]
    after = [note for note in part.notes if note.start_ticks > end]
    count = (end - start) // _STROKE_TICKS
    roll = [
        Note(start + place * _STROKE_TICKS, pitch, _STROKE_TICKS, round(_ROLL_FROM + (_ROLL_TO - _ROLL_FROM) * place / count))
        for place in range(count)
    ]
    struck = next((note for note in part.notes if note.start_ticks == end), None)
    length = struck.duration_ticks if struck else TICKS_PER_QUARTER
    return replace(part, notes=tuple(sorted([*before, *roll, Note(end, pitch, length, 120), *after])))
