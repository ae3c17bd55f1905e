"""The grammar of the stream: which ids may come next, so that a malformed bar cannot be written.

`Grammar` holds what is known of each id in advance (an id may expand to several base tokens); `GrammarState`
follows one stream and gives a mask over all ids at each step. What a brief fixes beyond the grammar (chords, meter, parts)
is the task of `composer.guide`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from composer.errors import GrammarError
from composer.tokenizer.merges import Merges
from composer.tokenizer.runs import INHERITED, Run, read_run
from composer.tokenizer.vocabulary import (
    EXACT_BARS_LEFT,
    NOTE_TYPES,
    TICKS_PER_STEP,
    TOKEN_SPECS,
    Scope,
    TokenSpec,
    Vocabulary,
    specs_in,
)

Mask = npt.NDArray[np.bool_]

_ENDS_OF_BAR = ("Part", "Bar", "HOLE", "FILL", "EOS")


def _onward(specs: Sequence[TokenSpec], scope: Scope, ends: tuple[str, ...]) -> tuple[str, ...]:
    """Types that may come next among what is left of a scope: all up to the next required one, or else what ends it."""
    kinds: list[str] = []
    for spec in specs:
        if not spec.follows:
            kinds.append(spec.kind)
            if scope in spec.required:
                return tuple(kinds)
    return (*kinds, *ends)


def _chain(scope: Scope, opener: str, ends: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Which types of a scope may follow which, and which may follow what opens the scope."""
    specs = specs_in(scope)
    table = {opener: _onward(specs, scope, ends)}
    for place, spec in enumerate(specs):
        tied = [other for other in specs if other.follows == spec.kind]
        leader = next((other for other in specs if other.kind == spec.follows), spec)
        again = (leader.kind,) if leader.most != 1 else ()
        onward = (*again, *_onward(specs[place + 1 :], scope, ends))
        must = tuple(other.kind for other in tied if scope in other.required)
        table[spec.kind] = must or (*(other.kind for other in tied), *onward)
    return table


# Which type may follow which, before any value is looked at: in the header, and from the first bar on.
_HEADER_FOLLOWERS: dict[str, tuple[str, ...]] = {
    **_chain("header", "BOS", ("Part",)),
    "Part": ("Program",),
    "Program": ("Part", "Bar", "HOLE"),
}
_BAR_FOLLOWERS: dict[str, tuple[str, ...]] = {
    **_chain("bar", "Bar", _ENDS_OF_BAR),
    "Part": ("Dynamic", "Position"),
    "Dynamic": ("Position",),
    "Position": ("Duration", "Pitch", "Drum"),
    "Duration": ("Pitch",),
    "Pitch": ("Position", "Duration", "Pitch", *_ENDS_OF_BAR),
    "Drum": ("Position", "Drum", *_ENDS_OF_BAR),
    "HOLE": ("Bar", "FILL"),
    "FILL": ("Bar",),
    "EOS": (),
    "PAD": (),
}
FOLLOWERS: dict[str, frozenset[str]] = {
    kind: frozenset((*_HEADER_FOLLOWERS.get(kind, ()), *_BAR_FOLLOWERS.get(kind, ())))
    for kind in (*_HEADER_FOLLOWERS, *_BAR_FOLLOWERS)
}

_MOST_CHORDS = next(spec.most for spec in TOKEN_SPECS if spec.kind == "Chord")
_FREE, _NEEDS_NOTE, _NEEDS_PITCH = 0, 1, 2  # after a note; after a position; after a duration
_NO_PITCH, _NO_POSITION = 128, 10_000
STATE_PITCH = -2  # of an open duration whose pitch must exceed the last one written


