"""Finds the tonic among a scale's notes: signature and profiles determine the scale, first and last bass the tonic.

A hymn in G Dorian has one flat, and its notes fit F major best, but it starts and ends on G. Keys here are only major or
minor, so Dorian counts as minor.
"""

from __future__ import annotations

import numpy as np

from composer.analysis import ScoreArrays
from composer.score import Key

_RELATIVE_MINOR, _DORIAN = 9, 2  # semitones above the tonic of the major key with the same notes


def home_key(arrays: ScoreArrays, key: Key) -> Key:
    """The minor key on the Aeolian or Dorian tonic of `key`'s scale if the piece starts and ends there, else `key`.

    Args:
        arrays: the piece, which has pitched notes.
        key: the stated or estimated key.

    >>> from composer.analysis import score_arrays
    >>> from composer.score import Note, Part, Score
    >>> tune = [62, 65, 67, 69, 72, 71, 69, 67, 65, 67, 69, 67, 65, 64, 62, 62]
    >>> dorian = Score((Part("Flute", 73, tuple(Note(480 * i, pitch, 480) for i, pitch in enumerate(tune))),))
    >>> str(home_key(score_arrays(dorian), Key.parse("C major")))
    'D minor'
    """
    bar = arrays.segment_bar[arrays.beat_segment]
    sounding = np.flatnonzero(arrays.bass >= 0)
    downbeats = sounding[arrays.beat_start[sounding] == arrays.bar_start[bar[sounding]]]
    beginning = {int(arrays.bass[beat]) % 12 for beat in (*sounding[:1], *downbeats[:1])}
    tonic = int(arrays.bass[sounding[-1]]) % 12
    major = key.tonic if key.mode == "major" else key.tonic - _RELATIVE_MINOR
    chroma = arrays.chroma.sum(axis=0)
    is_minor = chroma[(tonic + 3) % 12] > chroma[(tonic + 4) % 12]
    if tonic == key.tonic or tonic not in beginning or not is_minor or (tonic - major) % 12 not in (_RELATIVE_MINOR, _DORIAN):
        return key
    return Key.from_tonic(tonic, "minor")
