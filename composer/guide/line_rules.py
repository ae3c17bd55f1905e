"""Rules for lines that accompany a melody: when they strike, how far they leap, and how high they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from composer.analysis.chord_functions import bent_scale
from composer.guide.harmony_rules import harmony_of
from composer.guide.note_bounds import Bounds
from composer.guide.note_rules import leaves_some
from composer.guide.rule import NoteRule
from composer.guide.tune_rules import GivenMelody
from composer.guide.walk import Walk
from composer.score import Chord
from composer.tokenizer import Grammar
from composer.tokenizer.vocabulary import TICKS_PER_STEP

_FIRST_WIDTH, _WIDTH = 12, 9  # semitones from the melody to the line below it, and between inner lines, at most
_OCTAVE = 12  # semitones
_PERFECT = (0, 7)  # semitones of intervals that do not move in parallel
_APART = 3  # semitones from the lowest line to the one above it
_NEAR = 5  # semitones that a line moves to complete a chord at most
_PULL = 0.25  # how much of the way to the middle of its register a bass tends
_pitches = np.arange(128)


class SmallLeaps(NoteRule):
    """Lines leap by an interval at most, where other rules leave such a note.

    Args:
        parts: the lines.
        widest: largest interval in semitones.
    """

    def __init__(self, parts: Collection[int], widest: int) -> None:
        self._parts, self._widest = parts, widest

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids notes further away from the last one of the line at onsets that allow nearer ones."""
        if walk.state.part not in self._parts or not walk.line.pitches:
            return
        row = max(walk.state.position, 0) + bool(walk.line.struck(walk.state.position))
        far = np.abs(_pitches - walk.line.pitches[0]) > self._widest
        if bounds.latest[row:, ~far].any():
            bounds.unshare(max(walk.state.position, 0))
            bounds.avoid(far.reshape(1, -1), slice(row, None))


class LineRhythm(NoteRule):
    """Voices strike on a unit of time or with the melody; players on the unit, inner ones on beats or with the line above.

    Args:
        melody: above all lines.
        lines: parts from the highest down.
        unit: steps between places at which any line may strike.
        sung: whether they are voices.
    """

    def __init__(self, melody: GivenMelody, lines: Sequence[int], unit: int, *, sung: bool) -> None:
        self._melody, self._lines, self._unit, self._sung = melody, lines, unit, sung

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids other onsets."""
        if walk.state.part not in self._lines:
            return
        place, unit, struck = self._lines.index(walk.state.part), self._unit, set[int]()
        if self._sung:
            struck = {onset for onset, _ in self._melody.struck(walk.bar.index)}
        elif 0 < place < len(self._lines) - 1:
            unit = walk.meter.beat_ticks // TICKS_PER_STEP
            struck = {onset for onset, _, _ in walk.lines[self._lines[place - 1]].notes}
        bounds.forbid_all_but({*range(0, len(bounds.latest), unit), *struck})


class Tessitura(NoteRule):
    """Lines are near the line above and above given notes of those below, where other rules leave such a note.

    The lowest one moves little where chords begin.

    Args:
        grammar: of the model's tokenizer.
        melody: above all lines.
        lines: parts from the highest down.
        middles: the functional pitch around which the last one moves in each bar; empty if it does not have the bass.
        answers: given notes of lines.
        off: bars in which the last one has other tones of the chords than the bass, which a keyboard plays.
    """

    def __init__(
        self,
        grammar: Grammar,
        melody: GivenMelody,
        lines: Sequence[int],
        middles: Sequence[float],
        answers: Mapping[int, GivenMelody],
        off: Collection[int] = (),
    ) -> None:
        self._grammar, self._melody, self._lines = grammar, melody, lines
        self._middles, self._answers, self._off = middles, answers, off

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids other notes at onsets that allow one of these."""
        part = walk.state.part
        if part not in self._lines:
            return
        place, bar = self._lines.index(part), walk.bar.index
        above, width = self._melody.pitches(bar).copy(), _WIDTH if place else _FIRST_WIDTH
        for onset, pitch, end in walk.lines[self._lines[place - 1]].notes if place else ():
            above[onset:end] = pitch
        for lower in self._lines[place + 1 :]:
            if lower in walk.bar.given:
                answer = self._answers[lower]
                bounds.avoid((_pitches <= answer.pitches(bar)[:, None]) & answer.sounds(bar)[:, None])
        if part == self._lines[-1] and self._middles:
            self._place(bounds, walk, above)
        else:
            bounds.avoid(_pitches < above[:, None] - width)
            self._clear_bass(bounds, walk)

    def _clear_bass(self, bounds: Bounds, walk: Walk) -> None:
        """Keeps an inner line above the lowest pitch that the bass of each chord can have."""
        harmony, low = harmony_of(self._grammar, walk), walk.ranges[self._lines[-1]][0]
        for start, end, chord in zip(harmony.starts, (*harmony.starts[1:], len(bounds.latest)), harmony.chords, strict=True):
            if chord:
                lowest = low + (chord.lowest - low) % _OCTAVE
                bounds.avoid((_pitches <= lowest).reshape(1, -1), slice(start, end))

    def _place(self, bounds: Bounds, walk: Walk, above: NDArray[np.int64]) -> None:
        """Allows one tone of each chord, the nearest to the one before and the middle, then notes around it.

        The tone is the bass of the chord, or is not in bars off the bass.
        """
        harmony, middle = harmony_of(self._grammar, walk), self._middles[walk.bar.index]
        last = walk.line.pitches[0] if walk.line.pitches else middle
        ends = (*harmony.starts[1:], len(bounds.latest))
        for start, end, chord in zip(harmony.starts, ends, harmony.chords, strict=True):
            allowed = (bounds.latest[start] > 0) & (_pitches <= above[start] - _APART)
            basses = _pitches % _OCTAVE == (chord.lowest if chord else -1)
            if walk.bar.index in self._off:
                bounds.avoid(basses.reshape(1, -1), slice(start, end))
                basses = ~basses & np.isin(_pitches % _OCTAVE, list(chord.pitch_classes if chord else ()))
            tones = np.flatnonzero(allowed & basses).tolist()
            if tones:
                aim = last + _PULL * (middle - last)
                last = min(tones, key=lambda pitch: abs(pitch - aim))
                bounds.forbid(slice(start, start + 1), _pitches != last)
                bounds.avoid((np.abs(_pitches - last) > _OCTAVE).reshape(1, -1), slice(start + 1, end))


