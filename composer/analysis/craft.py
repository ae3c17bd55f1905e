"""Craft: common criticisms of a score as shares that can be compared with human music of a style.

Blind reviews of generated pieces repeatedly name the same faults: bars copied instead of varied, clashing harmony, voices
that cross or double each other, a silent bass, phrases without cadences, unprepared chromatic notes, a single rhythm
throughout, a melody without a peak and without breaths. Each measure is one of them, in the terms of harmony textbooks
(Aldwell and Schachter; Piston). None is wrong in itself: `benchmarks/craft.py` prints the range of human music for comparison.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.analysis.chords import estimate_chords
from composer.analysis.key import estimate_key
from composer.analysis.melody import melody_line
from composer.analysis.phrasing import find_phrase_ends
from composer.analysis.texture import is_line
from composer.score import TICKS_PER_QUARTER, ChordSymbol, Key, Note, Score

Bools = NDArray[np.bool_]

_STEP_TICKS = TICKS_PER_QUARTER // 24  # short enough that no two notes of a line share a step
_BLOCK_DISTANCES = (2, 4, 8, 12)  # distances in bars at which a copied block is searched
_SEMITONES = (1, 11, 13)  # minor second, major seventh, minor ninth
_BY_STEP = 2  # semitones


@dataclass(frozen=True)
class _Piece:
    """A score with data shared by several measures."""

    arrays: ScoreArrays

    @cached_property
    def key(self) -> Key:
        """The stated key, or the estimated one."""
        return self.arrays.score.key or estimate_key(self.arrays).key

    @cached_property
    def chords(self) -> tuple[ChordSymbol, ...]:
        return estimate_chords(self.arrays, self.key)

    @cached_property
    def melody(self) -> tuple[Note, ...]:
        return melody_line(self.arrays)

    @cached_property
    def parts(self) -> tuple[int, ...]:
        """Pitched parts with notes."""
        return tuple(np.unique(self.arrays.notes.part).tolist())

    @cached_property
    def rolls(self) -> Mapping[int, Bools]:
        """Pitches that sound in each step of `_STEP_TICKS`, by part: (steps, 128)."""
        steps = -(-int(self.arrays.bar_start[-1]) // _STEP_TICKS)
        notes, found = self.arrays.notes, {part: np.zeros((steps, 128), bool) for part in self.parts}
        for part, start, end, pitch in zip(notes.part.tolist(), notes.start, notes.end, notes.pitch.tolist(), strict=True):
            first = int(start) // _STEP_TICKS
            found[part][first : max(first + 1, int(end) // _STEP_TICKS), pitch] = True
        return found

    @cached_property
    def lines(self) -> tuple[int, ...]:
        """Parts with one voice, from the highest to the lowest mean pitch."""
        notes, found = self.arrays.notes, []
        for part in self.parts:
            mine = notes.part == part
            if is_line(int(mine.sum()), len(np.unique(notes.start[mine]))):
                found.append((-float(notes.pitch[mine].mean()), part))
        return tuple(part for _, part in sorted(found))

    @cached_property
    def contents(self) -> tuple[frozenset[tuple[int, int, int]], ...]:
        """(part, position, pitch) of each bar's notes."""
        bars: list[set[tuple[int, int, int]]] = [set() for _ in range(self.arrays.n_bars)]
        for table in (self.arrays.notes, self.arrays.drums):
            columns = (table.bar, table.part, table.position, table.pitch)
            for bar, *note in zip(*(column.tolist() for column in columns), strict=True):
                bars[bar].add((note[0], note[1], note[2]))
        return tuple(map(frozenset, bars))


def measure_craft(score: Score | ScoreArrays) -> dict[str, float]:
    """Every measure in `MEASURES`, 0..1; nan if there is nothing to measure.

    >>> from composer.score import Part
    >>> bars = [(60, 62, 64, 65), (67, 65, 64, 62)] * 4
    >>> notes = tuple(Note(480 * i, p, 480) for i, p in enumerate(p for bar in bars for p in bar))
    >>> found = measure_craft(Score((Part("Flute", 73, notes),)))
    >>> found["pasted bars"], found["one rhythm"], found["semitone clashes"]
    (0.375, 1.0, 0.0)
    """
    piece = _Piece(score_arrays(score))
    if not len(piece.arrays.notes):
        return dict.fromkeys(MEASURES, float("nan"))
    return {name: measure(piece) for name, measure in MEASURES.items()}


