"""Loudness and true peak according to ITU-R BS.1770-4, at 48 kHz. Only measures.

Integrated loudness: K-weighting, mean square over blocks of 400 ms that overlap by 75%, absolute gate at -70 LUFS and
relative gate at -10 LU. True peak: four-fold oversampling with the filter of Annex 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from composer.render.reverb import Signal, filtered
from composer.render.synth import SAMPLE_RATE

BLOCK = 32  # frames per stored energy and peak
_HOP = SAMPLE_RATE // 10 // BLOCK  # gating blocks of 400 ms advance by 100 ms
_STEP = 6 * _HOP * BLOCK
_TAPS = 3900  # length of the K filters' impulse response, which ends below -140 dB
_MANY = 4096  # number of blocks oversampled at once

Floats = NDArray[np.float64]

# Biquads (b, a) of Annex 1, tables 1 and 2: the head's shelf and the revised low-frequency B-curve.
_K_WEIGHTING = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
# Annex 2: phases 0 and 1 of the interpolator; 3 and 2 are their mirror images.
_PHASES = (
    (0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
     0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500),
    (-0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
     0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness in LUFS (-inf for silence) and true peak in dBTP."""

    integrated_lufs: float
    true_peak_dbtp: float


def decibels(ratio: float) -> float:
    """20 log10 of an amplitude ratio, -inf for 0."""
    return 20.0 * float(np.log10(ratio)) if ratio > 0.0 else float("-inf")


def amplitude(level_db: float) -> float:
    """Amplitude ratio of a level in decibels."""
    return float(10.0 ** (level_db / 20.0))


@cache
def _k_weighting_response() -> Floats:
    """Impulse response of both biquads in series. (_TAPS, 1)"""
    z = np.exp(-2j * np.pi * np.arange(2**15 + 1) / 2**16)  # (F,) z^-1 on the unit circle
    response = np.ones(len(z), dtype=np.complex128)
    for b, a in _K_WEIGHTING:
        response *= (b[0] + b[1] * z + b[2] * z**2) / (a[0] + a[1] * z + a[2] * z**2)
    return np.fft.irfft(response)[:_TAPS, None]


def block_energies(sound: Signal) -> Floats:
    """Sum over channels of the squared K-weighted sound in each `BLOCK` frames."""
    energies = np.zeros(-(-len(sound) // BLOCK))
    for first, block in filtered(sound, _k_weighting_response(), _STEP):
        squares = np.zeros(-(-len(block) // BLOCK) * BLOCK, dtype=np.float32)
        squares[: len(block)] = np.einsum("nc,nc->n", block, block)
        sums = squares.reshape(-1, BLOCK).sum(axis=1)
        energies[first // BLOCK : first // BLOCK + len(sums)] = sums
    return energies


def gated_loudness(energies: Floats) -> float:
    """Integrated loudness in LUFS from `block_energies`; -inf if no block passes the gates."""
    missing = max(4 * _HOP - len(energies), -len(energies) % _HOP)
    hops = np.pad(energies, (0, missing)).reshape(-1, _HOP).sum(axis=1) / (_HOP * BLOCK)
    blocks = np.convolve(hops, np.full(4, 0.25), mode="valid")
    loud = blocks[_lufs(blocks) > -70.0]
    if not len(loud):
        return float("-inf")
    threshold = _lufs(np.array([loud.mean()]))[0] - 10.0
    return float(_lufs(np.array([loud[_lufs(loud) > threshold].mean()]))[0])


def _lufs(energies: Floats) -> Floats:
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(energies, 1e-12)))


def _interpolator() -> NDArray[np.float32]:
    """The oversampling filter as a matrix from a block with its neighbors to the block's four-fold samples.

    Rows are the samples from 6 before to 6 after the block; each column is one phase at one sample. (BLOCK + 12, 4 * BLOCK)
    """
    matrix = np.zeros((BLOCK + 12, 4 * BLOCK), dtype=np.float32)
    for index, taps in enumerate((*_PHASES, _PHASES[1][::-1], _PHASES[0][::-1])):
        for sample in range(BLOCK):
            matrix[sample : sample + 12, index * BLOCK + sample] = taps
    return matrix


def peak_envelope(sound: Signal, least: float = 0.0) -> NDArray[np.float32]:
    """Largest true peak (amplitude, at least that of the samples) over all channels in each `BLOCK` frames.

    Blocks that cannot reach `least` are not oversampled and report their sample peak, which is also below `least`.
    """
    count = -(-len(sound) // BLOCK)
    envelope = np.zeros(count, dtype=np.float32)
    matrix = _interpolator()
    overshoot = float(np.abs(matrix).sum(axis=0).max())
    for first in range(0, count, _MANY):
        blocks = min(_MANY, count - first)
        piece = np.zeros((sound.shape[1], blocks * BLOCK + 12), dtype=np.float32)
        begin = first * BLOCK - 6
        known = sound[max(0, begin) : begin + piece.shape[1]]
        offset = max(0, -begin)
        piece[:, offset : offset + len(known)] = known.T
        for channel in piece:
            windows = np.lib.stride_tricks.sliding_window_view(channel, BLOCK + 12)[::BLOCK]  # (blocks, BLOCK + 12)
            peaks = np.maximum(windows.max(axis=1), -windows.min(axis=1))
            rows = np.flatnonzero(peaks * overshoot >= least)
            peaks[:] = np.abs(channel[6:-6]).reshape(blocks, BLOCK).max(axis=1)
            fine = windows[rows] @ matrix  # (rows, 4 * BLOCK)
            peaks[rows] = np.maximum(peaks[rows], np.maximum(fine.max(axis=1), -fine.min(axis=1)))
            np.maximum(envelope[first : first + blocks], peaks, out=envelope[first : first + blocks])
    return envelope


def true_peak(sound: Signal) -> float:
    """Largest true peak of a sound, as an amplitude; 0 for an empty sound."""
    largest = max((float(np.abs(sound[i : i + _STEP]).max()) for i in range(0, len(sound), _STEP)), default=0.0)
    return float(peak_envelope(sound, largest).max(initial=0.0))


def measure(sound: Signal) -> Loudness:
    """Loudness and true peak of a sound at `SAMPLE_RATE`, (n, channels)."""
    return Loudness(gated_loudness(block_energies(sound)), decibels(true_peak(sound)))
