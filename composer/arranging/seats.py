"""The seats of an orchestra: the family of each part and the register in which it sounds best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from composer.presets import EnsemblePart, programs_of

_FEWEST_SEATS, _FEWEST_PLAYERS = 5, 2
_OCTAVE = 12
TENORS = {"cello": 3, "bassoon": 3, "viola": 4, "horn": 0, "trombone": 2}  # semitones that a solo may go above the register
ABOVE_BASS = 45  # their lowest pitch in a solo
# Kind and register by General MIDI program. Registers hold about the 2nd to the 97th percentile of the notes that
# 150 orchestral scores of the corpus give the instrument.
_KINDS = {
    40: ("violin", 57, 90), 41: ("viola", 52, 75), 42: ("cello", 40, 66), 43: ("bass", 28, 60), 56: ("trumpet", 57, 79),
    57: ("trombone", 46, 67), 58: ("tuba", 31, 55), 60: ("horn", 54, 77), 61: ("trombone", 46, 70), 68: ("oboe", 63, 84),
    69: ("oboe", 57, 79), 70: ("bassoon", 41, 66), 71: ("clarinet", 58, 84), 72: ("flute", 74, 98), 73: ("flute", 69, 93),
    74: ("flute", 67, 89), 75: ("flute", 67, 91), 64: ("clarinet", 56, 84), 65: ("clarinet", 52, 79), 66: ("clarinet", 48, 74),
    67: ("bassoon", 40, 66), 47: ("timpani", 40, 55), 44: ("violin", 57, 86), 45: ("violin", 57, 86),
}  # fmt: skip
_SECTIONS = range(48, 52)  # string sections and synthetic strings
_RIGHT_HAND, _PIANOS = "(right hand)", range(8)
_DIVIDED = {"viola": 2, "trombone": 3, "choir": 3, "horn": 2}  # voices of sections and groups on one staff, by kind
_BRASS_SECTION = 61
_CHORUS = ("choir", 55, 76)  # on one staff; a voice of a choir sings in its range
_LOWS = ("cello", "bass", "tuba", "bassoon")
_EUPHONIUM = "Euphonium", ("cello", 43, 67)  # its program is the trombone's; it is the tenor and second bass of a band
_ORGANS, _CONTINUO = range(16, 21), ("continuo", 36, 60)


@dataclass(frozen=True, slots=True)
class Seat:
    """A player of an orchestra, or a voice of a divided section.

    Attributes:
        index: of the part.
        kind: "violin", "oboe", "voice", "piano" and so on.
        low, high: lowest and highest pitch, inclusive, of its best register within its range.
        part: the part.
        desk: which of its voices, from the highest down.
    """

    index: int
    kind: str
    low: int
    high: int
    part: EnsemblePart
    desk: int = 0

    def holds(self, low: int, high: int) -> bool:
        """Whether all pitches from `low` to `high` are in the register."""
        return self.low <= low and high <= self.high


def seated(parts: Sequence[EnsemblePart]) -> tuple[Seat, ...]:
    """The seats of an orchestra, without drums, harps, organs and the like.

    A pianist's right hand has a seat if there are enough other seats: it may take the melody. An organ has one if nobody else
    can play the bass: it plays that line alone, as continuo.
    """
    found_kinds = [_kind_of(part) for part in parts]
    lacks_bass = not any(found and found[0] in _LOWS for found in found_kinds)
    seats = []
    for index, (part, found) in enumerate(zip(parts, found_kinds, strict=True)):
        if lacks_bass and not part.is_drum and part.program in _ORGANS:
            found = _CONTINUO
        if found:
            kind, low, high = found[0], *_within(part, *found[1:])
            voices = _DIVIDED.get(kind, 1) if _is_divided(part) else 1
            seats += [Seat(index, kind, low, high, part, desk) for desk in range(voices)]
    return tuple(seats)


def register_of(part: EnsemblePart) -> tuple[int, int]:
    """Lowest and highest pitch of the register of a part for a melody; of an instrument without a seat, of its range.

    >>> register_of(EnsemblePart("Cello", 42, low=36, high=72)), register_of(EnsemblePart("Harp", 46, low=24, high=100))
    ((45, 69), (24, 100))
    """
    if not (found := _kind_of(part)):
        return part.low, part.high
    kind, low, high = found
    return _within(part, max(low, ABOVE_BASS) if kind in TENORS else low, high + TENORS.get(kind, 0))


def _within(part: EnsemblePart, low: int, high: int) -> tuple[int, int]:
    """A register as far as it is within the range of a part; the range if less than an octave is left."""
    low, high = max(low, part.low), min(high, part.high)
    return (low, high) if high - low >= _OCTAVE else (part.low, part.high)


def is_orchestra(parts: Sequence[EnsemblePart]) -> bool:
    """Whether there are enough parts for a plan of stretches: five lines, at least two of them not sung."""
    seats = [seat for seat in seated(parts) if seat.desk == 0]
    lines = [seat for seat in seats if seat.kind not in ("piano", "timpani", "choir", "continuo")]
    players = [seat for seat in lines if seat.kind != "voice"]
    return len(lines) >= _FEWEST_SEATS and len(players) >= _FEWEST_PLAYERS


def _is_divided(part: EnsemblePart) -> bool:
    """Whether a part is a section, or several players on one staff, such as "Horns"."""
    return part.program in (*_SECTIONS, _BRASS_SECTION) or is_chorus(part) or part.name.endswith("s")


def is_chorus(part: EnsemblePart) -> bool:
    """Whether a part is a choir on one staff, which sings chords with an orchestra."""
    return part.program in programs_of("voice") and part.name.lower().startswith(("choir", "chorus"))


def _kind_of(part: EnsemblePart) -> tuple[str, int, int] | None:
    if part.is_drum:
        return None
    if is_chorus(part) and part.low <= _CHORUS[1] and part.high >= _CHORUS[2]:
        return _CHORUS
    if part.program in programs_of("voice"):
        return "voice", part.low, part.high
    if part.program in _PIANOS and part.name.endswith(_RIGHT_HAND):
        return "piano", 60, 96
    if part.program in _SECTIONS:
        return ("violin", 57, 88) if part.low >= 52 else ("viola", 48, 74)
    return _EUPHONIUM[1] if part.name.startswith(_EUPHONIUM[0]) else _KINDS.get(part.program)
