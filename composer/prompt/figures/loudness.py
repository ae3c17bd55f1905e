"""Loudness of the start, the middle and the end."""

from __future__ import annotations

import re
from collections.abc import Callable

from composer.controls import DYNAMICS
from composer.presets import moods
from composer.prompt.figures.band_sections import PLAYER
from composer.prompt.figures.patterns import CLAUSE, END, Rule, number_pattern, whole
from composer.prompt.lexicon import either, lexicon, prompt_table

_CLOCK = r"(?P<minutes>[0-9]{1,2}):(?P<seconds>[0-5][0-9])(?![0-9:])"
_SOFTLY = r"\b(?:soft|quiet|gentle|small|subtle|tender|hushed)\b"  # of a hit at the end
_SUDDENLY = r"\b(?:sudden|suddenly|abrupt|abruptly|unexpected|surprise|surprising)\b"
_LAST = r"(?=\s*[.!]?\s*$)"  # nothing follows
_GROUPS = "choir|chorus|a cappella|voices|quartet|quintet|sextet|octet|orchestra|chorale|motet|madrigal|strings|consort"


def loudness_rules() -> tuple[Rule, ...]:
    """The arc of a piece that is soft or loud at a place: "pianissimo ending", "in der Mitte lauter", "swells to ff"."""
    table = prompt_table()["loudness"]
    soft, loud, between = (either(table[key]) for key in ("soft", "loud", "between"))
    level = rf"(?:(?P<soft>{soft})|(?P<loud>{loud}))"
    gentle = rf"(?P<soft>{either(table['soft_ends'])})"
    quiet = rf"(?:{either(table['italian_ends'])}) (?:in )?(?P<soft>piano){CLAUSE}"
    quiet_start = rf"(?:{either(table['italian_starts'])}) (?:in )?(?P<soft>piano){CLAUSE}"
    grows_from_piano = (
        rf"(?:{either(prompt_table()['changes']['start'])}) piano(?= (?:and|y|e|et|und) (?:{either(table['grows'])}))"
    )
    some = rf"(?: (?:{between}))*"
    letter = rf"(?:(?P<soft>p)|(?P<loud>f)){CLAUSE}"  # "begins p", not "begins in F"
    grows = rf"(?:{either(table['grows'])})(?: up)? (?:{either(table['up_to'])}) (?:(?:{either(table['peaks'])}) )*"

    def arc(if_soft: str | None, if_loud: str) -> Callable[[re.Match[str]], str | None]:
        return lambda match: if_soft if match.groupdict().get("soft") else if_loud

    def piano(match: re.Match[str]) -> str | None:
        """ "Mostly piano" as loudness where a group of players is named before it."""
        return "p" if re.search(rf"\b(?:{_GROUPS})\b", match.string[: match.start()]) else None

    def softly(match: re.Match[str]) -> str | None:
        """ "Molto piano" as loudness; "piano piano" and "più piano", which may add a player, only by themselves in a clause."""
        is_clause = re.search(r"(?:^|[,;:.] ?)$", match.string[: match.start()])
        return "p" if is_clause or match[0].startswith(("molto", "assai")) else None

    soft_piano = rf"(?:{either(table['starts'])}) (?:(?:very )?(?:{either(table['gentle'])}),? (?:and )?)+piano{CLAUSE}"

    def starts_piano(match: re.Match[str]) -> str | None:
        """ "Start gentle and piano" as loudness where it changes later: "crescendo to forte"."""
        changes = rf"\b(?:{either((*table['loud'], *table['grows']))})\b"
        return "build" if re.search(changes, match.string[match.end() :]) else None

    def at_peak(match: re.Match[str]) -> tuple[float, str]:
        """ "Crescendo to forte at 1:45"."""
        return 60.0 * int(match["minutes"]) + int(match["seconds"]), "big"

    layers = prompt_table()["layers"]
    who, how, by = (rf"(?:{either(layers[key])})" for key in ("subjects", "verbs", "words"))

    def grows_by(match: re.Match[str]) -> str | None:
        """ "Getting rowdier" as the energy of the mood; a comparative that is a word for a mood itself is one."""
        word, again = match.groups()
        stems = (word, f"{word[:-3]}y", word[:-2], word[:-1]) if again or (word,) not in lexicon().senses else ()
        tags = [sense.value[0] for stem in stems for sense in lexicon().senses.get((stem,), ()) if sense.kind == "mood"]
        arousal = moods()[tags[0]].arousal if tags else 0.0
        return "build" if arousal > 0 else "wind-down" if arousal < 0 else None

    def between_marks(match: re.Match[str]) -> str:
        """ "Mostly pianissimo to mezzo forte" as the marking in the middle."""
        marks = table["marks"]
        first, last = (list(DYNAMICS).index(marks[one]) for one in match.groups())
        return list(DYNAMICS)[(first + last) // 2]

    def final_hit(match: re.Match[str]) -> str:
        if re.search(_SOFTLY, match[0]):
            return "soft"
        return "sudden" if re.search(_SUDDENLY, match[0]) else "big"

    def rise(match: re.Match[str]) -> str:
        return "swell" if match[0].startswith("swell") else "build"

    units = either([*prompt_table()["seconds"], *prompt_table()["bars"]["units"]])
    last_of = rf"(?:(?:in|for|over|during) )?(?:the )?(?:last|final) {number_pattern()} (?:{units})(?: all)?"
    marks = either(table["marks"])
    falls, climaxes = (either(table[key]) for key in ("falls", "climaxes"))
    goal = rf"(?:{either(table['up_to'])}) (?:(?:an?|the|its|big|great|final) )*"
    ways = {"starts": arc("build", "wind-down"), "ends": arc("soft-end", "loud-end"), "middles": arc(None, "swell")}
    return (
        Rule("dynamic", re.compile(rf"(?:mostly|always|sempre|generally|stays|remains) (?:very )?piano{CLAUSE}"), piano),
        Rule("dynamic", re.compile(rf"(?:molto|assai|piano|piu) piano{CLAUSE}(?! (?:and|with)\b)"), softly),
        *(Rule("arc", re.compile(rf"(?:{either(table[place])}){some} {level}{END}(?: (?:werden|wird))?(?! {PLAYER})"), way)
          for place, way in ways.items()),
        *(Rule("arc", re.compile(rf"{level}{some} (?:{either(table[place])}){END}(?! of\b)"), way)
          for place, way in ways.items()),
        Rule("arc", re.compile(rf"(?:{either(table['ends'])}){some} {gentle}{END}"), ways["ends"]),
        Rule("arc", re.compile(rf"{last_of}{some} {level}{END}(?! {PLAYER})"), ways["ends"]),
        Rule("arc", re.compile(rf"{last_of}{some} {gentle}{END}(?! {PLAYER})"), ways["ends"]),
        Rule("arc", re.compile(soft_piano), starts_piano),
        Rule("peak", re.compile(rf"(?:{either(table['grows'])}) to {level} at {_CLOCK}"), at_peak),
        Rule("arc", re.compile(rf"(?:{either(table['shrinks'])})(?: (?:off|down|away))? (?:in)?to {level}{END}"), ways["ends"]),
        Rule(
            "layers",
            re.compile(rf"(?:(?:gradually|slowly|with) )*(?:{who} )?(?:(?:gradually|slowly) )?(?:{how} )?{by}{END}"),
            whole,
        ),
        Rule(
            "arc",
            re.compile(
                rf"(?:{either(table['getting'])}) (?:(?:{either(table['steadily'])}) )*([a-z]+er)( (?:and|und) \1)?{END}"
                r"(?: (?:with|in) (?:each|every) [a-z]+| (?:each|every) time| (?:towards|to) the end)?"
            ),
            grows_by,
        ),
        Rule("arc", re.compile(quiet), ways["ends"]),
        Rule("arc", re.compile(quiet_start), ways["starts"]),
        Rule("arc", re.compile(grows_from_piano), lambda _: "build"),
        *(Rule("arc", re.compile(rf"(?:{either(table[place])}) {letter}"), ways[place]) for place in ("starts", "ends")),
        Rule(
            "arc",
            re.compile(
                r"(?:from (?:a )?)?(?:(p{2,4}|pianissimo)|(f{2,4}|fortissimo)) (?:up |down )?to (?:a )?"
                r"(?:(p{1,4}|mp|pianissimo)|(f{1,4}|mf|fortissimo))\b"
            ),
            lambda match: "build" if match[1] and match[4] else "wind-down" if match[2] and match[3] else None,
        ),
        Rule("arc", re.compile(rf"{grows}(?:{level}{END}|f{CLAUSE})"), arc(None, "build")),
        Rule(
            "arc",
            re.compile(
                rf"(?:{either(table['grows'])})(?: up)?(?: {goal}(?:{either((*table['soft'], *table['loud']))}))?,?"
                rf"(?: (?:and|then|before|but|to))+ (?:{falls})"
                rf"(?: (?:back|down|away|again|off|to (?:{either(table['soft'])})))*\b"
            ),
            lambda _: "swell",
        ),
        Rule(
            "arc",
            re.compile(
                rf"(?:{either(table['grows'])})(?: up)? {goal}(?=(?:[a-z]+ ){{0,2}}(?:{climaxes})\b(?! (?:at|around)\b))"
            ),
            rise,
        ),
        Rule(
            "arc",
            re.compile(
                rf"(?:(?:before|then|and|finally) )*(?:{either(table['fades'])})(?: (?:away|out|off|back|slowly|gradually))*"
                rf" (?:in|im|dans|en|nel|to|into|a)(?:to)? ?(?:{either(table['nothings'])})\b"
            ),
            lambda _: "fade-out",
        ),
        Rule(
            "dynamic",
            re.compile(
                rf"(?:(?:{either(table['mostly'])})(?: from| is| are|:)* )+"
                rf"({marks}) ?(?:to|and|through|bis|und|a|et|y|e|-|–) ?({marks}){END}"
            ),
            between_marks,
        ),
        Rule(
            "final hit",
            re.compile(
                r"(?:an? |one |un )?(?:(?:big|loud|soft|gentle|sudden|huge|last|final|single|lone|solitary) ){0,2}"
                rf"(?:{PLAYER} )?(?:{either(table['final_hits']['nouns'])})"
                r"(?: de [a-z]+)? (?:right )?at the (?:very )?end\b"
            ),
            final_hit,
        ),
        Rule(
            "final hit",
            re.compile(
                r"(?:(?:and|then|one|an?|the|big|huge|loud) )*(?:final|last|closing) (?:big |loud )?"
                rf"(?:hit|stab|stinger|accent){_LAST}"
            ),
            final_hit,
        ),
        Rule(
            "final hit",
            re.compile(
                rf"(?:{either(table['final_hits']['ends'])})(?: (?:abruptly|suddenly|loudly|dramatically))?"
                r" (?:with|on|in|mit|par|con) "
                rf"(?:[a-z]+ ){{1,4}}?(?:{either(table['final_hits']['nouns'])})(?! at\b)\b"
            ),
            final_hit,
        ),
    )  # fmt: skip
