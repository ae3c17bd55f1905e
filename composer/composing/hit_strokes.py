"""Strokes on big hits: the whole ensemble, a crash cymbal of the drums, and a roll of the timpani that leads into it.

The crescendo into a hit and its accent are in `finishing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.arranging import players_resting
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
    """The parts with strokes on the big hits of a plan; players who rest there by the settings of sections play none."""
    ticks = plan.meter.bar_ticks
    hits = [planned.bar for planned in plan.hits if planned.hit.strength == "big"]
    made, resting = list(parts), players_resting(plan)
    for bar in hits:
        struck = [note for part in made if not part.is_drum for note in part.notes if note.start_ticks == bar * ticks]
        for index, (part, player) in enumerate(zip(made, plan.parts, strict=True)):
            if bar in resting[index]:
                continue
            if part.is_drum:
                made[index] = _with_crash(part, bar * ticks)
            elif part.program == _TIMPANI and bar:
                made[index] = _with_roll(part, player, bar, plan)
            elif struck:
                made[index] = _with_stroke(part, player, (bar * ticks, (bar + 1) * ticks), struck)
    return tuple(made)


def _with_stroke(part: Part, player: EnsemblePart, bar: tuple[int, int], struck: Sequence[Note]) -> Part:
    """The part with a note on a hit if it has none: a tone that others strike there, held up to its next note in the bar.

    Args:
        part: one with pitch.
        player: who plays it.
        bar: its first tick, which is that of the hit, and the tick after its last.
        struck: the notes that others strike on the hit.
    """
    hit, end = bar
    if any(note.start_ticks == hit for note in part.notes):
        return part
    lowest = min(struck, key=lambda note: note.pitch)
    earlier = [note for note in part.notes if note.start_ticks < hit]
    near = earlier[-1].pitch if earlier else (player.low + player.high) // 2
    is_bass = near <= lowest.pitch
    classes = {lowest.pitch % 12} if is_bass else {note.pitch % 12 for note in struck}
    tones = [pitch for pitch in range(player.low, player.high + 1) if pitch % 12 in classes]
    if not tones:
        return part
    pitch = min(tones, key=lambda tone: abs(tone - near))
    following = min((note.start_ticks for note in part.notes if hit < note.start_ticks < end), default=end)
    stroke = Note(hit, pitch, following - hit, max(note.velocity for note in struck))
    cut = (replace(note, duration_ticks=min(note.duration_ticks, hit - note.start_ticks)) for note in earlier)
    later = (note for note in part.notes if note.start_ticks > hit)
    return replace(part, notes=tuple(sorted([*cut, stroke, *later])))


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
