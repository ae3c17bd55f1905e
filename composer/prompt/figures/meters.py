"""Meters, and a dance after another, which has a meter of its own."""

from __future__ import annotations

import re

from composer.presets import nearest
from composer.prompt.figures.patterns import CLAUSE, END, Rule, number_pattern
from composer.prompt.lexicon import either, prompt_table

_DANCES = ("waltz", "mazurka", "polonaise", "reel")  # styles that may follow another dance


def meter_rules() -> tuple[Rule, ...]:
    """Rules of kind "meter", and "alternative" for a second meter that is as good."""
    table = prompt_table()
    words = {word: int(value) for word, value in table["numbers"].items() if value in (2, 3, 4, 5, 6, 7, 8, 9, 12)}
    below = {"two": 2, "four": 4, "eight": 8, "quarter": 4, "quarters": 4, "eighths": 8, "halves": 2}
    beats = either((*words, *table["beats"]))
    return (
        Rule("alternative", re.compile(rf"(?:or|oder|ou|o) (?:in )?[0-9]{{1,2}} ?/ ?(?:2|4|8){END}"),
             lambda m: m[0] if re.search(r"[0-9] ?/ ?[0-9]+ $", m.string[: m.start()]) else None),
        Rule("meter", re.compile(rf"([0-9]{{1,2}}) ?/ ?(1|2|4|8|16){END}(?:[ -](?:time|meter|metre|takt)\b)?"),
             lambda m: f"{int(m[1])}/{m[2]}"),
        Rule("meter", re.compile(rf"({either(words)})[ -]({either(below)})\b"
                                 r"(?![ -](?:hand|part|voice|bar|minute|second|of|way|through))"
                                 r"(?:[ -](?:time|meter|metre)\b)?"), lambda m: f"{words[m[1]]}/{below[m[2]]}"),
        Rule("meter", re.compile(rf"({beats}) beats (?:to|in|per|a)(?: the| a| each| every)? ?(?:bar|measure)\b"),
             lambda m: table["beats"].get(str(words.get(m[1], m[1])))),
        Rule("meter", re.compile(rf"(?:in|im) (?:a )?({beats})(?:(?: time| meter| metre)\b|{CLAUSE})"),
             lambda m: table["beats"].get(str(words.get(m[1], m[1])))),
    )  # fmt: skip


def second_dances() -> Rule:
    """A dance that follows another one: "a pavane and a galliard"."""
    table, rows = prompt_table(), nearest()["genres"]
    dances = either({*table["dances"], *_DANCES, *(name for name, row in rows.items() if "dances" in row["why"])})

    def second(match: re.Match[str]) -> str | None:
        return match[1] if re.search(rf"\b(?:{dances})s?$", match.string[: match.start()].rstrip(" ,")) else None

    return Rule(
        "second dance",
        re.compile(rf"(?:and|then|followed by|into|\+|&)(?: then)? (?:(?:an?|{number_pattern()}) )?(?:[a-z]+ )?({dances})s?\b"),
        second,
    )
