"""Chords that a brief sets within planned harmony: those of sections, those of a plagal or a Picardy ending, none in pauses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from composer.brief.chords import Chords
from composer.controls import PICARDY, PLAGAL
from composer.plan.choices import spread_chords
from composer.plan.plan import Plan
from composer.plan.section_names import settings_by_section
from composer.plan.sections import Section
from composer.score import Chord

_FOURTH = 5  # semitones from the tonic to the subdominant


def with_set_chords(plan: Plan) -> Plan:
    """The plan with the chords that it sets in the place of planned ones; it has chords in every bar.

    Raises:
        BadInputError: more bars of chords than their section has.
    """
    chords = list(plan.chords)
    for section, given in _in_sections(plan):
        chords[section.start_bar : section.start_bar + section.bars] = spread_chords(given, section.bars)
    tonic, mode = plan.key.tonic, plan.key.mode[:3]
    if plan.ending == PLAGAL and plan.bars > 1:
        chords[-2:] = [(*chords[-2][:-1], Chord((tonic + _FOURTH) % 12, mode)), (Chord(tonic, mode),)]
    if plan.ending == PICARDY:
        chords[-1] = (*chords[-1][:-1], Chord(tonic, "maj"))
    for bar in plan.pauses:
        chords[bar] = (None,)
    return replace(plan, chords=tuple(chords))


def bars_with_set_chords(plan: Plan) -> frozenset[int]:
    """The bars whose chords may leave the scale: those that the brief states, all or of sections, and a Picardy ending."""
    if plan.chords_given:
        return frozenset(range(plan.bars))
    stated = [bar for section, _ in _in_sections(plan) for bar in range(section.start_bar, section.start_bar + section.bars)]
    return frozenset([*stated, *([plan.bars - 1] if plan.ending == PICARDY else [])])


def _in_sections(plan: Plan) -> Iterator[tuple[Section, Chords]]:
    """Sections with the chords that settings give them."""
    settings = settings_by_section(plan.settings, plan.all_sections) if plan.settings else {}
    for section in plan.all_sections:
        if section.start_bar in settings and (given := settings[section.start_bar].chords):
            yield section, given
