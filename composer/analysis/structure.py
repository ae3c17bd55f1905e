"""Structure: bars that repeat or vary earlier ones, similarity of all bars, and sections.

Recalls compare bars as sets of (part, position, pitch), so only repetitions at the same pitch count: a sequence or a transposed
reprise is new material. Similarity and sections compare pitch classes over time, regardless of octaves and scoring.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.analysis.melody import leading_parts
from composer.controls import RECALL_BARS, RELATION_BARS
from composer.errors import BadInputError
from composer.score import Score

RECALL_OVERLAP = 0.65  # minimum share of the fuller bar's notes that return in a recalled bar
_TO_THE_NOTE = 0.98  # minimum overlap of an exact repetition
_SHORTEST_MOTIF = 3  # minimum number of notes in a motif
_SAME_STEPS = 0.8  # minimum share of intervals that a sequence keeps
_SLOTS = 16  # equal divisions of a bar for `bar_similarity`
_MOST_BARS = 4096  # limit on the size of the similarity matrix
_ALIKE = 0.8  # minimum similarity of a repetition
_SHORTEST_SECTION = 4  # bars
_CLEAR_BOUNDARY = 0.3  # minimum evidence for a boundary: novelty plus votes relative to the piece's clearest repetition
_SAME_LETTER = 0.6  # minimum mean similarity of sections that share a letter
_NEARLY_AS_GOOD = 0.05  # a shorter distance is preferred unless the other is better by this


def measure_recalls(score: Score | ScoreArrays) -> tuple[int, ...]:
    """For each bar the distance in bars to the earlier bar that it repeats or varies, one of `RECALL_BARS`; 0 for new material.

    >>> from composer.score import Note, Part, Score
    >>> theme = [60, 64, 67, 64]
    >>> notes = [Note(480 * i, p, 480) for i, p in enumerate(theme + [72] * 4 + theme + theme)]
    >>> measure_recalls(Score((Part("Flute", 73, tuple(notes)),)))
    (0, 0, 2, 1)
    """
    arrays = score_arrays(score)
    overlaps = recall_overlaps(arrays)  # (distances, bars)
    best = overlaps.max(axis=0)
    chosen = np.argmax(overlaps >= best - _NEARLY_AS_GOOD, axis=0)
    distances = np.array(RECALL_BARS[1:])[chosen]
    return tuple(np.where(best >= RECALL_OVERLAP, distances, 0).tolist())


def recall_overlaps(score: Score | ScoreArrays) -> Floats:
    """Share of notes (of the fuller bar) that each bar has in common with the bar l bars earlier, l in RECALL_BARS[1:].

    Shape (distances, bars), values 0..1; drums count as notes.

    >>> from composer.score import Note, Part, Score
    >>> bars = [60, 64, 67, 64] + [60, 64, 67, 72]  # three of four notes return
    >>> recall_overlaps(Score((Part("Flute", 73, tuple(Note(480 * i, p, 480) for i, p in enumerate(bars))),)))[0].tolist()
    [0.0, 0.75]
    """
    arrays = score_arrays(score)
    keys, stride = _bar_contents(arrays)
    counts = np.bincount(keys // stride, minlength=arrays.n_bars)
    rows = []
    for distance in RECALL_BARS[1:]:
        found = np.searchsorted(keys, keys - distance * stride)
        matched = (keys >= distance * stride) & (keys[found] == keys - distance * stride)
        common = np.bincount(keys[matched] // stride, minlength=arrays.n_bars)
        earlier = np.concatenate([np.zeros(min(distance, arrays.n_bars), np.int64), counts[:-distance]])[: arrays.n_bars]
        rows.append(common / np.maximum(np.maximum(counts, earlier), 1))
    return np.array(rows, np.float64)


def measure_relations(score: Score | ScoreArrays, recalls: Sequence[int]) -> tuple[str, ...]:
    """Relation of each bar to an earlier one, one of `composer.controls.RELATIONS`.

    A recalled bar is "exact" or "varied". For other bars, the top line of the leading part is compared with that 1, 2, 4 and
    8 bars earlier: a "sequence" has the same rhythm, and intervals of the same direction and similar size on other pitches;
    "rhythm" has only the same rhythm.

    Args:
        score: the piece.
        recalls: the result of `measure_recalls`.

    >>> from composer.score import Note, Part, Score
    >>> bars = [[60, 64, 62, 65], [62, 65, 64, 67], [72, 60, 71, 64], [60, 64, 62, 65], [60, 64, 62, 67]]
    >>> notes = tuple(Note(480 * i, p, 480) for i, p in enumerate(p for bar in bars for p in bar))
    >>> flute = Score((Part("Flute", 73, notes),))
    >>> measure_relations(flute, (0, 0, 0, 0, 1))
    ('new', 'sequence:1', 'rhythm:1', 'sequence:2', 'varied')
    """
    arrays = score_arrays(score)
    overlaps = recall_overlaps(arrays)
    lines = _top_lines(arrays)
    found: list[str] = []
    for bar, recall in enumerate(recalls[: arrays.n_bars]):
        if recall:
            overlap = overlaps[RECALL_BARS.index(recall) - 1, bar]
            found.append("exact" if overlap >= _TO_THE_NOTE else "varied")
            continue
        kinds = {back: _relation(lines[bar], lines[bar - back] if bar >= back else ()) for back in RELATION_BARS}
        named = (f"{kind}:{back}" for kind in ("sequence", "rhythm") for back in RELATION_BARS if kinds[back] == kind)
        found.append(next(named, "new"))
    return tuple(found)


def _top_lines(arrays: ScoreArrays) -> list[tuple[tuple[int, int], ...]]:
    """(position, pitch) of the highest note at each onset of the leading part, by bar."""
    leader, notes = leading_parts(arrays), arrays.notes
    lines: list[dict[int, int]] = [{} for _ in range(arrays.n_bars)]
    if len(notes):
        mine = leader[notes.bar] == notes.part
        columns = (notes.bar[mine], notes.position[mine], notes.pitch[mine])
        for bar, position, pitch in zip(*(column.tolist() for column in columns), strict=True):
            lines[bar][position] = max(pitch, lines[bar].get(position, 0))
    return [tuple(line.items()) for line in lines]


def _relation(line: Sequence[tuple[int, int]], earlier: Sequence[tuple[int, int]]) -> str:
    """Returns "sequence", "rhythm", or an empty string."""
    if len(line) < _SHORTEST_MOTIF or [at for at, _ in line] != [at for at, _ in earlier]:
        return ""
    steps, before = (np.diff([pitch for _, pitch in notes]) for notes in (line, earlier))
    alike = (np.sign(steps) == np.sign(before)) & (np.abs(steps - before) <= 1)
    moved = line[0][1] != earlier[0][1]
    return "sequence" if moved and alike.mean() >= _SAME_STEPS and np.any(steps) else "rhythm"


def _bar_contents(arrays: ScoreArrays) -> tuple[Ints, int]:
    """Every distinct (bar, part, position, pitch), drums included, as bar * stride + code in order; and the stride."""
    tables = (arrays.notes, arrays.drums)
    part, position, pitch, bar = (
        np.concatenate([getattr(table, name) for table in tables]) for name in ("part", "position", "pitch", "bar")
    )
    longest = int(np.diff(arrays.bar_start).max())
    code = (part * longest + np.minimum(position, longest - 1)) * 128 + pitch
    stride = len(arrays.score.parts) * longest * 128 + 1
    return np.unique(bar * stride + code), stride


def bar_similarity(score: Score | ScoreArrays) -> Floats:
    """Similarity of every bar with every other: (bars, bars), 0..1, 1 on the diagonal; silent bars resemble only each other.

    Cosine similarity of the bars' onsets by pitch class in 16 equal divisions, weighted by duration (Foote 1999).

    Raises:
        BadInputError: more than 4096 bars.

    >>> from composer.score import Note, Part, Score
    >>> bars = [(60, 64, 67, 64), (72, 76, 79, 76), (61, 63, 66, 68)]
    >>> notes = tuple(Note(480 * i, p, 480) for i, p in enumerate(p for bar in bars for p in bar))
    >>> bar_similarity(Score((Part("Flute", 73, notes),))).round(1).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    arrays = score_arrays(score)
    if arrays.n_bars > _MOST_BARS:
        raise BadInputError(
            f"{arrays.n_bars} bars are too many to compare with each other: cut the piece to at most {_MOST_BARS}"
        )
    notes = arrays.notes
    lengths = np.diff(arrays.bar_start)
    slot = notes.position * _SLOTS // lengths[notes.bar]
    cell = (notes.bar * _SLOTS + np.minimum(slot, _SLOTS - 1)) * 12 + notes.pitch % 12
    weight = np.sqrt(np.minimum(notes.end - notes.start, lengths[notes.bar]))
    bars = np.bincount(cell, weight, arrays.n_bars * _SLOTS * 12).reshape(arrays.n_bars, -1)
    norm = np.linalg.norm(bars, axis=1)
    unit = bars / np.where(norm > 0, norm, 1.0)[:, None]
    similarity = unit @ unit.T
    similarity[np.ix_(norm == 0, norm == 0)] = 1.0
    return np.asarray(np.clip(similarity, 0.0, 1.0), np.float64)


