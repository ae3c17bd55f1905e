"""Ranges of instruments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from composer.prompt.figures.band_sections import PLAYER_NAMES
from composer.prompt.figures.patterns import END, Rule, needing, number_of, number_pattern
from composer.prompt.lexicon import either, prompt_table

_UP = r"(?: (?:up and down|up|each|range))?"  # after a number of octaves
FIRST_POSITION, COMFORTABLE = "first position", "comfortable"
REGISTER, LOW, _HIGH = "register", "low", "high"  # the kind of findings that have the register of a player, and its values
_KEEPS = "keep|keeps|keeping|kept|stay|stays|staying|remain|remains"


class Note(NamedTuple):
    """A note of a range: "low", "middle", "high", "written" or empty; its name; its octave, if given; whether it is out."""

    place: str
    name: str
    octave: str
    is_excluded: bool = False  # "below the written D"


class Range(NamedTuple):
    """The lowest and the highest note, `None` for that of the instrument; the singers of a group, "the men", if named."""

    low: Note | None
    high: Note | None
    singers: tuple[str, ...] = ()


def _octaves(match: re.Match[str]) -> int | None:
    """So many octaves from the tonic up, in an exercise for scales: "scales for clarinet, two octaves up and down"."""
    return round(number_of(match[1])) if re.search(r"\b(?:scales?|arpeggios?)\b", match.string) else None


def _octave(text: str, name: str) -> str:
    """The octave of a note by its figure, or by its place beside middle C.

    >>> _octave(" above middle c", "D"), _octave(" above middle c", "C"), _octave(" below middle c", "B")
    ('4', '5', '3')
    """
    if "below" in text:
        return "3"
    return ("5" if name == "C" else "4") if "above" in text else text


def range_rules() -> tuple[Rule, ...]:
    """The range of an instrument: "range from low C to G", "C4 to G5", "first position"."""
    signs = {word: sign for sign, words in prompt_table()["accidentals"].items() for word in words}
    note = rf"(?:(low|middle|high|written) )?([a-g])((?:[ -]?(?:{either(signs)})|b)?)"
    octave = r"([0-9](?!\w)|,? (?:above|below) middle c\b)?"
    named = rf"(?:(?:in (?:a|the) |with a |a )?(?:range|compass)(?:[: ]|of|from|is)*{note}{octave}|{note}([0-9]))"
    last = rf"(?: to | up to | ?[-–] ?)(?:the )?{note}{octave}(?: above)?{END}"
    asked = rf"(?:(?:using|with|only|just|the|{number_pattern()}) ){{0,4}}notes? (?:from |between )?"
    notes_from = rf"{asked}{note}{octave}(?: to | up to | ?[-–] ?)"
    verbs = rf"(?:{_KEEPS}|lies|lie|ranges?|plays?)(?: only| just| always| within)?"
    between = rf"{verbs} between (?:the |a )?{note}{octave} and (?:the |a )?{note}{octave}{END}"

    singers = prompt_table()["singers_of_groups"]
    sides = "below|under|lower than|above|higher than"
    none = "(?:no(?: notes?|thing)?|not|never)(?: goes| going| to go)?"

    def note_of(groups: Sequence[str | None]) -> Note:
        place, letter, sign, octave = (group or "" for group in groups)
        name = letter.upper() + signs.get(sign.strip(" -"), sign)
        return Note(place, name, _octave(octave, name))

    def notes(match: re.Match[str]) -> Range:
        groups = match.groups()
        return Range(note_of(groups[:4] if groups[1] else groups[4:8]), note_of(groups[8:]))

    def ends(match: re.Match[str]) -> Range:
        return Range(note_of(match.groups()[:4]), note_of(match.groups()[4:]))

    def kept(match: re.Match[str]) -> Range | None:
        """ "Keep the trumpets below the written D"."""
        if not re.search(rf"\b(?:{_KEEPS})(?: (?!and\b|but\b)[a-z0-9]+){{0,3}} $", match.string[: match.start()]):
            return None
        limit = note_of(match.groups()[1:])._replace(is_excluded=True)
        return Range(limit, None) if match[1] == "above" else Range(None, limit)

    def of_group(match: re.Match[str]) -> Range:
        """ "The men staying below middle C", "women not above E5"."""
        group, verb, side, *limit = match.groups()
        note = note_of(limit)._replace(is_excluded=bool(verb))
        is_low = (side in ("above", "higher than")) == bool(verb)
        return Range(note if is_low else None, None if is_low else note, tuple(singers[group]))

    register = rf"(?:(low|deep)|high|soaring)(?:[ -](?:register|pitched|lying))?(?= {PLAYER_NAMES}{END})"
    register_rule = Rule(REGISTER, re.compile(register), lambda match: LOW if match[1] else _HIGH)
    return register_rule, *needing(
        r"[0-9]|\b(?:octaves|range|compass|between|above|below|under|lower|position|notes?|high)\b",
        Rule("range", re.compile(named + last), notes),
        Rule("range", re.compile(rf"(?:(?:in|over|within|range of) )?({number_pattern()}) octaves{_UP}{END}"), _octaves),
        Rule(
            "range",
            re.compile(rf"{notes_from}{note}{octave}{END}"),
            ends,
        ),
        Rule("range", re.compile(between), ends),
        Rule(
            "range",
            re.compile(rf"{none} (?:above|higher than) (?:the )?{note}{octave}{END}"),
            lambda m: Range(None, note_of(m.groups())),
        ),
        Rule(
            "range",
            re.compile(rf"{none} (?:below|lower than) (?:the )?{note}{octave}{END}"),
            lambda m: Range(note_of(m.groups()), None),
        ),
        Rule(
            "range",
            re.compile(rf"(below|under|above) (?:the |a )?{note}{octave}{END}"),
            kept,
        ),
        Rule(
            "range",
            re.compile(rf"({either(singers)}) (?:({_KEEPS})|{none}) ({sides}) {note}{octave}{END}"),
            of_group,
        ),
        Rule(
            "range",
            re.compile(r"(?:no|avoid|without) (?:very )?high notes|(?:not|never|nothing)(?: goes| going| to go)? too high"),
            lambda match: COMFORTABLE,
        ),
        Rule("range", re.compile(r"(?:in )?(?:first|open) position(?: only)?\b"), lambda match: FIRST_POSITION),
    )
