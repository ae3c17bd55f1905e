"""Melodic lines of a score and their fingerprints, which do not depend on key and note values.

A line consists of the top notes of a pitched part's onsets. A fingerprint is a hash of eight steps of a line (nine notes): the
eight intervals in semitones and the seven ratios of successive inter-onset times, so it survives transposition, augmentation
and diminution. Only the smallest fingerprint of every window is kept (winnowing: Schleimer, Wilkerson and Aiken 2003), which
finds every common run of `NOTES + window - 1` notes with a fraction of the memory.

Common figures have no fingerprint: see `_is_distinctive`. Knows no corpus.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from composer.score import Score

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint32]

STEPS = 8  # intervals in a fingerprint
NOTES = STEPS + 1
_DISTINCT = 4  # minimum number of different intervals in a fingerprint
_LONGEST_FIGURE = 4  # steps: the period of an Alberti bass, of broken chords, of a tremolo
_WIDEST = 24  # intervals are clipped to this many semitones
_SLOWEST = 6  # ratios are clipped to this many half octaves


def score_lines(score: Score) -> Iterator[tuple[int, Ints, Ints]]:
    """Part index, onsets in ticks (n,) and pitches (n,) of every pitched part's top line."""
    for index, part in enumerate(score.parts):
        if not part.is_drum and part.notes:
            start = np.array([note.start_ticks for note in part.notes], np.int64)
            pitch = np.array([note.pitch for note in part.notes], np.int64)
            yield (index, *top_line(start, pitch))


def top_line(start: Ints, pitch: Ints) -> tuple[Ints, Ints]:
    """The highest note of every onset, in time order.

    >>> top_line(np.array([0, 0, 480]), np.array([60, 67, 62]))[1].tolist()
    [67, 62]
    """
    order = np.lexsort((pitch, start))
    start, pitch = start[order], pitch[order]
    top = np.append(np.diff(start) > 0, True)[: len(start)]
    return start[top], pitch[top]


def fingerprints(start: Ints, pitch: Ints, window: int) -> tuple[Ints, Hashes]:
    """Fingerprints of a line: index of the first note of each, ascending, and its hash.

    Args:
        start: onsets in ticks, strictly ascending: (n,).
        pitch: MIDI pitches: (n,).
        window: at least one of this many consecutive fingerprints is kept; 1 keeps all.

    >>> tune = np.array([67, 64, 65, 62, 60, 64, 67, 72, 71, 69, 67, 65, 64, 62, 60])
    >>> time = np.cumsum([0, 480, 240, 240, 480, 960, 480, 240, 240, 480, 480, 480, 240, 240, 480])
    >>> one, two = fingerprints(time, tune, 1)[1], fingerprints(2 * time, tune + 5, 1)[1]
    >>> len(one) > 3, one.tolist() == two.tolist()
    (True, True)
    """
    if len(pitch) < NOTES:
        return np.zeros(0, np.int64), np.zeros(0, np.uint32)
    intervals = np.clip(np.diff(pitch), -_WIDEST, _WIDEST)
    pace = np.log2(np.maximum(np.diff(start), 1))
    ratios = np.clip(np.rint(2 * np.diff(pace)), -_SLOWEST, _SLOWEST).astype(np.int64)
    steps = np.lib.stride_tricks.sliding_window_view(intervals, STEPS)  # (n - 8, 8)
    beats = np.lib.stride_tricks.sliding_window_view(ratios, STEPS - 1)  # (n - 8, 7)
    hashes = _hashed(np.concatenate([steps + _WIDEST, beats + _SLOWEST], axis=1))
    place = np.flatnonzero(_is_distinctive(steps, beats))
    if window > 1 and len(place):
        place = place[_winnowed(place, hashes[place], window)]
    return place, hashes[place]


def _is_distinctive(steps: Ints, beats: Ints) -> NDArray[np.bool_]:
    """Which fingerprints are distinctive: (n,).

    Excluded are fingerprints with fewer than four different intervals (repeated notes, trills, tremolos) and, in even notes,
    those with at most two changes of direction (scales, arpeggios, runs) or a contour that repeats within four steps
    (Alberti basses, broken chords, zigzags), whatever their chords.
    """
    different = 1 + (np.diff(np.sort(steps, axis=1), axis=1) > 0).sum(axis=1)
    contour = np.sign(steps)
    figure = (np.diff(contour, axis=1) != 0).sum(axis=1) <= 2
    for period in range(1, _LONGEST_FIGURE + 1):
        figure |= (contour[:, period:] == contour[:, :-period]).all(axis=1)
    even = (beats == 0).sum(axis=1) >= STEPS - 2  # a single long note between two figures does not make a melody
    return np.asarray((different >= _DISTINCT) & ~(figure & even), np.bool_)


def _hashed(codes: Ints) -> Hashes:
    """Rows of small numbers as 32-bit hashes (polynomial, then MurmurHash3's finalizer): (n, k) -> (n,)."""
    mixed = np.zeros(len(codes), np.uint64)
    for column in codes.T.astype(np.uint64):
        mixed = mixed * np.uint64(0x100000001B3) + column + np.uint64(1)
    for constant in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        mixed ^= mixed >> np.uint64(33)
        mixed *= np.uint64(constant)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def _winnowed(place: Ints, hashes: Hashes, window: int) -> Ints:
    """Indices of the smallest hash in every window of `window` positions; the last of equal ones."""
    dense = np.full(int(place[-1] - place[0]) + 2 * window - 1, np.iinfo(np.uint64).max, np.uint64)
    at = place - place[0] + window - 1
    dense[at] = hashes
    stretches = np.lib.stride_tricks.sliding_window_view(dense, window)
    least = window - 1 - np.argmin(stretches[:, ::-1], axis=1) + np.arange(len(stretches))
    kept = np.unique(least)
    index = np.full(len(dense), -1, np.int64)
    index[at] = np.arange(len(place))
    found = index[kept]
    return np.asarray(found[found >= 0], np.int64)
