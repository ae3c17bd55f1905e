"""Stories of players: "starts with a lonely oboe over strings, after eight bars the horns join, then back to just the oboe".

Reads who does what, clause by clause: who opens, who enters, who has the melody, who leaves, when everybody plays, and who is
left at the end. Each such step is a section of the form with settings of who plays in it. A story has an opening; steps in
sections that a prompt names are up to `composer.prompt.scopes`, and those at times to `composer.prompt.phases`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from composer.prompt.figures.band_sections import PLAYER, player_name
from composer.prompt.figures.patterns import number_of, number_pattern
from composer.prompt.figures.places import named_place
from composer.prompt.findings import Finding
from composer.prompt.lexicon import either, lexicon, phrase_of, prompt_table
from composer.prompt.listed_parts import starts_of_parts
from composer.prompt.parts import players_of_part
from composer.prompt.phases import names_of_part
from composer.prompt.prompt_text import Text
from composer.prompt.scopes import ENDS, NO_PLACE, STARTS
from composer.prompt.settle_places import has_players

_MARK = "@"  # in place of each character of a player in the text of a story
_LETTERS = "ABCDEFGH"
_FEWEST, _MOST = 2, 8  # steps
_LARGEST_GROUP = 7  # players; more are everybody
_STEP_BARS, _FULL_BARS, _MOST_BARS = 8, 16, 64  # of a step, of the one in which most play, and of one with bars of its own
_INTRO = "intro"
_OF_STORIES = ("middle", "middle section", "middle part")  # sections that a step may be
# Kinds of findings that place players in another way: times, lists of sections, and forms with other counts.
_PLACED = ("at", "until", "span", "hits", "peak", "piece share", "form", "strophes", "layers", "section bars", "bars each",
           "choruses", "solo place", "solo after", "voices")  # fmt: skip
_READ_AGAIN = ("sections", "place", "section wanted")  # kinds that say the same within a step
_COUNTS = ("bars", "turn bars")
_COUNTERPOINT = re.compile(r"\b(?:fug|canon|kanon|round\b)")  # whose voices enter one by one
_OPENS, _ENTERS, _LEADS, _LEAVES, _ALL, _CLOSES = "opens", "enters", "leads", "leaves", "all", "closes"


class _Player(NamedTuple):
    """Who is named at characters `start` to `end`: names in settings of sections; none of a large group."""

    start: int
    end: int
    names: tuple[str, ...]


@dataclass(slots=True)
class _Step:
    """What happens at one point: characters `start` to `end` of the clauses that say so.

    Attributes:
        does: what the players do.
        names: who does it; empty for everybody.
        lead: who has the melody from there on; empty for whom the style says.
        bars: how long it lasts, 0 if not given.
        after: bars before it since the step before, 0 if not given.
        at_bar: the bar at which it begins, 0 if not given.
        said: the characters of words that are understood: verbs, bars.
    """

    does: str
    names: list[str]
    start: int
    end: int
    lead: str = ""
    bars: int = 0
    after: int = 0
    at_bar: int = 0
    said: list[tuple[int, int]] = field(default_factory=list)


def with_story(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings with the steps of a story as a form and settings of its sections, in place of those that they come from.

    An opening and one entry are an introduction. Nothing changes without an opening, beside times and lists of sections, and
    where a step is in a section that the prompt names.
    """
    if any(one.kind in _PLACED for one in findings) or starts_of_parts(text.plain) or _COUNTERPOINT.search(text.plain):
        return list(findings)
    players = list(_players(findings, text))
    steps = _steps(players, text)
    if not _FEWEST <= len(steps) <= _MOST or not _is_whole(steps, text) or _is_read(steps, findings, text):
        return list(findings)
    names = _names_of(steps)
    steps_of = [next((number for number, step in enumerate(steps) if _is_within(one, step, text)), -1) for one in findings]
    groups = [one for one, number in zip(findings, steps_of, strict=True) if one.kind == "part" and number < 0]
    named_group = any(group.value.is_a("ensemble") for group in groups)  # "a woodwind quintet ... then tutti"
    found: list[Finding] = []
    paced = set[str]()  # sections that have a mood
    for one, number in zip(findings, steps_of, strict=True):
        name = names[number]
        if number < 0:
            found.append(one)
        elif one.kind == "part":
            known = any(has_players(group, one) for group in groups) or (_is_everybody(one) and named_group)
            groups += [] if known else [one]
            found.append(_in_section(one, name) if known else _joining(one))
        elif one.kind in _READ_AGAIN or (one.kind in _COUNTS and _is_counted(one, steps[number], text)):
            found.append(_in_section(one, name))
        elif one.kind == "mood":
            found.append(replace(one, kind="placed") if name in paced else replace(one, kind="place mood", value=(name, one.value[0])))
            paced.add(name)
        else:
            found.append(one)
    return [*found, *_settings(steps, names, findings, text)]


