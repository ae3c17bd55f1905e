"""The elements of a plan, and how each kind of field becomes JSON and is read back. Knows sidecars, not how plans are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from itertools import pairwise
from typing import Any

from composer.brief import BARS_RANGE, MAX_HITS, MAX_SEED, Hit, read_sections
from composer.brief.hits import STRENGTHS, Strength
from composer.controls import MAX_PARTS, Mood
from composer.plan.sections import Section
from composer.presets import EnsemblePart, levels, resolve_feature
from composer.records import number, rows, text, truth, whole
from composer.score import TICKS_PER_QUARTER, Chord, Key, TimeSignature, parse_symbol, symbol_of

# Bounds of what a record may say, wider than what a plan ever has.
_TEMPI = (1.0, 2_000.0)
_MOST_BLENDED = 16
_MOST_CHORDS = 12  # in a bar: one per beat
_MOST_CHANGES = 15  # of tempo in a bar
_LONGEST_S = 86_400.0


@dataclass(frozen=True, slots=True)
class StyleShare:
    """One of the conditions that a piece mixes: the learned styles and the composer to request of the model, and its weight."""

    styles: tuple[str, ...]
    composer: str | None
    weight: float


@dataclass(frozen=True, slots=True)
class TempoChange:
    """A tempo in quarter notes per minute from a bar (from 0) on, or from so many ticks after its barline."""

    start_bar: int
    qpm: float
    tick: int = 0

    def start_ticks(self, meter: TimeSignature) -> int:
        """Its first tick in a piece of one meter."""
        return self.start_bar * meter.bar_ticks + self.tick


@dataclass(frozen=True, slots=True)
class PlannedHit:
    """A hit point and the bar (from 0) whose barline falls on it."""

    bar: int
    hit: Hit


def _as_it_is(value: Any, key: Key) -> Any:
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class _Converter:
    """Converts one field.

    Attributes:
        read: the value from its JSON form and the number of bars; raises ValueError, TypeError, KeyError or BadInputError.
        write: the JSON form of the value of a piece in a key.
    """

    read: Callable[[Any, int], Any]
    write: Callable[[Any, Key], Any] = _as_it_is


_LONGEST_BAR = 8 * TICKS_PER_QUARTER
_METADATA = "converter"
Metadata = Mapping[str, _Converter]


def _stored(read: Callable[[Any, int], Any], write: Callable[[Any, Key], Any] = _as_it_is) -> Metadata:
    return {_METADATA: _Converter(read, write)}


def _rows(read: Callable[[Any, int], Any], write: Callable[[Any], Any], most: int | None = None) -> Metadata:
    """A list of rows, at most as many as the piece has bars unless `most` is given."""
    return _stored(
        lambda value, bars: tuple(read(row, bars) for row in rows(value, bars if most is None else most)),
        lambda value, _: [write(item) for item in value],
    )


def to_record(plan: Any, key: Key) -> dict[str, Any]:
    """The fields of a plan as JSON."""
    return {item.name: item.metadata[_METADATA].write(getattr(plan, item.name), key) for item in fields(plan)}


def from_record(kind: type[Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a plan's fields; one that is missing is left out if it has a default.

    Raises:
        AttributeError, KeyError, TypeError, ValueError, BadInputError: a field is missing, of the wrong kind or out of range.
    """
    bars = whole(record["bars"], *BARS_RANGE)
    return {
        item.name: item.metadata[_METADATA].read(record[item.name], bars)
        for item in fields(kind)
        if item.name in record or item.default is MISSING
    }


def _part(row: Mapping[str, Any]) -> EnsemblePart:
    low = whole(row["low"], 0, 127)
    return EnsemblePart(
        text(row["name"]), whole(row["program"], 0, 127), truth(row["is_drum"]), low, whole(row["high"], low, 127)
    )


def _part_row(part: EnsemblePart) -> dict[str, Any]:
    return {"name": part.name, "program": part.program, "is_drum": part.is_drum, "low": part.low, "high": part.high}


def _mood(row: Mapping[str, Any], bars: int) -> Mood:
    return Mood(number(row["valence"], -1.0, 1.0), number(row["arousal"], -1.0, 1.0))


def _tune(value: Any, bars: int) -> tuple[tuple[int, int, int], ...]:
    most = bars * _LONGEST_BAR
    return tuple(
        (whole(start, 0, most), whole(ticks, 1, most), whole(pitch, 0, 127)) for start, ticks, pitch in rows(value, 64 * bars)
    )


def _section(row: Mapping[str, Any], bars: int) -> Section:
    start_bar = whole(row["start_bar"], 1, bars) - 1
    return Section(text(row["name"]), start_bar, whole(row["bars"], 1, bars - start_bar))


def _recalls(value: object, bars: int) -> tuple[int | None, ...]:
    distances = enumerate(rows(value, bars, least=bars))
    return tuple(None if distance is None else whole(distance, 0, bar) for bar, distance in distances)


