"""Notes moved to a grid of note values, where a user asks for it. Knows no file format."""

from __future__ import annotations

from dataclasses import replace

from composer.errors import BadInputError
from composer.formats.unisons import separate_unisons
from composer.score import TICKS_PER_QUARTER, Note, Score

# Name of a grid -> its step in ticks; "t" are triplets.
GRIDS = {f"1/{n}{t}": TICKS_PER_QUARTER * 4 // n * (2 if t else 3) // 3 for n in (4, 8, 16, 32) for t in ("", "t")}


def parse_grid(text: str) -> int:
    """The step of a grid in ticks.

    Raises:
        BadInputError: it is not known.

    >>> parse_grid("1/16"), parse_grid("1/8t")
    (120, 160)
    """
    if text not in GRIDS:
        raise BadInputError(f"grid {text!r} is not known: choose from {', '.join(GRIDS)} (t: triplets)")
    return GRIDS[text]


def quantize(score: Score, step: int) -> Score:
    """The score with each note's start and end on the nearest multiple of `step` ticks, no note shorter than a step."""

    def moved(note: Note) -> Note:
        start = round(note.start_ticks / step) * step
        return replace(note, start_ticks=start, duration_ticks=max(step, round(note.end_ticks / step) * step - start))

    return replace(
        score, parts=tuple(replace(part, notes=separate_unisons([moved(note) for note in part.notes])) for part in score.parts)
    )
