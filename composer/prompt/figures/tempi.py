"""The tempo in figures, tempi that change, and tempi of sections."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from composer.prompt.figures.patterns import CLAUSE, END, Rule, needing, number_of, number_pattern, whole
from composer.prompt.lexicon import either, lexicon, phrase_of, prompt_table

MODERATE_QPM = 100.0  # "very" moves a tempo away from it, "slightly" and "not too" towards it
_THROUGHOUT = "100%@0 "  # beginning of a curve over the whole piece
_LAST_BARS = 85  # per cent of a piece up to its last bars
_START = "start"  # a place
_RUN_DOWN = "100%@75% 60%@end"  # of clockwork
_STOPS = r"(?:(?:by|slowly|gradually|finally|eventually) )*(?:running|runs?) (?:down|out(?: of (?:steam|breath|energy))?)"
_STOPS += (
    r"(?: (?:slowly|gradually|completely|at the (?:very )?end|to(?:wards?)? the end|to a stop))*(?=\s*(?:[,.;:!)]|$|and\b))"
)
_SEPARATE = (
    r"\b(?:movements?|movimenti|mouvements|satze[n]?|sonat|concert|sinfoni|suite|baroque|barock)"  # movements, not one piece
)
_FEWEST_PACES, _MOST_PACES = 3, 6  # of a list of movements
_LASTS = {"faster": "140%@end", "slower": "65%@end"}  # ends of curves to comparatives


def tempo_rules() -> tuple[Rule, ...]:
    """Rules of kind "bpm", in quarter notes per minute."""
    table, number = prompt_table(), number_pattern()
    note = either(table["notes"]).replace("♩", "♩ ?")
    unit = r"(?:bpm|qpm|ppm|b\.p\.m\.?|beats (?:per|a) minute|beats/min|schlage pro minute"
    unit += r"|battements par minute|(?:pulsaciones|batidas)(?: por minut[oe])?|battiti al minut[oe])"

    def marked(match: re.Match[str]) -> float:
        value: float = table["notes"][re.sub(r"[ -]+", " ", match[1]).replace("♩ .", "♩.").strip()]
        return round(number_of(match[2]) * value, 3)

    return needing(
        rf"[0-9]|{unit}|\b(?:{note}|noire|negra|seminima|tempo|speed|bpm)\b",
        Rule("bpm", re.compile(rf"({number})[ -]?{unit}"), lambda m: number_of(m[1])),
        Rule("bpm", re.compile(rf"({number}) (?:a la|al|a) (?:noire|negra|quarter|seminima)\b"), lambda m: number_of(m[1])),
        Rule("bpm", re.compile(rf"({note}) ?(?:=|equals|at) ?({number})(?: ?{unit})?"), marked),
        Rule("bpm", re.compile(rf"(?:tempo|bpm|speed|mm|m\.m\.)(?: of| is| at| around| about|:| =|=)* ?({number}){END}"
                               rf"(?! ?(?:bars?|measures?))(?: ?{unit})?"), lambda m: number_of(m[1])),
        Rule("bpm", re.compile(rf"at (?:about |around |roughly )?([0-9]{{2,3}}(?:\.[0-9]+)?){CLAUSE}"),
             lambda m: number_of(m[1])),
        Rule("bpm", re.compile(r"(?:(?<=[,;:] )|(?<=^))([0-9]{2,3})(?=\s*(?:[,;.!]|$))"), _bare_tempo),
        Rule("bpm", re.compile(r"(?<=[a-z] )(1[0-9]{2}|2[0-3][0-9])(?=\s*(?:[,;.!]|$|with\b))"), _bare_tempo),  # "techno 145"
        Rule("bpm", re.compile(rf"(?<=[a-z] )(1[0-9]{{2}}|[6-9][0-9])(?= (?!(?:{either(_units())})\b)[a-z])"), _tempo_of_genre),
    )  # fmt: skip


def names_note(phrase: str) -> bool:
    """Whether a tempo says which note it counts: "half note = 60", "quarter at 120".

    >>> names_note("half note at 60"), names_note("at 120")
    (True, False)
    """
    return bool(re.match(rf"(?:{either(prompt_table()['notes'])}) ?(?:=|equals|at)", phrase))


def _units() -> tuple[str, ...]:
    """What a number counts if it is not a tempo."""
    return (*prompt_table()["seconds"], *prompt_table()["bars"]["units"], "bit", "percent", "piece", "years", "voices", "notes")


def _tempo_of_genre(match: re.Match[str]) -> float | None:
    """A number right after the name of a genre: "techno 124 chords only"."""
    senses = lexicon().senses.get((match.string[: match.start()].split()[-1],), ())
    is_genre = any(sense.kind == "style" or (sense.kind == "use" and sense.value.get("table") == "genres") for sense in senses)
    return number_of(match[1]) if is_genre else None


def _bare_tempo(match: re.Match[str]) -> float | None:
    """A number between two commas is a tempo if it is a plausible one."""
    return number_of(match[1]) if 40 <= int(match[1]) <= 240 else None


def course_rules() -> tuple[Rule, ...]:
    """Tempi that change, "from 80 to 140 bpm"; tempi of sections, "a slow introduction", "the middle section is faster"."""
    table, number = prompt_table(), number_pattern()
    unit = "(?: ?bpm| beats (?:per|a) minute)"
    words = {**table["speeds"], **table["tempi"]}
    verbs = r"accelerat\w+|speed\w+ up|rising|rises|slow\w+(?: down)?|falling|falls"
    degree = "(?:(?:much|a bit|a little|slightly|very|even|rather|quite) )?"
    section = rf"({either(table['places'])})(?: section| part)?(?![\w-])"
    beat = r"(double|half)[ -](?:time|tempo|speed)(?: feel| groove)?"

    def set_as(pace: int, name: int) -> Callable[[re.Match[str]], tuple[str, str]]:
        return lambda match: (table["places"][match[name]], match[pace])

    def beat_of(pace: int, name: int) -> Callable[[re.Match[str]], tuple[str, str]]:
        """The tempo of a section whose beat doubles or halves."""
        return lambda match: (table["places"][match[name]], f"{match[pace]} time")

    return (
        *_late_rules(),
        _movements_rule(),
        Rule("course", re.compile(_STOPS), lambda _: _RUN_DOWN),
        Rule("section tempo", re.compile(rf"{beat} (?:[a-z]+ )??{section}"), beat_of(1, 2)),
        Rule("section tempo", re.compile(rf"{beat} (?:in|at|for|on|during) (?:the )?(?:very )?{section}"), beat_of(1, 2)),
        Rule(
            "section tempo",
            re.compile(
                rf"(?:the )?{section} (?:(?:is|are|goes|drops|played|should be|switches|changes) )?(?:(?:in|to|into) )?{beat}"
            ),
            beat_of(2, 1),
        ),
        Rule(
            "return",
            re.compile(
                r"(?:then |and )?(?:tempo i|tempo primo|a tempo"
                r"|(?:back (?:to|at|in)|at|in) (?:the )?(?:first|original|initial) (?:tempo|speed)(?: again)?)(?![a-z])"
            ),
            whole,
        ),
        Rule(
            "section tempo",
            re.compile(
                rf"(?:slow\w*|drop\w*|speed\w*)(?: down| up)? to (?:an? )?({either(words)}) (?:in|for) (?:the )?{section}"
            ),
            set_as(1, 2),
        ),
        Rule(
            "return",
            re.compile(
                r"(?:,? ?(?:and )?then |and )back(?: again| down| up| to (?:the )?(?:first|start|original)[a-z ]*)?"
                r"(?=\s*(?:[,.;!]|$))"
            ),
            whole,
        ),
        Rule(
            "new pace",
            re.compile(
                rf"(?:(?:{verbs}|drops?|goes|going|jumps?|picks? up)(?: up| down)?(?: in tempo)? to|up to|down to) "
                rf"({number}){unit}"
            ),
            lambda m: number_of(m[1]),
        ),
        Rule(
            "new pace",
            re.compile(
                r"(?:it )?(?:accelerat\w+|speed\w+(?: up)?|slow\w+(?: down)?)(?: up| down)? to "
                r"([4-9][0-9]|1[0-9][0-9]|2[0-3][0-9])\b"
            ),
            lambda m: number_of(m[1]),
        ),
        Rule(
            "course",
            re.compile(
                rf"(?:(?:(?:{verbs}) )?from ({number}){unit}?|({number}){unit},? (?:and )?(?:{verbs})) "
                r"(?:up |down )?(?:to|until|->|→) "
                rf"({number}){unit}"
            ),
            lambda m: (number_of(m[1] or m[2]), number_of(m[3])),
            needs=re.compile("bpm|beats"),
        ),
        Rule(
            "section tempo",
            re.compile(
                rf"{degree}({either(words)}) (?:at first|to begin with|at the (?:start|beginning|outset))\b"
                r"(?!,? (?:and )?(?:then|but|before|later|gradually|becoming|getting|turning|speeding))"
            ),
            lambda match: (_START, match[1]),
        ),
        Rule("section tempo", re.compile(rf"{degree}({either(words)}) {section}"), set_as(1, 2)),
        Rule(
            "section tempo",
            re.compile(
                rf"(?:the )?{section} (?:that |which )?(?:(?:is|are|gets|goes|played|should be) )?"
                rf"{degree}({either(words)})\b(?! {section})"
            ),
            set_as(2, 1),
        ),
    )


def _movements_rule() -> Rule:
    """A list of tempi, slow and fast by turns: "slow-fast-slow-fast", "in three movements: allegro, adagio, allegro".

    Its value is a form with a section for each and the words for the tempi; without movements the third of three is the first
    again.
    """
    table = prompt_table()
    compared = {*table["late_tempi"]["faster"], *table["late_tempi"]["slower"]}
    paces = {word: qpm for word, qpm in {**table["speeds"], **table["tempi"]}.items() if word not in compared}
    pace = rf"(?:{either(paces)})"
    between = r"(?: ?[-–—/>→,;] ?(?:(?:and|then|et|und|e|y) )?| (?:and |then )?)"
    number, noun = number_pattern(), "(?:movements|sections|parts|tempi|tempos)"
    before = rf"(?:(?:in |with |of |its )?(?:{number} )?{noun}(?: \(|,|:| are| going| -| –)? ?\(?)?"
    after = r"(?: (?:form|structure|scheme|order|plan|layout|pattern|movements|sections))?"

    def built(match: re.Match[str]) -> tuple[str, tuple[str, ...]] | None:
        words = tuple(re.sub("[ -]+", " ", word) for word in re.findall(pace + END, match[1]))
        is_slow = [paces[word] < MODERATE_QPM for word in words]
        if any(one == other for one, other in pairwise(is_slow)):
            return None
        returns = len(words) == _FEWEST_PACES and not re.search(_SEPARATE, match.string)
        return "ABA" if returns else " ".join("ABCDEF"[: len(words)]), words

    listed = rf"({pace}(?:{between}{pace}){{{_FEWEST_PACES - 1},{_MOST_PACES - 1}}}){END}"
    return Rule("movements", re.compile(rf"{before}{listed}{after}"), built)


def _late_rules() -> tuple[Rule, ...]:
    """A tempo that changes from a place on: "getting faster towards the end", "slower and slower in the last third"."""
    late = prompt_table()["late_tempi"]
    lasts = {phrase: curve.split()[-1] for curve, phrases in prompt_table()["tempo_courses"].items()
             if curve.startswith(_THROUGHOUT) for phrase in phrases}  # fmt: skip
    lasts |= {word: _LASTS[way] for way in ("faster", "slower") for word in late[way]}
    last_bars = r"(?:(?:in|over|during|for) )?(?:(?:the|its) )?"
    last_bars += rf"(?:(?:last|final) (?:few |couple of |{number_pattern()} )?(?:bars|measures|seconds))"
    last_bars += "|(?:just|right|shortly) before (?:the )?[a-z]+"
    phrases, places = either(lasts), rf"{either(late['from'])}|{last_bars}"
    links = rf"(?:(?:{either(late['links'])}) )*"

    def curve(pace: int, place: int) -> Callable[[re.Match[str]], str | None]:
        def built(match: re.Match[str]) -> str | None:
            with_place = match.end(place) <= match.end()
            if with_place and any(sense.kind == "course" for sense in lexicon().senses.get(phrase_of(match[0]), ())):
                return None  # "slower at the end" is a ritardando
            said = re.sub("[ -]+", " ", match[pace])
            start = late["from"].get(re.sub("[ -]+", " ", match[place]), _LAST_BARS)
            return f"100%@{start}% {lasts[said]}"

        return built

    needs = re.compile(rf"\b(?:{places})\b")
    return (
        Rule("course", re.compile(rf"{links}({phrases}) {links}({places}){END}"), curve(1, 2), needs=needs),
        Rule(
            "course",
            re.compile(rf"{links}({phrases})(?= (?:and|et|und|y|e) [a-z]+ {links}({places}){END})"),
            curve(1, 2),
            needs=needs,
        ),
        Rule("course", re.compile(rf"({places}) {links}({phrases}){END}(?: werdend| werden)?"), curve(2, 1), needs=needs),
    )
