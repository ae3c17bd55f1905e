"""Who has the melody by the settings of sections ("verse: melody flute"), and in which octave each player has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from composer.arranging.casting import Role, is_player, plays
from composer.arranging.phrase_map import phrases_of
from composer.arranging.seats import register_of
from composer.arranging.setting import Setting
from composer.plan import Plan
from composer.plan.section_names import settings_by_section
from composer.presets import EnsemblePart, fold, programs_of
from composer.score import Note

_OCTAVE = 12
_SHIFTS = range(-4 * _OCTAVE, 4 * _OCTAVE + 1, _OCTAVE)
_BEYOND = 1  # semitones by which the notes of a melody are outside the register on average, at most, where it fits
_SOFTER = 10  # how much softer than a melody those are who accompany or double it, in velocity
NO_MELODY = programs_of("timpani")


def leader_of(name: str, parts: Sequence[EnsemblePart], roles: Sequence[Role]) -> int | None:
    """The part that has the melody where a setting names it: of several the one of that name, then the one of that instrument.

    `None` if there is none, or only drums.
    """
    able = [
        index
        for index, (part, role) in enumerate(zip(parts, roles, strict=True))
        if not part.is_drum and part.program not in NO_MELODY and is_player(name, part, role.kind)
    ]
    return min(able, key=lambda i: (name != fold(parts[i].name), not plays(name, parts[i]), i), default=None)


def leads_by_section(plan: Plan, roles: Sequence[Role]) -> dict[int, tuple[tuple[int, ...], ...]]:
    """By the first bar of each section, the parts that it gives the melody in turn, those that have it together."""

    def leads(together: Sequence[str]) -> tuple[int, ...]:
        named = (leader_of(name, plan.parts, roles) for name in together)
        return tuple(dict.fromkeys(index for index in named if index is not None))

    settings = settings_by_section(plan.settings, plan.all_sections)
    return {start: tuple(filter(None, map(leads, asked.melody))) for start, asked in settings.items()}


def leads_of(setting: Setting, roles: Sequence[Role]) -> tuple[tuple[int, ...], ...]:
    """By bar, the parts to which its section gives the melody, the main one first; empty where the style decides.

    Players who take turns change with each phrase. An upbeat belongs to the bar after it.
    """
    plan = setting.plan
    found: list[tuple[int, ...]] = [()] * plan.bars
    if plan.lead is not None or not any(asked.melody for asked in plan.settings):
        return tuple(found)
    asked, passed = leads_by_section(plan, roles), Counter[tuple[tuple[int, ...], ...]]()
    for phrase in phrases_of(setting):
        if turns := asked[phrase.section.start_bar]:
            found[phrase.start : phrase.start + phrase.bars] = [turns[passed[turns] % len(turns)]] * phrase.bars
            passed[turns] += phrase.start >= plan.upbeat_bars
    if plan.upbeat_bars:
        found[0] = found[plan.upbeat_bars]
    return tuple(found)


def with_melody(setting: Setting, tune: Sequence[Note], lead: int) -> Setting:
    """A setting with a melody, in the octaves of those to whom sections give it; elsewhere `lead` has it."""
    return replace(setting, tune=sounding(setting, tune), leads=tuple(leads or (lead,) for leads in setting.leads))


def bars_led(setting: Setting) -> dict[int, frozenset[int]]:
    """By part, the bars in which it has the melody, of those that have it somewhere."""
    parts = sorted({index for leads in setting.leads for index in leads})
    return {index: frozenset(bar for bar, leads in enumerate(setting.leads) if index in leads) for index in parts}


def led(setting: Setting, tune: Sequence[Note], index: int) -> tuple[Note, ...]:
    """The notes of a melody, as `sounding` gives it, that a part has; a note ends with the bars of its player."""
    part = setting.plan.parts[index]
    own = [(leads, notes) for leads, notes in _runs(setting, tune) if index in leads]
    return tuple(note for leads, notes in own for note in (notes if leads[0] == index else placed(notes, part)))


def sounding(setting: Setting, tune: Sequence[Note]) -> tuple[Note, ...]:
    """A melody in the octaves of those to whom sections give it."""
    if not any(setting.leads):
        return tuple(tune)
    parts = setting.plan.parts
    return tuple(note for leads, run in _runs(setting, tune) for note in (placed(run, parts[leads[0]]) if leads else run))


def softer(note: Note) -> Note:
    """A note as loud as those beside a melody."""
    return replace(note, velocity=max(1, note.velocity - _SOFTER))


def placed(notes: Sequence[Note], part: EnsemblePart) -> list[Note]:
    """Notes of a melody moved by octaves to the register of a player; single ones again where its range ends."""
    shift = octaves_to(notes, part)
    moved = (replace(note, pitch=_in_range(note.pitch + shift, part)) for note in notes)
    return [note for note in moved if part.low <= note.pitch <= part.high]


def octaves_to(notes: Sequence[Note], part: EnsemblePart) -> int:
    """The octaves in semitones, rising if positive, that bring notes nearest to the register of a player."""
    low, high = register_of(part)

    def cost(shift: int) -> tuple[int, float, int]:
        pitches = [note.pitch + shift for note in notes]
        far = sum(max(0, low - pitch, pitch - high) for pitch in pitches)
        unplayable = sum(not part.low <= pitch <= part.high for pitch in pitches)
        return unplayable, max(0.0, far - _BEYOND * len(pitches)), abs(shift)

    return min(_SHIFTS, key=cost)


def shared_span(span: tuple[int, int], players: Sequence[EnsemblePart]) -> tuple[int, int]:
    """The widest part of a melody's span, an octave at least, that all players can play in some octave; else the span.

    >>> shared_span((60, 84), [EnsemblePart("Horn", 60, low=46, high=75), EnsemblePart("Violin", 40, low=55, high=100)])
    (66, 84)
    """
    registers = [register_of(player) for player in players]
    low, high = span
    for width in range(high - low, _OCTAVE - 1, -1):
        middle = (low + high - width) / 2
        for start in sorted(range(low, high - width + 1), key=lambda start: abs(start - middle)):
            if all(any(least <= start + s and start + width + s <= most for s in _SHIFTS) for least, most in registers):
                return start, start + width
    return span


def _in_range(pitch: int, part: EnsemblePart) -> int:
    while pitch > part.high:
        pitch -= _OCTAVE
    while pitch < part.low:
        pitch += _OCTAVE
    return pitch


def _runs(setting: Setting, tune: Sequence[Note]) -> Iterator[tuple[tuple[int, ...], list[Note]]]:
    """The notes of a melody by stretches of bars with the same leads; none is held into the next one."""
    ticks = setting.plan.meter.bar_ticks
    for leads, group in groupby(range(setting.plan.bars), key=lambda bar: setting.leads[bar]):
        bars = list(group)
        start, end = bars[0] * ticks, (bars[-1] + 1) * ticks
        notes = [note for note in tune if start <= note.start_ticks < end]
        if bars[-1] + 1 < setting.plan.bars:
            notes = [replace(note, duration_ticks=min(note.end_ticks, end) - note.start_ticks) for note in notes]
        yield leads, notes
