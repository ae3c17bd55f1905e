"""The first and last step of every verb: understand the user's score, and merge what was written into it.

Between the two is a `PartialPiece` in functional pitch, whose first parts are the user's. Knows no verb.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from types import MappingProxyType

from composer.analysis import Analysis, analyze
from composer.analysis.melody import melody_line
from composer.brief import Brief
from composer.controls import Controls
from composer.errors import BadInputError
from composer.guide.plan_script import functional_key
from composer.presets import EnsemblePart, instrument_of
from composer.rework.carried import Carried, softer
from composer.rework.following import in_lengths_of
from composer.rework.keeping import kept
from composer.rework.partial_piece import PartialPiece, Place, chord_symbols, notes_of, tokenized_piece
from composer.rework.resuming import resumed
from composer.rework.sung_text import with_lyrics
from composer.score import UPBEAT_BAR, ChordSymbol, Key, KeySignature, Note, Part, Score
from composer.tokenizer import Tokenizer, functional_shift, quantize
from composer.understanding import NOTHING, Assumptions, Region, Understood, restore, tails, understand

Progress = Callable[[float], None]
_STRETCH = 5  # semitones beyond a part's lowest and highest note that may be written for it
MOST_BARS = 1024  # of a user's piece: a stream cannot count more


@dataclass(frozen=True)
class Material:
    """A user's piece.

    Attributes:
        user: the score as given.
        understood: in full bars; see `composer.understanding`.
        key: the key to work in, the main one unless it is `at_end` or `in_bars`; `None` for drums alone.
        normal: in functional pitch on the tokenizer's grid, with its harmony.
        analysis: measured on the understood score.
    """

    user: Score
    understood: Understood
    key: Key | None
    normal: Score
    analysis: Analysis

    @classmethod
    def in_key(cls, user: Score, understood: Understood, key: Key | None) -> Material:
        """A piece with a key to work in."""
        score = replace(understood.score, keys=(KeySignature(0, key),) if key else ())
        return cls(user, understood, key, quantize(score), analyze(score, key))

    @property
    def at_end(self) -> Material:
        """The same piece, to be worked on in the key of its last notes."""
        changes = self.understood.score.keys
        return self if len(changes) < 2 else Material.in_key(self.user, self.understood, changes[-1].key)

    def in_bars(self, regions: Iterable[tuple[int, int]]) -> Material:
        """The same piece, to be worked on in the key of some bars, counted as in `bars_between`, if they share one."""
        score = self.understood.score
        keys = {bar.index: each.key for each in score.keys for bar in score.bars if bar.start_ticks >= each.start_ticks}
        found = {keys[bar] for first, end in regions for bar in range(first, end) if bar in keys}
        return Material.in_key(self.user, self.understood, *found) if len(found) == 1 and found != {self.key} else self

    @cached_property
    def harmony(self) -> tuple[ChordSymbol, ...]:
        """The chords of the piece, stated or estimated, in sounding pitch."""
        return replace(self.normal, parts=(), keys=()).transposed(-self.shift).chords

    @property
    def shift(self) -> int:
        """Semitones from sounding to functional pitch."""
        return functional_shift(self.key)

    @property
    def parts(self) -> tuple[EnsemblePart, ...]:
        """The understood parts with the ranges to write for: what they play, widened a little within the instrument's range."""
        return self.parts_within(_STRETCH)

    def parts_within(self, beyond: int) -> tuple[EnsemblePart, ...]:
        """The same with ranges some semitones beyond what they play."""
        return tuple(_ranged(part, beyond) for part in self.understood.score.parts)

    @property
    def church(self) -> Key | None:
        """The key in functional pitch if it is in a church mode."""
        return functional_key(self.key) if self.key and self.key.church else None

    def controls(self, *, texture: bool = True) -> Controls:
        """The measured controls; without density and polyphony if the texture is to change."""
        measured = replace(self.analysis.controls(), transposition=None if self.key is None else -self.shift)
        return measured if texture else replace(measured, density=None, polyphony=None)

    def bars_between(self, first: int, end: int) -> range:
        """Bars of the normal form (from 0) that are the understood score's bars `first` up to `end`.

        Raises:
            BadInputError: the piece does not have all of them.
        """
        bars = self.understood.score.bars
        if not 0 <= first < end <= len(bars):
            one = end == first + 1
            what = f"bar{'' if one else 's'} {range_text((first, end))} {'is not' if one else 'are not all'}"
            upbeat = f" ({UPBEAT_BAR})" if self.understood.score.upbeat_bars else ""
            raise BadInputError(f"{what} in the piece: it has bars 1 to {len(bars)}{upbeat}")
        start_ticks, end_ticks = bars[first].start_ticks, bars[end - 1].end_ticks
        inside = [bar.index for bar in self.normal.bars if start_ticks <= bar.start_ticks < end_ticks]
        return range(inside[0], inside[-1] + 1)


