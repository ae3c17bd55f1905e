"""Sections of film music that follow a mood curve: one for each mood, in major or minor as its valence says.

A joint falls on a cut, where the mood changes suddenly, else in the middle between two moods, on a hit point nearby or on the
barline of a phrase. Big hits always begin sections. The last section brings back the first one where both have the same mode:
the theme of the opening ends the cue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from composer.brief import Brief, Hit, SectionKey, SectionSetting
from composer.controls import PHRASE_BARS, Mood
from composer.plan.converters import PlannedHit
from composer.plan.mood_path import Points, is_cut
from composer.plan.section_names import settings_by_section
from composer.plan.sections import Section, sections_between
from composer.presets import Style
from composer.score import Key, Mode

_FILM = "screen"  # the family of its styles
_OTHER_MOOD = 0.4  # least distance of two moods on the affective plane that have sections of their own
_NEAR_S = 1.0  # seconds from a hit within which a cut falls on it
_SHORTEST = 2  # bars of a section that begins or ends with a cut
_MINOR_UP_TO, _MAJOR_FROM = -0.1, 0.1  # valence; between them a section has the mode of the piece


def follows_curve(brief: Brief, preset: Style) -> bool:
    """Whether the sections of a brief's piece follow its mood curve: in film music, where nothing else settles the form."""
    return preset.family == _FILM and bool(brief.mood_curve) and not (brief.form or brief.loop or brief.chords)


def with_cuts(brief: Brief, preset: Style) -> Brief:
    """The brief with a hit that only begins a section at each cut of its mood curve, so that a barline falls on the cut.

    Cuts at bars need none. Nothing changes where the sections do not follow the curve.
    """
    if not follows_curve(brief, preset):
        return brief
    hits = list(brief.hits)
    for before, after in pairwise(point.place for point in brief.mood_curve):
        time_s = after.at if after.unit == "s" else after.at / 100 * (brief.duration or 0.0) if after.unit == "%" else 0.0
        within = 0.0 < time_s < (brief.duration or float("inf"))
        if before == after and within and all(abs(hit.time_s - time_s) > _NEAR_S for hit in hits):
            hits.append(Hit(round(time_s, 6), "section"))
    return replace(brief, hits=tuple(sorted(hits, key=lambda hit: hit.time_s)))


def sections_along(points: Points, bars: int, hits: Sequence[PlannedHit]) -> tuple[Section, ...]:
    """The sections of a piece.

    >>> calm, tense, bright = Mood(0.5, -0.6), Mood(-0.3, 0.6), Mood(0.6, 0.7)
    >>> [(s.name, s.start_bar) for s in sections_along([(0, calm), (12, tense), (24, bright)], 24, ())]
    [('A', 0), ('B', 8), ('A', 16)]
    """
    starts = [hit.bar for hit in hits if hit.hit.begins_section]
    for (before, mood), (after, following) in pairwise(points):
        if is_cut((before, mood), (after, following)):
            if all(abs(round(after) - other) >= _SHORTEST for other in (0, bars, *starts)):
                starts.append(round(after))
            continue
        middle = (before + after) / 2
        near = min((hit.bar for hit in hits), key=lambda bar: abs(bar - middle), default=-bars)
        joint = near if abs(near - middle) < PHRASE_BARS else PHRASE_BARS * round(middle / PHRASE_BARS)
        differs = abs(mood.valence - following.valence) + abs(mood.arousal - following.arousal) >= _OTHER_MOOD
        if differs and all(abs(joint - other) >= PHRASE_BARS for other in (0, bars, *starts)):
            starts.append(joint)
    sections = sections_between([0, *sorted(starts), bars], None)
    first, last = sections[0], sections[-1]
    if len(sections) < 3 or _mode(_mood_of(first, points)) != _mode(_mood_of(last, points)):
        return sections
    return (*sections[:-1], Section(first.name, last.start_bar, last.bars))


def with_keys_along(
    settings: Sequence[SectionSetting], points: Points, sections: Sequence[Section], home: Key
) -> tuple[SectionSetting, ...]:
    """The settings with a key for each section whose mood asks for the other mode: the relative key.

    A key or chords that the settings give such a section stay. A piece ends in its own key.
    """
    asked = settings_by_section(settings, sections)
    others = [
        section.letter.lower()
        for section in sections
        if section.letter != sections[-1].letter
        and not home.church
        and not (asked[section.start_bar].key or asked[section.start_bar].chords)
        and _mode(_mood_of(section, points)) not in (None, home.mode)
    ]
    relative, named = SectionKey(relation="relative"), {setting.section for setting in settings}
    alone = (SectionSetting(name, key=relative) for name in others if name not in named)
    return (*alone, *(replace(each, key=relative) if each.section in others else each for each in settings))


def _mood_of(section: Section, points: Points) -> Mood:
    """The mood of the point nearest to the middle of a section."""
    middle = section.start_bar + section.bars / 2
    return min(points, key=lambda point: abs(point[0] - middle))[1]


def _mode(mood: Mood) -> Mode | None:
    return "minor" if mood.valence <= _MINOR_UP_TO else "major" if mood.valence >= _MAJOR_FROM else None
