"""Places general pauses in a form: a pause is a section in which nobody plays, between two others or the halves of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from composer.brief import PAUSE_BEFORE_END, Pause, numbered_bars, silent_bars
from composer.errors import BadInputError
from composer.plan.section_names import sections_named
from composer.plan.sections import CODA, PAUSE, Section


def lay_out_with_pauses(lay_out: Callable[[int], Sequence[Section]], bars: int, pauses: Sequence[Pause]) -> tuple[Section, ...]:
    """The sections of a piece with pauses, of which as few bars are silent as possible.

    Args:
        lay_out: gives the sections for a number of bars that sound.
        bars: of the piece, with its pauses.
        pauses: at bars of the whole piece, or before sections.

    Raises:
        BadInputError: no bar sounds, or a pause is after the end or before a section that does not exist or begins the piece.
    """
    if late := next((pause for pause in pauses if pause.ends_after(bars - 1)), None):
        raise BadInputError(f"pause {str(late)!r} is not before the last of {bars} bars: give an earlier bar")
    for silent in silent_bars(pauses):
        if silent >= bars:
            raise BadInputError(f"pauses leave no bar of {bars} that sounds: give shorter pauses or more bars")
        sections = with_pauses(lay_out(bars - silent), pauses)
        if sections[-1].start_bar + sections[-1].bars == bars:
            return sections
    raise BadInputError(f"pauses at bars and before sections meet and do not fit {bars} bars: leave out one of both")


def with_pauses(sections: Sequence[Section], pauses: Sequence[Pause]) -> tuple[Section, ...]:
    """Sections with pauses between them.

    A pause within a section cuts it; its second half varies the first. The last chord after a pause is a section.

    Args:
        sections: of the bars that sound; at least one.
        pauses: at bars of the whole piece, or before sections.

    Raises:
        BadInputError: a pause is before a section that does not exist or begins the piece.

    >>> form = (Section("A", 0, 8), Section("B", 8, 7))
    >>> [(each.name, each.start_bar, each.bars) for each in with_pauses(form, (Pause(1, bar=9),))]
    [('A', 0, 8), ('Pause', 8, 1), ('B', 9, 7)]
    >>> [(each.name, each.bars) for each in with_pauses(form, (Pause(2, before="end"),))]
    [('A', 8), ('B', 6), ('Pause', 2), ('Coda', 1)]
    """
    silent = _places(sections, pauses)
    bars = sections[-1].start_bar + sections[-1].bars
    found: list[Section] = []
    start = 0
    for section in sections:
        cuts = [place for place in sorted(silent) if section.start_bar <= place < section.start_bar + section.bars]
        bounds = sorted({section.start_bar, *cuts, section.start_bar + section.bars})
        for half, (first, last) in enumerate(pairwise(bounds)):
            if first in silent:
                found.append(Section(PAUSE, start, silent[first]))
                start += silent[first]
            is_chord = half > 0 and first == bars - 1
            name = CODA if is_chord else section.name + "'" * half
            found.append(replace(section, name=name, start_bar=start, bars=last - first))
            start += last - first
    return tuple(found)


def asked_bars(sections: Sequence[Section], pauses: Sequence[Pause]) -> frozenset[int]:
    """The bars, from 0, in which pauses are asked for, in a piece that has its pauses; none for a section that it lacks.

    Args:
        sections: of the whole piece, with sections of pauses; at least one.
        pauses: at bars, or before sections.
    """
    last, found = sections[-1].start_bar + sections[-1].bars - 1, set(numbered_bars(pauses))
    triples = zip(sections, sections[1:], sections[2:], strict=False)
    halves = [  # of sections that pauses at bars cut
        after
        for half, pause, after in triples
        if pause.name == PAUSE and pause.start_bar in found and after.name == half.name + "'"
    ]
    whole = [section for section in sections if section not in halves]
    for pause in (each for each in pauses if each.before):
        named = [last] if pause.before == PAUSE_BEFORE_END else [s.start_bar for s in sections_named(pause.before, whole)]
        for start in named[:1]:
            found |= set(range(start - pause.bars, start))
    return frozenset(found)


def _places(sections: Sequence[Section], pauses: Sequence[Pause]) -> dict[int, int]:
    """By bar that sounds, the silent bars before it."""
    bars, silent = sections[-1].start_bar + sections[-1].bars, dict[int, int]()
    for pause in (each for each in pauses if each.before):
        named = [Section(CODA, bars - 1, 1)] if pause.before == PAUSE_BEFORE_END else sections_named(pause.before, sections)
        if not named:
            names = ", ".join(dict.fromkeys(section.name for section in sections))
            raise BadInputError(f"pause {str(pause)!r}: the piece has no section {pause.before!r}, it has {names}")
        if named[0].start_bar == 0:
            raise BadInputError(f"pause {str(pause)!r} would begin the piece: give a later section")
        silent[named[0].start_bar] = silent.get(named[0].start_bar, 0) + pause.bars
    numbered, start = numbered_bars(pauses), 0  # and the bar of the whole piece that sounds next
    for place in range(bars):
        first = start
        start += silent.get(place, 0)
        while start in numbered:
            start += 1
        if start > first:
            silent[place] = start - first
        start += 1
    return silent
