"""How well the notes of a score fit chord symbols: chord tones on strong beats, and the functions of the other tones.

Functions of tones foreign to the chord, by how a part reaches and leaves them (Kostka and Payne; Aldwell and Schachter):
passing and neighboring tones by step on both sides, suspensions repeated and left by step, anticipations repeated as a tone
of the next chord. A step is one or two semitones. In parts that play several notes together, any of them may be the tone
before or after. Drums, and notes without a chord symbol, are not counted. Does not know where the chords came from.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.score import Chord, ChordSymbol, Score

ToneFunction = Literal["chord", "passing", "neighbor", "suspension", "anticipation", "unexplained"]
FUNCTIONS: tuple[ToneFunction, ...] = ("chord", "passing", "neighbor", "suspension", "anticipation", "unexplained")
_STEP = 2  # semitones
_CLEARLY = 0.25  # minimum advantage in the share of strong notes
_TRIADS = ("maj", "min")
_SCALE = 7  # the most frequent tones of chords are their scale
_ON_SCALE = 0.75  # minimum share of the notes that are on it

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ChordFit:
    """How notes relate to their chords. Shares are 0..1, and 1 if there is nothing to measure.

    Attributes:
        counts: notes by function.
        strong_notes: notes that start on a strong beat: on the barline, at `TimeSignature.middle_ticks`, or with a chord.
        strong_chord_tones: those of them that belong to their chord.
        stepwise_notes: notes that belong to their chord, or have a step before or after them in their part. This is less
            strict than the functions, for music whose parts are not single voices.
    """

    counts: dict[ToneFunction, int]
    strong_notes: int
    strong_chord_tones: int
    stepwise_notes: int

    @property
    def explained(self) -> float:
        """Share of notes that are chord tones or have one of the functions."""
        return 1.0 - _share(self.counts["unexplained"], self.total, empty=0.0)

    @property
    def strong(self) -> float:
        """Share of notes on strong beats that belong to their chord."""
        return _share(self.strong_chord_tones, self.strong_notes, empty=1.0)

    @property
    def stepwise(self) -> float:
        """Share of notes that are chord tones or have a step before or after them."""
        return _share(self.stepwise_notes, self.total, empty=1.0)

    @property
    def total(self) -> int:
        """Number of notes under chords."""
        return sum(self.counts.values())


def _share(part: int, whole: int, *, empty: float) -> float:
    return part / whole if whole else empty


def measure_chord_fit(score: Score | ScoreArrays, chords: tuple[ChordSymbol, ...] | None = None) -> ChordFit:
    """Measures the notes of a score against chord symbols.

    Args:
        score: the piece.
        chords: in time order; `None` for those of the score.

    >>> from composer.score import Chord, ChordSymbol, Note, Part, Score
    >>> line = tuple(Note(480 * i, p, 480) for i, p in enumerate((60, 62, 64, 69, 65, 64, 62, 62)))
    >>> chords = (ChordSymbol(0, Chord.parse("C")), ChordSymbol(1920, Chord.parse("F")), ChordSymbol(3360, Chord.parse("G")))
    >>> found = measure_chord_fit(Score((Part("Flute", 73, line),)), chords)
    >>> {name: count for name, count in found.counts.items() if count}, found.strong
    ({'chord': 4, 'passing': 2, 'anticipation': 1, 'unexplained': 1}, 0.8)
    """
    arrays = score_arrays(score)
    chords = arrays.score.chords if chords is None else chords
    notes = arrays.notes
    starts = np.array([symbol.start_ticks for symbol in chords], np.int64)
    tones = np.array([_tones(None), *(_tones(symbol.chord) for symbol in chords)])  # row 0: before the first chord
    stated = np.array([False, *(symbol.chord is not None for symbol in chords)])
    row = np.searchsorted(starts, notes.start, side="right")
    belongs, counted = tones[row, notes.pitch % 12], stated[row]
    middle = np.array([bar.time_signature.middle_ticks for bar in arrays.score.bars], np.int64)[notes.bar]
    strong = counted & ((notes.position == 0) | (notes.position == middle) | np.isin(notes.start, starts))
    reached, left, following = _neighbors(arrays)
    after = np.searchsorted(starts, following, side="right")
    anticipates = left[:, _STEP] & (following >= 0) & tones[after, notes.pitch % 12]
    falls, rises = slice(0, _STEP), slice(_STEP + 1, None)
    leaves = left[:, falls].any(axis=1) | left[:, rises].any(axis=1)
    comes = reached[:, falls].any(axis=1) | reached[:, rises].any(axis=1)
    passes = (reached[:, falls].any(axis=1) & left[:, falls].any(axis=1)) | (
        reached[:, rises].any(axis=1) & left[:, rises].any(axis=1)
    )
    cases = (belongs, anticipates, leaves & passes, leaves & comes, leaves & reached[:, _STEP])
    names: tuple[ToneFunction, ...] = ("chord", "anticipation", "passing", "neighbor", "suspension")
    function = np.select(cases, [FUNCTIONS.index(name) for name in names], FUNCTIONS.index("unexplained"))
    counts = np.bincount(function[counted], minlength=len(FUNCTIONS)).tolist()
    stepwise = belongs | reached.any(axis=1) | left.any(axis=1)
    return ChordFit(
        dict(zip(FUNCTIONS, counts, strict=True)),
        int(strong.sum()),
        int((strong & belongs).sum()),
        int((counted & stepwise).sum()),
    )


def is_harmony(score: Score | ScoreArrays, chords: tuple[ChordSymbol, ...]) -> bool:
    """Whether chord symbols are the harmony of a score, rather than letters, words, or the chords of another key.

    Triads may be letters of sections or words of a text: the notes on strong beats must fit them clearly better than, on
    average, the same chords in other keys. Other symbols are chords; melodies of jazz may be on ninths throughout, but are on
    the scale of the chords.

    >>> from composer.score import Chord, Note, Part, Score
    >>> score = Score((Part("Flute", 73, tuple(Note(1920 * i, pitch, 1920) for i, pitch in enumerate([60, 67, 69, 65]))),))
    >>> def symbols(text):
    ...     return tuple(ChordSymbol(1920 * i, Chord.parse(name)) for i, name in enumerate(text.split()))
    >>> [is_harmony(score, symbols(text)) for text in ("C G Am F", "Bb Fmaj7 Gm7 C7", "A B C D", "B7 F#m7 C#7 E")]
    [True, True, False, False]
    """
    arrays = score_arrays(score)

    def fit(semitones: int) -> float:
        symbols = Score((), chords=chords).transposed(semitones).chords
        return measure_chord_fit(arrays, symbols).strong

    mean = sum(map(fit, range(1, 12))) / 11
    stated = [symbol.chord for symbol in chords if symbol.chord]
    if fit(0) >= mean + _CLEARLY or all(chord.quality in _TRIADS and chord.bass is None for chord in stated):
        return fit(0) >= mean + _CLEARLY
    tones = Counter(tone for chord in stated for tone in chord.pitch_classes)
    common = {tone for tone, _ in tones.most_common(_SCALE)}
    on_scale = np.isin(arrays.notes.pitch % 12, list(common))
    return bool(on_scale.any() and on_scale.mean() >= _ON_SCALE)


@lru_cache(maxsize=4096)
def _tones(chord: Chord | None) -> Bools:
    """Pitch classes of a chord, (12,); none without a chord."""
    return np.isin(np.arange(12), list(chord.pitch_classes) if chord else [])


def _neighbors(arrays: ScoreArrays) -> tuple[Bools, Bools, NDArray[np.int64]]:
    """Intervals by which the part of each note approaches and leaves it, and the part's next onset.

    Returns:
        Intervals to the note and from it, each (N, 2 * _STEP + 1) for -_STEP to _STEP semitones; the next onset in ticks,
        -1 for none (N,).
    """
    notes = arrays.notes
    reached, left = np.zeros((2, len(notes), 2 * _STEP + 1), bool)
    following = np.full(len(notes), -1, np.int64)
    for part in np.unique(notes.part):
        mine = np.flatnonzero(notes.part == part)
        moments, at = np.unique(notes.start[mine], return_inverse=True)
        pitch = notes.pitch[mine] + _STEP
        roll = np.zeros((len(moments) + 2, 128 + 2 * _STEP), bool)  # moments with a silent one on either side
        roll[at + 1, pitch] = True
        for column, interval in enumerate(range(-_STEP, _STEP + 1)):
            reached[mine, column] = roll[at, pitch - interval]
            left[mine, column] = roll[at + 2, pitch + interval]
        following[mine] = np.append(moments, -1)[at + 1]
    return reached, left, following
