"""Figures for which a brief has no option, so that they are not read as others: decades, opus numbers, motions of lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from composer.prompt.figures.band_sections import PLAYER
from composer.prompt.figures.keys import sign_pattern
from composer.prompt.figures.patterns import END, Rule, number_pattern, whole
from composer.prompt.lexicon import either, lexicon, prompt_table

# Words for the motion of a line do not name an instrument: "a descending bass" is not a bass guitar.
_MOTIONS = (
    "descending|ascending|falling|rising|climbing|sinking|moving|chromatic|stepwise|stepping|pedal|lament|absteigende[rn]?"
)
_LINES = "bass(?: ?lines?| notes?)?|melod(?:y|ies)|lines?|scales?|chords?|voices?|notes?|key"
_VOICES = "(?:soprano|alto|tenor|bass|highest|lowest|top|bottom|upper|lower)"
_ENTRY = "(?:starting|beginning|starts|begins|entering first|first entry)(?: (?:with|in))?"
_THEME = r"(?:melody|theme|tune|subject|cantus firmus|line) (?:(?:should|must|can|may|then|now|is|be|lies|starts|begins"
_THEME += r"|moves?|given|goes|go|going|passes|passed|pass|handed|shifts?|wanders?|over) ){0,3}(?:in|on|by|to)"
_AFTER = r"(?:,? (?:and|then|next|followed by|finally|later|last(?:ly)?|after that|in|by|with|the))+|,"
_SUBJECT = r"(?:the |its |main )*(?:subject|theme|dux)(?: that)?(?: (?:first|which))?"
_SUBJECT += r" (?:enters?|entering|appears?|appearing|comes? in|is (?:heard|introduced|stated)|starts?|starting|begins?)"
_PLACES = "pedals?|(?:left|right) hand|(?:upper|lower|top|inner|middle) (?:voices?|parts?)|soprano|alto|tenor|bass(?: voice)?"
GROUPS = "quartet|quintet|sextet|trio|orchestra|choir|ensemble|strings|consort|fugue|band"
_SECOND = "second|2nd|ii|zweite[rn]?|deuxieme|second[oa]|segund[oa]"
_SUNG = "verses?|chorus(?:es)?|bridge|refrain"
_QUARTERS = {
    "whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "8th": 0.5, "sixteenth": 0.25, "16th": 0.25,
    "semibreve": 4.0, "minim": 2.0, "crotchet": 1.0, "quaver": 0.5, "semiquaver": 0.25,
}  # lengths of notes  # fmt: skip
_STOP = "(?:(?:full|complete|total|dead|sudden|abrupt) )?(?:stop|silence|pause)"
_NTH = "first|second|third|fourth|fifth|last|final"
_MOVEMENTS = r"\b(?:movements|movimenti|movimientos|movimentos|mouvements|satze[n]?)\b"
_COUNTED_PIECES = (
    r"\b(?:two|three|four|five|six|[2-6]) (?:[a-z]+ ){0,2}(?:pieces|miniatures|dances|preludes|studies|sketches)\b"
)
_STRING = (
    r"strings?(?! (?:quartets?|quintets?|trios?|sextets?|octets?|orchestra|ensemble|section|parts?|pads?|players?|band)\b)"
)
_WHICH = (
    r"(?:open|outer|inner|lowest|highest|top|bottom|(?:all )?(?:three|four|five|six|twelve|[3-6])|[a-g](?:[ -](?:flat|sharp))?)"
)
_ON_STRINGS = (
    rf"(?:(?:on|across|over) (?:the |all |its |both )*{_WHICH}[ -]{_STRING}|(?:only |just |the )*open[ -]{_STRING}(?: only)?"
)
_ON_STRINGS += (
    rf"|the [a-g][ -]{_STRING}|(?:sympathetic|resonating|vibrating) {_STRING})"  # of one instrument, which are no players
)
# A piece has no fade unless it is asked for, so that a cold end needs nothing.
_COLD = r"(?:(?:ends?|ending|stops?|finish(?:es)?) (?:cold|dead)|cold (?:end|ending|stop|finish))"
_COLD += r"(?: (?:on|with) (?:the |a )?[a-z]+)?\b"
_DRONE = "drone"  # a feature
_LOW = r"(?:(?:long|low|deep|single|soft|quiet|very|d|g|c|bass|pedal|one) )+"
_HELD = r"(?:the |its )?(?:pedals?|bass|left hand) (?:holds?|holding|sustains?|sustaining)"
_HELD += rf" (?:an? |the |on )?{_LOW}(?:notes?|tones?)(?: (?:throughout|underneath|all the way(?: through)?))?\b"
_TO_END = r"(?:all the way|right|straight) (?:to|until|till|up to) (?:the (?:very )?end|the last (?:bar|note|chord))\b"
_ONE_NOTE = r"(?:(?:climax(?:es|ing)?|ends?|ending|finish(?:es|ing)?|peaks?|culminat(?:es|ing)) (?:on|at|with|in) )?"
_ONE_NOTE += (
    r"(?:an? |the |its |her |his )?(?:[a-z]+ )?(?:high|low|top)(?: (?:sustained|held|long|soft|loud|final|sung))* [a-g]"
)
_OF_MOMENT = r"(?=\s*(?:[,.;:!?)]|$)| (?:near|at|in the|on the|to|toward|towards|before|after|as|just|right|for the)\b)"
_NO_PEDALS = "no-pedals"  # a feature
_UNPEDALED = r"(?:no|without(?: (?:the|a|any))?|senza) (?:(?:sustain|damper) )?pedale?\b(?! (?:steel|points?|tones?|notes?)\b)"
_FOOTED = r"(?:32|16|8|4|2)['′’] ?[a-z]+\b(?: stops?\b)?"  # stops of an organ, by the length of their pipes
_QUOTED = r"(?:setting )?(?:of |to )?(?:the |my |these |this )?(?:words|texts?|lyrics|poem|lines?),?:? ?[\"“„«][^\"”“»]*[\"”“»]"
_VOICE = r"(?:the )?(?:second|third|fourth|next|other|following|each|every)(?: [a-z]+)? voices? (?:that )?"
_VOICE += r"(?:enters?|entering|comes? in|starts?|starting|begins?|follows?|following|answers?|imitates?|joins?)"


def beyond_rules() -> tuple[Rule, ...]:
    """Rules of kind "beyond", whose value is the phrase; "filler"; and "shortest", quarters of the shortest note allowed."""
    of_lengths = rf"(?:of|long|loop|piece|track|cue|in|for|{either(prompt_table()['timed']['words'])})\b"
    amounts, units = either(prompt_table()["amounts"]), either(prompt_table()["seconds"])
    value = rf"({either(_QUARTERS)})"
    notes = rf"(?:{either(_QUARTERS)})(?:s|[ -]notes?)?(?:(?:, | and | or |/)(?:{either(_QUARTERS)})(?:s|[ -]notes?)?)*"
    shortest = rf"(?:nothing|no notes?|none) (?:faster|shorter|quicker|smaller) than (?:an? )?{value}(?:s|[ -]notes?)?\b"
    only = rf"(?:(?:only|just|nothing but|all|all in|entirely in) {notes}(?<=s)\b|{notes}(?<=s) only\b)(?! on\b| in the\b)"
    seconds = rf"(?:{amounts}|{number_pattern()})[ -]?(?:{units})"
    bars, timed = re.compile(r"\bbars?\b"), re.compile(rf"(?:{units}) of\b")
    part = r"(?:half(?:way)?|(?:two|three|one|a)[ -](?:thirds?|quarters?))"
    line = rf"(?:{_VOICES}|{PLAYER}s?)(?: voice)?{END}"
    return (
        Rule("shortest", re.compile(shortest), lambda match: _QUARTERS[match[1]]),
        Rule("shortest", re.compile(only), _shortest),
        Rule(
            "shortest",
            re.compile(
                rf"(?:no|without|avoid(?:ing)?)(?: any)? {value}(?:s\b|[ -]notes?\b)(?:,? (?:or|and|nor) (?:anything )?[a-z]+)?"
            ),
            lambda match: 2 * _QUARTERS[match[1]],
        ),
        Rule("beyond", re.compile(r"(?:18|19|20)[0-9]0s\b"), whole),
        Rule("beyond", re.compile(rf"(?:19)?[2-9]0s(?= (?!{of_lengths})[a-z])"), _decade_before),  # "80s synth pop"
        Rule("beyond", re.compile(r"(?<=[a-z] )[2-9]0s(?=\s*(?:[,;.!]|$))"), _decade),  # "soft rock 70s"
        Rule("beyond", re.compile(rf"{_ON_STRINGS}{END}"), whole, needs=re.compile(r"\bstrings?\b")),
        Rule("beyond", re.compile(rf"(?:(?:{_MOTIONS}) (?:{_LINES})|ostinato bass)\b"), whole),
        Rule("beyond", re.compile(rf"{_ENTRY} (?:the )?{_VOICES}(?: voice)?\b"), whole),
        Rule("beyond", re.compile(rf"{_SUBJECT}(?: first)? (?:in|with|by|on) (?:the )?{line}(?:(?:{_AFTER}) {line})+"), whole),
        Rule("beyond", re.compile(rf"{_THEME} (?:the )?(?:{_PLACES}|({PLAYER}s?)){END}"), _theme_in),
        Rule(
            "beyond",
            re.compile(rf"(?:silence|silent|rest|pause|tacet) (?:for|of) (?:{number_pattern()}) bars?\b"),
            whole,
        ),
        Rule("beyond", re.compile(rf"{_STOP} (?:for|of) {seconds}(?= at [0-9])"), whole, needs=re.compile(rf"\b(?:{units})\b")),
        Rule("beyond", re.compile(rf"(?:{number_pattern()}) bars? of (?:silence|rest|nothing)\b"), whole, needs=bars),
        Rule(
            "beyond",
            re.compile(r"(?:the )?(?:(?:last|first|second|final) [A-H]|[E-H]) (?:section|theme|part)s?\b"),
            whole,
            in_raw=True,
        ),
        Rule("beyond", re.compile(rf"(?:{_SUNG}) (?:(?:is|are) )?(?:sung|played|led) by\b"), whole),
        Rule("beyond", re.compile(r"trad(?:es?|ing) (?:twos|fours|eights)(?: with (?:the )?[a-z]+)?\b"), whole),
        Rule("beyond", re.compile(r"taking turns\b|talk(?:s|ing)? over (?:each other|one another)\b"), whole),
        Rule("filler", re.compile(r"(?:with )?both(?= in\b)"), whole),  # themes in one key
        Rule("filler", re.compile(r"[a-z]+ (?:is |are )?(?:replaced|substituted) (?:by|with) (?:an? )?(?=[a-z])"), whole),
        Rule(
            "beyond", re.compile(rf"(?:{seconds}) of [a-z]+(?: [a-z]+){{0,2}} (?:before|until|till)\b"), whole, needs=timed
        ),  # of a moment
        Rule("filler", re.compile(_TO_END), whole),
        Rule("filler", re.compile(r"(?:drops?|dropping|falls?|falling) out\b"), whole),
        Rule("beyond", re.compile(rf"(?:and )?{_COLD}"), whole),
        Rule("beyond", re.compile(rf"{_VOICE}[^,.;:]*"), whole),
        Rule(
            "beyond",
            re.compile(rf"(?:the )?(?:{_NTH}) (?:(?:variation|movement|one)\b|(?=(?:as|like|is) ))(?:(?! and the )[^,.;])*"),
            _variation,
        ),
        Rule("band feature", re.compile(_HELD), lambda match: _DRONE),
        Rule("one note", re.compile(rf"{_ONE_NOTE}{sign_pattern()}{_OF_MOMENT}"), whole, needs=re.compile("high|low|top")),
        Rule("band feature", re.compile(_UNPEDALED), lambda match: _NO_PEDALS),
        Rule("beyond", re.compile(_FOOTED), whole),
        Rule("beyond", re.compile(_QUOTED), whole),
        Rule("filler", re.compile(r"an? theme(?= (?:and|with|followed) )"), whole),
        Rule("beyond", re.compile(r"(?<=[:;,] the )theme (?!and\b)[a-z]+(?:(?! and the )[^,.;])*"), _variation),
        Rule("beyond", re.compile(rf"(?:the )?(?:{_SECOND})\b[^.!?]*"), _further_movement),
        Rule("beyond", re.compile(r"[23](?:\+[23]){1,5}(?![0-9])"), whole),  # how 7/8 is grouped
        Rule(
            "beyond",
            re.compile(
                r"(?:(?:ending|ends?|closing|closes|finish(?:es|ing)?|final(?:e|ly)?|last)(?: (?:on|in|with|at))* "
                r"(?:an? |the )?|(?:with )?an? )(?:bright |surprising )?(?:major|minor|tonic)(?: (?:key|tonic))? "
                r"(?:final )?(?:chord|triad|cadence|ending|end)(?: at the end)?\b"
            ),
            whole,
        ),
        Rule("beyond", re.compile(r"(?:cadence|ending|ends) (?:in|on) (?:dur|major)\b"), whole),
        Rule("beyond", re.compile(rf"(?:about |around |at |roughly )*{part} (?:of the )?(?:way )?through\b"), whole),
        Rule("beyond", re.compile(r"(?:no|nr|op|opus|k|kv|bwv)\.? ?[0-9]{1,4}\b"), whole),
    )


def _shortest(match: re.Match[str]) -> float | None:
    """The shortest of the notes that alone are allowed, in quarters, "half notes only"; `None` where one player has them."""
    if re.search(rf"\b(?:hands?|pedals?|plays?|playing|has|have|gets?|{PLAYER})\b[^,.;:]*$", match.string[: match.start()]):
        return None
    return min(_QUARTERS[name] for name in re.findall(either(_QUARTERS), match[0]))


def _decade(match: re.Match[str]) -> str | None:
    """A decade after the name of a genre where no other is named: "soft rock 70s", not "an ad 30s", "80s pop 90s"."""
    words = match.string[: match.start()].split()
    before = [
        sense for first in range(max(0, len(words) - 3), len(words)) for sense in lexicon().senses.get(tuple(words[first:]), ())
    ]
    is_genre = any(sense.kind in ("style", "hint") for sense in before)
    is_another = any(re.fullmatch(r"(?:19)?[2-9]0s", word) for word in words)
    return match[0] if is_genre and not is_another and _may_be_decade(match[0], words) else None


def _decade_before(match: re.Match[str]) -> str | None:
    """A decade before what is of it: "80s synth pop", "30s jazz", not "30s upbeat pop"."""
    return match[0] if _may_be_decade(match[0], match.string[match.end() :].split()[:3]) else None


def _may_be_decade(figure: str, beside: Sequence[str]) -> bool:
    """Whether a figure is a decade: from the fifties on, or with a genre of the time beside it."""
    named = {word.strip(",.;:!") for word in beside}
    return figure[-3] in "56789" or figure.startswith("19") or bool(named & set(prompt_table()["timed"]["genres"]))


def _theme_in(match: re.Match[str]) -> str | None:
    """ "Melody in the cello" where the cello plays anyway, since it is named elsewhere or a group is; or "in the left hand"."""
    player = match[1]
    others = match.string[: match.start()] + match.string[match.end() :]
    plays = player is None or player.rstrip("s") in others or re.search(rf"\b(?:{GROUPS})s?\b", others)
    return match[0] if plays else None


def _variation(match: re.Match[str]) -> str | None:
    """What a theme, one of its variations or a movement is like, except its key."""
    has_key = re.search(rf"\bin(?:to)? [a-g]{sign_pattern()}[ -](?:major|minor)$", match[0])
    is_bare = match[0].endswith(" movement")  # "second movement, theme and variations" says which one the piece is
    return match[0] if re.search(rf"\bvariations\b|{_MOVEMENTS}", match.string) and not has_key and not is_bare else None


def _further_movement(match: re.Match[str]) -> str | None:
    """What a prompt with several movements says of those after the first."""
    return match[0] if re.search(rf"{_MOVEMENTS}|{_COUNTED_PIECES}", match.string[: match.start()]) else None
