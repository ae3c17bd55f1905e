"""Counts: voices, shares of a mixture, grades of examinations, and numbers of what the next word names."""

from __future__ import annotations

import re

from composer.controls import MAX_PARTS
from composer.prompt.figures.patterns import END, MACHINES, Rule, number_of, number_pattern, whole
from composer.prompt.lexicon import either, lexicon, prompt_table

_GRADE = 0.08  # density of an examination's grade, of 8
_GRADES = {1: "beginner", 2: "easy", 3: "easy"}
_PUPILS = r"\b(?:students?|pupils?|learners?)\b"  # whose age is a level, unless another word names one
_RELATIVES = "wife|husband|mother|father|mom|mum|dad|grandmother|grandfather|sister|brother|son|daughter|friend|child|love"
_VOICED = "harmony|chorale?s?|hymn|choir|a cappella|a capella|fugue|canon|invention|counterpoint|writing|song|singing|motet|"
_VOICED += "kanon|fuge|satz|choral|lied|chor|madrigal|gesang|choir"

_CHIPS = r"\b(?:chip ?tunes?|8[ -]bit|nes|game ?boy|nintendo|retro games?)\b"
# The German lute is an adjective, "loud", unless it has a capital within a prompt, or no noun after it.
_LUTE = r"(?<=[^\W_] )Laute\b|[Ll]aute(?=\s*(?:[,.;:!?)]|$))|Laute(?= (?:und|mit|in|allein|solo)\b)"
_LUTE_PLAYER = "lute"
_GAMES = r"\b(?:games?|boss|dungeon|platformers?|chiptunes?|8[ -]bit|rpg|hero|arcade|enem(?:y|ies)|players?)\b"  # with levels
_NUMBERED = (
    "level|book|volume|vol|year|unit|lesson|page|chapter|episode|world|week|season|version"  # the number counts no players
)
_HOURS = ((5, "night"), (11, "morning"), (17, "afternoon"), (21, "evening"), (24, "night"))  # up to which a time of day lasts
_SETS = "set|collection|series|cycle|album|group|suite"
_PIECES = "dances|pieces|preludes|waltzes|songs|studies|etudes|tunes|miniatures|exercises|jigs|reels|marches|nocturnes|fanfares"
_PIECES += "|jingles|carols|hymns|lullabies|mazurkas|minuets|sketches|bagatelles|cues|tracks|stingers"
_WAVES = {"pulse": "lead-1-square", "square": "lead-1-square", "triangle": "synth-bass-1"}  # the channels of a game console


def count_rules() -> tuple[Rule, ...]:
    """Rules of kind "voices", "share" and "number"; "level" and "density" for grades, and a mood for the dead."""
    number, part = number_pattern(), re.compile("part|voiced")
    wave = rf"(?:({number}|an?) )?({'|'.join(_WAVES)})s?(?:[ -](?:waves?|channels?))?{END}"
    graded = r"(?:grade|grado|stufe|schwierigkeitsgrad) "
    levels = prompt_table()["options"]["level"]
    named = either(text for text, level in levels.items() if level != _GRADES[1] and not re.fullmatch(_PUPILS, text))
    joint = r"(?:,? and |, | ?[+&] ?|,? plus )"

    def channels(match: re.Match[str]) -> tuple[str, ...] | None:
        """The channels of a chip: "two pulse waves and a triangle"."""
        named = [(found[1], _WAVES[found[2]]) for found in re.finditer(wave, match[0])]
        is_word = len(named) == 1 and not re.search("wave|channel", match[0])  # "a steady pulse"
        if is_word or not re.search(_CHIPS, match.string):
            return None
        counts = [1 if count in (None, "a", "an") else round(number_of(count)) for count, _ in named]
        if not 0 < sum(counts) <= MAX_PARTS:
            return None
        return tuple(name for (_, name), count in zip(named, counts, strict=True) for _ in range(count))

    def several(match: re.Match[str]) -> int | None:
        count = round(number_of(match[1]))
        return count if count > 1 else None

    return (
        Rule("instrument", re.compile(rf"{wave}(?:{joint}{wave})*"), channels, needs=re.compile("|".join(_WAVES))),
        Rule("instrument", re.compile(_LUTE), lambda _: (_LUTE_PLAYER,), in_raw=True),
        Rule(
            "filler",
            re.compile(rf"(?:{number}) channels?{END}"),
            lambda match: match[0] if re.search(_CHIPS, match.string) else None,
            needs=re.compile(_CHIPS),
        ),
        Rule(
            "voices",
            re.compile(rf"(?:in |for |a )?({number})(?: mixed)?[ -](?:voices?|voix|voci|voces|vozes|stimmen)\b"),
            lambda m: int(number_of(m[1])),
            needs=re.compile("voi|voc|voz|stimm"),
        ),
        Rule("level", re.compile(r"leicht(?=\s*(?:[,;.!]|$))"), lambda m: levels["easy"]),
        Rule(
            "level",
            re.compile(rf"(?:(?:[4-9]|1[0-2]|{number})[ -]years?[ -]olds?|kids|children(?: playing)?){END}(?!')"),
            lambda m: None if re.search(rf"\b(?:{named})\b", m.string) else _GRADES[1],
            needs=re.compile(_PUPILS),
        ),
        Rule("level", re.compile(rf"{graded}([1-3])\b(?:[-–/ ]+[2-4]\b)?"), lambda m: _GRADES[int(m[1])]),
        Rule("density", re.compile(rf"{graded}([4-8])\b"), lambda m: round(_GRADE * (int(m[1]) + 1), 2)),
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
            "voices",
            re.compile(rf"({number})(?:-| (?=part (?:{_VOICED})))(?:part|voiced)\b"),
            lambda m: int(number_of(m[1])),
            needs=part,
        ),
        Rule(
            "share",
            re.compile(rf"({number}) ?(?:%|percent|per cent)(?: of)?"),
            lambda m: number_of(m[1]) / 100 or None,
            needs=re.compile("%|per ?cent"),
        ),
        Rule("share", re.compile(rf"({number}) parts?\b(?: of)?"), lambda m: number_of(m[1]) or None, needs=part),
        Rule("level", re.compile(r"level ([1-3])\b"), lambda m: None if re.search(_GAMES, m.string) else _GRADES[int(m[1])]),
        Rule("beyond", re.compile(rf"(?:{_NUMBERED}) ({number}){END}(?! ?(?:bars?|measures?|seconds?|minutes?|bpm)\b)"), whole),
        Rule("use", re.compile(r"(?:at )?(1?[0-9])(?::[0-5][0-9])? ?([ap])\.?m\b\.?"), _hour),
        Rule(
            "several", re.compile(rf"(?:(?:{_SETS}) of )?({number}) (?=(?:[a-z-]+ ){{0,2}}(?:{_PIECES})\b(?! of\b))"), several
        ),
        Rule("number", re.compile(rf"({number}){END}"), lambda m: None if m[1] in MACHINES else number_of(m[1])),
    )


def _hour(match: re.Match[str]) -> object:
    """What the time of day of an hour implies, "3 a.m."; `None` if the number is not an hour."""
    hour = int(match[1]) % 12 + (12 if match[2] == "p" else 0)
    if not 1 <= int(match[1]) <= 12:
        return None
    part = next(name for end, name in _HOURS if hour < end)
    return next((sense.value for sense in lexicon().senses[(part,)] if sense.kind == "use"), None)