def range_text(bars: tuple[int, int]) -> str:
    """A region as users write it.

    >>> range_text((8, 16)), range_text((2, 3))
    ('9-16', '3')
    """
    first, end = bars
    return str(end) if end == first + 1 else f"{first + 1}-{end}"


def understand_material(score: Score, assumptions: Assumptions | None = None) -> Material:
    """Understands a user's score.

    Raises:
        BadInputError: it has no notes, or is too long.
    """
    assumed = assumptions or Assumptions()
    understood = understand(score, meter=assumed.meter, key=assumed.key)
    if score.key is None and assumed.key is None and understood.key:
        understood = replace(understood, notes=(*understood.notes, f"file has no key: {understood.key} estimated"))
    if len(understood.score.bars) > MOST_BARS:
        raise BadInputError(f"{len(understood.score.bars)} bars are too many: cut the piece to at most {MOST_BARS}")
    return Material.in_key(score, understood, understood.key)


def partial_piece_of(material: Material, tokenizer: Tokenizer, *, texture: bool = True) -> PartialPiece:
    """A partial piece in which all of the user's piece is given.

    In a church mode, chords that were estimated with tones off its scale are left out.
    """
    piece = tokenized_piece(material.normal, material.controls(texture=texture), tokenizer)
    piece.assign_players(material.parts, material.shift)
    piece.church = material.church
    if piece.church and not material.understood.states_chords:
        kept = set(piece.possible_chords)
        piece.chords = {bar: ids for bar, ids in piece.chords.items() if kept.issuperset(ids)}
    return piece


@dataclass(frozen=True, slots=True)
class SegmentRegion(Region):
    """A region of single segments of the understood score."""

    places: frozenset[Place] = frozenset()

    @classmethod
    def of(cls, material: Material, places: Iterable[Place]) -> SegmentRegion:
        """The region that has segments of the normal form."""
        return cls(places=frozenset((_bar_of(material, bar), part) for bar, part in places))

    def contains(self, part: int, bar: int) -> bool:
        """Whether the segment is inside."""
        return (bar, part) in self.places


def open_places(piece: PartialPiece, material: Material, places: Collection[Place]) -> None:
    """Opens segments of the user's piece; what sounds on after them of their notes is then given as notes that begin there."""
    score, region = material.understood.score, SegmentRegion.of(material, places)
    held = [tails(material.user, material.understood, part, region) for part in range(len(score.parts))]
    if any(held):
        parts = tuple(
            replace(part, notes=tuple(sorted((*part.notes, *notes)))) for part, notes in zip(score.parts, held, strict=True)
        )
        split = tokenized_piece(quantize(replace(score, parts=parts)), material.controls(), piece.tokenizer)
        begun = {(material.normal.bar_at(note.start_ticks).index, part) for part, notes in enumerate(held) for note in notes}
        piece.segments |= {place: split.segments[place] for place in (begun & split.segments.keys()) - set(places)}
    piece.open_segments(places)


def _ranged(part: Part, beyond: int) -> EnsemblePart:
    if part.is_drum:
        return EnsemblePart(part.name, 0, is_drum=True)
    usual = instrument_of(part.program)
    pitches = [note.pitch for note in part.notes]
    low, high = min(pitches, default=usual.low), max(pitches, default=usual.high)
    if pitches:  # a little beyond what it plays, as far as the instrument reaches
        low, high = min(low, max(usual.low, low - beyond)), max(high, min(usual.high, high + beyond))
    return EnsemblePart(part.name, part.program, low=low, high=high)


