"""From a piece to the stream in which some of its bars are written, and back from the sampled ids to the piece.

Two kinds of stream, as in training: bars in order, the last of which are open; and a hole, where the open bars come after
`FILL`, behind what follows them. Given parts of an open bar come before the open ones wherever possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from composer.controls import RECALL_BARS
from composer.guide import BarScript, Script, closed_with_returns
from composer.guide.ending import LEADING_HOME
from composer.rework.partial_piece import PartialPiece, Place, Segment
from composer.tokenizer.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Window:
    """The bars of a stream: before the open ones, the open ones, and after them (empty: in order)."""

    before: range
    written: range
    after: range = range(0)

    @property
    def has_hole(self) -> bool:
        """Whether the open bars come after `FILL`."""
        return len(self.after) > 0

    def bars(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Bars in the order of the stream, each with the markers before it."""
        for bar in self.before:
            yield bar, ()
        groups = ((self.after, ("HOLE",)), (self.written, ("FILL",))) if self.has_hole else ((self.written, ()),)
        for bars, markers in groups:
            for bar in bars:
                yield bar, markers if bar == bars[0] else ()


def part_order(piece: PartialPiece, bars: range) -> tuple[int, ...]:
    """Parts in the order of a stream: those given in most of the bars first, so that the others are conditioned on them."""
    return tuple(sorted(piece.parts, key=lambda part: sum((bar, part) in piece.open for bar in bars) > len(bars) / 2))


def script_of(piece: PartialPiece, window: Window) -> Script:
    """The script of the stream that writes a window's open bars."""
    order = part_order(piece, window.written)
    first = next(window.bars())[0]
    writer = _Writer(piece, order, first, _closed_bars(piece, window.written))
    bars = tuple(writer.bar(bar, markers, window.written) for bar, markers in window.bars())
    return Script(piece.header_ids(first, order), bars, order, _end(piece, window))


def _closed_bars(piece: PartialPiece, written: range) -> set[int]:
    """Bars whose written notes end with them: the next bar is given, repeats another, or is part of the ending."""
    ending = range(piece.n_bars - 3, piece.n_bars) if piece.closes else ()
    distances = {bar: bar - origin for bar, origin in piece.repeats.items()}
    return closed_with_returns({*ending, written.stop - 1, piece.n_bars - 1}, distances)


def _end(piece: PartialPiece, window: Window) -> int:
    """What ends a stream: `EOS` after a hole or the piece's last bar, else the bar after the written ones."""
    following = window.written.stop
    more = not window.has_hole and following < piece.n_bars
    return piece.bar_id(following) if more else piece.tokenizer.vocabulary.special("EOS")


@dataclass
class _Writer:
    """Writes the scripts of bars in order, and keeps the meter, tempo and dynamics in force."""

    piece: PartialPiece
    order: tuple[int, ...]
    first_bar: int
    closed: Set[int]
    _dynamics: dict[int, int] = field(default_factory=dict)
    _placed: dict[int, int] = field(default_factory=dict)  # bar -> place in the script
    _meter: int = field(init=False)
    _tempo: int = field(init=False)

    def __post_init__(self) -> None:
        self._meter = self.piece.tokenizer.vocabulary.meter(self.piece.meters[self.first_bar])
        self._tempo = self.piece.tempos[self.first_bar]

    def bar(self, index: int, markers: Sequence[str], written: range) -> BarScript:
        piece, vocabulary = self.piece, self.piece.tokenizer.vocabulary
        open_parts = piece.open_parts(index) if index in written else frozenset()
        opening = self._opening(index)
        repeats = self._placed.get(piece.repeats.get(index, -1)) if open_parts else None
        if repeats is None and piece.has_harmony:
            opening += self._chords(index)
        self._placed[index] = len(self._placed)
        return BarScript(
            index=index,
            begin=(*(vocabulary.special(marker) for marker in markers), piece.bar_id(index)),
            opening=tuple(opening),
            may_change_chord=piece.has_harmony and index not in piece.chords and (index > 0 or not piece.upbeat_steps),
            given=self._given(index, written),
            open_parts=open_parts,
            closed=index in self.closed,
            harmony=piece.harmony.get(index, ()),
            repeats=repeats,
        )

    def _opening(self, index: int) -> list[tuple[int, ...]]:
        piece, vocabulary = self.piece, self.piece.tokenizer.vocabulary
        opening: list[tuple[int, ...]] = []
        meter, tempo = vocabulary.meter(piece.meters[index]), piece.tempos[index]
        if meter != self._meter:
            opening.append((meter,))
        if tempo and tempo != self._tempo:
            opening.append((tempo,))
        self._meter, self._tempo = meter, tempo
        opening += [(token,) for token in piece.moods.get(index, ())]
        visible = [distance for distance in RECALL_BARS if distance == 0 or index - distance in self._placed]
        recall = piece.recalls.get(index)
        choices = [vocabulary.recall(distance) for distance in visible]
        if recall is not None:
            choices = [recall if recall in choices else choices[0]]
        opening.append(tuple(choices))
        return opening

    def _chords(self, index: int) -> list[tuple[int, ...]]:
        vocabulary = self.piece.tokenizer.vocabulary
        if index in self.piece.chords:
            return [(token,) for token in self.piece.chords[index]]
        if self.piece.closes and index == self.piece.n_bars - 2:
            return [tuple(vocabulary.chord(chord) for chord in LEADING_HOME[self.piece.home.scale_name])]
        return [self.piece.possible_chords]

    def _given(self, index: int, written: range) -> dict[int, tuple[int, ...]]:
        vocabulary, given = self.piece.tokenizer.vocabulary, {}
        for part in self.order:
            segment = self.piece.segments.get((index, part))
            replaced = index in written and (index, part) in self.piece.open
            if replaced or segment is None or not segment.ids:
                continue
            changed = segment.dynamic != self._dynamics.get(part, vocabulary.unmarked)
            self._dynamics[part] = segment.dynamic
            given[part] = (vocabulary.part(part), *((segment.dynamic,) if changed else ()), *segment.ids)
        return given


