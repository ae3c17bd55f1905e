"""Chords for players of single lines: every player moves as little as possible, and no lines cross."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from composer.score import Chord

_OCTAVE = 12
_REACH = 7  # largest move of a voice in semitones, if possible
_ROOM, _LEAST_ROOM = 7, 4  # semitones below a ceiling that a voice needs, and one needs that may go below its register
_MOST_OPTIONS = 5  # number of pitches tried for a voice
_TOP = 127


class ChordVoices:
    """Voices from the highest player down; they store their last pitches."""

    def __init__(self, registers: Sequence[tuple[int, int]], leading: int, floors: Sequence[int] = ()) -> None:
        """Takes the registers.

        Args:
            registers: lowest and highest pitch of each voice, inclusive, from the highest voice down.
            leading: pitch class of the leading note, which is not doubled.
            floors: lowest pitch of each voice where the ceiling is low; empty for those of the registers.
        """
        self._registers, self._leading = tuple(registers), leading
        self._floors = tuple(floors) or tuple(low for low, _ in registers)
        self._last: tuple[int, ...] = ()
        self._outer: tuple[int, int] | None = None

    def chord(self, chord: Chord, ceiling: int, tune: int | None, bass: int) -> tuple[int, ...]:
        """Pitches of the voices from the highest down.

        Args:
            chord: whose tones are set.
            ceiling: pitch above which no voice goes where its register allows.
            tune: pitch of the melody, `None` where it rests.
            bass: pitch of the bass.
        """
        options = [self._options(number, chord, ceiling) for number in range(len(self._registers))]
        outer = (bass if tune is None else tune, bass)
        best = min(_descending(options), key=lambda pitches: (self._cost(pitches, chord, *outer), pitches))
        self._last, self._outer = best, outer
        return best

    def _options(self, number: int, chord: Chord, ceiling: int) -> list[int]:
        """Chord tones of a voice, the nearest to its last pitch first."""
        low, high = self._registers[number]
        below = min(high, ceiling)
        if self._floors[number] < low and below - low < _ROOM:
            low = self._floors[number]
            top = below if below - low >= _LEAST_ROOM else high
        else:
            top = below if below - low >= _ROOM else high
        start = self._last[number] if self._last else (low + top) / 2 + (1.5 if number == 0 else 0)
        tones = [pitch for pitch in range(low, top + 1) if pitch % _OCTAVE in chord.pitch_classes]
        tones = tones or [pitch for pitch in range(low, min(_TOP, low + _OCTAVE)) if pitch % _OCTAVE in chord.pitch_classes]
        near = sorted(tones, key=lambda pitch: (abs(pitch - start), pitch))[:_MOST_OPTIONS]
        return [pitch for pitch in near if abs(pitch - start) <= _REACH] or near[:2]

    def _cost(self, pitches: tuple[int, ...], chord: Chord, tune: int, bass: int) -> float:
        classes = [pitch % _OCTAVE for pitch in pitches]
        sounding = [tune % _OCTAVE, bass % _OCTAVE, *classes]
        third = next((pc for step in (4, 3) if (pc := (chord.root + step) % _OCTAVE) in chord.pitch_classes), None)
        cost = 0.0
        if third is not None:
            cost += 5.0 * (third not in sounding) + 1.2 * max(0, sounding.count(third) - 1 - (len(pitches) > 3))
        for tone in chord.pitch_classes - {third, chord.root, (chord.root + 7) % _OCTAVE}:
            cost += 2.5 * (tone not in sounding) + 4.0 * max(0, sounding.count(tone) - 1)
        cost += 4.0 * max(0, sounding.count(self._leading) - 1)
        for upper, lower in pairwise(pitches):
            gap = upper - lower
            cost += 6.0 * (gap < 0) + 3.0 * (gap == 0) + 0.5 * (0 < gap < 3) + 0.15 * max(0, gap - 12)
        if pitches:
            cost += 3.0 * (pitches[-1] < bass) + 0.5 * max(0, pitches[-1] - bass - _OCTAVE)
        for number, pitch in enumerate(pitches):
            low, high = self._registers[number]
            cost += 0.05 * abs(pitch - (low + high) / 2)
            if self._last:
                size = abs(pitch - self._last[number])
                cost += 0.3 * size + 1.0 * (size > 5)
        return cost + self._parallels(pitches, tune, bass)

    def _parallels(self, pitches: tuple[int, ...], tune: int, bass: int) -> float:
        """Cost of fifths and octaves that move in parallel, with the outer voices as well."""
        if not self._last or self._outer is None:
            return 0.0
        before, now = (self._outer[0], *self._last, self._outer[1]), (tune, *pitches, bass)
        cost = 0.0
        for upper in range(len(now)):
            for lower in range(upper + 1, len(now)):
                if before[upper] == now[upper] or before[lower] == now[lower]:
                    continue
                interval = (now[upper] - now[lower]) % _OCTAVE
                cost += 2.5 * (interval in (0, 7) and (before[upper] - before[lower]) % _OCTAVE == interval)
        return cost


def _descending(options: Sequence[Sequence[int]]) -> Iterator[tuple[int, ...]]:
    """Combinations in which no voice is above the one before; all combinations if there are none."""
    found = list(_combined(options, _TOP))
    yield from found or [tuple(voice[0] for voice in options)]


def _combined(options: Sequence[Sequence[int]], below: int) -> Iterator[tuple[int, ...]]:
    if not options:
        yield ()
        return
    for pitch in options[0]:
        if pitch <= below:
            for rest in _combined(options[1:], pitch):
                yield (pitch, *rest)
