"""Levels that are those of one player, "one advanced and one beginner", which set none: a level holds for all players."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from composer.prompt.figures.band_sections import PLAYER_NAMES
from composer.prompt.findings import Finding
from composer.prompt.lexicon import either, prompt_table
from composer.prompt.prompt_text import Text

PLAYER_LEVEL = "player level"  # the kind of these findings
LINE_OF_LEVELS = "a level holds for all players: one cannot have an easier part than another"
_KINDS = ("level", "density")
_HIGHER = "advanced|intermediate|experienced|professional|virtuoso|virtuosic|hard|harder|difficult|challenging"
_HIGHER += "|demanding|easier|simpler"
_LEARNERS = "beginners?|students?|pupils?|learners?|child(?:ren)?|kids?"
_NUMBERED = "first|second|third|1st|2nd|3rd|upper|lower|top|bottom|primo|secondo"


def with_levels_of_players(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings with the levels of single players as such; those of a lesson for two are all of single players."""
    spans = [found.span() for found in _of_one_player().finditer(text.plain)]
    if _lesson_for_two().search(text.plain):
        spans.append((0, len(text.plain)))

    def is_of_player(one: Finding) -> bool:
        places = (text.words[one.first].start, text.words[one.last - 1].end) if one.last else (0, 0)
        is_level = one.kind in _KINDS or (one.kind == "use" and one.value.keys() == {"level"})  # "simple"
        return is_level and any(start <= places[0] and places[1] <= end for start, end in spans)

    return [replace(one, kind=PLAYER_LEVEL, value=None) if is_of_player(one) else one for one in findings]


@cache
def _of_one_player() -> re.Pattern[str]:
    """What says a level of one of several players: "one easy, one hard", "an easy second part", "the viola part is easy"."""
    level = rf"(?:{either(prompt_table()['options']['level'])}|{_HIGHER})"
    more = "(?:(?:very|quite|really|rather|slightly|much|more|an?|bit|for|is|are|being|should|be|stays?|kept|with|the) )*"
    others = rf"\bone {more}{level}\b[^.;:]{{0,24}}\b(?:one|other|second) {more}(?:[a-z]+ )?{level}(?: [a-z]+)?"
    part = rf"(?:(?:{_NUMBERED}) (?:part|voice)|primo|secondo|{PLAYER_NAMES} part)"
    player = rf"(?:(?:{_NUMBERED}) (?:{PLAYER_NAMES}|part|voice|player|one)|primo|secondo|{PLAYER_NAMES} (?:part|player))"
    pair = rf"\b{level} [a-z]+ (?:and|with|plus) an? {more}{level}\b"
    return re.compile(rf"{others}|{pair}|\b{level} {part}\b|\b{player},? {more}{level}\b")


@cache
def _lesson_for_two() -> re.Pattern[str]:
    """A teacher and a pupil as the players: "for a beginner and her teacher"."""
    between = r"(?: part)?,? (?:and|with|plus|&) (?:(?:an?|the|his|her|their|my) )?"
    teacher = "(?:teachers?|parents?|professionals?)"
    return re.compile(rf"\b(?:{_LEARNERS}){between}{teacher}\b|\b{teacher}{between}(?:{_LEARNERS}|me)\b")