@dataclass(frozen=True, slots=True)
class Finished:
    """The result of one candidate.

    Attributes:
        score: on the user's time line.
        notation: in full bars and on the grid.
        edits: whether the score is the user's with notes taken out and put in, rather than another one.
        melody: what is left of the melody, if nothing else of the user's is kept.
        warnings: remarks for the user.
        style: of the performance and the notation, if the brief names none.
    """

    score: Score
    notation: Score
    edits: bool = True
    melody: Carried | None = None
    warnings: tuple[str, ...] = ()
    style: str | None = None


def merge_into_user_score(
    material: Material,
    piece: PartialPiece,
    changed: Collection[Place],
    new_parts: Iterable[EnsemblePart] = (),
    *,
    reharmonized: bool = False,
    keep: str | None = None,
    copies: Mapping[int, Sequence[Note]] = MappingProxyType({}),
) -> Finished:
    """The user's score with the changed segments of a piece, its new parts and its new bars.

    Args:
        material: the user's piece.
        piece: the finished piece.
        changed: segments of the user's parts and bars that were written again.
        new_parts: the piece's parts after the user's.
        reharmonized: whether the piece's chords replace the user's chord symbols.
        keep: what changed segments keep of the old notes; see `composer.rework.keeping`.
        copies: by part the notes, in functional pitch, whose lengths written ones take; see `composer.rework.following`.

    Everything outside `changed` is as the user gave it, tick for tick.
    """
    user, region = material.understood.score, SegmentRegion.of(material, changed)
    written = notes_of(piece, _written_places(material, piece, changed))
    written |= {part: in_lengths_of(written.get(part, ()), old, line=part in piece.lines) for part, old in copies.items()}
    parts = [
        replace(part, notes=_merged(material, piece, index, region, written, keep)) for index, part in enumerate(user.parts)
    ]
    added = list[Part]()
    for index, player in enumerate(new_parts, start=len(parts)):
        notes = tuple(_sounding(note, 0 if player.is_drum else -material.shift) for note in written.get(index, ()))
        added.append(Part(player.name, player.program, notes, player.is_drum))
    melody = melody_line(user)
    parts += softer(added, melody) if melody else added
    end = sum(meter.bar_ticks for meter in piece.meters)
    frame = replace(
        user, parts=tuple(parts), chords=_sounding_chords(piece, material.shift), end_ticks=max(user.end_ticks, end)
    )
    return restored(material, frame, region, reharmonized=reharmonized)


def with_line(material: Material, part: int, bars: Collection[int], line: Sequence[Note]) -> Finished:
    """The user's score with another line of a part in some bars of the understood score, at sounding pitch."""
    user = material.understood.score
    region = SegmentRegion(places=frozenset((bar, part) for bar in bars))
    stays = [note for note in user.parts[part].notes if material.understood.bar_of(note.start_ticks) not in bars]
    held = tails(material.user, material.understood, part, region)
    fitted = tied(fit_between(list(line), [*stays, *held], line=True), held)
    notes = tuple(sorted([*stays, *fitted]))
    parts = tuple(replace(one, notes=notes) if index == part else one for index, one in enumerate(user.parts))
    return restored(material, replace(user, parts=parts), region)


def restored(material: Material, frame: Score, changed: Region = NOTHING, *, reharmonized: bool = False) -> Finished:
    """The user's score with what differs in a frame.

    Args:
        material: the user's piece.
        frame: the understood score with the changed segments, new parts and new bars.
        changed: the region of the user's that was written again.
        reharmonized: whether the frame's chords replace the user's chord symbols.
    """
    last = material.understood.score.bars[-1].end_ticks
    if frame.end_ticks > last and material.understood.timing != "performed":  # a performance keeps its clock
        frame = resumed(frame, last)
    result = restore(material.user, material.understood, frame, changed)
    if reharmonized:
        return Finished(replace(result, chords=_in_user_time(material, frame.chords)), _notation(material, frame))
    stated = frame if material.understood.states_chords else replace(frame, chords=())
    return Finished(result, _notation(material, stated))


def _notation(material: Material, frame: Score) -> Score:
    """The understood score with the user's title and markers."""
    return replace(frame, markers=material.understood.markers)


def _written_places(material: Material, piece: PartialPiece, changed: Collection[Place]) -> Iterable[Place]:
    n_bars, n_parts = len(material.normal.bars), len(material.understood.score.parts)
    return [place for place in piece.segments if place[0] >= n_bars or place[1] >= n_parts or place in changed]


def _bar_of(material: Material, bar: int) -> int:
    return material.understood.bar_of(material.normal.bars[bar].start_ticks)


