"""Who does what in a section that a prompt names: "the oboe answers in the bridge", "cornets join in the second verse".

Reads clauses with one place and what its players do there, as settings of that section; what other rules read as such stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from composer.prompt.clauses import Clause, clauses_of, is_within, patterns
from composer.prompt.figures.band_sections import entries
from composer.prompt.findings import Finding
from composer.prompt.prompt_text import Text
from composer.prompt.scopes import CLIMAX, ELSEWHERE, STARTS, named_in
from composer.prompt.settle_sections import MELODY

_END, _MIDDLE = "end", "middle"
_CHORUS = "chorus"  # whose solo, in jazz, other rules read
_LENGTH = re.compile(r"\b(?:one|two|three|[1-9]) choruse?s?\b")  # how long a solo is, and not where
_JOINTS = re.compile(r"\s(?=(?:and|but)\b)")
# Kinds that say who plays where already, and those that place players by themselves.
_SET = ("sections", "place", "section wanted", "form", "solo after", "solo place", "turn bars", "lead turns", "layers")
_TIMED = ("at", "until", "span", "hits", "peak", "piece share")


def with_roles_of_places(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings with settings of sections for who plays, enters, leads, rests or is alone in a place that a clause names.

    Nothing changes beside times. A solo in the middle, at the end or over a chorus is up to `composer.prompt.settle_leads`.
    """
    if any(one.kind in _TIMED for one in findings):
        return list(findings)
    found = list(findings)
    for clause in (piece for whole in clauses_of(findings, text) for piece in _pieces(whole, text)):
        first, last = text.words_until(clause.start), text.words_until(clause.end)
        if any(one.kind in _SET and one.first < last and first < one.last for one in findings):
            continue
        within = [place for place, one in enumerate(findings) if is_within(one, clause.start, clause.end, text)]
        name, line, start = _setting(clause, text)
        solos = [findings[place] for place in within if findings[place].is_solo]
        if not line or (solos and (name == _CHORUS or (name in (_MIDDLE, _END) and any(one.place for one in solos)))):
            continue
        if ": only " in line and any(findings[place].is_only and findings[place].place for place in within):
            continue  # `composer.prompt.settle_places` reads who is alone
        for place in within:
            if found[place].kind == "part":
                added = found[place].is_added or found[place].is_solo or found[place].is_only
                found[place] = replace(found[place], place="", is_only=False, is_solo=False, is_added=added)
            elif found[place].kind == "mood" and (found[place].place or text.words[found[place].first].start >= start):
                found[place] = replace(found[place], kind="place mood", value=(name, found[place].value[0]))
        if "; first " in line:  # who plays alone in "the verse" where others enter in the second one
            found = [_of_first(one, line) for one in found]
        phrase = text.raw[clause.start : clause.end].strip(" ,;.!?")
        found.append(Finding("sections", line, phrase, first=first, last=last, place=name))
        found.append(replace(found[-1], kind="phase", value=f"section {name}"))
    return found


def _of_first(one: Finding, line: str) -> Finding:
    """A setting of who is alone in each section of a kind as one of the first of them, if a line has settings of that one."""
    name, _, items = str(one.value).partition(": ")
    is_alone = one.kind == "sections" and items.startswith("only ") and f"first {name}: " in line
    return replace(one, value=f"first {one.value}") if is_alone else one


def _pieces(clause: Clause, text: Text) -> Iterator[Clause]:
    """A clause, cut before each "and" if it names several places: "a bass solo in the bridge and a slow ending"."""
    if len({one.place for one in named_in(text, clause.start, clause.end)}) <= 1:
        yield clause
        return
    cuts = [clause.start, *(match.start() for match in _JOINTS.finditer(clause.masked, clause.start, clause.end)), clause.end]
    for start, end in pairwise(cuts):
        yield Clause(clause.masked, start, end, tuple(one for one in clause.players if start <= one.start < end))


def _setting(clause: Clause, text: Text) -> tuple[str, str, int]:
    """The place that a clause names, the setting that it says, and where what says it begins; empty if it says none."""
    words = patterns()
    places = {one.place for one in named_in(text, clause.start, clause.end)}
    nothing = "", "", clause.end
    if not clause.players or any("%" in place for place in places) or places & {*STARTS, CLIMAX, ELSEWHERE}:
        return nothing
    if clause.search(_LENGTH):
        return nothing
    last = clause.search(words.last_word)
    shows = clause.search(words.stands_out)
    if not last and len(places) != 1 and (places or not shows):
        return nothing
    if not last and _END in places and clause.search(words.closes):
        return nothing  # "ends with the piano alone" is read as a section of its own
    name = _END if last else next(iter(places), _MIDDLE)
    settings: list[tuple[re.Match[str] | None, Callable[[list[str]], str]]] = [
        (last, lambda names: f"{name}: {MELODY}{names[0]}"),
        (clause.search(words.all_but), lambda names: f"{name}: only {' and '.join(names)}"),
        (clause.search(words.leaves), lambda names: f"{name}: {', '.join(f'no {each}' for each in names)}"),
        (clause.search(words.only_there), lambda names: f"{name}: {', '.join(f'+{each}' for each in names)}"),
        (shows or clause.search(words.leads), lambda names: f"{name}: {MELODY}{' and '.join(names)}"),
        (clause.search(words.alone), lambda names: f"{name}: only {' and '.join(names)}"),
        (clause.search(words.enters), lambda names: entries(name, names)),
    ]
    for match, setting in settings:
        if match:
            names = clause.acting(match)
            return (name, setting(names), match.start()) if names else nothing
    return nothing
