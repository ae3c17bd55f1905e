"""Prints immediate repeats once, between repeat signs, with first and second endings where only the ends differ.

The printed score is shorter; the performed music is the same note for note. Knows no file format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from composer.score import Bar, Score

_SHORTEST, _LONGEST = 4, 64  # bars between repeat signs
_LONGEST_ENDING = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BarSigns:
    """Repeat signs and endings of one printed bar.

    Attributes:
        forward: whether a repeat starts with this bar.
        backward: whether the bar ends a repeat.
        ending: number of the bar's ending, 0 for none.
        ending_begins, ending_ends: whether the bracket of that ending starts or stops here.
    """

    forward: bool = False
    backward: bool = False
    ending: int = 0
    ending_begins: bool = False
    ending_ends: bool = False


@dataclass(frozen=True, slots=True)
class Folded:
    """The printed score, and the signs of its bars by index."""

    score: Score
    signs: dict[int, BarSigns]


@dataclass(frozen=True, slots=True)
class _Repeat:
    """Bars `first` to `first + length` occur twice; the last `ending` of them differ the second time."""

    first: int
    length: int
    ending: int


def fold(score: Score, whole: Score) -> Folded:
    """Prints literal repeats of 4 to 64 bars once; a loop is returned unchanged.

    Args:
        score: the music.
        whole: the score that it is, or of which it is a part: what all its players repeat.
    """
    repeats = [] if score.is_loop else _find(whole)
    if not repeats:
        return Folded(score, {})
    dropped = {bar for r in repeats for bar in range(r.first + r.length, r.first + 2 * r.length - r.ending)}
    printed = {bar: number for number, bar in enumerate(b for b in range(len(score.bars)) if b not in dropped)}
    signs: dict[int, BarSigns] = {}
    for repeat in repeats:
        first = printed[repeat.first]
        last = first + repeat.length - 1
        for number in (1, 2) if repeat.ending else ():
            end = last + (number - 1) * repeat.ending
            for bar in range(end - repeat.ending + 1, end + 1):
                signs[bar] = BarSigns(ending=number, ending_begins=bar == end - repeat.ending + 1, ending_ends=bar == end)
        signs[first] = replace(signs.get(first, BarSigns()), forward=True)
        signs[last] = replace(signs.get(last, BarSigns()), backward=True)
    return Folded(_without(score, dropped), signs)


def _find(score: Score) -> list[_Repeat]:
    """Repeats without overlaps: exact ones first, the longest at each bar, then those with two endings."""
    content = _contents(score)
    crossed = _crossed_barlines(score)
    barlines = {bar.start_ticks: bar.index for bar in score.bars}
    stated = {barlines[symbol.start_ticks] for symbol in score.chords if symbol.start_ticks in barlines}
    found: list[_Repeat] = []
    for with_endings in (False, True):
        bar = 0
        while bar + 2 * _SHORTEST <= len(content):
            free = min((r.first for r in found if r.first >= bar), default=len(content))
            inside = next((r for r in found if r.first <= bar < r.first + 2 * r.length), None)
            tried = () if inside else _from(content, bar, free, with_endings)
            repeat = next((r for r in tried if _is_clean(r, content, crossed, stated)), None)
            if repeat:
                found.append(repeat)
            inside = inside or repeat
            bar = inside.first + 2 * inside.length if inside else bar + 1
    return found


def _from(content: Sequence[tuple[Any, ...]], first: int, end: int, with_endings: bool) -> Iterator[_Repeat]:
    """Repeats of bars that start at `first` and end by `end`, longest first."""
    for length in range(min(_LONGEST, (end - first) // 2), _SHORTEST - 1, -1):
        again = first + length
        for ending in range(1, min(_LONGEST_ENDING, length - _SHORTEST) + 1) if with_endings else (0,):
            if content[first : again - ending] == content[again : again + length - ending]:
                yield _Repeat(first, length, ending)
                break


def _is_clean(repeat: _Repeat, content: Sequence[tuple[Any, ...]], crossed: set[int], stated: set[int]) -> bool:
    """Whether the signs cut no note, most bars have notes, no ending changes the state in force, and the chord is known.

    The chord is known where the repeat starts if it is stated there or never changes.
    """
    again = repeat.first + repeat.length
    edges = {repeat.first, again, again + repeat.length}
    edges |= {again - repeat.ending, again + repeat.length - repeat.ending} if repeat.ending else set()
    sounding = sum(any(notes for notes in bar[0]) for bar in content[repeat.first : again])
    in_force = {bar[1] for start in (again, again + repeat.length) for bar in content[start - repeat.ending : start]}
    in_force |= {content[again][1], content[repeat.first][1]} if repeat.ending else set()
    chords = {bar[3] for bar in content[repeat.first : again]} | {
        chord for bar in content[repeat.first : again] for _, chord in bar[2] if not isinstance(chord, str)
    }
    known = repeat.first in stated or len(chords) == 1
    return not edges & crossed and 2 * sounding >= repeat.length and len(in_force) <= 1 and known


def _contents(score: Score) -> list[tuple[Any, ...]]:
    """Content of each bar relative to its start: notes by part; meter, tempo and key in force; events; chord in force."""
    notes: list[list[list[tuple[int, ...]]]] = [[[] for _ in score.parts] for _ in score.bars]
    for index, note in score.notes():
        bar = score.bar_at(note.start_ticks)
        place = note.start_ticks - bar.start_ticks
        notes[bar.index][index].append((place, note.pitch, note.duration_ticks, note.velocity))
    events: list[list[tuple[int, object]]] = [[] for _ in score.bars]
    timed = [(event.start_ticks, event.qpm) for event in score.tempos] + [
        (event.start_ticks, event.key) for event in score.keys
    ]
    for tick, change in timed:  # changes on the barline are part of the state in force
        bar = score.bar_at(tick)
        events[bar.index] += [(tick - bar.start_ticks, change)] * (tick > bar.start_ticks)
    for symbol in score.chords:
        bar = score.bar_at(symbol.start_ticks)
        events[bar.index] += [(symbol.start_ticks - bar.start_ticks, symbol.chord)] * (symbol.start_ticks > bar.start_ticks)
    for marker in score.markers:
        bar = score.bar_at(marker.start_ticks)
        events[bar.index].append((marker.start_ticks - bar.start_ticks, marker.text))
    return [
        (
            tuple(tuple(sorted(part)) for part in held),
            (str(bar.time_signature), score.qpm_at(bar.start_ticks), _key_at(score, bar)),
            tuple(changes),
            next((symbol.chord for symbol in reversed(score.chords) if symbol.start_ticks <= bar.start_ticks), None),
        )
        for bar, held, changes in zip(score.bars, notes, events, strict=True)
    ]


def _key_at(score: Score, bar: Bar) -> object:
    return next((change.key for change in reversed(score.keys) if change.start_ticks <= bar.start_ticks), None)


def _crossed_barlines(score: Score) -> set[int]:
    """Indices of bars into which a note of the previous bar continues."""
    crossed: set[int] = set()
    for _, note in score.notes():
        first, last = score.bar_at(note.start_ticks).index, score.bar_at(note.end_ticks - 1).index
        crossed |= set(range(first + 1, last + 1))
    return crossed


def _without(score: Score, dropped: set[int]) -> Score:
    """The score without the given bars."""
    shifts, removed = [], 0
    for bar in score.bars:
        shifts.append(removed)
        removed += bar.time_signature.bar_ticks if bar.index in dropped else 0

    def kept(events: Sequence[T], start: Callable[[T], int]) -> tuple[T, ...]:
        moved = []
        for event in events:
            bar = score.bar_at(start(event)).index
            if bar not in dropped or start(event) >= score.bars[-1].end_ticks:
                shift = shifts[bar] if start(event) < score.bars[-1].end_ticks else removed
                moved.append(replace(event, start_ticks=start(event) - shift))  # type: ignore[type-var]
        return tuple(moved)

    def start_of(event: Any) -> int:
        return int(event.start_ticks)

    return replace(
        score,
        parts=tuple(replace(part, notes=kept(part.notes, start_of), pedals=()) for part in score.parts),
        tempos=kept(score.tempos, start_of),
        time_signatures=kept(score.time_signatures, start_of),
        keys=kept(score.keys, start_of),
        chords=kept(score.chords, start_of),
        markers=kept(score.markers, start_of),
        end_ticks=score.bars[-1].end_ticks - removed,
    )
