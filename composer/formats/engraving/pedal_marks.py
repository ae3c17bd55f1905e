"""Pedal marks of pianists from the spans of the sustain pedal: where it is pressed, changed and released. Knows no file format.

A foot that comes down after the notes, and lifts for a moment where the harmony changes, is written on the beat.

Source: the pedal marks of E. Gould, "Behind Bars" (2011).
"""

from __future__ import annotations

from typing import Literal

from composer.formats.engraving.staves import Player
from composer.performance.articulation import PIANOS
from composer.score import TICKS_PER_QUARTER, Score

PedalSign = Literal["start", "change", "stop"]
_GRID_TICKS = TICKS_PER_QUARTER // 2  # marks are on eighths from the barline


def pedal_marks(player: Player, score: Score) -> tuple[tuple[int, PedalSign], ...]:
    """The pedal marks of a player as (tick, sign), in order; none for spans in which no note starts, or without a pedal.

    >>> from composer.score import Note, Part
    >>> from composer.formats.engraving.staves import seat_players
    >>> piano = Part("Piano", 0, (Note(0, 60, 960), Note(960, 62, 480)), pedals=((40, 955), (1000, 1440)))
    >>> pedal_marks(seat_players([piano])[0], Score((piano,)))
    ((0, 'start'), (960, 'change'), (1440, 'stop'))
    """
    onsets = {note.start_ticks for staff in player.staves for note in staff}
    marks: list[tuple[int, PedalSign]] = []
    for down, up in player.pedals if player.program in PIANOS and not player.is_drum else ():
        first, last = _written(down, score), _written(up, score)
        if not any(first <= onset < last for onset in onsets):
            continue
        if marks and marks[-1] == (first, "stop"):
            marks[-1] = first, "change"
        else:
            marks.append((first, "start"))
        marks.append((last, "stop"))
    return tuple(marks)


def _written(tick: int, score: Score) -> int:
    """The eighth nearest to a tick, within its bar."""
    bar = score.bar_at(tick)
    from_barline = round((tick - bar.start_ticks) / _GRID_TICKS) * _GRID_TICKS
    return bar.start_ticks + min(from_barline, bar.time_signature.bar_ticks)
