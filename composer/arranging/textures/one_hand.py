"""Music for one hand of a pianist: the melody, basses within its reach, and broken chords wherever the melody waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from composer.analysis.playability import HAND_SPAN
from composer.arranging.setting import BandBar, Setting
from composer.arranging.textures.layers import OCTAVE, loudness
from composer.arranging.voicing import LOW_APART, LOW_BELOW, nearest_tone, third_of
from composer.controls import LEFT_HAND
from composer.plan import Plan
from composer.score import TICKS_PER_QUARTER, Chord, Note

_SPANS = {True: (52, 72), False: (65, 84)}  # register of the melody of a left hand and of a right hand
_PACE = 0.75  # notes of the melody per quarter note
_UNITS = (TICKS_PER_QUARTER // 4, TICKS_PER_QUARTER // 2, TICKS_PER_QUARTER)
_FASTEST, _FASTEST_ETUDE = 4.6, 7.2  # strokes a second
_ETUDE = "etude"
_LEAST_BASS = 7  # semitones from the melody down to a bass that is struck with it
_LEAP = 19  # semitones that a hand leaps down from the melody, with the pedal, at most
_BELOW = 3  # semitones between the melody and broken chords
_MELODY, _BASS, _BROKEN = 14, 2, -8  # velocity above that of a layer


def hand_melody(plan: Plan) -> tuple[int, tuple[int, int], float]:
    """The part of the melody of one hand, its register, and its pace in notes per quarter note."""
    part, (low, high) = plan.parts[0], _SPANS[plan.texture == LEFT_HAND]
    low = max(part.low, min(low, part.high - OCTAVE))  # a narrow range leaves an octave for the melody, if it can
    return 0, (low, min(part.high, max(high, low + OCTAVE))), _PACE


def write_hand(setting: Setting) -> dict[int, list[Note]]:
    """The notes of one hand, by the only part; the melody is that of the setting."""
    return {0: _Hand(setting).write()}


@dataclass
class _Hand:
    """A hand that plays from left to right; it knows its last broken tone and whether it rises."""

    setting: Setting
    notes: list[Note] = field(default_factory=list)
    _pitch: int = 0
    _rises: bool = True

    def __post_init__(self) -> None:
        self._velocity = loudness(self.setting)
        self._low = self.setting.plan.parts[0].low

    def write(self) -> list[Note]:
        """All notes."""
        setting = self.setting
        tune, unit = list(setting.tune), _unit(setting.plan)
        for bar in setting.bars:
            inside = [note for note in tune if bar.start <= note.start_ticks < bar.start + setting.plan.meter.bar_ticks]
            if bar.is_last and inside:
                self._close(bar, inside)
            else:
                self._bar(bar, tune, inside, unit)
        return sorted(self.notes)

    def _bar(self, bar: BandBar, tune: Sequence[Note], inside: Sequence[Note], unit: int) -> None:
        end = bar.start + self.setting.plan.meter.bar_ticks
        onsets = {note.start_ticks: note for note in inside}
        chord_starts = {bar.start + span.start for span in bar.spans}
        awaits_bass = False
        last = [note for note in tune if note.start_ticks < bar.start]
        above = last[-1].pitch if last else self._first_pitch(tune)
        slots = sorted({*range(bar.start, end, unit), *onsets})
        for slot, following in pairwise((*slots, end)):
            chord = bar.chord_at(slot - bar.start)
            is_strong = slot in chord_starts
            if slot in onsets:
                above = onsets[slot].pitch
                self._strike(slot, above, onsets[slot].duration_ticks, _MELODY)
                awaits_bass = is_strong and not self._bass_below(slot, onsets[slot], chord)
            elif following - slot >= unit:
                wants_bass = is_strong or awaits_bass
                self._break(slot, following - slot, chord, above, bass=wants_bass)
                awaits_bass = False

    def _first_pitch(self, tune: Sequence[Note]) -> int:
        return tune[0].pitch if tune else self._low + 2 * OCTAVE

    def _strike(self, start: int, pitch: int, ticks: int, louder: int) -> None:
        self.notes.append(Note(start, pitch, ticks, max(1, min(127, self._velocity(start) + louder))))

    def _bass_below(self, start: int, note: Note, chord: Chord) -> bool:
        """Adds the bass to a note of the melody if a hand reaches it and it is not too near; says whether it does."""
        distance = (note.pitch - chord.lowest) % OCTAVE
        reached = next((d for d in (distance, distance + OCTAVE) if _LEAST_BASS <= d <= HAND_SPAN), None)
        if reached is None or note.pitch - reached < self._low:
            return False
        self._strike(start, note.pitch - reached, min(note.duration_ticks, _unit(self.setting.plan)), _BASS)
        self._pitch, self._rises = note.pitch - reached, True
        return True

    def _break(self, start: int, ticks: int, chord: Chord, above: int, *, bass: bool) -> None:
        """Adds a tone of a broken chord below the melody, a bass on strong beats, else the next one of a wave."""
        low = max(self._low, above - _LEAP)
        ladder = [pitch for pitch in range(low, above - _BELOW + 1) if pitch % OCTAVE in chord.pitch_classes]
        if not ladder:
            return
        if bass:
            basses = [pitch for pitch in ladder if pitch % OCTAVE == chord.lowest] or ladder[:1]
            self._pitch, self._rises = basses[0], True
            self._strike(start, self._pitch, ticks, _BASS)
            return
        apart = LOW_APART if self._pitch < LOW_BELOW else 1
        onward = (
            [p for p in ladder if p >= self._pitch + apart] if self._rises else [p for p in ladder[::-1] if p < self._pitch]
        )
        if not onward:
            self._rises = not self._rises
            back = [p for p in ladder[::-1] if p < self._pitch] if not self._rises else [p for p in ladder if p > self._pitch]
            onward = back or ladder
        self._pitch = onward[0]
        self._strike(start, self._pitch, ticks, _BROKEN)

    def _close(self, bar: BandBar, inside: Sequence[Note]) -> None:
        """The last bar: the end of the melody over as full a chord as the hand reaches."""
        end = bar.start + self.setting.plan.meter.bar_ticks
        for note in inside:
            self._strike(note.start_ticks, note.pitch, note.duration_ticks, _MELODY)
        last, chord = inside[-1], bar.spans[-1].chord
        reach = range(max(self._low, last.pitch - HAND_SPAN), last.pitch - _BELOW + 1)
        roots = [pitch for pitch in reach if pitch % OCTAVE == chord.lowest]
        chosen = roots[:1]
        third = third_of(chord)
        thirds = [pitch for pitch in reach if third is not None and (pitch - chord.root - third) % OCTAVE == 0]
        chosen += [pitch for pitch in thirds[-1:] if not chosen or pitch - chosen[0] >= _BELOW]
        if chosen:
            fifth = nearest_tone([(chord.root + 7) % OCTAVE], (chosen[0] + last.pitch) / 2, reach[0], reach[-1])
            if all(abs(fifth - other) >= _BELOW for other in (*chosen, last.pitch)) and fifth in reach:
                chosen.append(fifth)
        for pitch in chosen:
            self._strike(last.start_ticks, pitch, end - last.start_ticks, _BASS)


def _unit(plan: Plan) -> int:
    """Ticks from one stroke of a broken chord to the next: as fast as a hand plays at the tempo in the style."""
    fastest = _FASTEST_ETUDE if _ETUDE in (plan.preset, *plan.styles) else _FASTEST
    units = [unit for unit in _UNITS if plan.meter.beat_ticks % unit == 0]
    return next((unit for unit in units if plan.mean_qpm / 60.0 * TICKS_PER_QUARTER / unit <= fastest), plan.meter.beat_ticks)
