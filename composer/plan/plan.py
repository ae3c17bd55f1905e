"""The plan itself: a piece as far as it is settled before composing, and its record in sidecars.

Plain values without choices; knows no tokens and no scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, get_args

from composer.brief import BARS_RANGE, MAX_HITS, MAX_PARTS, MAX_SEED, Hit, tempo_for
from composer.controls import RECALL_BARS, Mood
from composer.errors import BadInputError
from composer.plan.sections import Section
from composer.presets import EnsemblePart, resolve_feature
from composer.records import number, rows, text, truth, whole
from composer.score import LOOP_END, LOOP_START, Chord, HitStrength, Key, Marker, TimeSignature, parse_symbol, symbol_of

# Bounds of what a record may say, wider than what a plan ever has.
_TEMPI = (1.0, 2_000.0)
_MOST_BLENDED = 16
_MOST_CHORDS = 12  # in a bar: one a beat
_LONGEST_S = 86_400.0


@dataclass(frozen=True, slots=True)
class StyleShare:
    """One of the conditions that a piece mixes: learned styles and a composer to ask the model for, and its weight."""

    styles: tuple[str, ...]
    composer: str | None
    weight: float


@dataclass(frozen=True, slots=True)
class TempoChange:
    """A tempo in quarter notes a minute from the first tick of a bar (from 0) on."""

    start_bar: int
    qpm: float


@dataclass(frozen=True, slots=True)
class PlannedHit:
    """A hit point and the bar (from 0) whose barline falls on it."""

    bar: int
    hit: Hit


@dataclass(frozen=True, slots=True)
class Plan:
    """A piece as far as it is settled before composing.

    Attributes:
        meter: metre of every bar.
        tempo_qpm: quarter notes a minute from the start on.
        bars: number of bars.
        key: the main key.
        parts: name, General MIDI program and range of each part, top of the score first.
        styles: learned styles to ask the model for, the heaviest first; empty if open.
        composer: a composer to ask the model for.
        moods: one a phrase of `PHRASE_BARS` bars; empty if open.
        sections: the form; empty if open.
        recalls: per bar the distance recalled, any number of bars, 0 for new material, `None` if open.
        chords: per bar one or more chords, `None` for no harmony (`TimeSignature.chord_ticks` says where); empty if open.
        tempo_changes: later tempi in order; none unless hits need them.
        hits: the hit points on their bars.
        blend: what else the model is asked for at the same time, beside `styles` and `composer`, whose weight is what these
            leave of 1.
        mood_guidance: scale of classifier-free guidance towards the moods; 1 for none.
        density: notes per quarter and sounding part to ask the model for, `None` if open.
        polyphony: notes sounding together to ask the model for, `None` if open.
        scale: least share of the notes on the key's scale, `None` if open.
        loop: there is no ending; the last bar leads back to the first.
        band: name of the style whose band arranges the piece (`composer.arranging`); empty if none does.
        band_seed: of what the band plays: the brief's, another one for each further candidate.
        features: what the band is asked to do beside its style: names in `presets.features`.
        returns: for each section how it brings back an earlier one (see `composer.plan.sections`); empty if all do literally.
        closes: per bar the kind of close that falls into it (see `composer.harmony`), `None` for none; empty if open.
        grouping: groups of beats in an uneven meter, (2, 2, 3) of 7/8; empty in even meters.
        mends: dynamics that nobody wrote and a missing third of the last chord are written in; not in older sidecars.
        preset: name of the style asked for, which leads the performance and the title; `None` if open.
    """

    meter: TimeSignature
    tempo_qpm: float
    bars: int
    key: Key
    parts: tuple[EnsemblePart, ...]
    styles: tuple[str, ...]
    composer: str | None
    moods: tuple[Mood, ...]
    sections: tuple[Section, ...]
    recalls: tuple[int | None, ...]
    chords: tuple[tuple[Chord | None, ...], ...]
    tempo_changes: tuple[TempoChange, ...] = ()
    hits: tuple[PlannedHit, ...] = ()
    blend: tuple[StyleShare, ...] = ()
    mood_guidance: float = 1.0
    density: float | None = None
    polyphony: float | None = None
    scale: float | None = None
    loop: bool = False
    band: str = ""
    band_seed: int = 0
    features: tuple[str, ...] = ()
    closes: tuple[str | None, ...] = ()
    returns: tuple[str, ...] = ()
    preset: str | None = None
    mends: bool = False
    grouping: tuple[int, ...] = ()

    @property
    def tempos(self) -> tuple[TempoChange, ...]:
        """The tempo map from the first bar on."""
        return (TempoChange(0, self.tempo_qpm), *self.tempo_changes)

    @property
    def duration_s(self) -> float:
        """Length in seconds to the end of the last bar."""
        return self.seconds_at(self.bars)

    def seconds_at(self, bar: float) -> float:
        """Time of a barline (from 0), or of a place between two, in seconds."""
        ends = [*(change.start_bar for change in self.tempo_changes), self.bars]
        seconds = 0.0
        for tempo, end in zip(self.tempos, ends, strict=True):
            spent = max(0.0, min(bar, end) - tempo.start_bar)
            seconds += tempo_for(1, 60.0, self.meter) * spent * 60.0 / tempo.qpm
        return seconds

    def bar_at(self, seconds: float) -> float:
        """Place of a time as a number of bars from the start, a fraction within the bar; the inverse of `seconds_at`."""
        times = [self.seconds_at(tempo.start_bar) for tempo in self.tempos]
        index = max(i for i, time in enumerate(times) if time <= max(0.0, seconds))
        tempo = self.tempos[index]
        return tempo.start_bar + (seconds - times[index]) * tempo.qpm / 60.0 / tempo_for(1, 60.0, self.meter)

    @property
    def markers(self) -> tuple[Marker, ...]:
        """Sections as rehearsal marks, hit points, and where a loop begins and ends."""
        bar_ticks = self.meter.bar_ticks
        marks = [Marker(section.start_bar * bar_ticks, section.name) for section in self.sections]
        marks += [Marker(planned.bar * bar_ticks, f"hit {planned.hit}") for planned in self.hits]
        marks.sort(key=lambda mark: mark.start_ticks)
        end = self.bars * self.meter.bar_ticks
        return (Marker(0, LOOP_START), *marks, Marker(end, LOOP_END)) if self.loop else tuple(marks)

    @property
    def attack_bars(self) -> frozenset[int]:
        """Bars that must begin with an attack: those of hits, and those that they bring back."""
        bars = {planned.bar for planned in self.hits}
        reached: set[int] = set()
        while bars:
            reached |= bars
            bars = {bar - distance for bar in bars if (distance := self.recalls[bar])} - reached
        return frozenset(reached)

    def return_at(self, bar: int) -> str:
        """How a bar (from 0) that recalls an earlier section brings it back; "" for bars that recall none."""
        if not self.recalls[bar]:
            return ""
        kinds = self.returns or ("literal",) * len(self.sections)
        within = (k for s, k in zip(self.sections, kinds, strict=True) if s.start_bar <= bar < s.start_bar + s.bars)
        return next(within, "literal")

    def recall_choices(self, bar: int) -> tuple[int, ...]:
        """Values of `RECALL_BARS` that the model may be told of a bar (from 0): the planned one, or all that keep to the form.

        A return from another distance is told as new material, which is what such bars are called in the training music.
        New material looks back no further than the start of its own section; everything else, no further than the first bar.

        >>> from composer.brief import Brief
        >>> from composer.plan import make_plan
        >>> plan = make_plan(Brief.from_dict({"form": "ABA", "bars": 12}))
        >>> [plan.recall_choices(bar) for bar in (0, 3, 4, 6, 8, 11)]
        [(0,), (0, 1, 2), (0,), (0, 1, 2), (8,), (0, 1, 2, 4, 8)]
        """
        planned = self.recalls[bar]
        if planned is not None:
            return (planned if planned in RECALL_BARS else 0,)
        reach = bar - self._material_start(bar)
        return tuple(distance for distance in RECALL_BARS if distance <= reach)

    def _material_start(self, bar: int) -> int:
        """First bar that a bar may recall."""
        letters = set()
        for section in self.sections:
            if section.start_bar <= bar < section.start_bar + section.bars:
                return 0 if section.letter in letters else section.start_bar
            letters.add(section.letter)
        return 0

    def to_dict(self) -> dict[str, Any]:
        """The plan in names and numbers; bars count from 1. What a plan leaves at its default is there all the same."""
        return {
            "meter": str(self.meter),
            "tempo_qpm": self.tempo_qpm,
            "tempo_changes": [{"start_bar": change.start_bar + 1, "qpm": change.qpm} for change in self.tempo_changes],
            "bars": self.bars,
            "duration_s": self.duration_s,
            "key": str(self.key),
            "parts": [
                {"name": part.name, "program": part.program, "is_drum": part.is_drum, "low": part.low, "high": part.high}
                for part in self.parts
            ],
            "styles": list(self.styles),
            "composer": self.composer,
            "blend": [{"styles": list(s.styles), "composer": s.composer, "weight": s.weight} for s in self.blend],
            "moods": [{"valence": mood.valence, "arousal": mood.arousal} for mood in self.moods],
            "mood_guidance": self.mood_guidance,
            "density": self.density,
            "polyphony": self.polyphony,
            "scale": self.scale,
            "sections": [{"name": s.name, "start_bar": s.start_bar + 1, "bars": s.bars} for s in self.sections],
            "hits": [{"bar": p.bar + 1, "time_s": p.hit.time_s, "strength": p.hit.strength} for p in self.hits],
            "recalls": list(self.recalls),
            "chords": [[symbol_of(chord, self.key) for chord in bar] for bar in self.chords],
            "loop": self.loop,
            "band": self.band,
            "band_seed": self.band_seed,
            "features": list(self.features),
            "closes": list(self.closes),
            "returns": list(self.returns),
            "preset": self.preset,
            "mends": self.mends,
            "grouping": list(self.grouping),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Plan:
        """The plan that `to_dict` wrote; fields that an older version did not write have their defaults.

        Raises:
            BadInputError: a field is missing, of the wrong kind or out of range.

        >>> from composer.brief import Brief
        >>> from composer.plan import make_plan
        >>> plan = make_plan(Brief.from_dict({"chords": "Dm Gm | A7 |", "bars": 8}))
        >>> Plan.from_dict(plan.to_dict()) == plan
        True
        """
        try:
            bars = whole(record["bars"], *BARS_RANGE)
            return cls(
                meter=TimeSignature.parse(record["meter"]),
                tempo_qpm=number(record["tempo_qpm"], *_TEMPI),
                bars=bars,
                key=Key.parse(record["key"]),
                parts=tuple(_part(part) for part in rows(record["parts"], MAX_PARTS, least=1)),
                styles=_names(record["styles"]),
                composer=_name(record["composer"]),
                moods=tuple(_mood(row) for row in rows(record["moods"], bars)),
                sections=tuple(_section(row, bars) for row in rows(record["sections"], bars)),
                recalls=tuple(_recall(value, bar) for bar, value in enumerate(rows(record["recalls"], bars, least=bars))),
                chords=_chords(rows(record["chords"], bars), bars),
                tempo_changes=_tempo_changes(rows(record.get("tempo_changes", ()), bars), bars),
                hits=tuple(_hit(row, bars) for row in rows(record.get("hits", ()), MAX_HITS)),
                blend=tuple(
                    StyleShare(_names(row["styles"]), _name(row["composer"]), number(row["weight"], 0.0, 1.0))
                    for row in rows(record.get("blend", ()), _MOST_BLENDED)
                ),
                mood_guidance=number(record.get("mood_guidance", 1.0), 0.0, 100.0),
                density=_open_number(record.get("density"), 0.0, 100.0),
                polyphony=_open_number(record.get("polyphony"), 0.0, 100.0),
                scale=_open_number(record.get("scale"), 0.0, 1.0),
                loop=truth(record.get("loop", False)),
                band=text(record.get("band", "")),
                band_seed=whole(record.get("band_seed", 0), 0, MAX_SEED),
                features=_features(record.get("features", ())),
                closes=tuple(_name(close) for close in rows(record.get("closes", ()), bars)),
                returns=tuple(text(kind) for kind in rows(record.get("returns", ()), bars)),
                grouping=tuple(whole(beats, 1, 8) for beats in rows(record.get("grouping", ()), 8)),
                mends=truth(record.get("mends", False)),
                preset=_name(record.get("preset")),
            )
        except (AttributeError, KeyError, TypeError, ValueError, BadInputError) as error:
            raise BadInputError(f"this is no plan ({type(error).__name__} {error}): it has been changed by hand") from None


def _part(row: Mapping[str, Any]) -> EnsemblePart:
    low = whole(row["low"], 0, 127)
    return EnsemblePart(
        text(row["name"]), whole(row["program"], 0, 127), truth(row["is_drum"]), low, whole(row["high"], low, 127)
    )


def _mood(row: Mapping[str, Any]) -> Mood:
    return Mood(number(row["valence"], -1.0, 1.0), number(row["arousal"], -1.0, 1.0))


def _section(row: Mapping[str, Any], bars: int) -> Section:
    start_bar = whole(row["start_bar"], 1, bars) - 1
    return Section(text(row["name"]), start_bar, whole(row["bars"], 1, bars - start_bar))


def _recall(distance: object, bar: int) -> int | None:
    return None if distance is None else whole(distance, 0, bar)


def _chords(written: Sequence[Any], bars: int) -> tuple[tuple[Chord | None, ...], ...]:
    if written and len(written) < bars:
        raise ValueError(f"{len(written)} bars of chords are not {bars}")
    return tuple(tuple(parse_symbol(text(symbol)) for symbol in rows(bar, _MOST_CHORDS, least=1)) for bar in written)


def _tempo_changes(changes: Sequence[Mapping[str, Any]], bars: int) -> tuple[TempoChange, ...]:
    found = tuple(TempoChange(whole(row["start_bar"], 1, bars) - 1, number(row["qpm"], *_TEMPI)) for row in changes)
    if any(before.start_bar >= after.start_bar for before, after in pairwise((TempoChange(0, 0.0), *found))):
        raise ValueError("the tempo changes are in no order")
    return found


def _hit(row: Mapping[str, Any], bars: int) -> PlannedHit:
    strength: HitStrength = row["strength"]
    if strength not in get_args(HitStrength):
        raise ValueError("a hit is neither big nor soft")
    return PlannedHit(whole(row["bar"], 1, bars) - 1, Hit(number(row["time_s"], 0.0, _LONGEST_S), strength))


def _names(values: object) -> tuple[str, ...]:
    return tuple(text(name) for name in rows(values, _MOST_BLENDED))


def _name(value: object) -> str | None:
    return None if value is None else text(value)


def _open_number(value: object, low: float, high: float) -> float | None:
    return None if value is None else number(value, low, high)


def _features(values: object) -> tuple[str, ...]:
    return tuple(resolve_feature(text(name)).name for name in rows(values, _MOST_BLENDED))
