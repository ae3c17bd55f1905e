"""Tracks of a MIDI file as timed mido messages, in an order that DAWs read correctly.

Bank before program, volume and pan once per channel, note-offs before note-ons at the same tick. Knows neither scores nor
seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from composer.formats.midi.channels import DRUM_CHANNEL
from composer.score import Note

if TYPE_CHECKING:
    import mido

Event = tuple[int, int, Any]  # tick, rank within the tick, mido message
SETUP, CONTROL, NOTE_OFF, LYRIC, NOTE_ON = 0, 1, 2, 3, 4  # ranks in a part's track
MIDDLE = 64  # center of a pan between 0 and 127
SUSTAIN = 64  # controller of the sustain pedal
BANK_SELECT = (0, 32)  # controllers that select a bank of programs


@dataclass(frozen=True, slots=True)
class Controllers:
    """Data in a part's track other than notes: pan, and controller changes as (tick, controller, value)."""

    pan: int = MIDDLE
    changes: tuple[tuple[int, int, int], ...] = ()


def make_track(events: Iterable[Event], end: int) -> mido.MidiTrack:
    """Builds a track from events, ordered by tick and rank (stable) and closed at `end`."""
    import mido

    track, now = mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track


def setup_events(name: str, program: int, place: tuple[int, int], *, first: bool, pan: int = MIDDLE) -> list[Event]:
    """Messages for name, port, bank and program; with `first`, also the channel's volume and pan (0-127)."""
    from mido import Message, MetaMessage

    port, channel = place
    messages: list[Any] = [MetaMessage("track_name", name=name)] if name else []
    if port:
        messages.append(MetaMessage("midi_port", port=port))
    if channel != DRUM_CHANNEL:  # a bank select turns drums into a melodic voice on XG synthesizers
        messages += [Message("control_change", channel=channel, control=control, value=0) for control in (0, 32)]
    messages.append(Message("program_change", channel=channel, program=program))
    if first:
        messages.append(Message("control_change", channel=channel, control=7, value=100))
        messages.append(Message("control_change", channel=channel, control=10, value=pan))
    return [(0, SETUP, message) for message in messages]


def control_events(changes: Iterable[tuple[int, int, int]], channel: int) -> list[Event]:
    """Converts controller changes to messages."""
    from mido import Message

    return [
        (tick, CONTROL, Message("control_change", channel=channel, control=control, value=value))
        for tick, control, value in changes
    ]


def pedal_changes(pedals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int, int], ...]:
    """Sustain pedal spans (down tick, up tick) as controller changes.

    >>> pedal_changes([(0, 480)])
    ((0, 64, 127), (480, 64, 0))
    """
    return tuple((tick, SUSTAIN, value) for span in pedals for tick, value in zip(span, (127, 0), strict=True))


def note_events(notes: Sequence[Note], channel: int) -> list[Event]:
    """Converts notes to messages; notes of equal pitch must not overlap."""
    from mido import Message

    events: list[Event] = []
    for note in notes:
        events.append((note.start_ticks, NOTE_ON, Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)))
        events.append((note.end_ticks, NOTE_OFF, Message("note_off", channel=channel, note=note.pitch, velocity=0)))
    return events
