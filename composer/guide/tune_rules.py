"""Rules for a given melody: the parts that accompany it, and the staff that plays it with added notes below.

Those about the hands of keyboards alone are in `hand_rules`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from composer.arranging.voicing import LOW_APART, LOW_BELOW
from composer.guide.harmony_rules import harmony_of
from composer.guide.note_bounds import ANY_END, Bounds
from composer.guide.rule import NoteRule, Onsets, Rule
from composer.guide.walk import Walk
from composer.melody.line_guide import GRID
from composer.score import Note
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import STEPS_PER_QUARTER, TICKS_PER_STEP

_LEAST_ROOM = 9  # semitones above its lowest pitch that a part may always use
_HAND, _APART = 9, 3  # semitones from a melody down to the other notes of its hand: maximum and minimum
_LOWEST = 58  # pitch of these notes at least: below it they crowd the left hand
_IMPERFECT = (3, 4, 8, 9)  # thirds and sixths
_EIGHTH = STEPS_PER_QUARTER // 2
_MOST_BELOW = 1
_NOTHING: Mapping[int, int] = MappingProxyType({})
_OCTAVE = 12
_pitches = np.arange(128)
_DIATONIC = np.isin(_pitches % _OCTAVE, (0, 2, 4, 5, 7, 9, 11))  # C major and A minor: pitches are functional


def clear_pairs(shift: int) -> Mask:
    """Pairs of functional pitches, the lower one first, that may be struck together: no semitones, low ones open, (128, 128).

    Args:
        shift: semitones from the plan's key to functional pitch.
    """
    apart = _pitches[None, :] - _pitches[:, None]
    return np.asarray((apart != 1) & ((_pitches[:, None] - shift >= LOW_BELOW) | (apart >= LOW_APART)))


def _in_midi(pitch: int) -> int:
    """A pitch from 0 to 127, an octave nearer if it is outside."""
    return pitch + _OCTAVE * ((pitch < 0) - (pitch >= len(_pitches)))


class GivenMelody:
    """A melody by bars, in steps of the token grid.

    Args:
        notes: in functional pitch, from the start of the piece; not empty. Those outside MIDI's range are
            taken an octave nearer.
        bars: length of each bar in steps.
    """

    def __init__(self, notes: Sequence[Note], bars: Sequence[int]) -> None:
        self._starts = np.concatenate([[0], np.cumsum(bars)])
        notes = [replace(note, pitch=_in_midi(note.pitch)) for note in notes]
        self._pitches = np.full(int(self._starts[-1]), notes[0].pitch, np.int64)
        self._sounds = np.zeros(int(self._starts[-1]), bool)
        self._struck: list[list[tuple[int, int]]] = [[] for _ in bars]
        for note in notes:
            start = note.start_ticks // TICKS_PER_STEP
            bar = int(np.searchsorted(self._starts, start, side="right")) - 1
            if bar < len(bars):
                self._struck[bar].append((start - int(self._starts[bar]), note.pitch))
            self._pitches[start:] = note.pitch
            self._sounds[start : note.end_ticks // TICKS_PER_STEP] = True

    def pitches(self, bar: int) -> NDArray[np.int64]:
        """The pitch last struck at each step of a bar; before the first note, the pitch of that note; (S,)."""
        return self._pitches[self._starts[bar] : self._starts[bar + 1]]

    def sounds(self, bar: int) -> Mask:
        """Whether the melody sounds at each step of a bar, (S,)."""
        return self._sounds[self._starts[bar] : self._starts[bar + 1]]

    def pitch_at(self, bar: int, step: int) -> int | None:
        """The pitch at a step counted from a barline, negative in earlier bars; `None` before the piece."""
        place = int(self._starts[bar]) + step
        return int(self._pitches[place]) if place >= 0 else None

    def struck(self, bar: int) -> list[tuple[int, int]]:
        """Onset and pitch of each note that begins in a bar."""
        return self._struck[bar]


class Beneath(NoteRule):
    """Accompanying parts stay below the melody and do not double it in octaves.

    Lines neither cross nor meet, low chords are open, and nothing is faster than sixteenths. An instrument that cannot play
    that low stays at the lower end of its range.

    Args:
        melody: what they accompany.
        parts: those that accompany.
        lines: parts of one note at a time, from the highest down; each stays below the one before it.
        above: by other parts, those whose notes they stay below.
        pickup: steps of the first bar before an upbeat, in which no part plays.
        clear: pairs of notes that an instrument may strike together, see `clear_pairs`.
    """

    def __init__(
        self,
        melody: GivenMelody,
        parts: Collection[int],
        clear: Mask,
        lines: Sequence[int] = (),
        above: Mapping[int, int] = _NOTHING,
        pickup: int = 0,
    ) -> None:
        self._melody, self._parts, self._pickup, self._clear = melody, parts, pickup, clear
        self._lines = frozenset(lines)
        self._above = {**above, **dict(zip(lines[1:], lines, strict=False))}  # by part, the one above it
        self._before: dict[int, int] = {}  # by part, the pitch that it doubled before the onset being written, or -1

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids notes above the melody at their onset, to lines also those in unison with it."""
        if walk.state.part not in self._parts:
            return
        lowest = walk.ranges[walk.state.part][0] + _LEAST_ROOM
        is_line = walk.state.part in self._lines
        above = _pitches > np.maximum(self._melody.pitches(walk.bar.index) - is_line, lowest)[:, None]
        bounds.latest[above], bounds.held[above] = 0, ANY_END
        if bounds.partners is None:
            bounds.partners = self._clear
        for row in range(len(bounds.latest)):
            if all(row % size for size in GRID) or (walk.bar.index == 0 and row < self._pickup):
                bounds.forbid(slice(row, row + 1))
        if (upper := self._above.get(walk.state.part)) is not None:
            for onset, pitch, end in walk.lines[upper].notes:
                bounds.forbid(slice(onset, end), _pitches > max(pitch - 1, lowest))

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids the melody's next note in octaves to a part that just doubled the melody, but for the last chord."""
        part, row = walk.state.part, max(walk.state.position, 0)
        if part not in self._parts or walk.place + 1 == len(walk.script.bars):
            return
        doubled = self._doubled(walk)
        if walk.line.struck(walk.state.position):
            self._forbid_octaves(bounds, walk, slice(row, row + 1), self._before.get(part, -1))
            row += 1
        else:
            self._before[part] = doubled
        self._forbid_octaves(bounds, walk, slice(row, None), doubled)

    def _doubled(self, walk: Walk) -> int:
        """The melody's pitch at the part's latest onset if that doubles it, else -1."""
        tone = self._melody.pitch_at(walk.bar.index, walk.line.onset)
        return tone if tone is not None and any((pitch - tone) % 12 == 0 for pitch in walk.line.pitches) else -1

    def _forbid_octaves(self, bounds: Bounds, walk: Walk, rows: slice, doubled: int) -> None:
        if doubled < 0:
            return
        tune = self._melody.pitches(walk.bar.index)[rows, None]
        octaves = ((_pitches - tune) % 12 == 0) & (tune != doubled)
        bounds.unshare(max(walk.state.position, 0))
        bounds.latest[rows][octaves], bounds.held[rows][octaves] = 0, ANY_END


