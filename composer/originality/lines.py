"""Melodic lines of a score and their fingerprints: what makes a passage the same whatever its key and its note values.

A line is the top note of every onset of one pitched part. A fingerprint is a hash of eight steps of a line (nine notes): the
eight intervals in semitones and the seven ratios of successive distances between onsets, so that a passage keeps it when
transposed, augmented or diminished. Of neighbouring fingerprints only the least of every window is kept (winnowing: Schleimer,
Wilkerson and Aiken 2003), which finds every common run of `NOTES + window - 1` notes with a fraction of the memory.

What belongs to everybody has no fingerprint: see `_tells`. Nothing here knows the training corpus.
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
_DISTINCT = 4  # different intervals that a fingerprint needs
_LONGEST_FIGURE = 4  # steps: the period of an Alberti bass, of broken chords, of a tremolo
_WIDEST = 24  # semitones beyond which intervals are held equal
_SLOWEST = 6  # half octaves of tempo beyond which ratios are held equal


def score_lines(score: Score) -> Iterator[tuple[int, Ints, Ints]]:
    """Part index, onsets in ticks (n,) and pitches (n,) of every pitched part's top line."""
    for index, part in enumerate(score.parts):
        if not part.is_drum and part.notes:
            start = np.array([note.start_ticks for note in part.notes], np.int64)
            pitch = np.array([note.pitch for note in part.notes], np.int64)
            yield (index, *top_line(start, pitch))


def top_line(start: Ints, pitch: Ints) -> tuple[Ints, Ints]:
    """The highest note of every onset, in order of time.

    >>> top_line(np.array([0, 0, 480]), np.array([60, 67, 62]))[1].tolist()
    [67, 62]
    """
    order = np.lexsort((pitch, start))
    start, pitch = start[order], pitch[order]
    top = np.append(np.diff(start) > 0, True)[: len(start)]
    return start[top], pitch[top]


def fingerprints(start: Ints, pitch: Ints, window: int) -> tuple[Ints, Hashes]:
    """Fingerprints of a line: the index of the first note of each, ascending, and its hash.

    Args:
        start: onsets in ticks, strictly ascending: (n,).
        pitch: MIDI pitches: (n,).
        window: of so many fingerprints in a row at least one is kept, 1 for all.

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
    place = np.flatnonzero(_tells(steps, beats))
    if window > 1 and len(place):
        place = place[_winnowed(place, hashes[place], window)]
    return place, hashes[place]


def _tells(steps: Ints, beats: Ints) -> NDArray[np.bool_]:
    """Which fingerprints say anything: (n,).

    Left out are those with fewer than four different intervals (repeated notes, trills, tremolos), and of those in even notes
    the ones that turn at most twice (scales, arpeggios, runs) or whose ups and downs repeat within four steps (Alberti basses,
    broken chords, zigzags), whatever their chords.
    """
    different = 1 + (np.diff(np.sort(steps, axis=1), axis=1) > 0).sum(axis=1)
    contour = np.sign(steps)
    figure = (np.diff(contour, axis=1) != 0).sum(axis=1) <= 2
    for period in range(1, _LONGEST_FIGURE + 1):
        figure |= (contour[:, period:] == contour[:, :-period]).all(axis=1)
    even = (beats == 0).sum(axis=1) >= STEPS - 2  # one long note between two figures does not make a melody
    return np.asarray((different >= _DISTINCT) & ~(figure & even), np.bool_)


def _hashed(codes: Ints) -> Hashes:
    """Rows of small numbers as 32-bit hashes (polynomial, then the finaliser of MurmurHash3): (n, k) -> (n,)."""
    mixed = np.zeros(len(codes), np.uint64)
    for column in codes.T.astype(np.uint64):
        mixed = mixed * np.uint64(0x100000001B3) + column + np.uint64(1)
    for constant in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        mixed ^= mixed >> np.uint64(33)
        mixed *= np.uint64(constant)
    return (mixed >> np.uint64(32)).astype(np.uint32)


def _winnowed(place: Ints, hashes: Hashes, window: int) -> Ints:
    """Indices of the least hash of every stretch of `window` places; the last of equals."""
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
