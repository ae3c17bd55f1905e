"""How far notes keep to the harmony that a score states: chord tones on strong beats, and what explains the others.

In the terms of the harmony books: a note outside the chord is explained as passing, neighbour, suspension, anticipation or
appoggiatura when its own part reaches or leaves it by step, or holds it over. Nothing here knows where the harmony came from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.analysis.arrays import Ints, ScoreArrays, score_arrays
from composer.score import ChordSymbol, Score

_STEP = 2  # semitones
_CLEARLY = 0.25  # share of the strong notes


@dataclass(frozen=True, slots=True)
class ChordFit:
    """Shares, 0..1; 1 where there is nothing to measure.

    Attributes:
        strong: of the notes that begin on a bar's first beat or with a chord, those that belong to the chord.
        explained: of all pitched notes, those in the chord or explained by step.
    """

    strong: float
    explained: float


def measure_chord_fit(score: Score | ScoreArrays, chords: tuple[ChordSymbol, ...]) -> ChordFit:
    """Measures a score against chord symbols in order of time.

    >>> from composer.score import Chord, Note, Part, Score
    >>> notes = tuple(Note(480 * i, p, 480) for i, p in enumerate([60, 62, 64, 67, 66, 60]))
    >>> measure_chord_fit(Score((Part("Flute", 73, notes),)), (ChordSymbol(0, Chord.parse("C")),))
    ChordFit(strong=0.5, explained=1.0)
    """
    arrays = score_arrays(score)
    notes = arrays.notes
    known = tuple(symbol for symbol in chords if symbol.chord is not None)
    if not known or not len(notes):
        return ChordFit(1.0, 1.0)
    starts = np.array([symbol.start_ticks for symbol in known], np.int64)
    tones = np.array([[pitch in symbol.chord.pitch_classes for pitch in range(12)] for symbol in known if symbol.chord])
    which = np.searchsorted(starts, notes.start, side="right") - 1
    stated = which >= 0
    inside = tones[np.maximum(which, 0), notes.pitch % 12]
    strong = stated & ((notes.position == 0) | np.isin(notes.start, starts))
    explained = inside | _by_step(arrays)
    return ChordFit(_share(inside[strong]), _share(explained[stated]))


def fits_clearly(score: Score | ScoreArrays, chords: tuple[ChordSymbol, ...]) -> bool:
    """Whether the strong notes keep to chords clearly better than, on average, to the same chords in other keys.

    >>> from composer.score import Chord, Note, Part, Score
    >>> score = Score((Part("Flute", 73, tuple(Note(1920 * i, pitch, 1920) for i, pitch in enumerate([60, 67, 69, 65]))),))
    >>> def symbols(text):
    ...     return tuple(ChordSymbol(1920 * i, Chord.parse(name)) for i, name in enumerate(text.split()))
    >>> fits_clearly(score, symbols("C G Am F")), fits_clearly(score, symbols("A B C D"))
    (True, False)
    """
    arrays = score_arrays(score)

    def fit(semitones: int) -> float:
        symbols = Score((), chords=chords).transposed(semitones).chords
        return measure_chord_fit(arrays, symbols).strong

    return fit(0) >= sum(map(fit, range(1, 12))) / 11 + _CLEARLY


def _by_step(arrays: ScoreArrays) -> np.ndarray:
    """Notes next to which, in their own part, stands a note at most a step away: (N,) bool."""
    notes = arrays.notes
    found = np.zeros(len(notes), bool)
    for part in np.unique(notes.part):
        mine = np.flatnonzero(notes.part == part)
        moments, at = np.unique(notes.start[mine], return_inverse=True)
        for shift in (-1, 1):
            found[mine] |= _near(notes.pitch[mine], at, at + shift, len(moments))
    return found


def _near(pitch: Ints, at: Ints, other: Ints, moments: int) -> np.ndarray:
    """Whether a pitch at most a step from each note's own begins at the other moment: (n,) bool."""
    roll = np.zeros((moments + 2, 128 + 2 * _STEP), bool)
    roll[at + 1, pitch + _STEP] = True
    near = [roll[other + 1, pitch + _STEP + step] for step in range(-_STEP, _STEP + 1)]
    return np.asarray(np.any(near, axis=0), np.bool_)


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else 1.0
