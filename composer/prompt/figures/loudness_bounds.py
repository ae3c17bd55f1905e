"""The loudest marking of a piece: what never gets loud, or stays soft throughout."""

from __future__ import annotations

import re

from composer.prompt.figures.patterns import END, Rule
from composer.prompt.lexicon import either, prompt_table

_NOT_LOUD, _NOT_TOO_LOUD = "mp", "mf"  # the loudest markings of what is never loud, and never very loud
_SOFT_MARKS = {False: ("p", "mp"), True: ("pp", "p")}  # of what stays soft, or very soft: the mean and the loudest marking
_NEVER = "(?:never|nowhere|at no point|without(?: ever)?|(?:(?:do|does|must|should|shall|may|can) )?not(?: ever)?"
_NEVER += "|don't|doesn't|shouldn't|mustn't)"
_GETS = "(?:gets?|getting|becomes?|becoming|go(?:es|ing)?|be|being|rises?|rising|grows?|growing|let it (?:get|become)|plays?)"
_WHOLE = (
    "(?:throughout|all (?:the way(?: through)?|the time|through|along)|the (?:whole|entire) (?:time|piece|way)|always"
    "|at all times|from (?:the )?(?:start|beginning|first) to (?:the )?(?:end|finish|last)"
    "|(?:for|in|over) the (?:whole|entire) piece)"
)
_KEEPS = (
    "(?:(?:always|constantly|consistently|must|should|to|it|everything|all|has) )*"
    "(?:stays?|staying|remains?|remaining|keeps?|kept|keep it|keep everything|be kept)"
)
_SOFT = "(?:very |extremely |really |so )?(?:soft|softly|quiet|quietly|hushed|pp|pianissimo)"
_MOMENTS = "(?:parts?|moments?|sections?|bits?|passages?|outbursts?)"
_ALWAYS = "(?:always|constantly|consistently|sempre)"
_OF_A_PLACE = r"(?! (?:in|during|at|until|till|to|before) (?:the )?[a-z]+)"
_PLACE = (
    r"\b(?:sections?|verses?|chorus(?:es)?|bridge|intro|outro|parts?|half|movements?|bars?|beginning|middle|end)\b[^,.;:!?]*$"
)


def loudness_bound_rules() -> tuple[Rule, ...]:
    """Rules of kind "loudest", whose value is a marking, and "always soft", whose value is the mean and the loudest marking."""
    mark = rf"(?P<mark>{either(prompt_table()['loudness']['marks'])})"
    bounds = (
        rf"{_NEVER} {_GETS} (?:(?P<too>too|very|really|extremely|overly|that) |any )?(?:loud|noisy|louder(?! than)|forte)",
        r"never (?:(?P<too>too|very|really) )?(?:loud|noisy|forte)",
        rf"(?:{_NEVER}|no|nothing|none) (?:{_GETS} )?(?:louder than|above|over|beyond) (?:a )?{mark}",
        rf"(?:no|without(?: any)?) (?:(?P<too>too|very|really) )?(?:loud|noisy|forte) {_MOMENTS}",
        rf"(?:dynamics?|loudness|volume) (?:of )?(?:at most|up to|no more than) {mark}",
        rf"(?:at most|no more than) {mark}(?= (?:dynamics?|loudness|volume)\b)",
    )
    soft = (
        rf"{_KEEPS} (?:{_ALWAYS} )?{_SOFT}(?: and {_SOFT})?(?: {_WHOLE})?",
        rf"{_ALWAYS} {_SOFT}",
        rf"{_SOFT}(?:,? (?:and )?[a-z]+)? {_WHOLE}",
    )
    return (
        *(Rule("loudest", re.compile(rf"{bound}{END}{_OF_A_PLACE}"), _bound) for bound in bounds),
        *(Rule("always soft", re.compile(rf"{phrase}{END}{_OF_A_PLACE}"), _always_soft) for phrase in soft),
    )


def _bound(match: re.Match[str]) -> str | None:
    """The loudest marking of the piece; `None` of one place."""
    if re.search(_PLACE, match.string[: match.start()]):
        return None
    found = match.groupdict()
    if found.get("mark"):
        return str(prompt_table()["loudness"]["marks"][found["mark"]])
    return _NOT_TOO_LOUD if found.get("too") else _NOT_LOUD


def _always_soft(match: re.Match[str]) -> tuple[str, str] | None:
    """The mean and the loudest marking of a piece that stays soft; `None` of one place."""
    if re.search(_PLACE, match.string[: match.start()]):
        return None
    return _SOFT_MARKS[bool(re.search(r"\b(?:very|extremely|so|pp|pianissimo)\b", match[0]))]
