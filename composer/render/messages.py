"""Performed parts as MIDI bytes for a synthesizer: times in seconds in, a standard MIDI file out.

Internal: the file contains no score, one tick is 1/9600 s, and every part has a separate channel. Knows no soundfonts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from composer.formats.midi.channels import DRUM_CHANNEL, MELODIC_CHANNELS
from composer.performance import PerformedPart

TICKS_PER_SECOND = 9600
MOST_PITCHED = len(MELODIC_CHANNELS)  # parts in one file

_VOLUME, _PAN, _EXPRESSION, _PEDAL, _REVERB, _CHORUS = 7, 10, 11, 64, 91, 93

# (tick, rank, status, data): ranks order ends before starts at the same tick.
_Event = tuple[int, int, bytes]


def window_midi(
    parts: Sequence[PerformedPart], start_s: float, end_s: float, tail_s: float, volume: int = 127
) -> tuple[bytes, float]:
    """A MIDI file of the notes that start within [start_s, end_s), with time 0 at `start_s`, and its length in seconds.

    Notes sound to their ends; the file ends `tail_s` after the last one. At most 15 pitched parts and drums. `volume` is the
    channel volume, 0-127, of a part with volume 1.
    """
    events: list[_Event] = []
    last_s = 0.0
    channels = iter(MELODIC_CHANNELS)
    for part in parts:
        channel = DRUM_CHANNEL if part.is_drum else next(channels)
        sounding_s = _sounding_until_s(part, start_s, end_s)
        events += _setup(part, channel, volume)
        events += [
            (_tick(time_s - start_s), rank, data) for time_s, rank, data in _stream(part, channel, start_s, end_s, sounding_s)
        ]
        last_s = max(last_s, sounding_s - start_s)
    events.sort(key=lambda event: event[:2])
    length_s = last_s + tail_s
    return _file(events, _tick(length_s)), length_s


def _tick(time_s: float) -> int:
    return max(0, round(time_s * TICKS_PER_SECOND))


def _sounding_until_s(part: PerformedPart, start_s: float, end_s: float) -> float:
    """When the last note of the window is released, including by the pedal."""
    until_s = max((note.end_s for note in part.notes if start_s <= note.start_s < end_s), default=start_s)
    return max((up_s for down_s, up_s in part.pedals if down_s <= until_s <= up_s), default=until_s)


def _setup(part: PerformedPart, channel: int, volume: int) -> Iterator[_Event]:
    """Program, volume and pan; the synthesizer's effects are off."""
    yield 0, 0, bytes((0xC0 | channel, part.program))
    pan = min(127, max(0, round(64 + 63 * part.pan)))
    for controller, value in (
        (_VOLUME, round(volume * part.volume)),
        (_PAN, pan),
        (_EXPRESSION, 127),
        (_REVERB, 0),
        (_CHORUS, 0),
    ):
        yield 0, 1, bytes((0xB0 | channel, controller, value))


def _stream(
    part: PerformedPart, channel: int, start_s: float, end_s: float, until_s: float
) -> Iterator[tuple[float, int, bytes]]:
    """(time in seconds, rank, message) of a part's notes, pedal and swells in a window."""
    for note in part.notes:
        if start_s <= note.start_s < end_s:
            yield note.start_s, 5, bytes((0x90 | channel, note.pitch, note.velocity))
            yield note.end_s, 2, bytes((0x80 | channel, note.pitch, 64))
    for down_s, up_s in part.pedals:
        if up_s > start_s and down_s < until_s:
            yield up_s, 3, bytes((0xB0 | channel, _PEDAL, 0))
            yield max(start_s, down_s), 4, bytes((0xB0 | channel, _PEDAL, 127))
    before = [level for time_s, level in part.swells if time_s <= start_s]
    inside = [(time_s, level) for time_s, level in part.swells if start_s < time_s < until_s]
    for time_s, level in [(start_s, before[-1] if before else 1.0), *inside] if part.swells else []:
        yield time_s, 4, bytes((0xB0 | channel, _EXPRESSION, round(127 * level)))


def _file(events: Sequence[_Event], length_ticks: int) -> bytes:
    """A type 0 file at one second per quarter note, offset by half a tick so that no event is on the edge of a synthesis block.

    On an edge, rounding errors would choose the block, and onsets would depend on what else is rendered.
    """
    track = bytearray(b"".join(_tempo_change(delay, tempo) for delay, tempo in ((0, 500_000), (1, 1_000_000))))
    last = 0
    for tick, _, data in events:
        track += _variable_length(tick - last) + data
        last = tick
    track += _variable_length(max(0, length_ticks - last)) + b"\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_SECOND) + b"MTrk" + struct.pack(">I", len(track)) + bytes(track)


def _tempo_change(delay_ticks: int, microseconds: int) -> bytes:
    return _variable_length(delay_ticks) + b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


def _variable_length(value: int) -> bytes:
    """A MIDI variable-length quantity.

    >>> _variable_length(200).hex()
    '8148'
    """
    result = [value & 0x7F]
    while value := value >> 7:
        result.append(0x80 | (value & 0x7F))
    return bytes(reversed(result))
