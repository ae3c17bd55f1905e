"""Drum notation on a five-line staff: position, notehead and name of each General MIDI percussion key.

Source: N. Weinberg, "Guide to Standardized Drumset Notation" (1998); names from "General MIDI System Level 1".
"""

from __future__ import annotations

from dataclasses import dataclass

_NAMES = (
    "Acoustic Bass Drum", "Bass Drum 1", "Side Stick", "Acoustic Snare", "Hand Clap", "Electric Snare", "Low Floor Tom",
    "Closed Hi-Hat", "High Floor Tom", "Pedal Hi-Hat", "Low Tom", "Open Hi-Hat", "Low-Mid Tom", "Hi-Mid Tom",
    "Crash Cymbal 1", "High Tom", "Ride Cymbal 1", "Chinese Cymbal", "Ride Bell", "Tambourine", "Splash Cymbal", "Cowbell",
    "Crash Cymbal 2", "Vibraslap", "Ride Cymbal 2", "Hi Bongo", "Low Bongo", "Mute Hi Conga", "Open Hi Conga", "Low Conga",
    "High Timbale", "Low Timbale", "High Agogo", "Low Agogo", "Cabasa", "Maracas", "Short Whistle", "Long Whistle",
    "Short Guiro", "Long Guiro", "Claves", "Hi Wood Block", "Low Wood Block", "Mute Cuica", "Open Cuica", "Mute Triangle",
    "Open Triangle",
)  # fmt: skip
_FIRST_KEY = 35


@dataclass(frozen=True, slots=True)
class DrumPlace:
    """A drum's name, its display pitch as if in treble clef, and its notehead."""

    name: str
    step: str = "C"
    octave: int = 5
    head: str = "normal"


_PLACES = {
    35: ("F", 4, "normal"), 36: ("F", 4, "normal"), 37: ("C", 5, "x"), 38: ("C", 5, "normal"), 40: ("C", 5, "normal"),
    39: ("C", 5, "x"), 41: ("G", 4, "normal"), 43: ("A", 4, "normal"), 45: ("B", 4, "normal"), 47: ("D", 5, "normal"),
    48: ("E", 5, "normal"), 50: ("F", 5, "normal"), 42: ("G", 5, "x"), 44: ("D", 4, "x"), 46: ("G", 5, "circle-x"),
    49: ("A", 5, "x"), 57: ("B", 5, "x"), 55: ("C", 6, "x"), 52: ("B", 5, "x"), 51: ("F", 5, "x"), 59: ("F", 5, "x"),
    53: ("F", 5, "diamond"), 54: ("E", 5, "x"), 56: ("E", 5, "triangle"),
}  # fmt: skip


def _place(key: int) -> DrumPlace:
    """A key's place; keys without a standard place share the snare's position with an x notehead."""
    index = key - _FIRST_KEY
    name = _NAMES[index] if 0 <= index < len(_NAMES) else f"Percussion {key}"
    return DrumPlace(name, *_PLACES.get(key, ("C", 5, "x")))


DRUM_STAFF: tuple[DrumPlace, ...] = tuple(_place(key) for key in range(128))


def pitch_at(step: str, octave: int) -> int:
    """The most common key at a staff position; the snare if there is none.

    >>> pitch_at("F", 4), pitch_at("E", 3)
    (36, 38)
    """
    preferred = (36, 38, 42, 49, 51, 44, 43, 45, 47, 48, 50)
    return next((key for key in preferred if (DRUM_STAFF[key].step, DRUM_STAFF[key].octave) == (step, octave)), 38)