def read_written(piece: PartialPiece, window: Window, ids: Sequence[int]) -> None:
    """Copies a finished stream's segments into the open places of its window; from then on they are given."""
    vocabulary = piece.tokenizer.vocabulary
    bars = _split_bars(ids, vocabulary)
    dynamics: dict[int, int] = {}
    places = {(bar, part) for bar in window.written for part in piece.parts} & piece.open
    before = {place: segment for place in places if (segment := piece.segments.pop(place, None)) and piece.keeps_dynamics}
    for (index, _), body in zip(window.bars(), bars, strict=False):  # a bar that only ends the stream is empty
        if index in window.written:
            chords = tuple(token for token in body if vocabulary.kind(token) == "Chord")
            piece.chords.setdefault(index, chords)
            recall = next((token for token in body if vocabulary.kind(token) == "Recall"), None)
            if recall is not None:
                piece.recalls.setdefault(index, recall)
        for part, segment in _segments(body, vocabulary, dynamics):
            if (index, part) in places:
                piece.segments[index, part] = replace(segment, dynamic=_nearest(before, (index, part), segment).dynamic)
    piece.open -= places


def _nearest(old: Mapping[Place, Segment], place: Place, new: Segment) -> Segment:
    """The old segment of a place, else that of the nearest bar of its part, else of any part; the new one if there is none.

    >>> quiet, loud, new = (Segment(dynamic, ()) for dynamic in (1, 2, 3))
    >>> [_nearest({(0, 0): quiet, (5, 0): loud}, place, new).dynamic for place in ((1, 0), (4, 0), (4, 1))]
    [1, 2, 2]
    >>> _nearest({}, (1, 0), new).dynamic
    3
    """
    bar, part = place
    near = [other for other in old if other[1] == part] or list(old)
    return old[min(near, key=lambda other: (abs(other[0] - bar), other))] if near else new


def _split_bars(ids: Sequence[int], vocabulary: Vocabulary) -> list[list[int]]:
    """The ids between one `Bar` id and the next, without markers."""
    bars: list[list[int]] = []
    for token in ids:
        kind = vocabulary.kind(token)
        if kind == "Bar":
            bars.append([])
        elif bars and kind not in ("HOLE", "FILL", "EOS"):
            bars[-1].append(token)
    return bars


def _segments(body: Sequence[int], vocabulary: Vocabulary, dynamics: dict[int, int]) -> Iterator[tuple[int, Segment]]:
    """Segments of a bar's body by part; `dynamics`, those in force by part, is updated."""
    part, notes = -1, list[int]()
    for token in (*body, vocabulary.part(0)):
        kind = vocabulary.kind(token)
        if kind == "Part":
            if part >= 0 and notes:
                yield part, Segment(dynamics.get(part, vocabulary.unmarked), tuple(notes))
            part, notes = vocabulary.part_of(token), []
        elif kind == "Dynamic":
            dynamics[part] = token
        elif part >= 0:
            notes.append(token)


def shorten_hole(ids: Sequence[int], vocabulary: Vocabulary, limit: int) -> list[int]:
    """A stream with a hole without its outermost bars, so that at most `limit` ids are left if possible.

    The first bars are dropped before the last ones; header, markers and what follows `FILL` stay.
    """
    hole, fill = ids.index(vocabulary.special("HOLE")), ids.index(vocabulary.special("FILL"))
    starts = [place for place, token in enumerate(ids) if vocabulary.is_bar(token)]
    before = [place for place in starts if place < hole]
    after = [place for place in starts if hole < place < fill]
    header = list(ids[: before[0] if before else hole])
    cut = next((place for place in before[1:] if len(header) + len(ids) - place <= limit), hole)
    end = fill
    while after and len(header) + (hole - cut) + (end - hole) + len(ids) - fill > limit:
        end = after.pop()
    return [*header, *ids[cut:end], *ids[fill:]]
