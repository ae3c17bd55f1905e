"""Stories of players: "starts with a lonely oboe over strings, after eight bars the horns join, then back to just the oboe".

Reads who does what, clause by clause: who opens, who enters, who has the melody, who leaves, when everybody plays, and who is
left at the end. Each such step is a section of the form with settings of who plays in it. A story has an opening; what happens
in sections that a prompt names is up to `composer.prompt.roles_of_places`, and at times to `composer.prompt.phases`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from composer.brief import EVERY
from composer.prompt.clauses import Clause, clauses_of, in_section, is_within, patterns, placed_part
from composer.prompt.figures.band_sections import COUNTERPOINT
from composer.prompt.figures.patterns import number_of
from composer.prompt.figures.places import named_place
from composer.prompt.findings import Finding
from composer.prompt.lexicon import either, lexicon, phrase_of, prompt_table
from composer.prompt.listed_parts import starts_of_parts
from composer.prompt.parts import players_of_part
from composer.prompt.phases import names_of_part
from composer.prompt.prompt_text import Text
from composer.prompt.scopes import ENDS, NO_PLACE, STARTS
from composer.prompt.settle_sections import MELODY

_LETTERS = "ABCDEFGH"
_FEWEST, _MOST = 2, 8  # steps
_STEP_BARS, _FULL_BARS, _MOST_BARS = 8, 16, 64  # of a step, of the one in which most play, and of one with bars of its own
_INTRO, _THROUGHOUT = "intro", f"{EVERY}: "
_MIDDLES = ("middle", "middle section", "middle part")  # names of sections that a step may be
# Kinds of findings that place players in another way: times, lists of sections, and forms with other counts.
_PLACED = ("at", "until", "span", "piece share", "form", "strophes", "section bars", "bars each",
           "choruses", "solo place", "solo after", "voices")  # fmt: skip
_READ_AGAIN = ("sections", "place", "section wanted")  # kinds that say the same within a step
_COUNTS = ("bars", "turn bars")
_LAYERS = "layers"  # kind of "one after another", which the steps are
_OPENS, _ENTERS, _LEADS, _LEAVES, _ALL, _CLOSES = "opens", "enters", "leads", "leaves", "all", "closes"


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
        grown: whether the piece grows to those who play here: "from a solo cello to the full strings".
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
    grown: bool = False


def with_story(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings with the steps of a story as a form and settings of its sections, in place of those that they come from.

    An opening and one entry are an introduction. Nothing changes without an opening, beside times and lists of sections, and
    where a step is in a section that the prompt names.
    """
    if any(one.kind in _PLACED for one in findings) or starts_of_parts(text.plain) or re.search(COUNTERPOINT, text.plain):
        return list(findings)
    steps = _steps(clauses_of(findings, text))
    is_open = _FEWEST <= len(steps) <= _MOST and not _are_halves(steps)
    if not is_open or not _is_whole(steps, text) or _is_read(steps, findings, text):
        return list(findings)
    names = _names_of(steps)
    numbers = [_number_of(one, steps, text) for one in findings]
    groups = [one for one, number in zip(findings, numbers, strict=True) if one.kind == "part" and number < 0]
    found: list[Finding] = []
    joins = bool(groups) or any(step.does == _ALL for step in steps)  # those who play without being named in the steps
    paced = set[str]()  # sections that have a mood
    for one, number in zip(findings, numbers, strict=True):
        name = names[number]
        if number >= 0 and one.kind == "part":
            placed = placed_part(one, groups, name, joins=joins)
            found.append(replace(placed, is_definite=False) if steps[number].grown else placed)
            groups += [one] if found[-1].kind == "part" and not one.value.is_a("ensemble") else []
        elif number >= 0 and (one.kind in _READ_AGAIN or (one.kind in _COUNTS and _is_counted(one, steps[number], text))):
            found.append(in_section(one, name))
        elif one.kind == _LAYERS:
            found.append(in_section(one, names[0]))
        elif number >= 0 and one.kind == "mood":
            of_place = replace(one, kind="place mood", value=(name, one.value[0]))
            found.append(replace(one, kind="placed") if name in paced else of_place)
            paced.add(name)
        else:
            found.append(one)
    return [*found, *_settings(steps, names, findings, _lengths(steps, found), text)]


def _are_halves(steps: Sequence[_Step]) -> bool:
    """Whether "first" one, "then" another are all that is said: they follow each other, and nobody enters."""
    return len(steps) == _FEWEST and all((step.start, step.end) in step.said for step in steps)


def _number_of(one: Finding, steps: Sequence[_Step], text: Text) -> int:
    """The number of the step in whose clauses a finding is; -1 if it is in none."""
    return next((number for number, step in enumerate(steps) if is_within(one, step.start, step.end, text)), -1)


def _is_counted(one: Finding, step: _Step, text: Text) -> bool:
    """Whether a number of bars is one that the step counts."""
    start = text.words[one.first].start
    return any(first <= start < last for first, last in step.said)