def _in_section(one: Finding, name: str) -> Finding:
    """A finding that says no more than that something happens in a section."""
    return replace(one, kind="phase", value=f"section {name}")


def _joining(part: Finding) -> Finding:
    """A part that joins those who play in a style, and is not all who play."""
    return replace(part, is_only=False, is_for=False, is_bare=False, is_added=True, is_solo=False, place="")


def _is_counted(one: Finding, step: _Step, text: Text) -> bool:
    """Whether a number of bars is one that the step counts."""
    start = text.words[one.first].start
    return any(first <= start < last for first, last in step.said)


def _is_read(steps: Sequence[_Step], findings: Sequence[Finding], text: Text) -> bool:
    """Whether all that a story says is an opening and what follows, which is read as settings already."""
    said = any(one.kind == "sections" and steps[0].start <= text.words[one.first].start < steps[-1].end for one in findings)
    counted = any(step.bars or step.after or step.at_bar for step in steps)
    return len(steps) == _FEWEST and said and not counted


def _is_everybody(part: Finding) -> bool:
    """Whether a part is a large group, such as an orchestra."""
    return len(players_of_part(part, alone=True)) > _LARGEST_GROUP and len(names_of_part(part)) > 1


def _players(findings: Sequence[Finding], text: Text) -> Iterator[_Player]:
    """Who is named where, in reading order; also within phrases that are read as a whole."""
    parts = [players_of_part(one, alone=True) for one in findings if one.kind == "part"]
    doubled = {name for players in parts for name in players if players.count(name) > 1}
    named: list[_Player] = []
    for one in findings:
        if one.kind == "part" and not one.is_likened and one.first < one.last:
            start, end = text.words[one.first].start, text.words[one.last - 1].end
            names = [f"{name} {one.nth}" if one.nth and name in doubled else name for name in names_of_part(one)]
            named.append(_Player(start, end, () if _is_everybody(one) else tuple(names)))
    for match in re.finditer(rf"\b{PLAYER}", text.plain):
        is_known = any(one.start < match.end() and match.start() < one.end for one in named)
        if not is_known and match[1] not in ("melody", "lead"):
            named.append(_Player(*match.span(), (player_name(match[1]),)))
    yield from sorted(named, key=lambda one: one.start)


def _steps(players: Sequence[_Player], text: Text) -> list[_Step]:
    """The steps of a story in reading order; what precedes its opening is about the whole piece."""
    masked = text.plain
    for one in players:
        if one.names:
            said = masked[one.start : one.end]
            start, end = one.start + _patterns().before_player.match(said).end(), one.start + _patterns().player.match(said).end()  # type: ignore[union-attr]
            masked = masked[:start] + _MARK * (end - start) + masked[end:]
    steps: list[_Step] = []
    for start, end in _clauses(masked):
        within = [one for one in players if one.names and start <= one.start < end]
        step = _step(_Clause(masked, start, end, within), steps[-1] if steps else None)
        if step is None:
            continue
        last = steps[-1] if steps else None
        if last and step.does == _LEADS and not step.after and not step.at_bar and not _patterns().turns.search(masked, start, end):
            last.lead = last.lead or step.lead  # "the violin joins, and the cello takes the tune"
            last.names += [name for name in step.names if last.does != _ALL and name not in last.names]
            last.end = step.end
            last.said += step.said
            continue
        steps.append(step)
    return steps