class Grammar:
    """Tables over all ids of a tokenizer. Every table is (V,)."""

    def __init__(self, vocabulary: Vocabulary, merges: Merges) -> None:
        self.vocabulary = vocabulary
        self.merges = merges
        self._by_types: dict[frozenset[str], Mask] = {}
        self._masks: dict[tuple[object, ...], Mask] = {}
        self._next: dict[tuple[object, ...], tuple[frozenset[str], Mask]] = {}
        size = len(merges)
        base = [vocabulary.types[tokens[0]] for tokens in merges.expansions]
        self.first_type = np.array(base)
        self.is_note = np.isin(self.first_type, list(NOTE_TYPES))
        self.of_type = {kind: self.first_type == kind for kind in vocabulary.groups}
        for kind in vocabulary.groups:
            self.of_type[kind] &= np.fromiter((len(tokens) == 1 for tokens in merges.expansions), bool, size)
        self.starts = {kind: self.first_type == kind for kind in NOTE_TYPES}
        self.first_position = np.full(size, _NO_POSITION, np.int16)
        self.last_position = np.full(size, -1, np.int16)
        self.early_pitch = np.full(size, _NO_PITCH, np.int16)  # first pitch before any position
        self.lowest = np.full(size, _NO_PITCH, np.int16)
        self.highest = np.full(size, -1, np.int16)
        self.has_pitched = np.zeros(size, bool)
        self.has_drum = np.zeros(size, bool)
        self.states_duration = np.zeros(size, bool)  # a duration before the first pitch
        self.note_count = np.zeros(size, np.int16)
        # Of ids that end with a duration, the pitch that the next one must exceed; STATE_PITCH: the one before the id.
        self.dangling_pitch = np.full(size, -1, np.int16)
        # The notes of each id that holds some.
        self.runs = {int(index): read_run(merges.expansions[index], vocabulary) for index in np.flatnonzero(self.is_note)}
        for index, run in self.runs.items():
            self._describe(index, run)
        self.bar_ids = np.array(vocabulary.ids_of("Bar"))

    def _describe(self, index: int, run: Run) -> None:
        pitches = [note.pitch for note in run.notes]
        stated = [onset for onset in (*(note.onset for note in run.notes), run.onset) if onset != INHERITED]
        steps = run.notes[0].steps if run.notes else run.steps
        early = [note.pitch for note in run.notes if note.onset == INHERITED]
        self.first_position[index] = min(stated, default=_NO_POSITION)
        self.last_position[index] = run.onset
        self.early_pitch[index] = early[0] if early else _NO_PITCH
        self.lowest[index] = min(pitches, default=_NO_PITCH)
        self.highest[index] = max(pitches, default=-1)
        self.has_pitched[index] = run.steps != INHERITED or any(not note.is_drum for note in run.notes)
        self.has_drum[index] = any(note.is_drum for note in run.notes)
        self.states_duration[index] = steps != INHERITED
        self.note_count[index] = len(run.notes)
        if run.last_kind == "Duration":
            chord = run.last_chord
            self.dangling_pitch[index] = chord[-1].pitch if chord else STATE_PITCH if run.onset == INHERITED else -1

    def allowed_types(self, kinds: Iterable[str]) -> Mask:
        """Mask of all single-token ids of the given types; a copy that may be changed."""
        key = frozenset(kinds)
        if key not in self._by_types:
            self._by_types[key] = np.logical_or.reduce(
                [self.of_type[kind] for kind in key] or [np.zeros(len(self.merges), bool)]
            )
        return self._by_types[key].copy()

    def _kept(self, key: tuple[object, ...], make: Callable[[], Mask]) -> Mask:
        """A mask made once per key: there are few positions, pitches and ranges, and each step needs three masks."""
        mask = self._masks.get(key)
        if mask is None:
            mask = self._masks[key] = make()
        return mask

    def next_types(self, state: GrammarState) -> tuple[frozenset[str], Mask]:
        """Types that may come next in a state, and a mask of the ids of those that are not notes; the mask may be changed."""
        key = state.signature
        known = self._next.get(key)
        if known is None:
            kinds = frozenset(state.possible_types())
            known = self._next[key] = kinds, self.allowed_types(kinds - NOTE_TYPES)
        return known[0], known[1].copy()

    def after(self, is_drum: bool, need: int, has_position: bool, has_duration: bool) -> Mask:
        """Ids of notes that may follow what a part has stated so far. Shared like the next two: do not change it."""
        return self._kept(
            ("after", is_drum, need, has_position, has_duration), lambda: self._after(is_drum, need, has_position, has_duration)
        )

    def _after(self, is_drum: bool, need: int, has_position: bool, has_duration: bool) -> Mask:
        mask = np.zeros(len(self.merges), bool)
        if is_drum:
            mask |= self.starts["Drum"] & has_position
        elif need == _NEEDS_PITCH:
            mask |= self.starts["Pitch"]
        else:
            mask |= (self.starts["Duration"] | self.starts["Pitch"]) & has_position
        if need == _FREE:
            mask |= self.starts["Position"]
        if not has_duration and not is_drum:
            mask &= self.states_duration | (self.note_count == 0)
        mask &= ~(self.has_pitched if is_drum else self.has_drum)
        return mask

    def in_time(self, position: int, bar_steps: int) -> Mask:
        """Ids whose positions come after one and before the end of the bar."""
        return self._kept(
            ("time", position, bar_steps), lambda: (self.first_position > position) & (self.last_position < bar_steps)
        )

    def in_range(self, pitch: int, low: int, high: int) -> Mask:
        """Ids whose pitches are in a range, and above one until a new position; a last duration leaves room for its pitch."""
        return self._kept(("range", pitch, low, high), lambda: self._in_range(pitch, low, high))

    def _in_range(self, pitch: int, low: int, high: int) -> Mask:
        dangling = np.where(self.dangling_pitch == STATE_PITCH, pitch, self.dangling_pitch)
        mask: Mask = (self.early_pitch > pitch) & (self.lowest >= low) & (self.highest <= high) & (dangling < high)
        return mask


