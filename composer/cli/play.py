"""`play`: plays a score through the machine's audio or to a MIDI port."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli.console import muted, progress_bar
from composer.cli.options import (
    AnyScore,
    Expression,
    PerformanceStyle,
    Room,
    Soundfont,
    expressed,
    option,
    performed_style,
    read_any,
)
from composer.errors import BadInputError, CantilenaError, pip_line

if TYPE_CHECKING:
    from composer.performance import Manner
    from composer.score import Score

AUDIO = (".wav", ".flac", ".ogg", ".mp3")
# Programs that play a WAV file; the first one found is used.
PLAYERS: dict[str, tuple[str, ...]] = {
    "pw-play": (),
    "paplay": (),
    "aplay": ("-q",),
    "afplay": (),
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error"),
}
POWERSHELL = "(New-Object System.Media.SoundPlayer $args[0]).PlaySync()"


def play(
    file: AnyScore,
    port: Annotated[str | None, option("NAME", "Play to this MIDI port instead; list shows the ports.")] = None,
    soundfont: Soundfont = None,
    room: Room = None,
    expression: Expression = None,
    style: PerformanceStyle = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
) -> None:
    """Play a score or an audio file through this machine's audio, or a score to a MIDI port. Ctrl-C stops."""
    played: Manner = {"style": performed_style(style), **expressed(expression)}
    if port == "list":
        for name in _output_names():
            print(name)
        return
    if port is not None:
        _to_port(read_any(file), port, played)
        return
    if Path(file).suffix.lower() in AUDIO and Path(file).is_file():
        _to_speakers(Path(file))
        return
    player = _player()  # checked before rendering
    from composer.render import render_score

    with TemporaryDirectory(prefix="cantilena-") as folder:
        path = Path(folder) / "piece.wav"
        with progress_bar("sound", quiet) as progress:
            render_score(read_any(file), path, soundfont=soundfont, room=room, progress=progress, **played)
        player(path)


def _to_speakers(path: Path) -> None:
    _player()(path)


def _player() -> Callable[[Path], None]:
    """Returns a function that plays an audio file on this machine.

    Raises:
        BadInputError: neither PortAudio nor an audio player is available.
    """
    reason = ""
    try:
        import sounddevice  # noqa: F401

        return _with_sounddevice
    except ImportError:
        remedy = f"{pip_line('play')}, or install aplay"
    except OSError as error:
        reason, remedy = f" ({error})", "install PortAudio (libportaudio2) or aplay"
    for name, options in PLAYERS.items():
        if program := shutil.which(name):
            return lambda path: _with_program([program, *options, str(path)])
    if sys.platform == "win32" and (shell := shutil.which("powershell")):
        return lambda path: _with_program([shell, "-NoProfile", "-Command", f"& {{{POWERSHELL}}}", str(path)])
    raise BadInputError(f"no audio player found{reason}: {remedy}, or write a file with `cantilena render`")


def _with_sounddevice(path: Path) -> None:
    """Plays through PortAudio."""
    import sounddevice
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32")
    try:
        sounddevice.play(samples, rate, blocking=True)
    except sounddevice.PortAudioError as error:
        raise CantilenaError(f"the audio device cannot be used ({error}): write a file with `cantilena render`") from None
    finally:
        sounddevice.stop()


def _with_program(command: list[str]) -> None:
    """Plays with another program, which is terminated with this one."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        try:
            _, errors = running.communicate()
        finally:
            running.terminate()
    if running.returncode:
        reason = " ".join((errors or "").split())[:200] or f"exit code {running.returncode}"
        raise CantilenaError(f"{Path(command[0]).name} cannot play the file ({reason}): write a file with `cantilena render`")


def _backend() -> Any:
    """mido with the backend for the machine's MIDI ports.

    Raises:
        BadInputError: it is not installed.
    """
    import mido

    try:
        mido.set_backend("mido.backends.rtmidi", load=True)
    except ImportError:
        raise BadInputError(f"MIDI ports need the package python-rtmidi: {pip_line('play')}") from None
    return mido


def _output_names() -> list[str]:
    backend = _backend()
    try:
        with muted(sys.stderr):  # ALSA prints its own line
            names: list[str] = backend.get_output_names()
    except (OSError, RuntimeError, SystemError) as error:
        raise BadInputError(
            f"MIDI ports cannot be used ({error}): on Linux load ALSA's sequencer with `modprobe snd-seq`, or leave --port out"
        ) from None
    if not names:
        raise BadInputError("no MIDI port found: start a synthesizer or a DAW, or connect an instrument")
    return names


def _to_port(score: Score, port: str, played: Manner) -> None:
    """Sends the performance to a port in real time; ends all notes when it stops."""
    names = _output_names()
    found = next((name for name in names if name == port), None) or next((n for n in names if port.lower() in n.lower()), None)
    if found is None:
        raise BadInputError(f"MIDI port {port!r} does not exist: choose from {', '.join(names)}")
    with _backend().open_output(found) as output:
        try:
            for wait_s, message in messages(score, played):
                time.sleep(wait_s)
                output.send(message)
        finally:
            output.panic()


def messages(score: Score, played: Manner) -> Iterator[tuple[float, Any]]:
    """The MIDI messages of a performance without meta events, each with the time to wait before it in seconds."""
    import io

    import mido

    from composer.formats.midi.performance_midi import performance_midi_bytes
    from composer.performance import written_performance

    file = mido.MidiFile(file=io.BytesIO(performance_midi_bytes(written_performance(score, **played))))
    waiting = 0.0
    for message in file:
        waiting += message.time
        if not message.is_meta:
            yield waiting, message
            waiting = 0.0


COMMANDS: dict[str, Callable[..., None]] = {"play": play}
