"""Phasing: all players repeat one cell; each but the first moves ahead of it by one note every few bars, and back into phase.

The process of Reich's *Piano Phase* (1967), in whole steps.
"""

from __future__ import annotations

from collections.abc import Sequence

from composer.arranging.casting import height
from composer.arranging.setting import Setting, pick
from composer.arranging.textures.layers import OCTAVE, TIMPANI, drums_of, into, lift_into, loudness
from composer.plan import Plan
from composer.presets import EnsemblePart
from composer.score import TICKS_PER_QUARTER, Note

_FEWEST_NOTES = 5  # of a cell of one bar
_CENTER = 66
_DEGREES = (0, 2, 7, 9, 12, 14)  # of the major scale, in semitones above the tonic; in minor 3 and 10 for 2 and 9
_MINOR = {2: 3, 9: 10, 14: 15}
_GAP = 0.85  # share of its time for which a note sounds
_ACCENT = 7  # velocity


def phases_of(plan: Plan) -> int:
    """The notes of the cell, which fills a bar: eighths or sixteenths."""
    eighths = plan.meter.bar_ticks * 2 // TICKS_PER_QUARTER
    return eighths if eighths >= _FEWEST_NOTES else 2 * eighths


def players_of(parts: Sequence[EnsemblePart]) -> list[list[int]]:
    """The parts of each player: both hands of a pianist are one, unless nobody else plays."""
    pitched = [index for index, part in enumerate(parts) if not part.is_drum and part.program not in TIMPANI]
    titles: dict[str, list[int]] = {}
    for index in pitched:
        titles.setdefault(parts[index].name.partition(" (")[0], []).append(index)
    players = list(titles.values())
    return players if len(players) > 1 else [[index] for index in pitched]


def write_phasing(setting: Setting) -> dict[int, list[Note]]:
    """The cell in all parts: player by player one, two or more notes ahead at a time."""
    plan, count = setting.plan, phases_of(setting.plan)
    cell, unit, ticks = _cell(setting, count), setting.plan.meter.bar_ticks // count, setting.plan.meter.bar_ticks
    velocity, notes = loudness(setting), dict[int, list[Note]]()
    players = players_of(plan.parts)
    for number, player in enumerate(players):
        hands = _hands(player, plan.parts, cell)
        for bar in setting.bars:
            if bar.is_last:  # the first tone of the cell, held by all
                for index in player:
                    part = plan.parts[index]
                    notes.setdefault(index, []).append(
                        Note(bar.start, into(cell[0], part.low, part.high), ticks, velocity(bar.start))
                    )
                continue
            ahead = number * (bar.index * (count + 1) // plan.bars) % count
            for place in range(count):
                index, pitch = hands[cell[(place + ahead) % count]]
                start = bar.start + place * unit
                loud = velocity(start) + (_ACCENT if (place + ahead) % count == 0 else 0)
                notes.setdefault(index, []).append(Note(start, pitch, max(1, round(unit * _GAP)), min(127, loud)))
    for index, part in enumerate(plan.parts):
        if part.is_drum:
            notes[index] = drums_of(setting, part)
    return notes


def _cell(setting: Setting, count: int) -> list[int]:
    """Pitches of the cell: leaps between a few tones over the tonic, none repeated at once."""
    plan, chance = setting.plan, setting.chance("cell")
    tonic = _CENTER + (plan.key.tonic - _CENTER + 6) % OCTAVE - 6
    ladder = [tonic + (_MINOR.get(degree, degree) if plan.key.mode == "minor" else degree) for degree in _DEGREES]
    cell = [ladder[0]]
    while len(cell) < count:
        others = [pitch for pitch in ladder if pitch != cell[-1] and (len(cell) < count - 1 or pitch != cell[0])]
        fresh = [pitch for pitch in others if cell.count(pitch) <= len(cell) // len(ladder)]
        cell.append(pick(chance, fresh or others))
    return cell


def _hands(player: Sequence[int], parts: Sequence[EnsemblePart], cell: Sequence[int]) -> dict[int, tuple[int, int]]:
    """By pitch of the cell, who of a player's staves has it, the upper one the higher half, and in which octave."""
    upper, *_, lower = (player[0], player[0]) if len(player) == 1 else sorted(player, key=lambda i: (-height(parts[i]), i))
    lowest, highest = min(parts[upper].low, parts[lower].low), max(parts[upper].high, parts[lower].high)
    lift = lift_into(cell, lowest, highest, best=_CENTER)
    middle = sorted(cell)[len(cell) // 2]
    hands = {pitch: lower if pitch < middle and pitch + lift <= parts[lower].high else upper for pitch in cell}
    return {pitch: (index, into(pitch + lift, parts[index].low, parts[index].high)) for pitch, index in hands.items()}
