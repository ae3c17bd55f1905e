"""How long notes sound within their time: short ones (staccato) or joined ones (legato), as a user asks for the whole piece.

Drums, synthesizer pads and the last notes of a piece stay as they are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from composer.controls import LEGATO, STACCATO
from composer.presets import programs_of
from composer.score import TICKS_PER_QUARTER, Note, Part

_LONGEST_SHORT = 2 * TICKS_PER_QUARTER  # ticks; longer notes are not struck short
_SHARE_OF_SHORT, _SHORTEST = 0.5, TICKS_PER_QUARTER // 8
_WIDEST_GAP = TICKS_PER_QUARTER  # ticks up to the next note of a part that a legato note fills
_PADS = programs_of("synth-pad")


def articulated(parts: tuple[Part, ...], articulation: str | None) -> tuple[Part, ...]:
    """The parts with their notes shortened, or held up to the next ones.

    >>> from composer.controls import ARTICULATIONS
    >>> notes = (Note(0, 60, 240), Note(480, 62, 480), Note(960, 64, 480))
    >>> [[note.duration_ticks for note in articulated((Part("Flute", 73, notes),), name)[0].notes] for name in ARTICULATIONS]
    [[120, 240, 480], [480, 480, 480]]
    """
    if articulation is None:
        return parts
    end = max((note.end_ticks for part in parts for note in part.notes), default=0)
    return tuple(
        replace(part, notes=tuple(_shaped(part.notes, articulation, end))) if _is_shaped(part) else part for part in parts
    )


def sounding_share(parts: Sequence[Part]) -> float | None:
    """The mean share of the time up to the next note of a part for which notes sound; `None` without any such note."""
    shares = [
        min(1.0, note.duration_ticks / (following - note.start_ticks))
        for part in parts
        if _is_shaped(part)
        for note, following in _followed(part.notes)
        if following is not None and following - note.start_ticks <= _LONGEST_SHORT
    ]
    return sum(shares) / len(shares) if shares else None


def _is_shaped(part: Part) -> bool:
    return not part.is_drum and part.program not in _PADS


def _shaped(notes: Sequence[Note], articulation: str, end: int) -> Iterator[Note]:
    for note, following in _followed(notes):
        if note.end_ticks == end:
            yield note
        elif articulation == STACCATO and note.duration_ticks <= _LONGEST_SHORT:
            yield replace(
                note, duration_ticks=max(min(_SHORTEST, note.duration_ticks), round(_SHARE_OF_SHORT * note.duration_ticks))
            )
        elif articulation == LEGATO and following is not None and 0 < following - note.end_ticks <= _WIDEST_GAP:
            yield replace(note, duration_ticks=following - note.start_ticks)
        else:
            yield note


def _followed(notes: Sequence[Note]) -> Iterator[tuple[Note, int | None]]:
    """Each note with the tick of the next one that begins after it; `None` after the last ones."""
    starts = sorted({note.start_ticks for note in notes})
    for note in notes:
        place = bisect_right(starts, note.start_ticks)
        yield note, starts[place] if place < len(starts) else None
