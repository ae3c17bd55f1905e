"""`cantilena play`: sound on machines with a player, and one clear line on others."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from composer.cli import play
from composer.formats.midi.midi_score import read_midi
from tests.rework.odd_files import odd_files


@pytest.fixture
def song(tmp_path: Path) -> str:
    (tmp_path / "song.mid").write_bytes(odd_files()["lyrics"])
    return "song.mid"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without audio and MIDI ports."""
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    monkeypatch.setattr(play.shutil, "which", lambda name: None)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("options", [(), ("--port", "synth"), ("--port", "list")])
def test_a_machine_without_sound_gives_one_line(cantilena, song, options):
    done = cantilena("play", song, *options)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert "pip install sounddevice python-rtmidi" in done.err


@pytest.mark.usefixtures("silent")
def test_the_first_player_found_gets_a_rendered_file(cantilena, song, tmp_path, monkeypatch):
    played = tmp_path / "played.wav"
    script = tmp_path / "player"
    script.write_text(f'#!/bin/sh\ncp "$2" {played}\n')
    script.chmod(0o755)
    monkeypatch.setattr(play.shutil, "which", lambda name: str(script) if name == "aplay" else None)
    assert cantilena("play", song).code == 0
    assert played.read_bytes()[:4] == b"RIFF"
    script.write_text("#!/bin/sh\necho no such device >&2; exit 1\n")
    done = cantilena("play", played)
    assert (done.code, "player cannot play the file (no such device)" in done.err) == (1, True)


def test_a_midi_port_gets_the_notes_in_time(cantilena, song, monkeypatch):
    sent, slept = [], []

    class Output:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def send(self, message):
            sent.append(message)

        def panic(self):
            sent.append("panic")

    backend = SimpleNamespace(get_output_names=lambda: ["Synth 1"], open_output=lambda name: Output())
    monkeypatch.setattr(play, "_backend", lambda: backend)
    monkeypatch.setattr(play.time, "sleep", slept.append)
    assert cantilena("play", song, "--port", "synth", "--expression", 0).code == 0
    score = read_midi(odd_files()["lyrics"])
    starts = [message for message in sent[:-1] if message.type == "note_on" and message.velocity]
    assert len(starts) == sum(len(part.notes) for part in score.parts)
    assert sent[-1] == "panic"
    assert sum(slept) == pytest.approx(score.duration_s, abs=0.5)
    assert "choose from Synth 1" in cantilena("play", song, "--port", "other").err


@pytest.mark.usefixtures("silent")
def test_a_machine_without_portaudio_gives_one_line(cantilena, song, monkeypatch, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.syspath_prepend(str(tmp_path))
    done = cantilena("play", song)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert "PortAudio library not found): install PortAudio" in done.err


def test_a_machine_without_alsa_gives_one_line(cantilena, song, monkeypatch):
    def names() -> list[str]:
        os.write(2, b"ALSA lib seq_hw.c: no such device\n")
        raise SystemError("MidiInAlsa::initialize: error creating ALSA sequencer client object.")

    monkeypatch.setattr(play, "_backend", lambda: SimpleNamespace(get_output_names=names))
    done = cantilena("play", song, "--port", "list")
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert "MIDI ports cannot be used" in done.err