@dataclass(frozen=True, slots=True)
class Section:
    """A span of bars (0-based, excluding `end_bar`) and its letter; similar sections share a letter."""

    start_bar: int
    end_bar: int
    letter: str


def find_sections(score: Score | ScoreArrays) -> tuple[Section, ...]:
    """Sections of at least four bars, in order, covering the piece.

    Boundaries are where repetitions start or end (runs of bars similar to those a lag earlier), and where the similarity matrix
    changes (checkerboard novelty, Foote 2000). Letters follow from the similarity of whole sections.

    >>> from composer.score import Note, Part, Score
    >>> a, b = [60, 62, 64, 65, 67, 65, 64, 62] * 4, [57, 59, 61, 64, 68, 64, 61, 59] * 4
    >>> notes = tuple(Note(240 * i, p + i // 8 % 4, 240) for i, p in enumerate(a + a + b + a))
    >>> [(s.start_bar, s.letter) for s in find_sections(Score((Part("Flute", 73, notes),)))]
    [(0, 'A'), (4, 'A'), (8, 'B'), (12, 'A')]
    """
    similarity = bar_similarity(score)
    size = len(similarity)
    votes = _repetition_votes(similarity)
    strength = votes / max(votes.max(), 1.0) + _novelty(similarity)
    cuts = [0, size]
    for bar in np.argsort(-strength, kind="stable").tolist():
        if strength[bar] < _CLEAR_BOUNDARY:
            break
        if all(abs(bar - cut) >= _SHORTEST_SECTION for cut in cuts):
            cuts.append(bar)
    cuts.sort()
    return _with_letters(similarity, list(pairwise(cuts)))


