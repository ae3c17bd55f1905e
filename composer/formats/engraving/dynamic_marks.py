"""Notated dynamics from velocities: marks shared within instrument families, and hairpins. Knows no file format."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from composer.controls import DYNAMICS
from composer.formats.engraving.staves import Player, family_runs
from composer.score import DEFAULT_VELOCITY, Score

_MARGIN = 11  # a bar within this velocity of the current dynamic keeps it
_FAMILY_MARGIN = 16  # a player within this velocity of the family's median shares its mark
_LONGEST_HAIRPIN_BARS = 4  # marks further apart get no hairpin


@dataclass(frozen=True, slots=True)
class Hairpin:
    """A crescendo or diminuendo between two ticks."""

    start: int
    end: int
    louder: bool


@dataclass(frozen=True, slots=True)
class Dynamics:
    """A player's marks as (tick, name), and hairpins."""

    marks: tuple[tuple[int, str], ...] = ()
    hairpins: tuple[Hairpin, ...] = ()


def written_dynamics(score: Score, players: Sequence[Player]) -> list[Dynamics]:
    """The dynamics of each player; none for drums, and none at all if every note has the default velocity."""
    if all(note.velocity == DEFAULT_VELOCITY for _, note in score.notes()):
        return [Dynamics()] * len(players)
    loudness = [_by_bar(score, player) for player in players]
    for first, last in family_runs(players):
        _share(loudness[first : last + 1])
    found = []
    for bars in loudness:
        marks = tuple(_marks(bars))
        found.append(Dynamics(marks, tuple(_hairpins(score, marks, bars))))
    return found


def _by_bar(score: Score, player: Player) -> dict[int, tuple[int, float]]:
    """First tick and median velocity of each bar in which a player starts a note."""
    if player.is_drum:  # drum velocities reflect ghost notes and accents, not dynamics
        return {}
    notes = sorted(note for staff in player.staves for note in staff)
    bars = ((index, list(group)) for index, group in groupby(notes, key=lambda note: score.bar_at(note.start_ticks).index))
    return {index: (bar[0].start_ticks, median(note.velocity for note in bar)) for index, bar in bars}


def _share(family: Sequence[dict[int, tuple[int, float]]]) -> None:
    """Gives players of a family with similar loudness in a bar the same loudness there."""
    for index in {index for player in family for index in player}:
        middle = median(player[index][1] for player in family if index in player)
        for player in family:
            if index in player and abs(player[index][1] - middle) <= _FAMILY_MARGIN:
                player[index] = (player[index][0], middle)


def _marks(bars: dict[int, tuple[int, float]]) -> Iterator[tuple[int, str]]:
    """A mark at the first note of each bar whose median velocity leaves the current dynamic."""
    current = ""
    for _, (tick, loudness) in sorted(bars.items()):
        nearest = nearest_dynamic(loudness)
        if nearest != current and (not current or abs(loudness - DYNAMICS[current]) > _MARGIN):
            current = nearest
            yield tick, nearest


def _hairpins(score: Score, marks: Sequence[tuple[int, str]], sounding: Collection[int]) -> Iterator[Hairpin]:
    """A hairpin in the bar before a new mark, if the previous mark is near and the player plays in that bar."""
    for (start, old), (end, new) in pairwise(marks):
        first, last = score.bar_at(start), score.bar_at(end)
        if last.index - first.index > _LONGEST_HAIRPIN_BARS or last.index - 1 not in sounding:
            continue
        begin = max(start, score.bars[max(0, last.index - 1)].start_ticks)
        if begin < end:
            yield Hairpin(begin, end, DYNAMICS[new] > DYNAMICS[old])


def nearest_dynamic(velocity: float) -> str:
    """The dynamic mark nearest to a velocity.

    >>> nearest_dynamic(72), nearest_dynamic(100)
    ('mf', 'f')
    """
    return min(DYNAMICS, key=lambda name: (abs(DYNAMICS[name] - velocity), -DYNAMICS[name]))
