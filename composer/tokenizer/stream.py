"""From a tokenized piece to one stream of ids: windows, dropout of controls, part order and holes.

    piece  := BOS header bar* EOS
    header := Style* Composer? Meter Tempo? Mode? Transpose? Bars? Density? Polyphony? (Part Program)+
    bar    := Bar_left Meter? Tempo? (Valence Arousal)? PhraseEnd? Recall? Relation? (Chord ChordBass?){0,2} part*
    part   := Part Dynamic? note*
    note   := Position? (Duration? Pitch | Drum)           position and duration only where they change

A bar opens with one token that also states how many bars follow it (`Bar_open` where that is left open). With a hole the
missing bars come after `FILL`, after everything that follows them: BOS header prefix HOLE suffix FILL missing EOS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from composer.controls import PHRASE_BARS
from composer.tokenizer.piece import BAR_COLUMNS, BAR_CONTROLS, TokenizedPiece
from composer.tokenizer.vocabulary import DROPOUT_GROUP, DROPPABLE, HEADER_ORDER, Vocabulary


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How a piece is put into a stream.

    Attributes:
        first_bar, end_bar: the window; `end_bar` of `None` is the end of the piece.
        dropped: groups of `DROPPABLE` to leave out.
        part_order: order of the parts within each bar; empty for score order.
        hole: bars (first, end) to move behind `FILL`.
    """

    first_bar: int = 0
    end_bar: int | None = None
    dropped: frozenset[str] = frozenset()
    part_order: tuple[int, ...] = ()
    hole: tuple[int, int] | None = None


def assemble(piece: TokenizedPiece, vocabulary: Vocabulary, options: StreamOptions | None = None) -> list[int]:
    """The stream of a piece or of a window of it.

    A window restates what is in force at its start (meter, tempo, dynamics), and turns recalls of bars before it
    into new material: the model never has to repeat what it cannot see. `EOS` closes a stream that reaches the end of
    the piece or has a hole.
    """
    options = options or StreamOptions()
    end = piece.n_bars if options.end_bar is None else options.end_bar
    ids = header_ids(piece, vocabulary, options)
    writer = _BarWriter(piece, vocabulary, options, header_meter=int(piece.bars[0, options.first_bar]))
    if options.hole is None:
        for bar in range(options.first_bar, end):
            ids.extend(writer.bar(bar))
        return [*ids, vocabulary.special("EOS")] if end == piece.n_bars else ids
    first, after = options.hole
    for marker, bars in (("HOLE", range(options.first_bar, first)), ("FILL", range(after, end)), ("EOS", range(first, after))):
        for bar in bars:
            ids.extend(writer.bar(bar))
        ids.append(vocabulary.special(marker))
    return ids


def header_ids(piece: TokenizedPiece, vocabulary: Vocabulary, options: StreamOptions) -> list[int]:
    """`BOS` and the header of a stream. It lists the parts in the order in which the bars give them."""
    meter, tempo = piece.bars[:2, options.first_bar].tolist()
    tokens = [token for token in (*piece.header.tolist(), meter, tempo) if token]
    kept = [token for token in tokens if DROPOUT_GROUP.get(vocabulary.kind(token)) not in options.dropped]
    parts = {part: int(piece.programs[part]) for part in options.part_order or range(len(piece.programs))}
    return header_of(kept, parts, vocabulary)


def header_of(tokens: Iterable[int], programs: Mapping[int, int], vocabulary: Vocabulary) -> list[int]:
    """`BOS`, header tokens in the order of `HEADER_ORDER`, and the Part and Program tokens of each part in the given order."""
    ids = [vocabulary.special("BOS"), *sorted(tokens, key=lambda token: HEADER_ORDER.index(vocabulary.kind(token)))]
    for part, program in programs.items():
        ids += (vocabulary.part(part), program)
    return ids


