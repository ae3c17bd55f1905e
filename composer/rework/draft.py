"""A piece as cells (one part of one bar) of which some are given and the others are to be written.

Every verb of the partner lays out a draft, has the open cells written (`composer.rework.writing`) and reads the notes
back. All in ids and functional pitch; a draft knows neither the user's files nor how ids are sampled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from composer.analysis.texture import is_line
from composer.controls import Controls
from composer.presets import EnsemblePart
from composer.score import ChordSymbol, Mode, Note, Score, TimeSignature
from composer.tokenizer import Tokenizer
from composer.tokenizer.piece import BAR_COLUMNS
from composer.tokenizer.runs import read_run
from composer.tokenizer.stream import header_of
from composer.tokenizer.vocabulary import DRUM_DURATION_STEPS, TICKS_PER_STEP

Place = tuple[int, int]  # bar, part
_ROOM_STEPS = 12  # an eighth note: what must be left of a bar for a part to enter it


@dataclass(frozen=True, slots=True)
class Cell:
    """The notes of one part in one bar: the id of its dynamic, and its note ids (none: it rests)."""

    dynamic: int
    ids: tuple[int, ...]


@dataclass
class Draft:
    """A piece under way.

    Attributes:
        tokenizer: the model's tokenizer.
        header: the ids of the header without meter, tempo and parts.
        programs: the Program id of each part.
        meters: metre of each bar.
        tempos: Tempo id of each bar, 0 where unknown.
        moods: ids of valence and arousal, by bar.
        recalls: Recall id by bar; a bar without one is left to the model.
        chords: Chord ids by bar, none for no harmony; a bar without an entry is left to the model.
        cells: what is given or has been written, or stands where it is to be written anew; a place without one rests.
        open: places to be written.
        repeats: bars that are to repeat an earlier one to the letter, where both are wholly open in the same parts.
        players: name, program and range of each part.
        shift: semitones from their pitch to functional pitch.
        ranges: lowest and highest functional pitch by pitched part.
        longest_rest: bars for which an open part may be silent; `None` for what is usual in the ensemble.
        melody: what `beneath` is about, in functional pitch on the grid.
        beneath: parts to be kept under the melody.
        keeps_dynamics: whether what is written anew is as loud as what stood there.
        closes: whether it is to close with a cadence in its last bars.
        bars_after: bars that would still come after the last one, 0 for a piece that ends; `None` leaves it open.
    """

    tokenizer: Tokenizer
    header: list[int]
    programs: list[int]
    meters: list[TimeSignature]
    tempos: list[int]
    moods: dict[int, tuple[int, int]] = field(default_factory=dict)
    recalls: dict[int, int] = field(default_factory=dict)
    chords: dict[int, tuple[int, ...]] = field(default_factory=dict)
    cells: dict[Place, Cell] = field(default_factory=dict)
    open: set[Place] = field(default_factory=set)
    repeats: dict[int, int] = field(default_factory=dict)
    players: tuple[EnsemblePart, ...] = ()
    shift: int = 0
    ranges: dict[int, tuple[int, int]] = field(default_factory=dict)
    longest_rest: int | None = None
    melody: tuple[Note, ...] = ()
    beneath: frozenset[int] = frozenset()
    keeps_dynamics: bool = False
    closes: bool = False
    bars_after: int | None = 0

    @property
    def n_bars(self) -> int:
        """Number of bars, open ones included."""
        return len(self.meters)

    @property
    def parts(self) -> range:
        """Indices of the parts."""
        return range(len(self.programs))

    @property
    def has_harmony(self) -> bool:
        """Whether any part has pitches, and so bars have chords."""
        return any(not self.is_drum(part) for part in self.parts)

    def is_drum(self, part: int) -> bool:
        """Whether a part is percussion."""
        return self.tokenizer.vocabulary.name(self.programs[part]) == "Program_drums"

    @property
    def mode(self) -> Mode:
        """Of the piece; major where the header states none."""
        return "minor" if self.tokenizer.vocabulary.id("Mode_minor") in self.header else "major"

    def header_ids(self, first_bar: int, order: Iterable[int]) -> tuple[int, ...]:
        """`BOS` and the header of a stream that begins at a bar and gives the parts in an order."""
        vocabulary = self.tokenizer.vocabulary
        tokens = [*self.header, vocabulary.meter(self.meters[first_bar])]
        if self.tempos[first_bar]:
            tokens.append(self.tempos[first_bar])
        if self.bars_after is not None:
            tokens.append(vocabulary.control("Bars", self.n_bars + self.bars_after))
        return tuple(header_of(tokens, {part: self.programs[part] for part in order}, vocabulary))

    def bar_id(self, bar: int) -> int:
        """The id that opens a bar."""
        left = None if self.bars_after is None else self.n_bars - 1 - bar + self.bars_after
        return self.tokenizer.vocabulary.bar(left)

    def cell_notes(self, place: Place) -> list[tuple[int, int, int]]:
        """(step in the bar, pitch, steps) of a cell's notes."""
        cell = self.cells.get(place)
        if not cell:
            return []
        run = read_run(self.tokenizer.merges.decode(cell.ids), self.tokenizer.vocabulary, onset=0, steps=DRUM_DURATION_STEPS)
        return [(note.onset, note.pitch, note.steps) for note in run.notes]

    @cached_property
    def lines(self) -> frozenset[int]:
        """Parts that play one note at a time, except for a few chords, in what is given before `open_up`."""
        return frozenset(part for part in self.parts if not self.is_drum(part) and self._is_line(part))

    def _is_line(self, part: int) -> bool:
        cells = [self.cell_notes((bar, part)) for bar in range(self.n_bars)]
        onsets = sum(len({position for position, _, _ in cell}) for cell in cells)
        return is_line(sum(map(len, cells)), onsets)

    def open_up(self, places: Iterable[Place]) -> None:
        """Has what stands in some places written anew; until then it stays, for its neighbours to be written by."""
        _ = self.lines  # computed now, from everything that is given
        self.open.update(places)

    def settle_returns(self) -> None:
        """Open bars that repeat one that is complete are complete with it."""
        waiting = {bar for bar, _ in self.open}
        for bar in sorted(waiting):
            origin = self.repeats.get(bar, bar)
            if origin in waiting:
                continue
            self.chords[bar] = self.chords[origin]
            for part in self.parts:
                if (bar, part) in self.open:
                    self.open.discard((bar, part))
                    self.cells.pop((bar, part), None)
                    if (origin, part) in self.cells:
                        self.cells[bar, part] = self.cells[origin, part]

    def held_until(self, bar: int, part: int) -> int:
        """First step of a bar at which no earlier note of a line is still sounding; 0 if none is held over, or for no line."""
        held, back = 0, 0
        for earlier in range(bar - 1, max(-1, bar - 5), -1) if part in self.lines else ():
            back += self.meters[earlier].bar_ticks // TICKS_PER_STEP
            if (earlier, part) in self.open:
                continue
            ends = [position + steps - back for position, _, steps in self.cell_notes((earlier, part))]
            held = max([held, *ends])
        return held

    def cast(self, players: Iterable[EnsemblePart], shift: int) -> None:
        """Says who plays the parts; their ranges lie `shift` semitones higher in functional pitch."""
        self.players, self.shift = tuple(players), shift
        self.ranges = {
            index: (max(0, part.low + shift), min(127, part.high + shift))
            for index, part in enumerate(self.players)
            if not part.is_drum
        }

    def open_parts(self, bar: int) -> frozenset[int]:
        """Parts to be written in a bar; a line that is held through it is not."""
        last = self.meters[bar].bar_ticks // TICKS_PER_STEP - _ROOM_STEPS
        return frozenset(part for part in self.parts if (bar, part) in self.open and self.held_until(bar, part) <= last)


