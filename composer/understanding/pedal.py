"""What the sustain pedal makes of notes: they last until it is released, or until the next note takes their place.

Sound rings on to the pedal's release or the same key's next stroke (Hawthorne et al. 2018, "Onsets and Frames"); a score writes
an arpeggio under the pedal as the line that it is, no cluster of ties. So a note is also over when another one follows it
within an octave: an accompaniment keeps its figure, and a bass below it sounds to the end of the harmony.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from composer.score import TICKS_PER_QUARTER, Note, Part, Score

_VOICE = 12  # semitones within which a later note takes an earlier one's place
_TOGETHER_TICKS = TICKS_PER_QUARTER // 12  # notes of a chord begin no further apart

Spans = tuple[tuple[int, int], ...]


def sustained(score: Score) -> Score:
    """The score with its pedals in the lengths of its notes, and none beside them; notes keep their order.

    >>> harp = Part("Piano", 0, (Note(0, 36, 100), Note(0, 60, 100), Note(240, 67, 100)), pedals=((10, 960),))
    >>> [note.duration_ticks for note in sustained(Score((harp,))).parts[0].notes]
    [960, 240, 720]
    """
    if not any(part.pedals for part in score.parts):
        return score
    return replace(score, parts=tuple(_sustained(part, _pedals_of(part, score.parts)) for part in score.parts))


def _pedals_of(part: Part, parts: Sequence[Part]) -> Spans:
    """Its own pedals, or where it has none those of another part of its program: a piano's two staves share them."""
    if part.pedals or part.is_drum:
        return part.pedals
    return next((other.pedals for other in parts if other.pedals and other.program == part.program), ())


def _sustained(part: Part, pedals: Spans) -> Part:
    downs = [down for down, _ in pedals]
    notes = list(part.notes)
    for index, note in enumerate(part.notes):
        held = bisect_right(downs, note.end_ticks) - 1
        release = pedals[held][1] if held >= 0 else 0
        if release > note.end_ticks:
            end = _taken_at(note, part.notes, index + 1, release)
            notes[index] = replace(note, duration_ticks=max(note.end_ticks, end) - note.start_ticks)
    return replace(part, notes=tuple(notes), pedals=())


def _taken_at(note: Note, notes: Sequence[Note], following: int, release: int) -> int:
    """When a later note takes the place of this one, at the pedal's release at the latest."""
    for other in notes[following:]:
        if other.start_ticks >= release:
            return release
        if other.start_ticks > note.start_ticks + _TOGETHER_TICKS and abs(other.pitch - note.pitch) <= _VOICE:
            return other.start_ticks
    return release
