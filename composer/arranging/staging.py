"""A settled plan as its players see it: roles, the leading part, and who rests or leads in which section."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from statistics import fmean

from composer.arranging.casting import Role, accompanies_itself, cast, family_of, height, keeps_figure
from composer.arranging.fugue_layout import FUGUE
from composer.arranging.leading import leads_of, shared_span, with_melody
from composer.arranging.registers import easy_span, registers_of, sung_by
from composer.arranging.resting import resting_bars
from composer.arranging.rounds import ROUND
from composer.arranging.seats import is_orchestra
from composer.arranging.setting import Setting
from composer.arranging.smoothing import SUSTAINED
from composer.arranging.tables import GRAMMAR, NO_BAND, PHRASES, Band, bands, basses
from composer.arranging.textures import holds_drone, texture_melody
from composer.arranging.tunes import with_dynamics, write_tune
from composer.arranging.variations import theme_of
from composer.brief import SectionSetting
from composer.controls import BED, Mood
from composer.performance import SwingSpan
from composer.plan import Plan
from composer.plan.density import is_sparse
from composer.plan.section_names import sections_named
from composer.presets import EnsemblePart, Feature, Level, features, instrument_of, levels, programs_of, styles
from composer.score import Chord, Note

_OCTAVE = 12  # semitones that a melody has at least
_BEYOND = 2  # semitones beyond its register that an instrument's melody may go; it seldom reaches the ends
_SPARSE_TUNE = "sparse"  # the row of tunes for few notes
_SLOWEST_PACE = 0.5  # notes per quarter note of a melody with few notes
_THEME_PACE = 0.8  # notes per quarter note of a theme with variations, at most, which divide it
# Arousal by the logarithm of a tempo beyond those of the style, at most, and of a low density.
_BY_PACE, _MOST_BY_PACE, _BY_SPARSENESS = 1.4, 0.5, 0.3
_NEUTRAL = Mood(0.0, 0.0)
_THREE, _FOUR, _MOST_IN_VOICES = 3, 4, 6
_ROOM_OF_VOICE = 6  # semitones at least, for each voice, from the lowest pitch of the lowest one to that of a singer's melody
_DEEP = 50  # lowest pitch at most of a bass below a melody of four voices
_WINDS = programs_of("pipe", "reed", "brass", "brass-section", "saxophone")


@dataclass(frozen=True, slots=True)
class Voices:
    """Who plays the voices below the melody of a chorale.

    Attributes:
        along: of six players, the highest, who plays the melody along; `None` for fewer.
        lower: alto, tenor and bass; of a choir, two to four singers below the first one.
        inner: of five or six players, the second lowest, who has a fifth voice; `None` for fewer and for singers.
    """

    along: int | None
    lower: tuple[int, ...]
    inner: int | None


@dataclass(frozen=True)
class Lead:
    """The part that plays the melody of an outlined plan.

    Attributes:
        part: the player.
        span: lowest and highest pitch of the melody.
        silent: bars in which it rests.
        chords: those of each bar; where the plan has none (N.C.), the one before.
        chordal: whether the other parts sing in its rhythm.
        styles: learned styles of the melody.
        pace: notes per quarter note; `None` for any.
        rhythms: by bar, events whose rhythm the melody takes: step in the bar (1/24 of a quarter note), and a pitch or a rest.
        level: how easy the melody is; `None` for any difficulty.
        strict: whether it moves in no parallels with the basses of the chords: voices cannot have others.
    """

    part: EnsemblePart
    span: tuple[int, int]
    silent: frozenset[int]
    chords: tuple[tuple[Chord, ...], ...]
    chordal: bool
    styles: tuple[str, ...]
    pace: float | None
    rhythms: Mapping[int, Sequence[tuple[int, int | None]]] = field(default_factory=dict)
    level: Level | None = None
    strict: bool = False


def staged(plan: Plan) -> tuple[Setting, tuple[Role, ...]]:
    """The setting of a plan with a band, and the role of each part."""
    valence, arousal = (fmean(getattr(mood, axis) for mood in plan.moods or (_NEUTRAL,)) for axis in ("valence", "arousal"))
    band = bands()[plan.band].in_mood(valence, arousal + _liveliness(plan))
    setting = Setting(plan, _asked(band, plan.features))
    if setting.is_sparse and band.tune and band.lead == GRAMMAR:
        setting = replace(setting, band=replace(setting.band, tune=_SPARSE_TUNE))
    roles = _cast(plan, setting.band)
    return replace(setting, leads=leads_of(setting, roles)), roles


def _liveliness(plan: Plan) -> float:
    """Arousal that a tempo beyond those of the style adds or takes away, and that a low density takes away."""
    low, high = styles()[plan.band].tempo_qpm
    beyond = math.log(plan.mean_qpm / min(max(plan.mean_qpm, low), high))
    return max(-_MOST_BY_PACE, min(_MOST_BY_PACE, _BY_PACE * beyond)) - _BY_SPARSENESS * is_sparse(plan.density)


def lead_of(plan: Plan) -> Lead | None:
    """The lead of a plan as `settle` gives it; `None` where no part leads."""
    if not plan.band:
        return _textured_lead(plan)
    setting, roles = staged(plan)
    lead = next((index for index, role in enumerate(roles) if role.kind == "lead"), None)
    if lead is None:
        return None
    part, registers = plan.parts[lead], registers_of(setting)
    rests = {bar.index for bar in setting.bars if bar.kind == "intro" and not (bar.asked.only or bar.asked.melody)}
    silent = plan.pauses | rests
    chords = tuple(tuple(span.chord for span in bar.spans) for bar in setting.bars)
    beyond = 0 if part.program in programs_of("voice") else _BEYOND
    lowest, highest = sung_by(part, registers.low, registers.high)
    if is_choral(plan) and not _has_deep_bass(plan, lead):
        lowest, highest = lowest + _OCTAVE, highest + _OCTAVE
    if singers := lower_singers(plan, lead):
        lift = max(0, min(plan.parts[singers[-1]].low + _ROOM_OF_VOICE * len(singers) - lowest, part.high - highest))
        lowest, highest = lowest + lift, highest + lift
    low = max(part.low, min(lowest - beyond, part.high - _OCTAVE))
    span = (low, min(part.high, max(highest + beyond, low + _OCTAVE)))
    if accompanies_itself(plan.parts) and (strings := instrument_of(part.program, part.name).strings):
        neck = max(strings) + _OCTAVE  # where it joins the body of most guitars
        span = (max(part.low, min(span[0], neck - _OCTAVE)), min(span[1], neck))
    learned, pace, level = setting.band.melody or plan.styles, registers.pace, levels().get(plan.level or "")
    if setting.is_sparse:
        pace = max(_SLOWEST_PACE, plan.density or 0.0)
    if theme_of(plan):
        pace = min(pace or _THEME_PACE, _THEME_PACE)
    if leads := {index for each in setting.leads for index in each}:
        span = shared_span(span, [plan.parts[index] for index in sorted(leads | {lead})])
    if level:
        span, pace = easy_span(part, span, level.span, plan.key), min(pace or level.pace, level.pace)
    choral = is_choral(plan)
    strict = plan.chords_given if choral else is_choir(plan) or bool(singers)
    return Lead(part, span, silent, chords, setting.band.chordal or choral, learned, pace, level=level, strict=strict)


def _textured_lead(plan: Plan) -> Lead | None:
    """The lead of a texture that has a melody."""
    found = texture_melody(plan) if plan.texture else None
    if found is None:
        return None
    (part, span, pace), setting = found, Setting(plan, NO_BAND)
    chords = tuple(tuple(span.chord for span in bar.spans) for bar in setting.bars)
    return Lead(plan.parts[part], span, plan.pauses, chords, False, plan.styles, pace, level=levels().get(plan.level or ""))


def is_accompanied(plan: Plan) -> bool:
    """Whether the network accompanies the melody of a plan as `settle` gives it.

    It accompanies all written scores but those of orchestras, and of choirs and winds in styles in which all voices move
    together. Beside the part that has a given melody, an orchestra has enough others.
    """
    others = [part for index, part in enumerate(plan.parts) if index != plan.lead]
    return bool(plan.band) and bands()[plan.band].lead == PHRASES and not is_orchestra(others) and not is_choral(plan)


def is_choral(plan: Plan) -> bool:
    """Whether a plan is written in voices: those of a choir of three singers or more, or of the players of a chorale."""
    return bool(lower_singers(plan)) if is_choir(plan) else is_consort(plan)


def lower_singers(plan: Plan, lead: int | None = None) -> list[int]:
    """The two to four singers below the melody of a choir that is written in voices, from the highest down.

    Args:
        plan: the plan.
        lead: the part that has the melody, a player or a singer; the first singer by default.
    """
    band = bands().get(plan.band, NO_BAND)
    singers = [index for index, part in enumerate(plan.parts) if part.program in programs_of("voice")]
    leading = lead if lead is not None else next(iter(singers), None)
    if leading is None or len({*singers, leading}) < _THREE or not singers[1:] or not (band.chordal or band.melismatic):
        return []
    others = sorted((index for index in singers if index != leading), key=lambda index: -height(plan.parts[index]))
    return [others[round(place * (len(others) - 1) / (_FOUR - 1))] for place in range(_FOUR)] if len(others) > _FOUR else others


def doubling_singers(plan: Plan, lead: int) -> dict[int, int]:
    """The singers of a choir of more than five who sing along with one of the lower voices, and that voice."""
    voices = lower_singers(plan, lead)
    singers = [index for index, part in enumerate(plan.parts) if part.program in programs_of("voice")]
    others = [index for index in singers if voices and index not in (lead, *voices)]
    return {
        index: min(voices, key=lambda voice: abs(height(plan.parts[voice]) - height(plan.parts[index]))) for index in others
    }


def is_choir(plan: Plan) -> bool:
    """Whether several singers have all parts."""
    return len(plan.parts) > 2 and all(part.program in programs_of("voice") for part in plan.parts)


def is_consort(plan: Plan) -> bool:
    """Whether a plan's players share the four voices of a chorale: four winds, or five or six winds and strings.

    Who leads, whom a user's melody may name, is as high as the tenor at least. Four players of whom some bow are accompanied by
    the network, as string quartets are.
    """
    parts = plan.parts
    lead = next((index for index, role in enumerate(roles_of(plan)) if role.kind == "lead"), None)
    is_chordal = bands().get(plan.band, NO_BAND).chordal
    if not is_chordal or lead is None or parts[lead].program not in SUSTAINED or not _FOUR <= len(parts) <= _MOST_IN_VOICES:
        return False
    fitting = _WINDS if len(parts) == _FOUR else SUSTAINED - programs_of("voice")
    if not all(part.program in fitting for index, part in enumerate(parts) if index != lead):
        return False
    is_high = height(parts[lead]) >= height(parts[voices_of(plan, lead).lower[1]])
    return is_high and (plan.lead is None or _has_deep_bass(plan, lead))


def _has_deep_bass(plan: Plan, lead: int) -> bool:
    """Whether the fourth voice reaches below a melody in the usual register; recorders and flutes play all an octave higher."""
    return plan.parts[voices_of(plan, lead).lower[-1]].low <= _DEEP


def voices_of(plan: Plan, lead: int) -> Voices:
    """The voices of a choir, or of the four to six players of a chorale, beside the lead, from the highest register down."""
    if is_choir(plan):
        return Voices(None, tuple(lower_singers(plan, lead)), None)
    others = sorted((index for index in range(len(plan.parts)) if index != lead), key=lambda index: -height(plan.parts[index]))
    along = others.pop(0) if len(plan.parts) == _MOST_IN_VOICES else None
    inner = others.pop(-2) if len(others) == _FOUR else None
    return Voices(along, tuple(others), inner)


@dataclass(frozen=True)
class SetSection:
    """What a plan sets for sections of a name, and where: its bars, and by part those in which the part rests."""

    asked: SectionSetting
    bars: frozenset[int]
    resting: tuple[frozenset[int], ...]


@lru_cache(maxsize=8)
def players_resting(plan: Plan) -> tuple[frozenset[int], ...]:
    """By part, the bars in which it rests by the settings of sections, and pauses."""
    roles = zip(plan.parts, roles_of(plan), strict=True)
    return tuple(plan.pauses | resting_bars(plan, part, role) for part, role in roles)


def roles_of(plan: Plan) -> tuple[Role, ...]:
    """The role of each part, by which settings name "melody" and "bass", with a band or without."""
    return _cast(plan, _asked(bands().get(plan.band, NO_BAND), plan.features))


def _cast(plan: Plan, band: Band) -> tuple[Role, ...]:
    """The roles of a plan's players. In a band, the only one who can play a requested figure plays it and does not lead."""
    roles = cast(plan.parts, band, plan.lead, led=plan.texture != BED)
    if band.lead == PHRASES or plan.lead is not None:
        return roles
    leading, accompanying = (
        {family_of(part) for part, role in zip(plan.parts, roles, strict=True) if role.kind == kind}
        for kind in ("lead", "figure")
    )
    asked = {family for name in plan.features for family in features()[name].figures}
    is_needed = leading & asked and not accompanying & asked and len(plan.parts) > 1
    return cast(plan.parts, band, led=False) if is_needed else roles