class Above(NoteRule):
    """Parts that accompany a low melody stay above it, where other rules leave such a note.

    Args:
        melody: what they accompany.
        parts: those above it.
    """

    def __init__(self, melody: GivenMelody, parts: Collection[int]) -> None:
        self._melody, self._parts = melody, parts

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids other notes at onsets that allow one of these."""
        if walk.state.part in self._parts:
            bounds.avoid(_pitches <= self._melody.pitches(walk.bar.index)[:, None])


class Apart(NoteRule):
    """Parts strike no note in unison with a given one, where other rules leave another note.

    Args:
        notes: given ones, in functional pitch, from the start of the piece.
        bars: length of each bar in steps.
        parts: those that keep apart.
    """

    def __init__(self, notes: Sequence[Note], bars: Sequence[int], parts: Collection[int]) -> None:
        self._starts, self._parts = np.concatenate([[0], np.cumsum(bars)]), parts
        self._struck = sorted({(note.start_ticks // TICKS_PER_STEP, note.pitch) for note in notes})

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids given notes at onsets that allow another one."""
        if walk.state.part not in self._parts:
            return
        first, end = self._starts[walk.bar.index : walk.bar.index + 2].tolist()
        given = np.zeros((len(bounds.latest), len(_pitches)), bool)
        for step, pitch in self._struck[bisect_left(self._struck, (first, 0)) : bisect_left(self._struck, (end, 0))]:
            given[step - first, pitch] = True
        bounds.avoid(given)


