"""Staves of a printed score: piano hands, clefs, instrument families.

Two parts named "X (right hand)" and "X (left hand)" share a brace; a keyboard part with a wide range is split between two
hands. Clefs minimize ledger lines and changes. Knows pitches and bars, no file format.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from statistics import median
from typing import Any

from composer.presets import find_instrument, instrument_of, programs_of
from composer.score import Bar, Note, Part

RIGHT_HAND, LEFT_HAND = " (right hand)", " (left hand)"
_TWO_STAVES = programs_of("piano", "electric-piano", "harpsichord", "celesta", "electric-organ", "organ", "reed-organ", "harp")
_SPLIT_BELOW, _SPLIT_ABOVE = 55, 65  # a keyboard part that goes beyond both needs two staves


@dataclass(frozen=True, slots=True)
class Clef:
    """A clef: sign, line counted from below, octave change, and approximate MIDI pitch of the middle line."""

    sign: str
    line: int
    octave_change: int
    middle: int


TREBLE, BASS, ALTO = Clef("G", 2, 0, 71), Clef("F", 4, 0, 50), Clef("C", 3, 0, 60)
TENOR, TREBLE_8VB, BASS_8VB = Clef("C", 4, 0, 57), Clef("G", 2, -1, 59), Clef("F", 4, -1, 38)
TREBLE_8VA, PERCUSSION = Clef("G", 2, 1, 83), Clef("percussion", 2, 0, 71)

# Clefs per program, the usual one first; all others use treble or bass.
_CLEFS: dict[int, tuple[Clef, ...]] = {
    **dict.fromkeys((9, 10, 11, 14, 40, 56, 59, 68, 69, 71, 73, 74, 75, 78, 79, 110, 64, 65), (TREBLE,)),
    **dict.fromkeys(programs_of("acoustic-guitar", "electric-guitar"), (TREBLE_8VB,)),
    **dict.fromkeys(programs_of("acoustic-bass", "electric-bass"), (BASS_8VB,)),
    **dict.fromkeys((42, 57, 70), (BASS, TENOR, TREBLE)),
    **dict.fromkeys((47, 58), (BASS,)),
    41: (ALTO, TREBLE),
    60: (TREBLE, BASS),
    43: (BASS_8VB,),
    72: (TREBLE_8VA,),
}
_SOLO_STRINGS = "solo-strings"
_STRING_SOUNDS = programs_of("tremolo-strings", "pizzicato-strings", "string-section")
_MIDDLE_C = 60
_LOW_SAXOPHONES, _LOWEST_OF_SAXOPHONES = (66, 67), 57  # tenor and baritone; the lowest written pitch of all
_LOWEST_AT_PITCH = 55  # the lowest string of plucked instruments that are written where they sound: mandolin, ukulele
_CLEF_CHANGE_COST = 30.0
_UNUSUAL_CLEF_COST = 8.0  # per bar in which the usual clef would do
# Free semitones from the middle line: of pianists, who change clefs sooner, away from and towards the other hand; of others.
_HAND_REACH, _INNER_REACH, _PLAYER_REACH = 11, 15, 13


@dataclass(frozen=True, slots=True)
class Player:
    """One printed part: name, program, the notes of each staff from the top, and the sustain pedal as (down, up) in ticks."""

    name: str
    program: int
    is_drum: bool
    staves: tuple[tuple[Note, ...], ...]
    pedals: tuple[tuple[int, int], ...] = ()


def seat_players(parts: Sequence[Part]) -> list[Player]:
    """The printed parts of a score, in order."""
    players: list[Player] = []
    for name, first, last in part_runs(parts):
        part = parts[first]
        if last > first:
            left = parts[last]
            players.append(Player(name, part.program, False, (part.notes, left.notes), part.pedals or left.pedals))
            continue
        staves = split_hands(part.notes) if _needs_two_staves(part) else (part.notes,)
        players.append(Player(name, part.program, part.is_drum, staves, part.pedals))
    return players


def part_runs(parts: Sequence[Part]) -> list[tuple[str, int, int]]:
    """Each player's name and the indices of the first and last part: two parts for two hands, otherwise the same part."""
    runs: list[tuple[str, int, int]] = []
    index = 0
    while index < len(parts):
        part = parts[index]
        hands = index + 1 < len(parts) and _are_hands(part, parts[index + 1])
        runs.append((part.name.removesuffix(RIGHT_HAND) if hands else part.name, index, index + hands))
        index += 1 + hands
    return runs


