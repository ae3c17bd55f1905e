"""Chords that settings of sections give: the rest of the piece keeps the harmony that is planned for it."""

from __future__ import annotations

from dataclasses import replace

from composer.plan.choices import spread_chords
from composer.plan.plan import Plan
from composer.plan.section_names import settings_by_section


def with_section_chords(plan: Plan) -> Plan:
    """The plan, with the given chords, repeated, in the sections that have some; it has chords in every bar.

    Raises:
        BadInputError: more bars of chords than the section has.
    """
    settings = settings_by_section(plan.settings, plan.all_sections) if plan.settings else {}
    chords = list(plan.chords)
    for section in plan.all_sections:
        if section.start_bar in settings and (given := settings[section.start_bar].chords):
            chords[section.start_bar : section.start_bar + section.bars] = spread_chords(given, section.bars)
    return replace(plan, chords=tuple(chords))
