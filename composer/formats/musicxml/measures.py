"""Measures as stored in files, and their assembly into a score on one grid of bars.

Readers of notation formats (MusicXML, kern, ABC) fill `ReadPart`s. `assemble` pads upbeats at the front to a full bar, joins
measures that add up to one bar, gives every other irregular bar its actual meter, and joins ties. Knows no format.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from composer.errors import BadInputError
from composer.formats.engraving.staves import LEFT_HAND, RIGHT_HAND
from composer.formats.midi.smf import Limits, check_length
from composer.formats.midi.unisons import separate_unisons
from composer.presets import find_instrument
from composer.score import (
    BREATH,
    DEFAULT_VELOCITY,
    LOOP_END,
    LOOP_START,
    TICKS_PER_QUARTER,
    ChordSymbol,
    KeySignature,
    Marker,
    Note,
    NoteMarks,
    Part,
    Score,
    Tempo,
    TimeSignature,
)


@dataclass(frozen=True, slots=True)
class Sound:
    """Part list entry: name, program (`None` if unspecified), whether it is a drum part, and MIDI keys of its drums."""

    name: str = ""
    program: int | None = None
    is_drum: bool = False
    keys: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawNote:
    """A note within a measure: position and length in ticks, sounding pitch, staff (from 1), ties, the rest as of `Note`.

    The velocity is `None` if only dynamic marks tell it.
    """

    offset: float
    duration: float
    pitch: int
    staff: int
    tied_from: bool
    tied_to: bool
    spelled: int | None = None
    marks: NoteMarks | None = None
    velocity: int | None = None


@dataclass(slots=True)
class Measure:
    """One measure: meter, length of its content in ticks, notes, and events as (ticks, kind, value)."""

    meter: TimeSignature
    length: float = 0.0
    notes: list[RawNote] = field(default_factory=list)
    events: list[tuple[float, str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class ReadPart:
    """A part's measures, its part list entry, whether it contains unpitched notes, and how many notes MIDI cannot hold."""

    sound: Sound
    measures: list[Measure]
    is_drum: bool
    omitted: int = 0


def assemble(read: Sequence[ReadPart], title: str, limits: Limits) -> Score:
    """Builds the score from all parts.

    Raises:
        BadInputError: no parts, or beyond the limits.
    """
    if not read:
        raise BadInputError("the file has no parts: export it again")
    if len(read) > limits.max_tracks:
        raise BadInputError(f"the file has {len(read)} parts, at most {limits.max_tracks} can be read: merge some")
    staves = sum(len({note.staff for measure in part.measures for note in measure.notes}) for part in read)
    if staves > limits.max_tracks:
        raise BadInputError(f"the file has {staves:,} staves, at most {limits.max_tracks} can be read: merge some")
    events = 2 * sum(len(measure.notes) for part in read for measure in part.measures)
    if events > limits.max_events:
        raise BadInputError(f"the file has {events:,} events, at most {limits.max_events:,} can be read: split the piece")
    grid = _lay_grid([part.measures for part in read], limits)

    def everywhere(kind: str) -> list[tuple[int, Any]]:
        """Events of a kind in any part, in time order, one per tick."""
        return sorted({tick: value for part in read for tick, value in timed(part.measures, grid.starts, kind)}.items())

    keys = next((found for part in read if (found := dict(timed(part.measures, grid.starts, "key")))), {})
    score = Score(
        parts=tuple(staff for part in read for staff in to_parts(part, grid.starts)),
        tempos=tuple(Tempo(tick, qpm) for tick, qpm in everywhere("tempo") if 5 <= qpm <= 1000),
        time_signatures=grid.meters,
        keys=tuple(KeySignature(tick, key) for tick, key in sorted(keys.items())),
        chords=tuple(ChordSymbol(tick, chord) for tick, chord in everywhere("chord")),
        markers=_markers(read[0].measures, grid),
        title=title,
        end_ticks=grid.end,
    )
    check_length(score, limits)
    return score


def unfolded(read: Sequence[ReadPart]) -> list[ReadPart]:
    """Writes out the bars between repeat signs marked "twice" in playing order, without the first ending the second time.

    No bar is played more than twice.
    """
    measures = max((part.measures for part in read), key=len, default=[])
    signs = [{(kind, value) for _, kind, value in measure.events} for measure in measures]
    order: list[int] = []
    first = 0
    for index, here in enumerate(signs):
        if ("repeat", "forward") in here:
            first = index
        order.append(index)
        if ("twice", "backward") in here:
            order += range(first, next((i for i in range(first, index + 1) if ("ending", "1") in signs[i]), index + 1))
            first = index + 1
    if len(order) == len(measures):
        return list(read)
    return [replace(part, measures=[part.measures[i] for i in order if i < len(part.measures)]) for part in read]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Start ticks of the measures' content, meters of the bars, and end tick."""

    starts: list[int]
    meters: tuple[TimeSignature, ...]
    end: int


def _markers(measures: Sequence[Measure], grid: _Grid) -> tuple[Marker, ...]:
    """Section names and hit points; also a loop, if the only repeat signs lead from the very end back to a bar."""
    markers = [Marker(tick, text) for tick, text in timed(measures, grid.starts, "marker")]
    signs = [(i, sign) for i, measure in enumerate(measures) for _, kind, sign in measure.events if kind == "repeat"]
    if any(kind == "twice" for measure in measures for _, kind, _ in measure.events):
        signs = []  # repeats that are written out are not loops
    if [sign for _, sign in signs] == ["forward", "backward"] and signs[1][0] == len(measures) - 1:
        first = signs[0][0]
        markers = [Marker(grid.starts[first] if first else 0, LOOP_START), *markers, Marker(grid.end, LOOP_END)]
    return tuple(sorted(markers, key=lambda marker: marker.start_ticks))


