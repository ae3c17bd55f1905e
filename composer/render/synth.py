"""Synthesis: a performed part becomes dry sound through a renderer chosen by name.

A renderer is a function from MIDI bytes and a soundfont to sound; all of them are linear in the notes, so parts and
stretches of time are rendered apart and added. That bounds memory, uses several cores, gives stems for nothing and keeps
below the 64 voices at which the embedded synthesizer begins to cut notes off. Knows no room, no loudness, no user's files.
"""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError, CantilenaError
from composer.performance import PerformedPart
from composer.render.messages import window_midi
from composer.render.soundfonts import bundled_soundfont, describe, resolve_soundfont

SAMPLE_RATE = 48_000  # the embedded synthesizer's own rate: resampling would only cost time and quality
WINDOW_S = 30.0  # stretches of a part rendered at once last about so long
TAIL_S = 6.0  # the slowest releases and cymbals are still below -60 dB then
FADE_S = 0.5
FULL = 0.9999  # a sample from here on was clipped by a 16-bit synthesizer

Sound = NDArray[np.float32]  # (n, 2), full scale 1.0


class Renderer(Protocol):
    """Plays a MIDI file dry with a soundfont."""

    def __call__(self, midi: bytes, soundfont: Path) -> Sound:
        """Sound of the whole file at `SAMPLE_RATE`, (n, 2)."""


@dataclass(frozen=True, slots=True)
class Synthesizer:
    """A renderer, the same one as a process of its own, what it reads, and the gain to the level that all of them share."""

    render: Renderer
    apart: Renderer
    suffixes: tuple[str, ...]
    gain: float


@lru_cache(maxsize=1)
def _soundfont_bytes(path: Path, modified: float) -> bytes:
    """The file's bytes; `modified` makes a changed file a new entry."""
    return path.read_bytes()


def render_embedded(midi: bytes, soundfont: Path) -> Sound:
    """Renders through the midirenderer wheel (RustySynth), which needs no system library.

    Raises:
        CantilenaError: it can't use the soundfont; its Rust panics are caught too.
    """
    import midirenderer

    try:
        wave = midirenderer.render_wave_from(_soundfont_bytes(soundfont, soundfont.stat().st_mtime), midi)
    except BaseException as error:  # pyo3's PanicException derives from BaseException alone
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        raise _embedded_failure(soundfont, str(error) or type(error).__name__) from None
    return _decoded(wave)


_EMBEDDED_PROGRAM = """
import sys, midirenderer
with open(sys.argv[1], "rb") as file:
    soundfont = file.read()
sys.stdout.buffer.write(midirenderer.render_wave_from(soundfont, sys.stdin.buffer.read()))
"""


def render_embedded_apart(midi: bytes, soundfont: Path) -> Sound:
    """The same in a process of its own: the wheel holds Python's lock while it works, so threads would wait for it.

    Raises:
        CantilenaError: as `render_embedded`.
    """
    command = [sys.executable, "-P", "-c", _EMBEDDED_PROGRAM, str(soundfont)]
    result = subprocess.run(command, input=midi, capture_output=True, check=False)
    if result.returncode:
        lines = result.stderr.decode(errors="replace").strip().splitlines()
        raise _embedded_failure(soundfont, lines[-1] if lines else f"exit code {result.returncode}")
    return _decoded(result.stdout)


def _embedded_failure(soundfont: Path, reason: str) -> CantilenaError:
    short = reason.splitlines()[0]
    return CantilenaError(f"the embedded synthesizer fails on {soundfont.name} ({short}): give another --soundfont")


