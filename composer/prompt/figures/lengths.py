"""The length of the piece in seconds, minutes or bars."""

from __future__ import annotations

import re

from composer.prompt.figures.band_sections import PLAYER
from composer.prompt.figures.patterns import END, MACHINES, Rule, amount_of, needing, number_of, number_pattern, whole
from composer.prompt.lexicon import either, prompt_table

_PHRASE = 4  # bars
_BELOW = 0.95  # of a limit: "under 2 minutes"
_PAIR_OF_MARKS = 2
_LATER = "later|earlier|apart|afterwards?|behind|before the end|from the end"  # after an amount: a place, no length
_STILL = "silence|silent|pauses?|rests?|held|holds?|sustained|complete stop"  # what lasts within a piece
_GROUNDS = (
    "grounds?(?: bass(?:es)?)?|(?:basso )?ostinat(?:o|os|i)(?: bass)?|descending bass|repeating bass"  # what repeats throughout
)
_REPEATED = (
    "bass(?: ?lines?)?|riffs?|vamps?|loops?|phrases?|themes?|motifs?|patterns?|progressions?|sequences?|figures?|turnarounds?"
)
_THEN = r",? (?:and )?(?:then|before|until)\b"
_MOST_OF_TURN = 64  # bars of who plays first
_MOMENTS = "break|fill|stop|hit|drop|pause"  # at a bar: "break in bar 17" is no burglary
_UP_TO = "(?:up to|to|until|till)"  # before a bar
_UPON = r"over|on|upon|above|around|with|from|under|repeating|repeats|built on|based on|uber|sur|sobre|sopra"
_ALL_BUT = (
    r"(?: (?:are|is|of|with|have|complete|total))*"
    r"(?: (?:silence|silent|nothing),? (?:except|but|apart from|save)(?: for)?"
    rf"|(?= (?:only|just) (?:an? |the )?(?:solo |lone )?{PLAYER})"
    rf"|(?: (?:returns?|returning|(?:goes |go )?back|belongs?|fades?) to\b)?(?= (?:just |only |the |an? |solo |lone )*{PLAYER}"
    r" (?:all )?(?:alone|only|solo|by itself|on its own)\b))"
)  # after the last seconds of a piece
_EIGHT = "eights?|8s?"  # beats that a dancer counts
_GROWS = r"\b(?:build|grow|swell|ris|crescendo|fad|accelerat|intensif|unfold)[a-z]*(?: up| in| out| slowly| gradually)* $"
_PARTS = "intro|introduction|outro|coda|ending|build[ -]?up|solo|breakdown|fade[ -]?(?:out|in)|crescendo|riser|tag|interlude"


