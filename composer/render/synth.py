"""Synthesis: turns performed parts into dry sound through a renderer chosen by name.

A renderer is a function from MIDI bytes and a soundfont to sound. Renderers are linear in the notes, so parts and windows of
time are rendered separately and summed. This bounds memory, uses several cores, gives stems for free, and stays below the 64
voices at which the embedded synthesizer starts to cut notes. Knows no room, no loudness, no user files.
"""

from __future__ import annotations

import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError, CantilenaError
from composer.performance import PerformedPart
from composer.render.messages import window_midi
from composer.render.soundfonts import bundled_soundfont, describe, resolve_soundfont

SAMPLE_RATE = 48_000  # rate of the embedded synthesizer, which avoids resampling
WINDOW_S = 30.0  # approximate length of a rendering window
TAIL_S = 6.0  # the slowest releases and cymbals are below -60 dB after it
FADE_S = 0.5
FULL = 0.9999  # samples at or above it were clipped by a 16-bit synthesizer

Sound = NDArray[np.float32]  # (n, 2), full scale 1.0


class Renderer(Protocol):
    """Renders a MIDI file dry with a soundfont."""

    def __call__(self, midi: bytes, soundfont: Path) -> Sound:
        """Sound of the whole file at `SAMPLE_RATE`, (n, 2)."""


@dataclass(frozen=True, slots=True)
class Synthesizer:
    """A renderer, its variant in a separate process, the suffixes it supports, and the gain to the common level."""

    render: Renderer
    apart: Renderer
    suffixes: tuple[str, ...]
    gain: float


@lru_cache(maxsize=1)
def _soundfont_bytes(path: Path, modified: float) -> bytes:
    """The file's bytes; `modified` makes a changed file a new entry."""
    return path.read_bytes()


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Drops what native code writes to standard error, such as the backtrace of a Rust panic.

    The wheel holds Python's lock meanwhile, so no other thread of the program writes there.
    """
    try:
        kept = os.dup(2)
    except OSError:  # a program without standard error
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def render_embedded(midi: bytes, soundfont: Path) -> Sound:
    """Renders through the midirenderer wheel (RustySynth), which needs no system library.

    Raises:
        BadInputError: it cannot use the soundfont; its Rust panics are caught as well.
    """
    import midirenderer

    font = _soundfont_bytes(soundfont, soundfont.stat().st_mtime)
    try:
        with _quiet_stderr():
            wave = midirenderer.render_wave_from(font, midi)
    except BaseException as error:  # pyo3's PanicException derives only from BaseException
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
    """`render_embedded` in a separate process, because the wheel holds Python's lock and would block other threads.

    Raises:
        BadInputError: see `render_embedded`.
    """
    command = [sys.executable, "-P", "-c", _EMBEDDED_PROGRAM, str(soundfont)]
    result = subprocess.run(command, input=midi, capture_output=True, check=False)
    if result.returncode:
        lines = result.stderr.decode(errors="replace").strip().splitlines()
        raise _embedded_failure(soundfont, lines[-1] if lines else f"exit code {result.returncode}")
    return _decoded(result.stdout)


def _embedded_failure(soundfont: Path, reason: str) -> BadInputError:
    short = reason.splitlines()[0]
    return BadInputError(f"the embedded synthesizer fails on {soundfont.name} ({short}): give another --soundfont")


def _decoded(wave: bytes) -> Sound:
    """Samples of a 16-bit stereo WAV file in memory."""
    header, start = struct.unpack_from("<4sI4s4sIHHIIHH", wave), wave.index(b"data") + 8
    if header[6:8] != (2, SAMPLE_RATE) or header[10] != 16:
        raise CantilenaError(f"the synthesizer did not return 16-bit stereo at {SAMPLE_RATE} Hz: install midirenderer 0.1.3")
    samples = np.frombuffer(wave, "<i2", offset=start, count=(len(wave) - start) // 4 * 2).reshape(-1, 2)
    sound: Sound = samples.astype(np.float32)
    sound *= np.float32(1 / 32768)
    return sound


def render_fluidsynth(midi: bytes, soundfont: Path) -> Sound:
    """Renders through the installed FluidSynth program.

    Raises:
        CantilenaError: the program is missing or fails.
    """
    import soundfile

    program = shutil.which("fluidsynth")
    if program is None:
        raise CantilenaError("FluidSynth is not installed: install it, or use --renderer midirenderer")
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


class SoundSource(NamedTuple):
    """A name in `RENDERERS` and a soundfont that this renderer supports."""

    renderer: str
    soundfont: Path


def choose(renderer: str | None, soundfont: str | Path | None) -> SoundSource:
    """The renderer and the soundfont to use.

    The default is FluidSynth if it is installed with a better soundfont than the bundled one, else the embedded synthesizer.

    Raises:
        BadInputError: unknown renderer or unusable soundfont.
    """
    if renderer is not None:
        if renderer not in RENDERERS:
            raise BadInputError(f"renderer {renderer!r} is not known: use one of {', '.join(RENDERERS)}")
        return SoundSource(renderer, resolve_soundfont(soundfont, RENDERERS[renderer].suffixes))
    path = resolve_soundfont(soundfont)
    bundled = bundled_soundfont()
    better = bundled is None or describe(path).quality > describe(bundled).quality
    if shutil.which("fluidsynth") and better:
        return SoundSource("fluidsynth", path)
    return SoundSource("midirenderer", resolve_soundfont(soundfont, RENDERERS["midirenderer"].suffixes))


def frames(duration_s: float) -> int:
    """Number of sample frames that cover a duration in seconds."""
    return math.ceil(duration_s * SAMPLE_RATE)


@dataclass(frozen=True, slots=True)
class Piece:
    """Dry sound of one group of parts in one window: group index, first frame, sound."""

    group: int
    first_frame: int
    sound: Sound


def synthesize(
    groups: Sequence[Sequence[PerformedPart]],
    source: SoundSource,
    duration_s: float,
    workers: int = 1,
    tail_s: float = TAIL_S,
) -> Iterator[Piece]:
    """Yields the dry sound of groups of parts, group by group and window by window, in pieces to be added up.

    A note belongs to the window in which it starts and sounds beyond its end, so pieces overlap. Several workers yield the same
    pieces in the same order, only faster.

    Args:
        groups: parts to be synthesized together, at most 15 pitched parts per group.
        source: the renderer and its soundfont.
        duration_s: latest start of a note.
        workers: number of processes, 1 or more.
        tail_s: how long the last notes of a piece of sound may decay.
    """
    synthesizer, soundfont = RENDERERS[source.renderer], source.soundfont
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
            if len(waiting) > workers:  # limits the finished sound kept in memory
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def window_edges(duration_s: float) -> list[float]:
    """Start times of windows of equal length, and the end of the last one, which is infinite.

    >>> window_edges(70.0)
    [0.0, 35.0, inf]
    """
    count = max(1, round(duration_s / WINDOW_S))
    return [*(duration_s * index / count for index in range(count)), math.inf]


@dataclass(frozen=True, slots=True)
class _Job:
    """One window of one group: group index, parts that play in it, times in seconds."""

    group: int
    parts: list[PerformedPart]
    start_s: float
    end_s: float
    tail_s: float


def _piece(job: _Job, synthesizer: Synthesizer, render: Renderer, soundfont: Path) -> Piece:
    """One window of one group, at the common level and faded out at its end.

    If the synthesizer's 16-bit output clips, the window is rendered again at a quarter of the level.
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
