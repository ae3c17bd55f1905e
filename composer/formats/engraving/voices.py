"""Sorts a staff's notes, bar by bar, into voices: lines of chords that do not overlap.

Notes that start and end together share a stem. Overlapping notes go to different voices, ordered by pitch. Works in ticks
from the start of the bar; knows no note values.

Source: the contig idea of E. Chew and X. Wu, "Separating Voices in Polyphonic Music" (2004), reduced to one bar at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from composer.score import Bar, Note

MAX_VOICES = 4
_LEGATO_TICKS = 30  # an overlap this short is legato, not a second voice


@dataclass(frozen=True, slots=True)
class Sounding:
    """A note within a bar, and whether it continues from the previous bar or into the next."""

    note: Note
    tied_from: bool
    tied_to: bool


@dataclass(slots=True)
class Block:
    """Notes on one stem; `start` and `end` in ticks from the start of the bar."""

    start: int
    end: int
    members: list[Sounding]

    @property
    def pitch(self) -> float:
        """Midpoint of its highest and lowest pitch."""
        pitches = [member.note.pitch for member in self.members]
        return (max(pitches) + min(pitches)) / 2


def cut_into_bars(notes: Iterable[Note], bars: Sequence[Bar]) -> list[list[Block]]:
    """Blocks of each bar in order of start, highest first; notes across barlines occur in each bar in which they sound."""
    blocks: list[dict[tuple[int, int], Block]] = [{} for _ in bars]
    index = 0
    for note in sorted(notes):
        while index + 1 < len(bars) and bars[index].end_ticks <= note.start_ticks:
            index += 1
        for i in range(index, len(bars)):
            bar = bars[i]
            start, end = max(note.start_ticks, bar.start_ticks), min(note.end_ticks, bar.end_ticks)
            if start >= end:
                break
            place = (start - bar.start_ticks, end - bar.start_ticks)
            member = Sounding(note, note.start_ticks < bar.start_ticks, note.end_ticks > bar.end_ticks)
            blocks[i].setdefault(place, Block(*place, [])).members.append(member)
    return [sorted(found.values(), key=lambda block: (block.start, -block.pitch)) for found in blocks]


def separate(blocks: Sequence[Block], cut: set[Note]) -> list[list[Block]]:
    """Voices of one bar, highest first; at least one, at most `MAX_VOICES`.

    Args:
        blocks: the bar's blocks in order.
        cut: notes that ended early in a previous bar for lack of a voice and must not continue; extended here.
    """
    voices: list[list[Block]] = []
    for block in blocks:
        block.members = [member for member in block.members if not (member.tied_from and member.note in cut)]
        if not block.members:
            continue
        free = [voice for voice in voices if voice[-1].end <= block.start + _LEGATO_TICKS and voice[-1].start < block.start]
        if free:
            voice = min(free, key=lambda voice: abs(voice[-1].pitch - block.pitch))
            voice[-1].end = min(voice[-1].end, block.start)
            voice.append(block)
        elif len(voices) < MAX_VOICES:
            voices.append([block])
        else:
            cut |= _squeeze(voices, block)
    voices.sort(key=lambda voice: -sum(block.pitch for block in voice) / len(voice))
    return voices or [[]]


def _squeeze(voices: list[list[Block]], block: Block) -> set[Note]:
    """Makes room when all voices sound: on the stem of a block with the same start, else by ending the first to end.

    Returns the notes that no longer continue into the next bar.
    """
    together = [voice[-1] for voice in voices if voice[-1].start == block.start]
    if together:
        host = min(together, key=lambda other: abs(other.end - block.end))
        shortened = block.members if host.end < block.end else []
        host.members += _ended(block.members) if shortened else block.members
        return {member.note for member in shortened if member.tied_to}
    voice = min(voices, key=lambda voice: voice[-1].end)
    last = voice[-1]
    shortened = last.members
    last.end, last.members = block.start, _ended(shortened)
    voice.append(block)
    return {member.note for member in shortened if member.tied_to}


def _ended(members: Iterable[Sounding]) -> list[Sounding]:
    """The same notes, none continuing into the next bar."""
    return [Sounding(member.note, member.tied_from, False) for member in members]
