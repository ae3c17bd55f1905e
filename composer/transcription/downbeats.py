"""Which metre beats make, and which of them is the first of a bar.

A downbeat is where more and longer notes begin, where the bass comes in and where the harmony changes (Temperley 2001;
Klapuri, Eronen and Astola 2006, "Analysis of the meter of acoustic musical signals"). Metres of two to five and seven beats are
told apart by ear; others have to be named.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import Floats, Ints

_BEFOREHAND = {2: -0.12, 3: 0.0, 4: 0.06, 5: -0.4, 7: -0.5}  # how much likelier each number of beats is, as an effect size
_BEFOREHAND_COMPOUND = {2: 0.1, 3: -0.05, 4: 0.0}
_HARMONY, _BASS = 1.5, 1.0  # weights beside the accent of the notes that begin
_LONGEST = 2.0  # beats beyond which a note weighs no more


def beat_accents(start: Floats, end: Floats, pitch: Floats, n_cells: int, cells_per_beat: int = 1) -> Floats:
    """How strong each cell (a beat, or an equal part of one) is: (n_cells,), mean 0, deviation 1.

    Args:
        start: note starts in beats: (N,).
        end: note ends in beats.
        pitch: MIDI pitches; drums as nan.
        n_cells: number of cells.
        cells_per_beat: cells to a beat.
    """
    cell = np.rint(start * cells_per_beat).astype(np.int64)
    on = np.abs(start * cells_per_beat - cell) < 0.01
    on &= cell < n_cells
    length = np.minimum(end - start, _LONGEST)
    pitched = on & ~np.isnan(pitch)
    begun = np.bincount(cell[on], np.sqrt(np.maximum(length[on], 0.0)), n_cells)
    lowest = np.full(n_cells, 128.0)
    np.minimum.at(lowest, cell[pitched], pitch[pitched])
    bass = np.where(lowest <= _running_floor(lowest) + 4, 1.0, 0.0)
    novelty = _novelty(cell, pitch, end, n_cells, cells_per_beat)
    return _standard(_standard(np.sqrt(begun)) + _BASS * _standard(bass) + _HARMONY * _standard(novelty))


def find_bars(accents: Floats, *, compound: bool) -> tuple[int, int]:
    """Beats a bar (2, 3, 4, 5 or 7) and the first downbeat's index (0-based, below that number).

    >>> find_bars(np.tile([2.0, 0.0, 0.1], 12), compound=False)
    (3, 0)
    """
    beforehand = _BEFOREHAND_COMPOUND if compound else _BEFOREHAND
    contrast = {n: _contrasts(accents, n) for n in beforehand}
    beats = max(beforehand, key=lambda n: float(contrast[n].max()) + beforehand[n])
    return beats, int(contrast[beats].argmax())


def first_downbeat(accents: Floats, cells_per_bar: int) -> int:
    """Index of the first downbeat in bars of a known number of cells."""
    return int(_contrasts(accents, cells_per_bar).argmax())


def _contrasts(accents: Floats, period: int) -> Floats:
    """Mean accent of the cells at each phase over that of all others: (period,); nothing stands out in one bar or less."""
    if len(accents) <= period:
        return np.zeros(period)
    place = np.arange(len(accents)) % period
    total, count = np.bincount(place, accents, period), np.bincount(place, minlength=period)
    rest = (accents.sum() - total) / np.maximum(len(accents) - count, 1)
    return np.asarray(total / count - rest, np.float64)


def _novelty(cell: Ints, pitch: Floats, end: Floats, n_cells: int, cells_per_beat: int) -> Floats:
    """Distance between the pitch classes of the two beats after and the two before each cell: (n_cells,)."""
    chroma = np.zeros((n_cells, 12))
    pitched = np.flatnonzero(~np.isnan(pitch) & (cell < n_cells))
    for index in pitched.tolist():
        first = int(cell[index])
        last = max(first + 1, int(np.rint(min(end[index] * cells_per_beat, n_cells))))
        chroma[first : min(last, first + 4 * cells_per_beat), int(pitch[index]) % 12] += 1.0
    span = 2 * cells_per_beat
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(chroma, axis=0)])
    at = np.arange(n_cells)
    after = sums[np.minimum(at + span, n_cells)] - sums[at]
    before = sums[at] - sums[np.maximum(at - span, 0)]
    norm = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
    return np.asarray(np.where(norm > 0, 1.0 - (after * before).sum(axis=1) / np.maximum(norm, 1e-9), 0.0), np.float64)


def _running_floor(lowest: Floats, reach: int = 4) -> Floats:
    """Lowest pitch within a few cells."""
    padded = np.pad(lowest, reach, constant_values=128.0)
    return np.asarray(np.min(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1), np.float64)


def _standard(values: Floats) -> Floats:
    deviation = float(values.std())
    return np.asarray((values - values.mean()) / max(deviation, 1e-9), np.float64)
