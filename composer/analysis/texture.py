"""Texture: how dense and how full the music is, and which parts carry melody and bass.

Nothing here knows harmony; drums count towards density only.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.score import TICKS_PER_QUARTER, Score


def measure_density(score: Score | ScoreArrays) -> float:
    """Notes per quarter note and sounding part, drums included; a part sounds in the bars in which a note of it starts.

    0.0 for a score without notes.

    >>> from composer.score import Note, Part, Score
    >>> eighths = tuple(Note(240 * i, 72, 240) for i in range(8))
    >>> measure_density(Score((Part("Flute", 73, eighths), Part("Cello", 42, (Note(0, 48, 1920),)))))
    1.125
    """
    arrays = score_arrays(score)
    part = np.concatenate([arrays.notes.part, arrays.drums.part])
    bar = np.concatenate([arrays.notes.bar, arrays.drums.bar])
    if not len(part):
        return 0.0
    part_bars = np.unique(part * arrays.n_bars + bar) % arrays.n_bars
    quarters = np.diff(arrays.bar_start)[part_bars].sum() / TICKS_PER_QUARTER
    return float(len(part) / quarters)


def measure_polyphony(score: Score | ScoreArrays) -> float | None:
    """Mean number of pitched notes sounding together while any sounds, 1 or more; `None` without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> measure_polyphony(Score((Part("Organ", 19, (Note(0, 48, 1920), Note(0, 60, 960))),)))
    1.5
    """
    arrays = score_arrays(score)
    notes = arrays.notes
    if not len(notes):
        return None
    reached = np.maximum.accumulate(notes.end)  # notes are ordered by start
    silence = np.maximum(notes.start[1:] - reached[:-1], 0).sum()
    sounding = int(reached[-1] - notes.start[0] - silence)
    return float(max(1.0, (notes.end - notes.start).sum() / max(sounding, 1)))


def melody_part(score: Score | ScoreArrays) -> int | None:
    """Index of the part that is on top for the longest time; `None` without pitched notes."""
    return _edge_part(score_arrays(score), top=True)


def bass_part(score: Score | ScoreArrays) -> int | None:
    """Index of the part that is lowest for the longest time; `None` without pitched notes."""
    return _edge_part(score_arrays(score), top=False)


def _edge_part(arrays: ScoreArrays, *, top: bool) -> int | None:
    notes = arrays.notes
    if not len(notes):
        return None
    _, first = np.unique(notes.start, return_index=True)
    last = np.append(first[1:], len(notes)) - 1
    edge = last if top else first  # notes of one start are ordered by pitch
    time = np.bincount(notes.part[edge], (notes.end - notes.start)[edge])
    return int(time.argmax())
