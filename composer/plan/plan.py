"""The plan itself: a piece as far as it is settled before composing, and its record in sidecars.

Plain values without choices; knows no tokens and no scores. Each field names the converter of its JSON form.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

from composer.brief import SectionSetting, tempo_for
from composer.controls import PHRASE_BARS, RECALL_BARS, Mood
from composer.errors import BadInputError
from composer.plan import converters
from composer.plan.converters import PlannedHit, StyleShare, TempoChange
from composer.plan.key_areas import KeyArea, key_areas
from composer.plan.sections import PAUSE, UPBEAT, Section
from composer.presets import EnsemblePart
from composer.score import LOOP_END, LOOP_START, Chord, Key, Marker, TimeSignature


@dataclass(frozen=True, slots=True)
class Plan:
    """A piece as far as it is settled before composing.

    Attributes:
        meter: the meter of every bar.
        tempo_qpm: quarter notes per minute from the start on.
        bars: number of bars.
        key: the main key.
        parts: name, General MIDI program and range of each part, top of the score first; a range that keys of sections move
            within the instrument's is narrower.
        styles: learned styles to request of the model, the heaviest first; empty if open.
        composer: a composer to request of the model.
        moods: one per phrase of `PHRASE_BARS` bars; empty if open.
        bar_moods: one per bar, where a mood curve changes suddenly; else empty, and each bar has the mood of its phrase.
        sections: the form; empty if open.
        recalls: per bar the distance recalled, any number of bars, 0 for new material, `None` if open.
        chords: per bar one or more chords, `None` for no harmony (`TimeSignature.chord_ticks` says where); empty if open.
        tempo_changes: later tempi in order; none unless hits need them or the brief sets them.
        hits: the hit points on their bars.
        blend: further conditions that are mixed with `styles` and `composer`, whose weight is what these leave of 1.
        mood_guidance: scale of classifier-free guidance towards the moods; 1 for none.
        density: notes per quarter and sounding part to request of the model, `None` if open.
        polyphony: notes sounding together to request of the model, `None` if open.
        scale: least share of the notes on the key's scale, `None` if open.
        loop: there is no ending; the last bar leads back to the first.
        band: name of the style whose band arranges the piece (`composer.arranging`); empty if none does.
        band_seed: the seed of what the band plays: the brief's, or another one for each further candidate.
        features: what the band does beside its style: names in `presets.features`.
        returns: for each section how it brings back an earlier one (see `composer.plan.sections`); empty if all are literal.
        settings: what is set for single sections.
        closes: per bar the kind of close that falls into it (see `composer.harmony`), `None` for none; empty if open.
        dynamic: the marking of the mean loudness, a key of `controls.DYNAMICS`; `None` if open.
        grouping: groups of beats in an uneven meter, (2, 2, 3) of 7/8; empty in even meters.
        mends: whether missing dynamics and a missing third of the last chord are added; false in older sidecars.
        tune: (start, length in ticks, pitch) of each note of a melody that is written before the other parts; empty if open.
        arc: how energy and loudness go, names in `controls.ARCS`.
        chords_given: whether `chords` are those of the brief, whose tones may leave the scale; false in older sidecars.
        lead: index of the part that has a given melody; `None` if the style decides who leads.
        ending: how the piece closes, a name in `controls.ENDINGS`; `None` as the style does.
        level: how easy it is for its players, a key of `presets.levels`; `None` for any difficulty.
        texture: what is written in place of a melody with its accompaniment, a name in `controls.TEXTURES`; `None` for nothing.
        loudest: the marking above which no note is, a key of `controls.DYNAMICS`; `None` if open.
        articulation: one of `controls.ARTICULATIONS`; `None` if open.
        preset: name of the requested style, which leads the performance and the title; `None` if open.
    """

    meter: TimeSignature = field(metadata=converters.METER)
    tempo_qpm: float = field(metadata=converters.TEMPO)
    bars: int = field(metadata=converters.BARS)
    key: Key = field(metadata=converters.KEY)
    parts: tuple[EnsemblePart, ...] = field(metadata=converters.PARTS)
    styles: tuple[str, ...] = field(metadata=converters.NAMES)
    composer: str | None = field(metadata=converters.NAME)
    moods: tuple[Mood, ...] = field(metadata=converters.MOODS)
    sections: tuple[Section, ...] = field(metadata=converters.SECTIONS)
    recalls: tuple[int | None, ...] = field(metadata=converters.RECALLS)
    chords: tuple[tuple[Chord | None, ...], ...] = field(metadata=converters.CHORDS)
    tempo_changes: tuple[TempoChange, ...] = field(default=(), metadata=converters.TEMPO_CHANGES)
    hits: tuple[PlannedHit, ...] = field(default=(), metadata=converters.HITS)
    blend: tuple[StyleShare, ...] = field(default=(), metadata=converters.BLEND)
    mood_guidance: float = field(default=1.0, metadata=converters.GUIDANCE)
    density: float | None = field(default=None, metadata=converters.RATE)
    polyphony: float | None = field(default=None, metadata=converters.RATE)
    scale: float | None = field(default=None, metadata=converters.SHARE)
    loop: bool = field(default=False, metadata=converters.FLAG)
    band: str = field(default="", metadata=converters.TEXT)
    band_seed: int = field(default=0, metadata=converters.SEED)
    features: tuple[str, ...] = field(default=(), metadata=converters.FEATURES)
    settings: tuple[SectionSetting, ...] = field(default=(), metadata=converters.SETTINGS)
    closes: tuple[str | None, ...] = field(default=(), metadata=converters.CLOSES)
    returns: tuple[str, ...] = field(default=(), metadata=converters.KINDS)
    preset: str | None = field(default=None, metadata=converters.NAME)
    mends: bool = field(default=False, metadata=converters.FLAG)
    dynamic: str | None = field(default=None, metadata=converters.NAME)
    grouping: tuple[int, ...] = field(default=(), metadata=converters.GROUPING)
    tune: tuple[tuple[int, int, int], ...] = field(default=(), metadata=converters.TUNE)
    arc: tuple[str, ...] = field(default=(), metadata=converters.NAMES)
    chords_given: bool = field(default=False, metadata=converters.FLAG)
    lead: int | None = field(default=None, metadata=converters.PLACE)
    ending: str | None = field(default=None, metadata=converters.NAME)
    level: str | None = field(default=None, metadata=converters.LEVEL)
    bar_moods: tuple[Mood, ...] = field(default=(), metadata=converters.MOODS)
    texture: str | None = field(default=None, metadata=converters.NAME)
    loudest: str | None = field(default=None, metadata=converters.NAME)
    articulation: str | None = field(default=None, metadata=converters.NAME)

    @property
    def all_sections(self) -> tuple[Section, ...]:
        """The sections, or one for the whole piece."""
        return self.sections or (Section("A", 0, self.bars),)

    @property
    def upbeat_bars(self) -> int:
        """1 if the first bar is silent up to an upbeat and the first phrase begins in the second, else 0."""
        return int(bool(self.sections) and self.sections[0].name == UPBEAT)

    @property
    def form(self) -> str:
        """The names of the sections, without an upbeat and pauses; empty if open."""
        return " ".join(section.name for section in self._named_sections)

    @property
    def _named_sections(self) -> list[Section]:
        """The sections without an upbeat and pauses."""
        return [section for section in self.sections if section.name not in (UPBEAT, PAUSE)]

    @property
    def pauses(self) -> frozenset[int]:
        """Bars in which all players rest."""
        silent = (section for section in self.sections if section.name == PAUSE)
        return frozenset(bar for section in silent for bar in range(section.start_bar, section.start_bar + section.bars))

    @property
    def has_rests(self) -> bool:
        """Whether players may rest by settings of sections or in pauses."""
        return bool(self.settings or self.pauses)

    @property
    def n_phrases(self) -> int:
        """Number of groups of `PHRASE_BARS` bars, the last one of which may be shorter."""
        return self.phrase_at(self.bars - 1) + 1

    def phrase_at(self, bar: float) -> int:
        """The group of `PHRASE_BARS` bars at a place in bars; an upbeat belongs to the first one."""
        return int(max(0.0, bar - self.upbeat_bars) // PHRASE_BARS)

    def mood_at(self, bar: float) -> Mood:
        """The mood at a place in bars, of a plan with moods: that of the bar, or of its group of `PHRASE_BARS` bars."""
        if self.bar_moods:
            return self.bar_moods[min(int(bar), len(self.bar_moods) - 1)]
        return self.moods[min(self.phrase_at(bar), len(self.moods) - 1)]

    @property
    def key_areas(self) -> tuple[KeyArea, ...]:
        """The keys of all sections, if one has a key of its own."""
        return key_areas(self.settings, self.all_sections, self.key)

    def steps_at(self, bar: int) -> int:
        """By how many semitones the section of a bar (from 0) is moved."""
        return next((area.steps for area in reversed(self.key_areas) if area.start_bar <= bar), 0)

    def composed_keys(self) -> list[Key]:
        """The key in which each bar is composed, before its section is moved: that of the piece or its relative key."""
        keys = [self.key] * self.bars
        for area in self.key_areas:
            keys[area.start_bar : area.start_bar + area.bars] = [area.composed] * area.bars
        return keys

    @property
    def changes_of_key(self) -> tuple[KeyArea, ...]:
        """The areas that begin in another key than the one before."""
        return tuple(after for before, after in pairwise(self.key_areas) if before.key != after.key)

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
        bar = min(max(bar, 0.0), self.bars)
        index = bisect_right(self._tempo_places, bar) - 1
        return self._tempo_times_s[index] + self._seconds_from(index, bar)

    def bar_at(self, seconds: float) -> float:
        """Position of a time in bars from the start, the inverse of `seconds_at`; the fraction is the place within the bar."""
        times_s = self._tempo_times_s
        index = bisect_right(times_s, max(0.0, seconds)) - 1
        qpm = self.tempos[index].qpm
        return self._tempo_places[index] + (seconds - times_s[index]) * qpm / 60.0 / tempo_for(1, 60.0, self.meter)

    def qpm_at(self, bar: float) -> float:
        """The tempo in force at a barline (from 0) or between two, as a brief sets it: what hit points bend does not count."""
        if not self.is_paced:
            return self.tempo_qpm
        return self.tempos[bisect_right(self._tempo_places, bar) - 1].qpm

    @property
    def mean_qpm(self) -> float:
        """The mean tempo that the brief sets, quarter notes per minute."""
        return tempo_for(self.bars, self.duration_s, self.meter) if self.is_paced else self.tempo_qpm

    @property
    def is_paced(self) -> bool:
        """Whether the tempo changes because the brief says so, not only to meet hit points."""
        bent = {planned.bar for planned in self.hits}
        by_section = any(setting.tempo for setting in self.settings)
        return by_section or any(change.tick or change.start_bar not in bent for change in self.tempo_changes)

    @property
    def _tempo_places(self) -> list[float]:
        """Where the tempi begin, in bars from the start."""
        return [tempo.start_ticks(self.meter) / self.meter.bar_ticks for tempo in self.tempos]

    @property
    def _tempo_times_s(self) -> list[float]:
        """When the tempi begin, in seconds."""
        lasting = (self._seconds_from(index, place) for index, place in enumerate(self._tempo_places[1:]))
        return [0.0, *accumulate(lasting)]

    def _seconds_from(self, index: int, bar: float) -> float:
        """Time from where a tempo begins to a place in bars."""
        return tempo_for(1, 60.0, self.meter) * (bar - self._tempo_places[index]) * 60.0 / self.tempos[index].qpm

    @property
    def markers(self) -> tuple[Marker, ...]:
        """Sections as rehearsal marks, hit points, and where a loop begins and ends."""
        bar_ticks = self.meter.bar_ticks
        marks = [Marker(section.start_bar * bar_ticks, section.name) for section in self._named_sections]
        marks += [Marker(planned.bar * bar_ticks, f"hit {planned.hit}") for planned in self.hits if planned.hit.is_struck]
        marks.sort(key=lambda mark: mark.start_ticks)
        end = self.bars * self.meter.bar_ticks
        return (Marker(0, LOOP_START), *marks, Marker(end, LOOP_END)) if self.loop else tuple(marks)

    @property
    def attack_bars(self) -> frozenset[int]:
        """Bars that must begin with an attack: those of hits that are struck, and those that they bring back."""
        bars = {planned.bar for planned in self.hits if planned.hit.is_struck}
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
        """Values of `RECALL_BARS` allowed for a bar (from 0): the planned one, or all that keep to the form.

        A return from another distance is labeled as new material, as such bars are in the training music.
        New material recalls no bar before the start of its section; everything else, any bar from the first on.

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
        """The plan in names and numbers, defaults included; bars count from 1. `duration_s` is there for readers."""
        return {**converters.to_record(self, self.key), "duration_s": self.duration_s}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Plan:
        """The plan that `to_dict` wrote; fields that an older version did not write have their defaults.

        Raises:
            BadInputError: a field is missing, of the wrong kind or out of range.

        >>> from composer.brief import Brief
        >>> from composer.plan import make_plan
        >>> plan = make_plan(Brief(chords="Dm Gm | A7 |", bars=8))
        >>> Plan.from_dict(plan.to_dict()) == plan
        True
        """
        try:
            plan = cls(**converters.from_record(cls, record))
            if len(plan.pauses) >= plan.bars:
                raise ValueError("no bar sounds")
            return plan
        except (AttributeError, KeyError, TypeError, ValueError, BadInputError) as error:
            message = "the plan is damaged or was edited by hand: take an unchanged sidecar, or compose again"
            raise BadInputError(message) from error
