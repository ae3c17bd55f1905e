"""Mastering: brings the mix to a target loudness and limits its peaks. Works in place, knows no parts.

The gain that reaches a loudness depends on how much the limiter reduces it. It is therefore computed from the measured
energies and peaks first, and applied to the sound once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from composer.render.loudness import (
    BLOCK,
    Floats,
    Loudness,
    amplitude,
    block_energies,
    decibels,
    gated_loudness,
    peak_envelope,
    true_peak,
)
from composer.render.reverb import Signal
from composer.render.synth import SAMPLE_RATE

TARGET_LUFS = -14.0
CEILING_DBTP = -2.0  # lossy encoders shift phases and raise decoded peaks by up to 1 dB, which stays below -1
MARGIN_DB = 0.1  # a changing gain can slightly raise peaks between samples
MOST_GAIN_DB = 60.0  # limit for near-silence with a click in it
SPARE_DB = 3.0  # more gain than the limiter usually takes away
TOLERANCE_LU = 0.02
LOOKAHEAD_S = 0.015  # attack and release time of the gain around a peak

Envelope = NDArray[np.float32]


def master(sound: Signal, target_lufs: float = TARGET_LUFS, ceiling_dbtp: float = CEILING_DBTP) -> Loudness:
    """Brings a sound to a target loudness under a true-peak ceiling, in place, and returns the result's levels.

    Args:
        sound: (n, 2) at `SAMPLE_RATE`, any level.
        target_lufs: integrated loudness. Silence and sound that consists only of peaks do not reach it.
        ceiling_dbtp: maximum true peak.

    Returns:
        Loudness computed from energies and gains (within 0.05 LU of a measurement), and measured true peak.
    """
    energies = block_energies(sound)
    measured = gated_loudness(energies)
    if measured == float("-inf"):
        return Loudness(measured, decibels(true_peak(sound)))
    ceiling = amplitude(ceiling_dbtp - MARGIN_DB)
    plain_db = min(target_lufs - measured, MOST_GAIN_DB)
    least = ceiling / amplitude(plain_db + SPARE_DB)  # sound below needs no limiter
    envelope = peak_envelope(sound, least)
    gain = _gain_for(energies, envelope, ceiling, target_lufs, plain_db)
    if gain * least > ceiling:
        envelope = peak_envelope(sound)
        gain = _gain_for(energies, envelope, ceiling, target_lufs, plain_db)
    edges = gain * limiter_gains(envelope * gain, ceiling)
    _apply(sound, edges)
    loudness = gated_loudness(energies * _block_gains(edges) ** 2)
    peak_db = decibels(true_peak(sound))
    if peak_db > ceiling_dbtp:
        sound *= np.float32(amplitude(ceiling_dbtp - peak_db))
        return Loudness(loudness + ceiling_dbtp - peak_db, ceiling_dbtp)
    return Loudness(loudness, peak_db)


def _block_gains(edges: NDArray[np.floating]) -> Floats:
    """Mean gain of each block, from the gains at its edges."""
    return np.asarray((edges[1:].astype(np.float64) + edges[:-1]) / 2)


def _gain_for(energies: Floats, envelope: Envelope, ceiling: float, target_lufs: float, plain_db: float) -> float:
    """The amplitude gain before the limiter that makes the limited sound reach the target, by bisection.

    `plain_db` is the gain needed without a limiter.
    """

    def reached(gain_db: float) -> float:
        gain = amplitude(gain_db)
        return gated_loudness(energies * (gain * _block_gains(limiter_gains(envelope * gain, ceiling))) ** 2)

    low_db, high_db = plain_db, min(plain_db + 20.0, MOST_GAIN_DB)
    if reached(low_db) >= target_lufs - TOLERANCE_LU:
        return amplitude(low_db)
    while high_db - low_db > TOLERANCE_LU:
        middle_db = (low_db + high_db) / 2
        if reached(middle_db) < target_lufs:
            low_db = middle_db
        else:
            high_db = middle_db
    return amplitude((low_db + high_db) / 2)


def limiter_gains(envelope: Envelope, ceiling: float) -> Envelope:
    """Smooth gains, at most 1, that hold every peak at the ceiling; one per block edge. (blocks + 1,)

    A running minimum over the look-ahead reaches each peak's gain early and holds it. A Hann window of the same width then
    smooths the gains without exceeding what any peak allows.
    """
    needed = np.minimum(1.0, ceiling / np.maximum(envelope, 1e-9)).astype(np.float32)
    reach = round(LOOKAHEAD_S * SAMPLE_RATE / BLOCK)
    if not len(needed) or needed.min() >= 1.0:
        return np.ones(len(needed) + 1, dtype=np.float32)
    held = _running_minimum(np.pad(needed, reach + 1, constant_values=1.0), 2 * reach + 2)
    window = np.hanning(2 * reach + 1).astype(np.float32)[1:-1]
    smooth = np.convolve(np.pad(held, reach - 1, mode="edge"), window / window.sum(), mode="valid")
    return smooth[: len(needed) + 1].astype(np.float32)


def _running_minimum(values: Envelope, width: int) -> Envelope:
    """Minimum over each window of `width` values, by doubling windows (1, 2, 4 ...) and a final overlap."""
    span = 1
    while 2 * span <= width:
        values = np.minimum(values[:-span], values[span:])
        span *= 2
    rest = width - span
    return np.minimum(values[: len(values) - rest], values[rest:])


def _apply(sound: Signal, gains: NDArray[np.floating]) -> None:
    """Multiplies by gains given at block edges, interpolated linearly."""
    step = 4096
    ramp = np.arange(BLOCK, dtype=np.float32) / BLOCK
    for first in range(0, len(gains) - 1, step):
        edges = gains[first : first + step + 1].astype(np.float32)
        curve = (edges[:-1, None] + np.diff(edges)[:, None] * ramp).reshape(-1, 1)
        piece = sound[first * BLOCK : (first + step) * BLOCK]
        piece *= curve[: len(piece)]