def _pasted_bars(piece: _Piece) -> float:
    """Share of bars from the fifth on that start an exact copy of the two bars 2, 4, 8 or 12 bars earlier."""
    bars = piece.contents
    found = 0
    for bar in range(4, len(bars) - 1):
        pair = bars[bar], bars[bar + 1]
        found += all(pair) and any(pair == bars[bar - back : bar - back + 2] for back in _BLOCK_DISTANCES if back <= bar)
    return found / len(bars)


def _semitone_clashes(piece: _Piece) -> float:
    """Share of sounding time with two notes a semitone, a major seventh or a minor ninth apart."""
    together = np.logical_or.reduce(list(piece.rolls.values()))
    clash = np.zeros(len(together), bool)
    for distance in _SEMITONES:
        clash |= (together[:, distance:] & together[:, :-distance]).any(axis=1)
    sounding = together.any(axis=1)
    return _share(clash[sounding])


def _false_relations(piece: _Piece) -> float:
    """Share of beats with an altered note in one part and the same degree unaltered in another, at once or in sequence."""
    scale = piece.key.scale
    altered = [pitch for pitch in range(12) if pitch not in scale]
    arrays, found = piece.arrays, np.zeros(len(piece.arrays.beat_start) - 1, bool)
    by_beat = {}
    for part, roll in piece.rolls.items():
        classes = np.stack([roll[:, pitch::12].any(axis=1) for pitch in range(12)], axis=1)
        starts = np.minimum(arrays.beat_start[:-1] // _STEP_TICKS, len(roll) - 1)
        by_beat[part] = np.logical_or.reduceat(classes, starts, axis=0)
    for one, other in combinations(piece.parts, 2):
        for a, b in ((by_beat[one], by_beat[other]), (by_beat[other], by_beat[one])):
            for pitch in altered:
                for neighbor in ((pitch + 1) % 12, (pitch - 1) % 12):
                    if neighbor in scale and not (a[:, neighbor].any() and _moves_alone(a, pitch, neighbor)):
                        found |= a[:, pitch] & b[:, neighbor]
    return _share(found) if len(piece.parts) > 1 else float("nan")


def _moves_alone(classes: Bools, pitch: int, neighbor: int) -> bool:
    """Whether the part with the altered note always resolves it to the neighbor itself."""
    altered = classes[:-1, pitch]
    return bool(altered.any() and (classes[1:, neighbor] | classes[:-1, neighbor])[altered].all())


def _crossings(piece: _Piece) -> float:
    """Share of the time in which two adjacent voices sound and the upper is below the lower."""
    crossed = both = 0
    for upper, lower in zip(piece.lines, piece.lines[1:], strict=False):
        above, below = piece.rolls[upper], piece.rolls[lower]
        sound = above.any(axis=1) & below.any(axis=1)
        both += int(sound.sum())
        crossed += int((above[sound].argmax(axis=1) < below[sound].argmax(axis=1)).sum())
    return crossed / both if both else float("nan")


def _shadowing(piece: _Piece) -> float:
    """Share of the melody's notes that another part plays at the same time and pitch."""
    notes = piece.arrays.notes
    struck = Counter(zip(notes.start.tolist(), notes.pitch.tolist(), strict=True))
    if len(piece.parts) < 2 or not piece.melody:
        return float("nan")
    return float(np.mean([struck[note.start_ticks, note.pitch] > 1 for note in piece.melody]))


def _silent_bass(piece: _Piece) -> float:
    """Share of bars in which the lowest of two or more parts is silent."""
    if len(piece.parts) < 2:
        return float("nan")
    notes = piece.arrays.notes
    lowest = min(piece.parts, key=lambda part: float(notes.pitch[notes.part == part].mean()))
    starts = np.minimum(piece.arrays.bar_start[:-1] // _STEP_TICKS, len(piece.rolls[lowest]) - 1)
    return _share(~np.logical_or.reduceat(piece.rolls[lowest].any(axis=1), starts))


def _open_phrases(piece: _Piece) -> float:
    """Share of phrases that end without a cadence."""
    ends = [end for end in find_phrase_ends(piece.arrays, piece.chords, piece.key) if end]
    return float(np.mean([end == "open" for end in ends])) if ends else float("nan")


def _loose_chromatics(piece: _Piece) -> float:
    """Share of notes outside scale and chord that their part does not both approach and leave by step."""
    notes, scale = piece.arrays.notes, piece.key.scale
    starts = np.array([symbol.start_ticks for symbol in piece.chords])
    loose = 0
    for part in piece.parts:
        mine = notes.part == part
        pitch, start = notes.pitch[mine], notes.start[mine]
        for index in np.flatnonzero(~np.isin(pitch % 12, list(scale))).tolist():
            chord = piece.chords[max(0, int(np.searchsorted(starts, start[index], side="right")) - 1)].chord
            if chord is not None and int(pitch[index]) % 12 in chord.pitch_classes:
                continue
            near = np.abs(pitch - pitch[index])
            before = (near[:index] > 0) & (near[:index] <= _BY_STEP) & (start[:index] >= start[index] - 4 * TICKS_PER_QUARTER)
            after = (near[index + 1 :] > 0) & (near[index + 1 :] <= _BY_STEP)
            after &= start[index + 1 :] <= start[index] + 4 * TICKS_PER_QUARTER
            loose += not (before[-4:].any() and after[:4].any())
    return loose / len(notes)


def _one_rhythm(piece: _Piece) -> float:
    """Share of the melody's bars with its most common rhythm."""
    rhythms: dict[int, list[int]] = {}
    for note in piece.melody:
        bar = int(np.searchsorted(piece.arrays.bar_start, note.start_ticks, side="right")) - 1
        rhythms.setdefault(bar, []).append(note.start_ticks - int(piece.arrays.bar_start[bar]))
    counts = Counter(map(tuple, rhythms.values()))
    return counts.most_common(1)[0][1] / len(rhythms) if len(rhythms) > 1 else float("nan")


def _flat_peak(piece: _Piece) -> float:
    """Share of the melody's notes at its highest pitch: small if it has a single peak."""
    pitches = [note.pitch for note in piece.melody]
    return float(np.mean([pitch == max(pitches) for pitch in pitches])) if len(pitches) > 7 else float("nan")


def _breathless(piece: _Piece) -> float:
    """Share of phrases at whose end the melody neither rests nor holds a note for a beat or more.

    The end of a phrase is the barline, or the beginning of an upbeat in the last beat before it.
    """
    ends = find_phrase_ends(piece.arrays, piece.chords, piece.key)
    bars = [bar for bar, end in enumerate(ends) if end][:-1]
    if not bars or not piece.melody:
        return float("nan")
    starts = np.array([note.start_ticks for note in piece.melody])
    found = 0
    for bar in bars:
        edge = int(piece.arrays.bar_start[bar + 1])
        beat = piece.arrays.score.bar_at(edge - 1).time_signature.beat_ticks
        at_end = (starts[:-1] < edge) & (starts[1:] >= edge - beat)
        found += bool(at_end.any() and np.diff(starts)[at_end].max() < beat)
    return found / len(bars)


def _share(mask: Bools) -> float:
    return float(mask.mean()) if len(mask) else float("nan")


MEASURES: dict[str, Callable[[_Piece], float]] = {
    "pasted bars": _pasted_bars,
    "semitone clashes": _semitone_clashes,
    "false relations": _false_relations,
    "voice crossing": _crossings,
    "shadowed melody": _shadowing,
    "silent bass": _silent_bass,
    "open phrases": _open_phrases,
    "loose chromatics": _loose_chromatics,
    "one rhythm": _one_rhythm,
    "flat peak": _flat_peak,
    "breathless phrases": _breathless,
}
