"""A performance as a MIDI file: timing, dynamics and pedal as played.

Seconds become ticks at a constant 120 quarters a minute, about a millisecond each, so that what a DAW plays is what the
renderer hears; bars and tempi stay with the score's own file. Knows no score.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from composer.formats.channels import assign_channels
from composer.formats.files import write_atomically
from composer.formats.midi_events import CONTROL, Event, make_track, note_events, setup_events
from composer.formats.provenance import Provenance, software
from composer.formats.unisons import separate_unisons
from composer.performance import Performance, PerformedPart
from composer.score import TICKS_PER_QUARTER, Note, Part

_TICKS_PER_SECOND = TICKS_PER_QUARTER * 2  # at 120 quarters a minute
_PEDAL, _EXPRESSION = 64, 11


def write_performance_midi(performance: Performance, path: Path, provenance: Provenance | None = None) -> None:
    """Writes a type 1 file: notes, sustain pedal (CC64, closed at the end), swells (CC11) and pan (CC10).

    Raises:
        BadInputError: the file cannot be written.
    """
    import mido

    end = _ticks(performance.duration_s)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8")
    words = [f"Performed by {software()}"] + ([provenance.sentence()] if provenance else [])
    conductor: list[Event] = [(0, 0, mido.MetaMessage("track_name", name=performance.title))] if performance.title else []
    conductor += [(0, 1, mido.MetaMessage("text", text=text)) for text in words]
    conductor.append((0, 2, mido.MetaMessage("set_tempo", tempo=500_000)))
    file.tracks.append(make_track(conductor, end))
    places = assign_channels([Part(part.name, part.program, (), part.is_drum) for part in performance.parts])
    configured: set[tuple[int, int]] = set()
    for part, place in zip(performance.parts, places, strict=True):
        pan = round(64 + 63 * part.pan)
        events = setup_events(part.name, part.program, place, first=place not in configured, pan=pan)
        configured.add(place)
        file.tracks.append(make_track([*events, *_control_events(part, place[1]), *note_events(_notes(part), place[1])], end))
    content = io.BytesIO()
    file.save(file=content)
    write_atomically(path, content.getvalue())


def _ticks(seconds: float) -> int:
    """Seconds in ticks."""
    return round(seconds * _TICKS_PER_SECOND)


def _notes(part: PerformedPart) -> tuple[Note, ...]:
    """Notes in ticks, none shorter than one."""
    return separate_unisons(
        [
            Note(_ticks(note.start_s), note.pitch, max(1, _ticks(note.end_s) - _ticks(note.start_s)), note.velocity)
            for note in part.notes
        ]
    )


def _control_events(part: PerformedPart, channel: int) -> Iterator[Event]:
    """Pedal down and up, and swells at every step of CC11."""
    from mido import Message

    for down, up in part.pedals:
        for time, value in ((down, 127), (up, 0)):
            yield _ticks(time), CONTROL, Message("control_change", channel=channel, control=_PEDAL, value=value)
    for tick, level in _swell_steps(part.swells):
        yield tick, CONTROL, Message("control_change", channel=channel, control=_EXPRESSION, value=level)


def _swell_steps(swells: tuple[tuple[float, float], ...]) -> Iterator[tuple[int, int]]:
    """(tick, CC11 value) along straight lines between the corners, one event for each value passed."""
    if not swells:
        return
    yield _ticks(swells[0][0]), round(127 * swells[0][1])
    for (start, first), (end, last) in pairwise(swells):
        steps = max(1, abs(round(127 * last) - round(127 * first)))
        for step in range(1, steps + 1):
            share = step / steps
            yield _ticks(start + (end - start) * share), round(127 * (first + (last - first) * share))
