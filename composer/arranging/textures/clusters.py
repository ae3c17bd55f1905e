"""Clusters: neighboring tones that enter one by one from the middle, or all at once, swell and break off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from composer.arranging.casting import height
from composer.arranging.phrase_map import Phrase, phrases_of
from composer.arranging.setting import Setting, pick
from composer.arranging.tables import DRUM_KEYS
from composer.arranging.textures.layers import BOWED, OCTAVE, TIMPANI, holds, into, voices_of
from composer.presets import EnsemblePart
from composer.score import Note

_CENTERS = (62, 71, 55, 79, 66)  # pitches around which clusters lie, from phrase to phrase
_CALM = -0.2  # arousal below which clusters have tones of the scale, a second apart; above, semitones
_SOFT, _LOUD, _STRUCK = 42, 104, 96  # velocities of the first tone of a swell, of its last one, and of a cluster struck at once
_RANGE = 34  # velocity by which arousal from -1 to 1 changes all of them
_WAYS = ("fan", "fan", "block", "rise")
_STROKE_TONES = 4  # of a keyboard
_FEW = 6  # players of whom strings play double stops
_PEDAL = 33  # pitch around which low instruments hold the tonic


@dataclass(frozen=True)
class _Gesture:
    """A cluster: its first tick, its end, the pitch in its middle, and how it begins."""

    start: int
    end: int
    center: int
    way: str


def write_clusters(setting: Setting) -> dict[int, list[Note]]:
    """Clusters for all parts, one in each phrase; low instruments hold the tonic below."""
    parts, notes = setting.plan.parts, dict[int, list[Note]]()
    phrases = phrases_of(setting)
    for number, phrase in enumerate(phrases):
        gesture = _gesture(setting, phrase, number, is_last=number == len(phrases) - 1)
        for index, found in _played(setting, gesture).items():
            notes.setdefault(index, []).extend(found)
    return {index: notes.get(index, []) for index in range(len(parts))}


def _gesture(setting: Setting, phrase: Phrase, number: int, *, is_last: bool) -> _Gesture:
    meter = setting.plan.meter
    start, end = phrase.start * meter.bar_ticks, (phrase.start + phrase.bars) * meter.bar_ticks
    rest = 0 if is_last else min(meter.bar_ticks - meter.middle_ticks, (end - start) // 4)  # it breaks off
    first = int(setting.chance("cluster").random() * len(_CENTERS))
    way = "fan" if number == 0 else pick(setting.chance("cluster", number), _WAYS)
    return _Gesture(start, end - rest, _CENTERS[(first + number) % len(_CENTERS)], way)


def _played(setting: Setting, gesture: _Gesture) -> dict[int, list[Note]]:
    """What each part plays of a cluster: of neighboring tones the highest part has the highest."""
    parts, meter = setting.plan.parts, setting.plan.meter
    mood = setting.mood_at(gesture.start / meter.bar_ticks)
    shift = round(_RANGE * mood.arousal / 2)
    pitched = [i for i, part in enumerate(parts) if not part.is_drum and part.program not in TIMPANI]
    low = [index for index in pitched if parts[index].is_bass and len(pitched) > 1]
    seats = _seats(parts, [index for index in pitched if index not in low])
    ladder = _ladder(setting, gesture.center, len(seats), by_semitones=mood.arousal >= _CALM)
    order = sorted(range(len(seats)), key=lambda place: (abs(2 * place - len(seats) + 1), place))
    order = list(range(len(seats))) if gesture.way == "rise" else order
    length = gesture.end - gesture.start
    step = max(meter.beat_ticks // 2, length // 2 // max(1, len(seats)) // meter.beat_ticks * meter.beat_ticks)
    notes: dict[int, list[Note]] = {}
    for turn, place in enumerate(order):
        index = seats[place]
        delay = 0 if gesture.way == "block" else min(turn * step, length // 2)
        grown = _SOFT + (_LOUD - _SOFT) * turn / max(1, len(seats) - 1)
        velocity = max(1, min(127, round(_STRUCK if gesture.way == "block" else grown) + shift))
        pitch = into(ladder[place], parts[index].low, parts[index].high)
        notes.setdefault(index, []).append(Note(gesture.start + delay, pitch, length - delay, velocity))
    for index in pitched:
        if not holds(parts[index]) and index in notes:
            notes[index] = _together(notes[index], gesture)
    for index in low:
        pitch = next(p for p in sorted(range(parts[index].low, parts[index].high + 1), key=lambda p: abs(p - _PEDAL))
                     if p % OCTAVE == setting.plan.key.tonic)  # fmt: skip
        notes[index] = [Note(gesture.start, pitch, length, max(1, _SOFT + 12 + shift))]
    for index, part in enumerate(parts):
        if part.is_drum and gesture.way == "block":
            notes[index] = [Note(gesture.start, DRUM_KEYS["tom_low"], meter.beat_ticks, min(127, _STRUCK + shift))]
    return {index: sorted(set(found)) for index, found in notes.items()}


def _seats(parts: Sequence[EnsemblePart], playing: Sequence[int]) -> list[int]:
    """The part of each tone of a cluster from the lowest up: layers of all parts, so that nobody has neighboring tones to stop.

    Strings play double stops where there are few players.
    """
    ordered = sorted(playing, key=lambda index: (height(parts[index]), -index))
    tones = {index: voices_of(parts[index]) if holds(parts[index]) else _STROKE_TONES for index in ordered}
    stops = 2 if len(ordered) <= _FEW else 1
    tones |= {index: stops for index in ordered if parts[index].program in BOWED}
    return [index for layer in range(_STROKE_TONES) for index in ordered if tones[index] > layer]


def _ladder(setting: Setting, center: int, count: int, *, by_semitones: bool) -> list[int]:
    """Neighboring pitches around a center, the lowest first: semitones, or tones of the key's scale."""
    allowed = setting.plan.key.scale if not by_semitones or (setting.plan.scale or 0.0) == 1.0 else frozenset(range(OCTAVE))
    near = sorted(
        (p for p in range(center - 4 * OCTAVE, center + 4 * OCTAVE) if p % OCTAVE in allowed), key=lambda p: abs(p - center)
    )
    return sorted(near[:count])


def _together(notes: Sequence[Note], gesture: _Gesture) -> list[Note]:
    """The tones of a keyboard, struck at once when the first of them enters."""
    first = min(note.start_ticks for note in notes)
    loud = round(fmean(note.velocity for note in notes))
    return [Note(first, note.pitch, gesture.end - first, loud) for note in notes]
