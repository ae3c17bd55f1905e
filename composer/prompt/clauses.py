"""Clauses of a prompt that say what players do, "after eight bars the horns come in": who is named, and patterns of verbs.

In a clause each character of a player is a mark, so that the patterns need to know no instrument. The words are in
`prompt.toml`, in the table `story`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from composer.prompt.figures.band_sections import PLAYER, player_name
from composer.prompt.figures.patterns import number_pattern
from composer.prompt.findings import Finding
from composer.prompt.lexicon import either, prompt_table
from composer.prompt.parts import LARGEST_GROUP, players_of_part
from composer.prompt.phases import names_of_part
from composer.prompt.prompt_text import Text
from composer.prompt.settle_places import has_players

_MARK = "@"  # in place of each character of a player
_JOINT = re.compile(r"(?:,| and| &|, and)? (?:(?:the|a|an) )?")  # between listed players
_ROLES = ("melody", "lead")  # names of players in settings that are no instruments


class Player(NamedTuple):
    """Who is named at characters `start` to `end`: names in settings of sections; none of a large group."""

    start: int
    end: int
    names: tuple[str, ...]


class Clause(NamedTuple):
    """A clause of a masked text, characters `start` to `end`, and the players named in it, without large groups."""

    masked: str
    start: int
    end: int
    players: tuple[Player, ...]

    @property
    def names(self) -> list[str]:
        """The names of its players in reading order."""
        return list(dict.fromkeys(name for player in self.players for name in player.names))

    def search(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match within the clause."""
        return pattern.search(self.masked, self.start, self.end)

    def acting(self, match: re.Match[str]) -> list[str]:
        """Who does what a match says: the last player in it with those listed right before, else who is named after it."""
        before = [one for one in self.players if one.start < match.end()]
        if _MARK not in match[0]:
            return list(dict.fromkeys(name for one in self.players if one.start >= match.end() for name in one.names))
        listed = before[-1:]
        for one in reversed(before[:-1]):
            if not _JOINT.fullmatch(self.masked, one.end, listed[0].start):
                break
            listed.insert(0, one)
        return list(dict.fromkeys(name for one in listed for name in one.names))

    def fullmatch(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The match of the whole clause."""
        return pattern.fullmatch(self.masked, self.start, self.end)


class Patterns(NamedTuple):
    """Patterns of what clauses say; `before_player` and `player` cut words such as "solo" off a phrase for a player."""

    breaks: re.Pattern[str]
    opens_with: re.Pattern[str]
    opens: re.Pattern[str]
    first: re.Pattern[str]
    opens_so: re.Pattern[str]
    over: re.Pattern[str]
    enters: re.Pattern[str]
    goes_on: re.Pattern[str]
    one_by_one: re.Pattern[str]
    entry: re.Pattern[str]
    every: re.Pattern[str]
    leads: re.Pattern[str]
    tune: re.Pattern[str]
    stands_out: re.Pattern[str]
    last_word: re.Pattern[str]
    leaves: re.Pattern[str]
    grown: re.Pattern[str]
    everybody: re.Pattern[str]
    all_but: re.Pattern[str]
    climax: re.Pattern[str]
    closes: re.Pattern[str]
    alone: re.Pattern[str]
    only_there: re.Pattern[str]
    turns: re.Pattern[str]
    bars: re.Pattern[str]
    before_player: re.Pattern[str]
    player: re.Pattern[str]


@cache
def patterns() -> Patterns:
    """The patterns, from the words of `prompt.toml`."""
    word = {name: either(words) for name, words in prompt_table()["story"].items()}
    one = rf"(?:[a-z'-]+ ){{0,3}}?{_MARK}+"
    grown = rf"to (?:an? |the )?(?:{word['everybody']}|(?:full |whole |entire )?{_MARK}+)"
    several = rf"{one}(?:(?: and|,| plus| &) {one})*"
    few = r"(?: [a-z'-]+){0,3}?"
    closes = rf"(?:and|but) (?:[a-z]+ )?(?:{word['closes']}|{word['everybody']})\b"
    plays = rf"(?: (?:{word['plays']}|{word['alone']}))*"
    does = rf"{word['enters']}|{word['leads']}|{word['stands_out']}|{word['last_word']}|{word['leaves']}"
    number = number_pattern()
    bars = rf"(?:(?:about|around|roughly|some|another|the|first|only) )*(?P<bars>{number})[ -]bars?\b"
    texts = {
        "breaks": rf"[,;!?()]|[.:](?=\s|$)|\s(?=(?:and |but )?(?:{word['then']}|{word['before']})\b)"
        rf"|\s(?={grown}(?!\w))|\s(?={closes})|\s(?=and {one}(?: and {one})?{few} (?:{does})\b)",
        "opens_with": rf"\b(?:(?:{word['opens']}){few} (?:{word['with']})|(?:{word['grows']}) from)\b",
        "opens": rf"{several} (?:(?:plays? )?(?:{word['alone']}) (?:first|at first)|first\b(?=\W*$|[\W])(?! {_MARK})"
        rf"|(?:{word['opens']}|plays)\b(?:{few} (?:{word['alone']})\b|(?=\W*$)))"
        rf"|\b(?:{word['opens']}) {one} (?:{word['alone']})\b",
        "first": rf"\W*(?:{word['first']})(?: [a-z'-]+){{1,3}} {_MARK}+(?: and {one})*{plays}\W*",
        "opens_so": rf"\W*(?:[a-z'-]+ ){{0,3}}?(?:{word['opens']}){few} (?:{word['with']}) an? [a-z'-]+\W*",
        "over": rf"{_MARK}+ (?:{word['over']}) ",
        "enters": rf"{_MARK}+{few} (?:{word['enters']})\b|\b(?:{word['adds']}|{word['enters']})\b(?={few} {_MARK})"
        rf"|\b(?:{word['enters_around']}) {one} ein\b",
        "goes_on": rf"\W*(?:(?:{word['then']}|and|but) )*{several}"
        rf"(?: after (?P<after>{number})(?: bars?)?| (?:at|from|in|by|around) bar {number})?\W*",
        "one_by_one": rf"\b(?:{word['one_by_one']})\b",
        "entry": rf"\b(?:{word['enters']}|{word['adds']})\b",
        "every": rf"\bevery (?P<bars>{number}) bars?\b",
        "leads": rf"{_MARK}+{few} (?:{word['leads']})\b(?! chorus)",
        "tune": rf"\b(?:{word['tune']})\b",
        "stands_out": rf"{_MARK}+{few} (?:{word['stands_out']})\b",
        "last_word": rf"{_MARK}+{few} (?:{word['last_word']})\b",
        "leaves": rf"{_MARK}+{few} (?:{word['leaves']})\b",
        "grown": rf"\W*{grown}(?!\w)",
        "everybody": rf"\b(?:{word['everybody']})\b(?! (?:but|except|drops?|stops?))",
        "all_but": rf"\b(?:{word['everybody']}) [^{_MARK}]*?\b(?:{word['except']})\b[^{_MARK}]*{_MARK}+",
        "climax": r"\b(?:climax|peak|culmination|high point)\b",
        "closes": rf"\b(?:{word['closes']})\b",
        "alone": rf"\b(?:{word['alone']})(?! (?:de|der|des|di|du|of|by|for|from|on)\b) (?:[a-z'-]+ ){{0,3}}?{_MARK}+"
        rf"|{_MARK} (?:is |are )?(?:{word['alone']}|{word['again']})\b",
        "only_there": rf"{_MARK}+(?! (?:walks?|bows?|strums?|plucks?|swings?)\b){few} only{few} (?:in|for|on|at|during|from)\b",
        "turns": rf"\b(?:{word['then']}|{word['before']})\b",
        "bars": rf"\b(?:(?P<after>after)|(?P<lasting>for|during)|(?P<at>at|from|in|on|around|by)) "
        rf"(?:{bars}|(?:around )?bar (?P<bar>{number})\b)",
        "before_player": rf"(?:(?:{word['alone']}|an?|the|el|la|le|un|una|une|das|der|die) )*",
        "player": rf".*?(?=(?: (?:{word['alone']}))*$)",
    }
    return Patterns(**{name: re.compile(text) for name, text in texts.items()})


def clauses_of(findings: Sequence[Finding], text: Text) -> list[Clause]:
    """The clauses of a text in reading order."""
    players = list(_players(findings, text))
    masked = text.plain
    for one in players:
        said = masked[one.start : one.end]
        start, end = (_length(said, pattern) for pattern in (patterns().before_player, patterns().player))
        if one.names and start < end:
            masked = f"{masked[: one.start + start]}{_MARK * (end - start)}{masked[one.start + end :]}"
    breaks = list(patterns().breaks.finditer(masked))
    return [
        Clause(masked, start, end, tuple(one for one in players if one.names and start <= one.start < end))
        for start, end in pairwise([0, *(match.end() for match in breaks), len(masked)])
        if masked[start:end].strip()
    ]


def _length(said: str, pattern: re.Pattern[str]) -> int:
    match = pattern.match(said)
    return match.end() if match else 0


def _players(findings: Sequence[Finding], text: Text) -> Iterator[Player]:
    """Who is named where, in reading order; also within phrases that are read as a whole."""
    parts = [players_of_part(one, alone=True) for one in findings if one.kind == "part"]
    doubled = {name for players in parts for name in players if players.count(name) > 1}
    named: list[Player] = []
    for one in findings:
        if one.kind == "part" and not one.is_likened and one.first < one.last:
            names = [f"{name} {one.nth}" if one.nth and name in doubled else name for name in names_of_part(one)]
            start, end = text.words[one.first].start, text.words[one.last - 1].end
            named.append(Player(start, end, () if is_everybody(one) else tuple(names)))
    for match in re.finditer(rf"\b{PLAYER}", text.plain):
        is_known = any(one.start < match.end() and match.start() < one.end for one in named)
        if not is_known and match[1] not in _ROLES:
            named.append(Player(*match.span(), (player_name(match[1]),)))
    yield from sorted(named, key=lambda one: one.start)


def is_everybody(part: Finding) -> bool:
    """Whether a part is a large group, such as an orchestra."""
    return len(players_of_part(part, alone=True)) > LARGEST_GROUP and len(names_of_part(part)) > 1


def is_within(one: Finding, start: int, end: int, text: Text) -> bool:
    """Whether the words of a finding are within characters of the text."""
    return one.first < one.last and start <= text.words[one.first].start and text.words[one.last - 1].end <= end


def in_section(one: Finding, name: str) -> Finding:
    """A finding that says no more than that something happens in a section."""
    return replace(one, kind="phase", value=f"section {name}")


def placed_part(part: Finding, groups: Sequence[Finding], name: str, *, joins: bool) -> Finding:
    """A part of a section: one that may join those who play in a style, or no other player where `groups` have it.

    An orchestra beside a smaller group is that group: "a woodwind quintet ... then tutti".
    """
    several = [group for group in groups if len(players_of_part(group, alone=True)) > 1]
    is_all = is_everybody(part) and any(group.value.is_a("ensemble") for group in several)
    if is_all or any(has_players(group, part) for group in groups):
        return in_section(part, name)
    return replace(part, is_only=False, is_for=False, is_bare=False, is_added=joins or part.is_added, is_solo=False, place="")