def _lay_grid(parts: Sequence[Sequence[Measure]], limits: Limits) -> _Grid:
    """One grid of bars for all parts: upbeats padded, split bars joined, irregular bars with their actual meter."""
    count = max(len(measures) for measures in parts)
    if count > limits.max_bars:
        raise BadInputError(f"the file has {count:,} bars, at most {limits.max_bars:,} can be read: split the piece")
    lengths = [round(max((m[i].length for m in parts if i < len(m)), default=0)) for i in range(count)]
    meters = [next(m[i].meter for m in parts if i < len(m)) for i in range(count)]
    starts: list[int] = []
    laid: list[TimeSignature] = []
    now = 0
    while len(starts) < count:
        i = len(starts)
        length, meter = lengths[i], meters[i]
        bar = meter.bar_ticks
        if 0 < length < bar and i == 0 and count > 1:
            starts.append(now + bar - length)
        elif 0 < length < bar and i + 1 < count and meters[i + 1] == meter and length + lengths[i + 1] == bar:
            starts += [now, now + length]
        else:
            starts.append(now)
            if length > bar or (0 < length < bar and i + 1 < count):
                meter = _odd_meter(length, meter.denominator)
        if not laid or (laid[-1].numerator, laid[-1].denominator) != (meter.numerator, meter.denominator):
            laid.append(replace(meter, start_ticks=now))
        now += meter.bar_ticks
    return _Grid(starts, tuple(laid), now)


def _odd_meter(length: int, denominator: int) -> TimeSignature:
    """The meter of an irregular bar, over the usual denominator if possible; rounded up to thirty-seconds."""
    for choice in (denominator, 4, 8, 16):
        beats, rest = divmod(length * choice, 4 * TICKS_PER_QUARTER)
        if not rest and 1 <= beats <= 99:
            return TimeSignature(0, beats, choice)
    return TimeSignature(0, min(99, -(-length // 60)), 32)


def timed(measures: Sequence[Measure], starts: Sequence[int], kind: str) -> Iterator[tuple[int, Any]]:
    """Events of a kind as (tick in the score, value)."""
    for measure, start in zip(measures, starts, strict=False):
        for offset, other, value in measure.events:
            if other == kind:
                # Events at the start of an upbeat move to the start of its bar.
                yield start + round(offset) if start + offset > starts[0] else 0, value


def to_parts(part: ReadPart, starts: Sequence[int]) -> list[Part]:
    """The parts of a score, one per staff."""
    dynamics = sorted(timed(part.measures, starts, "dynamic"), key=lambda event: event[0])
    staves: dict[int, list[Note]] = {}
    for staff, note, velocity in _joined(part.measures, starts):
        at = bisect_right(dynamics, note.start_ticks, key=lambda event: event[0])
        marked = dynamics[at - 1][1] if at else DEFAULT_VELOCITY
        staves.setdefault(staff, []).append(replace(note, velocity=velocity or marked))
    names = _staff_names(part.sound.name, sorted(staves or {1: []}))
    program = 0 if part.is_drum else _program(part.sound)
    return [Part(name, program, separate_unisons(staves.get(staff, [])), part.is_drum) for staff, name in names]


def _staff_names(name: str, staves: Sequence[int]) -> list[tuple[int, str]]:
    """Staff numbers with the names of the resulting parts."""
    if len(staves) == 1:
        return [(staves[0], name)]
    if len(staves) == 2:
        return [(staves[0], name + RIGHT_HAND), (staves[1], name + LEFT_HAND)]
    return [(staff, f"{name} (staff {staff})") for staff in staves]


def _program(sound: Sound) -> int:
    """The specified program, else the program of the instrument's name, else piano."""
    if sound.program is not None:
        return sound.program
    row = find_instrument(sound.name)
    return 0 if row is None else row.program


def _joined(measures: Sequence[Measure], starts: Sequence[int]) -> Iterator[tuple[int, Note, int | None]]:
    """(staff, note, stated velocity) with tied notes joined."""
    open_ties: dict[tuple[int, int], tuple[int, Note, int | None]] = {}  # by pitch and the tick at which the tie continues
    for measure, start in zip(measures, starts, strict=False):
        for raw in sorted(measure.notes, key=lambda raw: raw.offset):
            begin, end = start + round(raw.offset), start + round(raw.offset + raw.duration)
            held = open_ties.pop((raw.pitch, begin), None) if raw.tied_from else None
            struck = Note(begin, raw.pitch, 0, spelled=raw.spelled, marks=raw.marks)
            staff, first, velocity = held or (raw.staff, struck, raw.velocity)
            note = replace(first, duration_ticks=end - first.start_ticks, marks=_with_breath(first.marks, raw.marks))
            if raw.tied_to:
                open_ties[raw.pitch, end] = (staff, note, velocity)
            else:
                yield staff, note, velocity
    yield from open_ties.values()  # ties without a second note


def _with_breath(marks: NoteMarks | None, last: NoteMarks | None) -> NoteMarks | None:
    """The marks of a note with the breath, if any, after its last tied note."""
    marks = marks or NoteMarks()
    if last and BREATH in last.articulations and BREATH not in marks.articulations:
        marks = replace(marks, articulations=(*marks.articulations, BREATH))
    return marks if marks != NoteMarks() else None
