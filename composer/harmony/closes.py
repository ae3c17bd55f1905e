"""Chooses the cadences of a piece: periods, sentences and the joints of its form (Caplin 1998, *Classical Form*).

Phrases are as long as those of the style. A period has a half cadence in the middle and an authentic cadence at its end; a
sentence has a cadence at its end only. A section before a returning section ends on the dominant, which leads back; a strain
may end in a related key.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

from composer.controls import OPEN, PHRASE_BARS, PLAGAL
from composer.harmony.chord_vocabulary import CadenceKind
from composer.harmony.rates import Rates, rates_of
from composer.plan import Plan, Section
from composer.plan.phrases import phrases_in
from composer.plan.sections import PAUSE, UPBEAT
from composer.plan.seeded import draw

_PERIOD = 2 * PHRASE_BARS
_ANSWERED = 0.75  # share of immediately repeated four-bar sections that end on the dominant the first time
_ASKS = 0.75  # share of opening phrases of pairs that end on the dominant
_OPEN = 0.15  # share of inner phrases, and of joints of short sections, without a cadence
# Styles that spin out their music rather than build periods, in imitation or figuration, and the share of their phrases before
# the last one without a cadence: .5 to .65 of all phrases in openings of human pieces have none, in other styles .2 to .45.
_SPUN_OUT_STYLES = frozenset(("fugue", "motet", "madrigal", "organ", "prelude", "etude", "fantasia"))
_SPUN_OUT = 0.85
_EXTENSION, _EVADED = 3, 0.7  # longest extension of a phrase in bars; share of deceptive closes before one
# Factors on a style's share of closes in another key, inside sections and at their joints: final closes never are.
_MORE_INSIDE, _MORE_AT_JOINTS = 1.5, 3.0
_PLAGAL_STYLES = frozenset(("hymn", "motet", "mass", "organ", "orchestral-mass"))
_PLAGAL = 0.12  # share of their final cadences that are plagal

Closes = tuple[CadenceKind | None, ...]


def closes_of(plan: Plan, seed: int) -> Closes:
    """The cadence in each bar of a plan, drawn by the seed.

    >>> from composer.brief import Brief
    >>> from composer.plan import make_plan
    >>> plan = make_plan(Brief.from_dict({"style": "hymn", "form": "AA", "bars": 16}))
    >>> closes_of(plan, 1)[15], {closes_of(plan, seed)[3] for seed in range(20)} >= {None, "half"}
    ('authentic', True)
    """
    closes: list[CadenceKind | None] = [None] * plan.bars
    sections = [section for section in plan.all_sections if section.name != PAUSE]
    rates = rates_of(plan.styles) or Rates()
    if plan.scale is not None:  # another key has other tones
        rates = replace(rates, related=0.0)
    for index, section in enumerate(sections):
        if section.name == UPBEAT:
            continue
        chance = random.Random(f"{seed}:phrases {section.letter} {section.bars}")
        lengths = phrases_in(section.bars, plan.styles, chance)
        joint = _joint(sections, index, seed, rates.related)
        ends = [sum(lengths[: place + 1]) - 1 for place in range(len(lengths))]
        for end, kind in zip(ends, [*_inner(lengths, joint, rates, chance), joint], strict=True):
            closes[section.start_bar + end] = kind
    if _SPUN_OUT_STYLES & set(plan.styles):
        closes = [kind if draw(seed, f"spun out {bar}") >= _SPUN_OUT else None for bar, kind in enumerate(closes)]
    ends = [bar for bar, kind in enumerate(closes) if kind]
    if len(ends) > 1 and ends[0] < PHRASE_BARS + plan.upbeat_bars and closes[ends[0]] in ("related", "deceptive"):
        closes[ends[0]] = "authentic"  # a theme of four bars stays in its key
    for before, bar in pairwise(ends):
        if closes[before] == closes[bar] == "related":  # one departure at a time
            closes[bar] = "authentic"
    for area in plan.changes_of_key:  # a section closes in its own key before one in another key
        closes[area.start_bar - 1] = "authentic"
    if plan.pauses and plan.bars - 2 in plan.pauses:  # the last chord answers what is before the silence
        closes[max(set(range(plan.bars - 1)) - plan.pauses)] = "half"
    if plan.loop or plan.ending == OPEN:
        closes[-1] = "half"
    else:
        plagal = _PLAGAL_STYLES & set(plan.styles) and draw(seed, "last close") < _PLAGAL
        closes[-1] = "plagal" if plan.ending == PLAGAL or (plagal and not plan.ending) else "authentic"
    if plan.bars > 1 and not plan.loop:
        closes[-2] = None
    return tuple(closes)


def _inner(lengths: Sequence[int], joint: CadenceKind | None, rates: Rates, chance: random.Random) -> list[CadenceKind | None]:
    """The cadences of all phrases of a section except the last.

    Every other phrase ends with a half cadence. A last phrase of two or three bars extends the one before it, whose close is
    deceptive or not yet in the home key.
    """
    closes: list[CadenceKind | None] = []
    for place, following in enumerate(lengths[1:]):
        is_extended = place == len(lengths) - 2 and following <= _EXTENSION and joint == "authentic"
        drawn = chance.random()
        if is_extended:
            closes.append("deceptive" if drawn < _EVADED else "half")
        elif place % 2 == 0 and lengths[place] <= PHRASE_BARS and chance.random() < _OPEN:
            closes.append(None)
        elif place % 2 == 0 and drawn < _ASKS:
            closes.append("half")
        else:
            drawn = chance.random()
            turned = rates.deceptive + _MORE_INSIDE * rates.related
            closes.append("deceptive" if drawn < rates.deceptive else "related" if drawn < turned else "authentic")
    return closes


def _joint(sections: Sequence[Section], index: int, seed: int, related: float) -> CadenceKind | None:
    """The cadence at the end of a section, if it has one; `related` is the style's share of closes in another key."""
    section, following = sections[index], sections[index + 1 : index + 2]
    letters = [earlier.letter for earlier in sections[: index + 1]]
    if not following:
        return "authentic"
    leads_back = following[0].letter in letters[:-1]
    chance = draw(seed, f"joint {section.letter} {following[0].letter}")
    contrast = following[0].letter != section.letter
    if leads_back and contrast:
        return "half" if chance < 0.8 else "authentic"
    if not contrast and section.bars < _PERIOD:  # a phrase and its answer
        if draw(seed, f"open {index}") < _OPEN:
            return None
        asks = sum(1 for _ in takewhile(lambda letter: letter == section.letter, reversed(letters))) % 2 == 1
        return "half" if asks and chance < _ANSWERED else "authentic"
    strain = sum(s.bars for s in sections[: index + 1])
    if contrast and strain >= _PERIOD - 1 and chance < _MORE_AT_JOINTS * related:
        return "related"
    return "authentic"
