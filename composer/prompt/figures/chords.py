"""Chords: symbols, and progressions in roman numerals."""

from __future__ import annotations

import re

from composer.brief.degrees import PROGRESSION, SECTION_PROGRESSION, Degree
from composer.errors import BadInputError
from composer.prompt.figures.patterns import Rule, number_of, number_pattern, whole
from composer.score import Chord

_OVER = r"(?:(?:on|over|above|with) )?(?:an? |the )?(?:(?:four|4)[- ]bar,? )?(?:(?:repeated|repeating|ostinato),? )*"
_FALLING = r"(?:(?:descending|falling|chromatic),? )"
_STATEMENTS = r"statements|repetitions|cycles|variations"
_OF_GROUNDS = re.compile(r"\b(?:passacagli?[ae]|chaconne|ciaccona|(?:ground|lament) bass)\b")


def chord_rules() -> tuple[Rule, ...]:
    """Rules of kind "chords", as `composer.brief.parse_chords` reads them, "section chords", "degrees", and those of grounds.

    A "ground" is the phrase for a repeated bass, "statements" how often a prompt with one repeats it.
    """
    quality = r"(?:maj|min|dim|aug|sus|add|mi|m|M|o|°|ø|\+)?[0-9]{0,2}(?:b5|sus4)?"
    symbol = rf"[A-G][#♯♭b]?{quality}(?:/[A-G][#b♯♭]?)?(?![\w#♯♭°ø+]|[- ](?:section|part)| ?[:=])"
    joint = r"(?>,? (?:and|then|&) |\s*[|,–—-]?\s*)"
    run = rf"(?:\|\s*)?{symbol}(?:{joint}{symbol})"
    bare = rf"(?:\|\s*)?{symbol}(?:\s*[|,–—-]?\s*{symbol})"  # "sections A, B and C" are no chords
    only = r"(?i:only|just|using|with|on)(?i: only| just| the)*"
    names = r"(?i:over|(?:chord )?progressions?|changes|chords?|harmony|akkorde|accords|acordes)"
    cue = rf"{names}(?i: of| are| is)?[:=,]?\s*"
    letter = r"[A-D](?i:[- ](?:section|part)|(?= ?[:=]))|(?i:(?:section|part) )[A-D]"
    section = rf"(?:the )?((?i:verse|chorus|bridge|intro|outro|solo)|{letter})s?"
    section += r"(?i: chords?| progression| changes)?(?: is| are)?(?: in| on| over| uses| with| ?[:=])? ?\(?"
    placed = rf"((?>{run}{{1,63}}|{SECTION_PROGRESSION})) (?i:in|for|over|on|during) (?:the )?"
    placed += r"((?i:verse|chorus|bridge|intro|outro))(?i:e?s)?\b"
    return (
        Rule("section chords", re.compile(rf"(?:{cue})?{placed}"), lambda m: _of_section(m[2], m[1]), in_raw=True),
        Rule(
            "section chords",
            re.compile(rf"(?:{names} (?i:in|for|of|on)(?i: the)? )?{section}({run}{{1,63}}(?:\s*\|)?|{SECTION_PROGRESSION})"),
            lambda match: _of_section(match[1], match[2]),
            in_raw=True,
        ),
        Rule("chords", re.compile(rf"{cue}({run}{{1,63}}(?:\s*\|)?)"), _chords, in_raw=True),
        Rule("chords", re.compile(rf"{only} ({run}{{1,63}})(?i: chords?\b)"), _chords, in_raw=True),
        Rule("chords", re.compile(rf"({bare}{{2,63}}(?:\s*\|)?)"), _chords, in_raw=True),
        Rule("ground", re.compile(rf"{_OVER}{_FALLING}*(?:ground|lament) bass(?: ?line)?\b"), whole, needs=_OF_GROUNDS),
        Rule("ground", re.compile(rf"{_OVER}{_FALLING}+bass(?: ?line)?\b"), whole, needs=_OF_GROUNDS),
        Rule(
            "statements",
            re.compile(rf"({number_pattern()}) (?:{_STATEMENTS})(?: of (?:the )?(?:ground|bass|theme)(?: bass)?)?\b"),
            lambda match: round(number_of(match[1])),
            needs=_OF_GROUNDS,
        ),
        Rule("degrees", re.compile(rf"(?:{cue})?({PROGRESSION})"), lambda m: m[1], in_raw=True),
    )


def _chords(match: re.Match[str]) -> str | None:
    """The symbols as `composer.brief.parse_chords` reads them; one unknown chord is left for it to refuse."""
    text = _listed(match[1])
    symbols = text.replace("|", " ").split()
    return text if sum(_is_chord(symbol) for symbol in symbols) >= len(symbols) - 1 else None


def _of_section(name: str, chords: str) -> tuple[str, str] | None:
    """The letter or kind of a section, and its chords as `_chords` reads them."""
    kind = re.sub("[- ]?(?:section|part)[- ]?", "", name.lower())
    return (kind, said) if (said := chords_in(chords)) else None


def chords_in(text: str) -> str:
    """Chord symbols or Roman numerals as `composer.brief.parse_chords` reads them; empty where a word is none.

    >>> chords_in("Am, F, C/E"), chords_in("ii-V-I"), chords_in("a b")
    ('Am F C/E', 'ii V I', '')
    """
    joined = _listed(text)
    symbols = joined.replace("|", " ").split()
    return joined if symbols and all(map(_is_chord, symbols)) else ""


def _listed(text: str) -> str:
    """Symbols with spaces between them."""
    return " ".join(re.sub(r"[,–—&-]| (?:and|then) ", " ", text).split())


def _is_chord(symbol: str) -> bool:
    try:
        return bool(Degree.read(symbol) or Chord.parse(symbol))
    except BadInputError:
        return False
