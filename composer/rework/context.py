"""What the partner's verbs start from and end with: the user's score understood, and the same with what was written.

Between the two stands a `Draft` in functional pitch, whose first parts are the understood ones. Knows no verb.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from composer.analysis import Analysis, analyse
from composer.brief import Brief
from composer.controls import Controls
from composer.errors import BadInputError
from composer.presets import EnsemblePart, instrument_of
from composer.rework.draft import Draft, Place, chord_symbols, draft_of, notes_of
from composer.score import ChordSymbol, Key, Note, Part, Score
from composer.tokenizer import Tokenizer, functional_shift, quantise
from composer.understanding import Assumptions, Region, Understood, restore, understand

Progress = Callable[[float], None]
_STRETCH = 5  # semitones beyond what a part plays that may be written for it
MOST_BARS = 1024  # of a user's piece: what a stream can count and a reader follow


@dataclass(frozen=True, slots=True)
class Material:
    """A user's piece.

    Attributes:
        user: as it came.
        understood: as it was understood.
        normal: in functional pitch on the tokenizer's grid, with its harmony.
        analysis: measured on the understood score.
    """

    user: Score
    understood: Understood
    normal: Score
    analysis: Analysis

    @property
    def key(self) -> Key | None:
        """The main key; `None` for drums alone."""
        return self.understood.key

    @property
    def shift(self) -> int:
        """Semitones from sounding to functional pitch."""
        return functional_shift(self.key)

    @property
    def parts(self) -> tuple[EnsemblePart, ...]:
        """The understood parts with the ranges they may be written in: the instrument's, widened by what they play."""
        return tuple(_ranged(part) for part in self.understood.score.parts)

    def controls(self, *, texture: bool = True) -> Controls:
        """What was measured, as control values; without density and polyphony where the texture is to change."""
        measured = replace(self.analysis.controls(), transposition=None if self.key is None else -self.shift)
        return measured if texture else replace(measured, density=None, polyphony=None)

    def bars_between(self, first: int, end: int) -> range:
        """Bars of the normal form (from 0) that make up the understood score's bars `first` up to `end`."""
        bars = self.understood.score.bars
        start_ticks, end_ticks = bars[first].start_ticks, bars[end - 1].end_ticks
        inside = [bar.index for bar in self.normal.bars if start_ticks <= bar.start_ticks < end_ticks]
        return range(inside[0], inside[-1] + 1)


def take_up(score: Score, assumptions: Assumptions | None = None) -> Material:
    """Understands a user's score.

    Raises:
        BadInputError: it has no notes, or is too long.
    """
    assumed = assumptions or Assumptions()
    understood = understand(score, meter=assumed.meter, key=assumed.key)
    if len(understood.score.bars) > MOST_BARS:
        raise BadInputError(f"{len(understood.score.bars)} bars are too many: cut the piece to at most {MOST_BARS}")
    return Material(score, understood, quantise(understood.score), analyse(understood.score, understood.key))


def draft_of_material(material: Material, tokenizer: Tokenizer, *, texture: bool = True) -> Draft:
    """A draft in which all of the user's piece is given."""
    draft = draft_of(material.normal, material.controls(texture=texture), tokenizer)
    draft.cast(material.parts, material.shift)
    return draft


