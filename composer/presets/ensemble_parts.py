"""The parts of ensembles, both shipped and of user styles."""

from __future__ import annotations

from dataclasses import dataclass

_BASSES = frozenset((*range(32, 40), 43, 58))  # acoustic, electric and synth basses, contrabass, tuba


@dataclass(frozen=True, slots=True)
class EnsemblePart:
    """One part of an ensemble: name, General MIDI program (0-127), and its range (MIDI pitches, inclusive).

    A range narrower than that of the instrument separates two parts of one instrument, such as the hands of a piano.
    """

    name: str
    program: int
    is_drum: bool = False
    low: int = 0
    high: int = 127

    @property
    def is_bass(self) -> bool:
        """Whether a bass instrument plays it.

        >>> EnsemblePart("Tuba", 58).is_bass, EnsemblePart("Cello", 42).is_bass
        (True, False)
        """
        return not self.is_drum and self.program in _BASSES
