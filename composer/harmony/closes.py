"""Where a piece has cadences, and which: periods, sentences and the joints of its form (Caplin 1998, *Classical Form*).

A period has a half cadence in the middle and an authentic one at its end; a sentence has a cadence at its end only. A section
before one that returns ends on the dominant, which leads back; a first section may end in a related key.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from composer.controls import PHRASE_BARS
from composer.harmony.chord_vocabulary import CadenceKind
from composer.plan import Plan, Section
from composer.plan.seeded import draw

_PERIOD = 2 * PHRASE_BARS
_PERIODS = 0.6  # share of eight-bar themes that are periods, the rest being sentences
_RELATED = 0.35  # share of first sections of sixteen bars and more, or before a contrast, that end in a related key
_ANSWERED = 0.75  # share of four-bar sections, repeated at once, that end on the dominant the first time
_DECEPTIVE = 0.08  # share of inner authentic cadences that become deceptive
_PLAGAL_STYLES = frozenset(("hymn", "motet", "mass", "organ", "orchestral-mass"))
_PLAGAL = 0.12  # share of their final cadences that are plagal

Closes = tuple[CadenceKind | None, ...]


def closes_of(plan: Plan, seed: int) -> Closes:
    """The cadence in each bar of a plan, drawn by the seed.

    >>> from composer.brief import Brief
    >>> from composer.plan import make_plan
    >>> plan = make_plan(Brief.from_dict({"style": "hymn", "form": "AA", "bars": 16}))
    >>> closes_of(plan, 1)[15], {closes_of(plan, seed)[3] for seed in range(20)} == {None, "half"}
    ('authentic', True)
    """
    closes: list[CadenceKind | None] = [None] * plan.bars
    sections = plan.sections or (Section("A", 0, plan.bars),)
    patterns: dict[str, float] = {}
    for index, section in enumerate(sections):
        chance = patterns.setdefault(section.letter, draw(seed, f"phrases {section.letter}"))
        for offset, kind in _inner(section.bars, chance, draw(seed, f"evaded {index}")):
            closes[section.start_bar + offset] = kind
        closes[section.start_bar + section.bars - 1] = _joint(sections, index, seed)
    if plan.loop:
        closes[-1] = "half"
    else:
        plagal = _PLAGAL_STYLES & set(plan.styles) and draw(seed, "last close") < _PLAGAL
        closes[-1] = "plagal" if plagal else "authentic"
        if plan.bars > 1:
            closes[-2] = None
    return tuple(closes)


def _inner(bars: int, chance: float, evasion: float) -> list[tuple[int, CadenceKind]]:
    """(bar, cadence) of the phrases of a section before its end; all groups of eight bars are periods, or all sentences."""
    closes: list[tuple[int, CadenceKind]] = []
    for end in range(PHRASE_BARS, bars - 1, PHRASE_BARS):
        if end % _PERIOD == 0:
            full = end % (2 * _PERIOD) == 0 or chance < 0.4
            kind: CadenceKind = ("deceptive" if evasion < _DECEPTIVE else "authentic") if full else "half"
            closes.append((end - 1, kind))
        elif chance < _PERIODS and end + PHRASE_BARS <= bars:
            closes.append((end - 1, "half"))
    return closes


def _joint(sections: Sequence[Section], index: int, seed: int) -> CadenceKind:
    """The cadence at the end of a section."""
    section, following = sections[index], sections[index + 1 : index + 2]
    letters = [earlier.letter for earlier in sections[: index + 1]]
    if not following:
        return "authentic"
    leads_back = following[0].letter in letters[:-1]
    chance = draw(seed, f"joint {section.letter} {following[0].letter}")
    contrast = following[0].letter != section.letter
    if leads_back and contrast:
        return "half" if chance < 0.8 else "authentic"
    if index == 0 and section.bars >= _PERIOD and contrast and chance < _RELATED:
        return "related"
    if not contrast and section.bars < _PERIOD:  # a phrase and its answer
        asks = sum(1 for _ in takewhile(lambda letter: letter == section.letter, reversed(letters))) % 2 == 1
        return "half" if asks and chance < _ANSWERED else "authentic"
    return "authentic"
