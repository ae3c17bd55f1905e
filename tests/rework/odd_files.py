"""Some thirty MIDI files as programs and people write them: each tries one thing that a reader may stumble on.

Built with mido alone, so that nothing of what is tested writes its own test.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable

import mido

Events = list[tuple[int, mido.Message | mido.MetaMessage]]
Sounding = tuple[int, int, int]  # start, pitch, length in ticks

_TUNE = [67, 72, 74, 76, 77, 76, 74, 72, 71, 74, 67, 69, 71, 72, 72, 67]
_CHORDS = [(48, 55, 64), (43, 55, 62), (45, 57, 64), (41, 57, 65)]


def _on_off(notes: Iterable[Sounding], channel: int = 0, velocity: int = 80) -> Events:
    events: Events = []
    for start, pitch, length in notes:
        events.append((start, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)))
        events.append((start + length, mido.Message("note_off", channel=channel, note=pitch)))
    return events


def _track(events: Events) -> mido.MidiTrack:
    track, last = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda event: (event[0], event[1].type == "note_on")):
        track.append(message.copy(time=tick - last))
        last = tick
    track.append(mido.MetaMessage("end_of_track"))
    return track


def _file(*tracks: Events, division: int = 480, kind: int = 1) -> bytes:
    file = mido.MidiFile(type=kind, ticks_per_beat=division)
    file.tracks += [_track(events) for events in tracks]
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def _tempo(qpm: float, tick: int = 0) -> tuple[int, mido.MetaMessage]:
    return tick, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(qpm))


def _meter(numerator: int, denominator: int, tick: int = 0) -> tuple[int, mido.MetaMessage]:
    return tick, mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)


def _program(number: int, channel: int = 0) -> tuple[int, mido.Message]:
    return 0, mido.Message("program_change", channel=channel, program=number)


def _melody(bars: int, quarters: int = 4, unit: int = 480) -> list[Sounding]:
    return [(unit * i, _TUNE[i % 16], unit) for i in range(bars * quarters)]


def _accompaniment(bars: int, bar: int = 1920) -> list[Sounding]:
    return [(bar * i, pitch, bar) for i in range(bars) for pitch in _CHORDS[i % 4]]


def _performed(qpm: float, swing_s: float, beats: int = 96, bar: int = 3) -> Events:
    """A pianist at a recorder whose clock runs at 120: tempo wandering, hands apart, nothing on the grid."""
    events: Events = []
    time = 0.41
    for beat in range(beats):
        length = 60 / qpm * (1 + swing_s * math.sin(beat / 5.3) + 0.01 * math.sin(beat * 2.1))
        for half in (0, 1):
            start = round((time + half * length / 2 + 0.007 * math.sin(7 * beat + half)) * 960)
            events += _on_off([(start, _TUNE[(beat * 2 + half) % 16], round(length * 440))], velocity=72 + 5 * half)
        if beat % bar == 0:
            low = round((time + 0.011) * 960)
            events += _on_off([(low, pitch - 12, round(length * bar * 900)) for pitch in _CHORDS[beat // bar % 4]], velocity=60)
        time += length
    return events


def _thirty_tracks() -> bytes:
    tracks = []
    for i in range(30):
        channel = (i % 15) + (i % 15 >= 9)
        notes = [(480 * (j + i), 40 + (7 * i + 3 * j) % 48, 480) for j in range(12)]
        tracks.append([(0, mido.MetaMessage("track_name", name=f"Track {i + 1}")), _program((3 * i) % 128, channel)])
        tracks[-1] += _on_off(notes, channel)
    return _file([_tempo(110), _meter(4, 4)], *tracks)


def _drums(bars: int = 8) -> Events:
    return _on_off([(240 * i, 36 if i % 8 == 0 else 38 if i % 8 == 4 else 42, 30) for i in range(8 * bars)], channel=9)


def _pedalled() -> Events:
    events = _on_off([(240 * i, _CHORDS[i // 8 % 4][i % 3] + 12 * (i % 2), 60) for i in range(128)])
    for bar in range(16):
        events.append((1920 * bar + 10, mido.Message("control_change", control=64, value=127)))
        events.append((1920 * bar + 1880, mido.Message("control_change", control=64, value=0)))
    return events


def _smpte() -> bytes:
    data = bytearray(_file(_on_off(_melody(4))))
    data[12:14] = b"\xe7\x28"  # 25 frames of 40 ticks
    return bytes(data)


def _cluster() -> list[Sounding]:
    return [(0, pitch, 1920 * 4) for pitch in range(36, 84)] + [(480 * i, 60, 1920) for i in range(8)]


def _bent() -> Events:
    bends = [(40 * i, mido.Message("pitchwheel", pitch=round(4000 * math.sin(i / 3)))) for i in range(96)]
    return [_program(27), *bends, *_on_off(_melody(8))]


def _tuplets() -> list[Sounding]:
    starts = [480 * beat + 480 * k // n for beat, n in enumerate([3, 5, 6, 7, 2, 3, 4, 5] * 4) for k in range(n)]
    return [(start, _TUNE[i % 16], 60) for i, start in enumerate(starts)]


def _all_channels() -> Events:
    events: Events = []
    for channel in range(16):
        notes = [(1920 * bar + 120 * channel, 48 + channel, 480) for bar in range(6)]
        events += [_program(8 * channel % 128, channel), *_on_off(notes, channel)]
    return events


def _lyrics() -> Events:
    words = [(480 * i, mido.MetaMessage("lyrics", text=word)) for i, word in enumerate(["a", "le", "lu", "ja"] * 8)]
    return [(0, mido.MetaMessage("track_name", name="Voice")), _program(52), *words, *_on_off(_melody(8))]


def _unisons() -> bytes:
    """Two violins that play the same, and a cello."""
    violins = [
        [(0, mido.MetaMessage("track_name", name=f"Violin {n}")), _program(40, n), *_on_off(_melody(8), n)] for n in (1, 2)
    ]
    return _file([_tempo(100), _meter(4, 4)], *violins, [_program(42, 3), *_on_off(_accompaniment(8), 3)])


def _pizzicato() -> Events:
    """A fiddler who plucks from the fifth bar on."""
    plucked = (7680, mido.Message("program_change", program=45))
    return [(0, mido.MetaMessage("track_name", name="Fiddle")), _program(40), plucked, *_on_off(_melody(8))]


def _kit() -> Events:
    return [_program(25, 9), *_drums()]


def _overlapping() -> list[Sounding]:
    return [(480 * i, 60 + i // 4 % 5, 1100) for i in range(32)]


def _controlled() -> Events:
    """Volume set on all channels, notes on one."""
    return [*((0, mido.Message("control_change", channel=c, control=7, value=90)) for c in range(16)), *_on_off(_melody(8))]


def _left_standing() -> Events:
    """A fade to silence, a pedal held down and a bend, none of them taken back."""
    late = [("control_change", {"control": 11, "value": 100}), ("control_change", {"control": 11, "value": 0})]
    late += [("control_change", {"control": 64, "value": 127}), ("pitchwheel", {"pitch": 900})]
    return [*((1920 * i, mido.Message(kind, **values)) for i, (kind, values) in enumerate(late)), *_on_off(_melody(8))]


def _in_a_major() -> list[Sounding]:
    return [(start, pitch - 3, length) for start, pitch, length in _melody(8) + _accompaniment(8)]


_BUILDERS: dict[str, Callable[[], bytes]] = {
    "performed piano, rubato": lambda: _file([], _performed(84, 0.12)),
    "performed piano, steady": lambda: _file([_tempo(120), _meter(4, 4)], _performed(71, 0.02, bar=4)),
    "played to a click": lambda: _file(
        [_tempo(100), _meter(4, 4)],
        _on_off([(240 * i + (5, 13, 0, 9, 2, 17, 7)[i % 7], _TUNE[i % 16], 201) for i in range(96)]),
    ),
    "drums only": lambda: _file([_tempo(126)], _drums()),
    "30 tracks": _thirty_tracks,
    "no tempo, no meter": lambda: _file(_on_off(_melody(8) + _accompaniment(8))),
    "7/8": lambda: _file([_meter(7, 8)], _on_off(_melody(8, 7, 240) + _accompaniment(8, 1680))),
    "5/4": lambda: _file([_meter(5, 4)], _on_off(_melody(8, 5) + _accompaniment(8, 2400))),
    "pickup as a short bar": lambda: _file([_meter(1, 4), _meter(3, 4, 480)], _on_off(_melody(8, 3))),
    "pickup, meter repeated": lambda: _file([_meter(4, 4), _meter(4, 4, 480)], _on_off(_melody(8))),
    "meter changes": lambda: _file([_meter(4, 4), _meter(3, 4, 7680), _meter(6, 8, 13440)], _on_off(_melody(12))),
    "tempo ramp": lambda: _file([_tempo(60 + 2 * i, 240 * i) for i in range(48)], _on_off(_melody(8))),
    "SMPTE time": _smpte,
    "type 0, 16 channels": lambda: _file(_all_channels(), kind=0),
    "huge rests": lambda: _file(_on_off([(start + 96000 * i, p, n) for i in range(4) for start, p, n in _melody(2)])),
    "one note": lambda: _file(_on_off([(0, 60, 480)])),
    "all notes overlapping": lambda: _file(_on_off(_cluster())),
    "pitch bends": lambda: _file(_bent()),
    "equal programs": lambda: _file(
        *([_program(40, c), *_on_off([(s, p - 5 * c, n) for s, p, n in _melody(8)], c)] for c in range(4))
    ),
    "sustain-heavy": lambda: _file([_tempo(90), _meter(4, 4)], _pedalled()),
    "tuplets": lambda: _file([_meter(4, 4)], _on_off(_tuplets())),
    "lyrics": lambda: _file(_lyrics()),
    "wrong key signature": lambda: _file([(0, mido.MetaMessage("key_signature", key="Eb"))], _on_off(_in_a_major())),
    "240 bars": lambda: _file([_meter(4, 4)], _on_off(_melody(240)), [_program(32, 1), *_on_off(_accompaniment(240), 1)]),
    "division 960, off the 480 grid": lambda: _file(
        [_tempo(97), _meter(4, 4)], _on_off([(960 * i + i % 3, _TUNE[i % 16], 901 + i % 2) for i in range(32)]), division=960
    ),
    "unisons": _unisons,
    "change of sound": lambda: _file([_meter(4, 4)], _pizzicato(), [_program(42, 1), *_on_off(_accompaniment(8), 1)]),
    "drum kit": lambda: _file([_meter(4, 4)], _kit(), _on_off(_melody(8))),
    "equal pitches overlapping": lambda: _file([_meter(4, 4)], _on_off(_overlapping())),
    "volume on all channels": lambda: _file([_meter(4, 4)], _controlled()),
    "left standing": lambda: _file([_meter(4, 4)], _left_standing(), [_program(42, 1), *_on_off(_accompaniment(8), 1)]),
    "empty": lambda: _file([_tempo(120)], [_program(0)]),
}

# What plays on every channel, so that a part more has none.
FULL = {"30 tracks", "type 0, 16 channels"}
REFUSED = {"SMPTE time": "SMPTE", "empty": "no notes"}  # what cannot be taken, and a word of the reason given


def odd_files() -> dict[str, bytes]:
    """All of them by name, built again."""
    return {name: build() for name, build in _BUILDERS.items()}