def length_rules() -> tuple[Rule, ...]:
    """Rules of kind "duration", in seconds, and "bars"; the bars of a blues are a form, and first bars no length."""
    table, number = prompt_table(), number_pattern()
    amount = rf"(?:{either(table['amounts'])}|{number})"
    more = r"(?:(?P<half> and a half| 1/2))?"
    below = r"(?:under|below|less than|shorter than|(?:not|no) (?:longer|more) than|at most|max(?:imum)?) "
    second = rf"(?P<amount>{amount}){more}[ -]?(?P<unit>{either(table['seconds'])}){END}"
    second += r"(?P<after> and a half| y medi[ao]| et demie?| e mezz[ao]| e mei[ao])?"
    spoken = rf",? ?(?:and )?(?P<amount2>{number})[ -]?(?P<unit2>{either(table['seconds'])}){END}"
    after = r"(?=\s*(?:[,.;:!?)|]|$|(?:and|in|for|with|at|on|from|but|long|und|pour|fur|per|para|et|en|de|y|e)\b))"
    rest = rf"(?:{spoken}|(?<=[a-z]) (?:(?:and|und|et|y|e) )?(?P<bare>[0-5]?[0-9]|(?!one\b){number}){after})?(?: long\b)?"
    bars = either(table["bars"]["units"])
    length, adjective = rf"(?:{number})[ -](?:{bars})", "(?:(?!(?:of|and|blues|each|for|in|with|a|the) )[a-z-]+ )??"
    part = "first|last|opening|final|initial|next|every|each|another|ersten|letzten|premieres|dernieres|primeros|ultimos|alle"

    def seconds(match: re.Match[str]) -> float | None:
        """`None` for "a second violin", "A min", "808s" and "the old ones"."""
        if match["unit"] == "s" and not match["amount"][0].isdigit():
            return None
        if match["amount"] in ("a", "an") and match["unit"] not in ("minute", "hour"):
            return None
        if match["amount"] in MACHINES and match["unit"] == "s":
            return None
        unit: float = table["seconds"][match["unit"]]
        total = (amount_of(match["amount"]) + (0.5 if match["half"] or match["after"] else 0)) * unit
        more = match.groupdict()  # the groups of `rest`, which only some rules have
        rest: float = number_of(more["amount2"]) * table["seconds"][more["unit2"]] if more.get("amount2") else 0
        bare = number_of(more["bare"]) if more.get("bare") else 0
        if bare and (unit != 60 or bare >= 60):
            return None
        return round(total + rest + bare, 3)

    def less(match: re.Match[str]) -> float | None:
        """A little less than a limit: "under 2 minutes"."""
        if "clock" in match.groupdict():
            limit: float | None = 60.0 * int(match[2]) + int(match[3])
        else:
            limit = seconds(match)
        return None if limit is None else round(_BELOW * limit, 3)

    def of_part(match: re.Match[str]) -> str | None:
        """The length of a part of a piece whose whole length is given elsewhere: "a 10 second intro, 90 seconds in all"."""
        others = f"{match.string[: match.start()]}|{match.string[match.end() :]}"
        return match[0] if re.search(rf"\b{amount}[ -]?(?:{either(table['seconds'])}){END}|[0-9]:[0-5][0-9]", others) else None

    def of_start(match: re.Match[str]) -> str | None:
        """Bars of what begins a piece, "start with a solo clarinet for four bars"."""
        return (
            match[0] if re.search(r"\b(?:start|begin|open|alone|intro)[a-z]*\b[^.;]*$", match.string[: match.start()]) else None
        )

    def of_another(match: re.Match[str]) -> str | None:
        """What a piece is built on; the theme of variations has the bars of each of them."""
        return None if re.search(r"\bthemes?$", match[0]) and re.search(r"\bvariations?\b", match.string) else match[0]

    counted = rf"(?P<amount>{amount})[ -]?(?:{bars})"

    def turn(match: re.Match[str]) -> int | None:
        """Bars of who plays first: "8 bars of flute alone, then piano joins"."""
        count = round(amount_of(match["amount"]))
        return count if 0 < count <= _MOST_OF_TURN else None

    def of_piece(match: re.Match[str]) -> int | None:
        """ "Bars: 32"; "bar 17" beside a number of bars is a place."""
        others = match.string[: match.start()] + match.string[match.end() :]
        is_place = re.match("bar [0-9]", match[0]) and re.search(rf"[0-9][ -]?(?:{bars})\b", others)
        return None if is_place else int(match["amount"])

    def last_bar(match: re.Match[str]) -> int | None:
        """The bar at which the last of several courses ends: "crescendo to bar 12, then dying away till bar 24"."""
        others = match.string[: match.start()] + match.string[match.end() :]
        ends = [int(bar) for bar in re.findall(rf"{_UP_TO} (?:{bars}) ([0-9]{{1,4}})\b", match.string)]
        is_counted = re.search(rf"[0-9][ -]?(?:{bars})\b", others)
        return ends[-1] if len(ends) > 1 and not is_counted and ends[-1] == int(match[1]) == max(ends) else None

    def bars_of(match: re.Match[str]) -> float | int | None:
        number = None if match["amount"] in ("a", "an") else amount_of(match["amount"])
        return int(number) if number and number.is_integer() else number

    def at_most(match: re.Match[str]) -> int | None:
        """The most whole phrases within a limit: "no more than 30 bars" is 28."""
        count = bars_of(match)
        return None if count is None else int(count) // _PHRASE * _PHRASE or int(count)

    def of_growth(match: re.Match[str]) -> str | None:
        """How long something grows or fades, "builds over a minute", which is not the length of the piece."""
        return match[0] if re.search(_GROWS, match.string[: match.start()]) else None

    units = either([*table["seconds"], *table["bars"]["units"]])
    return needing(
        rf"(?:{units}|beats?|counts?)\b|[0-9]|{_GROUNDS}",
        Rule("before end", re.compile(rf"(?:(?:and|then|in|for|during) )*(?:the )?(?:last|final) {second}{_ALL_BUT}"), seconds),
        Rule("last part", re.compile(rf"(?:for|during) (?:the )?(?:last|final) {second}"), seconds),
        Rule(
            "opening",
            re.compile(
                rf"(?:(?:for|in|during) )?(?:the )?(?:first|opening) {second}:?"
                r"(?= (?:is |are )?(?:only|just|solo|a solo|nothing but)\b)"
            ),
            seconds,
        ),
        Rule(
            "beyond",
            re.compile(rf"(?:(?:for|in|during|over|within) )?(?:the )?(?:{part}) (?:{second}|{amount}[ -]?(?:{bars}){END})"),
            whole,
        ),
        Rule(
            "section bars",
            re.compile(
                rf"{counted} of (?=(?:only |just )?[a-z]+(?: [a-z]+)?(?: and [a-z]+)? (?:alone|only) "
                r"(?:first|at first|at the start)\b)"
            ),
            lambda match: ("intro", turn(match)) if turn(match) else None,
        ),
        Rule("turn bars", re.compile(rf"for (?:the first )?{counted}(?={_THEN})"), turn),
        Rule(
            "turn bars",
            re.compile(
                rf"(?:(?:for|first) )*{counted} (?:of )?(?:only |just |solo )?"
                rf"(?=(?:only |just |solo |an? |the )*{PLAYER}(?: only| alone| solo)?{_THEN})"
            ),
            turn,
        ),
        Rule("bars", re.compile(rf"{_UP_TO} (?:{bars}) ([0-9]{{1,4}}){END}"), last_bar),
        Rule(
            "beyond",
            re.compile(rf"(?:(?:{_MOMENTS}) )?(?:at|in|from|on|after|before|by|{_UP_TO}) (?:{bars}) [0-9]{{1,4}}{END}"),
            whole,
        ),
        Rule(
            "beyond",
            re.compile(
                r"(?:(?<!loop )(?<!loops )(?<!repeats )after|every|within) (?:(?:about|around|roughly|some|another) )?"
                rf"{amount}[ -]?(?:{bars}){END}"
            ),
            whole,
        ),
        Rule("beyond", re.compile(rf"{amount}[ -]?(?:{bars}|beats?) (?:{_LATER})\b"), whole),
        Rule(
            "beyond", re.compile(rf"(?:{_STILL})(?: at [0-9]{{1,2}}:[0-5][0-9])?(?: (?:for|of|lasting|about))* {second}"), whole
        ),
        Rule("beyond", re.compile(rf"for (?:the first |the next )?{amount}[ -]?(?:{bars}){END}"), of_start),
        Rule("beyond", re.compile(rf"{second} (?:[a-z]+ )?(?:fill|riser|sting|sweep|drum roll)s?\b"), whole),
        Rule("beyond", re.compile(rf"{second} (?:of )?(?:{_STILL}|{_LATER})\b"), whole),
        Rule("beyond", re.compile(rf"{second} (?:long )?(?:{_PARTS}){END}"), of_part),
        Rule("beyond", re.compile(rf"(?:{_PARTS}) (?:(?:of|for|lasts?|lasting|is|about) )+{second}"), of_part),
        Rule("beyond", re.compile(rf"{length} {adjective}(?:{_GROUNDS}){END}"), whole),
        Rule(
            "beyond",
            re.compile(
                rf"(?:{_UPON}) (?:an? |the |one )?(?:[a-z]+ )?{length} {adjective}{adjective}"
                rf"(?:{_GROUNDS}|{_REPEATED}){END}(?! solos?\b)"
            ),
            of_another,
        ),
        Rule(
            "beyond",
            re.compile(rf"(?:over|during|within|in) (?:about |around |the course of )?(?:the first )?{second}"),
            of_growth,
        ),
        Rule("duration", re.compile(below + second + rest), less),
        Rule("duration", re.compile(below + second), less),
        Rule("duration", re.compile(below + r"(?P<clock>([0-9]{1,2}):([0-5][0-9]))(?![0-9:])"), less),
        Rule("duration", re.compile(second + rest), seconds),
        Rule("duration", re.compile(second), seconds),
        Rule("duration", re.compile(r"([1-9][0-9]{0,2}) ?(?:\"|''|″|”)(?![a-z0-9])"), _of_marks),  # 45"
        Rule(
            "duration",
            re.compile(r"([0-9]{1,2})(?::|'|m)([0-5][0-9])s?(?!:?[0-9])(?: long\b)?"),
            lambda m: 60.0 * int(m[1]) + int(m[2]),
        ),
        Rule(
            "counts",
            re.compile(rf"({number})[ -](?:counts? of (?:{_EIGHT})|(?:{_EIGHT})[ -]counts?|sets? of (?:{_EIGHT}) counts){END}"),
            lambda m: 8 * round(number_of(m[1])),
        ),
        Rule(
            "counts",
            re.compile(rf"({number}) (?:counts(?! of\b)|beats (?:long|in all|in total)){END}"),
            lambda m: round(number_of(m[1])),
        ),
        Rule("bars", re.compile(rf"{below}(?P<amount>{amount})[ -]?(?:{bars}){END}(?: long\b)?"), at_most),
        Rule("form", re.compile(rf"(?:12|twelve)[ -]bar{END}"), lambda m: "twelve-bar" if _is_blues(m.string) else None),
        Rule("bars", re.compile(rf"(?P<amount>{amount})[ -]?(?:{bars}){END}(?: long\b)?"), bars_of),
        Rule("bars", re.compile(rf"(?:{bars})[:=]? ?(?P<amount>[0-9]{{1,6}}){END}(?! ?[-–] ?[0-9])"), of_piece),
    )


def _of_marks(match: re.Match[str]) -> float | None:
    """Seconds before a mark of seconds that does not end a quotation."""
    return float(match[1]) if match.string.count('"') != _PAIR_OF_MARKS else None


def _is_blues(prompt: str) -> bool:
    """Whether "12 bar" is a form and no length: in blues and rock and roll."""
    return (
        bool(re.search(r"blues|boogie|shuffle|rock (?:and|'?n'?) roll|rock'n'roll|rockabilly", prompt)) and "loop" not in prompt
    )
