"""What the rules of figures are made of: rules, numbers, and the ends of words and clauses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from composer.prompt.lexicon import either, prompt_table

MACHINES = ("606", "707", "808", "909", "303")  # drum and bass machines: "808s" are no seconds, "deep 808" no number
NTH = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "erste": 1, "ersten": 1,
    "zweite": 2, "zweiten": 2,
}  # fmt: skip
END = r"(?![^\W_])"  # no letter or digit follows
CLAUSE = r"(?=\s*(?:[,.;:!?)|]|$|(?:and|in|for|with|at|on|from|but)\b))"


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern: the kind of its findings, how a match becomes a value, and whether case and accents matter.

    `needs` is what a prompt must have somewhere, so that costly patterns are tried in few prompts.
    """

    kind: str
    pattern: re.Pattern[str]
    build: Callable[[re.Match[str]], Any]
    in_raw: bool = False
    needs: re.Pattern[str] | None = None


def needing(words: str, *rules: Rule) -> tuple[Rule, ...]:
    """The rules, tried only in prompts in which the pattern `words` is found; those that need other words keep these."""
    needs = re.compile(words)
    return tuple(rule if rule.needs else replace(rule, needs=needs) for rule in rules)


class Beginning(NamedTuple):
    """The value of a rule that keeps only the beginning of its match, up to a character of the text."""

    value: Any
    end: int


def whole(match: re.Match[str]) -> str:
    """The phrase itself, as the value of a finding."""
    return match[0]


def number_of(text: str) -> float:
    """The number that digits or English number words express.

    >>> number_of("72.5"), number_of("thirty-two"), number_of("a hundred and twenty")
    (72.5, 32.0, 120.0)
    """
    if text[0].isdigit():
        return float(text)
    total = 0.0
    for word in re.findall(r"[a-z]+", text):
        value = prompt_table()["numbers"].get(word, 0)
        total = max(total, 1) * value if value == 100 else total + value
    return float(total)


@cache
def number_pattern() -> str:
    """A pattern for a number in digits or words."""
    words = prompt_table()["numbers"]
    tens = either(word for word, value in words.items() if 20 <= value < 100)
    small = either(word for word, value in words.items() if value < 20)
    below = rf"(?:(?:{tens})(?:[ -](?:{small}))?|{small})"
    return rf"(?:[0-9]{{1,6}}(?:\.[0-9]{{1,3}})?|(?:(?:a|{small}) )?hundred(?: (?:and )?{below})?|{below})"


def amount_of(text: str) -> float:
    """The number that an amount of `prompt.toml`, digits or number words express.

    >>> amount_of("half a"), amount_of("32")
    (0.5, 32.0)
    """
    amounts = prompt_table()["amounts"]
    text = re.sub(r"[ -]+", " ", text)
    return float(amounts[text]) if text in amounts else number_of(text)
