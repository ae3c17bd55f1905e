"""Who does what in a section that a prompt names: "the oboe answers in the bridge", "cornets join in the second verse".

Reads clauses with one place and what its players do there, as settings of that section; what other rules read as such stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from composer.prompt.clauses import Clause, clauses_of, is_within, patterns
from composer.prompt.figures.band_sections import entries
from composer.prompt.findings import Finding
from composer.prompt.prompt_text import Text
from composer.prompt.scopes import CLIMAX, ELSEWHERE, STARTS, named_in
from composer.prompt.settle_sections import MELODY

_END, _MIDDLE = "end", "middle"
_JOINTS = re.compile(r"\s(?=(?:and|but)\b)")
# Kinds that say who plays where already, and those that place players by themselves.
_SET = ("sections", "place", "section wanted", "form", "solo after", "solo place", "turn bars", "lead turns", "layers")
_TIMED = ("at", "until", "span", "hits", "peak", "piece share")


def with_roles_of_places(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings with settings of sections for who plays, enters, leads, rests or is alone in a place that a clause names.

    Nothing changes beside times. A solo in the middle or at the end is up to `composer.prompt.settle_leads`.
    """
    if any(one.kind in _TIMED for one in findings):
        return list(findings)
    found = list(findings)
    for clause in (piece for whole in clauses_of(findings, text) for piece in _pieces(whole, text)):
        first, last = text.words_until(clause.start), text.words_until(clause.end)
        if any(one.kind in _SET and one.first < last and first < one.last for one in findings):
            continue
        within = [place for place, one in enumerate(findings) if is_within(one, clause.start, clause.end, text)]
        line = _setting(clause, text)
        name = line.partition(":")[0]
        if not line or (name in (_MIDDLE, _END) and any(findings[place].is_solo for place in within)):
            continue
        for place in within:
            if found[place].kind == "part":
                found[place] = replace(found[place], place="", is_only=False, is_solo=False)
            elif found[place].kind == "mood" and found[place].place:
                found[place] = replace(found[place], kind="place mood", value=(name, found[place].value[0]))
        phrase = text.raw[clause.start : clause.end].strip(" ,;.!?")
        found.append(Finding("sections", line, phrase, first=first, last=last))
        found.append(replace(found[-1], kind="phase", value=f"section {name}"))
    return found


def _pieces(clause: Clause, text: Text) -> Iterator[Clause]:
    """A clause, cut before each "and" if it names several places: "a bass solo in the bridge and a slow ending"."""
    if len({one.place for one in named_in(text, clause.start, clause.end)}) <= 1:
        yield clause
        return
    cuts = [clause.start, *(match.start() for match in _JOINTS.finditer(clause.masked, clause.start, clause.end)), clause.end]
    for start, end in pairwise(cuts):
        yield Clause(clause.masked, start, end, tuple(one for one in clause.players if start <= one.start < end))


def _setting(clause: Clause, text: Text) -> str:
    """The setting that a clause says; empty if it says none."""
    words = patterns()
    places = {one.place for one in named_in(text, clause.start, clause.end)}
    if not clause.players or any("%" in place for place in places) or places & {*STARTS, CLIMAX, ELSEWHERE}:
        return ""
    if last := clause.search(words.last_word):
        return f"{_END}: {MELODY}{clause.acting(last)[0]}" if clause.acting(last) else ""
    shows = clause.search(words.stands_out)
    if len(places) != 1 and not (shows and not places):
        return ""
    name = next(iter(places), _MIDDLE)
    if match := clause.search(words.all_but):
        return f"{name}: only {' and '.join(clause.acting(match))}"
    if match := clause.search(words.leaves):
        return f"{name}: {', '.join(f'no {each}' for each in clause.acting(match))}"
    if match := clause.search(words.only_there):
        return f"{name}: {', '.join(f'+{each}' for each in clause.acting(match))}"
    if match := shows or clause.search(words.leads):
        return f"{name}: {MELODY}{' and '.join(clause.acting(match))}"
    if match := clause.search(words.alone):
        return f"{name}: only {' and '.join(clause.acting(match))}"
    match = clause.search(words.enters)
    return entries(name, clause.acting(match)) if match and clause.acting(match) else ""
