"""What the parts written so far sound in each bar, so that the next ones leave it room."""

from __future__ import annotations

from collections.abc import Sequence

from composer.score import Note

_TOP = 127


class Blend:
    """The lowest note of the melody and the pitches of accompanying chords, by bar."""

    def __init__(self, bar_ticks: int) -> None:
        self._ticks = bar_ticks
        self._ceilings: dict[int, int] = {}
        self._taken: dict[int, set[int]] = {}
        self._melody: dict[int, list[Note]] = {}

    def add_melody(self, notes: Sequence[Note]) -> None:
        """Adds the notes of the melody."""
        for note in notes:
            for bar in self._bars(note):
                self._melody.setdefault(bar, []).append(note)
                self._ceilings[bar] = min(note.pitch, self._ceilings.get(bar, _TOP))

    def add_chords(self, notes: Sequence[Note]) -> None:
        """Adds the notes of an accompanying part."""
        for note in notes:
            for bar in self._bars(note):
                self._taken.setdefault(bar, set()).add(note.pitch)

    def ceiling(self, bar: int) -> int:
        """The lowest note of the melody in a bar; the highest pitch there is where it rests."""
        return self._ceilings.get(bar, _TOP)

    def ceiling_between(self, start: int, end: int) -> int:
        """The lowest note of the melody in a span of ticks; the highest pitch there is where it rests."""
        bars = range(start // self._ticks, (end - 1) // self._ticks + 1)
        notes = (note for bar in bars for note in self._melody.get(bar, ()))
        return min((note.pitch for note in notes if note.start_ticks < end and start < note.end_ticks), default=_TOP)

    def taken(self, bar: int) -> frozenset[int]:
        """The pitches of accompanying parts in a bar."""
        return frozenset(self._taken.get(bar, ()))

    def _bars(self, note: Note) -> range:
        return range(note.start_ticks // self._ticks, (note.end_ticks - 1) // self._ticks + 1)
