"""Quantization of notes to a grid on request, and straightening of swung eighths. Knows no file format."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from composer.errors import BadInputError
from composer.formats.midi.unisons import separate_unisons
from composer.score import TICKS_PER_QUARTER, Note, Score

_LATE, _STRAIGHT = TICKS_PER_QUARTER * 2 // 3, TICKS_PER_QUARTER // 2
_NEAR = 24  # ticks of tolerance around a position in the beat
_FEWEST = 16  # minimum number of late offbeats in swung music
_SHARE = 0.9  # minimum share of late offbeats among the onsets between beats


def is_swung(score: Score) -> bool:
    """Whether nearly all onsets between beats are two thirds into the beat; false unless all beats are quarter notes."""
    if any(meter.beat_ticks != TICKS_PER_QUARTER for meter in score.time_signatures):
        return False
    places = Counter(note.start_ticks % TICKS_PER_QUARTER for _, note in score.notes())
    between = {place: count for place, count in places.items() if _NEAR < place < TICKS_PER_QUARTER - _NEAR}
    late = sum(count for place, count in between.items() if abs(place - _LATE) <= _NEAR)
    return late >= _FEWEST and late >= _SHARE * sum(between.values())


def straightened(score: Score) -> Score:
    """Maps swung eighths to even ones: each beat's first two thirds become its first half. Other events do not move.

    Jazz parts notate swung eighths as even ones under the word "Swing"; played, they are the first and last third of a triplet.
    """
    parts = (replace(part, notes=tuple(_straight_note(note) for note in part.notes)) for part in score.parts)
    return replace(score, parts=tuple(parts))


def _straight_note(note: Note) -> Note:
    start = _straight(note.start_ticks)
    return replace(note, start_ticks=start, duration_ticks=max(1, _straight(note.end_ticks) - start))


def _straight(tick: int) -> int:
    """Maps a tick in swung time to straight time.

    >>> [_straight(tick) for tick in (0, 160, 320, 400, 480)]
    [0, 120, 240, 360, 480]
    """
    beat, place = divmod(tick, TICKS_PER_QUARTER)
    if place <= _LATE:
        straight = place * _STRAIGHT / _LATE
    else:
        straight = _STRAIGHT + (place - _LATE) * (TICKS_PER_QUARTER - _STRAIGHT) / (TICKS_PER_QUARTER - _LATE)
    return beat * TICKS_PER_QUARTER + round(straight)


# Grid name -> step in ticks; "t" means triplets.
GRIDS = {f"1/{n}{t}": TICKS_PER_QUARTER * 4 // n * (2 if t else 3) // 3 for n in (4, 8, 16, 32) for t in ("", "t")}


def parse_grid(text: str) -> int:
    """The step of a grid in ticks.

    Raises:
        BadInputError: the grid is not known.

    >>> parse_grid("1/16"), parse_grid("1/8t")
    (120, 160)
    """
    if text not in GRIDS:
        raise BadInputError(f"grid {text!r} is not known: choose from {', '.join(GRIDS)} (t: triplets)")
    return GRIDS[text]


def quantize(score: Score, step: int) -> Score:
    """Moves each note's start and end to the nearest multiple of `step` ticks; no note becomes shorter than a step."""

    def moved(note: Note) -> Note:
        start = round(note.start_ticks / step) * step
        return replace(note, start_ticks=start, duration_ticks=max(step, round(note.end_ticks / step) * step - start))

    return replace(
        score, parts=tuple(replace(part, notes=separate_unisons([moved(note) for note in part.notes])) for part in score.parts)
    )
