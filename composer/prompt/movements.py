"""Movements of a suite that a prompt lists, "a prelude, a sarabande and a gigue": a piece is the first one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from composer.prompt.findings import Finding
from composer.prompt.lexicon import either, prompt_table
from composer.prompt.prompt_text import Text

_SUITE = r"\b(?:suite|partita|movements?)\b"
_OTHERS = (
    "prelude",
    "overture",
    "air",
    "aria",
    "march",
    "fugue",
    "toccata",
    "rondo",
    "waltz",
    "mazurka",
    "intermezzo",
    "finale",
)
_ARTICLE = r"(?:(?:an?|the) )?(?:[a-z]+ )?"


def with_first_movement(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings without what a prompt says of the later movements of a suite, each of which is a separate piece."""
    name = rf"(?:{either({*prompt_table()['dances'], *_OTHERS})})\b"
    listed = re.search(rf"\b{name}(?:, (?:and )?{_ARTICLE}{name})*,? and {_ARTICLE}{name}", text.plain)
    if not listed or not re.search(_SUITE, text.plain):
        return list(findings)
    named = list(re.finditer(rf"\b{name}", listed[0]))
    first, later = named[0][0], {each[0] for each in named[1:]}
    spans = [(listed.start() + named[0].end(), listed.end())]
    for each in re.finditer(rf"\b(?:{'|'.join(sorted(later))})\b", text.plain[listed.end() :]):
        start = listed.end() + each.start()
        rest = re.split(rf"[.;,]|\band (?:the |an? )?(?:{first}|{name})", text.plain[start + len(each[0]) :])[0]
        spans.append((start, start + len(each[0]) + len(rest)))
    found: list[Finding] = []
    for one in findings:
        start = text.words[one.first].start if one.first < len(text.words) else 0
        end = text.words[one.last - 1].end if 0 < one.last <= len(text.words) else start
        place = next((place for place, span in enumerate(spans) if span[0] <= start and end <= span[1]), None)
        movement = next((each for each in later if each in one.phrase.lower()), "")
        if place is None or one.kind == "duration":
            found.append(one)
        elif movement and place == 0:
            found.append(replace(one, kind="second dance", value=movement))
        elif not movement:
            found.append(replace(one, kind="beyond", value=one.phrase))
    return found
