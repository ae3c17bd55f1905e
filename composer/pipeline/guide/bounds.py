"""What notes a part may strike in a bar, as numbers by onset and pitch, and which ids that leaves.

An id may hold several notes, or end with a position or a duration whose pitch is still to come. `NoteTable` lists all of these
once; `Bounds` says what is allowed; `NoteTable.restrict` takes away the ids that hold a note that is not, and those after which
no allowed note could follow. So a rule states facts about notes, and never gets stuck in the middle of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from composer.pipeline.guide.lines import Line
from composer.tokenizer import Grammar, GrammarState
from composer.tokenizer.grammar import Mask
from composer.tokenizer.vocabulary import MAX_BAR_STEPS

Steps = NDArray[np.int16]
Indices = NDArray[np.intp]

ANY_END = 30_000  # a bound that binds nothing
SHORTEST_STEPS = 3  # a thirty-second; shorter durations are noise of the sources
_INHERITED = -1  # onset or duration that an id takes over from what was written before it
_STATE_PITCH = -2  # an open duration whose pitch must exceed the last one written


@dataclass(slots=True)
class Bounds:
    """Notes allowed to one part in one bar of S steps. A note may end by `latest`, or else must last to `held`.

    Attributes:
        latest: step by which a note of that onset and pitch must end; 0 forbids it: (S, 128).
        held: step to which it must last otherwise; `ANY_END` if it may not: (S, 128).
        most: notes that may be struck together.
        span: semitones from the lowest to the highest of them.
        alone: whether a note must end before the next one begins.
        partners: by the lower of two notes which ones may be struck with it, (128, 128); `None` for all.
    """

    latest: Steps
    held: Steps
    most: int = 128
    span: int = 128
    alone: bool = False
    partners: Mask | None = None

    @classmethod
    def free(cls, steps: int) -> Bounds:
        """Bounds of a bar of that many steps that allow everything."""
        return cls(np.full((steps, 128), ANY_END, np.int16), np.full((steps, 128), ANY_END, np.int16))

    def copy(self) -> Bounds:
        """Bounds of their own."""
        return Bounds(self.latest.copy(), self.held.copy(), self.most, self.span, self.alone, self.partners)

    def forbid(self, rows: slice | Mask | Indices, pitches: Mask | None = None) -> None:
        """Forbids all pitches, or those of a mask (128,), at some onsets."""
        if pitches is None:
            self.latest[rows], self.held[rows] = 0, ANY_END
        else:
            self.latest[rows] = np.where(pitches, 0, self.latest[rows])
            self.held[rows] = np.where(pitches, ANY_END, self.held[rows])

    def reach(self) -> tuple[Steps, Steps]:
        """The latest end and the earliest hold that any pitch allows, by onset: two (S,)."""
        return self.latest.max(axis=1), self.held.min(axis=1)


class NoteTable:
    """All notes of all ids, as columns."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        notes: list[tuple[int, int, int, int, int]] = []  # id, onset, steps, pitch, onset of the next note in the id
        pairs: list[tuple[int, int, int]] = []  # id, two pitches that it strikes together
        places: list[tuple[int, int]] = []  # id that ends with a position, onset
        durations: list[tuple[int, int, int, int, int]] = []  # id that ends with a duration, onset, steps, pitch before, lowest
        size = len(grammar.merges)
        self._uneven = np.zeros(size, bool)  # a duration stands between notes of one onset
        self.crowd, self.spread = np.zeros(size, np.int16), np.zeros(size, np.int16)
        self.early_count, self.early_highest = np.zeros(size, np.int16), np.full(size, -1, np.int16)
        for index in np.flatnonzero(grammar.is_note & ~grammar.has_drum).tolist():
            self._describe(index, notes, pairs, places, durations)
        self._id, self._onset, self._steps, self._pitch, self._next = np.array(notes, np.intp).reshape(-1, 5).T
        self._pairs = np.array(pairs, np.intp).reshape(-1, 3).T
        self._place_id, self._place_onset = np.array(places, np.intp).reshape(-1, 2).T
        fresh = [entry[:3] for entry in durations if entry[3] == -1]
        here = [(entry[0], entry[2]) for entry in durations if entry[3] == _STATE_PITCH]
        self._fresh_id, self._fresh_onset, self._fresh_steps = np.array(fresh, np.intp).reshape(-1, 3).T
        self._here_id, self._here_steps = np.array(here, np.intp).reshape(-1, 2).T
        self._inner = [entry for entry in durations if entry[3] >= 0]
        self._shortest_ends = np.arange(MAX_BAR_STEPS, dtype=np.int16) + SHORTEST_STEPS

    def _describe(
        self,
        index: int,
        notes: list[tuple[int, int, int, int, int]],
        pairs: list[tuple[int, int, int]],
        places: list[tuple[int, int]],
        durations: list[tuple[int, int, int, int, int]],
    ) -> None:
        """Walks through one id."""
        vocabulary = self._grammar.vocabulary
        onset, steps = _INHERITED, _INHERITED
        groups: dict[int, list[int]] = {}
        kind = ""
        first = len(notes)
        for token in self._grammar.merges.expansions[index]:
            kind, value = vocabulary.types[token], int(vocabulary.note_steps[token])
            if kind == "Position":
                onset = value
                notes[first:] = [(*note[:4], min(note[4], onset)) if note[1] != onset else note for note in notes[first:]]
            elif kind == "Duration":
                steps = value
                self._uneven[index] |= bool(groups.get(onset))
            else:
                notes.append((index, onset, steps, value, ANY_END))
                groups.setdefault(onset, []).append(value)
        pairs += [(index, pitches[0], above) for pitches in groups.values() for above in pitches[1:]]
        counts = {at: len(pitches) for at, pitches in groups.items()}
        if kind == "Position":
            places.append((index, onset))
        elif kind == "Duration":
            here = groups.get(onset, [])
            after = here[-1] if here else _STATE_PITCH if onset == _INHERITED else -1
            durations.append((index, onset, steps, after, here[0] if here else -1))
            counts[onset] = counts.get(onset, 0) + 1
        self.crowd[index] = max(counts.values(), default=0)
        self.spread[index] = max((pitches[-1] - pitches[0] for pitches in groups.values()), default=0)
        self.early_count[index] = counts.get(_INHERITED, 0)
        self.early_highest[index] = max(groups.get(_INHERITED, [-1]))

    def restrict(self, mask: Mask, bounds: Bounds, state: GrammarState, line: Line) -> None:
        """Takes away ids with notes out of bounds, in place; ids that hold no note stay as they are.

        Args:
            mask: (V,).
            bounds: of this part in this bar.
            state: where the stream stands, within the part.
            line: what the part has played.
        """
        struck = line.struck(state.position)
        lowest = struck[0] if struck else -1
        if bounds.most < 128:
            mask &= (self.crowd <= bounds.most) & (self.spread <= bounds.span)
            if struck:
                mask &= (self.early_count <= bounds.most - len(struck)) & (self.early_highest <= lowest + bounds.span)
        if bounds.partners is not None:
            index, below, above = self._pairs
            mask[index[~bounds.partners[below, above]]] = False
        onset, end = self._resolved(self._onset, self._steps, bounds, state, line)
        cell = onset * 128 + self._pitch
        bad = (end > bounds.latest.ravel()[cell]) & (end < bounds.held.ravel()[cell])
        if bounds.alone:
            bad |= end > self._next
            mask &= ~self._uneven
        mask[self._id[bad]] = False
        latest, held = bounds.reach()
        closed = (latest < self._shortest_ends[: len(latest)]) & (held == ANY_END)
        mask[self._place_id[closed[np.minimum(self._place_onset, len(latest) - 1)]]] = False
        self._restrict_open_durations(mask, bounds, state, line, (latest, held))

    def _resolved(
        self, onset: Indices, steps: Indices, bounds: Bounds, state: GrammarState, line: Line
    ) -> tuple[Indices, Indices]:
        """Onsets (within the bar's rows) and ends, with what they take over from the state."""
        onset = np.where(onset == _INHERITED, max(state.position, 0), onset)
        end = onset + np.where(steps == _INHERITED, line.duration, steps)
        return np.minimum(onset, len(bounds.latest) - 1), end

    def _restrict_open_durations(
        self, mask: Mask, bounds: Bounds, state: GrammarState, line: Line, reach: tuple[Steps, Steps]
    ) -> None:
        """Keeps a duration only if an allowed pitch can follow it: at a new onset any, at this one any above the last."""
        onset, end = self._resolved(self._fresh_onset, self._fresh_steps, bounds, state, line)
        mask[self._fresh_id[(end > reach[0][onset]) & (end < reach[1][onset])]] = False
        row, struck = max(state.position, 0), line.struck(state.position)
        top = struck[0] + bounds.span if struck else 127
        latest, held = bounds.latest[row, state.pitch + 1 : top + 1], bounds.held[row, state.pitch + 1 : top + 1]
        ends = row + self._here_steps
        mask[self._here_id[(ends > latest.max(initial=0)) & (ends < held.min(initial=ANY_END))]] = False
        for index, at, steps, after, lowest in self._inner:
            if mask[index]:
                row = at if at != _INHERITED else max(state.position, 0)
                low = struck[0] if struck and at == _INHERITED else lowest
                stop = min(127, low + bounds.span) + 1
                above = slice(after + 1, stop)
                fits = (row + steps <= bounds.latest[row, above]) | (row + steps >= bounds.held[row, above])
                if bounds.partners is not None:
                    fits &= bounds.partners[low, above]
                mask[index] = bool(fits.any())
