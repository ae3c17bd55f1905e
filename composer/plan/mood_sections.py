"""Sections of film music that follow a mood curve: one for each mood, in major or minor as its valence says.

A joint falls in the middle between two moods, on a hit point nearby, else on the barline of a phrase. Big hits always begin
sections. The last section brings back the first one where both have the same mode: the theme of the opening ends the cue.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from composer.brief import Brief, SectionKey, SectionSetting
from composer.controls import PHRASE_BARS, Mood
from composer.plan.converters import PlannedHit
from composer.plan.sections import Section, sections_between
from composer.presets import Style
from composer.score import Key, Mode

_FILM = "screen"  # the family of its styles
_OTHER_MOOD = 0.4  # least distance of two moods on the affective plane that have sections of their own
_MINOR_UP_TO, _MAJOR_FROM = -0.1, 0.1  # valence; between them a section has the mode of the piece

Points = Sequence[tuple[float, Mood]]  # places in bars from the start, and the moods there


def follows_curve(brief: Brief, preset: Style) -> bool:
    """Whether the sections of a brief's piece follow its mood curve: in film music, where nothing else settles the form."""
    return preset.family == _FILM and bool(brief.mood_curve) and not (brief.form or brief.loop or brief.chords)


def sections_along(points: Points, bars: int, hits: Sequence[PlannedHit]) -> tuple[Section, ...]:
    """The sections of a piece.

    >>> calm, tense, bright = Mood(0.5, -0.6), Mood(-0.3, 0.6), Mood(0.6, 0.7)
    >>> [(s.name, s.start_bar) for s in sections_along([(0, calm), (12, tense), (24, bright)], 24, ())]
    [('A', 0), ('B', 8), ('A', 16)]
    """
    starts = [hit.bar for hit in hits if hit.hit.begins_section]
    for (before, mood), (after, following) in pairwise(points):
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


def keys_along(points: Points, sections: Sequence[Section], home: Key) -> tuple[SectionSetting, ...]:
    """The keys of the sections whose mood asks for the other mode: the relative key. A piece ends in its own key."""
    others = [
        section.letter.lower()
        for section in sections
        if section.letter != sections[-1].letter
        and not home.church
        and _mode(_mood_of(section, points)) not in (None, home.mode)
    ]
    return tuple(SectionSetting(letter, key=SectionKey(relation="relative")) for letter in dict.fromkeys(others))


def _mood_of(section: Section, points: Points) -> Mood:
    """The mood of the point nearest to the middle of a section."""
    middle = section.start_bar + section.bars / 2
    return min(points, key=lambda point: abs(point[0] - middle))[1]


def _mode(mood: Mood) -> Mode | None:
    return "minor" if mood.valence <= _MINOR_UP_TO else "major" if mood.valence >= _MAJOR_FROM else None