class _Patterns(NamedTuple):
    """The patterns of clauses, in which each character of a player is a mark."""

    breaks: re.Pattern[str]
    opens_with: re.Pattern[str]
    opens: re.Pattern[str]
    over: re.Pattern[str]
    enters: re.Pattern[str]
    goes_on: re.Pattern[str]
    leads: re.Pattern[str]
    leaves: re.Pattern[str]
    everybody: re.Pattern[str]
    closes: re.Pattern[str]
    alone: re.Pattern[str]
    last_word: re.Pattern[str]
    climax: re.Pattern[str]
    first: re.Pattern[str]
    all_but: re.Pattern[str]
    turns: re.Pattern[str]
    bars: re.Pattern[str]
    before_player: re.Pattern[str]
    player: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    """The patterns of clauses, from the words of `prompt.toml`."""
    word = {name: either(words) for name, words in prompt_table()["story"].items()}
    one = rf"(?:[a-z'-]+ ){{0,3}}?{_MARK}+"
    several = rf"{one}(?:(?: and|,| plus| &) {one})*"
    few = r"(?: [a-z'-]+){0,3}?"
    then = rf"(?:(?:{word['then']}|and|but) )*"
    number = number_pattern()
    bars = rf"(?:(?:about|around|roughly|some|another|the|first|only) )*(?P<bars>{number})[ -]bars?\b"
    return _Patterns(
        *map(
            re.compile,
            (
                rf"[,;!?()]|[.:](?=\s|$)|\s(?=(?:and |but )?(?:{word['then']}|{word['before']})\b)"
                rf"|\s(?=(?:and|but) (?:[a-z]+ )?(?:{word['closes']})\b)"
                rf"|\s(?=and {several} (?:{word['enters']})\b)",
                rf"\b(?:{word['opens']}){few} (?:{word['with']})\b",
                rf"{several} (?:(?:plays? )?(?:{word['alone']}) (?:first|at first)|(?:{word['opens']}|plays)\b(?:{few} (?:{word['alone']})\b|(?=\W*$)))|\b(?:{word['opens']}) {one} (?:{word['alone']})\b",
                rf"{_MARK}+ (?:{word['over']}) ",
                rf"{_MARK}+{few} (?:{word['enters']})\b|\b(?:{word['adds']}|{word['enters']})\b(?={few} {_MARK})",
                rf"\W*{then}{several}\W*",
                rf"{_MARK}+{few} (?:{word['leads']})\b",
                rf"{_MARK}+{few} (?:{word['leaves']})\b",
                rf"\b(?:{word['everybody']})\b(?! (?:but|except|drops?|stops?))",
                rf"\b(?:{word['closes']})\b",
                rf"\b(?:{word['alone']}) (?:[a-z'-]+ ){{0,3}}?{_MARK}|{_MARK} (?:is |are )?(?:{word['alone']}|{word['again']})\b",
                rf"\b(?:{word['last_word']})\b",
                r"\b(?:climax|peak|culmination|high point)\b",
                rf"{several} first\b(?=\W*$|\W|$)(?! {_MARK})",
                rf"\b(?:{word['everybody']}) [^{_MARK}]*?\b(?:{word['except']})\b[^{_MARK}]*{_MARK}+",
                rf"\b(?:{word['then']}|{word['before']})\b",
                rf"\b(?:(?P<after>after)|(?P<lasting>for|during)|(?P<at>at|from|in|on|around|by)) (?:{bars}|(?:around )?bar (?P<bar>{number})\b)",
                rf"(?:(?:{word['alone']}|an?|the|el|la|le|un|una|une|das|der|die) )*",
                rf".*?(?=(?: (?:{word['alone']}))*$)",
            ),
        )
    )