def _is_read(steps: Sequence[_Step], findings: Sequence[Finding], text: Text) -> bool:
    """Whether all that a story says is an opening and what follows, which is read as settings already."""
    said = any(
        one.kind == "sections"
        and not one.value.startswith(_THROUGHOUT)
        and steps[0].start <= text.words[one.first].start < steps[-1].end
        for one in findings
    )
    counted = any(step.bars or step.after or step.at_bar for step in steps)
    return len(steps) == _FEWEST and said and not counted


def _steps(clauses: Sequence[Clause]) -> list[_Step]:
    """The steps of a story in reading order; what precedes its opening is about the whole piece."""
    if one_by_one := _one_by_one(clauses):
        return one_by_one
    steps: list[_Step] = []
    for number, clause in enumerate(clauses):
        last = steps[-1] if steps else None
        if last is None and number and not clauses[number - 1].players and clauses[number - 1].fullmatch(patterns().opens_so):
            clause = clause._replace(start=clauses[number - 1].start)  # "with a broad, noble theme on the horns"
        step = _step(clause, last)
        if step is None:
            continue
        if last and step.does == _LEADS and not step.after and not step.at_bar and not clause.search(patterns().turns):
            last.lead = last.lead or step.lead  # "the violin joins, and the cello takes the tune"
            last.names += [name for name in step.names if last.does != _ALL and name not in last.names]
            last.end = step.end
            last.said += step.said
            continue
        steps.append(step)
    return steps


def _one_by_one(clauses: Sequence[Clause]) -> list[_Step]:
    """The steps of players who enter one at a time, in the order of the list after or before these words; else none."""
    said = next((number for number, clause in enumerate(clauses) if clause.search(patterns().one_by_one)), -1)
    match = clauses[said].search(patterns().one_by_one) if said >= 0 else None
    if match is None or not any(clause.search(patterns().entry) for clause in clauses[max(0, said - 1) : said + 2]):
        return []
    named = [player for clause in clauses for player in clause.players]
    after = [one for one in named if one.start > match.end()]
    listed = after if len({name for one in after for name in one.names}) >= _FEWEST else named
    every = next((found for clause in clauses if (found := clause.search(patterns().every))), None)
    bars = round(number_of(every["bars"])) if every else 0
    known: list[str] = []
    steps: list[_Step] = []
    for player in listed:
        names = [name for name in player.names if name not in known]
        known += names
        does = _ENTERS if steps else _OPENS
        steps += [_Step(does, names, player.start, player.end, bars=bars)] if names else []
    if len(steps) < _FEWEST:
        return []
    steps[-1].bars = 0
    said_by = [match, *filter(None, (every, clauses[said].search(patterns().entry)))]
    within = [found.span() for found in said_by if clauses[said].start <= found.start() < clauses[said].end]
    steps[0].said = [(min(start for start, _ in within), max(end for _, end in within))]
    return steps


def _step(clause: Clause, before: _Step | None) -> _Step | None:
    """What a clause says that players do; `None` if nothing, or nothing that is understood."""
    words, names = patterns(), clause.names

    def step(does: str, match: re.Match[str], who: Sequence[str], lead: str = "") -> _Step:
        return _counted(_Step(does, list(who), clause.start, clause.end, lead, said=[match.span()]), clause)

    if before is None:
        if opens := clause.search(words.opens_with):
            names = [name for player in clause.players if player.start >= opens.end() for name in player.names]
            leads = len(names) > 1 and bool(clause.search(words.over))
            return step(_OPENS, opens, names, names[0] if leads else "") if names else None
        opens = clause.fullmatch(words.first) or clause.search(words.opens)
        return step(_OPENS, opens, clause.acting(opens)) if opens and names else None
    if names and (last := clause.search(words.last_word)):
        return step(_LEADS, last, names, names[0])
    if names and (all_but := clause.search(words.all_but)):
        return step(_CLOSES, all_but, names)
    if names and (closes := clause.search(words.closes)) and clause.search(words.alone):
        return step(_CLOSES, closes, names)
    if names and before.does == _OPENS and (grown := clause.search(words.grown)):
        return replace(step(_ENTERS, grown, names), grown=True)
    leads_at = clause.search(words.leads) if names else None
    if everybody := clause.search(words.everybody):
        return step(_ALL, everybody, [], names[0] if leads_at else "")
    if names and (leaves := clause.search(words.leaves)):
        return step(_LEAVES, leaves, names)
    if names and (enters := clause.search(words.enters)):
        return step(_ENTERS, enters, names, names[0] if leads_at or clause.search(words.tune) else "")
    if climax := clause.search(words.climax):
        return step(_ENTERS, climax, names)
    if leads_at:
        return step(_LEADS, leads_at, names, names[0])
    if names and before.does != _OPENS and (alone := clause.search(words.alone)):
        return step(_CLOSES, alone, names)
    goes_on = clause.fullmatch(words.goes_on)
    if not goes_on or not names or before.does not in (_OPENS, _ENTERS):
        return None
    entry = step(_ENTERS, goes_on, names)
    entry.at_bar = 1 + round(number_of(goes_on["after"])) if goes_on["after"] else entry.at_bar
    return entry


