"""Rooms: synthetic impulse responses, sends by distance, and fast convolution. Knows no synthesizer and no files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError
from composer.performance import PerformedPart
from composer.presets import programs_of
from composer.render.synth import SAMPLE_RATE

Signal = NDArray[np.float32]


def filtered(signal: Signal, response: NDArray[np.floating], step: int) -> Iterator[tuple[int, Signal]]:
    """Convolves a signal with impulse responses by FFT, block by block (overlap-save), cut to the signal's length.

    Args:
        signal: (n, c).
        response: (m, d); c and d are equal, or one of them is 1 and is broadcast.
        step: frames per block; the FFT size is the next power of two from `step` + m.

    Yields:
        (first frame, block of (step, max(c, d))); the last block may be shorter.
    """
    taps = len(response)
    size = 1 << (step + taps - 2).bit_length()
    spectrum = np.fft.rfft(response.T.astype(np.float32), size)  # (d, size / 2 + 1)
    for first in range(0, len(signal), step):
        begin = first - (taps - 1)
        piece = np.zeros((signal.shape[1], size), dtype=np.float32)
        known = signal[max(0, begin) : first + step]
        offset = max(0, begin) - begin
        piece[:, offset : offset + len(known)] = known.T
        block = np.fft.irfft(np.fft.rfft(piece) * spectrum, size)
        length = min(step, len(signal) - first)
        yield first, block[:, taps - 1 : taps - 1 + length].T.astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True)
class Room:
    """Acoustic parameters of a room.

    Attributes:
        decay_s: time in which the middle frequencies decay by 60 dB; 0 for no room.
        predelay_s: time between direct sound and first reflection.
        brightness: decay time at 8 kHz relative to the middle frequencies, 0-1.
        level_db: reverberation energy of a part in the middle of the stage, relative to its direct sound.
    """

    decay_s: float
    predelay_s: float = 0.012
    brightness: float = 0.5
    level_db: float = -11.0


ROOMS: dict[str, Room] = {
    "none": Room(0.0),
    "studio": Room(0.6, 0.004, 0.6, -15.0),
    "chamber": Room(1.2, 0.010, 0.5, -12.0),
    "hall": Room(1.9, 0.018, 0.45, -10.5),
    "church": Room(2.8, 0.025, 0.35, -9.5),
}

_SINGERS = programs_of("voice", "synth-choir")
_ORGANS = programs_of("organ", "reed-organ", "accordion")
_AMPLIFIED = programs_of("electric-organ", "electric-guitar", "electric-bass", "synth-lead", "synth-voice", "synth-pad")
# Octave bands: center in Hz and decay time relative to the middle at full darkness (air and walls take the top first).
_BANDS = (
    (125.0, 1.15),
    (250.0, 1.1),
    (500.0, 1.0),
    (1000.0, 1.0),
    (2000.0, 0.85),
    (4000.0, 0.6),
    (8000.0, 0.35),
    (16000.0, 0.2),
)


def room_for(parts: Sequence[PerformedPart]) -> str:
    """The room for an ensemble: church for choirs and organs, studio for bands, otherwise by size."""
    programs = [part.program for part in parts if not part.is_drum]
    if any(part.is_drum for part in parts) or any(program in _AMPLIFIED for program in programs):
        return "studio"
    if any(program in _ORGANS for program in programs) or sum(program in _SINGERS for program in programs) > 1:
        return "church"
    return "hall" if len(set(programs)) > 4 or len(programs) > 6 else "chamber"


def checked_room(name: str) -> Room:
    """The room with a given name.

    Raises:
        BadInputError: the name is not known.
    """
    if name not in ROOMS:
        raise BadInputError(f"room {name!r} is not known: use one of {', '.join(ROOMS)}")
    return ROOMS[name]


def send_gain(room: Room, distance: float) -> float:
    """Amplitude with which a part at a distance (0 front, 1 back) feeds the room; the back sends 9 dB more than the front."""
    return float(10.0 ** ((room.level_db + 9.0 * (distance - 0.35)) / 20.0))


def impulse_response(room: Room) -> NDArray[np.float32]:
    """The room's impulse response, (m, 2), each channel of unit energy; deterministic.

    Early reflections are followed by exponentially decaying noise whose decay time falls with frequency, the statistical model
    of diffuse reverberation (Schroeder 1962; Moorer 1979, "About this reverberation business"). Left and right use independent
    noise, which makes a room sound wide.

    Raises:
        ValueError: the room has no decay.
    """
    if room.decay_s <= 0.0:
        raise ValueError("a room without decay has no impulse response")
    rng = np.random.default_rng(1962)
    length = round((room.predelay_s + 1.1 * room.decay_s) * SAMPLE_RATE)
    onset = round(room.predelay_s * SAMPLE_RATE)
    time_s = np.maximum(0, np.arange(length) - onset) / SAMPLE_RATE
    spectrum = np.fft.rfft(rng.standard_normal((2, length)))
    frequencies = np.fft.rfftfreq(length, 1.0 / SAMPLE_RATE)
    response = np.zeros((2, length))
    for index, (center, full) in enumerate(_BANDS):
        relative = full if center <= 1000.0 else 1.0 - (1.0 - full) * (1.0 - room.brightness) / 0.65
        band = np.fft.irfft(spectrum * _band(frequencies, index), length)
        response += band * np.exp(-6.908 * time_s / (room.decay_s * max(0.1, relative)))
    build_up = np.clip((np.arange(length) - onset) / (0.02 * SAMPLE_RATE), 0.0, 1.0)
    response *= build_up
    response += _reflections(rng, length, onset, room) * float(np.sqrt((response**2).sum() / 2))
    response /= np.sqrt((response**2).sum(axis=1, keepdims=True))
    return np.ascontiguousarray(response.T.astype(np.float32))


def _band(frequencies: NDArray[np.floating], index: int) -> NDArray[np.float64]:
    """Amplitude of one octave band; neighbors cross over so that their energies add up. Zero below 60 Hz."""
    octaves = np.log2(np.maximum(frequencies, 1.0) / _BANDS[index][0])
    below = index > 0
    above = index < len(_BANDS) - 1
    rising = np.clip(octaves + 1.0, 0.0, 1.0) if below else np.clip((octaves + 1.0) / 0.5, 0.0, 1.0)
    falling = np.clip(1.0 - octaves, 0.0, 1.0) if above else np.ones_like(octaves)
    return np.asarray(np.sin(np.pi / 2 * rising) * np.sin(np.pi / 2 * falling))


def _reflections(rng: np.random.Generator, length: int, onset: int, room: Room) -> NDArray[np.float64]:
    """A dozen early reflections per channel within the first 60 ms, weaker over time. (2, length)"""
    taps = np.zeros((2, length))
    span = min(0.06, 0.05 * room.decay_s) * SAMPLE_RATE
    for channel in range(2):
        places = onset + np.sort(rng.random(12)) ** 0.7 * span
        gains = rng.choice([-1.0, 1.0], 12) * np.linspace(1.0, 0.3, 12)
        np.add.at(taps[channel], np.minimum(places.astype(np.int64), length - 1), 0.12 * gains)
    return taps