class Together(Rule, NoteRule):
    """Voices sing while the melody does: they do not rest for more than a quarter, or a shorter beat, under its notes.

    Args:
        grammar: of the model's tokenizer.
        melody: what they accompany.
        parts: the voices.
    """

    def __init__(self, grammar: Grammar, melody: GivenMelody, parts: Collection[int]) -> None:
        self._begun, self._melody, self._parts = Onsets(grammar), melody, parts

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids that would leave a gap under the melody."""
        part = walk.state.part
        if part in self._parts and part in walk.bar.open_parts:
            if (due := self._due(walk, part)) is not None:
                mask &= ~self._begun.after(due)
        else:
            waiting = [other for other in walk.waiting_parts() if other in self._parts and self._due(walk, other) is not None]
            if waiting:
                walk.call(mask, waiting)

    def _due(self, walk: Walk, part: int) -> int | None:
        """The step by which a voice has to sing again in this bar, if it has to."""
        covered = max(0, walk.lines[part].rings_until())
        sounds = self._melody.sounds(walk.bar.index)[covered:]
        longest = min(walk.meter.beat_ticks // TICKS_PER_STEP, STEPS_PER_QUARTER)
        if int(sounds.sum()) < longest:
            return None
        return covered + int(sounds.argmax()) + longest

    def may_end(self, walk: Walk) -> bool:
        """Whether the voice covers the melody to the end of the bar."""
        return walk.state.part not in self._parts or self._due(walk, walk.state.part) is None


class Carried(Rule, NoteRule):
    """A keyboard's upper staff plays the melody, with a note below each of its notes on eighths, where the chord has one.

    In bars with notes between eighths, only those on beats have one.
    That note is a tone of the chord, a third or a sixth below; where the chord has none there, another of its tones. Below a
    foreign tone between beats it may be any tone of the scale, a third or a sixth below. It is the nearest of these to the one
    before.

    Args:
        grammar: of the model's tokenizer.
        melody: what the staff plays.
        part: the staff.
    """

    def __init__(self, grammar: Grammar, melody: GivenMelody, part: int) -> None:
        self._grammar, self._begun, self._melody, self._part = grammar, Onsets(grammar), melody, part
        self._inner: dict[int, int] = {}  # by bar, the last pitch below the melody

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Allows the melody with notes below it, which end before it passes them."""
        notes, steps = self._melody.struck(walk.bar.index), len(bounds.latest)
        if walk.state.part != self._part or not notes:
            return
        top, onsets = self._melody.pitches(walk.bar.index), {onset for onset, _ in notes}
        bounds.forbid_all_but(onsets)
        before = self._inner.get(walk.bar.index - 1)
        for onset, pitch in notes:
            inner = self._below(walk, onset, pitch) & (_pitches >= _LOWEST) & (bounds.latest[onset] > onset)
            if inner.any():
                near = np.abs(_pitches - (pitch if before is None else before))
                before = self._inner[walk.bar.index] = int(np.where(inner, near, len(_pitches)).argmin())
                inner &= _pitches == before
                bounds.begin_on(slice(onset, onset + 1), inner)
            bounds.forbid(slice(onset, onset + 1), ~inner & (_pitches != pitch))
            for other in np.flatnonzero(inner).tolist():
                passed = np.flatnonzero(top[onset:] <= other)
                until = onset + int(passed[0]) if len(passed) else steps
                bounds.latest[onset, other] = min(int(bounds.latest[onset, other]), until)
            bounds.latest[onset, pitch], bounds.held[onset, pitch] = ANY_END, ANY_END  # its length is known

    def _below(self, walk: Walk, onset: int, pitch: int) -> Mask:
        """The notes that may be struck below a note of the melody, (128,)."""
        beat = walk.meter.beat_ticks // TICKS_PER_STEP
        quick = any(place % _EIGHTH for place, _ in self._melody.struck(walk.bar.index))
        if onset % (beat if quick else _EIGHTH) or not walk.bar.harmony:
            return np.zeros(len(_pitches), bool)
        tones = harmony_of(self._grammar, walk).at(onset)
        apart = pitch - _pitches
        if onset % beat and not tones[pitch]:
            altered = np.flatnonzero((tones & ~_DIATONIC)[:_OCTAVE])
            allowed = tones | (_DIATONIC & ~np.isin(_pitches % 12, [*(altered + 1) % 12, *(altered - 1) % 12]))
            return allowed & np.isin(apart, _IMPERFECT)
        sweet: Mask = tones & np.isin(apart, _IMPERFECT)
        return sweet if sweet.any() else tones & (apart >= _APART) & (apart <= _HAND)

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Leaves room for the melody's note above the others."""
        row = walk.state.position
        struck = walk.line.struck(row) if walk.state.part == self._part else []
        tune = dict(self._melody.struck(walk.bar.index)).get(row) if struck else None
        if tune is not None and tune not in struck and len(struck) >= _MOST_BELOW:
            bounds.forbid_here(row, _pitches != tune)

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids that would skip a note of the melody."""
        if self._part not in walk.bar.open_parts:
            return
        if walk.state.part == self._part:
            if (due := self._due(walk)) is not None:
                mask &= ~self._begun.after(due)
        elif self._part not in walk.played and self._melody.struck(walk.bar.index):
            walk.call(mask, [self._part])

    def _due(self, walk: Walk) -> int | None:
        """The next onset whose note of the melody is missing; the finished piece gets those that an id has passed over."""
        struck = {(step, pitch) for step, pitch, _ in walk.lines[self._part].notes}
        missing = (onset for onset, pitch in self._melody.struck(walk.bar.index) if (onset, pitch) not in struck)
        return next((onset for onset in missing if onset >= walk.state.position), None)

    def may_end(self, walk: Walk) -> bool:
        """Whether the melody's notes are all written."""
        return walk.state.part != self._part or self._due(walk) is None
