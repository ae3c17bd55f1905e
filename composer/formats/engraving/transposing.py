"""Transposing instruments: interval from sounding to written pitch, and written key. Knows no file format.

The tunings are those of presets/instruments.toml.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from composer.presets import instrument_of
from composer.score import Key


@dataclass(frozen=True, slots=True)
class Transposition:
    """An instrument's transposition.

    Attributes:
        tuning: the printed name of the note that sounds for a written C; empty for octaves, which players know.
        semitones: interval from written to sounding pitch, negative for instruments that sound lower.
        steps: the same interval in letters.
    """

    tuning: str
    semitones: int
    steps: int

    @property
    def is_octave(self) -> bool:
        """Whether the written note has the name of the sounding one."""
        return self.semitones % 12 == 0

    @property
    def fifths(self) -> int:
        """Fifths from the sounding to the written key."""
        return (-7 * self.semitones + 6) % 12 - 6

    def written_key(self, key: Key) -> Key:
        """The key signature of the part, with at most six accidentals unless it does not change."""
        if self.is_octave:
            return key
        fifths = key.fifths + self.fifths
        return replace(key, fifths=fifths - 12 if fifths > 6 else fifths + 12 if fifths < -6 else fifths)

    def letters(self, key: Key | None) -> int:
        """Letters from written to sounding pitch; an enharmonic signature may change them."""
        wraps = key is not None and self.written_key(key).fifths != key.fifths + self.fifths
        return self.steps - wraps


_TUNINGS = {2: ("B♭", 1), 5: ("G", 3), 7: ("F", 4), 9: ("E♭", 5)}  # by semitones lower: the note that sounds for C, and letters


def _sounding(semitones: int) -> Transposition:
    """The transposition of an instrument that sounds so many semitones above the written note."""
    octaves, lower = -(-semitones // 12), -semitones % 12
    tuning, letters = _TUNINGS[lower] if lower else ("", 0)
    return Transposition(tuning, semitones, 7 * octaves - letters)


TRANSPOSITIONS = {program: _sounding(row.sounds) for program in range(128) if (row := instrument_of(program)).sounds}


def transposition_of(program: int, name: str) -> Transposition | None:
    """The transposition of an instrument by its program (0-127) and the name of the part; `None` at concert pitch.

    >>> [(found := transposition_of(71, name)) and (found.semitones, found.steps) for name in ("Clarinet 2", "Bass Clarinet")]
    [(-2, -1), (-14, -8)]
    """
    row = instrument_of(program, name)
    return _sounding(row.sounds) if row.sounds else None