def draft_of(score: Score, controls: Controls, tokenizer: Tokenizer) -> Draft:
    """A draft in which everything is given.

    Args:
        score: in normal form.
        controls: its controls.
        tokenizer: the model's tokenizer.
    """
    piece = tokenizer.tokenise(score, controls)
    rows = dict(zip(BAR_COLUMNS, piece.bars.tolist(), strict=True))
    vocabulary = tokenizer.vocabulary
    draft = Draft(
        tokenizer,
        header=[int(token) for token in piece.header if vocabulary.kind(int(token)) != "Bars"],
        programs=[int(token) for token in piece.programs],
        meters=[bar.time_signature for bar in score.bars],
        tempos=rows["tempo"],
        moods={bar: (rows["valence"][bar], rows["arousal"][bar]) for bar in range(piece.n_bars) if rows["valence"][bar]},
        recalls={bar: token for bar, token in enumerate(rows["recall"]) if token},
    )
    for bar in range(piece.n_bars):
        draft.chords[bar] = tuple(token for token in (rows["chord"][bar], rows["middle_chord"][bar]) if token)
        for segment in range(piece.bar_segments[bar], piece.bar_segments[bar + 1]):
            ids = piece.notes[piece.segment_notes[segment] : piece.segment_notes[segment + 1]]
            cell = Cell(int(piece.segment_dynamic[segment]), tuple(ids.tolist()))
            draft.cells[bar, int(piece.segment_part[segment])] = cell
    return draft


def notes_of(draft: Draft, places: Iterable[Place]) -> dict[int, list[Note]]:
    """Notes of some cells by part, in functional pitch and order; none outlasts the draft's end or its pitch's next onset."""
    starts = [0]
    for meter in draft.meters:
        starts.append(starts[-1] + meter.bar_ticks)
    vocabulary = draft.tokenizer.vocabulary
    found: dict[int, list[Note]] = {}
    for bar, part in sorted(places):
        cell = draft.cells.get((bar, part))
        velocity = vocabulary.velocity_of(cell.dynamic) if cell else 0
        for position, pitch, steps in draft.cell_notes((bar, part)):
            begin = starts[bar] + position * TICKS_PER_STEP
            ticks = min(steps * TICKS_PER_STEP, starts[-1] - begin)
            found.setdefault(part, []).append(Note(begin, pitch, ticks, velocity))
    return {part: list(_apart(sorted(notes))) for part, notes in found.items()}


def _apart(notes: list[Note]) -> Iterator[Note]:
    following: dict[int, int] = {}
    kept: list[Note] = []
    for note in reversed(notes):
        limit = following.get(note.pitch, note.end_ticks)
        if limit > note.start_ticks:
            ticks = min(note.duration_ticks, limit - note.start_ticks)
            kept.append(Note(note.start_ticks, note.pitch, ticks, note.velocity))
        following[note.pitch] = note.start_ticks
    yield from reversed(kept)


def chord_symbols(draft: Draft) -> tuple[ChordSymbol, ...]:
    """The draft's harmony in functional pitch, a symbol where it changes."""
    vocabulary = draft.tokenizer.vocabulary
    symbols: list[ChordSymbol] = []
    start = 0
    for bar, meter in enumerate(draft.meters):
        for tick, token in zip((start, start + meter.middle_ticks), draft.chords.get(bar, ()), strict=False):
            chord = vocabulary.chord_of(token)
            if not symbols or symbols[-1].chord != chord:
                symbols.append(ChordSymbol(tick, chord))
        start += meter.bar_ticks
    return tuple(symbols)