class _Clause(NamedTuple):
    """A clause of a masked text, characters `start` to `end`, and who is named in it."""

    masked: str
    start: int
    end: int
    players: Sequence[_Player]

    def search(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match within the clause."""
        return pattern.search(self.masked, self.start, self.end)

    def step(self, does: str, match: re.Match[str], names: Sequence[str], lead: str = "") -> _Step:
        """A step that a match says, with the bars that the clause counts."""
        found = _Step(does, list(names), self.start, self.end, lead, said=[match.span()])
        bars = self.search(_patterns().bars)
        if bars:
            found.said.append(bars.span())
            count = round(number_of(bars["bars"] or bars["bar"]))
            found.at_bar = count if bars["bar"] or bars["at"] else 0
            found.after = count if bars["after"] else 0
            found.bars = count if bars["lasting"] else 0
        return found


def _clauses(masked: str) -> Iterator[tuple[int, int]]:
    """Where the clauses of a text begin and end."""
    breaks = list(_patterns().breaks.finditer(masked))
    bounds = [0, *(match.end() for match in breaks), len(masked)]
    yield from ((start, end) for start, end in pairwise(bounds) if masked[start:end].strip())


def _step(clause: _Clause, before: _Step | None) -> _Step | None:
    """What a clause says that players do; `None` if nothing, or nothing that is understood."""
    patterns = _patterns()
    names = [name for player in clause.players for name in player.names]
    if before is None:
        if opens := clause.search(patterns.opens_with):
            names = [name for player in clause.players if player.start >= opens.end() for name in player.names]
            lead = names[0] if clause.search(patterns.over) and len(names) > 1 else ""
            return clause.step(_OPENS, opens, names, lead) if names else None
        opens = clause.search(patterns.opens) or clause.search(patterns.first)
        return clause.step(_OPENS, opens, names) if opens and names else None
    if names and (last := clause.search(patterns.last_word)):
        return clause.step(_LEADS, last, names, names[0])
    leads = clause.search(patterns.leads) if names else None
    if names and (all_but := clause.search(patterns.all_but)):
        return clause.step(_CLOSES, all_but, names)
    if names and (closes := clause.search(patterns.closes)) and clause.search(patterns.alone):
        return clause.step(_CLOSES, closes, names)
    if everybody := clause.search(patterns.everybody):
        return clause.step(_ALL, everybody, [], names[0] if leads else "")
    if names and (leaves := clause.search(patterns.leaves)):
        return clause.step(_LEAVES, leaves, names)
    if names and (enters := clause.search(patterns.enters)):
        tune = clause.search(re.compile(rf"\b(?:{either(prompt_table()['story']['tune'])})\b"))
        return clause.step(_ENTERS, enters, names, names[0] if tune or leads else "")
    if climax := clause.search(patterns.climax):
        return clause.step(_ENTERS, climax, names)
    if leads:
        return clause.step(_LEADS, leads, names, names[0])
    goes_on = patterns.goes_on.fullmatch(clause.masked, clause.start, clause.end)
    return clause.step(_ENTERS, goes_on, names) if goes_on and before.does in (_OPENS, _ENTERS) else None


def _is_whole(steps: Sequence[_Step], text: Text) -> bool:
    """Whether steps are a story: one opens, others follow, and the prompt names no section in which something happens."""
    follow = {step.does for step in steps[1:]}
    named = [
        match.start()
        for match in _named_sections().finditer(text.plain)
        if named_place(match[0], "", text.plain)
        and not (match[0] in _OF_STORIES and any(step.start <= match.start() < step.end for step in steps))
    ]
    return bool(follow & {_ENTERS, _ALL, _LEAVES, _LEADS}) and not named


@cache
def _named_sections() -> re.Pattern[str]:
    """The name of a section that is neither the beginning nor the end."""
    names = [name for name, place in prompt_table()["places"].items() if place not in (*STARTS, *ENDS)]
    return re.compile(rf"\b(?:{either(names)}){NO_PLACE}")


def _is_within(one: Finding, step: _Step, text: Text) -> bool:
    """Whether the words of a finding are in the clauses of a step."""
    return one.first < one.last and step.start <= text.words[one.first].start and text.words[one.last - 1].end <= step.end


def _names_of(steps: Sequence[_Step]) -> list[str]:
    """The names of the sections of steps in settings."""
    if _is_introduction(steps):
        return [_INTRO, *("a" for _ in steps[1:])]
    return [STARTS[0], *(letter.lower() for letter in _LETTERS[1 : len(steps) - 1]), ENDS[0]]


def _is_introduction(steps: Sequence[_Step]) -> bool:
    """Whether all that happens is that the others follow after an opening."""
    return len(steps) == _FEWEST and steps[1].does in (_ENTERS, _ALL)


def _settings(steps: Sequence[_Step], names: Sequence[str], findings: Sequence[Finding], text: Text) -> Iterator[Finding]:
    """Who plays in each step and the form, as findings."""
    playing = _playing(steps)
    most = max((len(names) for names in playing if names is not None), default=0)
    tutti = any(step.does == _ALL for step in steps)
    known = {name for one in findings if one.kind == "part" for name in (*names_of_part(one), *players_of_part(one, alone=True))}

    def finding(kind: str, value: object, start: int, end: int) -> Finding:
        return Finding(kind, value, text.raw[start:end].strip(" ,;.!?"), first=text.words_until(start), last=text.words_until(end))

    for number, (step, name, who) in enumerate(zip(steps, names, playing, strict=True)):
        items = [f"only {' and '.join(who)}"] if who is not None and (tutti or number == 0 or len(who) < most) else []
        if not items:  # who is named within a phrase only joins here
            entered = dict.fromkeys(each for earlier in steps[: number + 1] for each in earlier.names)
            items += [f"+{each}" for each in entered if each not in known and _instrument(each) not in known]
        items += [f"melody {step.lead}"] if step.lead else []
        if items:
            yield finding("sections", f"{name}: {', '.join(items)}", step.start, step.end)
        for span in step.said:
            yield finding("phase", f"section {name}", *span)
    lengths = _lengths(steps, findings)
    if _is_introduction(steps):
        yield finding("section bars", (_INTRO, lengths[0] or _STEP_BARS), steps[0].start, steps[0].end)
        return
    letters = list(_LETTERS[: len(steps)])
    if steps[-1].does == _CLOSES and {*map(_instrument, steps[-1].names)} <= {*map(_instrument, steps[0].names)}:
        letters[-1] = "A'"
    form = " ".join(f"{letter}{length or ''}" for letter, length in zip(letters, lengths, strict=True))
    yield finding("form", form, *steps[0].said[0])


def _playing(steps: Sequence[_Step]) -> list[list[str] | None]:
    """Who plays in each step; `None` for everybody."""
    found: list[list[str] | None] = []
    for step in steps:
        before = found[-1] if found else []
        if step.does == _ALL:
            found.append(None)
        elif step.does in (_OPENS, _CLOSES):
            found.append(list(dict.fromkeys(step.names)))
        elif before is None:
            found.append(None)
        elif step.does == _LEAVES:
            found.append([name for name in before if name not in step.names])
        else:
            found.append(list(dict.fromkeys([*before, *step.names])))
    return found


def _instrument(name: str) -> str:
    """The instrument that a name of a player means, "french-horn" for a horn; else the name."""
    senses = lexicon().senses.get(phrase_of(name), ())
    return next((sense.value[0] for sense in senses if sense.kind == "instrument"), name)


def _lengths(steps: Sequence[_Step], findings: Sequence[Finding]) -> list[int]:
    """The bars of each step: those that the prompt counts, else eight, and sixteen where most play; none beside a length."""
    if any(one.kind in ("duration", "bars", "length") for one in findings):
        return [0] * len(steps)
    bars = [step.bars for step in steps]
    begins = 1
    for number, step in enumerate(steps[1:], start=1):
        bars[number - 1] = bars[number - 1] or step.after or max(step.at_bar - begins, 0)
        begins += bars[number - 1] or _STEP_BARS
    fullest = max(range(len(steps)), key=lambda number: (_playing(steps)[number] is None, len(_playing(steps)[number] or ()), number))
    return [min(count, _MOST_BARS) or (_FULL_BARS if number == fullest else _STEP_BARS) for number, count in enumerate(bars)]
