"""Breath marks of winds, brass and voices at the ends of phrases at which they do not rest. Knows symbols, no file format.

A breath follows the longest of the notes that end on the last barline of a phrase or in the beat before it, in which an upbeat
may lead to the next phrase. Notes shorter than quarters have none, each breath has two bars or more, and a rest in the next bar
is breath enough. Notes with marks from a file have the breaths of the file only.

Source: the breath marks of E. Gould, "Behind Bars" (2011), limited to what can be inferred from notes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from composer.formats.engraving.meter import UNIT_TICKS
from composer.formats.engraving.note_lengths import NoteId
from composer.formats.engraving.rhythm import Symbol
from composer.presets import programs_of
from composer.score import BREATH, TICKS_PER_QUARTER, Bar, NoteMarks

_BREATHING = programs_of("voice", "brass", "brass-section", "saxophone", "reed", "pipe", "shawm")
_SHORTEST_TICKS = TICKS_PER_QUARTER  # of a note after which a player breathes
_FEWEST_BARS = 2  # from a rest or breath to the next breath

Voices = Sequence[Sequence[Symbol]]  # of a bar


@dataclass(slots=True)
class _Held:
    """A note or chord with its ties: start and end in ticks, and its last symbol."""

    start: int
    end: int
    last: Symbol


def mark_breaths(program: int, voices: Sequence[Voices], bars: Sequence[Bar], ends: Sequence[int]) -> None:
    """Sets the breaths of one staff, of which no file gave the marks.

    Args:
        program: General MIDI program of the player; others than winds, brass and voices get none.
        voices: those of each bar.
        bars: the printed bars.
        ends: barlines in ticks at which a phrase ends and another begins.
    """
    if program not in _BREATHING or not ends:
        return
    for line in _lines(voices, bars):
        since = line[0].start
        sustained = [note for note in line[:-1] if note.end - note.start >= _SHORTEST_TICKS and note.end <= ends[-1]]
        for index, phrase in groupby(sustained, key=lambda note: bisect_left(ends, note.end)):
            meter = bars[bisect_left(bars, ends[index], key=lambda bar: bar.end_ticks)].time_signature
            closing = [note for note in phrase if note.end >= ends[index] - meter.beat_ticks]
            longest = max(closing, key=lambda note: (note.end - note.start, note.end), default=None)
            goes_on = line[-1].end >= ends[index] + meter.bar_ticks
            if longest and goes_on and longest.end - since >= _FEWEST_BARS * meter.bar_ticks:
                longest.last.breath = True
                since = longest.end


def keep_breaths(bars: Sequence[Voices], given: Mapping[NoteId, NoteMarks]) -> None:
    """Sets the breaths that a file gave the notes of one staff: each follows the last symbol of its note.

    Args:
        bars: the voices of each bar.
        given: the marks of notes.
    """
    last = {
        (member.note.start_ticks, member.note.pitch): symbol
        for voices in bars
        for voice in voices
        for symbol in voice
        for member in symbol.members
    }
    for name, marks in given.items():
        if name in last and BREATH in marks.articulations:
            last[name].breath = True


def _lines(voices: Sequence[Voices], bars: Sequence[Bar]) -> Iterator[list[_Held]]:
    """The notes between rests, in bars with one voice."""
    line: list[_Held] = []
    for bar, in_bar in zip(bars, voices, strict=True):
        for symbol in in_bar[0] if len(in_bar) == 1 else (None,):
            if symbol is None or not symbol.members:
                if line:
                    yield line
                line = []
                continue
            start, end = (bar.start_ticks + unit * UNIT_TICKS for unit in (symbol.start, symbol.end))
            if line and (symbol.tied_from or all(member.tied_from for member in symbol.members)):
                line[-1].end, line[-1].last = end, symbol
            else:
                line.append(_Held(start, end, symbol))
    if line:
        yield line
