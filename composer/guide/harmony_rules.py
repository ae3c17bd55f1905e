"""Binding harmony: chord tones on strong beats, other tones only as passing, neighboring or suspended tones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from composer.analysis.chord_functions import bent_scale
from composer.guide.note_bounds import ANY_END, Bounds
from composer.guide.rule import NoteRule, Rule
from composer.guide.walk import Walk
from composer.score import Chord, TimeSignature
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import POSITIONS, TICKS_PER_STEP

STEP_SEMITONES = 2  # the widest melodic step
_CLASSES = np.arange(128) % 12


def strong_steps(meter: TimeSignature) -> tuple[int, ...]:
    """Steps of a bar's strong beats: where its chords begin.

    >>> [strong_steps(TimeSignature(0, n, d)) for n, d in ((4, 4), (3, 4), (2, 4), (6, 8), (12, 8), (5, 4))]
    [(0, 48), (0, 48), (0, 24), (0, 36), (0, 72), (0, 72)]
    """
    return (0, meter.middle_ticks // TICKS_PER_STEP)


def tones_of(chord: Chord | None) -> Mask:
    """Whether each pitch belongs to a chord, (128,) bool; all true for `None`."""
    if chord is None:
        return np.ones(128, bool)
    return np.isin(_CLASSES, list(chord.pitch_classes))


@dataclass(frozen=True)
class Harmony:
    """The chords of one bar, the pitches of each, (128,), and the steps at which they begin; the bar's length in steps."""

    chords: tuple[Chord | None, ...]
    tones: tuple[Mask, ...]
    starts: tuple[int, ...]
    steps: int

    def at(self, step: int) -> Mask:
        """Pitches of the chord in force at a step."""
        return self.tones[bisect_right(self.starts, step) - 1]

    def foreign(self) -> Mask:
        """Notes foreign to their chord, (S, 128)."""
        foreign = np.empty((self.steps, 128), bool)
        for start, end, tones in self.segments():
            foreign[start:end] = ~tones
        return foreign

    def segments(self) -> Iterator[tuple[int, int, Mask]]:
        """First step, end and tones of each chord."""
        yield from zip(self.starts, [*self.starts[1:], self.steps], self.tones, strict=True)


