"""Times of the film: hit points, places, spans, and the whole length."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from composer.prompt.figures.band_sections import PLAYER
from composer.prompt.figures.patterns import CLAUSE, END, Rule, amount_of, needing, number_pattern, whole
from composer.prompt.lexicon import either, prompt_table

_OF_THE_WAY = r"(?: of the way)?(?: (?:through|in|into it)\b)?"
_PEAKS = "climax|peak|high point|culmination|hohepunkt|climax point"
_SOFT = r"\b(?:gentle|soft|quiet|small|subtle|tender)\b"
_GOALS = ("climax", "drop", "reveal", "title", "title card")  # events that a piece builds to, not hits that it grows into
_SOFTLY = ("soft", "light", "gentle", "small", "quiet", "subtle", "tender")
_STRONGLY, _STRUCK = "big|huge|hard|massive|loud|sudden", "hit|stinger|stab|accent|impact|crash"  # in a line of a cue sheet
_SUDDENLY = ("sudden", "abrupt", "unexpected", "startling", "scare")
_ENTERS = r"\b(?:enters?|joins?|comes? in|plays?|appears?|takes? over|alone|solo) $"
_NEXT = r"(?: \([^()]*\))?,?;? (?:and )?(?:then|suddenly|followed by|before|dann|puis|luego|poi)\b"
_RESTS = r"(?:(?:is|are|stays?|remains?|keeps?) )?(?:completely )?(?:silent|tacet|absent|resting|muted|(?:doesn't|don't) play)"
_LEFT_OUT = r"\b(?:no|without(?: the| any)?) (?:[a-z]+ ){1,2}$"
_ONLY = r"\b(?:only|just|solo|alone)\b[^,.;:]* $"  # before the length of a first part
_FEW_TIMES = 2  # of a prompt in which a time alone in a clause may be a length
_HAPPENS = (
    r"\b(?:enters?|joins?|drops?(?: in)?|kicks? in|comes? in|starts?|begins?|changes?|turns?|shifts?|stops?|hits?|arrives?) $"
)


def hit_rules() -> tuple[Rule, ...]:
    """Hit points: "hits at 0:12.5 and 0:31", "a soft accent at 9 seconds and a big one at 0:20"."""
    clock = r"(?:[0-9]{1,2}:[0-5]?[0-9](?![0-9])(?:\.[0-9]+)?|[0-9]{1,2}'[0-5][0-9]\"?(?![0-9]))"
    seconds = r" ?s(?:ec(?:ond)?s?)?\b"
    length = r"(?! (?:long|total|in total|overall|altogether|loop|piece|cue|track)\b)"
    time = rf"(?:{clock}(?:{seconds})?|(?![0-9.]+[ -]?second [a-z])[0-9]{{1,4}}(?:\.[0-9]+)?{seconds}){length}"
    strength = (
        r"(?:(?:an? |the |two |three |four )?(?:sudden |final |last |loud )?"
        rf"(?:big|huge|hard|massive|enormous|giant|{'|'.join(_SOFTLY)}|sudden|abrupt|unexpected|startling|jump|loud|final"
        r"|last) )?"
    )
    words = either(word for word in prompt_table()["events"]["words"] if word not in ("hit", "stinger"))
    events = rf"hits?|chords?|accents?|stings?|stingers?|sync points?|hit points?|stabs?|(?:{words})s?"
    noun = rf"(?:(?:(?:{words}) (?=hits?\b|accents?\b|stings?\b|stabs?\b))?(?:{events}|one)(?: points?)?)"
    after = rf"(?: (?:big|soft|sudden)\b(?! {noun}))?"  # "0:20 big, 0:41 soft"
    lists = "hits|accents|stings|stingers|sync points|hit points|stabs"
    single = "(?:an?|one) (?:[a-z]+ )?(?:hit|accent|stinger)"
    timed = re.compile(rf"[0-9](?:{seconds}|:[0-5][0-9])|\b(?:{either(prompt_table()['seconds'])})\b")
    figure = r"[0-9]{1,4}(?:\.[0-9]+)?"
    joined, again = ",? (?:and )?then |,? and (?:again )?", rf"(?:{strength}{noun} )?(?:at |on )?{time}{after}"

    def listed_times(time: str, intro: str) -> str:
        # "Hits at 0:05 0:12 0:30", not "hit at 0:05 0:12 strings enter".
        alone = rf" (?={time}{after}(?: {time}{after})*{CLAUSE})"
        return (
            rf"{strength}(?:{noun} (?:at|on):?|(?:{lists}){intro}) {time}{after}"
            rf"(?:(?:{joined}|, ?(?={time}|{strength}{noun})|{alone}){again})*"
        )

    # "Hits at 10 and 20, 30 seconds": the last of a list is after "and".
    figures = rf"{figure}(?:(?:,? then |, ?| ){figure})*(?:(?:{joined}){figure})*"
    # "Hits at 0:10 and 0:25, 40 seconds": after times on the clock, seconds are the length of the piece.
    times = rf"{listed_times(rf'{clock}{length}', ':?')}|{listed_times(time, ':')}"

    def hits(match: re.Match[str]) -> str:
        found = re.findall(rf"({strength}(?:{noun}:? )?)(?:(?:at|on):? )?({time})({after})", match[0])
        said = [f"{how}{later}" for how, _, later in found]
        hows = [next(filter(None, said[place::-1]), "") for place in range(len(said))]  # "sudden stabs at 7s and 15.5s"
        times = [re.match(r"[0-9:.]+", at.replace("'", ":"))[0] for _, at, _ in found]  # type: ignore[index]
        return ", ".join(f"{at} {_strength_of(how)}" for at, how in zip(times, hows, strict=True))

    def listed(match: re.Match[str]) -> str:
        return f"{match[1]} {_strength_of(match[0])}"

    def bare(match: re.Match[str]) -> str:
        """Times of which only the last has its unit, or none: "hits at 5, 12.3 and 21 seconds"."""
        return ", ".join(f"{at} {_strength_of(match[0])}" for at in re.findall(figure, match[0]))

    quiet = r"(?:an? )?(?:sudden |total |complete |short |long )?"
    quiet += r"(?:silence|silent|stille|stilte|pause|general pause|rest|blackout|silencio|silenzio)"
    peak = (
        r"(?:(?:grow|build|ris|swell)\w* )?(?:up )?(?:to(?:wards)? )?(?:an? |the |its )?(?:(?:[a-z]+) )?"
        r"(?:climax|peak|high point|culmination|apogee|hohepunkt|culmine"
        r"|(?:biggest|loudest|most intense|most powerful) (?:moment|point|place|part))"
        r"(?: (?:comes?|is|arrives?|coming))?,? (?:at|around|about|near|by|vers|bei|gegen|a|hacia|verso)(?: about| around)?"
    )
    at_peak = r"(?:([0-9]{1,2}):([0-5][0-9]))(?![0-9:])"
    struck = re.compile(rf"(?:an? |the )?(?:{_STRONGLY}) (?:{_STRUCK})\b(?! (?:at|on|points?|of|in)\b)")
    in_figures = needing(
        "[0-9]",
        Rule(
            "peak",
            re.compile(rf"{peak} {at_peak}"),
            lambda match: (60.0 * int(match[1]) + int(match[2]), "soft" if re.search(_SOFT, match[0]) else "big"),
        ),
        Rule("beyond", re.compile(rf"{quiet} (?:at|from|bei|ab|a los|a) {time}"), whole),
        Rule("beyond", re.compile(rf"{clock}[:,]? ?(?:[–—-] ?)?{quiet}\b"), whole),
        Rule("hits", re.compile(times), hits),
        Rule(
            "hits", re.compile(rf"{strength}(?:{events}) {clock}(?! ?(?:-|–|to|until|long|total)\b)(?! ?[-–])"), hits
        ),  # "drop 0:30"
        Rule(
            "hits",
            re.compile(rf"{strength}{noun} (?:at|on) (?:seconds? )?(?!{figure}{seconds}){figures}{seconds}{length}"),
            bare,
        ),
        Rule("hits", re.compile(rf"{strength}{noun} (?:at|on) seconds? {figures}{END}"), bare),
        # "30 seconds, hits at 10 and 20", in a prompt that has a length.
        Rule("hits", re.compile(rf"(?:{strength}(?:{lists})|{single}) at {figures}(?! and\b|:){CLAUSE}"), bare, needs=timed),
        Rule(
            "hits", re.compile(rf"({clock})[:,]? ?(?:[–—-] ?)?({strength})(?:{events})\b(?! (?:at|on|points?)\b)"), listed
        ),  # "0:40 stinger"
    )
    return (*in_figures, *_manners(), Rule("event", struck, whole))


def _strength_of(how: str) -> str:
    """The strength of a hit by the words that describe it: "a gentle accent".

    >>> _strength_of("a gentle accent "), _strength_of("sudden stinger "), _strength_of("hits ")
    ('soft', 'sudden', 'big')
    """
    return "sudden" if any(word in how for word in _SUDDENLY) else "soft" if any(word in how for word in _SOFTLY) else "big"


def _manners() -> Iterator[Rule]:
    """How the music comes to a hit, as the strength of the hit: "swells into the hit", "quiet before the hit"."""
    events = either(word for word in prompt_table()["events"]["words"] if word not in _GOALS)
    noun = rf"(?:sting|stab|accent|{events})s?"
    article = r"(?:the |an? |each |every |it )?"
    hit = rf"{article}(?=(?:[a-z]+ ){{0,2}}(?:{noun})\b)"
    grows = r"(?:swell|build|grow|ris|surg|crescendo|ramp|rush)(?:e|s|es|ing|ning|ed)?"
    rise = rf"(?:which |that |and )?{article}(?:{grows}|riser|build-?up) (?:up )?(?:right |straight |slowly )?(?:in)?to {hit}"
    still = r"(?:silence|silent|quiet(?:er)?|stillness|still|hush(?:ed)?|pause|rest|calm|nothing|(?:empty|silent) (?:bar|beat))"
    hush = rf"(?:(?:everything|it|all|goes|gets|falls|an?|with|moment of) ){{0,6}}{still} (?:just |right )?before {hit}"
    growth = r"(?:build(?:-| )?ups?|crescendo|swell|preparation|warning|lead(?:-| )?in|riser)"
    bare = rf"(?:no|without(?: a| any)?) {growth}(?: (?:before|to|into) (?:the |a |each )?(?:{noun}))?"
    source = (
        r"(?:(?:coming|comes|bursts?|erupts?) )?out of (?:the |total |complete |a )?(?:silence|nowhere|stillness|quiet|blue)"
    )
    yield Rule("hit manner", re.compile(rise), lambda _: "big")
    yield Rule("hit manner", re.compile(rf"{hush}|{bare}|{source}"), lambda _: "sudden")


def share_rules() -> tuple[Rule, ...]:
    """Places given as shares of the piece: "until halfway", "from the middle on", "in the last third", "first half"."""
    table = prompt_table()["piece_shares"]
    spots, ends, starts, peaks = (either(table[way]) for way in ("at", "ends", "starts", "peaks"))
    before, until, after, article = (either(table[key]["words"]) for key in ("in", "until", "after", "articles"))
    whole_piece = (
        r"(?: (?:of|through|in|into) (?:the )?(?:whole )?(?:piece|track|song|music|way|cue|tune)|(?: (?:on|onwards))?\b)"
    )
    articles = rf"(?:(?:{article}) )?"

    def share(way: str) -> Callable[[re.Match[str]], tuple[str, int]]:
        known = {**table["at"], **table["ends"], **table["starts"]}
        return lambda match: (way, int(known[re.sub("[ -]+", " ", match[1])]))

    def peak_share(match: re.Match[str]) -> int:
        """The per cent of the piece at which it has its climax: "climax at two thirds"."""
        return int({**table["at"], **table["peaks"]}[re.sub("[ -]+", " ", match[1])])

    grows = r"(?:crescendos?|builds?|building|grows?|growing|swells?|swelling|rises?|rising)(?: up)? (?:to|towards?|into)"
    peak = rf"(?:(?:(?:long|slow|gradual|steady) )?{grows} )?(?:(?:a|the|its|big|huge|main|great|loud) ){{0,3}}"
    peak += rf"(?:{_PEAKS}) (?:(?:is|comes|arrives) )?"
    return needing(
        rf"\b(?:{spots}|{ends}|{starts}|{peaks})\b",
        Rule(
            "peak share",
            re.compile(rf"{peak}(?:(?:{before}|at|around|near|about) ){{0,3}}{articles}({spots}|{peaks}){END}{_OF_THE_WAY}"),
            peak_share,
        ),
        Rule("piece share", re.compile(rf"(?:{until}) {articles}({spots}|{ends}){END}{whole_piece}"), share("until")),
        Rule("piece share", re.compile(rf"(?:(?:{before}) ){{0,2}}{articles}({spots}|{ends}){END}{whole_piece}"), share("at")),
        Rule("piece share", re.compile(rf"(?:{after}) {articles}({starts}){END}{whole_piece}"), share("at")),
        Rule("piece share", re.compile(rf"(?:(?:{before}) )?{articles}({starts}){END}{whole_piece}"), share("first")),
    )


def time_rules() -> tuple[Rule, ...]:
    """Places of the film, "until 0:45", "at 1:10", "from 30 seconds on"; the whole length, "total 1:30"; spans, "0:15-0:40"."""
    table, number = prompt_table(), number_pattern()
    clock = r"([0-9]{1,2}):([0-5][0-9](?:\.[0-9]+)?)"
    spoken = rf"(?P<amount>{either(table['amounts'])}|{number})[ -]?(?P<unit>{either(table['seconds'])}){END}(?: mark\b)?"
    item = re.compile(rf"(?:^|[,;.]|: )\s*{clock}[:,]? ?(?:[–—-] ?)?[a-z]")
    time = r"(?:([0-9]{1,2}):([0-5]?[0-9](?:\.[0-9]+)?)|([0-9]{1,4}(?:\.[0-9]+)?) ?s(?:ec(?:ond)?s?)?)(?![0-9:a-z])"
    total = (
        r"(?:total|overall|altogether|in all|in total|full length|runtime|running time|total length|total duration|"
        r"(?:(?:it |it all |everything |all )?cuts? off|finish(?:es|ing)?|ends|ending|stops|stopping)"
        r"(?: (?:abruptly|suddenly|quietly|softly|loudly|hard|dead|exactly))?(?= )|ends|ending|"
        r"(?:fade|fades|fading|dies?|dying)(?: out| away)?(?= (?:by|at))|(?:continues?|goes on|plays on)(?= (?:to|until))|"
        r"out(?= (?:by|at))|(?:end|done|over)(?= (?:by|at))|"
        r"(?:termina|acaba|finisce|finit|endet|schluss)(?= (?:a|alle|bei|um) )|"
        r"(?:the |a )?(?:final|last) (?:chord|note)(?= (?:at|by|on) ))"
    )

    def seconds(match: re.Match[str]) -> float:
        return float(match[3]) if match[3] else 60.0 * int(match[1]) + float(match[2])

    def around(match: re.Match[str]) -> float | None:
        """A time after what happens then, "drums enter around 0:30"; elsewhere "about 1:30" is a length."""
        return seconds(match) if re.search(_HAPPENS, match.string[: match.start()]) else None

    def end_of_piece(match: re.Match[str]) -> float | None:
        """The end, not where one player stops, "trumpet stops at 0:40", nor a stop after which the music goes on."""
        is_player = match[0].startswith("stop") and re.search(rf"\b{PLAYER} $", match.string[: match.start()])
        goes_on = re.match(
            r" for (?:an? |one |[0-9])|,? (?:and )?(?:then )?(?:continues|goes on|resumes)", match.string[match.end() :]
        )
        return None if is_player or goes_on else seconds(match)

    def up_to_rest(match: re.Match[str]) -> float | None:
        """Where somebody enters, "celesta silent until the hit at 0:25", "no drums before 0:30"."""
        rests = re.match(_RESTS, match[0]) or re.search(_LEFT_OUT, match.string[: match.start()])
        return seconds(match) if rests else None

    def spoken_seconds(match: re.Match[str]) -> float:
        return round(amount_of(match["amount"]) * float(table["seconds"][match["unit"]]), 3)

    def span(match: re.Match[str]) -> tuple[float, float] | None:
        first, last = (60.0 * int(match[place]) + float(match[place + 1]) for place in (1, 3))
        return (first, last) if first < last else None

    def span_of_seconds(match: re.Match[str]) -> tuple[float, float] | None:
        return (float(match[1]), float(match[2])) if int(match[1]) < int(match[2]) else None

    def lasting(match: re.Match[str]) -> float | None:
        """How long somebody plays who enters, "a flute comes in for a minute"; elsewhere it is the length of the piece."""
        return spoken_seconds(match) if re.search(_ENTERS, match.string[: match.start()]) else None

    def listed(match: re.Match[str]) -> float | None:
        """The time of a line of a cue sheet, "0:00 calm, 0:20 tense": one time alone is a length."""
        starts = [found.start(1) for found in item.finditer(match.string)]
        rest = match.string[match.end() :]
        happens = re.match(r"[:,]? ?(?:the|an?(?! minor| major)|everything|suddenly) ", rest) and re.search(
            "[0-9]:[0-5][0-9]", rest
        )
        timed = len(re.findall(rf"\b{clock}", match.string)) > _FEW_TIMES and rest[:1] == " "
        is_item = match.start(1) in starts and (len(starts) > 1 or bool(happens) or timed)
        return 60.0 * int(match[1]) + float(match[2]) if is_item else None

    moments = either(word for word in table["events"]["words"] if word not in ("cut", "landing", "jump"))
    moment = rf"(?:(?:the |that )?(?:big |first |final |last |loud |huge )?(?:{moments}) (?:at |on )(?:about |around )?)?"
    part = rf"(?:for|in|during) (?:about |around |another |the next |the first )?{spoken}"
    parts = re.compile(part)

    def in_turn(match: re.Match[str]) -> float | None:
        """Where a part ends whose length is given before "then": "calm for 30 seconds, then tense for 20 seconds, then ..."."""
        before = sum(spoken_seconds(one) for one in parts.finditer(match.string[: match.start()]))
        opens = "first" in match[0] and re.search(_ONLY, match.string[: match.start()])
        follows = re.match(_NEXT, match.string[match.end() :])
        return before + spoken_seconds(match) if opens or follows else None

    def last_in_turn(match: re.Match[str]) -> float | None:
        """The end of the piece by the length of its last part."""
        before = list(parts.finditer(match.string[: match.start()]))
        follows = bool(before) and re.match(_NEXT, match.string[before[-1].end() :])
        return sum(map(spoken_seconds, before)) + spoken_seconds(match) if follows else None

    return needing(
        rf"[0-9]|{either(table['seconds'])}",
        Rule("until", parts, in_turn),
        Rule("total", parts, last_in_turn),
        Rule("at", re.compile(rf"(?:around|about|near|roughly) {time}"), around),
        Rule("at", re.compile(rf"{time} in(?:to it)?(?=\s*(?:[,.;]|$))"), seconds),
        Rule("at", re.compile(rf"(?:about |around )?{spoken} in(?:to it)?(?=\s*(?:[,.;]|$))"), spoken_seconds),
        Rule(
            "total",
            re.compile(rf"{total}(?: (?:of|is|length|duration|time|at|by|to|until|about|runtime|a|alle|bei|um))*[: ]*{time}"),
            end_of_piece,
        ),
        Rule("total", re.compile(rf"{time} (?:total|overall|altogether|in total|in all|end|ends|fade out|out)\b"), seconds),
        Rule(
            "total",
            re.compile(rf"(?:an? )?(?:sudden|abrupt|hard|dead|cold|full) (?:stop|end|ending|cut) (?:at|on) {time}"),
            seconds,
        ),
        Rule("span", re.compile(r"(?:from )?([0-9]{1,3}) ?(?:-|–|—|to) ?([0-9]{1,3}) ?s(?:ec(?:ond)?s?)?\b"), span_of_seconds),
        Rule("lasting", re.compile(rf"for (?:about |another |the next |just )?{spoken}"), lasting),
        Rule("span", re.compile(rf"(?:from )?{clock} ?(?:-|–|—|to|until|till) ?{clock}(?![0-9:])"), span),
        Rule("at", re.compile(rf"{clock}(?=[:,]? ?(?:[–—-] ?)?[a-z])"), listed),
        Rule("until", re.compile(rf"(?:until|till|til|up to|bis|hasta|jusqu'a) (?:about |around )?{time}"), seconds),
        Rule("until", re.compile(rf"(?:{_RESTS} )?(?:until|till|til|before) (?:about |around )?{moment}{time}"), up_to_rest),
        Rule(
            "at",
            re.compile(
                r"(?:at|by|from|after|starting at|ab|a partir de|(?:a|vers|hacia|verso|gegen|bei)(?= [0-9]+:)) "
                rf"(?:about |around )?{time}(?: on(?:wards?)?\b)?"
            ),
            seconds,
        ),
        Rule(
            "at",
            re.compile(rf"(?:at|by|after|nach|apres|despues de|tras|dopo|a los) (?:the |about |around )?{spoken}"),
            spoken_seconds,
        ),
        Rule("until", re.compile(rf"(?:until|till|bis) (?:the |about |around )?{spoken}"), spoken_seconds),
    )
