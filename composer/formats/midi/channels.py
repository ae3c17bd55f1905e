"""Assigns a MIDI channel and port to each part.

Up to fifteen parts and the drums get one channel each. Beyond fifteen, parts with the same program share channels as needed,
because a channel can hold only one program. More than fifteen programs, or shared channels that would sound the same pitch
twice at once, require additional ports.
"""

from __future__ import annotations

from collections.abc import Sequence

from composer.score import Part

DRUM_CHANNEL = 9
MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)


def assign_channels(parts: Sequence[Part]) -> list[tuple[int, int]]:
    """(port, channel) of each part, both counted from 0.

    >>> assign_channels([Part("Violin", 40), Part("Drums", 0, is_drum=True), Part("Cello", 42)])
    [(0, 0), (0, 9), (0, 1)]
    """
    slots = _slots([part for part in parts if not part.is_drum])
    places = iter([(slot // 15, MELODIC_CHANNELS[slot % 15]) for slot in slots])
    return [(0, DRUM_CHANNEL) if part.is_drum else next(places) for part in parts]


def _slots(parts: Sequence[Part]) -> list[int]:
    """A slot number for each melodic part; equal numbers share a channel."""
    apart, shared = list(range(len(parts))), _shared_slots([part.program for part in parts])
    return apart if len(parts) <= 15 or _overlaps(parts, shared) else shared


def _shared_slots(programs: Sequence[int]) -> list[int]:
    """Slots, shared by parts with the same program as needed to fit fifteen; more if there are more programs."""
    distinct = len(set(programs))
    if distinct > 15:
        return list(range(len(programs)))
    spare = 15 - distinct  # channels left after one per program; the first parts that repeat a program get them
    latest: dict[int, int] = {}
    slots: list[int] = []
    opened = 0
    for program in programs:
        repeated = program in latest
        if not repeated or spare:
            spare -= repeated
            latest[program] = opened
            opened += 1
        slots.append(latest[program])
    return slots


def _overlaps(parts: Sequence[Part], slots: Sequence[int]) -> bool:
    """Whether two parts in one slot sound the same pitch at once, which a channel cannot do: the first note-off ends both."""
    spans: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for index, (part, slot) in enumerate(zip(parts, slots, strict=True)):
        for note in part.notes:
            spans.setdefault((slot, note.pitch), []).append((note.start_ticks, note.end_ticks, index))
    for found in spans.values():
        end, last = 0, -1
        for start, stop, index in sorted(found):
            if start < end and index != last:
                return True
            if stop >= end:
                end, last = stop, index
    return False


def channel_notice(parts: Sequence[Part]) -> str | None:
    """One sentence for the user if parts share channels or need more than one port, else `None`."""
    melodic = [part for part in parts if not part.is_drum]
    used = len(set(_slots(melodic)))
    if len(melodic) <= 15:
        return None
    if used <= 15:
        return f"{len(melodic)} parts share 15 MIDI channels: some parts with the same instrument play on one channel"
    return f"{len(melodic)} parts need {-(-used // 15)} MIDI ports: players that ignore ports mix up their instruments"
