"""Cadence: how a piece ends.

By the last chord, its bass and the chord before it, in the sense of the textbooks (Aldwell and Schachter; Caplin 1998).
Everything here goes by pitch class: voice leading is not looked at, nor perfect told from imperfect authentic cadences.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from composer.analysis.arrays import Floats, ScoreArrays, score_arrays
from composer.analysis.key import estimate_key
from composer.score import Key, Score

Cadence = Literal["authentic", "plagal", "half", "none"]

_CLEAR = 0.75  # share of the last sonority's pitch classes that must belong to the chord it is taken for
_LOOK_BACK_BEATS = 12  # how far back the chord before the last one is looked for


def detect_cadence(score: Score | ScoreArrays, key: Key | None = None) -> Cadence:
    """Cadence at the end of the piece.

    "authentic": a tonic triad (or its bare root, or the major one in minor) on the tonic bass, after dominant or leading-note
    harmony; "plagal": the same after subdominant harmony; "half": it stops on the dominant; else "none".

    Args:
        score: the piece.
        key: its key at the end; estimated where missing.

    >>> from composer.score import Note, Part, Score
    >>> def ending(*chords):
    ...     return Score((Part("Organ", 19, tuple(Note(960 * i, p, 960) for i, c in enumerate(chords) for p in c)),))
    >>> C, F, G = (48, 60, 64, 67), (53, 60, 65, 69), (43, 62, 65, 71)
    >>> key = Key(0, "major")
    >>> [detect_cadence(ending(C, F, *end), key) for end in ((G, C), (F, C), (C, G), (C, F))]
    ['authentic', 'plagal', 'half', 'none']
    """
    arrays = score_arrays(score)
    if not len(arrays.notes):
        return "none"
    tonic = (key or estimate_key(arrays).key).tonic
    sonorities = [(chroma, bass) for chroma, bass in zip(arrays.chroma, arrays.bass, strict=True) if bass >= 0]
    last, last_bass = sonorities[-1]
    if (last_bass - tonic) % 12 == 7 and _belongs(last, tonic, (7, 11, 2, 5)):
        return "half"
    if (last_bass - tonic) % 12 != 0 or not (_belongs(last, tonic, (0, 4, 7)) or _belongs(last, tonic, (0, 3, 7))):
        return "none"
    return _approach(sonorities, tonic)


def _approach(sonorities: list[tuple[Floats, int]], tonic: int) -> Cadence:
    """Which harmony the closing tonic was reached from."""
    for chroma, bass in reversed(sonorities[-_LOOK_BACK_BEATS:-1]):
        degree = (bass - tonic) % 12
        if _share(chroma, tonic, (11,)) > 0 and _belongs(chroma, tonic, (7, 11, 2, 5, 8)):
            return "authentic"
        if degree == 7 and _belongs(chroma, tonic, (7, 11, 10, 2, 5)):
            return "authentic"  # a bare or a modal dominant
        if _belongs(chroma, tonic, (5, 9, 8, 0, 2)) and _share(chroma, tonic, (5, 9, 8)) > 1 / 3:
            return "plagal"
    return "none"


def _share(chroma: Floats, tonic: int, degrees: tuple[int, ...]) -> float:
    return float(chroma[(np.array(degrees) + tonic) % 12].sum() / chroma.sum())


def _belongs(chroma: Floats, tonic: int, degrees: tuple[int, ...]) -> bool:
    return _share(chroma, tonic, degrees) >= _CLEAR
