"""From a draft to the stream in which some of its bars are written, and back from the sampled ids to the draft.

Two kinds of stream, as in training: bars in order, the last of which are open; and a hole, where the open bars stand behind
`FILL`, after what follows them. Given parts of an open bar come before the open ones wherever they can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace

from composer.controls import RECALL_BARS
from composer.guide import BarScript, Script, closed_with_returns
from composer.guide.ending import LEADING_HOME
from composer.rework.draft import Cell, Draft
from composer.tokenizer.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Window:
    """The bars of a stream: before the open ones, the open ones, and after them (empty: the stream goes on in order)."""

    before: range
    written: range
    after: range = range(0)

    @property
    def has_hole(self) -> bool:
        """Whether the open bars stand behind `FILL`."""
        return len(self.after) > 0

    def bars(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Bars in the order of the stream, each with the markers before it."""
        for bar in self.before:
            yield bar, ()
        groups = ((self.after, ("HOLE",)), (self.written, ("FILL",))) if self.has_hole else ((self.written, ()),)
        for bars, markers in groups:
            for bar in bars:
                yield bar, markers if bar == bars[0] else ()


def part_order(draft: Draft, bars: range) -> tuple[int, ...]:
    """Parts in the order of a stream: those given in most of the bars first, so that the others hear them; else as they are."""
    return tuple(sorted(draft.parts, key=lambda part: sum((bar, part) in draft.open for bar in bars) > len(bars) / 2))


def script_of(draft: Draft, window: Window) -> Script:
    """The script of the stream that writes a window's open bars."""
    order = part_order(draft, window.written)
    first = next(window.bars())[0]
    writer = _Writer(draft, order, first, _closed_bars(draft, window.written))
    bars = tuple(writer.bar(bar, markers, window.written) for bar, markers in window.bars())
    return Script(draft.header_ids(first, order), bars, order, _end(draft, window))


def _closed_bars(draft: Draft, written: range) -> set[int]:
    """Bars beyond which nothing that is written may ring: the next one is given, comes back, or is part of the ending."""
    ending = range(draft.n_bars - 3, draft.n_bars) if draft.closes else ()
    distances = {bar: bar - origin for bar, origin in draft.repeats.items()}
    return closed_with_returns({*ending, written.stop - 1, draft.n_bars - 1}, distances)


def _end(draft: Draft, window: Window) -> int:
    """What ends a stream: `EOS` after a hole or the piece's last bar, else the bar after the written ones."""
    following = window.written.stop
    more = not window.has_hole and following < draft.n_bars
    return draft.bar_id(following) if more else draft.tokenizer.vocabulary.special("EOS")


