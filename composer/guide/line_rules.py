"""Rules for lines that accompany a melody: when they strike, how far they leap, and how high they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from composer.guide.harmony_rules import harmony_of
from composer.guide.note_bounds import ANY_END, Bounds
from composer.guide.rule import NoteRule
from composer.guide.tune_rules import GivenMelody
from composer.guide.walk import Walk
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import TICKS_PER_STEP

_FIRST_WIDTH, _WIDTH = 12, 9  # semitones from the melody to the line below it, and between inner lines, at most
_OCTAVE = 12  # semitones
_APART = 3  # semitones from the lowest line to the one above it
_PULL = 0.25  # how much of the way to the middle of its register a bass tends
_pitches = np.arange(128)


class SmallLeaps(NoteRule):
    """Inner lines leap by an interval at most, where other rules leave such a note.

    Args:
        parts: the lines.
        widest: largest interval in semitones.
    """

    def __init__(self, parts: Collection[int], widest: int) -> None:
        self._parts, self._widest = parts, widest

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids notes further away from the last one of the line."""
        if walk.state.part not in self._parts or not walk.line.pitches:
            return
        row = max(walk.state.position, 0) + bool(walk.line.struck(walk.state.position))
        far = np.abs(_pitches - walk.line.pitches[0]) > self._widest
        if bounds.latest[row:, ~far].any():
            bounds.unshare(max(walk.state.position, 0))
            bounds.latest[row:, far], bounds.held[row:, far] = 0, ANY_END


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
        middles: the functional pitch around which the last one moves in each bar.
        answers: given notes of lines.
    """

    def __init__(
        self,
        grammar: Grammar,
        melody: GivenMelody,
        lines: Sequence[int],
        middles: Sequence[float],
        answers: Mapping[int, GivenMelody],
    ) -> None:
        self._grammar, self._melody, self._lines = grammar, melody, lines
        self._middles, self._answers = middles, answers

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
                _avoid(bounds, (_pitches <= answer.pitches(bar)[:, None]) & answer.sounds(bar)[:, None])
        if part == self._lines[-1]:
            self._place(bounds, walk, above)
        else:
            _avoid(bounds, _pitches < above[:, None] - width)

    def _place(self, bounds: Bounds, walk: Walk, above: NDArray[np.int64]) -> None:
        """Allows the bass of each chord in one octave, the nearest to the bass before and the middle, then notes around it."""
        harmony, middle = harmony_of(self._grammar, walk), self._middles[walk.bar.index]
        last = walk.line.pitches[0] if walk.line.pitches else middle
        ends = (*harmony.starts[1:], len(bounds.latest))
        for start, end, chord in zip(harmony.starts, ends, harmony.chords, strict=True):
            allowed = (bounds.latest[start] > 0) & (_pitches <= above[start] - _APART)
            tones = [int(pitch) for pitch in np.flatnonzero(allowed) if chord and pitch % _OCTAVE == chord.lowest]
            if tones:
                aim = last + _PULL * (middle - last)
                last = min(tones, key=lambda pitch: abs(pitch - aim))
                bounds.forbid(slice(start, start + 1), _pitches != last)
                _avoid(bounds, (np.abs(_pitches - last) > _OCTAVE).reshape(1, -1), slice(start + 1, end))


def _avoid(bounds: Bounds, notes: Mask, rows: slice = slice(None)) -> None:
    """Forbids notes, (S, 128) or (1, 128), at those onsets in some rows that allow others."""
    latest = bounds.latest[rows]
    others = np.logical_or.reduce((latest > 0) & ~notes, axis=1)
    forbidden = notes & others[:, None]
    latest[forbidden], bounds.held[rows][forbidden] = 0, ANY_END
