"""A performance as a MIDI file: rubato in the tempo map, notes off the grid, pedal, swells and stage positions.

Bars, meters, keys, chords and sections keep their ticks, so a DAW's grid still fits. Knows no sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Unpack

from composer.files import write_atomically
from composer.formats.midi.midi_events import MIDDLE, Controllers, pedal_changes
from composer.formats.midi.midi_score import midi_bytes
from composer.formats.provenance import Provenance
from composer.performance import Gestures, Manner, WrittenPerformance, written_performance
from composer.score import Score

_EXPRESSION = 11


def write_performed(
    score: Score,
    path: Path,
    provenance: Provenance | None = None,
    **manner: Unpack[Manner],
) -> None:
    """Performs a score (see `composer.performance.perform`) and writes the performance as MIDI.

    Raises:
        BadInputError: `expression` or `seed` is out of range, or the errors of `write_performance_midi`.
    """
    write_performance_midi(written_performance(score, **manner), path, provenance)


def write_performance_midi(performance: WrittenPerformance, path: Path, provenance: Provenance | None = None) -> None:
    """Writes a type 1 file with the sustain pedal as CC64 (released at the end), swells as CC11 and positions as CC10.

    Raises:
        BadInputError: MIDI cannot hold it (see `midi_bytes`), or the file cannot be written.
    """
    write_atomically(path, performance_midi_bytes(performance, provenance))


def performance_midi_bytes(performance: WrittenPerformance, provenance: Provenance | None = None) -> bytes:
    """The content of a performance MIDI file.

    Raises:
        BadInputError: MIDI cannot hold it (see `midi_bytes`).
    """
    return midi_bytes(performance.score, provenance, [_controls(gestures) for gestures in performance.gestures])


def _controls(gestures: Gestures) -> Controllers:
    """Gestures as controller changes."""
    swells = [(tick, _EXPRESSION, value) for tick, value in _swell_steps(gestures.swells)]
    return Controllers(round(MIDDLE + 63 * gestures.pan), (*pedal_changes(gestures.pedals), *swells))


def _swell_steps(swells: tuple[tuple[int, float], ...]) -> Iterator[tuple[int, int]]:
    """(tick, CC11 value) on straight lines between the corner points, one event per value passed."""
    if not swells:
        return
    yield swells[0][0], round(127 * swells[0][1])
    for (start, first), (end, last) in pairwise(swells):
        steps = max(1, abs(round(127 * last) - round(127 * first)))
        for step in range(1, steps + 1):
            share = step / steps
            yield round(start + (end - start) * share), round(127 * (first + (last - first) * share))
