"""Notated lengths: performed ends move to the ends of note values.

A note released slightly early is written at full value; a short note before a rest becomes a longer value with a staccato
dot, and a full note between two of these is marked tenuto. Starts do not move. Each end is the cheapest of a few candidates;
the cost counts the symbols for the note and the rest after it, and the distance between notated and performed length. Knows
ticks and bars, no file format.

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

Mark = Literal["staccato", "tenuto"]
NoteId = tuple[int, int]  # start in ticks and pitch: identifies a note within a staff

_GRIDS = (60, 120, 240, 480)  # grids in ticks for the end of a written note, from thirty-seconds to quarters
_TERNARY_GRIDS = (80, 160, 240, 480)  # the same for triplets
_BINARY, _TERNARY = 60, 80
_TRIPLET_VALUES = (80, 160, 320)
_MOST_OVERLAP, _OVERLAP_SHARE = 60, 0.15  # up to this overlap with the next note counts as legato
_MOST_ADDED = 120  # most that a length that already is a note value may grow, unless it becomes staccato
_LONGEST_STACCATO, _STACCATO_SHARE = TICKS_PER_QUARTER // 2, 0.8
_LONGEST_TENUTO, _TENUTO_SHARE = TICKS_PER_QUARTER, 0.95
# Costs in symbols of: a rest, a thirty-second or dotted sixteenth, a staccato dot, doubling and halving the length.
_REST, _LITTER, _DOT, _ADDED, _TAKEN = 0.7, 1.0, 0.6, 2.0, 6.0


@dataclass(frozen=True, slots=True)
class WrittenNotes:
    """A staff's notes with notated lengths, and their articulation marks."""

    notes: tuple[Note, ...]
    marks: dict[NoteId, Mark]


def written_lengths(notes: Sequence[Note], bars: Sequence[Bar]) -> WrittenNotes:
    """Notates the lengths of one staff's notes.

    Args:
        notes: in order, without overlaps of equal pitch.
        bars: bars of the score.
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
    _mark_tenuto(notes, written, marks)
    return WrittenNotes(tuple(written), marks)


def _mark_tenuto(notes: Sequence[Note], written: Sequence[Note], marks: dict[NoteId, Mark]) -> None:
    """Marks as tenuto the notes held in full between two staccato ones, which a player would shorten like these."""
    played: dict[int, list[tuple[Note, Note]]] = {}
    for note, shown in zip(notes, written, strict=True):
        played.setdefault(note.start_ticks, []).append((note, shown))
    onsets = list(played)
    short = [all(marks.get((start, note.pitch)) == "staccato" for note, _ in played[start]) for start in onsets]
    for before, start, after in zip(short, onsets[1:], short[2:], strict=False):
        for note, shown in played[start]:
            long = shown.duration_ticks <= _LONGEST_TENUTO and note.duration_ticks >= _TENUTO_SHARE * shown.duration_ticks
            if before and after and long:
                marks[start, note.pitch] = "tenuto"


def _slack(note: Note) -> int:
    """How far a note may overlap the next without being sustained through it."""
    return int(min(_MOST_OVERLAP, _OVERLAP_SHARE * note.duration_ticks))


def _limit(note: Note, bar: Bar, onsets: Sequence[int]) -> int:
    """The latest end of a note: the next onset of its staff, or the barline."""
    index = bisect_left(onsets, max(note.end_ticks - _slack(note), note.start_ticks + 1))
    return min(onsets[index], bar.end_ticks) if index < len(onsets) else bar.end_ticks


def _is_stray(note: Note, bar: Bar, onsets: Sequence[int]) -> bool:
    """Whether a note's end alone suggests triplets: its start and all onsets around its end are on the binary grid."""
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
        onsets: the staff's onsets if the note may be cut short at one and must avoid triplets; otherwise empty.
    """
    start = max(note.start_ticks, bar.start_ticks) - bar.start_ticks
    ternary = _is_ternary(start)
    begin = _rounded(start, _TERNARY if ternary else _BINARY)
    meter = (bar.time_signature.numerator, bar.time_signature.denominator)
    free = limit - bar.start_ticks
    best, cheapest = note.end_ticks, float("inf")
    triplets = not onsets and (ternary or _is_ternary(note.end_ticks - bar.start_ticks))
    cuts = _cuts(note, bar, onsets)
    for end in (*_candidates(note, bar, limit, triplets), *cuts):
        price = _symbols(meter, begin, end - bar.start_ticks, rest=False) + _distance(note, end, is_cut=end in cuts)
        if end < limit and end not in cuts:
            price += _REST * _symbols(meter, end - bar.start_ticks, free, rest=True)
        if price < cheapest:
            best, cheapest = end, price
    return best


def _rounded(tick: int, grid: int) -> int:
    return round(tick / grid) * grid


def _is_ternary(tick: int) -> bool:
    """Whether a tick of a bar is nearer to the triplet grid than to the thirty-second grid."""
    return abs(tick - _rounded(tick, _TERNARY)) < abs(tick - _rounded(tick, _BINARY))


def _candidates(note: Note, bar: Bar, limit: int, ternary: bool) -> Iterator[int]:
    """Candidate ends, in order of preference."""
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
    """Whether a note notated up to `end` is played much shorter."""
    written = end - note.start_ticks
    return written <= _LONGEST_STACCATO and note.duration_ticks < _STACCATO_SHARE * written


def _distance(note: Note, end: int, *, is_cut: bool) -> float:
    """Cost of the difference between notated and performed length; lower if another onset cuts the note short."""
    if _is_staccato(note, end):
        return _DOT
    octaves = log2((end - note.start_ticks) / note.duration_ticks)
    return _ADDED * octaves if octaves >= 0 else -(_ADDED if is_cut else _TAKEN) * octaves


@lru_cache(maxsize=65536)
def _symbols(meter: tuple[int, int], start: int, end: int, *, rest: bool) -> float:
    """Number of symbols between two ticks of a bar; short ones count twice."""
    if end <= start:
        return 0.0
    if start % _BINARY or end % _BINARY:
        return 1.0 if end - start in _TRIPLET_VALUES else 2.0
    cuts = split(start // UNIT_TICKS, end // UNIT_TICKS, divide_bar(*meter), rest=rest)
    return len(cuts) + _LITTER * sum(b - a in (3, 9) for a, b in cuts)
