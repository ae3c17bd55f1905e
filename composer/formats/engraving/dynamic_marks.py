"""Notated dynamics from velocities: marks shared within instrument families, and hairpins. Knows no file format."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from composer.controls import DYNAMICS
from composer.formats.engraving.staves import Player, family_runs
from composer.performance.note_table import phrase_bounds
from composer.presets import programs_of
from composer.score import DEFAULT_VELOCITY, TICKS_PER_QUARTER, Score

# What a new mark costs, in velocity times bars that the marks in force differ from the notes: little where a phrase begins.
_AT_PHRASE, _WITHIN_PHRASE = 12.0, 60.0
_LEAST_SLOPE = 3.0  # velocity per bar of a crescendo or diminuendo
# A player within this velocity of the family's median shares its mark; singers of a choir balance themselves.
_FAMILY_MARGIN, _CHOIR_MARGIN = 16, 48
_VOICES = programs_of("voice")
_LEAST_REST_TICKS = TICKS_PER_QUARTER  # shorter rests do not interrupt a hairpin
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
    """The dynamics of each player; none for drums, and none at all if every note has the default velocity.

    Marks follow phrases and sections; a change within a phrase must be large or lasting. Accents on hit points do not count.
    """
    if all(note.velocity == DEFAULT_VELOCITY for _, note in score.notes()):
        return [Dynamics()] * len(players)
    loudness = [_by_bar(score, player) for player in players]
    for first, last in family_runs(players):
        choir = players[first].program in _VOICES
        _share(loudness[first : last + 1], _CHOIR_MARGIN if choir else _FAMILY_MARGIN)
    starts = {score.bar_at(tick).index for tick in phrase_bounds(score)[:-1].tolist()}
    found = []
    for player, bars in zip(players, loudness, strict=True):
        marks = _marks(bars, starts)
        printed = tuple((bars[bar][0], mark) for bar, mark in marks)
        played = _phrases(player) if len(marks) > 1 else []
        found.append(Dynamics(printed, tuple(_hairpins(score, marks, bars, played))))
    return found


def _phrases(player: Player) -> list[tuple[int, int]]:
    """Start and end of each span that a player plays without a rest of a quarter or longer."""
    spans: list[tuple[int, int]] = []
    for note in sorted(note for staff in player.staves for note in staff):
        if spans and note.start_ticks - spans[-1][1] < _LEAST_REST_TICKS:
            spans[-1] = spans[-1][0], max(spans[-1][1], note.end_ticks)
        else:
            spans.append((note.start_ticks, note.end_ticks))
    return spans


def _by_bar(score: Score, player: Player) -> dict[int, tuple[int, float]]:
    """First tick and median velocity of each bar in which a player starts a note, if possible without those on hit points."""
    if player.is_drum:  # drum velocities reflect ghost notes and accents, not dynamics
        return {}
    hits = {marker.start_ticks for marker in score.markers if marker.hit}
    notes = sorted(note for staff in player.staves for note in staff)
    found = {}
    for index, group in groupby(notes, key=lambda note: score.bar_at(note.start_ticks).index):
        bar = list(group)
        plain = [note.velocity for note in bar if note.start_ticks not in hits]
        found[index] = bar[0].start_ticks, median(plain or [note.velocity for note in bar])
    return found


def _share(family: Sequence[dict[int, tuple[int, float]]], margin: float) -> None:
    """Gives players of a family whose loudness in a bar is within a margin of their median that loudness."""
    for index in {index for player in family for index in player}:
        middle = median(player[index][1] for player in family if index in player)
        for player in family:
            if index in player and abs(player[index][1] - middle) <= margin:
                player[index] = (player[index][0], middle)


def _marks(bars: Mapping[int, tuple[int, float]], starts: Collection[int]) -> list[tuple[int, str]]:
    """Bars with a new mark and the mark: those with the least total cost (Viterbi over bars)."""
    # Cost and marks so far, by the mark in force; of two that are equally near, the louder counts.
    cheapest: dict[str, tuple[float, tuple[tuple[int, str], ...]]] = dict.fromkeys(reversed(DYNAMICS), (0.0, ()))
    last = -1
    for index, (_, loudness) in sorted(bars.items()):
        begins = last < 0 or any(start in starts for start in range(last + 1, index + 1))
        price = 0.0 if last < 0 else _AT_PHRASE if begins else _WITHIN_PHRASE
        cost, path = min(cheapest.values(), key=lambda option: option[0])
        for mark, level in DYNAMICS.items():
            kept, changed = cheapest[mark], (cost + price, (*path, (index, mark)))
            total, way = changed if last < 0 or changed[0] < kept[0] else kept
            cheapest[mark] = total + abs(loudness - level), way
        last = index
    return list(min(cheapest.values(), key=lambda option: option[0])[1])


def _hairpins(
    score: Score, marks: Sequence[tuple[int, str]], bars: Mapping[int, tuple[int, float]], played: Sequence[tuple[int, int]]
) -> Iterator[Hairpin]:
    """A hairpin up to each new mark that follows the previous one closely.

    It covers the bars before the mark in which the loudness changes, at least one, stays within what is
    played without rests, and reaches the mark.
    """
    for (first, old), (last, new) in pairwise(marks):
        if last - first > _LONGEST_HAIRPIN_BARS or last - 1 not in bars:
            continue
        louder = DYNAMICS[new] > DYNAMICS[old]
        begin = last - 1
        while begin - 1 > first and {begin - 2, begin - 1} <= bars.keys() and _slope(bars, begin - 1, louder) >= _LEAST_SLOPE:
            begin -= 1
        end = bars[last][0]
        sounding = max((span for span in played if span[0] < end), default=(end, end))
        start = max(bars[first][0], score.bars[begin].start_ticks, sounding[0])
        if start < end - _LEAST_REST_TICKS < sounding[1]:
            yield Hairpin(start, end, louder)


def _slope(bars: Mapping[int, tuple[int, float]], bar: int, louder: bool) -> float:
    """How much louder, or softer, a bar is than the one before."""
    change = bars[bar][1] - bars[bar - 1][1]
    return change if louder else -change


def nearest_dynamic(velocity: float) -> str:
    """The dynamic mark nearest to a velocity.

    >>> nearest_dynamic(72), nearest_dynamic(100)
    ('mf', 'f')
    """
    return min(DYNAMICS, key=lambda name: (abs(DYNAMICS[name] - velocity), -DYNAMICS[name]))