def _decoded(wave: bytes) -> Sound:
    """Samples of a WAV file in memory, which has 16 bits and two channels."""
    header, start = struct.unpack_from("<4sI4s4sIHHIIHH", wave), wave.index(b"data") + 8
    if header[6:8] != (2, SAMPLE_RATE) or header[10] != 16:
        raise CantilenaError(f"the embedded synthesizer gave no 16-bit stereo at {SAMPLE_RATE} Hz: install midirenderer 0.1.3")
    samples = np.frombuffer(wave, "<i2", offset=start, count=(len(wave) - start) // 4 * 2).reshape(-1, 2)
    sound: Sound = samples.astype(np.float32)
    sound *= np.float32(1 / 32768)
    return sound


def render_fluidsynth(midi: bytes, soundfont: Path) -> Sound:
    """Renders through the machine's FluidSynth program.

    Raises:
        CantilenaError: the program is missing or fails.
    """
    import soundfile

    program = shutil.which("fluidsynth")
    if program is None:
        raise CantilenaError("FluidSynth is not on this machine: install it, or use --renderer midirenderer")
    with tempfile.TemporaryDirectory(prefix="cantilena-") as folder:
        source, target = Path(folder, "in.mid"), Path(folder, "out.wav")
        source.write_bytes(midi)
        options = ["-n", "-i", "-q", "-R", "0", "-C", "0", "-g", "1", "-r", str(SAMPLE_RATE), "-T", "wav", "-O", "float"]
        settings = ["-o", "synth.dynamic-sample-loading=1", "-o", "synth.cpu-cores=1", "-o", "synth.polyphony=512"]
        command = [program, *options, *settings, "-F", str(target), str(soundfont), str(source)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode or not target.is_file():
            reason = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise CantilenaError(f"FluidSynth fails on {soundfont.name} ({reason}): use --renderer midirenderer")
        sound, _ = soundfile.read(target, dtype="float32", always_2d=True)
    return np.ascontiguousarray(sound, dtype=np.float32)


RENDERERS: dict[str, Synthesizer] = {
    "midirenderer": Synthesizer(render_embedded, render_embedded_apart, (".sf2",), 4.0),
    "fluidsynth": Synthesizer(render_fluidsynth, render_fluidsynth, (".sf2", ".sf3"), 2.2),
}


def choose(renderer: str | None, soundfont: str | Path | None) -> tuple[str, Path]:
    """Name of the renderer and the soundfont to use.

    Without a wish it is FluidSynth where it is installed together with a soundfont that is worth it, else the embedded one.

    Raises:
        BadInputError: unknown renderer or unusable soundfont.
    """
    if renderer is not None:
        if renderer not in RENDERERS:
            raise BadInputError(f"renderer {renderer!r} is not known: use one of {', '.join(RENDERERS)}")
        return renderer, resolve_soundfont(soundfont, RENDERERS[renderer].suffixes)
    path = resolve_soundfont(soundfont)
    bundled = bundled_soundfont()
    better = bundled is None or describe(path).quality > describe(bundled).quality
    if shutil.which("fluidsynth") and better:
        return "fluidsynth", path
    return "midirenderer", resolve_soundfont(soundfont, RENDERERS["midirenderer"].suffixes)


def frames(duration_s: float) -> int:
    """Number of sample frames that cover a time in seconds."""
    return math.ceil(duration_s * SAMPLE_RATE)


@dataclass(frozen=True, slots=True)
class Piece:
    """Dry sound of one group of parts in one window: the group's index, its first frame, the sound."""

    group: int
    first_frame: int
    sound: Sound


def synthesize(
    groups: Sequence[Sequence[PerformedPart]],
    renderer: str,
    soundfont: Path,
    duration_s: float,
    workers: int = 1,
    tail_s: float = TAIL_S,
) -> Iterator[Piece]:
    """Dry sound of groups of parts, group by group and window by window, in pieces to be added up.

    A note belongs to the window in which it starts and rings on to its end beyond it, so pieces overlap. With several
    workers the pieces are the same and come in the same order, only sooner.

    Args:
        groups: parts to be synthesized together, at most 15 pitched ones in a group.
        renderer: a name in `RENDERERS`.
        soundfont: a file that the renderer reads.
        duration_s: when the last note has begun.
        workers: processes at work, 1 or more.
        tail_s: how long the last notes of a piece of sound are heard dying away.
    """
    synthesizer = RENDERERS[renderer]
    jobs: list[_Job] = []
    for index, group in enumerate(groups):
        for start_s, end_s in pairwise(window_edges(duration_s)):
            playing = [p for p in group if any(start_s <= note.start_s < end_s for note in p.notes)]
            if playing:
                jobs.append(_Job(index, playing, start_s, end_s, tail_s))
    if workers <= 1 or len(jobs) < 2:
        yield from (_piece(job, synthesizer, synthesizer.render, soundfont) for job in jobs)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Piece]] = deque()
        for job in jobs:
            waiting.append(pool.submit(_piece, job, synthesizer, synthesizer.apart, soundfont))
            if len(waiting) > workers:  # no more finished sound than that is kept in memory
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def window_edges(duration_s: float) -> list[float]:
    """Times at which windows of equal length begin, and the end of the last one, which takes all that is left.

    >>> window_edges(70.0)
    [0.0, 35.0, inf]
    """
    count = max(1, round(duration_s / WINDOW_S))
    return [*(duration_s * index / count for index in range(count)), math.inf]


@dataclass(frozen=True, slots=True)
class _Job:
    """One window of one group: the group's index, the parts that play in it, its times in seconds."""

    group: int
    parts: list[PerformedPart]
    start_s: float
    end_s: float
    tail_s: float


def _piece(job: _Job, synthesizer: Synthesizer, render: Renderer, soundfont: Path) -> Piece:
    """One window of one group, at the common level and with its end faded.

    Where the synthesizer's 16-bit output is full, it is rendered again at a quarter of the level.
    """
    for volume in (127, 64):  # General MIDI volume is squared
        midi, length_s = window_midi(job.parts, job.start_s, job.end_s, job.tail_s, volume)
        sound = render(midi, soundfont)[: frames(length_s)]
        if max(sound.max(initial=0.0), -sound.min(initial=0.0)) < FULL:
            break
    sound *= np.float32(synthesizer.gain * (127 / volume) ** 2)
    fade = min(len(sound), frames(FADE_S))
    sound[len(sound) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)[:, None]
    return Piece(job.group, round(job.start_s * SAMPLE_RATE), sound)
