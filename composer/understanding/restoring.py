"""Transfers changes in an understood score back to the user's score, and moves nothing else.

User notes outside the changed region stay the same objects, in the same parts, under the same tempo map; new notes go
through the inverse of the time warp. Knows neither models nor files.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TypeVar

from composer.score import TICKS_PER_QUARTER, Bar, ChordSymbol, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.understanding.understood import NOTHING, Region, Understood

_LEAST_TAIL_TICKS = TICKS_PER_QUARTER // 2  # shorter ones are overlaps of what is played legato
Event = TypeVar("Event", Tempo, TimeSignature, KeySignature, ChordSymbol)


def restore(user: Score, understood: Understood, written: Score, changed: Region = NOTHING) -> Score:
    """The user's score with the changed region, new parts and new bars of `written`.

    Args:
        user: the score that was understood.
        understood: the result of `understand(user)`.
        written: an edit of `understood.score`, with the same bars up to its end and its parts first, in the same order.
            Additional parts and bars, and notes after the last one of their part (an upbeat), are new and are always included.
        changed: bars and parts, in terms of `understood`, whose notes are replaced by those of `written`, together with the
            chord symbols of the user's file over them. Where `written` has the tails of such notes (`tails`), they are new.

    Returns:
        The user's score, with every note outside `changed` kept to the tick; equal to `user` if nothing is new.

    >>> from composer.score import Note, Part, Score, TimeSignature
    >>> from composer.understanding import understand
    >>> flute = Part("Flute", 73, tuple(Note(480 * i, 72 + i % 3, 470) for i in range(8)))
    >>> user = Score((flute,), time_signatures=(TimeSignature(0, 4, 4),))
    >>> u = understand(user)
    >>> restore(user, u, u.score) == user
    True
    >>> lower = u.score.transposed(-12)
    >>> [n.pitch for n in restore(user, u, lower, Region(1, 2)).parts[0].notes]
    [72, 73, 74, 72, 61, 62, 60, 61]
    """
    known = len(understood.parts)
    removed: set[tuple[int, int]] = set()
    for index, source in enumerate(understood.parts):
        for note, origins in zip(understood.score.parts[index].notes, source.notes, strict=True):
            if changed.contains(index, understood.bar_of(note.start_ticks)):
                removed.update(origins)
    added: dict[int, list[Note]] = {}
    for index, source in enumerate(understood.parts):
        held = set(tails(user, understood, index, changed))
        end = max((note.end_ticks for note in understood.score.parts[index].notes), default=0)
        held |= {note for note in written.parts[index].notes if note.start_ticks >= end > 0}
        notes = [n for n in written.parts[index].notes if n in held or _is_new(understood, changed, index, n)]
        added.setdefault(source.home, []).extend(_to_user(understood, notes))
    parts = [_edited(part, index, removed, added.get(index, [])) for index, part in enumerate(user.parts)]
    parts += [replace(part, notes=tuple(sorted(_to_user(understood, part.notes)))) for part in written.parts[known:]]
    edited = replace(user, parts=tuple(parts), chords=_chords(user, understood, written, changed))
    return _with_new_bars(edited, user, understood, written)


def tails(user: Score, understood: Understood, part: int, changed: Region) -> list[Note]:
    """What sounds on outside a region of notes that begin in it, by their keys and not by the pedal: from a barline on.

    Args:
        user: the score that was understood.
        understood: the result of `understand(user)`.
        part: index of an understood part; drums have no tails.
        changed: the region.

    Returns:
        Notes in the time of `understood`, of an eighth note at least.

    >>> from composer.score import Note, Part, Score, TimeSignature
    >>> from composer.understanding import understand
    >>> flute = Part("Flute", 73, (Note(0, 72, 1440), Note(1440, 74, 960), Note(2400, 76, 1440)))
    >>> user = Score((flute,), time_signatures=(TimeSignature(0, 4, 4),))
    >>> [(n.start_ticks, n.pitch, n.duration_ticks) for n in tails(user, understand(user), 0, Region(0, 1))]
    [(1920, 74, 480)]
    """
    score = understood.score
    if score.parts[part].is_drum:
        return []
    found = []
    for note, origins in zip(score.parts[part].notes, understood.parts[part].notes, strict=True):
        bar = understood.bar_of(note.start_ticks)
        released = max(understood.warp.to_score(user.parts[index].notes[number].end_ticks) for index, number in origins)
        end = min(note.end_ticks, released)
        if not changed.contains(part, bar) or end <= score.bars[bar].end_ticks:
            continue
        outside = (later.start_ticks for later in score.bars[bar + 1 :] if not changed.contains(part, later.index))
        start = next(outside, end)
        if end - start >= _LEAST_TAIL_TICKS:
            found.append(replace(note, start_ticks=start, duration_ticks=end - start, marks=None))
    return found


def _is_new(understood: Understood, changed: Region, part: int, note: Note) -> bool:
    bar = understood.bar_of(note.start_ticks)
    return bar >= len(understood.bar_starts) or changed.contains(part, bar)


def _to_user(understood: Understood, notes: list[Note] | tuple[Note, ...]) -> list[Note]:
    """Notes on the user's timeline; notes that would start before it are cut, or dropped if they end before it."""
    moved = []
    for note in notes:
        start = max(0, understood.warp.to_user(note.start_ticks))
        end = understood.warp.to_user(note.end_ticks)
        if end > start:
            moved.append(replace(note, start_ticks=start, duration_ticks=end - start))
    return moved


