"""Four independent readers agree with the score on our MIDI files."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter
from pathlib import Path

import mido
import pretty_midi
import pytest
import symusic
from hypothesis import Phase, given, settings
from music21 import midi as music21_midi

from composer.formats.midi.midi_score import midi_bytes
from composer.score import Score, spell_fifths
from tests.formats.pieces import scores

Parsed = tuple[
    Counter[tuple[int, int, int, int]], list[tuple[int, int]], list[tuple[int, int, str]], list[tuple[int, int, int]]
]


def written(score: Score) -> Parsed:
    """Notes (start, pitch, duration, velocity), tempos (tick, microseconds), keys (tick, tonic, mode), meters."""
    return (
        Counter((n.start_ticks, n.pitch, n.duration_ticks, n.velocity) for _, n in score.notes()),
        [(tempo.start_ticks, round(60_000_000 / tempo.qpm)) for tempo in score.tempos],
        [(change.start_ticks, change.key.tonic, change.key.mode) for change in score.keys],
        [(meter.start_ticks, meter.numerator, meter.denominator) for meter in score.time_signatures],
    )


def tonic(fifths: int, mode: str) -> int:
    return (7 * fifths + (9 if mode == "minor" else 0)) % 12


def read_by_mido(data: bytes) -> Parsed:
    notes: Counter[tuple[int, int, int, int]] = Counter()
    tempos, keys, meters = [], [], []
    fifths = {spell_fifths(n): n for n in range(-7, 8)} | {spell_fifths(n + 3) + "m": n for n in range(-7, 8)}
    for track in mido.MidiFile(file=io.BytesIO(data), charset="utf-8").tracks:
        now, sounding = 0, {}
        for message in track:
            now += message.time
            if message.type == "note_on":
                assert message.note not in sounding
                sounding[message.note] = (now, message.velocity)
            elif message.type == "note_off":
                start, velocity = sounding.pop(message.note)
                notes[start, message.note, now - start, velocity] += 1
            elif message.type == "set_tempo":
                tempos.append((now, message.tempo))
            elif message.type == "time_signature":
                meters.append((now, message.numerator, message.denominator))
            elif message.type == "key_signature":
                mode = "minor" if message.key.endswith("m") else "major"
                keys.append((now, tonic(fifths[message.key], mode), mode))
        assert not sounding
    return notes, tempos, keys, meters


def read_by_symusic(data: bytes) -> Parsed:
    found = symusic.Score.from_midi(data)
    modes = ["minor" if key.tonality else "major" for key in found.key_signatures]
    return (
        Counter((n.time, n.pitch, n.duration, n.velocity) for track in found.tracks for n in track.notes),
        [(tempo.time, tempo.mspq) for tempo in found.tempos],
        [(key.time, tonic(key.key, mode), mode) for key, mode in zip(found.key_signatures, modes, strict=True)],
        [(meter.time, meter.numerator, meter.denominator) for meter in found.time_signatures],
    )


def read_by_pretty_midi(data: bytes) -> Parsed:
    found = pretty_midi.PrettyMIDI(io.BytesIO(data))
    tick = found.time_to_tick
    keys = [
        (tick(key.time), key.key_number % 12, "minor" if key.key_number >= 12 else "major")
        for key in found.key_signature_changes
    ]
    return (
        Counter(
            (tick(n.start), n.pitch, tick(n.end) - tick(n.start), n.velocity) for part in found.instruments for n in part.notes
        ),
        [(start, round(scale * 480 * 1e6)) for start, scale in found._tick_scales],
        keys,
        [(tick(meter.time), meter.numerator, meter.denominator) for meter in found.time_signature_changes],
    )


def read_by_music21(data: bytes) -> Parsed:
    file = music21_midi.MidiFile()
    file.readstr(data)
    notes: Counter[tuple[int, int, int, int]] = Counter()
    tempos, keys, meters = [], [], []
    meta = music21_midi.MetaEvents
    for track in file.tracks:
        now, sounding = 0, {}
        for event in track.events:
            if event.isDeltaTime():
                now += event.time
            elif event.isNoteOn():
                sounding[event.pitch] = (now, event.velocity)
            elif event.isNoteOff():
                start, velocity = sounding.pop(event.pitch)
                notes[start, event.pitch, now - start, velocity] += 1
            elif event.type == meta.SET_TEMPO:
                tempos.append((now, int.from_bytes(event.data, "big")))
            elif event.type == meta.TIME_SIGNATURE:
                meters.append((now, event.data[0], 2 ** event.data[1]))
            elif event.type == meta.KEY_SIGNATURE:
                mode = "minor" if event.data[1] else "major"
                keys.append((now, tonic(int.from_bytes(event.data[:1], "big", signed=True), mode), mode))
    return notes, tempos, keys, meters


LISTENERS = (read_by_mido, read_by_symusic, read_by_pretty_midi, read_by_music21)


def agree(score: Score) -> None:
    data = midi_bytes(score)
    expected = written(score)
    for listen in LISTENERS:
        notes, tempos, keys, meters = listen(data)
        assert notes == expected[0], listen.__name__
        assert keys == expected[2], listen.__name__
        assert meters == expected[3], listen.__name__
        if listen is read_by_pretty_midi:  # it drops repeated tempos
            tempos = [pair for pair in tempos if pair in expected[1]]
            changes = [pair for i, pair in enumerate(expected[1]) if i == 0 or pair[1] != expected[1][i - 1][1]]
            assert tempos == changes
        else:
            assert tempos == expected[1], listen.__name__


@given(scores())
@settings(max_examples=25, phases=[Phase.generate])
def test_readers_agree_on_random_scores(score: Score) -> None:
    agree(score)


@pytest.mark.long
@given(scores())
@settings(max_examples=10_000, phases=[Phase.generate])
def test_readers_agree_on_ten_thousand_scores(score: Score) -> None:
    agree(score)


def _fuzz(*arguments: str) -> str:
    root = Path(__file__).parent.parent.parent
    run = subprocess.run(
        [sys.executable, "-m", "tests.formats.fuzz", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, (run.stdout + run.stderr)[-1000:]
    return run.stdout


def test_mutated_files_give_a_score_or_a_one_line_error() -> None:
    assert "rejected" in _fuzz("60", "1", ".mid", ".musicxml", ".mxl")


@pytest.mark.long
@pytest.mark.parametrize("suffix", [".mid", ".musicxml", ".mxl", ".krn", ".abc"])
def test_thousands_of_mutated_files_give_a_score_or_a_one_line_error(suffix: str) -> None:
    count = {".mid": "10000", ".krn": "200", ".abc": "200"}.get(suffix, "3000")  # the last two start a process per file
    assert "rejected" in _fuzz(count, "2", suffix)
