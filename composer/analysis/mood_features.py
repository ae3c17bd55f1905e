"""Mood features: cues from music psychology, measured in windows of bars.

The cues are those of the reviews by Gabrielsson and Lindström (2010) and Juslin and Laukka (2004) and of the factorial
experiment by Eerola, Friberg and Bresin (2013): mode, speed, event rate, register, loudness, articulation, dissonance,
complexity, melody. Each is a number per window, `nan` if unknown (e.g. loudness in a file without dynamics).

Does not know how a cue affects mood: see `composer.analysis.mood`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from composer.analysis.arrays import Floats, Ints, NoteTable, ScoreArrays
from composer.analysis.key import KeyEstimate, profile_correlations
from composer.score import BASIC_QUALITIES, CHORD_QUALITIES, TICKS_PER_QUARTER

FEATURES = (
    "mode", "majorness", "chord_mode", "unstable_chords", "dissonance", "chromaticism",
    "tempo", "onset_rate", "note_rate", "drum_rate", "note_length", "articulation", "loudness", "loudness_change",
    "register", "bass_register", "melody_register", "spread", "fullness", "leap", "contour",
)  # fmt: skip

# Roughness of an interval class, 0..6 semitones, after Huron (1994), "Interval-class content in equally tempered
# pitch-class sets": the negative of his consonance index, scaled to 0 (third) .. 1 (semitone).
_ROUGHNESS = np.array([0.0, 1.0, 0.64, 0.04, 0.10, 0.0, 0.58])
_ROUGHNESS_MATRIX = _ROUGHNESS[
    np.minimum((np.arange(12)[:, None] - np.arange(12)) % 12, (np.arange(12) - np.arange(12)[:, None]) % 12)
]
_TOGETHER_S = 0.03  # spread of the onsets of a chord (Rasch 1979, Goebl 2001); no run is this fast
_LEAST_VELOCITY_CHANGE = 2.0  # velocities with a smaller standard deviation within parts count as unknown
_TONES = tuple(CHORD_QUALITIES[quality] for quality in BASIC_QUALITIES)
_THIRD_OF_QUALITY = np.array([1.0 if 4 in tones else -1.0 if 3 in tones else 0.0 for tones in _TONES])
_UNSTABLE_QUALITY = np.array([float(7 not in tones) for tones in _TONES])
_MELODY_BAND = 9  # the top line is searched within this many semitones of a beat's highest note
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 9, 10, 11)}


def measure_mood_features(arrays: ScoreArrays, key: KeyEstimate, chords: Ints, window_of_bar: Ints) -> Floats:
    """Cues of each window of bars: (windows, len(FEATURES)), `nan` where unknown.

    Args:
        arrays: the score.
        key: its main key.
        chords: its chords, from `composer.analysis.chords.chord_path`.
        window_of_bar: the window of each bar, ascending from 0: (bars,).

    >>> from composer.analysis.arrays import score_arrays
    >>> from composer.score import Key, Note, Part, Score, Tempo
    >>> eighths = tuple(Note(240 * i, 72, 240) for i in range(16))
    >>> arrays = score_arrays(Score((Part("Flute", 73, eighths),), tempos=(Tempo(0, 128.0),)))
    >>> key, silent = KeyEstimate.known(Key.parse("C major")), np.full(4, -1)
    >>> row = dict(zip(FEATURES, measure_mood_features(arrays, key, silent, np.array([0, 0]))[0].tolist()))
    >>> row["tempo"], round(2 ** row["onset_rate"] - 1, 2), row["register"], row["loudness"]
    (7.0, 4.27, 72.0, nan)
    """
    windows = int(window_of_bar[-1]) + 1
    arrays = _struck_together(arrays)
    seconds = np.maximum(np.bincount(window_of_bar, np.diff(arrays.bar_seconds), windows), 1e-3)
    columns = (
        _tonality(arrays, key, window_of_bar, windows)
        | _harmony(arrays, chords, window_of_bar, windows)
        | _speed(arrays, window_of_bar, windows, seconds)
        | _touch(arrays, window_of_bar, windows)
        | _register(arrays, window_of_bar, windows)
        | _melody(arrays, window_of_bar, windows)
    )
    table = np.stack([columns[name] for name in FEATURES], axis=1)
    bars = window_of_bar[np.concatenate([arrays.notes.bar, arrays.drums.bar])]
    table[np.bincount(bars, minlength=windows) == 0] = np.nan
    return np.asarray(table, np.float64)


def _struck_together(arrays: ScoreArrays) -> ScoreArrays:
    """Moves the notes of a performed chord to its first onset, so that a performance has as many onsets as its score."""
    notes = arrays.notes
    gaps = np.diff(arrays.seconds(notes.start), prepend=-1.0)
    if not ((gaps > 0) & (gaps <= _TOGETHER_S)).any():
        return arrays
    start = notes.start[np.maximum.accumulate(np.where(gaps > _TOGETHER_S, np.arange(len(notes)), 0))]
    order = np.lexsort((notes.part, notes.pitch, start))
    columns = {name: getattr(notes, name)[order] for name in ("end", "pitch", "velocity", "part", "bar")}
    position = np.maximum(start[order] - arrays.bar_start[columns["bar"]], 0)
    return replace(arrays, notes=NoteTable(start=start[order], position=position, **columns))


def _mean(window: Ints, values: Ints | Floats, windows: int, weights: Ints | Floats | None = None) -> Floats:
    """Weighted mean per window, `nan` for empty ones."""
    weight = np.ones(len(window)) if weights is None else np.asarray(weights, np.float64)
    total = np.bincount(window, weight, windows)
    summed = np.bincount(window, weight * values, windows)
    return np.where(total > 0, summed / np.where(total > 0, total, 1.0), np.nan)


def _tonality(arrays: ScoreArrays, key: KeyEstimate, window_of_bar: Ints, windows: int) -> dict[str, Floats]:
    """Mode of the piece, major minus minor fit in the window, roughness of its beats, share of notes outside the scale."""
    window = window_of_bar[arrays.segment_bar[arrays.beat_segment]]
    chroma = np.zeros((windows, 12))
    np.add.at(chroma, window, arrays.chroma)
    fits = profile_correlations(chroma)
    total = arrays.chroma.sum(axis=1)
    share = arrays.chroma / np.maximum(total, 1.0)[:, None]
    rough = np.einsum("bi,ij,bj->b", share, _ROUGHNESS_MATRIX, share)
    outside = np.ones(12)
    outside[[(key.key.tonic + step) % 12 for step in _SCALES[key.key.mode]]] = 0.0
    sum_chroma = np.maximum(chroma.sum(axis=1), 1.0)
    pitched = chroma.sum(axis=1) > 0
    return {
        "mode": np.where(pitched, key.majorness, np.nan),
        "majorness": np.where(pitched, fits[:, :12].max(axis=1) - fits[:, 12:].max(axis=1), np.nan),
        "dissonance": _mean(window, rough, windows, total),
        "chromaticism": np.where(pitched, chroma @ outside / sum_chroma, np.nan),
    }


def _harmony(arrays: ScoreArrays, chords: Ints, window_of_bar: Ints, windows: int) -> dict[str, Floats]:
    """Major minus minor thirds among the chords, -1..1; share of chords with a diminished or augmented fifth."""
    sounding = chords >= 0
    window, quality = window_of_bar[arrays.segment_bar[sounding]], chords[sounding] // 12
    return {
        "chord_mode": _mean(window, _THIRD_OF_QUALITY[quality], windows),
        "unstable_chords": _mean(window, _UNSTABLE_QUALITY[quality], windows),
    }


def _speed(arrays: ScoreArrays, window_of_bar: Ints, windows: int, seconds: Floats) -> dict[str, Floats]:
    """log2 of the tempo in qpm, if there is one; log2 of onsets, notes and drum hits per second (plus one).

    Notes count once per pitch and onset and are divided by the square root of the number of sounding instruments: a unison of
    eight players is one event, and neither staves nor doublings make music faster.
    """
    notes, drums = arrays.notes, arrays.drums
    quarters = np.bincount(window_of_bar, np.diff(arrays.bar_start), windows) / TICKS_PER_QUARTER
    onset_bar = np.concatenate([notes.bar, drums.bar])
    _, first = np.unique(np.concatenate([notes.start, drums.start]), return_index=True)
    onsets = np.bincount(window_of_bar[onset_bar[first]], minlength=windows)
    hits = np.bincount(window_of_bar[drums.bar], minlength=windows)
    _, first = np.unique(notes.start * 128 + notes.pitch, return_index=True)
    events = np.bincount(window_of_bar[notes.bar[first]], minlength=windows) / np.sqrt(
        _instruments(arrays, window_of_bar, windows)
    )
    return {
        "tempo": np.log2(np.maximum(60.0 * quarters / seconds, 1.0)) if arrays.score.tempos else np.full(windows, np.nan),
        "onset_rate": np.log2(1.0 + onsets / seconds),
        "note_rate": np.log2(1.0 + (events + hits) / seconds),
        "drum_rate": np.log2(1.0 + hits / seconds),
    }


def _instruments(arrays: ScoreArrays, window_of_bar: Ints, windows: int) -> Floats:
    """Mean number of distinct programs in the bars of a window, at least 1."""
    programs = np.array([part.program for part in arrays.score.parts], np.int64)
    if not len(arrays.notes):
        return np.ones(windows)
    bars = np.unique(programs[arrays.notes.part] * arrays.n_bars + arrays.notes.bar) % arrays.n_bars
    return np.maximum(np.bincount(window_of_bar[bars], minlength=windows) / np.bincount(window_of_bar, minlength=windows), 1.0)


def _touch(arrays: ScoreArrays, window_of_bar: Ints, windows: int) -> dict[str, Floats]:
    """Note length (log2 s), articulation (length over time to the part's next onset, at most 1), loudness (MIDI velocity)."""
    notes = arrays.notes
    window = window_of_bar[notes.bar]
    length = arrays.seconds(notes.end) - arrays.seconds(notes.start)
    ratio = np.minimum((notes.end - notes.start) / np.maximum(_next_onset(notes) - notes.start, 1), 1.0)
    has_dynamics = _varies_within_parts(notes)
    loudness = _mean(window, notes.velocity, windows) if has_dynamics else np.full(windows, np.nan)
    square = _mean(window, notes.velocity**2, windows) if has_dynamics else np.full(windows, np.nan)
    return {
        "note_length": _mean(window, np.log2(np.maximum(length, 0.02)), windows),
        "articulation": _mean(window, ratio, windows),
        "loudness": loudness,
        "loudness_change": np.sqrt(np.maximum(square - loudness**2, 0.0)),
    }


def _varies_within_parts(notes: NoteTable) -> bool:
    """Whether velocities are meaningful: a constant velocity per part is a mixer setting, not dynamics."""
    if not len(notes):
        return False
    count = np.maximum(np.bincount(notes.part), 1)
    mean = np.bincount(notes.part, notes.velocity) / count
    deviation = notes.velocity - mean[notes.part]
    return bool(np.sqrt((deviation**2).mean()) >= _LEAST_VELOCITY_CHANGE)


def _next_onset(notes: NoteTable) -> Ints:
    """Start of the next onset in the same part; a part's last notes count as fully held."""
    following = notes.end.copy()
    for part in np.unique(notes.part):
        mine = np.flatnonzero(notes.part == part)
        onsets = np.unique(notes.start[mine])
        place = np.searchsorted(onsets, notes.start[mine]) + 1
        inside = place < len(onsets)
        following[mine[inside]] = onsets[place[inside]]
    return following


def _register(arrays: ScoreArrays, window_of_bar: Ints, windows: int) -> dict[str, Floats]:
    """Mean pitch, mean bass pitch, spread (standard deviation of pitch) by sounding time; mean number of simultaneous notes."""
    notes = arrays.notes
    window = window_of_bar[notes.bar]
    length = notes.end - notes.start
    mean = _mean(window, notes.pitch, windows, length)
    square = _mean(window, notes.pitch**2, windows, length)
    beat_window = window_of_bar[arrays.segment_bar[arrays.beat_segment]]
    sounding = arrays.bass >= 0
    beat_length = np.diff(arrays.beat_start)
    return {
        "register": mean,
        "bass_register": _mean(beat_window[sounding], arrays.bass[sounding], windows),
        "spread": np.sqrt(np.maximum(square - mean**2, 0.0)),
        "fullness": np.log2(_mean(beat_window[sounding], arrays.chroma.sum(axis=1)[sounding] / beat_length[sounding], windows)),
    }


def _melody(arrays: ScoreArrays, window_of_bar: Ints, windows: int) -> dict[str, Floats]:
    """Top line: mean pitch, mean leap in semitones, mean signed step in semitones."""
    notes = arrays.notes
    if not len(notes):
        nothing = np.full(windows, np.nan)
        return {"melody_register": nothing, "leap": nothing, "contour": nothing}
    _, first = np.unique(notes.start, return_index=True)
    last = np.append(first[1:], len(notes)) - 1  # notes of one start are ordered by pitch
    beat = np.searchsorted(arrays.beat_start, notes.start[last], side="right") - 1
    highest = 127 - np.argmax(arrays.roll[:, ::-1] > 0, axis=1)
    line = last[notes.pitch[last] >= highest[beat] - _MELODY_BAND]  # excludes accompaniment between melody notes
    starts, top, window = notes.start[line], notes.pitch[line], window_of_bar[notes.bar[line]]
    step = np.diff(top)
    near = (np.diff(starts) <= 2 * TICKS_PER_QUARTER) & (step != 0)
    return {
        "melody_register": _mean(window, top, windows),
        "leap": _mean(window[1:][near], np.minimum(np.abs(step[near]), 12), windows),
        "contour": _mean(window[1:][near], np.clip(step[near], -12, 12), windows),
    }
