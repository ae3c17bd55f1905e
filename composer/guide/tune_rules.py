"""Rules about a melody that is given: parts that accompany it, and the staff that carries it with notes of its own below."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from composer.guide.harmony_rules import harmony_of
from composer.guide.note_bounds import ANY_END, Bounds
from composer.guide.rule import NoteRule, Rule
from composer.guide.walk import Walk
from composer.score import Note
from composer.tokenizer import Grammar
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import MAX_BAR_STEPS, TICKS_PER_STEP

_LEAST_ROOM = 9  # semitones above its lowest pitch that a part may always use
_HAND, _APART = 12, 3  # semitones from a melody down to the other notes of its hand, at most and at least
_MOST_BELOW = 2
_GRID = (6, 8)  # steps: sixteenths, and triplets of eighths
_DEEP, _CLEAR = 48, 7  # below C3 notes struck together are a fifth apart at least (low interval limit)
_pitches = np.arange(128)
_CLEAR_PAIRS = (_pitches[:, None] >= _DEEP) | (_pitches[None, :] - _pitches[:, None] >= _CLEAR)


class Beneath(NoteRule):
    """Accompanying parts stay below the melody and do not double it in octaves.

    Lines neither cross nor meet, chords in the depth are open, and nothing is faster than sixteenths.

    An instrument that cannot go so low plays at its lower end. Steps are those of the token grid.

    Args:
        melody: in functional pitch, from the start of the piece; not empty.
        bars: length of each bar in steps.
        parts: those that accompany.
        lines: parts of one note at a time, from the highest down; each stays below the one before it.
        pickup: steps of the first bar before an upbeat, in which nobody plays.
    """

    def __init__(
        self, melody: Sequence[Note], bars: Sequence[int], parts: Collection[int], lines: Sequence[int] = (), pickup: int = 0
    ) -> None:
        self._starts = np.concatenate([[0], np.cumsum(bars)])
        self._tune = _sounding(melody, int(self._starts[-1]))
        self._parts, self._pickup = parts, pickup
        self._above = dict(zip(lines[1:], lines, strict=False))  # by part, the line above it
        self._before: dict[int, int] = {}  # by part, the pitch that it doubled before the onset being written, or -1

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids notes above the melody at their onset."""
        if walk.state.part not in self._parts:
            return
        lowest = walk.ranges[walk.state.part][0] + _LEAST_ROOM
        above = _pitches > np.maximum(self._bar(walk), lowest)[:, None]
        bounds.latest[above], bounds.held[above] = 0, ANY_END
        if bounds.partners is None:
            bounds.partners = _CLEAR_PAIRS
        for row in range(len(bounds.latest)):
            if all(row % size for size in _GRID) or (walk.bar.index == 0 and row < self._pickup):
                bounds.forbid(slice(row, row + 1))
        if (upper := self._above.get(walk.state.part)) is not None:
            for onset, pitch, end in walk.lines[upper].notes:
                bounds.forbid(slice(onset, end), _pitches > max(pitch - 1, lowest))

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """If the part just doubled the melody, forbids it to double the melody's next note."""
        part, row = walk.state.part, max(walk.state.position, 0)
        if part not in self._parts:
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
        step = int(self._starts[walk.bar.index]) + walk.line.onset
        tone = int(self._tune[max(step, 0)])
        return tone if step >= 0 and any((pitch - tone) % 12 == 0 for pitch in walk.line.pitches) else -1

    def _forbid_octaves(self, bounds: Bounds, walk: Walk, rows: slice, doubled: int) -> None:
        if doubled < 0:
            return
        tune = self._bar(walk)[rows, None]
        octaves = ((_pitches - tune) % 12 == 0) & (tune != doubled)
        bounds.unshare(max(walk.state.position, 0))
        bounds.latest[rows][octaves], bounds.held[rows][octaves] = 0, ANY_END

    def _bar(self, walk: Walk) -> NDArray[np.int64]:
        """The melody at each step of the bar."""
        return self._tune[self._starts[walk.bar.index] : self._starts[walk.bar.index + 1]]


