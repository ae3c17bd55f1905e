"""Textures of one line: unison, in which all have the melody, and dialogues, in which two groups have it by turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean

from composer.arranging.casting import family_of, height
from composer.arranging.setting import Setting
from composer.arranging.textures.beds import held_layers, rung_chords
from composer.arranging.textures.layers import (
    OCTAVE,
    TIMPANI,
    Players,
    Stretch,
    drums_of,
    into,
    lift_into,
    loudness,
    notes_of,
    stretches_of,
    voices_of,
)
from composer.arranging.voicing import TIMPANI_PITCH, timpani_classes
from composer.controls import PHRASE_BARS
from composer.plan import Plan
from composer.presets import EnsemblePart
from composer.score import TICKS_PER_QUARTER, Note

_WIDTH = 15  # semitones of the register of a melody that others double in octaves
_USUAL = 69  # pitch around which it is
_LOUDER, _SOFTER = 12, 4  # velocity of a melody above that of a layer, and of what accompanies it below
_FILLED, _LEAST_BELOW, _MOST_BELOW = 2, 3, 9  # chord tones below a melody, and semitones from it
_SHORTEST_CALL_S = 3.0  # a call of two bars lasts at least that long, else it has four
_TOGETHER = 2  # bars at the end that both groups play
_CLASSES = (
    ("keys", "left", "bells", "organ", "harp", "guitar"), ("strings", "low"), ("winds",), ("brass",), ("choir",),
    ("synth", "pad"), ("bass", "drive", "steel"),
)  # fmt: skip


def line_melody(plan: Plan) -> tuple[int, tuple[int, int], float | None]:
    """The first part that has the melody, its register, and no pace: that of the style."""
    lead = _leader(plan.parts, groups_of(plan.parts)[0])
    part = plan.parts[lead]
    middle = min(max(_USUAL, part.low + _WIDTH // 2 + 1), part.high - _WIDTH // 2 - 1)
    return lead, (max(part.low, middle - _WIDTH // 2), min(part.high, middle + _WIDTH // 2)), None


def groups_of(parts: Sequence[EnsemblePart]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two groups of two parts or more, which take turns: the family of the first part and the others, else the two halves."""
    pitched = [index for index, part in enumerate(parts) if not part.is_drum and part.program not in TIMPANI]
    first = _class_of(parts[pitched[0]])
    one = [index for index in pitched if _class_of(parts[index]) == first]
    if len(one) == len(pitched):
        ordered = sorted(pitched, key=lambda index: (-height(parts[index]), index))
        one = sorted(ordered[: len(ordered) // 2])
    return tuple(one), tuple(index for index in pitched if index not in one)


def _class_of(part: EnsemblePart) -> int:
    family = family_of(part)
    return next(number for number, families in enumerate(_CLASSES) if family in families)


def _leader(parts: Sequence[EnsemblePart], group: Sequence[int]) -> int:
    """The highest part of a group, the first of several."""
    return max(group, key=lambda index: (height(parts[index]), -index))


def doubled(tune: Sequence[Note], part: EnsemblePart, best: float | None = None) -> list[Note]:
    """A melody in the octave that suits a part, or that is nearest to a pitch; notes outside its range move into it."""
    lift = lift_into([note.pitch for note in tune], part.low, part.high, best) if tune else 0
    return [replace(note, pitch=into(note.pitch + lift, part.low, part.high)) for note in tune]


def write_unison(setting: Setting) -> dict[int, list[Note]]:
    """The melody in all parts, in unison and octaves; timpani strike those of its tones that they have, drums keep time."""
    velocity = loudness(setting)
    tune = [replace(note, velocity=min(127, velocity(note.start_ticks) + _LOUDER)) for note in setting.tune]
    drums = timpani_classes(setting.plan.key.tonic)
    beats = [note for note in tune if note.start_ticks % setting.plan.meter.beat_ticks == 0 and note.pitch % OCTAVE in drums]

    def played(part: EnsemblePart) -> list[Note]:
        if part.is_drum:
            return drums_of(setting, part)
        if part.program in TIMPANI:
            return [replace(note, pitch=into(TIMPANI_PITCH + note.pitch % OCTAVE, part.low, part.high)) for note in beats]
        return doubled(tune, part)

    return {index: played(part) for index, part in enumerate(setting.plan.parts)}


def call_bars(plan: Plan) -> int:
    """Bars of a call, and of its answer: two, or four where two are short."""
    seconds = 2 * plan.meter.bar_ticks / TICKS_PER_QUARTER * 60.0 / plan.mean_qpm
    return PHRASE_BARS // 2 if seconds >= _SHORTEST_CALL_S or plan.bars < 4 * PHRASE_BARS else PHRASE_BARS


def write_dialogue(setting: Setting) -> dict[int, list[Note]]:
    """Two groups that have the melody by turns, each with chords below it; the last bars have both."""
    plan, ticks, size = setting.plan, setting.plan.meter.bar_ticks, call_bars(setting.plan)
    groups, velocity = groups_of(plan.parts), loudness(setting)
    last = plan.bars if plan.loop else max(size, plan.bars - _TOGETHER)
    middle = fmean(note.pitch for note in setting.tune) if setting.tune else None  # drafts begin without a melody
    notes: dict[int, list[Note]] = {index: [] for group in groups for index in group}
    for turn, group in enumerate(groups):
        bars = [bar.index for bar in setting.bars if bar.index >= last or bar.place // size % 2 == turn]
        tune = [note for note in setting.tune if note.start_ticks // ticks in bars]
        lead = _leader(plan.parts, group)
        sung = doubled(tune, plan.parts[lead], middle)
        notes[lead] = [replace(note, velocity=min(127, velocity(note.start_ticks) + _LOUDER)) for note in sung]
        notes[lead] += _filled(sung, stretches_of(setting), plan.parts[lead], velocity)
        others = tuple(index for index in group if index != lead)
        below = _below(
            replace(setting, tune=tuple(sung)), Players(plan.parts, others), _within(stretches_of(setting), bars, ticks)
        )
        for index, found in below.items():
            notes[index] += found
    for index, part in enumerate(plan.parts):
        if part.is_drum:
            notes[index] = drums_of(setting, part)
    return notes


def _filled(
    tune: Sequence[Note], stretches: Sequence[Stretch], part: EnsemblePart, velocity: Callable[[int], int]
) -> list[Note]:
    """Chord tones below the notes of a melody with which a chord begins, of a player who can play them."""
    if voices_of(part) < _FILLED:
        return []
    chords = {stretch.start: stretch.chord for stretch in stretches}
    found = []
    for note in (each for each in tune if each.start_ticks in chords):
        tones = chords[note.start_ticks].pitch_classes
        near = range(note.pitch - _LEAST_BELOW, max(part.low, note.pitch - _MOST_BELOW) - 1, -1)
        below = [pitch for pitch in near if pitch % OCTAVE in tones][:_FILLED]
        found += [replace(note, pitch=pitch, velocity=velocity(note.start_ticks)) for pitch in below]
    return found


def _within(stretches: Sequence[Stretch], bars: Sequence[int], ticks: int) -> list[Stretch]:
    """The parts of stretches in some bars, a new one on every barline."""
    found = []
    for stretch in stretches:
        for bar in range(stretch.start // ticks, (stretch.end - 1) // ticks + 1):
            if bar in bars:
                found.append(Stretch(max(stretch.start, bar * ticks), min(stretch.end, (bar + 1) * ticks), stretch.chord))
    return found


def _below(setting: Setting, players: Players, stretches: Sequence[Stretch]) -> dict[int, list[Note]]:
    """Chords below a melody: held by those who can, else struck."""
    velocity = loudness(setting)
    tones = held_layers(setting, players, stretches, together=True) if stretches and players.holding else {}
    tones |= {index: list(rung_chords(setting, index, stretches)) for index in players.struck if index not in tones}
    return {
        index: [replace(note, velocity=max(1, note.velocity - _SOFTER)) for note in notes_of(each, velocity)]
        for index, each in tones.items()
    }
