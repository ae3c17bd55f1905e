"""Harmony that binds: chord tones on strong beats, and elsewhere other tones only where they pass, embellish or lead on.

A tone foreign to its chord is reached by step from what the part struck before and left by step; until it is, no tone can be
struck that is no step away (Aldwell and Schachter on passing and neighbouring tones), and the bar's last beat has none, so that
all are resolved within their bar. Notes end where their chords end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from composer.pipeline.guide.bounds import ANY_END, Bounds
from composer.pipeline.guide.walk import Walk
from composer.score import Chord, TimeSignature
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import TICKS_PER_STEP

STEP_SEMITONES = 2  # the widest melodic step
_CLASSES = np.arange(128) % 12


def strong_steps(meter: TimeSignature) -> tuple[int, ...]:
    """Offsets of a bar's strong beats: where its chords stand, and every other beat of metres in two or four.

    >>> [strong_steps(TimeSignature(0, n, d)) for n, d in ((4, 4), (3, 4), (2, 4), (6, 8), (12, 8), (5, 4))]
    [(0, 48), (0, 48), (0, 24), (0, 36), (0, 72), (0, 72)]
    """
    return (0, meter.middle_ticks // TICKS_PER_STEP)


def chord_of(grammar: Grammar, token: int) -> Chord | None:
    """The chord that an id states; `None` for no chord."""
    value = grammar.vocabulary.groups["Chord"][grammar.vocabulary.index(token)]
    root, _, quality = value.partition(":")
    return Chord(int(root), quality) if quality else None


def tones_of(chord: Chord | None) -> Mask:
    """Pitches that belong to a chord, all if there is none: (128,)."""
    if chord is None:
        return np.ones(128, bool)
    return np.isin(_CLASSES, list(chord.pitch_classes))


@dataclass(frozen=True)
class _Harmony:
    """The chords of one bar: pitches of each, (128,), and the step at which the second one begins (the bar's end without)."""

    tones: tuple[Mask, ...]
    middle: int
    steps: int

    def at(self, step: int) -> Mask:
        return self.tones[step >= self.middle] if len(self.tones) == 2 else self.tones[0]

    def foreign(self) -> Mask:
        """Notes foreign to their chord, (S, 128)."""
        foreign = np.empty((self.steps, 128), bool)
        for start, end, tones in self.segments():
            foreign[start:end] = ~tones
        return foreign

    def segments(self) -> Iterator[tuple[int, int, Mask]]:
        """First step, end and tones of each chord."""
        yield 0, self.middle, self.tones[0]
        if len(self.tones) == 2:
            yield self.middle, self.steps, self.tones[1]


class BoundHarmony:
    """Keeps parts to the chords of their bar.

    Args:
        grammar: of the model's tokenizer.
        applies: whether a bar's chords bind.
    """

    def __init__(self, grammar: Grammar, applies: Callable[[Walk], bool]) -> None:
        self._grammar, self._applies = grammar, applies
        self._bound: _Harmony | None = None  # of the bar being written, if its chords bind
        self._harmony: dict[int, tuple[int, _Harmony]] = {}  # by part, the last bar of bound harmony that it played in

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Chord tones on strong beats; notes end where their chord ends, foreign tones before the next strong beat."""
        self._bound = harmony_of(self._grammar, walk) if self._applies(walk) and walk.chords else None
        if (harmony := self._bound) is None:
            return
        ends = np.where(self._tones_after(walk), ANY_END, harmony.steps)
        for start, end, tones in reversed(list(harmony.segments())):
            ends = np.where(tones, ends, start)  # of a tone that sounds on into this segment
            limit = np.where(tones, ends, end)
            bounds.latest[start:end] = np.minimum(bounds.latest[start:end], limit.astype(np.int16))
        last_beat = harmony.steps - walk.meter.beat_ticks // TICKS_PER_STEP
        for strong in {*strong_steps(walk.meter), last_beat}:
            foreign = ~harmony.at(strong)
            bounds.forbid(slice(strong, None if strong == last_beat else strong + 1), foreign)
            bounds.latest[:strong, foreign] = np.minimum(bounds.latest[:strong, foreign], strong)
        bounds.foreign = harmony.foreign()

    def _tones_after(self, walk: Walk) -> Mask:
        """Pitches that may sound on into the next bar: tones of its first chord if that is known beforehand, else none."""
        bars = walk.script.bars
        if walk.place + 1 < len(bars) and not walk.bar.closed:
            first = self._grammar.vocabulary.offsets["Chord"]
            for ids in bars[walk.place + 1].opening:
                if len(ids) == 1 and 0 <= ids[0] - first < len(self._grammar.vocabulary.groups["Chord"]):
                    return tones_of(chord_of(self._grammar, ids[0]))
        return np.zeros(128, bool)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Foreign tones by step only, to and from."""
        if (harmony := self._bound) is None:
            return
        line, row, part = walk.line, walk.state.position, walk.state.part
        if line.notes:
            self._harmony[part] = walk.place, harmony
        struck, loose = line.struck(row), self._loose(walk)
        near = _near(line.pitches)
        if row >= 0:
            bounds.forbid_here(row, ~harmony.at(row) & ~(_near(line.before) if struck else near))
        if bounds.steppable and not loose:
            bounds.near = near
            return
        bounds.own(row)
        later = row + 1 if struck else max(row, 0)
        apart = harmony.foreign()[later:] & ~near
        bounds.latest[later:][apart], bounds.held[later:][apart] = 0, ANY_END
        if loose and (bounds.held == ANY_END).all():  # an ending has notes of its own to ask for
            _resolve(bounds, slice(later, None), loose)

    def may_end(self, walk: Walk) -> bool:
        """Whether no foreign tone waits for its step."""
        return not (self._bound and walk.line.notes and self._loose(walk))

    def _loose(self, walk: Walk) -> list[int]:
        """Foreign tones of the part's latest onset that still have to move by step."""
        line = walk.line
        place, harmony = self._harmony.get(walk.state.part, (-2, None))
        if harmony is None or place < walk.place - bool(not line.notes):
            return []
        tones = harmony.at(line.onset if line.notes else line.onset + harmony.steps)
        return [pitch for pitch in line.pitches if not tones[pitch]]


def harmony_of(grammar: Grammar, walk: Walk) -> _Harmony:
    """The chords of the bar being written."""
    tones = tuple(_tones_of_id(grammar, token) for token in walk.chords)
    steps = walk.meter.bar_ticks // TICKS_PER_STEP
    return _Harmony(tones, walk.meter.middle_ticks // TICKS_PER_STEP if len(tones) == 2 else steps, steps)


@lru_cache(maxsize=256)
def _tones_of_id(grammar: Grammar, token: int) -> Mask:
    return tones_of(chord_of(grammar, token))


def _resolve(bounds: Bounds, rows: slice, loose: Sequence[int]) -> None:
    """Allows at the next onset only what is a step from the loose tones, where anything is."""
    far = ~_near(loose)
    far[list(loose)] = True
    latest = bounds.latest[rows]
    can = (latest[:, ~far] > 0).any(axis=1)
    latest[can] = np.where(far, 0, latest[can])


def _near(pitches: Sequence[int]) -> Mask:
    """Pitches within a step of some pitches, (128,)."""
    near = np.zeros(128, bool)
    for pitch in pitches:
        near[max(0, pitch - STEP_SEMITONES) : pitch + STEP_SEMITONES + 1] = True
    return near
