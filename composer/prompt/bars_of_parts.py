"""Counts of bars that are those of a part of the piece or of a gesture: "intro with organ, 4 bars", "silence for one bar"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from composer.prompt.figures.patterns import number_pattern
from composer.prompt.findings import Finding
from composer.prompt.lexicon import either, prompt_table
from composer.prompt.prompt_text import Text

_COUNTS = ("bars", "turn bars")
_FEWEST = 4  # bars of a part that counts toward the piece, and of a piece that is not said to be so short
_OF_PIECE = re.compile(r" ?(?:long|in (?:all|total|length)|total|altogether|overall)\b")
_OF_PIECE_BEFORE = re.compile(
    r"\b(?:length|total|altogether|overall|make it|keep it|lasts?|lasting|(?:piece|loop|tune|song|theme|track|cue) of):? ?$"
)
_SENTENCE, _CLAUSE = re.compile(r"[.;!?]"), re.compile(r"[,.;:!?()]|\b(?:and|then)\b")
_FOR = re.compile(r"\bfor (?:about |around |exactly |just |only )?$")
_GOES_ON = re.compile(r"[^.;!?]*?,? ?(?:and )?\b(?:then|before|until|till|suddenly|followed by|after which|when)\b")
_ABOUT = re.compile(r"(?:about|around|roughly|exactly|only|just|of|in|and|then)*\s*")
_LETTERED = "[a-h][ -](?:part|section|theme)"
_BREAK, _SOLO = "break", "solo"  # names that are also words for what a player does


def with_bars_of_parts(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings in which a count of bars is the length of the piece only where it can be one.

    A count in a sentence that a section opens is the length of that section. Several counts that are not said to be the length
    of the piece are those of its parts, whose sum is the length of the piece. Beside a count that is said to be its length, and
    where only one count is left, a part of the piece or a gesture has no length that could be set.
    """
    found = [each for one in findings for each in (_of_section(one, text) if one.kind in _COUNTS else [one])]
    counts = [place for place, one in enumerate(found) if one.kind in _COUNTS and one.last]
    if any(found[place].is_correction for place in counts) or (len(counts) == 1 and found[counts[0]].kind != "bars"):
        return found
    has_sections = len(found) > len(findings)
    stated = [place for place in counts if _is_total(found[place], text)]
    stated = stated or [
        place for place in counts if _is_adjective(found[place], text) or (_is_clause(found[place], text) and not has_sections)
    ]
    parts = [place for place in counts if place not in stated or found[place].value < max(found[each].value for each in stated)]
    counted = [place for place in parts if found[place].value >= _FEWEST]
    if not stated and len(counted) > 1 and not has_sections and not any(one.kind in ("duration", "form") for one in found):
        total = sum(found[place].value for place in counted)
        for place in counted:
            found[place] = replace(found[place], kind="bars", value=total)
        parts = [place for place in parts if place not in counted]
    elif counts == counted and not has_sections and len(counts) == 1 and not _is_of_gesture(found[counts[0]], text):
        return found
    for place in parts:
        found[place] = replace(found[place], kind="beyond", value=found[place].phrase)
    return found


def _of_section(count: Finding, text: Text) -> list[Finding]:
    """The bars of a section that opens the sentence before them, with its name: "verse with guitar and bass, 8 bars"."""
    start = _start(count, text)
    if start < 0 or _is_adjective(count, text) or _is_total(count, text):
        return [count]
    before = _SENTENCE.split(text.plain[:start])[-1]
    clause = _CLAUSE.split(before)[-1]
    described = r"(?:(?:an?|the|then|and|finally|short|quiet|soft|slow|loud) )*"
    opens = re.fullmatch(rf"\s*{described}(?P<name>{either(_names())})(?![\w-])(?P<rest>.*)", before)
    in_key = rf"(?:.* )?{described}(?P<name>{_LETTERED})(?P<rest> in .* of )"  # "a B part in E of"
    opens = opens or re.fullmatch(in_key, clause)
    if not opens or re.search(rf"\b{number_pattern()}[ -]?(?:{_units()})\b", opens["rest"]):
        return [count]
    begins = start - len(opens.string)
    first, last = (text.words_until(begins + place) for place in opens.span("name"))
    section = _names().get(opens["name"]) or opens["name"][0]
    name = Finding("phase", f"section {section}", text.slice(first, last), first=first, last=last)
    return [name, replace(count, kind="section bars", value=(section, count.value))]


@cache
def _names() -> dict[str, str]:
    """The sections that have bars, by the words for them."""
    names = prompt_table()["section_lengths"]["names"]
    return {word: name for name, words in names.items() if name not in (_BREAK, _SOLO) for word in words}


def _units() -> str:
    return either(prompt_table()["bars"]["units"])


def _start(one: Finding, text: Text) -> int:
    """The first character of a count, -1 where its words are not in the prompt."""
    return text.plain.rfind(one.phrase.lower(), 0, text.words[one.last - 1].end) if 0 < one.last <= len(text.words) else -1


def _is_adjective(one: Finding, text: Text) -> bool:
    """Whether a count belongs to the noun after it: "a 24-bar waltz"."""
    phrase = one.phrase.lower()
    return "-" in phrase or bool(re.search(r"(?<!one )(?<!\b1 )(?<!\ba )\b(?:bar|measure)$", phrase))


def _is_total(one: Finding, text: Text) -> bool:
    """Whether a count is said to be the length of the piece: "24 bars long"."""
    start = _start(one, text)
    before, after = text.plain[: max(start, 0)], text.plain[start + len(one.phrase) :]
    return start < 0 or one.phrase.lower().endswith(" long") or bool(_OF_PIECE.match(after) or _OF_PIECE_BEFORE.search(before))


def _is_clause(one: Finding, text: Text) -> bool:
    """Whether a count is a clause that says nothing else."""
    start = _start(one, text)
    before, after = (
        _CLAUSE.split(text.plain[:start])[-1].strip(),
        _CLAUSE.split(text.plain[start + len(one.phrase) :])[0].strip(),
    )
    return not after and bool(_ABOUT.fullmatch(before))


def _is_of_gesture(one: Finding, text: Text) -> bool:
    """Whether something lasts so long before the piece goes on: "sneaks around for 12 bars, then the chase begins"."""
    start = _start(one, text)
    return bool(_FOR.search(text.plain[:start]) and _GOES_ON.match(text.plain[start + len(one.phrase) :]))