def _counted(step: _Step, clause: Clause) -> _Step:
    """A step with the bars that its clause counts."""
    bars = clause.search(patterns().bars)
    if bars:
        step.said.append(bars.span())
        count = round(number_of(bars["bars"] or bars["bar"]))
        is_after_bar = bool(bars["after"] and bars["bar"])  # "after bar 8"
        step.at_bar = count + 1 if is_after_bar else count if bars["at"] else 0
        step.after = count if bars["after"] and bars["bars"] else 0
        step.bars = count if bars["lasting"] else 0
    return step


def _is_whole(steps: Sequence[_Step], text: Text) -> bool:
    """Whether steps are a story: one opens, others follow, and the prompt names no section in which something happens."""
    follow = {step.does for step in steps[1:]}
    named = [
        match.start()
        for match in _named_sections().finditer(text.plain)
        if named_place(match[0], "", text.plain)
        and not (match[0] in _MIDDLES and any(step.start <= match.start() < step.end for step in steps))
    ]
    return bool(follow & {_ENTERS, _ALL, _LEAVES, _LEADS}) and not named


@cache
def _named_sections() -> re.Pattern[str]:
    """The name of a section that is neither the beginning nor the end."""
    names = [name for name, place in prompt_table()["places"].items() if place not in (*STARTS, *ENDS)]
    return re.compile(rf"\b(?:{either(names)}){NO_PLACE}")


def _names_of(steps: Sequence[_Step]) -> list[str]:
    """The names of the sections of steps in settings."""
    if _is_introduction(steps):
        return [_INTRO, *("a" for _ in steps[1:])]
    return [STARTS[0], *(letter.lower() for letter in _LETTERS[1 : len(steps) - 1]), ENDS[0]]


def _is_introduction(steps: Sequence[_Step]) -> bool:
    """Whether all that happens is that the others follow after an opening."""
    return len(steps) == _FEWEST and steps[1].does in (_ENTERS, _ALL)


def _settings(
    steps: Sequence[_Step], names: Sequence[str], findings: Sequence[Finding], lengths: Sequence[int], text: Text
) -> Iterator[Finding]:
    """Who plays in each step and the form, as findings."""
    playing = _playing(steps)
    most = max((len(names) for names in playing if names is not None), default=0)
    tutti = any(step.does == _ALL for step in steps)
    known = {
        name for one in findings if one.kind == "part" for name in (*names_of_part(one), *players_of_part(one, alone=True))
    }

    def finding(kind: str, value: object, start: int, end: int) -> Finding:
        return Finding(
            kind, value, text.raw[start:end].strip(" ,;.!?"), first=text.words_until(start), last=text.words_until(end)
        )

    for number, (step, name, who) in enumerate(zip(steps, names, playing, strict=True)):
        items = [f"only {' and '.join(who)}"] if who is not None and (tutti or number == 0 or len(who) < most) else []
        if not items:  # who is named within a phrase only joins here
            entered = dict.fromkeys(each for earlier in steps[: number + 1] for each in earlier.names)
            items += [f"+{each}" for each in entered if each not in known and _instrument(each) not in known]
        items += [f"{MELODY}{step.lead}"] if step.lead else []
        if items:
            yield finding("sections", f"{name}: {', '.join(items)}", step.start, step.end)
        for span in step.said:
            yield finding("phase", f"section {name}", *span)
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
    """The instrument that a name of a player means, "french-horn" for a horn, a violin for "violin 2"; else the name."""
    senses = lexicon().senses.get(phrase_of(re.sub(r" [1-9]$", "", name)), ())
    return next((sense.value[0] for sense in senses if sense.kind == "instrument"), name)


def _lengths(steps: Sequence[_Step], findings: Sequence[Finding]) -> list[int]:
    """The bars of each step: those that the prompt counts, else eight, and sixteen where most play; none beside a length."""
    if any(one.kind in ("duration", "bars", "length") for one in findings):
        return [0] * len(steps)
    bars = [step.bars for step in steps]
    begins = 1
    for number, step in enumerate(steps[1:], start=1):
        bars[number - 1] = bars[number - 1] or step.after or (step.at_bar - begins if step.at_bar > begins else step.at_bar)
        begins += bars[number - 1] or _STEP_BARS
    playing = _playing(steps)
    fullest = max(range(len(steps)), key=lambda number: (playing[number] is None, len(playing[number] or ()), number))
    return [min(count, _MOST_BARS) or (_FULL_BARS if number == fullest else _STEP_BARS) for number, count in enumerate(bars)]
