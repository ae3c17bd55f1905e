"""Quality: measures from papers on music generation, under their names and by their definitions.

Each function names the source of its definition. The measures describe a piece but prove nothing: good music covers a range of
each, and so does noise.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.analysis.structure import bar_similarity
from composer.score import TICKS_PER_QUARTER, Key, Score

_MAJOR_SCALE = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1], np.float64)
_THIRD = 4  # semitones
_GRID_TICKS = TICKS_PER_QUARTER // 4  # sixteenths, the resolution of the original groove measures


def pitch_class_entropy(score: Score | ScoreArrays) -> float:
    """Entropy in bits of the pitch-class histogram by number of notes, 0..log2(12) (Wu and Yang 2020; as in muspy).

    nan without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> pitch_class_entropy(Score((Part("Flute", 73, (Note(0, 60, 480), Note(480, 67, 480))),)))
    1.0
    """
    return _entropy(_pitch_classes(score_arrays(score)))


def bar_pitch_class_entropy(score: Score | ScoreArrays) -> float:
    """Mean entropy in bits of the pitch-class histograms of bars with notes (H1 of Wu and Yang 2020).

    >>> from composer.score import Note, Part, Score
    >>> trill = tuple(Note(480 * i, (60, 62)[i % 2], 480) for i in range(4))
    >>> bar_pitch_class_entropy(Score((Part("Flute", 73, (*trill, Note(1920, 60, 1920))),)))
    0.5
    """
    arrays = score_arrays(score)
    counts = np.bincount(arrays.notes.bar * 12 + arrays.notes.pitch % 12, minlength=12 * arrays.n_bars).reshape(-1, 12)
    entropies = [_entropy(row) for row in counts if row.any()]
    return float(np.mean(entropies)) if entropies else float("nan")


def scale_consistency(score: Score | ScoreArrays) -> float:
    """Largest share of notes in any major scale or its relative natural minor, 0..1 (Mogren 2016; as in muspy).

    nan without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> scale_consistency(Score((Part("Flute", 73, tuple(Note(480 * i, 60 + i, 480) for i in range(12))),)))
    0.5833333333333334
    """
    counts = _pitch_classes(score_arrays(score))
    if not counts.any():
        return float("nan")
    shares = [counts @ np.roll(_MAJOR_SCALE, tonic) for tonic in range(12)]
    return float(max(shares) / counts.sum())


def pitch_in_key_rate(score: Score | ScoreArrays, key: Key) -> float:
    """Share of notes in the key's scale: major, or natural minor with the raised seventh allowed, 0..1.

    >>> from composer.score import Note, Part, Score
    >>> steps = enumerate([69, 71, 72, 74, 76, 77, 80, 81])
    >>> scale = Score((Part("Flute", 73, tuple(Note(480 * i, pitch, 480) for i, pitch in steps)),))
    >>> pitch_in_key_rate(scale, Key.parse("A minor")), pitch_in_key_rate(scale, Key.parse("C major"))
    (1.0, 0.875)
    """
    counts = _pitch_classes(score_arrays(score))
    if not counts.any():
        return float("nan")
    return float(counts[list(key.scale)].sum() / counts.sum())


def groove_consistency(score: Score | ScoreArrays) -> float:
    """1 minus the mean share of grid positions at which adjacent bars differ in having an onset, 0..1.

    Definition of muspy 0.5 (after Wu and Yang 2020), on a grid of sixteenths, over all parts, between adjacent bars of the same
    meter. nan with fewer than two such bars.

    >>> from composer.score import Note, Part, Score
    >>> beats = tuple(Note(480 * i, 60, 480) for i in range(8))
    >>> groove_consistency(Score((Part("Flute", 73, beats),)))
    1.0
    """
    arrays = score_arrays(score)
    grooves = _grooves(arrays)
    pairs = [(a, b) for a, b in pairwise(grooves) if len(a) == len(b)]
    if not pairs:
        return float("nan")
    return float(1.0 - np.mean([(a != b).mean() for a, b in pairs]))


def structureness_indicator(score: Score | ScoreArrays, shortest_bars: int, longest_bars: int) -> float:
    """How clearly the most repeated passage repeats, 0..1: the structureness indicator of Wu and Yang (2020).

    Theirs reads a fitness scape plot of audio; this one applies the idea to the score: the best mean similarity of
    `shortest_bars` .. `longest_bars` consecutive bars with those a lag earlier. nan if the piece is too short.

    Args:
        score: the piece.
        shortest_bars: shortest passage, 1 or more.
        longest_bars: longest passage; in the paper, 3-8 bars are short, 8-15 medium, 15 and more long.

    >>> from composer.score import Note, Part, Score
    >>> theme = [60, 62, 64, 65, 67, 65, 64, 62, 60, 67, 64, 67, 72, 71, 69, 71]  # four bars
    >>> once_more = Score((Part("Flute", 73, tuple(Note(480 * i, p, 480) for i, p in enumerate(theme * 2))),))
    >>> round(structureness_indicator(once_more, 3, 8), 3)
    1.0
    """
    similarity = bar_similarity(score)
    size = len(similarity)
    best = [
        _best_run(np.diagonal(similarity, -lag), length)
        for length in range(shortest_bars, min(longest_bars, size // 2) + 1)
        for lag in range(length, size - length + 1)
    ]
    return float(max(best)) if best else float("nan")


def _best_run(diagonal: Floats, length: int) -> float:
    totals = np.concatenate([[0.0], np.cumsum(diagonal)])
    return float((totals[length:] - totals[:-length]).max() / length)


def _pitch_classes(arrays: ScoreArrays) -> Ints:
    return np.bincount(arrays.notes.pitch % 12, minlength=12)


def _entropy(counts: Ints) -> float:
    if not counts.any():
        return float("nan")
    shares = counts[counts > 0] / counts.sum()
    return float(max(0.0, -(shares * np.log2(shares)).sum()))


def _grooves(arrays: ScoreArrays) -> list[Ints]:
    """Per bar, which sixteenths have an onset (0 or 1)."""
    bars = np.concatenate([arrays.notes.bar, arrays.drums.bar])
    cells = np.concatenate([arrays.notes.position, arrays.drums.position]) // _GRID_TICKS
    lengths = np.maximum(np.diff(arrays.bar_start) // _GRID_TICKS, 1)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    onsets = np.zeros(offsets[-1], np.int64)
    onsets[offsets[bars] + np.minimum(cells, lengths[bars] - 1)] = 1
    return np.split(onsets, offsets[1:-1])


def pitched_silence(score: Score | ScoreArrays) -> float:
    """Share of bars without sounding pitched notes, 0..1; drums do not count.

    >>> from composer.score import Note, Part, Score
    >>> pitched_silence(Score((Part("Flute", 73, (Note(0, 60, 1920), Note(5760, 60, 1920))),)))
    0.5
    """
    arrays = score_arrays(score)
    changes = np.zeros(arrays.n_bars + 1, np.int64)
    np.add.at(changes, arrays.notes.bar, 1)
    last = np.clip(np.searchsorted(arrays.bar_start, arrays.notes.end, side="left") - 1, arrays.notes.bar, arrays.n_bars - 1)
    np.add.at(changes, last + 1, -1)
    return float((np.cumsum(changes[:-1]) == 0).mean())


def melody_silence(score: Score | ScoreArrays) -> float:
    """Share of bars in which no note starts in the upper half of the texture, 0..1.

    The upper half consists of the parts whose mean pitch is at least the mean of all parts' mean pitches, so the melody may
    move between instruments of an orchestra or voices of a fugue; or of all parts, if none is more than a third above another,
    as in a round. 1.0 without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> cello = Part("Cello", 42, tuple(Note(1920 * bar, 48, 1920) for bar in range(4)))
    >>> melody_silence(Score((Part("Flute", 73, (Note(0, 72, 480),)), cello)))
    0.75
    """
    arrays = score_arrays(score)
    notes = arrays.notes
    if not len(notes):
        return 1.0
    parts = np.unique(notes.part)
    means = np.array([notes.pitch[notes.part == part].mean() for part in parts])
    are_equal = np.ptp(means) <= _THIRD
    upper = np.isin(notes.part, parts[(means >= means.mean()) | are_equal])
    return float(1.0 - len(np.unique(notes.bar[upper])) / arrays.n_bars)


def has_one_velocity(score: Score | ScoreArrays) -> bool:
    """Whether all pitched notes have the same velocity, i.e. there are no dynamics.

    >>> from composer.score import Note, Part, Score
    >>> has_one_velocity(Score((Part("Flute", 73, (Note(0, 60, 480, 80), Note(480, 62, 480, 64))),)))
    False
    """
    return len(np.unique(score_arrays(score).notes.velocity)) <= 1


def clash_share(score: Score | ScoreArrays) -> float:
    """Share of the time with pitched sound in which two pitch classes a semitone apart sound together, 0..1.

    0.0 without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> clash_share(Score((Part("Organ", 19, (Note(0, 60, 960), Note(480, 73, 480))),)))
    0.5
    """
    notes = score_arrays(score).notes
    if not len(notes):
        return 0.0
    times = np.unique(np.concatenate([notes.start, notes.end]))
    sounding = np.zeros((len(times), 12), np.int64)
    np.add.at(sounding, (np.searchsorted(times, notes.start), notes.pitch % 12), 1)
    np.add.at(sounding, (np.searchsorted(times, notes.end), notes.pitch % 12), -1)
    sounds = np.cumsum(sounding, axis=0)[:-1] > 0  # (spans, 12)
    ticks = np.diff(times)
    clashes = (sounds & np.roll(sounds, 1, axis=1)).any(axis=1)
    total = ticks[sounds.any(axis=1)].sum()
    return float(ticks[clashes].sum() / total) if total else 0.0


def ending_tones(score: Score | ScoreArrays) -> tuple[int, frozenset[int]] | None:
    """Lowest pitch and pitch classes of the final sonority; `None` without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> ending_tones(Score((Part("Organ", 19, (Note(0, 48, 960), Note(480, 64, 480), Note(0, 70, 480))),)))
    (48, frozenset({0, 4}))
    """
    notes = score_arrays(score).notes
    if not len(notes):
        return None
    sounding = notes.pitch[notes.end > notes.start.max()]
    return int(sounding.min()), frozenset((sounding % 12).tolist())