def played_features(plan: Plan, names: Sequence[str]) -> tuple[str, ...]:
    """Those of some features that a plan's band plays: it has the players, and they are not left to other rules.

    Below a melody written by phrases, only those who play figures do; the others follow that melody.
    """
    roles, band = roles_of(plan), with_drone(bands().get(plan.band, NO_BAND), names)
    cued = [
        (part, role)
        for part, role in zip(plan.parts, roles, strict=True)
        if plan.band and (band.lead != PHRASES or keeps_figure(part, role, band))
    ]
    kinds = {role.kind for role in roles}
    families = {family_of(part) for part, role in cued if role.kind == "figure"}
    is_led = any(role.kind == "bass" for _, role in cued)
    is_scored = band.lead == PHRASES and not is_accompanied(plan)  # an orchestra, or four voices

    def plays(feature: Feature) -> bool:
        if plan.texture and not plan.band:
            is_drone = bool(feature.bass) and basses()[feature.bass].holds
            return bool(feature.leaves_out) or (is_drone and plan.texture == BED and holds_drone(plan))
        if feature.line:
            return band.lead == PHRASES and bool(plan.tune)
        if feature.leaves_out or not (feature.fills or "drums" in kinds):
            return True
        if feature.bass or feature.figures:
            led = bool(feature.bass) and is_led and not (is_scored and basses()[feature.bass].holds)
            return led or bool(families & feature.figures.keys())
        return bool(plan.band)

    return tuple(name for name in names if plays(features()[name]))


