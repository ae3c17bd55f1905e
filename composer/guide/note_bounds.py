"""Which notes a part may play in a bar, by onset and pitch, and which ids follow from that.

An id may hold several notes, or end with a position or a duration whose pitch is still to come. `NoteTable` lists all of these
once; `Bounds` states what is allowed; `NoteTable.restrict` removes the ids that hold a forbidden note, and those after which
no allowed note could follow. So rules are stated for notes, and none can block the stream in the middle of a note.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from composer.guide.played import Line
from composer.tokenizer import Grammar, GrammarState
from composer.tokenizer.grammar import STATE_PITCH, Mask
from composer.tokenizer.runs import INHERITED, Run
from composer.tokenizer.vocabulary import MAX_BAR_STEPS

Steps = NDArray[np.int16]
Indices = NDArray[np.intp]

ANY_END = 30_000  # later than every end: no bound
OCTAVE = 12  # semitones
SHORTEST_STEPS = 3  # a thirty-second; shorter durations are noise in the sources
# By the lower of two notes, those that are not an octave above it.
NOT_OCTAVES = np.subtract.outer(np.arange(128), np.arange(128)) != -OCTAVE


@dataclass(slots=True)
class Bounds:
    """Notes allowed to one part in one bar of S steps. A note ends by `latest`, or else lasts at least to `held`.

    Bounds for the whole bar are shaped once; at every choice a `copy` is narrowed. The copy shares the arrays and the masks
    derived from them until `unshare` is called, which must precede every write to them.

    Attributes:
        latest: step by which a note of that onset and pitch must end; 0 forbids it: (S, 128).
        held: step to which it must last otherwise; `ANY_END` if it may not: (S, 128).
        most: largest number of notes struck together.
        span: semitones from the lowest to the highest of them.
        alone: whether a note must end before the next note begins.
        partners: by the lower of two notes which ones may be struck with it, (128, 128); `None` for all.
        lowest: pitches that the lowest note of a stroke may have, by onset, (S, 128); `None` for any.
        wait: no note begins before this step, except those that join the onset being written.
        here: `latest` and `held` of the onset being written, two (128,), where they are narrower than in the arrays.
        foreign: notes that are allowed only near others, (S, 128); `None` if there are none.
        near: pitches that the foreign notes may have at later onsets, (128,), `None` for all.
        barred: notes that are forbidden at later onsets, (S, 128); `None` for none.
        barred_lowest: the same for the lowest notes of strokes.
        top: highest playable pitch.
        limits: for each onset the step by which a playable note must end, (S,), -1 where that depends on the pitch; empty while
            the arrays can change.
        steppable: whether without foreign notes every onset allows notes as long as with them.
        masks: masks derived from the arrays alone, made once.
    """

    latest: Steps
    held: Steps
    most: int = 128
    span: int = 128
    alone: bool = False
    partners: Mask | None = None
    lowest: Mask | None = None
    wait: int = 0
    here: tuple[Steps, Steps] | None = None
    foreign: Mask | None = None
    near: Mask | None = None
    barred: Mask | None = None
    barred_lowest: Mask | None = None
    top: int = 127
    limits: Sequence[int] = ()
    steppable: bool = False
    masks: dict[tuple[object, ...], Mask] = field(default_factory=dict)

    @classmethod
    def free(cls, steps: int) -> Bounds:
        """Bounds of a bar of that many steps that allow everything."""
        return cls(np.full((steps, 128), ANY_END, np.int16), np.full((steps, 128), ANY_END, np.int16))

    def close(self, low: int, high: int) -> None:
        """Ends the shaping of a part of the given range: from now on the arrays are shared."""
        self.latest.flags.writeable = self.held.flags.writeable = False
        playable = self.latest[:, low : high + 1]
        longest = self.latest.max(axis=1)
        alike = (playable.min(axis=1) == longest) & (self.held == ANY_END).all(axis=1)
        self.top, self.limits = high, np.where(alike, longest, -1).tolist()
        if self.foreign is not None:
            self.steppable = bool((np.where(self.foreign, 0, self.latest).max(axis=1) == longest).all())

    def copy(self) -> Bounds:
        """Bounds to narrow."""
        return Bounds(
            self.latest,
            self.held,
            self.most,
            self.span,
            self.alone,
            self.partners,
            self.lowest,
            foreign=self.foreign,
            top=self.top,
            limits=self.limits,
            steppable=self.steppable,
            masks=self.masks,
        )

    def unshare(self, row: int = -1) -> None:
        """Copies the shared arrays, so that they can be written to; `row` is the onset being written."""
        if self.latest.flags.writeable:
            return
        self.latest, self.held, self.masks, self.limits = self.latest.copy(), self.held.copy(), {}, ()
        self.latest[: self.wait], self.held[: self.wait] = 0, ANY_END
        if self.here is not None:
            self.latest[row], self.held[row] = self.here
        self.here, self.wait = None, 0

    def forbid(self, rows: slice, pitches: Mask | None = None) -> None:
        """Forbids all pitches, or those of a mask (128,), at some onsets."""
        if pitches is None:
            self.latest[rows], self.held[rows] = 0, ANY_END
        else:
            self.latest[rows, pitches], self.held[rows, pitches] = 0, ANY_END

    def begin_on(self, rows: slice, pitches: Mask) -> None:
        """Lets strokes at some onsets have only these pitches, (128,), as their lowest note."""
        if self.lowest is None:
            self.lowest = np.ones(self.latest.shape, bool)
        self.lowest[rows] &= pitches

    def begin_anywhere(self, rows: slice) -> None:
        """Lets strokes at some onsets begin with any pitch that is allowed."""
        if self.lowest is not None:
            self.lowest[rows] = True

    def begins(self, rows: slice) -> Mask:
        """The pitches with which strokes at some onsets may begin, (R, 128)."""
        begins: Mask = self.latest[rows] > 0
        return begins if self.lowest is None else begins & self.lowest[rows]

    def avoid(self, pitches: Mask, rows: slice = slice(None)) -> None:
        """Forbids pitches, (S, 128) or (1, 128), at those onsets in some rows that allow others."""
        latest = self.latest[rows]
        others = np.logical_or.reduce(self.begins(rows) & ~pitches, axis=1)
        forbidden = pitches & others[:, None]
        latest[forbidden], self.held[rows][forbidden] = 0, ANY_END

    def forbid_all_but(self, onsets: Collection[int]) -> None:
        """Forbids all pitches at the other onsets."""
        rows = ~np.isin(np.arange(len(self.latest)), list(onsets))
        self.latest[rows], self.held[rows] = 0, ANY_END

    def bar(self, onsets: Mask | int, pitches: Mask) -> None:
        """Forbids pitches, (128,), at onsets after the one being written; works on shared arrays."""
        if self.barred is None:
            self.barred = np.zeros(self.latest.shape, bool)
        self.barred[onsets] |= pitches

    def bar_lowest(self, onsets: Mask, pitches: Mask) -> None:
        """Forbids pitches, (128,), as the lowest note of strokes at such onsets."""
        if self.barred_lowest is None:
            self.barred_lowest = np.zeros(self.latest.shape, bool)
        self.barred_lowest[onsets] |= pitches

    def forbid_here(self, row: int, pitches: Mask | None = None) -> None:
        """The same at the onset being written; works on shared arrays."""
        if self.latest.flags.writeable:
            self.forbid(slice(row, row + 1), pitches)
            return
        latest, held = self.at(row)
        if pitches is None:
            self.here = np.zeros_like(latest), np.full_like(held, ANY_END)
        else:
            self.here = np.where(pitches, 0, latest), np.where(pitches, ANY_END, held)

    def at(self, row: int) -> tuple[Steps, Steps]:
        """`latest` and `held` of an onset, the one being written or a later one: two (128,)."""
        return self.here or (self.latest[row], self.held[row])

    def mask(self, key: tuple[object, ...], make: Callable[[], Mask]) -> Mask:
        """A mask derived from the arrays and the key, cached; do not change it."""
        mask = self.masks.get(key)
        if mask is None:
            mask = self.masks[key] = make()
        return mask


class NoteTable:
    """All notes of all ids, as columns."""

    @classmethod
    @lru_cache(maxsize=4)
    def of(cls, grammar: Grammar) -> NoteTable:
        """The table of a grammar, cached."""
        return cls(grammar)

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        notes: list[tuple[int, int, int, int, int]] = []  # id, onset, steps, pitch, onset of the next note in the id
        pairs: list[tuple[int, int, int]] = []  # id, two pitches that it strikes together
        places: list[tuple[int, int]] = []  # id that ends with a position, onset
        durations: list[tuple[int, int, int, int, int]] = []  # id that ends with a duration, onset, steps, pitch before, lowest
        strokes: list[tuple[int, int, int, bool]] = []  # id, onset, number of notes, whether it goes on to a later onset
        size = len(grammar.merges)
        self._uneven = np.zeros(size, bool)  # a duration stands between notes of one onset
        self.crowd, self.spread = np.zeros(size, np.int16), np.zeros(size, np.int16)
        self.early_count, self.early_highest = np.zeros(size, np.int16), np.full(size, -1, np.int16)
        for index, run in grammar.runs.items():
            if not grammar.has_drum[index]:
                self._describe(index, run, notes, pairs, places, durations)
                strokes += [(index, onset, many, goes_on) for onset, many, goes_on in _strokes(run) if onset != INHERITED]
        first = [note for note, before in zip(notes, [(-1, 0), *notes], strict=False) if note[:2] != before[:2]]
        stated = [note for note in notes if note[1] != INHERITED]
        here = [note for note in notes if note[1] == INHERITED and note[2] != INHERITED]
        same = [note for note in notes if note[1] == note[2] == INHERITED]
        self._later_id, self._onset, self._later_steps, self._later_pitch, self._later_next = _columns(stated, 5)
        self._here_id, _, self._here_steps, self._here_pitch, self._here_next = _columns(here, 5)
        self._same_id, _, _, self._same_pitch, self._same_next = _columns(same, 5)
        self._lowest_id, self._lowest_onset, _, self._lowest_pitch, _ = _columns([n for n in first if n[1] != INHERITED], 5)
        self._begun_id, _, _, self._begun_pitch, _ = _columns([note for note in first if note[1] == INHERITED], 5)
        led = self._same_next < ANY_END
        self._led_id, self._led_next = self._same_id[led], self._same_next[led]
        self._inherits = bool((self._later_steps == INHERITED).any())
        self._pairs = _columns(pairs, 3)
        self._place_id, self._place_onset = _columns(places, 2)
        self._fresh_id, self._fresh_onset, self._fresh_steps, *_ = _columns([entry for entry in durations if entry[3] == -1], 5)
        self._open_id, _, self._open_steps, *_ = _columns([entry for entry in durations if entry[3] == STATE_PITCH], 5)
        self._too_long: dict[int, Indices] = {}
        self._inner_later = [entry for entry in durations if entry[3] >= 0 and entry[1] != INHERITED]
        self._inner_here = [entry for entry in durations if entry[3] >= 0 and entry[1] == INHERITED]
        self._stroke_id, self._stroke_onset, self._stroke_notes, self._stroke_ends = _columns(strokes, 4)
        self._shortest_ends = np.arange(MAX_BAR_STEPS, dtype=np.int16) + SHORTEST_STEPS
        self._begins_here = np.zeros(size, bool)
        for ids in (self._here_id, self._same_id, self._open_id, [entry[0] for entry in self._inner_here]):
            self._begins_here[ids] = True
        self._masks: dict[tuple[object, ...], Mask] = {}

    def _describe(
        self,
        index: int,
        run: Run,
        notes: list[tuple[int, int, int, int, int]],
        pairs: list[tuple[int, int, int]],
        places: list[tuple[int, int]],
        durations: list[tuple[int, int, int, int, int]],
    ) -> None:
        """Adds the rows of one id."""
        onsets = list(dict.fromkeys((*(note.onset for note in run.notes), run.onset)))
        following = dict(zip(onsets, [*onsets[1:], ANY_END], strict=True))
        chords: dict[int, list[int]] = {}
        steps: dict[int, set[int]] = {}
        for note in run.notes:
            notes.append((index, note.onset, note.steps, note.pitch, following[note.onset]))
            chords.setdefault(note.onset, []).append(note.pitch)
            steps.setdefault(note.onset, set()).add(note.steps)
        if run.last_kind == "Duration" and run.last_chord:
            steps[run.onset].add(run.steps)
        self._uneven[index] = any(len(each) > 1 for each in steps.values())
        pairs += [(index, pitches[0], above) for pitches in chords.values() for above in pitches[1:]]
        counts = {at: len(pitches) for at, pitches in chords.items()}
        if run.last_kind == "Position":
            places.append((index, run.onset))
        elif run.last_kind == "Duration":
            here = chords.get(run.onset, [])
            after = here[-1] if here else STATE_PITCH if run.onset == INHERITED else -1
            durations.append((index, run.onset, run.steps, after, here[0] if here else -1))
            counts[run.onset] = counts.get(run.onset, 0) + 1
        self.crowd[index] = max(counts.values(), default=0)
        self.spread[index] = max((pitches[-1] - pitches[0] for pitches in chords.values()), default=0)
        self.early_count[index] = counts.get(INHERITED, 0)
        self.early_highest[index] = max(chords.get(INHERITED, [-1]))

    def restrict(self, mask: Mask, bounds: Bounds, state: GrammarState, line: Line) -> None:
        """Removes ids with notes out of bounds, in place; ids without notes stay as they are.

        Args:
            mask: (V,).
            bounds: of this part in this bar.
            state: of the stream, within the part.
            line: what the part has played.
        """
        struck = line.struck(state.position)
        if struck and bounds.most < 128:
            mask &= self._joins(bounds.most - len(struck), struck[0] + bounds.span)
        duration = line.duration if self._inherits else 0
        mask &= bounds.mask(("later", duration), lambda: self._later(bounds, duration))
        if bounds.near is not None and bounds.foreign is not None:
            apart = bounds.foreign[self._within(bounds), self._later_pitch] & ~bounds.near[self._later_pitch]
            mask[self._later_id[apart]] = False
        if bounds.barred is not None:
            mask[self._later_id[bounds.barred[self._within(bounds), self._later_pitch]]] = False
        if bounds.barred_lowest is not None:
            onset = np.minimum(self._lowest_onset, len(bounds.latest) - 1)
            mask[self._lowest_id[bounds.barred_lowest[onset, self._lowest_pitch]]] = False
        if bounds.wait > 0:
            mask &= self._from(bounds.wait)
        row = state.position
        if row < 0:
            return
        if row < bounds.wait and not struck:
            mask &= ~self._begins_here
        elif len(struck) < bounds.most:  # else no id that strikes more is left
            self._restrict_here(mask, bounds, state, line)

    def fitting(self, least: int, most: int) -> Mask:
        """Ids that add at least and at most these notes to the onset being written, fewer if they do not go on, (V,)."""
        return self._kept(("fit", least, most), lambda: self._fitting(least, most))

    def _fitting(self, least: int, most: int) -> Mask:
        goes_on = self._grammar.first_position < MAX_BAR_STEPS
        fits: Mask = (self.early_count <= most) & (~goes_on | (self.early_count >= least))
        return fits

    def even(self, least: Steps, most: Steps) -> Mask:
        """Ids whose strokes at later onsets have at least and at most these notes, by onset, (S,); (V,)."""
        onset = np.minimum(self._stroke_onset, len(least) - 1)
        few = (self._stroke_notes < least[onset]) & (self._stroke_ends > 0)
        mask = np.ones(len(self.crowd), bool)
        mask[self._stroke_id[few | (self._stroke_notes > most[onset])]] = False
        return mask

    def _kept(self, key: tuple[object, ...], make: Callable[[], Mask]) -> Mask:
        mask = self._masks.get(key)
        if mask is None:
            mask = self._masks[key] = make()
        return mask

    def _joins(self, more: int, top: int) -> Mask:
        """Ids that add at most `more` notes to the onset being written, and none above a pitch."""
        return self._kept(("join", more, top), lambda: (self.early_count <= more) & (self.early_highest <= top))

    def _from(self, step: int) -> Mask:
        """Ids without an onset before a step."""
        return self._kept(("from", step), lambda: self._grammar.first_position >= step)

    def _within(self, bounds: Bounds) -> Indices:
        """Onsets that ids state, within the rows of the bounds; the grammar excludes those beyond."""
        onset: Indices = np.minimum(self._onset, len(bounds.latest) - 1)
        return onset

    def _later(self, bounds: Bounds, duration: int) -> Mask:
        """Ids that do not strike too many notes together, and whose stated onsets are in bounds."""
        mask: Mask = (self.crowd <= bounds.most) & (self.spread <= bounds.span)
        if bounds.partners is not None:
            index, below, above = self._pairs
            mask[index[~bounds.partners[below, above]]] = False
        rows = len(bounds.latest)
        onset = self._within(bounds)
        end = self._onset + np.where(self._later_steps == INHERITED, duration, self._later_steps)
        bad = (end > bounds.latest[onset, self._later_pitch]) & (end < bounds.held[onset, self._later_pitch])
        if bounds.alone:
            bad |= end > self._later_next
            mask &= ~self._uneven
        mask[self._later_id[bad]] = False
        if bounds.lowest is not None:
            mask[self._lowest_id[~bounds.lowest[np.minimum(self._lowest_onset, rows - 1), self._lowest_pitch]]] = False
        latest, held = _of_lowest(bounds, slice(None), bounds.latest, bounds.held)
        latest, held = latest.max(axis=1), held.min(axis=1)
        closed = (latest < self._shortest_ends[:rows]) & (held == ANY_END)
        mask[self._place_id[closed[np.minimum(self._place_onset, rows - 1)]]] = False
        onset = np.minimum(self._fresh_onset, rows - 1)
        end = self._fresh_onset + self._fresh_steps
        mask[self._fresh_id[(end > latest[onset]) & (end < held[onset])]] = False
        for index, at, steps, after, lowest in self._inner_later:
            if at < rows:
                mask[index] &= _has_room(bounds, bounds.latest[at], bounds.held[at], at + steps, after, lowest)
        return mask

    def _longer(self, steps: int) -> Indices:
        """Ids that end with a longer duration than `steps`, of a note at the onset being written."""
        if steps not in self._too_long:
            self._too_long[steps] = self._open_id[self._open_steps > steps]
        return self._too_long[steps]

    def _restrict_here(self, mask: Mask, bounds: Bounds, state: GrammarState, line: Line) -> None:
        """Keeps ids whose notes at the onset being written are in bounds; a duration only if an allowed pitch can follow it."""
        row, struck = state.position, line.struck(state.position)
        if bounds.lowest is not None and not struck:
            mask[self._begun_id[~bounds.lowest[row, self._begun_pitch]]] = False
        top = min(bounds.top, struck[0] + bounds.span) if struck else bounds.top
        end = row + line.duration
        if bounds.alone:
            mask[self._led_id[end > self._led_next]] = False
        if bounds.here is None and bounds.limits and (limit := bounds.limits[row]) >= 0 and not self._inner_here:
            if end > limit:
                mask[self._same_id] = False
            if len(self._here_id):
                ends = row + self._here_steps
                mask[self._here_id[ends > (np.minimum(limit, self._here_next) if bounds.alone else limit)]] = False
            mask[self._longer(limit - row if state.pitch < top else -1)] = False
            return
        latest, held = bounds.at(row)
        if state.has_duration:
            bad = (end > latest) & (end < held)  # (128,)
            mask[self._same_id[bad[self._same_pitch]]] = False
        if len(self._here_id):
            ends = row + self._here_steps
            wrong = (ends > latest[self._here_pitch]) & (ends < held[self._here_pitch])
            mask[self._here_id[wrong | (ends > self._here_next) if bounds.alone else wrong]] = False
        if state.last_type != "Duration":
            above = slice(state.pitch + 1, top + 1)
            ends = row + self._open_steps
            if not struck:
                latest, held = _of_lowest(bounds, row, latest, held)
            mask[self._open_id[(ends > latest[above].max(initial=0)) & (ends < held[above].min(initial=ANY_END))]] = False
        latest, held = bounds.at(row)
        for index, _, steps, after, lowest in self._inner_here:
            if mask[index]:
                mask[index] = _has_room(bounds, latest, held, row + steps, after, struck[0] if struck else lowest)


def _strokes(run: Run) -> list[tuple[int, int, bool]]:
    """Onset and number of notes of each stroke of an id, and whether the id goes on to a later onset."""
    struck = Counter(note.onset for note in run.notes)
    last = run.onset if run.onset != INHERITED else max(struck, default=INHERITED)
    return [(onset, many, onset != last) for onset, many in struck.items()]


def _of_lowest(bounds: Bounds, rows: slice | int, latest: Steps, held: Steps) -> tuple[Steps, Steps]:
    """`latest` and `held` of the lowest notes of strokes at some onsets."""
    if bounds.lowest is None:
        return latest, held
    return np.where(bounds.lowest[rows], latest, np.int16(0)), np.where(bounds.lowest[rows], held, np.int16(ANY_END))


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> Indices:
    return np.array(rows, np.intp).reshape(-1, width).T


def _has_room(bounds: Bounds, latest: Steps, held: Steps, end: int, after: int, lowest: int) -> bool:
    """Whether a note above `after` in a chord on `lowest` may end at a step."""
    above = slice(after + 1, min(127, lowest + bounds.span) + 1)
    fits = (end <= latest[above]) | (end >= held[above])
    if bounds.partners is not None:
        fits &= bounds.partners[lowest, above]
    return bool(fits.any())
