"""The meter against the reference signals of EBU Tech 3341 and the arithmetic of BS.1770."""

import numpy as np
import pytest

from composer.render.loudness import amplitude, block_energies, decibels, gated_loudness, measure, peak_envelope, true_peak
from composer.render.mastering import _running_minimum, limiter_gains, master
from composer.render.reverb import filtered

RATE = 48_000


def tone(level_db: float, seconds: float, hertz: float = 1000.0, phase: float = 0.0) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE)) / RATE
    wave = (amplitude(level_db) * np.sin(2 * np.pi * hertz * time_s + phase)).astype(np.float32)
    return np.stack([wave, wave], axis=1)


def music(seconds: int, seed: int = 0) -> np.ndarray:
    """Noise bursts of many levels: with the crest factor of performed music."""
    rng = np.random.default_rng(seed)
    levels = np.repeat(rng.random(seconds * 8) ** 3, RATE // 8)[:, None]
    return (0.05 * rng.standard_normal((seconds * RATE, 2)) * levels).astype(np.float32)


# EBU Tech 3341 (2016), table 1, cases 1 to 5: sequences of (level in dBFS, seconds) -> LUFS, each +-0.1.
@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([(-23, 20)], -23.0),
        ([(-33, 20)], -33.0),
        ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
    ],
)
def test_integrated_loudness_of_ebu_3341(levels: list[tuple[float, float]], expected: float) -> None:
    sound = np.concatenate([tone(level, seconds) for level, seconds in levels])
    assert gated_loudness(block_energies(sound)) == pytest.approx(expected, abs=0.1)


# EBU Tech 3341, cases 15 to 19: a quarter, a sixth and an eighth of the rate, +0.2 / -0.4 dB around -6 and +3 dBTP.
@pytest.mark.parametrize(
    ("divisor", "degrees", "level", "expected"),
    [(4, 0, 0.50, -6.0), (4, 45, 0.50, -6.0), (6, 60, 0.50, -6.0), (8, 67.5, 0.50, -6.0), (4, 45, 1.41, 3.0)],
)
def test_true_peak_of_ebu_3341(divisor: int, degrees: float, level: float, expected: float) -> None:
    sound = tone(decibels(level), 0.5, RATE / divisor, np.deg2rad(degrees))
    fade = np.clip(np.arange(len(sound)) / 4800, 0, 1)[:, None].astype(np.float32)
    peak = measure(sound * fade * fade[::-1]).true_peak_dbtp
    assert expected - 0.4 <= peak <= expected + 0.2


def test_meter_agrees_with_pyloudnorm() -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm")
    sound = music(20)
    assert measure(sound).integrated_lufs == pytest.approx(pyloudnorm.Meter(RATE).integrated_loudness(sound), abs=0.1)


def test_silence_and_very_short_sound_are_measured() -> None:
    assert measure(np.zeros((RATE, 2), np.float32)).integrated_lufs == float("-inf")
    assert measure(np.zeros((0, 2), np.float32)).true_peak_dbtp == float("-inf")
    assert measure(tone(-20, 0.1)).integrated_lufs == pytest.approx(-26, abs=0.5)  # the sound fills a quarter of a gating block


def test_block_filter_equals_direct_convolution() -> None:
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((1000, 1)).astype(np.float32)
    response = rng.standard_normal((77, 2)).astype(np.float32)
    result = np.concatenate([block for _, block in filtered(signal, response, 130)])
    expected = np.stack([np.convolve(signal[:, 0], response[:, channel])[:1000] for channel in range(2)], axis=1)
    assert result == pytest.approx(expected, abs=1e-4)


def test_peaks_are_found_across_chunks() -> None:
    sound = np.zeros((32 * 4096 * 2 + 17, 2), np.float32)
    for frame in (0, 32 * 4096 - 1, 32 * 4096, len(sound) - 1):
        sound[frame, 1] = 0.5
    envelope = peak_envelope(sound)
    assert set(np.flatnonzero(envelope >= 0.5)) >= {0, 4095, 4096, len(envelope) - 1}
    assert envelope[10:4000].max() == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_master_reaches_its_target_below_the_ceiling(seed: int) -> None:
    sound = music(12, seed)
    result = master(sound)
    again = measure(sound)
    assert again.integrated_lufs == pytest.approx(-14.0, abs=0.1)
    assert again.true_peak_dbtp <= -1.0 + 1e-6
    assert result.integrated_lufs == pytest.approx(again.integrated_lufs, abs=1e-3)


def test_master_turns_loud_sound_down_without_limiting_it() -> None:
    sound = tone(-3, 5)
    before = sound.copy()
    master(sound)
    ratio = sound[1000:2000, 0] / before[1000:2000, 0]
    assert np.ptp(ratio[np.isfinite(ratio)]) < 1e-6


def test_master_does_not_change_silence() -> None:
    sound = np.zeros((RATE, 2), np.float32)
    assert master(sound).integrated_lufs == float("-inf")
    assert not sound.any()


def test_limiter_never_exceeds_what_a_peak_allows() -> None:
    envelope = np.abs(np.random.default_rng(1).standard_normal(4000)).astype(np.float32)
    gains = limiter_gains(envelope, 0.8)
    edges = np.maximum(gains[1:], gains[:-1])
    assert (edges * envelope <= 0.8 + 1e-6).all()
    assert len(gains) == len(envelope) + 1


def test_limiter_gain_is_smooth() -> None:
    envelope = np.zeros(400, np.float32)
    envelope[200] = 4.0
    gains = limiter_gains(envelope, 1.0)
    assert gains[0] == gains[-1] == pytest.approx(1.0)
    assert gains[200] == pytest.approx(0.25)
    assert np.abs(np.diff(gains)).max() < 0.07


def test_running_minimum_covers_the_whole_window() -> None:
    values = np.random.default_rng(2).random(300).astype(np.float32)
    for width in (1, 2, 3, 46, 64):
        windows = np.lib.stride_tricks.sliding_window_view(values, width)
        assert (_running_minimum(values, width) == windows.min(axis=1)).all()


def test_skipping_quiet_blocks_does_not_change_the_peak() -> None:
    sound = music(3)
    assert true_peak(sound) == pytest.approx(float(peak_envelope(sound).max()))
    envelope = peak_envelope(sound)
    fast = peak_envelope(sound, 0.1)
    assert fast[envelope >= 0.1] == pytest.approx(envelope[envelope >= 0.1])
    assert (fast[envelope < 0.1] < 0.1).all()
