"""Players who follow each other after bars that a prompt counts: "drums for four bars, then bass, then the full band"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from composer.prompt.findings import Finding
from composer.prompt.parts import LARGEST_GROUP
from composer.prompt.phases import names_of_part
from composer.prompt.prompt_text import Text

_LETTERS, _REST_BARS = "ABCDEFGH", 16  # of sections in which players enter, and the bars of the last one
_THEN, _AND = r"\bthen\b", r"[\s,&]*(?:and |the |an? |plus )*"
_PLACED = ("form", "section bars", "bars each", "at", "until", "span", "hits", "sections")  # which place players already
_OPENING, _PLACES_PLAYERS = "intro: only ", r"(?:: |, )(?:only|no|late|melody) |\+[a-z]"


def with_players_in_turn(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings with bars of the first players as an introduction, or as sections if several enter one after the other.

    Who enters plays on. The last of several sections has the bars that are left of the piece, or 16.
    """
    place = next((place for place, one in enumerate(findings) if one.kind == "turn bars"), None)
    if place and findings[place - 1].kind == "sections" and findings[place - 1].value.startswith(_OPENING):
        bars = replace(findings[place], kind="section bars", value=("intro", findings[place].value))
        return [*findings[:place], bars, *findings[place + 1 :]]  # "starts with solo cello for 8 bars, then the strings"
    groups = _groups(findings, place, text) if place is not None else []
    found = list(findings)
    if place is None or not groups or any(_is_placed(one) for one in findings):
        return found
    count, named = findings[place].value, [[name for at in group for name in names_of_part(found[at])] for group in groups]
    entering = [names for names in named[1:] if len(names) <= LARGEST_GROUP]
    for at in (at for group in groups for at in group):
        found[at] = replace(found[at], is_only=False, is_for=False, is_bare=False, is_added=True)
    whole = replace(findings[place], kind="sections", value=f"{_OPENING}{' and '.join(named[0])}")
    full = len(entering) < len(named[1:]) or _everybody_follows(findings, groups, text)
    if len(entering) + full <= 1:
        found[place] = whole
        return [*found, replace(findings[place], kind="section bars", value=("intro", count))]
    steps = ([name for names in named[: step + 1] for name in names] for step in range(1 + len(entering)))
    playing = list(map(list, dict.fromkeys(tuple(dict.fromkeys(names)) for names in steps)))
    if not full:
        playing.pop()  # the last to enter complete the band
    bars = next((one.value for one in findings if one.kind == "bars"), 0) - count * len(playing)
    lengths = [*(count for _ in playing), max(bars, 0) or _REST_BARS]
    form = " ".join(f"{letter}{length}" for letter, length in zip(_LETTERS, lengths, strict=False))
    items = (f"{letter.lower()}: only {' and '.join(names)}" for letter, names in zip(_LETTERS, playing, strict=False))
    found[place] = replace(whole, value="; ".join(items))
    return [*found, replace(findings[place], kind="form", value=form)]


def _is_placed(one: Finding) -> bool:
    """Whether a finding places players in another way; who plays first is said by the bars themselves."""
    if one.kind == "sections":
        return not one.value.startswith(_OPENING) and bool(re.search(_PLACES_PLAYERS, one.value))
    return one.kind in _PLACED


def _groups(findings: Sequence[Finding], turn: int, text: Text) -> list[list[int]]:
    """The places of the parts that play first, right before or after their bars, and of those after each "then"."""
    parts = [place for place, one in enumerate(findings) if one.kind == "part"]
    beside = [place for place in (turn + 1, turn - 1) if place in parts]
    first = next((place for place in beside if not re.search(_THEN, _between(findings, turn, place, text))), None)
    if first is None:
        return []
    groups = [[first]]
    for place in (place for place in parts if place > max(turn, first)):
        before = findings[groups[-1][-1]] if groups[-1][-1] > turn else findings[turn]
        between = text.plain[text.words[before.last - 1].end : text.words[findings[place].first].start]
        if re.search(_THEN, between):
            groups.append([place])
        elif re.fullmatch(_AND, between):
            groups[-1].append(place)
        else:
            break
    return groups if len(groups) > 1 or _everybody_follows(findings, groups, text) else []


def _between(findings: Sequence[Finding], one: int, other: int, text: Text) -> str:
    """The text between two findings."""
    first, last = sorted((findings[one], findings[other]), key=lambda each: each.first)
    return text.plain[text.words[first.last - 1].end : text.words[last.first].start]


def _everybody_follows(findings: Sequence[Finding], groups: Sequence[Sequence[int]], text: Text) -> bool:
    """Whether "then everybody" or the like follows the last player that is named."""
    last = max(findings[place].last for place in groups[-1])
    everybody = r"everybody|everyone|everything|all|tutti|(?:the )?(?:full|whole|entire) [a-z]+|(?:the )?(?:rest|others|band)"
    return bool(re.match(rf"[^.;]{{0,24}}{_THEN} (?:{everybody})\b", text.plain[text.words[last - 1].end :]))
