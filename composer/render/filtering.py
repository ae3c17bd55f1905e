"""Long linear filters by FFT, block by block (overlap-save). Knows nothing of music."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]


def filtered(signal: Signal, response: NDArray[np.floating], step: int) -> Iterator[tuple[int, Signal]]:
    """Convolution of a signal with impulse responses, cut to the signal's length, in blocks of `step` frames.

    Args:
        signal: (n, c).
        response: (m, d); c and d are equal or one of them is 1, which then serves all.
        step: frames a block; the FFT's size is the next power of two from `step` + m.

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