class BoundHarmony(Rule, NoteRule):
    """Keeps parts to the chords of their bar.

    A tone foreign to its chord is reached by step from what the part played before and is left by step; until it resolves,
    the part plays only tones a step away (Aldwell and Schachter on passing and neighboring tones). Where the harmony of the
    next bar is planned, it may resolve there. Notes end where their chords end, except that a part of one note at a time may
    hold a tone into a chord longer than a beat for a beat, also over the barline, and then resolve it down by step: a
    suspension. Where a chord alters a tone of the scale, no part plays the unaltered one.

    Args:
        grammar: of the model's tokenizer.
        applies: whether a bar's chords bind.
        singers: parts of one note at a time, which may suspend a tone.
        scale: pitch classes of the key; empty if it is not known.
    """

    def __init__(
        self,
        grammar: Grammar,
        applies: Callable[[Walk], bool],
        singers: Collection[int] = (),
        scale: frozenset[int] = frozenset(),
    ) -> None:
        self._grammar, self._applies, self._singers, self._scale = grammar, applies, singers, scale
        self._bound: Harmony | None = None  # of the bar being written, if its chords bind
        self._harmony: dict[int, tuple[int, Harmony]] = {}  # by part, the last bar of bound harmony that it played in

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Allows chord tones on strong beats; notes end where their chord ends, foreign tones before the next strong beat."""
        self._bound = harmony_of(self._grammar, walk) if self._applies(walk) and walk.chords else None
        if (harmony := self._bound) is None:
            return
        after, beat = self._tones_after(walk), walk.meter.beat_ticks // TICKS_PER_STEP
        ends, following = np.where(after, ANY_END, harmony.steps), after
        suspended: dict[int, Mask] = {}  # by the onset of a chord, tones that may be held into it for a beat
        lasts = self._lasts(walk)
        for start, end, tones in reversed(list(harmony.segments())):
            ends = np.where(tones, ends, start)  # of a tone held into this segment
            limit = np.where(tones, ends, end)
            if walk.state.part in self._singers and lasts > beat:
                suspended[end] = tones & ~following & _falls_into(following)
                limit = np.where(suspended[end], end + beat, limit)
            bounds.latest[start:end] = np.minimum(bounds.latest[start:end], limit.astype(np.int16))
            following, lasts = tones, end - start
        for start, end, chord in zip(harmony.starts, [*harmony.starts[1:], harmony.steps], harmony.chords, strict=True):
            if chord is not None:
                bounds.forbid(slice(start, end), _unaltered(self._scale, chord))
        last_beat, leads_on = harmony.steps - beat, self._leads_on(walk)
        for strong in {*harmony.starts, *strong_steps(walk.meter), last_beat}:
            foreign = ~harmony.at(strong)
            to_end = strong == last_beat and not leads_on
            bounds.forbid(slice(strong, None if to_end else strong + 1), foreign)
            foreign &= ~suspended.get(strong, np.zeros(128, bool))
            bounds.latest[:strong, foreign] = np.minimum(bounds.latest[:strong, foreign], strong)
        bounds.foreign = harmony.foreign()

    def _leads_on(self, walk: Walk) -> bool:
        """Whether a foreign tone at the bar's end can resolve in the next bar, in which the part is then required."""
        bars, place = walk.script.bars, walk.place + 1
        if (
            walk.state.part not in self._singers
            or walk.bar.closed
            or place == len(bars)
            or not bars[place].harmony
            or bars[place].repeats is not None
        ):
            return False
        return walk.state.part in bars[place].open_parts

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Requires the parts that have to resolve a tone of the bar before."""
        if not walk.bar.harmony:
            return
        waiting = [part for part in walk.waiting_parts() if part in self._harmony and not walk.lines[part].notes]
        called = [part for part in waiting if self._loose(walk, part) or self._suspended(walk, part)]
        if called:
            walk.call(mask, called)

    def _lasts(self, walk: Walk) -> int:
        """Steps of the first chord of the next bar, 0 if it is not known in advance."""
        place = walk.place + 1
        settled = walk.script.bars[place].harmony if place < len(walk.script.bars) else ()
        starts = [*walk.meter.chord_ticks(len(settled)), walk.meter.bar_ticks] if settled else [0, 0]
        return starts[1] // TICKS_PER_STEP

    def _tones_after(self, walk: Walk) -> Mask:
        """Pitches that may be held into the next bar: tones of its first chord if that is known in advance, else none."""
        bars = walk.script.bars
        if walk.place + 1 < len(bars) and not walk.bar.closed:
            if settled := bars[walk.place + 1].harmony:
                return tones_of(settled[0])
            vocabulary = self._grammar.vocabulary
            for ids in bars[walk.place + 1].opening:
                if len(ids) == 1 and ids[0] in vocabulary.ids_of("Chord"):
                    return tones_of(vocabulary.chord_of(ids[0]))
        return np.zeros(128, bool)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Lets foreign tones be reached and left by step only."""
        if (harmony := self._bound) is None:
            return
        line, row, part = walk.line, walk.state.position, walk.state.part
        if held := self._suspended(walk, part):
            _resolve_down(bounds, row, *held)
            return
        if line.notes:
            self._harmony[part] = walk.place, harmony
        struck, loose = line.struck(row), self._loose(walk, part)
        near = _near(line.pitches)
        if row >= 0:
            bounds.forbid_here(row, ~harmony.at(row) & ~(_near(line.before) if struck else near))
        if bounds.steppable and not loose:
            bounds.near = near
            return
        bounds.unshare(row)
        later = row + 1 if struck else max(row, 0)
        apart = harmony.foreign()[later:] & ~near
        bounds.latest[later:][apart], bounds.held[later:][apart] = 0, ANY_END
        if loose and (bounds.held == ANY_END).all():  # an ending requires its own notes
            _resolve(bounds, slice(later, None), loose)

    def may_end(self, walk: Walk) -> bool:
        """Whether no foreign tone is unresolved that could not resolve in the next bar."""
        if self._bound is None:
            return True
        part = walk.state.part
        held = self._suspended(walk, part)
        if held and held[0] < self._bound.steps:
            return False
        return not (walk.line.notes and self._loose(walk, part)) or self._leads_on(walk)

    def _suspended(self, walk: Walk, part: int) -> tuple[int, Mask] | None:
        """Where a suspension of a part ends, and the tones to which it may resolve; `None` if none is held."""
        line = walk.lines[part]
        if part not in self._singers or len(line.pitches) != 1 or not line.rings or not walk.bar.harmony:
            return None
        pitch, end = line.rings[-1]
        harmony = harmony_of(self._grammar, walk)
        if not 0 < end < harmony.steps or end not in POSITIONS or harmony.at(end - 1)[pitch]:
            return None
        if line.onset >= 0 and not harmony.at(line.onset)[pitch]:
            return None
        if line.onset >= max(start for start in harmony.starts if start < end):
            return None
        down = np.zeros(128, bool)
        down[max(0, pitch - STEP_SEMITONES) : pitch] = True
        down &= harmony.at(end)
        return (end, down) if down.any() else None

    def _loose(self, walk: Walk, part: int) -> list[int]:
        """Foreign tones of a part's latest onset that are unresolved."""
        line = walk.lines[part]
        place, harmony = self._harmony.get(part, (-2, None))
        if harmony is None or place < walk.place - bool(not line.notes):
            return []
        tones = harmony.at(line.onset if line.notes else line.onset + harmony.steps)
        return [pitch for pitch in line.pitches if not tones[pitch]]


