"""Movements and pieces that a prompt lists, "a suite: a prelude, a sarabande and a gigue": a piece is the first one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from composer.prompt.figures.patterns import number_pattern
from composer.prompt.findings import Finding
from composer.prompt.lexicon import either, prompt_table
from composer.prompt.listed_parts import starts_of_parts
from composer.prompt.prompt_text import Text

_PIECES = "dances|pieces|movements|miniatures|studies|preludes|sketches|tunes"
_MOVEMENTS = r"\b(?:[a-z]+ )?movements? ?(?::|–|-|\()"
_BEFORE_ITEM = r"(?:^|[,:(] ?(?:and |then )*|\b(?:and|with|then|plus|of) (?:then )?)"
_TAIL = r"(?:(?! for | each\b)[^,.;:!?)])*"  # what the last piece of a list is like


def with_first_movement(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings without what a prompt says of later movements or pieces, each of which is a separate piece."""
    if any(one.kind == "movements" for one in findings):  # as sections of one piece
        return list(findings)
    spans, names = _after_first_movement(text.plain), list[str]()
    if not spans:
        names, spans = _listed(text.plain)
    first, later = names[:1], set(names[1:])
    for each in re.finditer(rf"\b(?:{'|'.join(sorted(later))})\b", text.plain[spans[0][1] :]) if later else ():
        start = spans[0][1] + each.start()
        rest = re.split(rf"[.;,]|\band (?:the |an? )?(?:{first[0]}|{_names()})", text.plain[start + len(each[0]) :])[0]
        spans.append((start, start + len(each[0]) + len(rest)))
    found: list[Finding] = []
    for one in findings:
        start = text.words[one.first].start if one.first < len(text.words) else 0
        end = text.words[one.last - 1].end if 0 < one.last <= len(text.words) else start
        place = next((place for place, span in enumerate(spans) if span[0] <= start and end <= span[1]), None)
        movement = next((each for each in names[1:] if each in one.phrase.lower()), "")
        if place is None or one.kind == "duration":
            found.append(one)
        elif movement and place == 0:
            found.append(replace(one, kind="second dance", value=movement))
        elif not movement:
            found.append(replace(one, kind="beyond", value=one.phrase))
    named = {one.value for one in found if one.kind == "second dance"}
    return [*found, *(Finding("second dance", name, name) for name in names[1:] if name not in named)]


@cache
def _names() -> str:
    """A pattern for the name of a movement."""
    return rf"(?:{either({*prompt_table()['dances'], *prompt_table()['movements']['names']})})\b"


@cache
def _several() -> re.Pattern[str]:
    """Words that say that a list is one of several pieces: "suite", "set of", "three short dances"."""
    counted = rf"\b(?:{number_pattern()}|several) (?:[a-z-]+ ){{0,3}}(?:{_PIECES})"
    return re.compile(rf"\b(?:suite|partita|movements?|medley|potpourri|(?:set|collection|cycle|series) of)\b|{counted}\b")


def _listed(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The names of the pieces of a list, and where it says what the later ones are; both empty where none is listed.

    >>> text = "suite of two dances: a pavane in D minor and a lively galliard in 3, for recorders"
    >>> names, ((start, end),) = _listed(text)
    >>> names, text[start:end]
    (['pavane', 'galliard'], 'a lively galliard in 3')
    """
    if not _several().search(text):
        return [], []
    item = re.compile(
        rf"{_BEFORE_ITEM}(?P<item>(?:(?:an?|the|one) )?(?:(?!in\b|for\b|of\b)[a-z-]+ ){{0,2}}(?P<name>{_names()}))"
    )
    for sentence in re.finditer(r"[^.;!?]+", text):
        items: list[re.Match[str]] = []
        for one in item.finditer(sentence[0].lstrip(), 0):
            if one["name"] in (each["name"] for each in items):
                break
            items.append(one)
        if len(items) > 1:
            offset = sentence.end() - len(sentence[0].lstrip())
            tail = re.compile(_TAIL).match(text, offset + items[-1].end())
            return [each["name"] for each in items], [(offset + items[1].start("item"), tail.end() if tail else offset)]
    return [], []


def _after_first_movement(text: str) -> list[tuple[int, int]]:
    """Where a prompt says what the movements after the first are, "four movements: fast, slow, minuet, rondo"; else empty."""
    said = None if starts_of_parts(text) else re.search(_MOVEMENTS, text)
    rest = re.match(r"[^,.;!?]+,([^.;!?]*)", text[said.end() :]) if said else None
    return [(said.end() + rest.start(1), said.end() + rest.end(1))] if said and rest else []
