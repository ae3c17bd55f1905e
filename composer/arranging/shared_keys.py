"""Keeps the hands of a pianist off each other's keys: no key sounds in both staves of a keyboard at once.

A tone that both hands have is left out of the one that has others: of the left above its bass, else of the right below its top.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from composer.analysis.playability import KEYBOARDS, reach_of
from composer.arranging.casting import family_of
from composer.presets import EnsemblePart
from composer.score import Note

_OCTAVE = 12  # semitones


def with_free_hands(
    parts: Sequence[EnsemblePart], notes: Sequence[tuple[Note, ...]], given: Collection[int] = ()
) -> list[tuple[Note, ...]]:
    """The notes of all parts without keys that both hands of one keyboard sound at once.

    The top note of each stroke of a right hand stays as it is. A bass of the left hand on its key ends where the right hand
    strikes it; one that is struck with it or later goes an octave lower, above a bass player. Where there is no room for it,
    it is left out above a bass player, and stays if it is the bass of the piece.

    Args:
        parts: of the plan; a left hand follows its right hand.
        notes: of each part, in the plan's key.
        given: parts that stay as they are.
    """
    found = list(notes)
    basses = [note for part, played in zip(parts, notes, strict=True) if part.is_bass for note in played]
    for index, part in enumerate(parts):
        is_hand = part.program in KEYBOARDS and family_of(part) == "left"
        if is_hand and index and parts[index - 1].program == part.program:
            right, left = found[index - 1], found[index]
            kept = left if index in given else _without_doubled(left, right)
            if index - 1 not in given:
                right = found[index - 1] = _below_tops(right, kept)
            found[index] = kept if index in given else _giving_way(kept, right, basses, part)
    return found


def _without_doubled(left: Sequence[Note], right: Sequence[Note]) -> tuple[Note, ...]:
    """The notes of a left hand; those above its bass have their keys alone."""
    return tuple(note for note in left if _is_bass(note, left) or not _on_key(note, right))


def _below_tops(right: Sequence[Note], left: Sequence[Note]) -> tuple[Note, ...]:
    """The notes of a right hand; those below the top of their stroke have their keys alone."""
    tops = Counter[int]()
    for note in right:
        tops[note.start_ticks] = max(tops[note.start_ticks], note.pitch)
    return tuple(note for note in right if note.pitch == tops[note.start_ticks] or not _on_key(note, left))


def _giving_way(left: Sequence[Note], right: Sequence[Note], basses: Sequence[Note], part: EnsemblePart) -> tuple[Note, ...]:
    """The notes of a left hand, whose basses give way to notes of the right hand on their keys."""
    found = list[Note]()
    for note in left:
        first = min((other.start_ticks for other in _on_key(note, right)), default=note.end_ticks)
        if first > note.start_ticks:
            found.append(replace(note, duration_ticks=first - note.start_ticks))
            continue
        lower, below = replace(note, pitch=note.pitch - _OCTAVE), _sounding(note, basses)
        together = [other.pitch for other in _sounding(note, left)]
        reached = part.low <= lower.pitch and max(together) - lower.pitch <= reach_of(part.program).span
        if reached and lower.pitch not in together and all(bass.pitch < lower.pitch for bass in below):
            found.append(lower)
        elif not below:
            found.append(note)
    return tuple(sorted(found))


def _is_bass(note: Note, left: Sequence[Note]) -> bool:
    """Whether no lower note of a left hand sounds where a note of it is struck."""
    return not any(other.pitch < note.pitch and other.start_ticks <= note.start_ticks < other.end_ticks for other in left)


def _on_key(note: Note, hand: Sequence[Note]) -> list[Note]:
    """The notes of the other hand that sound on the key of a note while it does."""
    return [other for other in _sounding(note, hand) if other.pitch == note.pitch]


def _sounding(note: Note, others: Sequence[Note]) -> list[Note]:
    """The notes that sound while a note does."""
    return [other for other in others if note.start_ticks < other.end_ticks and other.start_ticks < note.end_ticks]