def harmony_of(grammar: Grammar, walk: Walk) -> Harmony:
    """The chords of the bar being written: those given in advance, else those that its ids state."""
    chords = walk.bar.harmony or tuple(grammar.vocabulary.chord_of(token) for token in walk.chords)
    return _harmony(chords, walk.meter)


@lru_cache(maxsize=1024)
def _unaltered(scale: frozenset[int], chord: Chord) -> Mask:
    """Pitches of a scale in whose place a chord has altered ones, (128,)."""
    return np.isin(_CLASSES, list(scale - bent_scale(scale, chord)))


@lru_cache(maxsize=1024)
def _harmony(chords: tuple[Chord | None, ...], meter: TimeSignature) -> Harmony:
    starts = tuple(tick // TICKS_PER_STEP for tick in meter.chord_ticks(len(chords)))
    return Harmony(chords, tuple(map(tones_of, chords)), starts, meter.bar_ticks // TICKS_PER_STEP)


def _resolve(bounds: Bounds, rows: slice, loose: Sequence[int]) -> None:
    """Allows at the next onset only what is a step from the unresolved tones, if anything is."""
    far = ~_near(loose)
    far[list(loose)] = True
    latest, can = bounds.latest[rows], bounds.begins(rows)[:, ~far].any(axis=1)
    latest[can] = np.where(far, 0, latest[can])


def _resolve_down(bounds: Bounds, row: int, end: int, tones: Mask) -> None:
    """Allows only the onset at which a suspension ends, and the tones to which it resolves."""
    bounds.unshare(row)
    kept = np.where(tones, bounds.latest[end], 0)
    if not (kept > end).any():
        return
    bounds.forbid(slice(None))
    bounds.latest[end] = kept


def _falls_into(tones: Mask) -> Mask:
    """Pitches a step above one of the tones, (128,)."""
    falls = np.zeros(128, bool)
    for step in range(1, STEP_SEMITONES + 1):
        falls[step:] |= tones[:-step]
    return falls


def _near(pitches: Sequence[int]) -> Mask:
    """Pitches within a step of one of the pitches, (128,)."""
    near = np.zeros(128, bool)
    for pitch in pitches:
        near[max(0, pitch - STEP_SEMITONES) : pitch + STEP_SEMITONES + 1] = True
    return near
