"""A piece in segments (one part of one bar), some given and some open, in token ids and functional pitch.

Every verb makes one, has the open segments written (`composer.rework.stream_sampler`) and reads the notes back. Knows neither
the user's files nor how ids are sampled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise

from composer.analysis.texture import is_line
from composer.controls import PHRASE_BARS, Controls
from composer.guide import NoteRule
from composer.guide.note_bounds import SHORTEST_STEPS
from composer.presets import EnsemblePart
from composer.score import Chord, ChordSymbol, Key, Mode, Note, Score, TimeSignature
from composer.tokenizer import Tokenizer
from composer.tokenizer.piece import BAR_COLUMNS
from composer.tokenizer.runs import read_run
from composer.tokenizer.stream import header_of
from composer.tokenizer.vocabulary import DRUM_DURATION_STEPS, TICKS_PER_STEP

Place = tuple[int, int]  # bar, part
_ROOM_STEPS = 12  # an eighth note: what must be left of a bar for a part to enter it


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of one bar: the id of its dynamic, and its note ids (empty: it is silent)."""

    dynamic: int
    ids: tuple[int, ...]


@dataclass
class PartialPiece:
    """A piece of which some segments are given and others open.

    Attributes:
        tokenizer: the model's tokenizer.
        header: the ids of the header without meter, tempo and parts.
        programs: the Program id of each part.
        meters: meter of each bar.
        tempos: Tempo id of each bar, 0 if unknown.
        moods: ids of valence and arousal, by bar.
        recalls: Recall id by bar; without one, the model chooses.
        chords: Chord ids by bar, empty for no harmony; without an entry, the model chooses.
        harmony: by bar the full chords in functional pitch, where the user gives them; ids state at most two of them.
        segments: what is given, has been written, or is to be replaced; a place without one is silent.
        open: segments to write.
        repeats: bars that must repeat an earlier one exactly; both are open in the same parts.
        players: name, program and range of each part.
        shift: semitones from sounding to functional pitch.
        ranges: lowest and highest functional pitch by pitched part.
        longest_rest: bars for which an open part may be silent; `None` for the usual number.
        melody: in functional pitch on the grid; the parts `beneath` stay below it.
        beneath: parts to keep below the melody.
        kept: notes of given parts beside the melody, in functional pitch on the grid; the parts `apart` do not copy them.
        apart: parts that strike no note in unison with `kept` if they can.
        keeps_dynamics: whether replaced segments keep their dynamics.
        dials: whether density or polyphony is requested.
        rules: further rules about the notes that are written.
        closes: whether the last bars are a cadence.
        binds_new: whether chords that are sampled for open bars bind their notes as stated ones do.
        bars_after: bars that would follow the last one, 0 for a piece that ends; `None` if unknown.
        church: the key in functional pitch if it is in a church mode, to whose scale chords and notes keep.
    """

    tokenizer: Tokenizer
    header: list[int]
    programs: list[int]
    meters: list[TimeSignature]
    tempos: list[int]
    moods: dict[int, tuple[int, int]] = field(default_factory=dict)
    recalls: dict[int, int] = field(default_factory=dict)
    chords: dict[int, tuple[int, ...]] = field(default_factory=dict)
    harmony: dict[int, tuple[Chord | None, ...]] = field(default_factory=dict)
    segments: dict[Place, Segment] = field(default_factory=dict)
    open: set[Place] = field(default_factory=set)
    repeats: dict[int, int] = field(default_factory=dict)
    players: tuple[EnsemblePart, ...] = ()
    shift: int = 0
    ranges: dict[int, tuple[int, int]] = field(default_factory=dict)
    longest_rest: int | None = None
    melody: tuple[Note, ...] = ()
    beneath: frozenset[int] = frozenset()
    kept: tuple[Note, ...] = ()
    apart: frozenset[int] = frozenset()
    keeps_dynamics: bool = False
    dials: bool = False
    rules: tuple[NoteRule, ...] = ()
    closes: bool = False
    binds_new: bool = False
    bars_after: int | None = 0
    church: Key | None = None

    @property
    def n_bars(self) -> int:
        """Number of bars, including open ones."""
        return len(self.meters)

    @property
    def parts(self) -> range:
        """Indices of the parts."""
        return range(len(self.programs))

    @property
    def has_harmony(self) -> bool:
        """Whether any part is pitched, so that bars have chords."""
        return any(not self.is_drum(part) for part in self.parts)

    @property
    def drums(self) -> list[int]:
        """Indices of the parts that are percussion."""
        return [part for part in self.parts if self.is_drum(part)]

    def is_drum(self, part: int) -> bool:
        """Whether a part is percussion."""
        return self.tokenizer.vocabulary.name(self.programs[part]) == "Program_drums"

    @property
    def mode(self) -> Mode:
        """The mode; major if the header states none."""
        return "minor" if self.tokenizer.vocabulary.id("Mode_minor") in self.header else "major"

    @property
    def home(self) -> Key:
        """The key in functional pitch."""
        return self.church or Key(0, self.mode)

    @cached_property
    def possible_chords(self) -> tuple[int, ...]:
        """Chord ids that open bars may have: all, or those of the church mode."""
        vocabulary = self.tokenizer.vocabulary
        ids = vocabulary.ids_of("Chord")
        if self.church is None:
            return tuple(ids)
        scale = self.church.scale
        return tuple(token for token in ids if (chord := vocabulary.chord_of(token)) is None or chord.pitch_classes <= scale)

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

    def segment_notes(self, place: Place) -> list[tuple[int, int, int]]:
        """(step in the bar, pitch, steps) of a segment's notes."""
        segment = self.segments.get(place)
        if not segment:
            return []
        run = read_run(self.tokenizer.merges.decode(segment.ids), self.tokenizer.vocabulary, onset=0, steps=DRUM_DURATION_STEPS)
        return [(note.onset, note.pitch, note.steps) for note in run.notes]

    @property
    def upbeat_steps(self) -> int:
        """Steps of the first bar before an upbeat, at least half of it, in which nobody plays; 0 without an upbeat."""
        first = min((step for part in self.parts for step, _, _ in self.segment_notes((0, part))), default=0)
        return first if 2 * first * TICKS_PER_STEP >= self.meters[0].bar_ticks else 0

    @cached_property
    def lines(self) -> frozenset[int]:
        """Parts that play one note at a time, except for a few chords, in what is given before `open_segments`."""
        return frozenset(part for part in self.parts if not self.is_drum(part) and self._is_line(part))

    def _is_line(self, part: int) -> bool:
        segments = [self.segment_notes((bar, part)) for bar in range(self.n_bars)]
        onsets = sum(len({position for position, _, _ in segment}) for segment in segments)
        return is_line(sum(map(len, segments)), onsets)

    @cached_property
    def voices(self) -> frozenset[int]:
        """Parts that sound one note at a time without exception, as `lines`; a thirty-second of overlap does not count."""
        return frozenset(part for part in self.lines if self._is_voice(part))

    def _is_voice(self, part: int) -> bool:
        starts = accumulate((meter.bar_ticks // TICKS_PER_STEP for meter in self.meters), initial=0)
        notes = sorted(
            (start + onset, steps)
            for bar, start in zip(range(self.n_bars), starts, strict=False)
            for onset, _, steps in self.segment_notes((bar, part))
        )
        return all(
            onset < following and onset + steps < following + SHORTEST_STEPS
            for (onset, steps), (following, _) in pairwise(notes)
        )

    def open_segments(self, places: Iterable[Place]) -> None:
        """Marks segments to be written again; until then the old notes stay, and their neighbors are written by them."""
        _ = self.voices  # computed now, from everything that is given, like the lines
        self.open.update(places)

    def fill_returns(self) -> None:
        """Copies complete bars into the open bars that repeat them."""
        waiting = {bar for bar, _ in self.open}
        for bar in sorted(waiting):
            origin = self.repeats.get(bar, bar)
            if origin in waiting:
                continue
            self.chords[bar] = self.chords[origin]
            if origin in self.harmony:
                self.harmony[bar] = self.harmony[origin]
            for part in self.parts:
                if (bar, part) in self.open:
                    self.open.discard((bar, part))
                    self.segments.pop((bar, part), None)
                    if (origin, part) in self.segments:
                        self.segments[bar, part] = self.segments[origin, part]

    def held_until(self, bar: int, part: int) -> int:
        """First step of a bar at which no note of a line held from earlier bars sounds; 0 if none does, or for other parts."""
        held, back = 0, 0
        for earlier in range(bar - 1, max(-1, bar - 5), -1) if part in self.lines else ():
            back += self.meters[earlier].bar_ticks // TICKS_PER_STEP
            if (earlier, part) in self.open:
                continue
            ends = [position + steps - back for position, _, steps in self.segment_notes((earlier, part))]
            held = max([held, *ends])
        return held

    def assign_players(self, players: Iterable[EnsemblePart], shift: int) -> None:
        """Sets the players of the parts; `shift` is the number of semitones from sounding to functional pitch."""
        self.players, self.shift = tuple(players), shift
        self.ranges = {
            index: (max(0, part.low + shift), min(127, part.high + shift))
            for index, part in enumerate(self.players)
            if not part.is_drum
        }

    def open_parts(self, bar: int) -> frozenset[int]:
        """Parts to write in a bar; a line that is held through it is not among them."""
        last = self.meters[bar].bar_ticks // TICKS_PER_STEP - _ROOM_STEPS
        return frozenset(part for part in self.parts if (bar, part) in self.open and self.held_until(bar, part) <= last)


def tokenized_piece(score: Score, controls: Controls, tokenizer: Tokenizer) -> PartialPiece:
    """A partial piece in which everything is given.

    Args:
        score: in normal form.
        controls: its controls.
        tokenizer: the model's tokenizer.
    """
    tokenized = tokenizer.tokenize(score, controls)
    rows = dict(zip(BAR_COLUMNS, tokenized.bars.tolist(), strict=True))
    vocabulary = tokenizer.vocabulary
    piece = PartialPiece(
        tokenizer,
        header=[int(token) for token in tokenized.header if vocabulary.kind(int(token)) != "Bars"],
        programs=[int(token) for token in tokenized.programs],
        meters=[bar.time_signature for bar in score.bars],
        tempos=rows["tempo"],
        moods={bar: (rows["valence"][bar], rows["arousal"][bar]) for bar in range(tokenized.n_bars) if rows["valence"][bar]},
        recalls={bar: token for bar, token in enumerate(rows["recall"]) if token},
    )
    for bar in range(tokenized.n_bars):
        piece.chords[bar] = tuple(token for token in (rows["chord"][bar], rows["middle_chord"][bar]) if token)
        for index in range(tokenized.bar_segments[bar], tokenized.bar_segments[bar + 1]):
            ids = tokenized.notes[tokenized.segment_notes[index] : tokenized.segment_notes[index + 1]]
            segment = Segment(int(tokenized.segment_dynamic[index]), tuple(ids.tolist()))
            piece.segments[bar, int(tokenized.segment_part[index])] = segment
    return piece


def notes_of(piece: PartialPiece, places: Iterable[Place]) -> dict[int, list[Note]]:
    """Notes of some segments by part, in order and functional pitch; each ends by the next onset of its pitch."""
    starts = [0]
    for meter in piece.meters:
        starts.append(starts[-1] + meter.bar_ticks)
    vocabulary = piece.tokenizer.vocabulary
    found: dict[int, list[Note]] = {}
    for bar, part in sorted(places):
        segment = piece.segments.get((bar, part))
        velocity = vocabulary.velocity_of(segment.dynamic) if segment else 0
        for position, pitch, steps in piece.segment_notes((bar, part)):
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


def chord_symbols(piece: PartialPiece) -> tuple[ChordSymbol, ...]:
    """The harmony in functional pitch, a symbol at each change."""
    vocabulary = piece.tokenizer.vocabulary
    symbols: list[ChordSymbol] = []
    start = 0
    for bar, meter in enumerate(piece.meters):
        chords = piece.harmony.get(bar) or tuple(map(vocabulary.chord_of, piece.chords.get(bar, ())))
        for tick, chord in zip(meter.chord_ticks(len(chords)), chords, strict=True):
            if not symbols or symbols[-1].chord != chord:
                symbols.append(ChordSymbol(start + tick, chord))
        start += meter.bar_ticks
    return tuple(symbols)


def literal_returns(piece: PartialPiece, parts: Iterable[int]) -> dict[int, int]:
    """By bar, the earlier bar that it repeats in the given parts, for passages of at least a phrase; never the last bar.

    Repeats shorter than a phrase, and repeated silence, are ignored.
    """
    parts = list(parts)
    contents = [_content(piece, bar, parts) for bar in range(piece.n_bars - 1)]
    found: dict[int, int] = {}
    for distance in range(PHRASE_BARS, len(contents)):
        run: list[int] = []
        for bar in range(distance, len(contents) + 1):
            if bar < len(contents) and contents[bar] and contents[bar] == contents[bar - distance]:
                run.append(bar)
                continue
            if len(run) >= PHRASE_BARS:
                found.update({again: again - distance for again in run if again not in found})
            run = []
    return {bar: _origin(bar, found) for bar in found}


def _content(piece: PartialPiece, bar: int, parts: list[int]) -> tuple[object, ...]:
    segments = tuple((part, piece.segments[bar, part].ids) for part in parts if (bar, part) in piece.segments)
    return (str(piece.meters[bar]), segments) if segments else ()


def _origin(bar: int, found: dict[int, int]) -> int:
    while bar in found:
        bar = found[bar]
    return bar
