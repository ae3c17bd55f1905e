"""A performance: notes in seconds, pedal and stage positions, part by part.

Renderers and performance MIDI files are made from a `Performance`. It knows neither bars nor ticks.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class PerformedNote:
    """One sounding note: start and end in seconds (start < end), MIDI pitch 0-127, velocity 1-127."""

    start_s: float
    end_s: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class PerformedPart:
    """One performed part.

    Attributes:
        name: the part's name.
        program: General MIDI program, 0-127.
        notes: in order of start; notes of equal pitch never overlap.
        is_drum: whether pitches are General MIDI percussion keys.
        pan: stereo position, -1 (left) to 1 (right).
        distance: 0 (front of the stage) to 1 (back); determines the amount of reverb.
        pedals: sustain pedal spans as (down_s, up_s), in order and without overlap.
        volume: channel volume, 0-1; the amplitude is its square.
        swells: loudness of held notes as (time_s, level), level 0-1, interpolated linearly; 1 before the first point.
    """

    name: str
    program: int
    notes: tuple[PerformedNote, ...]
    is_drum: bool = False
    pan: float = 0.0
    distance: float = 0.3
    volume: float = 1.0
    pedals: tuple[tuple[float, float], ...] = ()
    swells: tuple[tuple[float, float], ...] = ()

    def releases_s(self) -> list[float]:
        """When each note is released by its key or the pedal, in the order of `notes`."""
        downs = [down_s for down_s, _ in self.pedals]
        holding = (bisect_right(downs, note.end_s) - 1 for note in self.notes)
        return [
            max(note.end_s, self.pedals[index][1]) if index >= 0 else note.end_s
            for note, index in zip(self.notes, holding, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Performance:
    """A performed piece.

    Attributes:
        parts: the players.
        duration_s: the end of the last bar or of the last note, whichever is later.
        title: of the piece.
        loop_s: length of a piece that leads back to its start, in seconds; `None` if it ends.
    """

    parts: tuple[PerformedPart, ...]
    duration_s: float
    title: str = ""
    loop_s: float | None = None
