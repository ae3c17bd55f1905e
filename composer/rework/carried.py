"""A user's melody in a piece that was written around it: which parts have it, and the loudness of all parts beside it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from composer.controls import FAINTEST
from composer.score import Note, Part, Score

_SOFTER = 10  # velocity
_MOST = 0.6  # share of the melody's notes in a bar with which a part has the melody there
_LEAST = 0.1  # share of the melody of a part that has some of it

Place = tuple[int, int]  # start in ticks, pitch class


@dataclass(frozen=True, slots=True)
class Carried:
    """What is left of a melody.

    Attributes:
        given: number of its notes.
        kept: number of those that a part has, in any octave.
        parts: indices of the parts that have it, the one with the most notes first.
    """

    given: int
    kept: int
    parts: tuple[int, ...]


def carried(score: Score, melody: Sequence[Note]) -> Carried:
    """Where a melody is in a score: in as few parts as have it together, each with a tenth of it at least.

    >>> tune = [Note(480 * beat, 72 + beat, 480) for beat in range(8)]
    >>> cello = Part("Cello", 42, tuple(Note(note.start_ticks, note.pitch - 24, 480) for note in tune[4:]))
    >>> carried(Score((Part("Horn", 60, (Note(0, 60, 3840),)), cello, Part("Flute", 73, tuple(tune[:4])))), tune)
    Carried(given=8, kept=8, parts=(1, 2))
    """
    found = [{_place(note) for note in notes} for notes in _carriers(score, melody)]
    left, order = {_place(note) for note in melody}, list[int]()
    least = max(1.0, _LEAST * len(left))
    while left and found:
        best = max(range(len(found)), key=lambda index: (len(found[index] & left), -index))
        if len(found[best] & left) < least:
            break
        order.append(best)
        left -= found[best]
    kept = set[Place]().union(*found)
    return Carried(len(melody), sum(_place(note) in kept for note in melody), tuple(order))


def softer(parts: Sequence[Part], melody: Sequence[Note]) -> tuple[Part, ...]:
    """The parts, on average softer than a melody by `_SOFTER` at least; their contrasts stay.

    >>> loud = Part("Piano", 0, (Note(0, 48, 480, 100), Note(480, 55, 480, 80)))
    >>> [note.velocity for note in softer([loud], [Note(0, 72, 960, 70)])[0].notes]
    [70, 50]
    >>> ghosts = Part("Drums", 0, (Note(0, 38, 120, 30), Note(480, 38, 120, 110)), is_drum=True)
    >>> [note.velocity for note in softer([ghosts], [Note(0, 72, 960, 50)])[0].notes]
    [22, 80]
    """
    over = _excess([note.velocity for part in parts for note in part.notes], melody)
    return tuple(_in_loudness(part, [note.velocity - over for note in part.notes]) for part in parts)


def in_its_dynamics(score: Score, melody: Sequence[Note]) -> Score:
    """A score in which a melody is as loud as it was given; all else follows it from bar to bar, and pitched parts stay softer.

    Args:
        score: with the melody in any parts and octaves, at its ticks.
        melody: as given.
    """
    starts, given = [bar.start_ticks for bar in score.bars], {_place(note): note.velocity for note in melody}
    tune = _carriers(score, melody)
    ratios: dict[int, list[float]] = {}
    for note in (note for notes in tune for note in notes):
        ratios.setdefault(bisect_right(starts, note.start_ticks), []).append(given[_place(note)] / note.velocity)
    if not ratios:
        return score
    by_bar = {bar: fmean(each) for bar, each in ratios.items()}

    def followed(note: Note) -> float:
        bar = bisect_right(starts, note.start_ticks)
        return note.velocity * by_bar[min(by_bar, key=lambda other: (abs(other - bar), other))]

    pitched = [(part, notes) for part, notes in zip(score.parts, tune, strict=True) if not part.is_drum]
    beside = [followed(note) for part, notes in pitched for note in part.notes if note not in notes]
    over = _excess(beside, melody)

    def loudness(part: Part, notes: Collection[Note]) -> list[float]:
        below = 0.0 if part.is_drum else over
        return [given[_place(note)] if note in notes else followed(note) - below for note in part.notes]

    parts = (_in_loudness(part, loudness(part, notes)) for part, notes in zip(score.parts, tune, strict=True))
    return replace(score, parts=tuple(parts))


def _carriers(score: Score, melody: Sequence[Note]) -> list[set[Note]]:
    """By part, its notes of a melody in bars in which it has most of them, as the highest at their onsets."""
    starts = [bar.start_ticks for bar in score.bars]

    def by_bar(notes: Iterable[Note]) -> defaultdict[int, list[Note]]:
        found = defaultdict[int, list[Note]](list)
        for note in notes:
            found[bisect_right(starts, note.start_ticks)].append(note)
        return found

    places = {_place(note) for note in melody}
    needed = {bar: _MOST * len(notes) for bar, notes in by_bar(melody).items()}
    carriers = []
    for part in score.parts:
        own = by_bar(note for note in _tops(part) if _place(note) in places)
        carriers.append({note for bar, notes in own.items() if len(notes) >= needed[bar] for note in notes})
    return carriers


def _excess(velocities: Collection[float], melody: Sequence[Note]) -> int:
    """How much too loud an accompaniment is beside a melody, in velocity; 0 or more."""
    if not velocities:
        return 0
    return max(0, round(fmean(velocities) + _SOFTER - fmean(note.velocity for note in melody)))


def _place(note: Note) -> Place:
    return note.start_ticks, note.pitch % 12


def _tops(part: Part) -> Iterable[Note]:
    """The highest note at each onset of a part; none of drums."""
    tops: dict[int, Note] = {}
    for note in () if part.is_drum else part.notes:
        tops[note.start_ticks] = max(note, tops.get(note.start_ticks, note))
    return tops.values()


def _in_loudness(part: Part, velocities: Iterable[float]) -> Part:
    """A part whose notes have these velocities, moved into 1 to 127; the ghost notes of drums stay audible."""
    least = FAINTEST if part.is_drum else 1
    levels = (min(127, max(least, round(velocity))) for velocity in velocities)
    return replace(part, notes=tuple(replace(note, velocity=level) for note, level in zip(part.notes, levels, strict=True)))
