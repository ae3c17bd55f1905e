"""Lengths as a copyist writes them: played ones end where a note value ends, short notes are marked staccato.

A note that a player releases a little early is written to its full value; a short note followed by a rest becomes a longer
value with a dot above it. Starts are not touched. Each end is the cheapest of a few candidates by the symbols that the note
and the rest after it need, and by how far the written length is from the played one. Knows ticks and bars, no file format.

Source: the preference for few symbols of E. Gould, "Behind Bars" (2011).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log2
from typing import Literal

from composer.formats.engraving.meter import UNIT_TICKS, divide_bar, split
from composer.score import TICKS_PER_QUARTER, Bar, Note

Mark = Literal["staccato"]
NoteId = tuple[int, int]  # start in ticks and pitch: what names a note within a staff

_GRIDS = (60, 120, 240, 480)  # ticks on which a written note may end: from thirty-seconds to quarters
_TERNARY_GRIDS = (80, 160, 240, 480)  # the same among triplets
_BINARY, _TERNARY = 60, 80
_TRIPLET_VALUES = (80, 160, 320)
_MOST_OVERLAP, _OVERLAP_SHARE = 60, 0.15  # a note that reaches so far into the next is legato
_MOST_ADDED = 120  # a length that is a note value already grows by this much at most, unless it becomes staccato
_LONGEST_STACCATO, _STACCATO_SHARE = TICKS_PER_QUARTER // 2, 0.8
# Costs, in symbols: of a rest, of a thirty-second or dotted sixteenth, of a dot above, of an octave of length added and taken.
_REST, _LITTER, _DOT, _ADDED, _TAKEN = 0.7, 1.0, 0.6, 2.0, 6.0


@dataclass(frozen=True, slots=True)
class WrittenNotes:
    """A staff's notes with written lengths, and the articulation marks of some of them."""

    notes: tuple[Note, ...]
    marks: dict[NoteId, Mark]


def written_lengths(notes: Sequence[Note], bars: Sequence[Bar]) -> WrittenNotes:
    """The notes of one staff as they are written.

    Args:
        notes: in order, no two of equal pitch at once.
        bars: of the score.
    """
    onsets = sorted({note.start_ticks for note in notes})
    bar_starts = [bar.start_ticks for bar in bars]
    written: list[Note] = []
    marks: dict[NoteId, Mark] = {}
    for note in notes:
        bar = bars[max(0, bisect_left(bar_starts, note.end_ticks - _slack(note)) - 1)]
        straight = _is_stray(note, bar, onsets)
        end = _written_end(note, bar, _limit(note, bar, onsets), onsets if straight else ())
        written.append(replace(note, duration_ticks=end - note.start_ticks))
        if _is_staccato(note, end):
            marks[note.start_ticks, note.pitch] = "staccato"
    return WrittenNotes(tuple(written), marks)


def _slack(note: Note) -> int:
    """How far a note may reach into the next without being held through it."""
    return int(min(_MOST_OVERLAP, _OVERLAP_SHARE * note.duration_ticks))


def _limit(note: Note, bar: Bar, onsets: Sequence[int]) -> int:
    """Where a note must end at the latest: the next onset of its staff, or the barline."""
    index = bisect_left(onsets, max(note.end_ticks - _slack(note), note.start_ticks + 1))
    return min(onsets[index], bar.end_ticks) if index < len(onsets) else bar.end_ticks


def _is_stray(note: Note, bar: Bar, onsets: Sequence[int]) -> bool:
    """Whether a note ends among triplets that nobody plays: its start and all onsets about its end lie on the plain grid."""
    end = note.end_ticks - bar.start_ticks
    if not _is_ternary(end) or _is_ternary(note.start_ticks - bar.start_ticks):
        return False
    beat = note.end_ticks - end % TICKS_PER_QUARTER
    near = onsets[bisect_left(onsets, beat) : bisect_left(onsets, beat + TICKS_PER_QUARTER)]
    return not any(_is_ternary(onset - bar.start_ticks) for onset in near)