def _ranged(part: Part) -> EnsemblePart:
    if part.is_drum:
        return EnsemblePart(part.name, 0, is_drum=True)
    usual = instrument_of(part.program)
    pitches = [note.pitch for note in part.notes]
    low, high = min(pitches, default=usual.low), max(pitches, default=usual.high)
    if pitches:  # a little beyond what it plays, as far as the instrument reaches
        low, high = min(low, max(usual.low, low - _STRETCH)), max(high, min(usual.high, high + _STRETCH))
    return EnsemblePart(part.name, part.program, low=low, high=high)


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished piece.

    Attributes:
        score: on the user's time line.
        notation: in true bars and on the grid.
        edits: whether the score is the user's with notes taken out and put in, rather than another one.
        melody: how many notes the melody has and the part that it is in, where nothing else of the user's is kept.
        warnings: remarks for the user.
    """

    score: Score
    notation: Score
    edits: bool = True
    melody: tuple[int, int] | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cells(Region):
    """A region of single cells."""

    places: frozenset[Place] = frozenset()

    def contains(self, part: int, bar: int) -> bool:
        """Whether the cell is inside."""
        return (bar, part) in self.places


def deliver(
    material: Material,
    draft: Draft,
    changed: Collection[Place],
    new_parts: Iterable[EnsemblePart] = (),
    *,
    reharmonised: bool = False,
) -> Finished:
    """The user's score with the changed cells of a draft, its new parts and its new bars.

    Args:
        material: the user's piece.
        draft: the finished draft.
        changed: places of the user's own parts and bars that were written anew.
        new_parts: the draft's parts after the user's.
        reharmonised: whether the draft's chords replace the user's chord symbols.

    Everything of the user's outside `changed` is as it was, tick for tick.
    """
    own = material.understood.score
    written = notes_of(draft, _written_places(material, draft, changed))
    parts = [replace(part, notes=_merged(material, draft, index, changed, written)) for index, part in enumerate(own.parts)]
    for index, wish in enumerate(new_parts, start=len(parts)):
        notes = tuple(_sounding(note, 0 if wish.is_drum else -material.shift) for note in written.get(index, ()))
        parts.append(Part(wish.name, wish.program, notes, wish.is_drum))
    end = sum(meter.bar_ticks for meter in draft.meters)
    frame = replace(own, parts=tuple(parts), chords=_sounding_chords(draft, material.shift), end_ticks=max(own.end_ticks, end))
    places = frozenset((_bar_of(material, bar), part) for bar, part in changed)
    result = restore(material.user, material.understood, frame, Cells(places=places))
    if reharmonised:
        return Finished(replace(result, chords=_in_user_time(material, frame.chords)), _notation(material, frame))
    stated = frame if material.understood.states_chords else replace(frame, chords=())
    return Finished(result, _notation(material, stated))


def _notation(material: Material, frame: Score) -> Score:
    """The understood score with the user's title and markers."""
    to_score = material.understood.warp.to_score
    markers = tuple(replace(marker, start_ticks=max(0, to_score(marker.start_ticks))) for marker in material.user.markers)
    return replace(frame, markers=markers)


def _written_places(material: Material, draft: Draft, changed: Collection[Place]) -> Iterable[Place]:
    own_bars, own_parts = len(material.normal.bars), len(material.understood.score.parts)
    return [place for place in draft.cells if place[0] >= own_bars or place[1] >= own_parts or place in changed]


def _bar_of(material: Material, bar: int) -> int:
    return material.understood.bar_of(material.normal.bars[bar].start_ticks)


def _merged(
    material: Material, draft: Draft, part: int, changed: Collection[Place], written: dict[int, list[Note]]
) -> tuple[Note, ...]:
    """A part's own notes outside what changed, and the written ones, which give way to them at the seams."""
    own = material.understood.score.parts[part]
    gone = {(_bar_of(material, bar), index) for bar, index in changed}
    kept = [note for note in own.notes if (material.understood.bar_of(note.start_ticks), part) not in gone]
    shift = 0 if own.is_drum else -material.shift
    fresh = (_sounding(note, shift) for note in written.get(part, ()))
    fitted = fit_between(list(fresh), kept, line=part in draft.lines)
    return tuple(sorted([*kept, *fitted]))


def fit_between(fresh: list[Note], kept: list[Note], *, line: bool) -> list[Note]:
    """Written notes that leave the kept ones alone: each ends where a kept note begins on its pitch (in a line: on any).

    One that would begin inside a kept note of its pitch is left out.

    >>> fitted = fit_between([Note(0, 60, 960), Note(480, 64, 240)], [Note(480, 60, 480)], line=False)
    >>> [(note.pitch, note.duration_ticks) for note in fitted]
    [(60, 480), (64, 240)]
    """
    fitted = []
    for note in fresh:
        same = [other for other in kept if other.pitch == note.pitch]
        if any(other.start_ticks <= note.start_ticks < other.end_ticks for other in same):
            continue
        rivals = kept if line else same
        starts = [other.start_ticks for other in rivals if note.start_ticks < other.start_ticks < note.end_ticks]
        fitted.append(replace(note, duration_ticks=min(starts, default=note.end_ticks) - note.start_ticks))
    return fitted


def _sounding(note: Note, shift: int) -> Note:
    return replace(note, pitch=note.pitch + shift)


def _sounding_chords(draft: Draft, shift: int) -> tuple[ChordSymbol, ...]:
    symbols = Score((), chords=chord_symbols(draft)).transposed(-shift)
    return symbols.chords


def _in_user_time(material: Material, chords: tuple[ChordSymbol, ...]) -> tuple[ChordSymbol, ...]:
    warp = material.understood.warp
    return tuple(replace(symbol, start_ticks=max(0, warp.to_user(symbol.start_ticks))) for symbol in chords)


def refuse_fields(brief: Brief, verb: str, taken: Collection[str]) -> None:
    """Refuses what a brief asks for that a verb takes from the user's piece.

    Raises:
        BadInputError: a field that the verb does not take.
    """
    always = {"seed", "temperature", "top_p"}
    asked = next((option for option in brief.to_dict() if option not in always | set(taken)), None)
    if asked is not None:
        raise BadInputError(f"{asked} cannot be asked of {verb}: it is taken from the piece; leave it out")
