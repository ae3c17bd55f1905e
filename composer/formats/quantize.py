"""Notes moved to a grid of note values, where a user asks for it. Knows no file format.

Swung eighths, written straight: a score whose off-beats are played late is laid on even eighths. Knows no file format.

Jazz parts write swung eighths as straight ones under the word "Swing"; played, they are the first and the third of a triplet.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from composer.errors import BadInputError
from composer.formats.midi.unisons import separate_unisons
from composer.score import TICKS_PER_QUARTER, Note, Score

_LATE, _STRAIGHT = TICKS_PER_QUARTER * 2 // 3, TICKS_PER_QUARTER // 2
_NEAR = 24  # ticks about a place in the beat
_FEWEST = 16  # late off-beats that show swing
_SHARE = 0.9  # of the onsets between beats that must be late off-beats


def is_swung(score: Score) -> bool:
    """Whether nearly all onsets between the beats come two thirds into the beat, in metres whose beat is a quarter."""
    if any(metre.beat_ticks != TICKS_PER_QUARTER for metre in score.time_signatures):
        return False
    places = Counter(note.start_ticks % TICKS_PER_QUARTER for _, note in score.notes())
    between = {place: count for place, count in places.items() if _NEAR < place < TICKS_PER_QUARTER - _NEAR}
    late = sum(count for place, count in between.items() if abs(place - _LATE) <= _NEAR)
    return late >= _FEWEST and late >= _SHARE * sum(between.values())


def straightened(score: Score) -> Score:
    """The score with each beat's first two thirds and last third made halves; events between notes stay where they are."""
    parts = (replace(part, notes=tuple(_straight_note(note) for note in part.notes)) for part in score.parts)
    return replace(score, parts=tuple(parts))


def _straight_note(note: Note) -> Note:
    start = _straight(note.start_ticks)
    return replace(note, start_ticks=start, duration_ticks=max(1, _straight(note.end_ticks) - start))


def _straight(tick: int) -> int:
    """Where a tick of a swung beat lies in a straight one.

    >>> [_straight(tick) for tick in (0, 160, 320, 400, 480)]
    [0, 120, 240, 360, 480]
    """
    beat, place = divmod(tick, TICKS_PER_QUARTER)
    if place <= _LATE:
        straight = place * _STRAIGHT / _LATE
    else:
        straight = _STRAIGHT + (place - _LATE) * (TICKS_PER_QUARTER - _STRAIGHT) / (TICKS_PER_QUARTER - _LATE)
    return beat * TICKS_PER_QUARTER + round(straight)


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