def _are_hands(upper: Part, lower: Part) -> bool:
    """Whether two adjacent parts are the hands of one player."""
    return (
        upper.name.endswith(RIGHT_HAND)
        and lower.name == upper.name.removesuffix(RIGHT_HAND) + LEFT_HAND
        and upper.program == lower.program
        and not (upper.is_drum or lower.is_drum)
    )


def _needs_two_staves(part: Part) -> bool:
    """Whether a single keyboard part spans both staves."""
    if part.is_drum or part.program not in _TWO_STAVES or part.name.endswith((RIGHT_HAND, LEFT_HAND)) or not part.notes:
        return False
    pitches = [note.pitch for note in part.notes]
    return min(pitches) < _SPLIT_BELOW and max(pitches) > _SPLIT_ABOVE


def split_hands(notes: Sequence[Note]) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
    """Splits notes between the right and left hands.

    The lowest k notes of each onset go to the left hand. The values of k minimize (Viterbi) the total cost of each hand's span,
    distance from its region of the keyboard, and jumps.
    """
    onsets = [list(group) for _, group in groupby(sorted(notes), key=lambda note: note.start_ticks)]
    # Each path: cost, centers of the right and left hand, and its ks as a chain (k, previous chain).
    paths: list[tuple[float, float, float, Any]] = [(0.0, 72.0, 48.0, None)]
    for onset in onsets:
        extended = []
        for k in range(len(onset) + 1):
            low, high = [n.pitch for n in onset[:k]], [n.pitch for n in onset[k:]]
            still = _hand_cost(low, 48, 62, -1) + _hand_cost(high, 72, 57, 1)
            candidates = []
            for cost, right, left, chain in paths:
                new_right = sum(high) / len(high) if high else right
                new_left = sum(low) / len(low) if low else left
                moved = 0.08 * (abs(new_right - right) + abs(new_left - left))
                candidates.append((cost + still + moved, new_right, new_left, (k, chain)))
            extended.append(min(candidates, key=itemgetter(0)))
        paths = extended
    ks = _unchain(min(paths, key=itemgetter(0))[3])
    right_hand = tuple(note for onset, k in zip(onsets, ks, strict=True) for note in onset[k:])
    left_hand = tuple(note for onset, k in zip(onsets, ks, strict=True) for note in onset[:k])
    return right_hand, left_hand


def _unchain(chain: Any) -> list[int]:
    """A chain (last, (previous, ...)) as a list, first to last."""
    found = []
    while chain is not None:
        value, chain = chain
        found.append(value)
    return found[::-1]


def _hand_cost(pitches: Sequence[int], home: int, border: int, side: int) -> float:
    """Cost of playing these pitches with one hand: stretch beyond an octave, and reach into the other hand's region."""
    if not pitches:
        return 0.3
    stretch = max(0, max(pitches) - min(pitches) - 12)
    reach = sum(max(0, (border - pitch) * side) for pitch in pitches)
    return 2.0 * stretch + 0.25 * reach + 0.01 * abs(sum(pitches) / len(pitches) - home) + max(0, len(pitches) - 5)


