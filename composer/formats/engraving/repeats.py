"""Prints immediate repeats once, between repeat signs, with first and second endings where only the ends differ.

The printed score is shorter; the performed music is the same note for note. Knows no file format.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, TypeVar

from composer.score import Bar, ChordSymbol, KeySignature, Score

_SHORTEST, _LONGEST = 4, 64  # bars between repeat signs
_LONGEST_ENDING = 2

E = TypeVar("E", ChordSymbol, KeySignature)
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
    bars = _Bars.of(score)
    found: list[_Repeat] = []
    for with_endings in (False, True):
        bar = 0
        while bar + 2 * _SHORTEST <= len(bars.content):
            free = min((r.first for r in found if r.first >= bar), default=len(bars.content))
            inside = next((r for r in found if r.first <= bar < r.first + 2 * r.length), None)
            tried = () if inside else _from(bars, bar, free, with_endings)
            repeat = next((r for r in tried if _is_clean(r, bars)), None)
            if repeat:
                found.append(repeat)
            inside = inside or repeat
            bar = inside.first + 2 * inside.length if inside else bar + 1
    return found


@dataclass(frozen=True, slots=True)
class _Bars:
    """What the search compares, so that each of its many steps is short.

    Attributes:
        content: a number of each bar that only bars with equal content share.
        states: meter, tempo and key in force at each barline.
        sounding: number of bars with notes before each bar, and in all.
        crossed: indices of bars into which a note of the previous bar continues.
        known_until: for each bar, up to which bar the chord at its start is known if a repeat starts there.
    """

    content: list[int]
    states: list[tuple[Any, ...]]
    sounding: list[int]
    crossed: set[int]
    known_until: list[int]

    @classmethod
    def of(cls, score: Score) -> _Bars:
        """The bars of a score."""
        contents = _contents(score)
        numbers: dict[tuple[Any, ...], int] = {}
        sounding = accumulate((any(bar[0]) for bar in contents), initial=0)
        return cls(
            [numbers.setdefault(bar, len(numbers)) for bar in contents],
            [bar[1] for bar in contents],
            list(sounding),
            _crossed_barlines(score),
            _known_until(score, contents),
        )


def _known_until(score: Score, contents: Sequence[tuple[Any, ...]]) -> list[int]:
    """For each bar, up to where a repeat from it has a known chord: to the end if it is stated there, else until it changes."""
    stated = {symbol.start_ticks for symbol in score.chords}
    unchanged = [len(contents)]  # of each bar, from the last to the first
    for index in reversed(range(len(contents))):
        chord = contents[index][3]
        if any(change != chord for _, change in contents[index][2] if not isinstance(change, str)):
            unchanged.append(index)
        elif index + 1 < len(contents) and contents[index + 1][3] == chord:
            unchanged.append(unchanged[-1])
        else:
            unchanged.append(index + 1)
    pairs = zip(score.bars, reversed(unchanged[1:]), strict=True)
    return [len(contents) if bar.start_ticks in stated else until for bar, until in pairs]


def _from(bars: _Bars, first: int, end: int, with_endings: bool) -> Iterator[_Repeat]:
    """Repeats of bars that start at `first` and end by `end`, longest first; most of their bars have notes."""
    content, sounding = bars.content, bars.sounding
    for length in range(min(_LONGEST, (end - first) // 2), _SHORTEST - 1, -1):
        again = first + length
        if 2 * (sounding[again] - sounding[first]) < length:
            continue
        for ending in range(1, min(_LONGEST_ENDING, length - _SHORTEST) + 1) if with_endings else (0,):
            if content[first : again - ending] == content[again : again + length - ending]:
                yield _Repeat(first, length, ending)
                break


def _is_clean(repeat: _Repeat, bars: _Bars) -> bool:
    """Whether the signs cut no note, no ending changes the state in force, and the chord is known."""
    again = repeat.first + repeat.length
    edges = {repeat.first, again, again + repeat.length}
    edges |= {again - repeat.ending, again + repeat.length - repeat.ending} if repeat.ending else set()
    if again > bars.known_until[repeat.first] or edges & bars.crossed:
        return False
    ends = {state for start in (again, again + repeat.length) for state in bars.states[start - repeat.ending : start]}
    ends |= {bars.states[again], bars.states[repeat.first]} if repeat.ending else set()
    return len(ends) <= 1


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
            (str(bar.time_signature), score.qpm_at(bar.start_ticks), (key := _in_force(score.keys, bar)) and key.key),
            tuple(changes),
            (stated := _in_force(score.chords, bar)) and stated.chord,
        )
        for bar, held, changes in zip(score.bars, notes, events, strict=True)
    ]


def _in_force(events: Sequence[E], bar: Bar) -> E | None:
    """The last event up to the start of a bar."""
    index = bisect_right(events, bar.start_ticks, key=lambda event: event.start_ticks)
    return events[index - 1] if index else None


def _crossed_barlines(score: Score) -> set[int]:
    """Indices of bars into which a note of the previous bar continues."""
    continuing = [0] * (len(score.bars) + 1)  # changes of the number of notes that continue into a bar
    for _, note in score.notes():
        first, last = score.bar_at(note.start_ticks).index, score.bar_at(note.end_ticks - 1).index
        if last > first:
            continuing[first + 1] += 1
            continuing[last + 1] -= 1
    return {bar for bar, count in enumerate(accumulate(continuing)) if count}


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

    def pressed(pedals: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        for down, up in pedals:
            first, last = score.bar_at(down), score.bar_at(up - 1)
            if first.index not in dropped:
                end = last.start_ticks if last.index in dropped else up
                yield down - shifts[first.index], end - shifts[last.index]

    return replace(
        score,
        parts=tuple(
            replace(part, notes=kept(part.notes, start_of), pedals=tuple(pressed(part.pedals))) for part in score.parts
        ),
        tempos=kept(score.tempos, start_of),
        time_signatures=kept(score.time_signatures, start_of),
        keys=kept(score.keys, start_of),
        chords=kept(score.chords, start_of),
        markers=kept(score.markers, start_of),
        end_ticks=score.bars[-1].end_ticks - removed,
    )