@dataclass
class _BarWriter:
    """Writes bars one after the other and remembers what is in force."""

    piece: TokenizedPiece
    vocabulary: Vocabulary
    options: StreamOptions
    header_meter: int
    _meter: int = field(init=False)
    _tempo: int = field(init=False)
    _dynamics: dict[int, int] = field(default_factory=dict)
    _rank: dict[int, int] = field(init=False)
    _written: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._meter = self.header_meter
        self._tempo = int(self.piece.bars[1, self.options.first_bar])
        self._rank = {part: rank for rank, part in enumerate(self.options.part_order)}

    def bar(self, index: int) -> Iterator[int]:
        """Ids of one bar."""
        vocabulary, dropped = self.vocabulary, self.options.dropped
        row = dict(zip(BAR_COLUMNS, self.piece.bars[:, index].tolist(), strict=True))
        yield vocabulary.bar(None if "left" in dropped else self.piece.n_bars - 1 - index)
        if row["meter"] != self._meter:
            self._meter = row["meter"]
            yield self._meter
        if row["tempo"] != self._tempo:
            self._tempo = row["tempo"]
            if self._tempo and "tempo" not in dropped:
                yield self._tempo
        if row["valence"] and "mood" not in dropped:
            yield row["valence"]
            yield row["arousal"]
        recall = self._visible_recall(index, row["recall"])
        row["recall"], row["relation"] = recall, self._visible_relation(index, row["relation"], recall)
        for name, spec in BAR_CONTROLS.items():
            if row[name] and spec.dropout not in dropped:
                yield row[name]
        if "chord" not in dropped:
            for chord, bass in (("chord", "bass"), ("middle_chord", "middle_bass")):
                if row[chord]:
                    yield row[chord]
                if row[chord] and row[bass] and "chord_bass" not in dropped:
                    yield row[bass]
        self._written.add(index)
        yield from self._parts(index)

    def _visible_recall(self, bar: int, token: int) -> int:
        """The recall, or 0 bars where the earlier bar is not in the stream."""
        seen = not token or bar - self.vocabulary.value(token) in self._written
        return token if seen else self.vocabulary.recall(0)

    def _visible_relation(self, bar: int, token: int, recall: int) -> int:
        """The relation, or "new" where the earlier bar is not in the stream."""
        if not token:
            return token
        name, _, distance = self.vocabulary.value(token).partition(":")
        if distance:
            seen = bar - int(distance) in self._written
        else:
            seen = name == "new" or (recall > 0 and recall != self.vocabulary.recall(0))
        return token if seen else self.vocabulary.control("Relation", "new")

    def _parts(self, bar: int) -> Iterator[int]:
        piece = self.piece
        segments: Sequence[int] = range(piece.bar_segments[bar], piece.bar_segments[bar + 1])
        if self._rank:
            segments = sorted(segments, key=lambda segment: self._rank[int(piece.segment_part[segment])])
        for segment in segments:
            part, dynamic = int(piece.segment_part[segment]), int(piece.segment_dynamic[segment])
            yield self.vocabulary.part(part)
            if dynamic != self._dynamics.get(part, self.vocabulary.unmarked) and "dynamic" not in self.options.dropped:
                self._dynamics[part] = dynamic
                yield dynamic
            yield from piece.notes[piece.segment_notes[segment] : piece.segment_notes[segment + 1]].tolist()


def shorten(ids: Sequence[int], vocabulary: Vocabulary, limit: int) -> list[int]:
    """At most `limit` ids that form the start of a stream: its header and its last bars, from the start of a phrase on.

    Training rows that begin inside a piece look like this, so the model continues a long piece from there. If not even the
    last phrase fits, bars are dropped one by one, and a bar that is too long for the limit is cut at its front.
    """
    starts = [index for index, token in enumerate(ids) if vocabulary.is_bar(token)]
    header = list(ids[: starts[0]]) if starts else []
    room = limit - len(header)
    candidates = [*starts[::PHRASE_BARS], *starts[-PHRASE_BARS:]]
    start = next((start for start in candidates if len(ids) - start <= room), max(len(header), len(ids) - room))
    return [*header, *ids[start:]]


def random_options(
    piece: TokenizedPiece, rng: np.random.Generator, rates: dict[str, float], first_bar: int = 0, end_bar: int | None = None
) -> StreamOptions:
    """Draws dropouts and an order of parts, as training sees a piece.

    Args:
        piece: the piece.
        rng: source of randomness.
        rates: probability by group of `DROPPABLE`, plus "everything" (all groups at once: the unconditional stream that
            classifier-free guidance needs) and "part_order" (a random order instead of the score's).
        first_bar, end_bar: the window.
    """
    if rng.random() < rates.get("everything", 0.0):
        dropped = frozenset(DROPPABLE)
    else:
        dropped = frozenset(group for group in DROPPABLE if rng.random() < rates.get(group, 0.0))
    order: tuple[int, ...] = ()
    if len(piece.programs) > 1 and rng.random() < rates.get("part_order", 0.0):
        order = tuple(int(part) for part in rng.permutation(len(piece.programs)))
    return StreamOptions(first_bar, end_bar, dropped, order)
