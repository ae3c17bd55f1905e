"""Playability: whether a part's notes lie in its instrument's range, and in a pianist's hands.

Ranges are those of `presets/instruments.toml` (Adler 2002, Blatter 1997). Nothing here knows fingerings, breath, bowing, or how
hard a passage is at its tempo.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from composer.analysis.arrays import ScoreArrays, score_arrays
from composer.presets import Instrument, instruments
from composer.score import Score

HAND_SPAN = 14  # semitones (a ninth) that most hands reach; wider chords are rolled or split
HAND_FINGERS = 5
_KEYBOARDS = range(8)  # programs of pianos, harpsichord and clavinet
_MONOPHONIC = (*range(56, 61), *range(64, 80))  # solo brass, reeds and pipes: one note at a time


@dataclass(frozen=True, slots=True)
class PartPlayability:
    """One part's findings.

    Attributes:
        part: its index.
        instrument: title of its instrument; "Drums" for drums.
        lowest: lowest MIDI pitch, `None` without notes.
        highest: highest MIDI pitch.
        outside: share of notes outside the instrument's range, 0..1.
        most_at_once: most notes that start together.
        unplayable_chords: share of onsets that no player manages alone: several notes on a wind instrument, or more than five
            notes or a ninth in one hand on a keyboard (two hands where the part is the only keyboard, else one a staff).
    """

    part: int
    instrument: str
    lowest: int | None
    highest: int | None
    outside: float
    most_at_once: int
    unplayable_chords: float


@lru_cache(maxsize=1)
def instruments_by_program() -> dict[int, Instrument]:
    """Every General MIDI instrument with its range, by program 0-127.

    >>> flute = instruments_by_program()[73]
    >>> flute.title, flute.low <= 60 < flute.high
    ('Flute', True)
    """
    return {instrument.program: instrument for instrument in instruments().values()}


def measure_playability(score: Score | ScoreArrays) -> tuple[PartPlayability, ...]:
    """Findings for every part. Drums have no range.

    >>> from composer.score import Note, Part, Score
    >>> low_flute = Part("Flute", 73, (Note(0, 40, 480), Note(480, 72, 480)))
    >>> found, = measure_playability(Score((low_flute,)))
    >>> found.outside, found.unplayable_chords
    (0.5, 0.0)
    """
    arrays = score_arrays(score)
    keyboards = sum(part.program in _KEYBOARDS and not part.is_drum for part in arrays.score.parts)
    return tuple(_measure_part(arrays, index, hands=2 if keyboards == 1 else 1) for index in range(len(arrays.score.parts)))


def _measure_part(arrays: ScoreArrays, index: int, *, hands: int) -> PartPlayability:
    part = arrays.score.parts[index]
    table = arrays.drums if part.is_drum else arrays.notes
    mine = table.part == index
    pitch, start = table.pitch[mine], table.start[mine]
    title = "Drums" if part.is_drum else instruments_by_program()[part.program].title
    if not len(pitch):
        return PartPlayability(index, title, None, None, 0.0, 0, 0.0)
    _, first, count = np.unique(start, return_index=True, return_counts=True)
    chords = np.split(pitch, first[1:])
    outside = 0.0
    if not part.is_drum:
        instrument = instruments_by_program()[part.program]
        outside = float(((pitch < instrument.low) | (pitch > instrument.high)).mean())
    bad = sum(not _is_playable(chord.tolist(), part.program, hands) for chord in chords) if not part.is_drum else 0
    return PartPlayability(index, title, int(pitch.min()), int(pitch.max()), outside, int(count.max()), bad / len(chords))


def _is_playable(chord: list[int], program: int, hands: int) -> bool:
    """Whether one player can strike these pitches (ascending) together."""
    if program in _MONOPHONIC:
        return len(chord) == 1
    if program not in _KEYBOARDS:
        return True
    splits = range(len(chord) + 1) if hands == 2 else (0,)
    return any(_fits_hand(chord[:split]) and _fits_hand(chord[split:]) for split in splits)


def _fits_hand(chord: list[int]) -> bool:
    return not chord or (len(chord) <= HAND_FINGERS and chord[-1] - chord[0] <= HAND_SPAN)
