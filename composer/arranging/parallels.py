"""Mends parallel fifths and octaves of a choir: an inner voice takes another tone of the chord.

The network writes one voice after the other and cannot see those that come later. Tones off the chord stay.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from composer.arranging.setting import Setting
from composer.score import Note

_OCTAVE = 12
PERFECT, SHARP = (0, 7), (1, 11)  # intervals that do not move in parallel, and that clash, in semitones
_LEAP = 7  # semitones to the notes before and after the new tone at most
_THIRDS = (3, 4)


@dataclass
class Voices:
    """The voices of a choir, one note at a time each.

    Attributes:
        setting: the piece with its chords.
        lines: the notes of each voice, in order.
        free: bars of each voice whose notes may change.
        ranges: lowest and highest pitch of each voice.
    """

    setting: Setting
    lines: list[list[Note]]
    free: Sequence[Collection[int]]
    ranges: Sequence[tuple[int, int]]

    def mend(self) -> None:
        """Changes notes that move in parallel with another voice where another tone of the chord does not."""
        for tick in sorted({note.start_ticks for line in self.lines for note in line}):
            for voice in range(len(self.lines)):
                if self._at(voice, tick) is not None and self._parallel(voice, tick):
                    self._change(voice, tick)

    def _change(self, voice: int, tick: int) -> None:
        place = self._place(voice, tick)
        note, line = self.lines[voice][place], self.lines[voice]
        bar, ticks = tick // self.setting.plan.meter.bar_ticks, self.setting.plan.meter.bar_ticks
        chord = self.setting.bars[min(bar, len(self.setting.bars) - 1)].chord_at(tick % ticks)
        others = [each.pitch for other in self.lines if other is not line for each in other if overlap(each, note)]
        is_third = (note.pitch - chord.root) % _OCTAVE in _THIRDS
        if bar not in self.free[voice] or note.pitch % _OCTAVE not in chord.pitch_classes:
            return
        if is_third and not any((pitch - note.pitch) % _OCTAVE == 0 for pitch in others):
            return
        near = [other.pitch for other in (*line[max(0, place - 1) : place], *line[place + 1 : place + 2])]
        low, high = self.ranges[voice]
        tones = [pitch for pitch in range(low, high + 1) if pitch % _OCTAVE in chord.pitch_classes and pitch != note.pitch]
        for pitch in sorted(tones, key=lambda pitch: (abs(pitch - note.pitch), pitch)):
            if any(abs(pitch - other) > _LEAP for other in near) or not self._fits(pitch, note, others):
                continue
            line[place] = replace(note, pitch=pitch)
            following = line[place + 1].start_ticks if place + 1 < len(line) else None
            if not self._parallel(voice, tick) and (following is None or not self._parallel(voice, following)):
                return
            line[place] = note

    def _fits(self, pitch: int, note: Note, others: Sequence[int]) -> bool:
        """Whether a pitch is on the same side of the other voices as a note, and clashes with none."""
        return all((pitch - other) * (note.pitch - other) >= 0 and (pitch - other) % _OCTAVE not in SHARP for other in others)

    def _parallel(self, voice: int, tick: int) -> bool:
        """Whether a voice moves in parallel fifths or octaves with another one at a tick."""
        mine = self._move(voice, tick)
        theirs = (self._move(other, tick) for other in range(len(self.lines)) if other != voice)
        return mine is not None and any(
            abs(mine[0] - move[0]) % _OCTAVE == abs(mine[1] - move[1]) % _OCTAVE in PERFECT
            for move in theirs
            if move is not None
        )

    def _move(self, voice: int, tick: int) -> tuple[int, int] | None:
        """The pitches from and to which a voice moves at a tick; `None` if it does not."""
        now, before = self._at(voice, tick), self._sounding(voice, tick - 1)
        return None if now is None or before is None or now == before else (before, now)

    def _place(self, voice: int, tick: int) -> int:
        return bisect_right(self.lines[voice], tick, key=lambda note: note.start_ticks) - 1

    def _at(self, voice: int, tick: int) -> int | None:
        """The pitch that a voice strikes at a tick."""
        place = self._place(voice, tick)
        note = self.lines[voice][place] if place >= 0 else None
        return note.pitch if note is not None and note.start_ticks == tick else None

    def _sounding(self, voice: int, tick: int) -> int | None:
        """The pitch that a voice has at a tick."""
        place = self._place(voice, tick)
        note = self.lines[voice][place] if place >= 0 else None
        return note.pitch if note is not None and note.end_ticks > tick else None


def overlap(one: Note, other: Note) -> bool:
    """Whether two notes sound at the same time."""
    return one.start_ticks < other.end_ticks and other.start_ticks < one.end_ticks
