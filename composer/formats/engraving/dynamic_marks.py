"""Written dynamics from velocities: marks that families of an ensemble share, and hairpins. Knows no file format."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from composer.controls import DYNAMICS
from composer.formats.engraving.staves import Player, family_runs
from composer.score import DEFAULT_VELOCITY, Score

_MARGIN = 11  # a bar this near to the dynamic in force keeps it
_FAMILY_MARGIN = 16  # a player this near to the middle of the family shares its mark
_LONGEST_HAIRPIN_BARS = 4  # marks further apart have no hairpin between them


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
    """The dynamics of each player; none where all notes of the score have the default velocity, and none for drums."""
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
    """For each bar in which a player begins a note: the first tick, and the middle velocity."""
    if player.is_drum:  # ghost notes and accents of drums say nothing of their dynamic
        return {}
    notes = sorted(note for staff in player.staves for note in staff)
    bars = ((index, list(group)) for index, group in groupby(notes, key=lambda note: score.bar_at(note.start_ticks).index))
    return {index: (bar[0].start_ticks, median(note.velocity for note in bar)) for index, bar in bars}


def _share(family: Sequence[dict[int, tuple[int, float]]]) -> None:
    """Gives the players of a family who are nearly equally loud in a bar the same loudness there."""
    for index in {index for player in family for index in player}:
        middle = median(player[index][1] for player in family if index in player)
        for player in family:
            if index in player and abs(player[index][1] - middle) <= _FAMILY_MARGIN:
                player[index] = (player[index][0], middle)


def _marks(bars: dict[int, tuple[int, float]]) -> Iterator[tuple[int, str]]:
    """A mark at the first note of each bar whose middle velocity leaves the dynamic in force."""
    current = ""
    for _, (tick, loudness) in sorted(bars.items()):
        nearest = nearest_dynamic(loudness)
        if nearest != current and (not current or abs(loudness - DYNAMICS[current]) > _MARGIN):
            current = nearest
            yield tick, nearest


def _hairpins(score: Score, marks: Sequence[tuple[int, str]], sounding: Collection[int]) -> Iterator[Hairpin]:
    """A hairpin over the bar before a new mark, where the old one stands not far away and the player plays in that bar."""
    for (start, old), (end, new) in pairwise(marks):
        first, last = score.bar_at(start), score.bar_at(end)
        if last.index - first.index > _LONGEST_HAIRPIN_BARS or last.index - 1 not in sounding:
            continue
        begin = max(start, score.bars[max(0, last.index - 1)].start_ticks)
        if begin < end:
            yield Hairpin(begin, end, DYNAMICS[new] > DYNAMICS[old])


def nearest_dynamic(velocity: float) -> str:
    """The written dynamic nearest to a velocity.

    >>> nearest_dynamic(72), nearest_dynamic(100)
    ('mf', 'f')
    """
    return min(DYNAMICS, key=lambda name: (abs(DYNAMICS[name] - velocity), -DYNAMICS[name]))
