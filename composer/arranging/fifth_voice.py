"""A fifth voice between the four of a chorale: a tone of each chord, held while it stays.

The voice minimizes one cost over the whole piece, as those of `four_parts` do: it avoids unisons, parallels and clashes with
the others and a second leading note or seventh, and moves by small steps.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from composer.arranging.four_parts import Event, cheapest, velocity_of
from composer.arranging.parallels import PERFECT, SHARP
from composer.arranging.setting import Setting
from composer.arranging.voicing import LOW_APART, LOW_BELOW
from composer.score import Note

_OCTAVE = 12
_UNISON, _RUB, _CROWDED = 2.5, 3.0, 0.6  # costs of a pitch that a voice has, and of one a semitone or a tone away from it
_CROSSED, _MUDDY, _PASSED = 1.6, 1.5, 0.8  # of each upper voice below it, a small low interval, a semitone to a passing note
_MISSING, _SECOND_THIRD, _TENDENCY = -1.5, 0.8, 4.0  # of a tone that others lack, of a second third, leading note or seventh
_PARALLEL = 5.0  # cost of parallel fifths, octaves and unisons
_STEP, _LEAP, _LARGEST_STEP, _STAYS = 0.15, 0.5, 4, 0.3  # of a semitone, each one beyond the largest step, a repeated pitch
_MIDDLE = 0.1  # cost of a semitone away from the middle between bass and melody
_TONE, _THIRDS, _SEVENTH = 2, (3, 4), 10


@dataclass(frozen=True, slots=True)
class _Beside:
    """Pitches of the other voices around a chord, from the highest: those before it, on it, and those struck until it ends."""

    before: tuple[int, ...]
    now: tuple[int, ...]
    passing: frozenset[int]


def fifth_voice(
    setting: Setting,
    events: Sequence[Event],
    voices: Sequence[Sequence[Note]],
    span: tuple[int, int],
    joints: Collection[int],
) -> list[Note]:
    """The notes of a fifth voice.

    Args:
        setting: the piece.
        events: the chords of the four voices.
        voices: the notes of the four as they sound, from the highest voice to the lowest.
        span: lowest and highest pitch of the player.
        joints: ticks over which the voice holds no pitch, beside barlines.
    """
    if not events:
        return []
    leading = (setting.plan.key.tonic - 1) % _OCTAVE
    others = [_beside(event, voices) for event in events]
    options = [_options(event, beside, span) for event, beside in zip(events, others, strict=True)]
    costs = [
        np.array([_standing(pitch, event, beside, leading) for pitch in pitches])
        for event, beside, pitches in zip(events, others, options, strict=True)
    ]
    moves = [
        np.array([[_moving(before, pitch, beside) for pitch in pitches] for before in earlier])
        for earlier, pitches, beside in zip(options, options[1:], others[1:], strict=False)
    ]
    chosen = [pitches[choice] for pitches, choice in zip(options, cheapest(costs, moves), strict=True)]
    return _held(setting, events, chosen, joints)


def _beside(event: Event, voices: Sequence[Sequence[Note]]) -> _Beside:
    def at(tick: int) -> tuple[int, ...]:
        places = (bisect_right(voice, tick, key=lambda note: note.start_ticks) for voice in voices)
        return tuple(voice[max(0, place - 1)].pitch for voice, place in zip(voices, places, strict=True))

    end = event.start + event.ticks
    passing = frozenset(note.pitch for voice in voices for note in voice if event.start < note.start_ticks < end)
    return _Beside(at(event.start - 1), at(event.start), passing)


def _options(event: Event, beside: _Beside, span: tuple[int, int]) -> list[int]:
    """The tones of the chord in the range, between the outer voices if there are any."""
    tones = [pitch for pitch in range(span[0], span[1] + 1) if pitch % _OCTAVE in event.chord.pitch_classes]
    return [pitch for pitch in tones if min(beside.now) <= pitch <= max(beside.now)] or tones or [span[0]]


def _standing(pitch: int, event: Event, beside: _Beside, leading: int) -> float:
    """Cost of a pitch by itself."""
    tone, above = pitch % _OCTAVE, (pitch - event.chord.root) % _OCTAVE
    is_doubled = any(other % _OCTAVE == tone for other in beside.now)
    cost = 0.0 if is_doubled else _MISSING
    if is_doubled and (tone == leading or above == _SEVENTH):
        cost += _TENDENCY
    elif is_doubled and above in _THIRDS:
        cost += _SECOND_THIRD
    for other in beside.now:
        apart = abs(other - pitch)
        cost += _UNISON * (not apart) + _RUB * (apart % _OCTAVE in SHARP) + _CROWDED * (apart == _TONE)
        cost += _MUDDY * (min(other, pitch) < LOW_BELOW and 0 < apart < LOW_APART)
    cost += _CROSSED * sum(other < pitch for other in beside.now[:-1])
    cost += _PASSED * sum((other - pitch) % _OCTAVE in SHARP for other in beside.passing)
    return cost + _MIDDLE * abs(pitch - (min(beside.now) + max(beside.now)) / 2)


def _moving(before: int, pitch: int, beside: _Beside) -> float:
    """Cost of going from one pitch to the next one."""
    size = abs(pitch - before)
    cost = _STEP * size + _LEAP * max(0, size - _LARGEST_STEP) + _STAYS * (not size)
    if size:
        for earlier, now in zip(beside.before, beside.now, strict=True):
            together = (earlier - before) % _OCTAVE == (now - pitch) % _OCTAVE
            cost += _PARALLEL * (now != earlier and together and (now - pitch) % _OCTAVE in PERFECT)
    return cost


def _held(setting: Setting, events: Sequence[Event], pitches: Sequence[int], joints: Collection[int]) -> list[Note]:
    """The notes of a line; a pitch that stays is held up to a joint or barline."""
    notes, ticks = list[Note](), setting.plan.meter.bar_ticks
    for event, pitch in zip(events, pitches, strict=True):
        last = notes[-1] if notes else None
        joined = event.start % ticks and event.start not in joints
        if joined and last and last.pitch == pitch and last.end_ticks == event.start:
            notes[-1] = replace(last, duration_ticks=last.duration_ticks + event.ticks)
        else:
            notes.append(Note(event.start, pitch, event.ticks, velocity_of(setting, event)))
    return notes