@dataclass
class GrammarState:
    """The state of one stream after the ids written so far.

    Args:
        grammar: the tables.
        ranges: lowest and highest pitch by part, in functional pitch.
    """

    grammar: Grammar
    ranges: dict[int, tuple[int, int]] = field(default_factory=dict)

    last_type: str = ""
    bar_steps: int = 96
    drum_parts: dict[int, bool] = field(default_factory=dict)
    part: int = -1
    position: int = -1
    pitch: int = -1
    has_duration: bool = False
    need: int = _FREE
    in_header: bool = True
    section: str = ""  # "", "HOLE" or "FILL"
    bar_id: int = -1
    chords: int = 0
    used_parts: set[int] = field(default_factory=set)
    fresh_section: bool = True

    @property
    def finished(self) -> bool:
        """Whether the stream has ended."""
        return self.last_type == "EOS"

    def mask(self) -> Mask:
        """Allowed next ids, (V,) bool."""
        grammar = self.grammar
        if not self.last_type:
            return grammar.allowed_types(("BOS",))
        kinds, mask = grammar.next_types(self)
        if "Part" in kinds:
            self._restrict_parts(mask)
        if "Bar" in kinds:
            self._restrict_bars(mask)
        if self.part >= 0 and not self.in_header:
            mask |= self._note_mask()
        return mask

    @property
    def signature(self) -> tuple[object, ...]:
        """Everything on which `possible_types` depends."""
        return self.last_type, self.in_header, self.need, self.chords, self.section, self._can_end()

    def possible_types(self) -> set[str]:
        """Types that may come next, by the types written so far."""
        if self.in_header:
            return set(_HEADER_FOLLOWERS[self.last_type])
        kinds = set(_BAR_FOLLOWERS[self.last_type])
        if self.chords >= _MOST_CHORDS:
            kinds.discard("Chord")
        if self.last_type in NOTE_TYPES and self.need != _FREE:
            return kinds & NOTE_TYPES
        if not self.section:
            kinds.discard("FILL")
            if not self._can_end():
                kinds.discard("EOS")
        elif self.section == "HOLE":
            kinds -= {"HOLE", "EOS"}
        else:
            kinds -= {"HOLE", "FILL"}
        return kinds

    def _left(self) -> int:
        """Index of the last Bar token within its type: the bars left, or one of their bins, or open."""
        return self.bar_id - int(self.grammar.bar_ids[0])

    def _can_end(self) -> bool:
        return self._left() in (0, len(self.grammar.bar_ids) - 1)

    def _restrict_parts(self, mask: Mask) -> None:
        known, used, in_header = self.drum_parts, self.used_parts, self.in_header
        parts = enumerate(self.grammar.vocabulary.ids_of("Part"))
        mask[[token for part, token in parts if in_header == (part in known) or part in used]] = False

    def _restrict_bars(self, mask: Mask) -> None:
        """The count of bars left falls by one per bar; after a marker it may be any number."""
        ids = self.grammar.bar_ids
        if self.in_header or self.fresh_section:
            return
        left, is_open = self._left(), len(ids) - 1
        mask[ids] = False
        if left == is_open or left >= EXACT_BARS_LEFT:
            mask[ids[left]] = True
        if 0 < left < is_open:
            mask[ids[left - 1]] = True

    def _note_mask(self) -> Mask:
        grammar, is_drum = self.grammar, self.drum_parts[self.part]
        mask = grammar.after(is_drum, self.need, self.position >= 0, self.has_duration) & grammar.in_time(
            self.position, self.bar_steps
        )
        mask &= grammar.in_range(self.pitch, *self.ranges.get(self.part, (0, 127)))
        return mask

    def accept(self, token_id: int) -> None:
        """Appends one id.

        Raises:
            GrammarError: the id is not allowed here.
        """
        if not self.mask()[token_id]:
            name = " ".join(self.grammar.vocabulary.name(token) for token in self.grammar.merges.expansions[token_id])
            raise GrammarError(f"{name} cannot follow {self.last_type or 'the start'}")
        self.advance(token_id)

    def advance(self, token_id: int) -> None:
        """Appends one id that is known to be allowed."""
        for token in self.grammar.merges.expansions[token_id]:
            self._advance_base(token)

    def _advance_base(self, token: int) -> None:
        vocabulary = self.grammar.vocabulary
        kind = vocabulary.types[token]
        if kind == "Position":
            self.position, self.pitch, self.need = int(vocabulary.note_steps[token]), -1, _NEEDS_NOTE
        elif kind == "Duration":
            self.has_duration, self.need = True, _NEEDS_PITCH
        elif kind in ("Pitch", "Drum"):
            self.pitch, self.need = int(vocabulary.note_steps[token]), _FREE
        elif kind == "Part":
            self.part, self.position, self.pitch = vocabulary.part_of(token), -1, -1
            self.has_duration, self.need = False, _FREE
            if not self.in_header:
                self.used_parts.add(self.part)
        elif kind == "Program":
            self.drum_parts[self.part] = vocabulary.name(token) == "Program_drums"
        elif kind == "Meter":
            self.bar_steps = vocabulary.meter_of(token).bar_ticks // TICKS_PER_STEP
        elif kind == "Bar":
            self.bar_id, self.in_header, self.fresh_section = token, False, False
            self.part, self.chords = -1, 0
            self.used_parts = set()
        elif kind == "Chord":
            self.chords += 1
        elif kind in ("HOLE", "FILL"):
            self.section, self.in_header, self.fresh_section, self.part = kind, False, True, -1
        elif kind == "EOS":
            self.part = -1
        self.last_type = kind
