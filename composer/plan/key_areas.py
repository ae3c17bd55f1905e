"""The keys of sections. A section is composed in the key of the piece, or in its relative key, and then moved by semitones.

Knows sections and settings, no notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from composer.brief import SectionKey, SectionSetting
from composer.errors import BadInputError
from composer.plan.section_names import kinds_of, settings_by_section
from composer.plan.sections import PAUSE, Section, theme_and_variations
from composer.presets import EnsemblePart
from composer.score import Key

_SMALLEST_RANGE = 12  # semitones that a part keeps, unless it has fewer


@dataclass(frozen=True, slots=True)
class KeyArea:
    """The key of a section.

    Attributes:
        start_bar: from 0.
        bars: their number.
        key: that sounds.
        steps: semitones by which it is moved.
        composed: the key in which it is composed: that of the piece or its relative key.
    """

    start_bar: int
    bars: int
    key: Key
    steps: int
    composed: Key


def key_areas(settings: Sequence[SectionSetting], sections: Sequence[Section], home: Key) -> tuple[KeyArea, ...]:
    """One area for each section; none if no key is set.

    A key without a name is spelled near the one before. A coda stays in the key to which the section before it was moved, and
    after variations also in the other mode.
    """
    if not any(setting.key for setting in settings):
        return ()
    by_section, kinds = settings_by_section(settings, sections), kinds_of(sections)
    areas: list[KeyArea] = []
    is_varied = bool(theme_and_variations(sections))
    moved: SectionKey | None = None  # what a coda keeps
    for section in sections:
        if section.name == PAUSE and areas:  # a key signature does not change for a silence
            areas.append(replace(areas[-1], start_bar=section.start_bar, bars=section.bars))
            continue
        asked = by_section[section.start_bar].key or (moved if kinds[section.letter] == "outro" else None)
        key, steps = asked.in_piece(home) if asked else (home, 0)
        if asked and asked.key is None:
            key = key.spelled_near(areas[-1].key if areas else home)
        stays = (key.tonic == home.tonic and is_varied) or (asked and asked.relation is None and key.mode == home.mode)
        moved = asked if stays else None
        areas.append(KeyArea(section.start_bar, section.bars, key, steps, Key(home.fifths, key.mode) if asked else home))
    return tuple(areas)


def checked_areas(areas: Sequence[KeyArea], home: Key, *, loop: bool, varies: bool, chords_given: bool) -> None:
    """Checks that the harmony can follow the areas.

    Args:
        areas: of a piece.
        home: its key.
        loop: whether it has no ending.
        varies: whether it is a theme with variations, which may end in the other mode on its tonic.
        chords_given: whether the brief gives its chords.

    Raises:
        BadInputError: it cannot.
    """
    others = [area for area in areas if area.key.mode != home.mode]
    if areas and home.church:
        raise BadInputError(f"sections of a piece in {home} cannot have other keys: give the piece a major or minor key")
    if others and chords_given:
        raise BadInputError(f"{others[0].key} is in another mode than {home} of the given chords: leave out one of them")
    ends_home = loop or (varies and bool(others) and others[-1].key.tonic == home.tonic)
    if others and others[-1] == areas[-1] and not ends_home:
        raise BadInputError(f"a piece in {home} cannot end in {others[-1].key}: give another section that key")


def narrowed(parts: Sequence[EnsemblePart], areas: Sequence[KeyArea]) -> tuple[EnsemblePart, ...]:
    """The parts with the ranges in which they are composed, so that no area leaves the range of an instrument.

    Raises:
        BadInputError: a part would have less than an octave.
    """
    low, high = min((area.steps for area in areas), default=0), max((area.steps for area in areas), default=0)
    low, high = min(low, 0), max(high, 0)
    result = []
    for part in parts:
        less = part if part.is_drum else replace(part, low=part.low - low, high=part.high - high)
        if less.high - less.low < min(_SMALLEST_RANGE, part.high - part.low):
            raise BadInputError(f"the keys of the sections leave {part.name} less than an octave: give nearer keys")
        result.append(less)
    return tuple(result)
