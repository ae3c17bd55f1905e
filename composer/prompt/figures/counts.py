"""Counts: voices, shares of a mixture, grades of examinations, and numbers of what the next word names."""

from __future__ import annotations

import re

from composer.prompt.figures.patterns import END, Rule, number_of, number_pattern
from composer.prompt.lexicon import prompt_table

_GRADE = 0.08  # density of an examination's grade, of 8
_RELATIVES = "wife|husband|mother|father|mom|mum|dad|grandmother|grandfather|sister|brother|son|daughter|friend|child|love"
_VOICED = "harmony|chorale?s?|hymn|choir|a cappella|a capella|fugue|canon|invention|counterpoint|writing|song|singing|motet|"
_VOICED += "kanon|fuge|satz|choral|lied|chor|madrigal|gesang|choir"


def count_rules() -> tuple[Rule, ...]:
    """Rules of kind "voices", "share" and "number"; "density" for grades, and a mood for the dead."""
    number = number_pattern()
    return (
        Rule(
            "voices",
            re.compile(rf"(?:in |for |a )?({number})(?: mixed)?[ -](?:voices?|voix|voci|voces|vozes|stimmen)\b"),
            lambda m: int(number_of(m[1])),
        ),
        Rule("density", re.compile(r"leicht(?=\s*(?:[,;.!]|$))"), lambda m: prompt_table()["densities"]["easy"]),
        Rule("density", re.compile(r"grade ([1-8])\b"), lambda m: round(_GRADE * (int(m[1]) + 1), 2)),
        Rule(
            "mood",
            re.compile(
                r"(?:(?:from|of|for|by|about|to) )?(?:(?:his|her|their|my|our|a|the) )?"
                rf"(?:late|dead|deceased) (?:{_RELATIVES})\b"
            ),
            lambda m: ("sad",),
        ),
        Rule("voices", re.compile(rf"in ({number}) parts\b"), lambda m: int(number_of(m[1]))),
        Rule(
            "voices", re.compile(rf"({number})(?:-| (?=part (?:{_VOICED})))(?:part|voiced)\b"), lambda m: int(number_of(m[1]))
        ),
        Rule("share", re.compile(rf"({number}) ?(?:%|percent|per cent)(?: of)?"), lambda m: number_of(m[1]) / 100 or None),
        Rule("share", re.compile(rf"({number}) parts?\b(?: of)?"), lambda m: number_of(m[1]) or None),
        Rule("number", re.compile(rf"({number}){END}"), lambda m: number_of(m[1])),
    )
