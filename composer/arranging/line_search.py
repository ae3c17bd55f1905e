"""Pitches for the rhythm of a melody: the best line over its chords, by beam search.

The rules are those by which melodies of many traditions agree (Huron, *Sweet Anticipation*, 2006): small intervals, a step back
after a leap, arched phrases. Strong and long notes are chord tones; others pass by step.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_OCTAVE = 12
_BEAM = 28  # number of lines that are followed
_NEVER = 60.0
# Cost of an interval by its size in semitones. A tritone and sevenths are hard to sing.
_SIZES = (1.0, 0.1, 0.0, 0.5, 0.5, 0.7, 3.5, 1.0, 1.7, 1.9, 5.0, 7.0, 2.2)
_SKIP = 3  # semitones from which an interval is cheaper in a melody that leaps
_FAR = 12.0
_LEAP = 5  # semitones from which an interval is a leap
_AIM, _AIM_RESTING = 0.16, 0.3  # cost of each semitone away from the aim
_JITTER = 1.3


@dataclass(frozen=True, slots=True)
class Place:
    """A note whose pitch is to be found.

    Attributes:
        tones: pitch classes of the chord on which the line may rest.
        chord: all pitch classes of the chord.
        scale: pitch classes through which the line may pass.
        rests: whether the note is a chord tone: on a strong beat, or long.
        aim: pitch to which the line tends.
        move: steps of the scale from the note before, where a motif returns; `None` where the line is free.
        chromatic: whether it may be a half step below the next note and outside the scale.
    """

    tones: frozenset[int]
    chord: frozenset[int]
    scale: frozenset[int]
    rests: bool
    aim: float
    move: int | None = None
    chromatic: bool = False


def find_line(
    places: Sequence[Place],
    low: int,
    high: int,
    before: Sequence[int],
    leap: float,
    chance: random.Random,
    against: Callable[[int, int | None, int], float] | None = None,
) -> list[int]:
    """The pitches of a line.

    Args:
        places: its notes.
        low, high: lowest and highest pitch, inclusive.
        before: pitches before it, the last two of which matter.
        leap: from 0 to 1, how readily the line leaps.
        chance: draws small costs, so that seeds differ.
        against: cost of a pitch beside other voices, by the number of the note, the pitch before it and its pitch.
    """
    given = len(before)
    paths: list[tuple[float, tuple[int, ...]]] = [(0.0, tuple(before))]
    for number, place in enumerate(places):
        previous = places[number - 1] if number else None
        last = number == len(places) - 1
        options = [(pitch, _JITTER * chance.random() + _own_cost(place, pitch, last)) for pitch in _options(place, low, high)]
        grown = [
            (
                cost
                + own
                + _move_cost(path, pitch, place, previous, leap, number > 0)
                + (against(number, path[-1] if path else None, pitch) if against else 0.0),
                (*path, pitch),
            )
            for cost, path in paths
            for pitch, own in options
        ]
        paths = _best(grown)
    return list(paths[0][1][given:]) if paths else []


def _options(place: Place, low: int, high: int) -> list[int]:
    allowed = place.tones if place.rests else place.scale
    found = [pitch for pitch in range(low, high + 1) if pitch % _OCTAVE in allowed or (place.chromatic and not place.rests)]
    return found or [round(place.aim)]


def _own_cost(place: Place, pitch: int, last: bool) -> float:
    """Cost of a pitch by itself: its distance from the aim, and whether it belongs to the chord and the scale."""
    cost = (_AIM_RESTING if place.rests else _AIM) * abs(pitch - place.aim)
    pitch_class = pitch % _OCTAVE
    if pitch_class not in place.chord:
        cost += 0.5 + 20.0 * last + 1.4 * (pitch_class not in place.scale)
        cost += 1.0 * ((pitch_class - 1) % _OCTAVE in place.chord) + 0.3 * ((pitch_class + 1) % _OCTAVE in place.chord)
    elif pitch_class not in place.tones:
        cost += 0.8
    return cost


def _move_cost(path: tuple[int, ...], pitch: int, place: Place, previous: Place | None, leap: float, inside: bool) -> float:
    """Cost of going to a pitch after a path."""
    if not path:
        return 0.0
    last, move = path[-1], pitch - path[-1]
    size = abs(move)
    cost = _SIZES[size] if size <= _OCTAVE else _FAR
    cost *= 1.2 - 1.5 * leap if size >= _SKIP else 1.0
    if not inside:
        cost *= 0.6  # a rest is between the phrases
    if len(path) > 1:
        turn = last - path[-2]
        if abs(turn) >= _LEAP:
            cost += 1.8 if move * turn > 0 and size > 2 else 0.5 if move * turn >= 0 else 0.0
        cost += 2.2 * (turn == 0 == move) + 0.9 * (pitch == path[-2] != last)
    if len(path) > 2 and pitch == path[-2] and last == path[-3]:
        cost += 3.0  # two notes in turn
    if len(path) > 3 and len({*path[-4:], pitch}) < 3:
        cost += 2.5  # around two notes
    if previous is not None:
        cost += _left(last, move, previous)
    if place.move is not None:
        cost += 0.9 * min(4, abs(_degree(pitch, place.scale) - _degree(last, place.scale) - place.move))
        cost -= 1.3 * (size == 0 == place.move)
    if pitch % _OCTAVE not in place.chord and size > 4:
        cost += 2.0
    return cost


def _left(last: int, move: int, previous: Place) -> float:
    """Cost of leaving a note that is foreign to its chord other than by step, or one outside the scale other than upwards."""
    if last % _OCTAVE not in previous.scale:
        return 0.0 if move == 1 else _NEVER
    if last % _OCTAVE not in previous.chord:
        return 0.0 if 0 < abs(move) <= 2 else 7.0
    return 0.0


def _degree(pitch: int, scale: frozenset[int]) -> int:
    """Number of the scale's tones below a pitch."""
    octave, pitch_class = divmod(pitch, _OCTAVE)
    return octave * len(scale) + sum(tone < pitch_class for tone in scale)


def moves_of(pitches: Sequence[int], scales: Sequence[frozenset[int]]) -> list[int]:
    """Steps of the scale between neighboring notes, one for each note; the first is 0.

    >>> moves_of([60, 64, 62], [frozenset({0, 2, 4, 5, 7, 9, 11})] * 3), moves_of([], [])
    ([0, 2, -1], [])
    """
    steps = [0][: len(pitches)]
    for index in range(1, len(pitches)):
        scale = scales[index]
        steps.append(_degree(pitches[index], scale) - _degree(pitches[index - 1], scale))
    return steps


def _best(grown: Sequence[tuple[float, tuple[int, ...]]]) -> list[tuple[float, tuple[int, ...]]]:
    """The cheapest paths, one for each pair of last notes."""
    best: list[tuple[float, tuple[int, ...]]] = []
    ends: set[tuple[int, ...]] = set()
    for cost, path in sorted(grown):
        if path[-3:] not in ends:
            ends.add(path[-3:])
            best.append((cost, path))
            if len(best) == _BEAM:
                break
    return best