def _chords(value: object, bars: int) -> tuple[tuple[Chord | None, ...], ...]:
    written = rows(value, bars)
    if written and len(written) < bars:
        raise ValueError(f"{len(written)} bars of chords are not {bars}")
    return tuple(tuple(parse_symbol(text(symbol)) for symbol in rows(bar, _MOST_CHORDS, least=1)) for bar in written)


def _tempo_changes(value: object, bars: int) -> tuple[TempoChange, ...]:
    changes: Sequence[Mapping[str, Any]] = rows(value, bars * _MOST_CHANGES)
    found = tuple(
        TempoChange(
            whole(row["start_bar"], 1, bars) - 1, number(row["qpm"], *_TEMPI), whole(row.get("tick", 0), 0, _LONGEST_BAR - 1)
        )
        for row in changes
    )
    places = [(change.start_bar, change.tick) for change in (TempoChange(0, 0.0), *found)]
    if any(before >= after for before, after in pairwise(places)):
        raise ValueError("the tempo changes are out of order")
    return found


def _change_row(change: TempoChange) -> dict[str, float]:
    row: dict[str, float] = {"start_bar": change.start_bar + 1, "qpm": change.qpm}
    return row | ({"tick": change.tick} if change.tick else {})


def _hit(row: Mapping[str, Any], bars: int) -> PlannedHit:
    strength: Strength = row["strength"]
    if strength not in STRENGTHS:
        raise ValueError(f"a hit is none of {', '.join(STRENGTHS)}")
    return PlannedHit(whole(row["bar"], 1, bars) - 1, Hit(number(row["time_s"], 0.0, _LONGEST_S), strength))


def _names(value: object) -> tuple[str, ...]:
    return tuple(text(name) for name in rows(value, _MOST_BLENDED))


def _name(value: object) -> str | None:
    return None if value is None else text(value)


def _share(row: Mapping[str, Any], bars: int) -> StyleShare:
    return StyleShare(_names(row["styles"]), _name(row["composer"]), number(row["weight"], 0.0, 1.0))


def _level(value: object) -> str | None:
    if value is not None and value not in levels():
        raise ValueError(f"{value!r} is not a level")
    return _name(value)


METER = _stored(lambda value, _: TimeSignature.parse(value), lambda meter, _: str(meter))
KEY = _stored(lambda value, _: Key.parse(value), lambda key, _: str(key))
TEMPO = _stored(lambda value, _: number(value, *_TEMPI))
BARS = _stored(lambda value, _: whole(value, *BARS_RANGE))
SEED = _stored(lambda value, _: whole(value, 0, MAX_SEED))
PLACE = _stored(lambda value, _: None if value is None else whole(value, 0, MAX_PARTS - 1))
GUIDANCE = _stored(lambda value, _: number(value, 0.0, 100.0))
FLAG = _stored(lambda value, _: truth(value))
TEXT = _stored(lambda value, _: text(value))
NAME = _stored(lambda value, _: _name(value))
LEVEL = _stored(lambda value, _: _level(value))
NAMES = _stored(lambda value, _: _names(value))
FEATURES = _stored(lambda value, _: tuple(resolve_feature(name).name for name in _names(value)))
SETTINGS = _stored(
    lambda value, _: read_sections(text(value)) if value else (), lambda settings, _: "; ".join(map(str, settings))
)
KINDS = _stored(lambda value, bars: tuple(text(kind) for kind in rows(value, bars)))
CLOSES = _stored(lambda value, bars: tuple(_name(close) for close in rows(value, bars)))
TUNE = _stored(_tune, lambda tune, _: [list(note) for note in tune])
GROUPING = _stored(lambda value, _: tuple(whole(beats, 1, 8) for beats in rows(value, 8)))
SHARE = _stored(lambda value, _: None if value is None else number(value, 0.0, 1.0))
RATE = _stored(lambda value, _: None if value is None else number(value, 0.0, 100.0))
PARTS = _stored(
    lambda value, _: tuple(_part(row) for row in rows(value, MAX_PARTS, least=1)),
    lambda parts, _: [_part_row(part) for part in parts],
)
MOODS = _rows(_mood, lambda mood: {"valence": mood.valence, "arousal": mood.arousal})
SECTIONS = _rows(_section, lambda item: {"name": item.name, "start_bar": item.start_bar + 1, "bars": item.bars})
HITS = _rows(_hit, lambda item: {"bar": item.bar + 1, "time_s": item.hit.time_s, "strength": item.hit.strength}, MAX_HITS)
BLEND = _rows(
    _share, lambda item: {"styles": list(item.styles), "composer": item.composer, "weight": item.weight}, _MOST_BLENDED
)
RECALLS = _stored(_recalls)
TEMPO_CHANGES = _stored(_tempo_changes, lambda changes, _: [_change_row(change) for change in changes])
CHORDS = _stored(_chords, lambda chords, key: [[symbol_of(chord, key) for chord in bar] for bar in chords])
