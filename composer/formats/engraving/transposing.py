"""Transposing instruments: interval from sounding to written pitch, and written key. Knows no file format.

Source: the instruments of General MIDI in their usual tunings (N. Del Mar, "Anatomy of the Orchestra", 1981).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from composer.presets import programs_of
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


_OCTAVE_LOWER, _OCTAVE_HIGHER = Transposition("", -12, -7), Transposition("", 12, 7)
TRANSPOSITIONS = {
    8: _OCTAVE_HIGHER,  # celesta
    9: Transposition("", 24, 14),  # glockenspiel
    13: _OCTAVE_HIGHER,  # xylophone
    **dict.fromkeys(programs_of("acoustic-bass", "electric-bass"), _OCTAVE_LOWER),
    43: _OCTAVE_LOWER,  # contrabass
    56: Transposition("B♭", -2, -1),  # trumpet
    59: Transposition("B♭", -2, -1),  # muted trumpet
    60: Transposition("F", -7, -4),  # horn
    64: Transposition("B♭", -2, -1),  # soprano saxophone
    65: Transposition("E♭", -9, -5),  # alto saxophone
    66: Transposition("B♭", -14, -8),  # tenor saxophone
    67: Transposition("E♭", -21, -12),  # baritone saxophone
    69: Transposition("F", -7, -4),  # English horn
    71: Transposition("B♭", -2, -1),  # clarinet
    72: _OCTAVE_HIGHER,  # piccolo
}
