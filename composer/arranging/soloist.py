"""What the only player of a piece, who has the melody, plays below it, as far as the fingers reach. Knows no styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, islice

from composer.analysis.playability import KEYBOARDS, Reach, reach_of
from composer.presets import EnsemblePart
from composer.score import Note

_OCTAVE = 12
_HAND = 0  # program of a pianist's left hand, in whose figures such players accompany themselves


def as_left_hand(part: EnsemblePart) -> EnsemblePart:
    """The player as a pianist's left hand, with the range of the instrument."""
    return replace(part, name=f"{part.name} (left hand)", program=_HAND)


def within_fingers(notes: Sequence[Note], tune: Sequence[Note], part: EnsemblePart) -> list[Note]:
    """Notes below a melody that its player can play, too.

    Of each stroke, the bass comes first, in another octave where that helps, then the others from the highest down; what the
    fingers do not reach beside the melody is left out, and notes end where the melody moves out of reach. A keyboard has
    another hand for them.

    Args:
        notes: of the accompaniment, none held into the next stroke.
        tune: the melody.
        part: the player.
    """
    reach = Reach() if part.program in KEYBOARDS else reach_of(part.program, part.name)
    found = list[Note]()
    for start, struck in groupby(sorted(notes), key=lambda note: note.start_ticks):
        sung = [tone.pitch for tone in tune if tone.start_ticks <= start < tone.end_ticks]
        bass, *others = struck
        chosen = list[Note]()
        for note in (bass, *reversed(others)):
            octaves = (replace(note, pitch=note.pitch + move) for move in (0, _OCTAVE, -_OCTAVE))
            chosen += islice((each for each in octaves if _fits(each, chosen, sung, part, reach)), 1)
        found += [_until_out_of_reach(note, tune, reach) for note in chosen]
    return found


def _fits(note: Note, chosen: Sequence[Note], sung: Sequence[int], part: EnsemblePart, reach: Reach) -> bool:
    """Whether a note can be struck with others below a melody."""
    pitches = {*sung, *(other.pitch for other in chosen)}
    is_free = note.pitch not in pitches and part.low <= note.pitch < min(sung, default=part.high + 1)
    return is_free and reach.allows(sorted({*pitches, note.pitch}))


def _until_out_of_reach(note: Note, tune: Sequence[Note], reach: Reach) -> Note:
    """A note that ends where a note of the melody begins that cannot be played with it."""
    later = (tone for tone in tune if note.start_ticks < tone.start_ticks < note.end_ticks)
    lost = (tone.start_ticks for tone in later if tone.pitch <= note.pitch or not reach.allows((note.pitch, tone.pitch)))
    end = next(lost, note.end_ticks)
    return replace(note, duration_ticks=end - note.start_ticks)
