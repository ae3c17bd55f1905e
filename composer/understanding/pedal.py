"""The effect of the sustain pedal on notes: they last until its release, or until another note replaces them.

Sound continues until the pedal's release or the next stroke of the same key (Hawthorne et al. 2018, "Onsets and Frames"). A
score, however, notates an arpeggio under the pedal as a line, not as a cluster of ties. A note therefore also ends when
another one follows within an octave: an accompaniment keeps its figure, and a bass below it lasts to the end of the harmony.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from composer.score import TICKS_PER_QUARTER, Note, Part, Score

_VOICE = 12  # a later note within this many semitones replaces an earlier one
_TOGETHER_TICKS = TICKS_PER_QUARTER // 12  # maximum distance between the onsets of a chord

Spans = tuple[tuple[int, int], ...]


def sustained(score: Score) -> Score:
    """Extends notes by the sustain pedal, and removes the pedal events; notes keep their order.

    >>> harp = Part("Piano", 0, (Note(0, 36, 100), Note(0, 60, 100), Note(240, 67, 100)), pedals=((10, 960),))
    >>> [note.duration_ticks for note in sustained(Score((harp,))).parts[0].notes]
    [960, 240, 720]
    """
    if not score.is_pedaled:
        return score
    return replace(score, parts=tuple(_sustained(part, _pedals_of(part, score.parts)) for part in score.parts))


def _pedals_of(part: Part, parts: Sequence[Part]) -> Spans:
    """The part's pedals, else those of another part with its program: the two staves of a piano share them."""
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
    """When a later note replaces this one, at the latest when the pedal is released."""
    for other in notes[following:]:
        if other.start_ticks >= release:
            return release
        if other.start_ticks > note.start_ticks + _TOGETHER_TICKS and abs(other.pitch - note.pitch) <= _VOICE:
            return other.start_ticks
    return release
