"""Features of the style judge: meter, rhythm, melody, harmony, texture and repetition of a piece as a row of numbers.

Instruments are excluded on purpose: the user specifies the ensemble, and a judge that uses it would recognize a waltz by its
piano. Drums are included, because they define a groove. Shares are 0..1; lengths and rates are log2.

Knows no styles: see `composer.analysis.style`.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from composer.analysis.arrays import Floats, Ints, NoteTable, ScoreArrays
from composer.analysis.chords import QUALITIES
from composer.analysis.structure import measure_recalls
from composer.analysis.texture import measure_density, measure_polyphony
from composer.controls import RECALL_BARS
from composer.score import TICKS_PER_QUARTER, ChordSymbol, Key

_SLOTS = 8  # divisions of a bar in which onsets are counted
_LENGTH_EDGES = np.array([0.17, 0.3, 0.6, 0.9, 1.2, 1.8, 2.5])  # quarters
_LENGTH_NAMES = ("32nd", "16th", "8th", "dotted 8th", "quarter", "dotted quarter", "half", "longer")
_STEP_EDGES = np.array([1, 2, 3, 5, 8, 12])  # semitones
_STEP_NAMES = ("repeat", "semitone", "tone", "third", "fourth to fifth", "sixth to seventh", "octave and more")
_DRUMS = {
    "kick": (35, 36), "snare": (37, 38, 39, 40), "closed hat": (42, 44), "open hat": (46,), "ride": (51, 53, 59),
    "crash": (49, 52, 55, 57), "tom": (41, 43, 45, 47, 48, 50),
}  # fmt: skip
_SIXTHS = ("beat", "half", "quarter", "third", "eighth", "odd")

STYLE_FEATURES: tuple[str, ...] = (
    "meter 2", "meter 3", "meter 4", "meter compound", "meter other", "bar length",
    *(f"onset on {name}" for name in _SIXTHS),
    *(f"onsets in slot {slot}" for slot in range(_SLOTS)),
    *(f"bass onsets in slot {slot}" for slot in range(_SLOTS)),
    *(f"length {name}" for name in _LENGTH_NAMES),
    "mode", *(f"degree {degree}" for degree in range(12)),
    *(f"step {name}" for name in _STEP_NAMES), "steps up", "turns",
    *(f"bass step {name}" for name in _STEP_NAMES),
    *(f"chord {quality}" for quality in QUALITIES), *(f"root {degree}" for degree in range(12)), "chord changes",
    "pitch classes a beat", "density", "polyphony", "together", "resting", "unevenness", "same rhythm",
    "register", "spread", "top", "bass",
    *(f"recall {distance}" for distance in RECALL_BARS),
    "drum share", *(f"drum {name}" for name in _DRUMS),
)  # fmt: skip


def measure_style_features(arrays: ScoreArrays, key: Key, chords: tuple[ChordSymbol, ...]) -> Floats:
    """The features of a piece: (len(STYLE_FEATURES),); 0 for missing ones (chords of a drum groove).

    >>> from composer.analysis.arrays import score_arrays
    >>> from composer.score import Note, Part, Score
    >>> line = Score((Part("Flute", 73, tuple(Note(480 * i, p, 480) for i, p in enumerate([60, 62, 64, 65] * 4))),))
    >>> chords = (ChordSymbol(0, None),)
    >>> row = dict(zip(STYLE_FEATURES, measure_style_features(score_arrays(line), Key.parse("C major"), chords).tolist()))
    >>> row["meter 4"], row["degree 0"]
    (1.0, 0.25)
    """
    values = [
        _meter(arrays),
        _onset_places(arrays),
        _bar_profile(arrays, arrays.notes if len(arrays.notes) else arrays.drums),
        _bar_profile(arrays, _bass_line(arrays.notes)),
        _lengths(arrays.notes),
        _degrees(arrays.notes, key),
        *_steps(_top_lines(arrays.notes)),
        _steps(_bass_line(arrays.notes))[0],
        _harmony(arrays, key, chords),
        _texture(arrays),
        _registers(arrays.notes),
        _recalls(arrays),
        _drums(arrays),
    ]
    row = np.concatenate(values)
    return np.nan_to_num(row, nan=0.0)


def _shares(counts: Floats | Ints) -> Floats:
    return np.asarray(counts / max(float(counts.sum()), 1e-9), np.float64)


def _meter(arrays: ScoreArrays) -> Floats:
    kinds = np.zeros(5)
    for bar in arrays.score.bars:
        meter = bar.time_signature
        kinds[3 if meter.is_compound else {2: 0, 3: 1, 4: 2}.get(meter.numerator, 4)] += 1
    length = np.median(np.diff(arrays.bar_start)) / TICKS_PER_QUARTER
    return np.append(_shares(kinds), np.log2(length))


def _onset_places(arrays: ScoreArrays) -> Floats:
    """Position of onsets within the quarter, in 24ths: on the beat, eighth, 16th, triplet, 32nd, elsewhere."""
    table = arrays.notes if len(arrays.notes) else arrays.drums
    step = np.rint((table.position % TICKS_PER_QUARTER) / 20).astype(np.int64) % 24
    kind = np.full(24, 5)
    for place, steps in enumerate(((0,), (12,), (6, 18), (8, 16, 4, 20), (3, 9, 15, 21))):
        kind[list(steps)] = place
    return _shares(np.bincount(kind[step], minlength=6))


def _bar_profile(arrays: ScoreArrays, table: NoteTable) -> Floats:
    length = np.diff(arrays.bar_start)[table.bar]
    return _shares(np.bincount(np.minimum(table.position * _SLOTS // np.maximum(length, 1), _SLOTS - 1), minlength=_SLOTS))


def _select(table: NoteTable, rows: Ints | np.ndarray) -> NoteTable:
    columns = ("start", "end", "pitch", "velocity", "part", "bar", "position")
    return NoteTable(**{name: getattr(table, name)[rows] for name in columns})


def _top_lines(notes: NoteTable) -> NoteTable:
    """The highest note of every onset, ordered by part and time."""
    order = np.lexsort((notes.pitch, notes.start, notes.part))
    same = (np.diff(notes.part[order]) == 0) & (np.diff(notes.start[order]) == 0)
    return _select(notes, order[~np.append(same, False)] if len(order) else order)


def _bass_line(notes: NoteTable) -> NoteTable:
    """The lowest note of each onset, if it is below the duration-weighted mean pitch."""
    if not len(notes):
        return notes
    _, first = np.unique(notes.start, return_index=True)  # ordered by start, then pitch
    lowest = _select(notes, first)
    middle = np.average(notes.pitch, weights=notes.end - notes.start)
    return _select(lowest, np.flatnonzero(lowest.pitch < middle))


def _lengths(notes: NoteTable) -> Floats:
    quarters = (notes.end - notes.start) / TICKS_PER_QUARTER
    return _shares(np.bincount(np.searchsorted(_LENGTH_EDGES, quarters, side="right"), minlength=len(_LENGTH_NAMES)))


def _degrees(notes: NoteTable, key: Key) -> Floats:
    sounding = np.bincount((notes.pitch - key.tonic) % 12, (notes.end - notes.start), 12)
    mode = 0.0 if not len(notes) else 1.0 if key.mode == "major" else -1.0
    return np.append(mode, _shares(sounding))


def _steps(line: NoteTable) -> tuple[Floats, Floats]:
    """Shares of melodic steps by size; share of ascending steps, and share of changes of direction."""
    inside = np.diff(line.part) == 0
    step = np.diff(line.pitch)[inside]
    sizes = np.bincount(np.searchsorted(_STEP_EDGES, np.abs(step), side="right"), minlength=len(_STEP_NAMES))
    moving = np.sign(step[step != 0])
    up = float((moving > 0).mean()) if len(moving) else 0.5
    turns = float((moving[1:] != moving[:-1]).mean()) if len(moving) > 1 else 0.0
    return _shares(sizes), np.array([up, turns])


def _harmony(arrays: ScoreArrays, key: Key, chords: tuple[ChordSymbol, ...]) -> Floats:
    qualities, roots = np.zeros(len(QUALITIES)), np.zeros(12)
    end = int(arrays.bar_start[-1])
    for symbol, after in zip(chords, [*(c.start_ticks for c in chords[1:]), end], strict=True):
        if symbol.chord:
            qualities[QUALITIES.index(symbol.chord.reduced.quality)] += after - symbol.start_ticks
            roots[(symbol.chord.root - key.tonic) % 12] += after - symbol.start_ticks
    changes = sum(first.chord != second.chord for first, second in pairwise(chords))
    return np.concatenate([_shares(qualities), _shares(roots), [changes / arrays.n_bars]])


def _texture(arrays: ScoreArrays) -> Floats:
    notes = arrays.notes if len(arrays.notes) else arrays.drums
    classes = (arrays.chroma > 0).sum(axis=1)
    onset, starting = np.unique(notes.start, return_counts=True)
    parts = len(np.unique(notes.part))
    part_bar = np.unique(notes.part * arrays.n_bars + notes.bar)
    per_bar = np.bincount(notes.bar, minlength=arrays.n_bars)
    polyphony = measure_polyphony(arrays) or 1.0
    return np.array([
        classes[classes > 0].mean() if (classes > 0).any() else 0.0,
        np.log2(max(measure_density(arrays), 0.01)),
        np.log2(polyphony),
        min(1.0, starting.mean() / polyphony) if len(onset) else 0.0,
        1.0 - len(part_bar) / max(1, parts * arrays.n_bars),
        per_bar.std() / max(per_bar.mean(), 1e-9),
        _same_rhythm(arrays, notes),
    ])  # fmt: skip


def _same_rhythm(arrays: ScoreArrays, notes: NoteTable) -> float:
    """Share of a part's bars with the same onsets as the previous bar."""
    places = np.unique(np.stack([notes.part, notes.bar, notes.position]), axis=1)
    bar = places[0] * arrays.n_bars + places[1]
    prints = np.bincount(bar, weights=np.sin(places[2] * 12.9898 + 1.0) + places[2] * 1e-3, minlength=0)
    sounding = np.unique(bar)
    follows = (np.diff(sounding) == 1) & (np.diff(sounding // arrays.n_bars) == 0)
    same = np.abs(np.diff(prints[sounding])) < 1e-9
    return float(same[follows].mean()) if follows.any() else 0.0


def _registers(notes: NoteTable) -> Floats:
    if not len(notes):
        return np.zeros(4)
    low, high = np.percentile(notes.pitch, [10, 90])
    return np.array([notes.pitch.mean(), notes.pitch.std(), high, low]) / 12.0


def _recalls(arrays: ScoreArrays) -> Floats:
    recalls = np.array(measure_recalls(arrays))
    return np.array([(recalls == distance).mean() for distance in RECALL_BARS])


def _drums(arrays: ScoreArrays) -> Floats:
    hits = arrays.drums.pitch
    share = len(hits) / max(1, len(hits) + len(arrays.notes))
    return np.array([share, *(np.isin(hits, keys).mean() if len(hits) else 0.0 for keys in _DRUMS.values())])