def _merged(
    material: Material,
    piece: PartialPiece,
    part: int,
    changed: SegmentRegion,
    written: dict[int, list[Note]],
    keep: str | None,
) -> tuple[Note, ...]:
    """A part's given notes outside what changed, and the written ones, shortened where they meet given ones."""
    user = material.understood.score.parts[part]
    gone = {bar for bar, index in changed.places if index == part}
    shift = 0 if user.is_drum else -material.shift
    old = _by_bar(material, user.notes)
    new = _by_bar(material, [_sounding(note, shift) for note in written.get(part, ())])
    ends = [bar.end_ticks for bar in material.understood.score.bars]
    for bar in gone:
        new[bar] = with_lyrics(old[bar], kept(keep, old[bar], new[bar], ends[bar]))
    stays = [note for bar, notes in old.items() if bar not in gone for note in notes]
    keeps_lengths = keep == "rhythm"  # over barlines, too
    held = [] if keeps_lengths else tails(material.user, material.understood, part, changed)
    fitted = fit_between(list(chain(*new.values())), [*stays, *held], line=part in piece.lines)
    return tuple(sorted([*stays, *tied(fitted, held)]))


def _by_bar(material: Material, notes: Iterable[Note]) -> defaultdict[int, list[Note]]:
    found: defaultdict[int, list[Note]] = defaultdict(list)
    for note in notes:
        found[material.understood.bar_of(note.start_ticks)].append(note)
    return found


def fit_between(written_notes: list[Note], kept: list[Note], *, line: bool) -> list[Note]:
    """Written notes that leave the kept ones alone: each ends where a kept note begins on its pitch (in a line: on any).

    One that would begin inside a kept note of its pitch is left out.

    >>> fitted = fit_between([Note(0, 60, 960), Note(480, 64, 240)], [Note(480, 60, 480)], line=False)
    >>> [(note.pitch, note.duration_ticks) for note in fitted]
    [(60, 480), (64, 240)]
    """
    fitted = []
    for note in written_notes:
        same = [other for other in kept if other.pitch == note.pitch]
        if any(other.start_ticks <= note.start_ticks < other.end_ticks for other in same):
            continue
        rivals = kept if line else same
        starts = [other.start_ticks for other in rivals if note.start_ticks < other.start_ticks < note.end_ticks]
        fitted.append(replace(note, duration_ticks=min(starts, default=note.end_ticks) - note.start_ticks))
    return fitted


def tied(written_notes: Iterable[Note], held: Iterable[Note]) -> list[Note]:
    """Written notes and the tails of old ones; a tail prolongs the written note of its pitch that ends where it begins.

    >>> notes = tied([Note(0, 60, 480), Note(0, 64, 480)], [Note(480, 60, 240), Note(480, 67, 240)])
    >>> [(note.start_ticks, note.pitch, note.duration_ticks) for note in notes]
    [(0, 60, 720), (0, 64, 480), (480, 67, 240)]
    """
    waiting = {(note.start_ticks, note.pitch): note for note in held}
    notes = []
    for note in written_notes:
        tail = waiting.pop((note.end_ticks, note.pitch), None)
        notes.append(replace(note, duration_ticks=note.duration_ticks + tail.duration_ticks) if tail else note)
    return [*notes, *waiting.values()]


def _sounding(note: Note, shift: int) -> Note:
    return replace(note, pitch=note.pitch + shift)


def _sounding_chords(piece: PartialPiece, shift: int) -> tuple[ChordSymbol, ...]:
    symbols = Score((), chords=chord_symbols(piece)).transposed(-shift)
    return symbols.chords


def _in_user_time(material: Material, chords: tuple[ChordSymbol, ...]) -> tuple[ChordSymbol, ...]:
    warp = material.understood.warp
    return tuple(replace(symbol, start_ticks=max(0, warp.to_user(symbol.start_ticks))) for symbol in chords)


def refuse_fields(brief: Brief, verb: str) -> None:
    """Refuses options that a verb takes from the user's piece.

    Raises:
        BadInputError: the brief has an option that the verb does not take.
    """
    refused = next((name for name in brief.to_dict() if not brief.options()[name].is_taken_by(verb)), None)
    if refused is not None:
        raise BadInputError(f"{verb} does not take {refused}: the piece decides it; leave it out")