class Clear(NoteRule):
    """Lines are not a semitone, or octaves and a semitone, from the lines above, where other rules leave another note.

    They strike no such note, and end one where a line above strikes against it on a beat, or the melody is at the barline. Two
    tones of the chord may clash within a bar. Foreign tones are on the scale, altered to fit the chord.

    Args:
        grammar: of the model's tokenizer.
        melody: above all lines.
        lines: parts from the highest down.
        scale: pitch classes of the key, functional.
    """

    def __init__(self, grammar: Grammar, melody: GivenMelody, lines: Sequence[int], scale: frozenset[int]) -> None:
        self._grammar, self._melody, self._lines, self._scale = grammar, melody, lines, scale

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids such notes at onsets that allow others, and holding them into such a beat."""
        if walk.state.part not in self._lines or not walk.bar.harmony:
            return
        harmony, beat = harmony_of(self._grammar, walk), walk.meter.beat_ticks // TICKS_PER_STEP
        clashing = np.zeros(bounds.latest.shape, bool)
        for start, end, chord in zip(harmony.starts, (*harmony.starts[1:], len(clashing)), harmony.chords, strict=True):
            if chord:
                clashing[start:end] = ~np.isin(_pitches % _OCTAVE, list(bent_scale(self._scale, chord)))
        for onset, pitch, end in self._above(walk):
            tones = harmony.at(onset)
            near = np.isin((_pitches - pitch) % _OCTAVE, (1, _OCTAVE - 1)) & ~(tones & tones[pitch])
            clashing[onset:end] |= near
            if onset and onset % beat == 0 and onset < end:
                bounds.latest[:onset, near] = np.minimum(bounds.latest[:onset, near], onset)
        bounds.avoid(clashing)
        steps, following = len(clashing), None
        if walk.place + 1 < len(walk.script.bars):
            following = self._melody.pitch_at(walk.bar.index, steps)
        if following is not None:
            near = np.isin((_pitches - following) % _OCTAVE, (1, _OCTAVE - 1))
            bounds.latest[:, near] = np.minimum(bounds.latest[:, near], steps)

    def _above(self, walk: Walk) -> list[tuple[int, int, int]]:
        """Onset, pitch and end of the notes of the melody and of the higher lines in this bar."""
        pitches, sounds = self._melody.pitches(walk.bar.index), self._melody.sounds(walk.bar.index)
        onsets = sorted({0, *(onset for onset, _ in self._melody.struck(walk.bar.index))})
        spans = zip(onsets, [*onsets[1:], len(sounds)], strict=True)
        tune = [(start, int(pitches[start]), start + int(sounds[start:end].sum())) for start, end in spans]
        return tune + [note for line in _higher(self._lines, walk) for note in walk.lines[line].notes]


class Complete(NoteRule):
    """Where a chord begins, inner lines have a near tone that the parts above and the bass lack, the last one the third first.

    Args:
        grammar: of the model's tokenizer.
        melody: above all lines.
        lines: parts from the highest down; the last one plays the bass.
    """

    def __init__(self, grammar: Grammar, melody: GivenMelody, lines: Sequence[int]) -> None:
        self._grammar, self._melody, self._lines = grammar, melody, lines

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids other tones at the next onset of a chord."""
        if walk.state.part not in self._lines[:-1] or not walk.bar.harmony:
            return
        line, position, harmony = walk.line, walk.state.position, harmony_of(self._grammar, walk)
        due = position + bool(line.struck(position))
        start, chord = next((each for each in zip(harmony.starts, harmony.chords, strict=True) if each[0] >= due), (0, None))
        missing = self._missing(walk, start, chord) if chord else frozenset()
        others = ~np.isin(_pitches % _OCTAVE, list(missing))
        if line.pitches:
            others |= np.abs(_pitches - line.pitches[0]) > _NEAR
        if missing and leaves_some(bounds, start, others):
            if position == start:
                bounds.forbid_here(start, others)
            else:
                bounds.bar(start, others)

    def _missing(self, walk: Walk, start: int, chord: Chord) -> frozenset[int]:
        """The tones of a chord that the parts above and the bass lack; for the last inner line the third alone if it is one."""
        bar = walk.bar.index
        sounding = {chord.lowest}
        if self._melody.sounds(bar)[start]:
            sounding.add(int(self._melody.pitches(bar)[start]) % _OCTAVE)
        for line in _higher(self._lines, walk):
            sounding |= {pitch % _OCTAVE for onset, pitch, end in walk.lines[line].notes if onset <= start < end}
        missing = chord.pitch_classes - sounding
        thirds = missing & {(chord.root + third) % _OCTAVE for third in (3, 4)}
        return thirds if thirds and walk.state.part == self._lines[-2] else missing