def _sounding(melody: Sequence[Note], steps: int) -> NDArray[np.int64]:
    """The melody's pitch at each step: the last one struck, before the first one that; (steps,)."""
    tune = np.full(steps, melody[0].pitch, np.int64)
    for note in melody:
        tune[note.start_ticks // TICKS_PER_STEP :] = note.pitch
    return tune


class Together(Rule, NoteRule):
    """Voices sing where the melody does: they do not fall silent for longer than a beat under its notes.

    Args:
        grammar: of the model's tokenizer.
        melody: in functional pitch, from the start of the piece.
        bars: length of each bar in steps.
        parts: the voices.
    """

    def __init__(self, grammar: Grammar, melody: Sequence[Note], bars: Sequence[int], parts: Collection[int]) -> None:
        self._onsets, self._parts = _Onsets(grammar), parts
        self._starts = np.concatenate([[0], np.cumsum(bars)])
        self._sounds = np.zeros(int(self._starts[-1]), bool)
        for note in melody:
            self._sounds[note.start_ticks // TICKS_PER_STEP : note.end_ticks // TICKS_PER_STEP] = True

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids that would leave a gap under the melody."""
        part = walk.state.part
        if part in self._parts and part in walk.bar.open_parts:
            if (due := self._due(walk, part)) is not None:
                mask &= ~self._onsets.after(due)
        else:
            waiting = [other for other in walk.waiting_parts() if other in self._parts and self._due(walk, other) is not None]
            if waiting:
                walk.call(mask, waiting)

    def _due(self, walk: Walk, part: int) -> int | None:
        """The step by which a voice has to sing again in this bar, if it has to."""
        covered = max(0, walk.lines[part].rings_until())
        sounds = self._sounds[self._starts[walk.bar.index] + covered : self._starts[walk.bar.index + 1]]
        beat = walk.meter.beat_ticks // TICKS_PER_STEP
        if int(sounds.sum()) < beat:
            return None
        return covered + int(sounds.argmax()) + beat

    def may_end(self, walk: Walk) -> bool:
        """Whether the voice covers the melody to the end of the bar."""
        return walk.state.part not in self._parts or self._due(walk, walk.state.part) is None


class _Onsets:
    """Ids by where their first onset is."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._late: dict[int, Mask] = {}

    def after(self, step: int) -> Mask:
        """Ids whose first onset comes after a step."""
        if step not in self._late:
            onset = self._grammar.first_position
            self._late[step] = self._grammar.is_note & (onset > step) & (onset < MAX_BAR_STEPS)
        return self._late[step]


class Carried(Rule, NoteRule):
    """A keyboard's upper staff plays the melody, and may add notes below it where a note of the melody begins.

    Args:
        grammar: of the model's tokenizer.
        melody: in functional pitch, from the start of the piece.
        bars: length of each bar in steps.
        part: the staff.
    """

    def __init__(self, grammar: Grammar, melody: Sequence[Note], bars: Sequence[int], part: int) -> None:
        self._grammar, self._part = grammar, part
        starts = np.concatenate([[0], np.cumsum(bars)])
        self._bars: list[list[tuple[int, int, int]]] = [[] for _ in bars]  # onset, pitch and end of each note
        for note in melody:
            step = note.start_ticks // TICKS_PER_STEP
            bar = int(np.searchsorted(starts, step, side="right")) - 1
            onset = step - int(starts[bar])
            self._bars[bar].append((onset, note.pitch, onset + note.duration_ticks // TICKS_PER_STEP))
        self._onsets = _Onsets(grammar)

    def _notes(self, walk: Walk) -> list[tuple[int, int, int]]:
        return self._bars[walk.bar.index]

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Allows the melody; on beats also tones of the chord below it, which end before it passes them."""
        if walk.state.part != self._part or not self._notes(walk):
            return
        notes, steps = self._notes(walk), len(bounds.latest)
        top = np.full(steps + 1, 0, np.int64)
        for onset, pitch, _ in notes:
            top[onset:] = pitch
        onsets = {onset for onset, _, _ in notes}
        for row in range(steps):
            if row not in onsets:
                bounds.forbid(slice(row, row + 1))
        beat = walk.meter.beat_ticks // TICKS_PER_STEP
        harmony = harmony_of(self._grammar, walk) if walk.bar.harmony else None
        for onset, pitch, _ in notes:
            inner = (_pitches >= pitch - _HAND) & (_pitches <= pitch - _APART) & (onset % beat == 0)
            if harmony is not None:
                inner &= harmony.at(onset)
            bounds.forbid(slice(onset, onset + 1), ~inner & (_pitches != pitch))
            for other in range(max(0, pitch - _HAND), pitch):
                passed = np.flatnonzero(top[onset:steps] <= other)
                until = onset + int(passed[0]) if len(passed) else steps
                bounds.latest[onset, other] = min(int(bounds.latest[onset, other]), until)
            bounds.latest[onset, pitch], bounds.held[onset, pitch] = ANY_END, ANY_END  # its length is known

    def narrow(self, bounds: Bounds, walk: Walk) -> None:
        """Leaves room for the melody's note above the others."""
        row = walk.state.position
        struck = walk.line.struck(row) if walk.state.part == self._part else []
        tune = next((pitch for onset, pitch, _ in self._notes(walk) if onset == row), None) if struck else None
        if tune is not None and tune not in struck and len(struck) >= _MOST_BELOW:
            bounds.forbid_here(row, _pitches != tune)

    def restrict(self, mask: Mask, walk: Walk) -> None:
        """Removes ids that would skip a note of the melody."""
        if self._part not in walk.bar.open_parts:
            return
        if walk.state.part == self._part:
            if (due := self._due(walk)) is not None:
                mask &= ~self._onsets.after(due)
        elif self._part not in walk.played and self._notes(walk):
            walk.call(mask, [self._part])

    def _due(self, walk: Walk) -> int | None:
        """The next onset whose note of the melody is missing; the finished piece gets those that an id has passed over."""
        struck = {(step, pitch) for step, pitch, _ in walk.lines[self._part].notes}
        missing = (onset for onset, pitch, _ in self._notes(walk) if (onset, pitch) not in struck)
        return next((onset for onset in missing if onset >= walk.state.position), None)

    def may_end(self, walk: Walk) -> bool:
        """Whether the melody's notes are all written."""
        return walk.state.part != self._part or self._due(walk) is None