def _written_end(note: Note, bar: Bar, limit: int, onsets: Sequence[int]) -> int:
    """The cheapest end of a note in the bar in which it ends.

    Args:
        note, bar: the note, and the bar in which it ends.
        limit: the latest end.
        onsets: of the staff where the note may be cut short at one of them and keeps off triplets, else none.
    """
    start = max(note.start_ticks, bar.start_ticks) - bar.start_ticks
    ternary = _is_ternary(start)
    begin = _rounded(start, _TERNARY if ternary else _BINARY)
    metre = (bar.time_signature.numerator, bar.time_signature.denominator)
    free = limit - bar.start_ticks
    best, cheapest = note.end_ticks, float("inf")
    triplets = not onsets and (ternary or _is_ternary(note.end_ticks - bar.start_ticks))
    cuts = _cuts(note, bar, onsets)
    for end in (*_candidates(note, bar, limit, triplets), *cuts):
        price = _symbols(metre, begin, end - bar.start_ticks, rest=False) + _distance(note, end, is_cut=end in cuts)
        if end < limit and end not in cuts:
            price += _REST * _symbols(metre, end - bar.start_ticks, free, rest=True)
        if price < cheapest:
            best, cheapest = end, price
    return best


def _rounded(tick: int, grid: int) -> int:
    return round(tick / grid) * grid


def _is_ternary(tick: int) -> bool:
    """Whether a tick of a bar lies nearer to the triplets than to the thirty-seconds."""
    return abs(tick - _rounded(tick, _TERNARY)) < abs(tick - _rounded(tick, _BINARY))


def _candidates(note: Note, bar: Bar, limit: int, ternary: bool) -> Iterator[int]:
    """Ends that are tried, in order of preference."""
    lowest = max(note.start_ticks, bar.start_ticks)
    played = note.end_ticks - bar.start_ticks
    exact = played % _MOST_ADDED == 0
    if not exact or limit - note.end_ticks <= _MOST_ADDED or _is_staccato(note, limit):
        yield limit
    for grid in _TERNARY_GRIDS if ternary else _GRIDS:
        for steps in (played // grid, -(-played // grid)):
            end = bar.start_ticks + steps * grid
            allowed = not exact or end - note.end_ticks <= _MOST_ADDED or _is_staccato(note, end)
            if lowest < end < limit and allowed:
                yield end


def _cuts(note: Note, bar: Bar, onsets: Sequence[int]) -> Sequence[int]:
    """Onsets during a note at which it may be cut short."""
    first = max(note.start_ticks + note.duration_ticks // 2, bar.start_ticks + 1)
    return onsets[bisect_left(onsets, first) : bisect_left(onsets, note.end_ticks)]


def _is_staccato(note: Note, end: int) -> bool:
    """Whether a note that is written up to `end` is played much shorter."""
    written = end - note.start_ticks
    return written <= _LONGEST_STACCATO and note.duration_ticks < _STACCATO_SHARE * written


def _distance(note: Note, end: int, *, is_cut: bool) -> float:
    """What the difference between the written and the played length costs, less where another onset cuts the note short."""
    if _is_staccato(note, end):
        return _DOT
    octaves = log2((end - note.start_ticks) / note.duration_ticks)
    return _ADDED * octaves if octaves >= 0 else -(_ADDED if is_cut else _TAKEN) * octaves


@lru_cache(maxsize=65536)
def _symbols(metre: tuple[int, int], start: int, end: int, *, rest: bool) -> float:
    """Symbols between two ticks of a bar, short ones counted twice."""
    if end <= start:
        return 0.0
    if start % _BINARY or end % _BINARY:
        return 1.0 if end - start in _TRIPLET_VALUES else 2.0
    cuts = split(start // UNIT_TICKS, end // UNIT_TICKS, divide_bar(*metre), rest=rest)
    return len(cuts) + _LITTER * sum(b - a in (3, 9) for a, b in cuts)