@dataclass
class _Writer:
    """Lays out bars one after the other and remembers what is in force."""

    draft: Draft
    order: tuple[int, ...]
    first_bar: int
    closed: Set[int]
    _dynamics: dict[int, int] = field(default_factory=dict)
    _placed: dict[int, int] = field(default_factory=dict)  # bar -> place in the script
    _meter: int = field(init=False)
    _tempo: int = field(init=False)

    def __post_init__(self) -> None:
        self._meter = self.draft.tokenizer.vocabulary.meter(self.draft.meters[self.first_bar])
        self._tempo = self.draft.tempos[self.first_bar]

    def bar(self, index: int, markers: Sequence[str], written: range) -> BarScript:
        draft, vocabulary = self.draft, self.draft.tokenizer.vocabulary
        open_parts = draft.open_parts(index) if index in written else frozenset()
        opening = self._opening(index)
        repeats = self._placed.get(draft.repeats.get(index, -1)) if open_parts else None
        if repeats is None and draft.has_harmony:
            opening += self._chords(index)
        self._placed[index] = len(self._placed)
        return BarScript(
            index=index,
            begin=(*(vocabulary.special(marker) for marker in markers), draft.bar_id(index)),
            opening=tuple(opening),
            may_change_chord=draft.has_harmony and index not in draft.chords,
            given=self._given(index, written),
            open_parts=open_parts,
            closed=index in self.closed,
            repeats=repeats,
        )

    def _opening(self, index: int) -> list[tuple[int, ...]]:
        draft, vocabulary = self.draft, self.draft.tokenizer.vocabulary
        opening: list[tuple[int, ...]] = []
        meter, tempo = vocabulary.meter(draft.meters[index]), draft.tempos[index]
        if meter != self._meter:
            opening.append((meter,))
        if tempo and tempo != self._tempo:
            opening.append((tempo,))
        self._meter, self._tempo = meter, tempo
        opening += [(token,) for token in draft.moods.get(index, ())]
        visible = [distance for distance in RECALL_BARS if distance == 0 or index - distance in self._placed]
        recall = draft.recalls.get(index)
        choices = [vocabulary.recall(distance) for distance in visible]
        if recall is not None:
            choices = [recall if recall in choices else choices[0]]
        opening.append(tuple(choices))
        return opening

    def _chords(self, index: int) -> list[tuple[int, ...]]:
        vocabulary = self.draft.tokenizer.vocabulary
        if index in self.draft.chords:
            return [(token,) for token in self.draft.chords[index]]
        if self.draft.closes and index == self.draft.n_bars - 2:
            return [tuple(vocabulary.chord(chord) for chord in LEADING_HOME[self.draft.mode])]
        return [tuple(vocabulary.ids_of("Chord"))]

    def _given(self, index: int, written: range) -> dict[int, tuple[int, ...]]:
        vocabulary, given = self.draft.tokenizer.vocabulary, {}
        for part in self.order:
            cell = self.draft.cells.get((index, part))
            replaced = index in written and (index, part) in self.draft.open
            if replaced or cell is None or not cell.ids:
                continue
            changed = cell.dynamic != self._dynamics.get(part, vocabulary.unmarked)
            self._dynamics[part] = cell.dynamic
            given[part] = (vocabulary.part(part), *((cell.dynamic,) if changed else ()), *cell.ids)
        return given


def take_written(draft: Draft, window: Window, ids: Sequence[int]) -> None:
    """Puts what a finished stream holds for the open places of its window into the draft; they are given from then on."""
    vocabulary = draft.tokenizer.vocabulary
    bars = _split_bars(ids, vocabulary)
    dynamics: dict[int, int] = {}
    places = {(bar, part) for bar in window.written for part in draft.parts} & draft.open
    before = {place: cell for place in places if (cell := draft.cells.pop(place, None)) and draft.keeps_dynamics}
    for (index, _), body in zip(window.bars(), bars, strict=False):  # a bar that only ends the stream is empty
        if index in window.written:
            chords = tuple(token for token in body if vocabulary.kind(token) == "Chord")
            draft.chords.setdefault(index, chords)
            recall = next((token for token in body if vocabulary.kind(token) == "Recall"), None)
            if recall is not None:
                draft.recalls.setdefault(index, recall)
        for part, cell in _cells(body, vocabulary, dynamics):
            if (index, part) in places:
                old = before.get((index, part), cell)
                draft.cells[index, part] = replace(cell, dynamic=old.dynamic)
    draft.open -= places


def _split_bars(ids: Sequence[int], vocabulary: Vocabulary) -> list[list[int]]:
    """What stands between one `Bar` id and the next; markers are left out."""
    bars: list[list[int]] = []
    for token in ids:
        kind = vocabulary.kind(token)
        if kind == "Bar":
            bars.append([])
        elif bars and kind not in ("HOLE", "FILL", "EOS"):
            bars[-1].append(token)
    return bars


def _cells(body: Sequence[int], vocabulary: Vocabulary, dynamics: dict[int, int]) -> Iterator[tuple[int, Cell]]:
    """Parts of a bar's body with their notes; `dynamics` is what is in force by part, and is kept up to date."""
    part, notes = -1, list[int]()
    for token in (*body, vocabulary.part(0)):
        kind = vocabulary.kind(token)
        if kind == "Part":
            if part >= 0 and notes:
                yield part, Cell(dynamics.get(part, vocabulary.unmarked), tuple(notes))
            part, notes = vocabulary.part_of(token), []
        elif kind == "Dynamic":
            dynamics[part] = token
        elif part >= 0:
            notes.append(token)


def shorten_hole(ids: Sequence[int], vocabulary: Vocabulary, limit: int) -> list[int]:
    """A stream with a hole without its outermost bars, so that at most `limit` ids are left where that is possible.

    The first bars go before the last ones; header, markers and what stands behind `FILL` stay.
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