class Independent(NoteRule):
    """Voices of a choir move in no parallel fifths and octaves with those above, nor with the bass of the next chord.

    Notes that sound count, whenever they were struck; where other rules leave no other tone of the harmony, parallels stay.

    Args:
        grammar: of the model's tokenizer.
        melody: above all lines.
        lines: parts from the highest down; the last one sings the bass.
    """

    def __init__(self, grammar: Grammar, melody: GivenMelody, lines: Sequence[int]) -> None:
        self._grammar, self._melody, self._lines = grammar, melody, lines

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids the pitches with which the next note would move in parallel."""
        part, position, mine = walk.state.part, walk.state.position, walk.line
        if part not in self._lines or len(mine.pitches) != 1 or not walk.bar.harmony:
            return
        for onset, before, after in self._moves(walk):
            interval = (mine.pitches[0] - before) % _OCTAVE
            parallel = ((_pitches - after) % _OCTAVE == interval) & (_pitches != mine.pitches[0])
            if interval not in _PERFECT or onset <= mine.onset or not leaves_some(bounds, onset, parallel):
                continue
            if position < 0 or position == mine.onset:
                bounds.bar(onset, parallel)
            elif position == onset:
                bounds.forbid_here(onset, parallel)

    def _moves(self, walk: Walk) -> Iterator[tuple[int, int, int]]:
        """Where in this bar the melody, the lines above and the bass move, from which pitch and to which."""
        bar = walk.bar.index
        for onset, pitch in self._melody.struck(bar):
            before = self._melody.pitch_at(bar, onset - 1)
            if before is not None and before != pitch:
                yield onset, before, pitch
        for line in _higher(self._lines, walk):
            onset, struck = walk.lines[line].carried or (0, [])
            notes = [(onset, pitch) for pitch in struck] + [(at, pitch) for at, pitch, _ in walk.lines[line].notes]
            yield from ((at, before, after) for (_, before), (at, after) in pairwise(notes) if before != after)
        if walk.state.part != self._lines[-1]:
            yield from self._bass_moves(walk)

    def _bass_moves(self, walk: Walk) -> Iterator[tuple[int, int, int]]:
        """Where the bass of the chords moves, as pitch classes."""
        harmony, carried = harmony_of(self._grammar, walk), walk.lines[self._lines[-1]].carried
        last = carried[1][0] if carried else None
        for start, chord in zip(harmony.starts, harmony.chords, strict=True):
            if chord and last is not None and (last - chord.lowest) % _OCTAVE:
                yield start, last, chord.lowest
            last = chord.lowest if chord else None


def _higher(lines: Sequence[int], walk: Walk) -> Sequence[int]:
    """The lines above the one being written."""
    return lines[: lines.index(walk.state.part)]
