"""The parts of ensembles, both shipped and of user styles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnsemblePart:
    """One part of an ensemble: name, General MIDI program (0-127), and the range asked for (MIDI pitches, inclusive).

    A range narrower than the instrument's keeps two parts of one instrument apart, such as a piano's hands.
    """

    name: str
    program: int
    is_drum: bool = False
    low: int = 0
    high: int = 127