def _edited(part: Part, index: int, removed: set[tuple[int, int]], added: list[Note]) -> Part:
    """The user's part without the replaced notes and with the new ones."""
    kept = [note for number, note in enumerate(part.notes) if (index, number) not in removed]
    if len(kept) == len(part.notes) and not added:
        return part
    return replace(part, notes=tuple(sorted(kept + _beside(kept, added))))


def _beside(kept: list[Note], added: list[Note]) -> list[Note]:
    """New notes, shortened or dropped so that they do not overlap a kept note of their pitch."""
    sounding: dict[int, list[Note]] = {}
    for note in sorted(kept):
        sounding.setdefault(note.pitch, []).append(note)
    fitted = []
    for note in added:
        same = sounding.get(note.pitch, [])
        place = bisect_right(same, note.start_ticks, key=lambda other: other.start_ticks)
        if any(other.end_ticks > note.start_ticks for other in same[:place]):
            continue
        end = min(note.end_ticks, same[place].start_ticks) if place < len(same) else note.end_ticks
        fitted.append(replace(note, duration_ticks=end - note.start_ticks))
    return fitted


def _chords(user: Score, understood: Understood, written: Score, changed: Region) -> tuple[ChordSymbol, ...]:
    """The user's chord symbols; over changed bars those of `written`, after which the previous chord is restated."""
    if not understood.states_chords:
        return user.chords
    to_user, end_of_notes = understood.warp.to_user, user.last_note_end_ticks
    rewritten = [
        bar
        for bar in understood.score.bars
        if any(changed.contains(part, bar.index) for part in range(len(understood.parts)))
        and _stated_over(bar, written) != _stated_over(bar, understood.score)
    ]
    if not rewritten:
        return user.chords  # exact, where a round trip through the warp may be off by one tick
    symbols = {symbol.start_ticks: symbol for symbol in user.chords}
    for bar in rewritten:
        start, end = max(0, to_user(bar.start_ticks)), to_user(bar.end_ticks)
        symbols = {tick: symbol for tick, symbol in symbols.items() if not start <= tick < end}
        inside = _stated_over(bar, written)
        moved = [replace(symbol, start_ticks=max(start, to_user(symbol.start_ticks))) for symbol in inside]
        after = _in_force(user.chords, end)
        if after is not None and end < end_of_notes:
            moved.append(replace(after, start_ticks=end))
        symbols |= {symbol.start_ticks: symbol for symbol in moved}
    ordered = [symbols[tick] for tick in sorted(symbols)]
    stated = set(user.chords)
    return tuple(
        symbol
        for symbol, before in zip(ordered, [None, *ordered], strict=False)
        if symbol in stated or before is None or symbol.chord != before.chord
    )


def _stated_over(bar: Bar, score: Score) -> list[ChordSymbol]:
    """The chord symbol in force at a bar's start, if any, and those that follow in it."""
    first = _in_force(score.chords, bar.start_ticks)
    later = [symbol for symbol in score.chords if bar.start_ticks < symbol.start_ticks < bar.end_ticks]
    return [first, *later] if first is not None else later


def _in_force(chords: tuple[ChordSymbol, ...], tick: int) -> ChordSymbol | None:
    index = bisect_right(chords, tick, key=lambda symbol: symbol.start_ticks)
    return chords[index - 1] if index else None


def _with_new_bars(score: Score, user: Score, understood: Understood, written: Score) -> Score:
    """Adds tempos, meters, keys and chords of the new bars; they replace what the file has after its notes.

    A performance keeps its clock.
    """
    last = understood.score.bars[-1].end_ticks
    end = max(written.end_ticks, written.last_note_end_ticks)
    if end <= last:
        return score
    warp, end_of_notes = understood.warp, user.last_note_end_ticks

    def joined(existing: tuple[Event, ...], new: tuple[Event, ...]) -> tuple[Event, ...]:
        kept = tuple(event for event in existing if event.start_ticks < end_of_notes)
        return kept + tuple(
            replace(event, start_ticks=warp.to_user(event.start_ticks)) for event in new if event.start_ticks >= last
        )

    performed = understood.timing == "performed"
    return replace(
        score,
        tempos=joined(score.tempos, () if performed else written.tempos),
        time_signatures=joined(score.time_signatures, () if performed else written.time_signatures),
        keys=joined(score.keys, written.keys),
        chords=joined(score.chords, written.chords if understood.states_chords else ()),
        end_ticks=max(user.end_ticks, warp.to_user(written.bars[-1].end_ticks)),
    )
