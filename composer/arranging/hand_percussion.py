"""Untuned percussion: what a drum kit plays on bongos, congas, a shaker and so on, in place of the kit or beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from composer.arranging.tables import DRUM_KEYS
from composer.presets import Percussion, percussion_of
from composer.score import Note, Part

_LOW = {35, *(DRUM_KEYS[name] for name in ("kick", "tom_low", "tom_floor", "tom_mid", "conga", "timbale"))}
_TIME = {
    DRUM_KEYS[name]
    for name in (
        "hat", "pedal", "open", "ride", "bell", "cymbals", "tambourine", "cowbell", "cabasa", "maracas", "guiro", "triangle",
        "shaker", "sleigh",
    )
}  # fmt: skip
_SOFTER = 0.6  # of a stroke that keeps time on a drum


def with_percussion(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts with the strokes of drums on the percussion that the name of their part says.

    >>> kit = (Note(0, 36, 120), Note(0, 42, 120), Note(480, 38, 120))
    >>> [[note.pitch for note in with_percussion([Part(name, 0, kit, is_drum=True)])[0].notes]
    ...     for name in ("Drums", "Bongos", "Drums & Shaker")]
    [[36, 42, 38], [60, 61, 60], [36, 42, 82, 38]]
    """
    return tuple(_on(part, percussion_of(part.name)) if part.is_drum else part for part in parts)


def _on(part: Part, drums: Sequence[Percussion | None]) -> Part:
    rows = [row for row in drums if row]
    has_kit = len(rows) < len(drums)
    if not rows:
        return part
    loudest = {(note.start_ticks, note.pitch): note for note in part.notes} if has_kit else {}
    for note in part.notes:
        for key, velocity in _strokes(note, rows, has_kit=has_kit):
            place = (note.start_ticks, key)
            if place not in loudest or loudest[place].velocity < velocity:
                loudest[place] = replace(note, pitch=key, velocity=velocity)
    return replace(part, notes=tuple(sorted(loudest.values())))


def _strokes(note: Note, rows: Sequence[Percussion], *, has_kit: bool) -> Iterator[tuple[int, int]]:
    """Keys and velocities of a stroke: on what has a key for it, else on what may stand in.

    Beside a kit drums keep time, too, and leave the strokes of the snare to it.
    """
    softer = max(1, round(note.velocity * _SOFTER))
    is_time = note.pitch in _TIME
    if note.pitch in _LOW:
        yield from ((row.low, note.velocity) for row in rows if row.low)
    elif is_time and (has_kit or not any(row.time for row in rows)):
        yield from ((row.time or row.high, note.velocity if row.time else softer) for row in rows if row.time or row.low)
    elif is_time:
        yield from ((row.time, note.velocity) for row in rows if row.time)
    elif any(row.high for row in rows):
        yield from ((row.high, note.velocity) for row in rows if row.high and not (has_kit and row.low))
    elif not has_kit:
        yield from ((row.time, note.velocity) for row in rows if row.time)