def choose_clefs(player: Player, staff: int, bars: Sequence[Bar], *, octave_clefs: bool = True) -> list[Clef]:
    """The clef of one staff in each bar: fewest ledger lines and changes (Viterbi over bars).

    Args:
        player: with notes as they are written.
        staff: index of the staff.
        bars: bars of the score.
        octave_clefs: whether clefs may have an 8; not for instruments written octaves from where they sound.
    """
    if player.is_drum:
        return [PERCUSSION] * len(bars)
    clefs = _clefs_to_choose(player, staff)
    if not octave_clefs:
        clefs = tuple(replace(clef, octave_change=0, middle=clef.middle - 12 * clef.octave_change) for clef in clefs)
    two_hands = len(player.staves) == 2
    usual = two_hands or _read_as(player) in _CLEFS
    outer = _PLAYER_REACH if usual and not two_hands else _HAND_REACH
    below, above = (_INNER_REACH if two_hands and staff == inner else outer for inner in (0, 1))
    ledger = [[0.0] * len(clefs) for _ in bars]
    index = 0
    for note in sorted(player.staves[staff]):
        while index + 1 < len(bars) and bars[index].end_ticks <= note.start_ticks:
            index += 1
        for i, clef in enumerate(clefs):
            ledger[index][i] += max(0.0, note.pitch - clef.middle - above, clef.middle - note.pitch - below) ** 1.5
    for costs in ledger if usual and not two_hands else ():  # another clef costs where the usual one would do
        if costs[0] == 0:
            costs[1:] = [cost + _UNUSUAL_CLEF_COST for cost in costs[1:]]
    # Staves with a usual clef begin in it unless a change is worth its cost; other staves take the best clef.
    cheapest: list[tuple[float, Any]] = [(_CLEF_CHANGE_COST * (i > 0 and usual), (i, None)) for i in range(len(clefs))]
    for costs in ledger:
        cheapest = [
            min(
                ((cost + costs[i] + _CLEF_CHANGE_COST * (chain[0] != i), (i, chain)) for cost, chain in cheapest),
                key=itemgetter(0),
            )
            for i in range(len(clefs))
        ]
    return [clefs[i] for i in _unchain(min(cheapest, key=itemgetter(0))[1])[1:]]


def _clefs_to_choose(player: Player, staff: int) -> tuple[Clef, ...]:
    """Clefs that a staff may use, the usual one first."""
    if len(player.staves) == 2:
        return (TREBLE, BASS) if staff == 0 else (BASS, TREBLE)
    if player.program in programs_of("voice"):
        return (_voice_clef(player),)
    if player.name.endswith(LEFT_HAND):
        return (BASS, TREBLE)
    if player.program in _LOW_SAXOPHONES and all(note.pitch >= _LOWEST_OF_SAXOPHONES for note in player.staves[staff]):
        return (TREBLE,)  # at concert pitch they are read in bass clef too
    clefs = _CLEFS.get(_read_as(player), (TREBLE, BASS))
    is_small = instrument_of(player.program, player.name).low >= _LOWEST_AT_PITCH
    return (TREBLE,) if clefs == (TREBLE_8VB,) and is_small else clefs


def _read_as(player: Player) -> int:
    """The program whose clefs a player reads: for a sound of strings, that of the instrument in its name, "Violins I".

    >>> [_read_as(Player(name, 48, False, ())) for name in ("Violins I", "Low cellos", "Strings")]
    [40, 42, 48]
    """
    if player.program not in _STRING_SOUNDS:
        return player.program
    named = map(find_instrument, re.findall(r"[^\W\d_]+", player.name))
    return next((row.program for row in named if row and row.family == _SOLO_STRINGS), player.program)


def _voice_clef(player: Player) -> Clef:
    """The clef of a singer, who reads no other: by the name of the voice, else by the median pitch."""
    name = re.search(r"\b(tenor|baritone|bass)", player.name, re.IGNORECASE)
    if name:
        return TREBLE_8VB if name[1].lower() == "tenor" else BASS
    high = re.search(r"\b(soprano|mezzo|alto|treble)", player.name, re.IGNORECASE)
    pitches = [note.pitch for staff in player.staves for note in staff]
    return TREBLE if high or not pitches or median(pitches) > _MIDDLE_C - 3 else BASS


# Instruments that share a bracket.
_FAMILIES = (
    programs_of(_SOLO_STRINGS) | _STRING_SOUNDS,
    programs_of("brass", "brass-section", "synth-brass"),
    programs_of("saxophone", "reed", "pipe"),
    programs_of("voice"),
)
_HORN, _WOODWIND = 60, 2


def family_runs(players: Sequence[Player]) -> list[tuple[int, int]]:
    """(first, last) index of adjacent players of one family, two or more."""
    runs, first = [], 0
    families = [next((i for i, family in enumerate(_FAMILIES) if p.program in family and not p.is_drum), None) for p in players]
    for index, player in enumerate(players):  # the horn of a wind quintet belongs to the woodwinds
        if player.program == _HORN and families[max(0, index - 1)] == families[min(index + 1, len(players) - 1)] == _WOODWIND:
            families[index] = _WOODWIND
    for _, group in groupby(families):
        size = len(list(group))
        if size > 1 and families[first] is not None:
            runs.append((first, first + size - 1))
        first += size
    return runs
