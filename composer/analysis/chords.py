"""Chord estimation: one or two chords per bar, from `composer.score.BASIC_QUALITIES`.

A hidden Markov model in the manner of Raphael and Stoddard (2004): a state is a root and a quality; it emits pitch classes
(weighted by duration and meter) and a bass note; the key is a prior on chords; staying is more likely than changing. The
parameters are reasoned, not fitted; `benchmarks/analysis.py` measures the result against published analyses.

Knows no more than two chords per bar and no ninths or larger chords, which are labeled as seventh chords.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.analysis.key import best_path
from composer.score import BASIC_QUALITIES, CHORD_QUALITIES, Chord, ChordSymbol, Key, Score

QUALITIES = BASIC_QUALITIES
N_STATES = 12 * len(QUALITIES)  # index = 12 * quality + root

# Probability of each chord tone (root, third, fifth, seventh) and of all other pitch classes together.
_TRIAD_TONES = (0.36, 0.28, 0.24)
_SEVENTH_TONES = (0.28, 0.24, 0.18, 0.18)
_OTHER_TONES = 0.12
# Probability of each chord tone in the bass; the rest is spread over the other pitch classes.
_BASS_TONES = (0.62, 0.16, 0.11, 0.04)
_EVIDENCE = 7.0  # number of independent notes that a segment counts as
_BASS_EVIDENCE = 0.8
_CHANGE_COST = 1.1
_DOWNBEAT = 2.0  # weight of a segment's first beat, where its chord symbol is; other beats weigh 1
# How common each quality is, as a log probability relative to a major triad.
_QUALITY_PRIOR = {
    "maj": 0.0, "min": 0.0, "dim": -1.3, "aug": -3.0, "7": -0.5, "maj7": -2.0, "min7": -1.8, "hdim7": -1.9,
    "dim7": -1.3, "sus4": -3.0,
}  # fmt: skip
_DIATONIC, _BORROWED, _FOREIGN = 0.0, -0.5, -1.0  # all tones in the key; in its parallel or applied scale; neither
# Degrees of the key's scale, and of that scale with its most frequently borrowed tones.
_SCALES = {
    "major": ((0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 5, 6, 7, 8, 9, 10, 11)),
    "minor": ((0, 2, 3, 5, 7, 8, 10, 11), (0, 2, 3, 5, 7, 8, 9, 10, 11)),
}


@lru_cache(maxsize=1)
def _emissions() -> tuple[Floats, Floats]:
    """Log probabilities of pitch classes and bass notes given a state: two (12, states) matrices."""
    tones, bass = np.zeros((12, N_STATES)), np.zeros((12, N_STATES))
    for q, quality in enumerate(QUALITIES):
        intervals = CHORD_QUALITIES[quality]
        chances = _TRIAD_TONES if len(intervals) == 3 else _SEVENTH_TONES
        others = 12 - len(intervals)
        for root in range(12):
            state = 12 * q + root
            tones[:, state] = _OTHER_TONES / others
            bass[:, state] = (1 - sum(_BASS_TONES[: len(intervals)])) / others
            for interval, chance, low in zip(intervals, chances, _BASS_TONES, strict=False):
                tones[(root + interval) % 12, state] = chance
                bass[(root + interval) % 12, state] = low
    return np.log(tones / tones.sum(axis=0)), np.log(bass)


@lru_cache(maxsize=32)
def _key_prior(key: Key | None) -> Floats:
    """Log prior of each state in a key: (states,)."""
    prior = np.array([_QUALITY_PRIOR[QUALITIES[state // 12]] for state in range(N_STATES)])
    if key is None:
        return prior
    scale, near = ({(key.tonic + step) % 12 for step in steps} for steps in _SCALES[key.mode])
    for state in range(N_STATES):
        tones = Chord(state % 12, QUALITIES[state // 12]).pitch_classes
        prior[state] += _DIATONIC if tones <= scale else _BORROWED if tones <= near else _FOREIGN
    return prior


def estimate_chords(score: Score | ScoreArrays, key: Key | None = None) -> tuple[ChordSymbol, ...]:
    """Harmony of every bar: a symbol on its barline, and one at `TimeSignature.middle_ticks` if the chord changes there.

    Bars without sounding pitched notes have the chord `None`. Drums are ignored.

    >>> from composer.score import Note, Part, Score
    >>> chords = [(48, 64, 67), (53, 65, 69), (55, 62, 71), (48, 64, 67)]
    >>> notes = tuple(Note(960 * i, p, 960) for i, chord in enumerate(chords) for p in chord)
    >>> [(c.start_ticks // 480, c.chord.symbol()) for c in estimate_chords(Score((Part("Piano", 0, notes),)))]
    [(0, 'C'), (2, 'F'), (4, 'G'), (6, 'C')]
    """
    arrays = score_arrays(score)
    return chord_symbols(arrays, chord_path(arrays, key))


def chord_symbols(arrays: ScoreArrays, states: Ints) -> tuple[ChordSymbol, ...]:
    """Converts the states of `chord_path` to symbols.

    >>> from composer.score import Note, Part, Score
    >>> arrays = score_arrays(Score((Part("Organ", 19, tuple(Note(0, p, 1920) for p in (50, 57, 62, 65))),)))
    >>> [symbol.chord.symbol() for symbol in chord_symbols(arrays, chord_path(arrays))]
    ['Dm']
    """
    symbols = []
    first_beat = np.searchsorted(arrays.beat_segment, np.arange(2 * arrays.n_bars))
    bass = arrays.bass[np.minimum(first_beat, len(arrays.bass) - 1)].tolist()
    for segment, state in enumerate(states.tolist()):
        if segment % 2 == 0 or state != states[segment - 1]:
            symbols.append(ChordSymbol(int(arrays.segment_start[segment]), _chord(state, bass[segment])))
    return tuple(symbols)


def _chord(state: int, lowest: int) -> Chord | None:
    """The chord of a state, inverted if the bass pitch (-1 for none) is a chord tone other than the root."""
    if state < 0:
        return None
    chord = Chord(state % 12, QUALITIES[state // 12])
    inverted = lowest >= 0 and lowest % 12 != chord.root and lowest % 12 in chord.pitch_classes
    return Chord(chord.root, chord.quality, lowest % 12) if inverted else chord


def chord_path(score: Score | ScoreArrays, key: Key | None = None) -> Ints:
    """Index of the chord in every segment (two per bar), -1 throughout silent bars: (2 * bars,).

    >>> from composer.score import Note, Part, Score
    >>> notes = tuple(Note(960 * i, p, 960) for i, chord in enumerate([(48, 64, 67), (43, 59, 62)]) for p in chord)
    >>> path = chord_path(Score((Part("Piano", 0, notes),)))
    >>> [(int(state) % 12, QUALITIES[state // 12]) for state in path]
    [(0, 'maj'), (7, 'maj')]
    """
    arrays = score_arrays(score)
    segments = 2 * arrays.n_bars
    first_beat = np.searchsorted(arrays.beat_segment, np.arange(segments))
    weights = np.ones(len(arrays.beat_segment))
    weights[first_beat] = _DOWNBEAT
    chroma = np.add.reduceat(arrays.chroma * weights[:, None], first_beat)  # (segments, 12)
    total = chroma.sum(axis=1)
    length = np.diff(arrays.segment_start)
    fullness = np.minimum(total / length, 1.0)  # a short upbeat is weak evidence
    tones, low = _emissions()
    share = chroma / np.maximum(total, 1.0)[:, None]
    scores = (_EVIDENCE * fullness)[:, None] * (share @ tones) + _bass_share(arrays, first_beat, weights) @ low * _BASS_EVIDENCE
    scores += np.where(total > 0, 1.0, 0.0)[:, None] * _key_prior(key)[None, :]
    path = best_path(scores, _CHANGE_COST)
    silent = (total <= 0).reshape(-1, 2).all(axis=1)
    path[np.repeat(silent, 2)] = -1
    return path


def _bass_share(arrays: ScoreArrays, first_beat: Ints, weights: Floats) -> Floats:
    """How often each pitch class is the bass in a segment's beats, with a sum of at most 1: (segments, 12)."""
    beats = np.zeros((len(arrays.bass), 12))
    sounding = np.flatnonzero(arrays.bass >= 0)
    beats[sounding, arrays.bass[sounding] % 12] = weights[sounding]
    shares = np.add.reduceat(beats, first_beat)
    return np.asarray(shares / np.maximum(np.add.reduceat(weights, first_beat), 1e-9)[:, None], np.float64)
