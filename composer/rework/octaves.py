"""A melody given to another instrument: moved by whole octaves to where that can play it."""

from __future__ import annotations

from dataclasses import replace

from composer.score import Note


def fit_octave(notes: tuple[Note, ...], low: int, high: int) -> tuple[Note, ...]:
    """The notes moved by the whole octaves that bring most of them into a range, all together, the smallest move first."""

    def outside(octaves: int) -> tuple[int, int]:
        return sum(not low <= note.pitch + 12 * octaves <= high for note in notes), abs(octaves)

    possible = [n for n in range(-4, 5) if all(0 <= note.pitch + 12 * n <= 127 for note in notes)]
    best = min(possible, key=outside)
    return tuple(replace(note, pitch=note.pitch + 12 * best) for note in notes)