def set_sections(plan: Plan) -> tuple[SetSection, ...]:
    """Where the settings of sections of a plan apply; a section that the piece lacks has no bars."""
    resting = players_resting(plan) if plan.settings else ()
    found = []
    for asked in plan.settings:
        named = sections_named(asked.section, plan.all_sections)
        bars = frozenset(bar for section in named for bar in range(section.start_bar, section.start_bar + section.bars))
        found.append(SetSection(asked, bars, tuple(bars & each for each in resting)))
    return tuple(found)


def set_swing(plan: Plan) -> tuple[SwingSpan, ...]:
    """Where the settings of sections of a plan set a swing: first tick, tick after the last, and the swing from 0 to 1."""
    if not any(setting.swing is not None for setting in plan.settings):
        return ()
    bars, ticks = staged(plan)[0].bars, plan.meter.bar_ticks
    return tuple((bar.start, bar.start + ticks, bar.asked.swing) for bar in bars if bar.asked.swing is not None)


def melody_of(plan: Plan) -> Setting | None:
    """The setting of a plan as `settle` gives it with its melody and those who have it; `None` where none is planned."""
    if not plan.band:
        return None
    setting, roles = staged(plan)
    lead = next((index for index, role in enumerate(roles) if role.kind == "lead"), None)
    if lead is None or setting.band.lead in (ROUND, FUGUE):
        return None
    is_written = setting.band.lead != PHRASES
    tune = planned_tune(setting) if plan.tune else sorted(write_tune(setting, plan.parts[lead])) if is_written else ()
    return with_melody(setting, tune, lead)


def planned_tune(setting: Setting) -> tuple[Note, ...]:
    """The melody of a plan with its dynamics."""
    return tuple(sorted(with_dynamics(setting, [Note(start, pitch, ticks) for start, ticks, pitch in setting.plan.tune])))


def _asked(band: Band, names: tuple[str, ...]) -> Band:
    """A band's row with the requested features added."""
    for name in names:
        feature = features()[name]
        band = replace(
            band,
            bass=feature.bass or band.bass,
            figures={**band.figures, **feature.figures},
            energy=band.energy + feature.energy,
            fills=band.fills and feature.fills,
        )
    return band


def with_drone(band: Band, names: Sequence[str]) -> Band:
    """A band's row with the bass of a drone if features ask for one."""
    asked = next((bass for name in names if (bass := features()[name].bass) and basses()[bass].holds), band.bass)
    return replace(band, bass=asked)
