"""Small scores for the tests, in musical notation."""

from __future__ import annotations

from collections.abc import Sequence

from composer.score import Chord, Note, Part, Score, Tempo, TimeSignature


def melody(pitches: Sequence[int], ticks: int = 480, *, program: int = 73, qpm: float = 100.0, velocity: int = 72) -> Score:
    """One line of equal notes."""
    notes = tuple(Note(ticks * i, pitch, ticks, velocity) for i, pitch in enumerate(pitches))
    return Score((Part("Line", program, notes),), tempos=(Tempo(0, qpm),))


def block_chords(symbols: str, *, ticks: int = 960, meter: str = "4/4", octave: int = 60) -> Score:
    """Lead-sheet symbols as close chords with their root doubled in the bass."""
    notes = []
    for index, symbol in enumerate(symbols.split()):
        chord = Chord.parse(symbol)
        upper = sorted(octave + (pitch_class - octave) % 12 for pitch_class in chord.pitch_classes)
        notes += [Note(ticks * index, pitch, ticks) for pitch in (36 + chord.root, *upper)]
    part = Part("Organ", 19, tuple(sorted(notes)))
    return Score((part,), time_signatures=(TimeSignature.parse(meter),))
