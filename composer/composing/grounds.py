"""The bass of given chords as a ground: the lowest part states it each time. Writes no other notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from composer.arranging.voicing import nearest_tone
from composer.plan import Plan
from composer.score import Chord, Note, Part

_OCTAVE = 12
_VELOCITY = 72  # of a bass where its player rests


def with_ground(parts: Sequence[Part], plan: Plan) -> tuple[Part, ...]:
    """The parts with the bass of each given chord as the lowest note where the chord begins.

    The player with the lowest range strikes it where another tone is lowest; chords of that player lose their tones below it.

    Args:
        parts: with pitches as they sound.
        plan: with chords in all bars.
    """
    pitched = [index for index, part in enumerate(plan.parts) if not part.is_drum]
    if not pitched:
        return tuple(parts)
    bass = min(pitched, key=lambda index: (plan.parts[index].low, plan.parts[index].high))
    low, high = plan.parts[bass].low, plan.parts[bass].high
    line = list(parts[bass].notes)
    others = [note for index in pitched if index != bass for note in parts[index].notes]
    for start, end, chord in _spans(plan):
        sounding = [note.pitch for note in (*others, *line) if note.start_ticks <= start < note.end_ticks]
        if sounding and min(sounding) % _OCTAVE == chord.lowest:
            continue
        above = min((note.pitch for note in others if note.start_ticks <= start < note.end_ticks), default=high)
        struck = [note for note in line if note.start_ticks == start]
        near = min((note.pitch for note in struck), default=low + _OCTAVE)
        pitch = nearest_tone((chord.lowest,), near, low, max(low + _OCTAVE - 1, min(high, above)))
        length = min([end - start, *(note.duration_ticks for note in struck)])
        velocity = max((note.velocity for note in struck), default=_VELOCITY)
        kept = [
            replace(note, duration_ticks=start - note.start_ticks) if note.start_ticks < start < note.end_ticks else note
            for note in line
            if note.start_ticks != start or note.pitch > pitch
        ]
        span = max((note.pitch for note in kept if note.start_ticks == start), default=pitch) - pitch
        if span > _OCTAVE:
            kept = [note for note in kept if note.start_ticks != start or note.pitch - pitch <= _OCTAVE]
        line = [*kept, Note(start, pitch, length, velocity)]
    return tuple(replace(part, notes=tuple(sorted(line))) if index == bass else part for index, part in enumerate(parts))


def _spans(plan: Plan) -> Iterator[tuple[int, int, Chord]]:
    """Start and end in ticks of each chord of the plan, without the last bar, which closes the piece."""
    ticks = plan.meter.bar_ticks
    for bar, chords in enumerate(plan.chords[:-1]):
        starts = plan.meter.chord_ticks(len(chords))
        for start, end, chord in zip(starts, (*starts[1:], ticks), chords, strict=True):
            if chord:
                yield bar * ticks + start, bar * ticks + end, chord