def _repetition_votes(similarity: Floats) -> Floats:
    """For each bar the number of repeated bars in runs (or their models) that start or end there: (bars,)."""
    size = len(similarity)
    votes = np.zeros(size + 1)
    for lag in range(_SHORTEST_SECTION, size):
        alike = np.concatenate([[0], (np.diagonal(similarity, -lag) >= _ALIKE).astype(np.int64), [0]])
        starts, ends = np.flatnonzero(np.diff(alike) == 1), np.flatnonzero(np.diff(alike) == -1)
        length = np.minimum(ends - starts, lag)
        long = length >= _SHORTEST_SECTION
        for edge in (starts, ends, starts + lag, ends + lag):
            np.add.at(votes, edge[long], length[long])
    votes[0] = 0.0
    return votes[:size]


def _novelty(similarity: Floats) -> Floats:
    """Foote's checkerboard novelty over four bars on each side of a barline, without the diagonal: (bars,), 0..2."""
    size, half = len(similarity), _SHORTEST_SECTION
    novelty = np.zeros(size)
    others = ~np.eye(half, dtype=bool)
    for bar in range(half, size - half + 1):
        before, after = slice(bar - half, bar), slice(bar, bar + half)
        within = similarity[before, before][others].mean() + similarity[after, after][others].mean()
        novelty[bar : bar + 1] = max(0.0, within - 2.0 * similarity[before, after].mean())
    return novelty


def _with_letters(similarity: Floats, spans: list[tuple[int, int]]) -> tuple[Section, ...]:
    """Gives each span the letter of the most similar earlier span, or a new letter."""
    sections: list[Section] = []
    used = 0
    for start, end in spans:
        likeness = [(_aligned(similarity, start, end, other), other.letter) for other in sections]
        best, letter = max(likeness, default=(0.0, ""))
        if best < _SAME_LETTER:
            letter = string.ascii_uppercase[used % 26] * (used // 26 + 1)
            used += 1
        sections.append(Section(start, end, letter))
    return tuple(sections)


def _aligned(similarity: Floats, start: int, end: int, other: Section) -> float:
    """Mean similarity bar by bar from both starts; 0 if one section is more than twice as long as the other."""
    lengths = sorted((end - start, other.end_bar - other.start_bar))
    if lengths[1] > 2 * lengths[0]:
        return 0.0
    bars = np.arange(lengths[0])
    return float(similarity[start + bars, other.start_bar + bars].mean())
