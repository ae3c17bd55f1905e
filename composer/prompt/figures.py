"""The grammar of figures and symbols: keys, meters, tempi, lengths, forms in letters and chords.

A rule is a regular expression, tried where a word begins, and a function from its match to a value, or to `None` if the match
has no meaning. `composer.prompt.segments` decides between rules, and between rules and words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from composer.errors import BadInputError
from composer.presets import SECTION_KINDS, nearest, resolve_form
from composer.prompt.degrees import PROGRESSION
from composer.prompt.lexicon import either, lexicon, prompt_table
from composer.score import CHURCH_MODES, Chord

_END = r"(?![^\W_])"  # no letter or digit follows
_BETWEEN = r"(?: ?[,>→–-]+ ?(?:then |and )?| then | and | )"  # sections of a list
_CLAUSE = r"(?=\s*(?:[,.;:!?)|]|$|(?:and|in|for|with|at|on|from|but)\b))"


# Words for the motion of a line do not name an instrument: "a descending bass" is not a bass guitar.
_MOTIONS = (
    "descending|ascending|falling|rising|climbing|sinking|moving|chromatic|stepwise|stepping|pedal|lament|absteigende[rn]?"
)
_LINES = "bass(?: ?lines?| notes?)?|melod(?:y|ies)|lines?|scales?|chords?|voices?|notes?|key"
_MOST_STROPHES, _MOST_VARIATIONS = 8, 12
_LINES_OF_VERSE = 4
FIRST_POSITION = "first position"
_VARIATIONS = "theme-and-variations"
_BELOW = 0.95  # of a limit: "under 2 minutes"
_PAIR_OF_MARKS = 2
_DANCES = ("waltz", "mazurka", "polonaise", "reel")  # styles that may follow another dance
_GRADE = 0.08  # density of an examination's grade, of 8
_MACHINES = ("606", "707", "808", "909", "303")  # drum and bass machines: "808s" is not a number of seconds


class Note(NamedTuple):
    """A note of a range: "low", "middle", "high" or empty; its name; its octave, empty if it is not given."""

    place: str
    name: str
    octave: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern: the kind of its findings, how a match becomes a value, and whether case and accents matter."""

    kind: str
    pattern: re.Pattern[str]
    build: Callable[[re.Match[str]], Any]
    in_raw: bool = False


def number_of(text: str) -> float:
    """The number that digits or English number words express.

    >>> number_of("72.5"), number_of("thirty-two"), number_of("a hundred and twenty")
    (72.5, 32.0, 120.0)
    """
    if text[0].isdigit():
        return float(text)
    total = 0.0
    for word in re.findall(r"[a-z]+", text):
        value = prompt_table()["numbers"].get(word, 0)
        total = max(total, 1) * value if value == 100 else total + value
    return float(total)


@cache
def _number() -> str:
    """A pattern for a number in digits or words."""
    words = prompt_table()["numbers"]
    tens = either(word for word, value in words.items() if 20 <= value < 100)
    small = either(word for word, value in words.items() if value < 20)
    below = rf"(?:(?:{tens})(?:[ -](?:{small}))?|{small})"
    return rf"(?:[0-9]{{1,6}}(?:\.[0-9]{{1,3}})?|(?:(?:a|{small}) )?hundred(?: (?:and )?{below})?|{below})"


@cache
def rules() -> tuple[Rule, ...]:
    """All rules; of two that match the same words, the earlier one counts."""
    return (
        *_form_rules(),
        *_section_rules(),
        *_section_length_rules(),
        *_chord_rules(),
        *_hit_rules(),
        *_time_rules(),
        *_length_rules(),
        *_course_rules(),
        *_loudness_rules(),
        *_tempo_rules(),
        *_meter_rules(),
        *_key_rules(),
        *_range_rules(),
        *_count_rules(),
        _second_dances(),
        Rule("negation", re.compile(r"un-(?=[a-z])"), lambda match: match[0]),
    )


_BARS_OF_PHRASE = 4


def _product(text: str) -> int:
    """Bars of "four 8-bar sections"."""
    count, bars = re.findall(_number(), text)[:2]
    return round(number_of(count) * number_of(bars))


def _chord_rules() -> tuple[Rule, ...]:
    quality = r"(?:maj|min|dim|aug|sus|add|mi|m|M|o|°|ø|\+)?[0-9]{0,2}(?:b5|sus4)?"
    symbol = rf"[A-G][#♯♭b]?{quality}(?:/[A-G][#b♯♭]?)?(?![\w#♯♭°ø+])"
    run = rf"(?:\|\s*)?{symbol}(?:\s*[|,–—-]?\s*{symbol})"
    names = r"(?i:over|(?:chord )?progressions?|changes|chords?|harmony|akkorde|accords|acordes)"
    cue = rf"{names}(?i: of| are| is)?[:=,]?\s*"
    return (
        Rule("chords", re.compile(rf"{cue}({run}{{1,63}}(?:\s*\|)?)"), _chords, in_raw=True),
        Rule("chords", re.compile(rf"({run}{{2,63}}(?:\s*\|)?)"), _chords, in_raw=True),
        Rule("degrees", re.compile(rf"(?:{cue})?({PROGRESSION})"), lambda m: m[1], in_raw=True),
    )


def _chords(match: re.Match[str]) -> str | None:
    """The symbols as `composer.brief.parse_chords` reads them; one unknown chord is left for it to refuse."""
    text = " ".join(re.sub(r"[,–—-]", " ", match[1]).split())
    symbols = text.replace("|", " ").split()
    return text if sum(_is_chord(symbol) for symbol in symbols) >= len(symbols) - 1 else None


def _is_chord(symbol: str) -> bool:
    try:
        Chord.parse(symbol)
    except BadInputError:
        return False
    return True


def _second_dances() -> Rule:
    """A dance that follows another one: "a pavane and a galliard"."""
    table, rows = prompt_table(), nearest()["genres"]
    dances = either({*table["dances"], *_DANCES, *(name for name, row in rows.items() if "dances" in row["why"])})

    def second(match: re.Match[str]) -> str | None:
        return match[1] if re.search(rf"\b(?:{dances})s?$", match.string[: match.start()].rstrip(" ,")) else None

    return Rule(
        "second dance", re.compile(rf"(?:and|then|followed by|into|\+|&)(?: then)? (?:an? )?(?:[a-z]+ )?({dances})\b"), second
    )


def _form_rules() -> tuple[Rule, ...]:
    def letters(match: re.Match[str]) -> str | None:
        """The letters, if they first appear in order: ABACA, not BAD."""
        text = re.sub(r"[\s-]", "", match[1]).upper()
        order = "".join(dict.fromkeys(re.sub(r"['0-9]", "", text)))
        if text == "ABBA" and not re.match(r"[ -]form\b", match.string[match.end(1) :]):
            return None  # the band
        return text if "ABCDEFGH".startswith(order) else None

    def listed(match: re.Match[str]) -> str:
        """The sections that are named one after another."""
        return " ".join(word.capitalize() for word in re.findall(r"[a-z]+", match[1]) if word in SECTION_KINDS)

    def repeated(match: re.Match[str]) -> str | None:
        """ "Two eight-bar parts, each repeated": A8 A8 B8 B8."""
        count, bars = round(number_of(match[1])), round(number_of(match[2]))
        return " ".join(f"{letter}{bars} {letter}{bars}" for letter in "ABCDEFGH"[:count]) if 0 < count <= 8 and bars else None

    def strophes(match: re.Match[str]) -> str | None:
        count = round(number_of(match[1]))
        return " ".join("A" * count) if 2 <= count <= _MOST_STROPHES else None

    def varied(match: re.Match[str]) -> str | None:
        """A theme and as many variations: "five variations"."""
        count = round(number_of(match[1]))
        usual = resolve_form(_VARIATIONS)
        if count + 1 == len(usual.letters):
            return _VARIATIONS
        return " ".join("A" + "'" * place for place in range(count + 1)) if 2 <= count <= _MOST_VARIATIONS else None

    def refrains(match: re.Match[str]) -> str | None:
        """ "Four verses with chorus"."""
        count = round(number_of(match[1]))
        return " ".join(["Verse Chorus"] * count) if 2 <= count <= _MOST_STROPHES else None

    def parted(match: re.Match[str]) -> str | None:
        """ "Three sections of 8 bars each": A8 B8 C8; verses have one letter."""
        count, bars = round(number_of(match[1])), round(number_of(match[3]))
        letters = "A" * count if re.fullmatch(verses, match[2]) else "ABCDEFGH"[:count]
        return " ".join(f"{letter}{bars}" for letter in letters) if 1 < count <= _MOST_STROPHES and bars else None

    lengths = prompt_table()["section_lengths"]
    parts, apiece = either(lengths["parts"]), either(lengths["apiece"])
    verses = either([*lengths["names"]["verse"], "stanzas"])
    units = "parts|sections|phrases|strains|halves"
    kinds = rf"(?:(?:[a-z]+ )?solo|{either(SECTION_KINDS)})"
    strains = (
        rf"({_number()}) ({_number()})[ -]bar (?:{units}),? (?:each |both |all )(?:part |section |strain )?(?:is |are )?"
        r"(?:repeated|played twice|twice)"
    )
    songs = (
        r"(?:intro,? )?(?:an? )?verses?(?:,? and |,|/| and)? ?(?:an? )?(?:pre-chorus,? )?(?:an? )?chorus(?:es)?"
        r"(?:(?:,? and |, ?|/)(?:an? )?(?:bridge|middle eight|outro))*\b(?! form)"
    )
    return (
        Rule(
            "form",
            re.compile(rf"(A'*[0-9]{{1,2}}(?:[ -]?[A-H]'*[0-9]{{1,2}}){{1,15}}){_END}(?:[ -]form\b)?"),
            letters,
            in_raw=True,
        ),
        Rule("form", re.compile(rf"(A'*(?:[ -]?[A-H]'*){{2,15}}){_END}(?![#♯♭])(?:[ -]form\b)?"), letters, in_raw=True),
        Rule("form", re.compile(rf"(A'*[B-H]'*){_END}(?:[ -]form\b)"), letters, in_raw=True),
        Rule("form", re.compile(r"(a[a-h]{1,15})[ -]form\b"), letters),
        Rule("form", re.compile(rf"(intro(?:{_BETWEEN}{kinds}){{2,15}}){_END}"), listed),
        Rule("form", re.compile(rf"(verse(?:{_BETWEEN}{kinds}){{4,15}}){_END}"), listed),
        Rule(
            "form",
            re.compile(
                rf"(?:(?:a )?(?:theme|thema|tema) (?:and|with|&|con|mit|et|e|y|com) )?({_number()}) "
                r"(?:variations|variationen|variazioni|variaciones|variacoes)\b"
            ),
            varied,
        ),
        Rule(
            "form",
            re.compile(
                rf"({_number()}) ({verses}|{parts}) (?:of|with|zu|mit|de|di|a|com|con) (?:je |jeweils )?({_number()})[ -]?"
                rf"(?:{either(prompt_table()['bars']['units'])})(?: (?:{apiece}))?{_END}"
            ),
            parted,
        ),
        Rule("form", re.compile(songs), lambda match: "verse-chorus"),
        Rule("form", re.compile(strains), repeated),
        Rule(
            "form",
            re.compile(rf"({_number()}) (?:verses|strophes|stanzas) (?:with|and) (?:an? |the )?(?:chorus|refrain)(?:es|s)?\b"),
            refrains,
        ),
        Rule(
            "lines",
            re.compile(r"((?:[1-9][0-9]?\.){3,7}[1-9][0-9]?)(?: ?d\b)?(?: (?:meter|metre)\b)?"),
            lambda match: match[1].count(".") + 1,
        ),
        Rule("lines", re.compile(r"(?:common|long|short|ballad|hymn) met(?:er|re)\b"), lambda match: _LINES_OF_VERSE),
        Rule("strophes", re.compile(rf"({_number()}) (?:verses|strophes|stanzas)\b(?! (?:and|with|,))"), strophes),
        Rule("choruses", re.compile(rf"({_number()}) choruses\b"), lambda match: round(number_of(match[1]))),
        Rule("bars", re.compile(rf"({_number()}) {_number()}[ -]bar (?:{units})"), lambda match: _product(match[0])),
        Rule("bars", re.compile(rf"({_number()}) phrases\b"), lambda match: round(_BARS_OF_PHRASE * number_of(match[1]))),
    )


def _section_length_rules() -> tuple[Rule, ...]:
    """Bars of sections: "8 bars each", "each part 8 bars", "an intro of 8 bars", "16-bar chorus"."""
    table = prompt_table()["section_lengths"]
    bars = rf"({_number()})[ -]?(?:{either(prompt_table()['bars']['units'])}){_END}"
    parts, every, apiece = (either(table[key]) for key in ("parts", "every", "apiece"))
    names = {word: name for name, words in table["names"].items() for word in words}
    name = rf"({either(names)}){_END}"
    of_each = rf"(?:{apiece})(?: (?:{parts}))?|(?:(?:in|for|per|por|a|pro) )?(?:{every}) (?:{parts})"
    link = r"(?:,? (?:\()?(?:(?:of|with|has|have|is|are|lasts?|lasting|being|de|di|von|mit|con|com|avec) )?|: ?)"

    def section(match: re.Match[str]) -> tuple[str, int]:
        word, count = sorted(match.groups(), key=lambda text: text not in names)
        return names[word], round(number_of(count))

    def of_intro(match: re.Match[str]) -> tuple[str, int] | None:
        """Bars right after who plays the introduction: "intro with clean guitar only, 8 bars"."""
        before = re.search(rf"{name}[^,.;:]* (?:only|alone), $", match.string[: match.start()])
        return (names[before[1]], round(number_of(match[1]))) if before else None

    def each(match: re.Match[str]) -> int:
        return round(number_of(match[1]))

    return (
        Rule("bars each", re.compile(rf"{bars} (?:long )?(?:{of_each}){_END}"), each),
        Rule("bars each", re.compile(rf"(?:{every}) (?:of the )?(?:{parts}){link}{bars}(?: long\b)?"), each),
        Rule("bars each", re.compile(rf"(?:{either(table['shares'])}) {bars}"), each),
        Rule("bars each", re.compile(rf"(?:in|mit|with|of) ({_number()})[ -]bar (?:{parts}){_END}"), each),
        Rule("section bars", re.compile(rf"{name}(?: \(?| (?:of|de|di|von|mit|lasting|lasts|for|over) ){bars}"), section),
        Rule("section bars", re.compile(rf"{bars} (?:(?:of|de|di|d'|as) )?(?:an? )?{name}(?! (?:for|music|to)\b)"), section),
        Rule("section bars", re.compile(bars), of_intro),
        Rule("section bars", re.compile(rf"({_number()})[ -]?takt\w* {name}"), section),
    )


_SECTION = (
    r"(intro(?:duction)?|verses?|chorus(?:es)?|bridge|break(?:down)?|drops?|build(?:[ -]?up)?|outro|ending|solos?|head"
    r"|beginning|start|middle(?: section| part)?|end|finale|last section)"
    r"(?![\w-])"
)
_SECTION_NAMES = {
    "introduction": "intro", "chorus": "chorus", "ending": "outro", "build-up": "build", "buildup": "build",
    "beginning": "start", "middle-section": "middle", "middle-part": "middle", "finale": "end", "last-section": "end",
}  # fmt: skip
_PLAYER = (
    r"((?:(?:clean|acoustic|electric|distorted|muted|slap|upright|synth|jazz|nylon)[ -])?"
    r"(?:kick(?: drum)?|drums?(?: kit)?|percussion|bass|strings|brass|horns|guitars?|piano|keys|keyboards|organ|synths?|pads?|"
    r"choir|melody|"
    r"lead|saxophone|sax|trumpets?|flutes?|violins?|violas?|cellos?|double bass|contrabass|harp|"
    r"fiddle|banjo|bells|oboes?|clarinets?|bassoons?|(?:french )?horns?|trombones?|tuba|timpani|woodwinds|winds|piccolo|"
    r"celesta|harpsichord|recorder|cor anglais|english horn|clarinets?|accordion|soprano|tenor|voice|marimba|vibraphone|"
    r"music box|glockenspiel|whistle|banjo|mandolin|ukulele|snare(?: drums?)?))"
)
_LEVELS = {
    "intensity 0.2": "quiet|soft|calm|gentle|mellow|hushed|subdued|whispered",
    "intensity 0.95": "loud|big|heavy|huge|explosive|powerful|epic|intense|energetic|massive|full",
    "complexity 0.1": "sparse|minimal|simple|bare",
    "complexity 0.9": "busy|dense|complex|virtuosic",
}
_LATE = r"(?:enters?|entering|joins?|joining|comes? in|coming in|kicks? in|kicking in|starts?|starting|drops? in)"


def _section_rules() -> tuple[Rule, ...]:
    """What a band does in a section: who plays, when players enter, how loud and busy it is; and whether drums swing."""
    table = prompt_table()
    players = rf"{_PLAYER}(?:(?:,| and| or| &) {_PLAYER})?"
    entering_players = rf"{_PLAYER}(?: (?:and|or|&) {_PLAYER}|, {_PLAYER}(?= (?:only )?(?:enter|join|come|kick|start|drop) ))?"
    place = rf"(?:in|during|for|at|on) (?:the |all |every )?{_SECTION}"
    later = (
        r"(?:(?:much |a bit |in )?(?:late|later)|after (?:the |an? )?(?:intro(?:duction)?|while|few bars|beginning)"
        r"|(?:at|in|from|on|after|around) (?:bar|measure) [0-9]{1,3}|after [0-9]{1,3} bars)(?: on)?\b"
    )
    first = rf"(?:for|in|during) (?:the )?(?:first|opening) (?:{_number()} )?(?:seconds?|minutes?|bars?|measures?|half)\b"
    lone = r"(?:an? |one |just |only ){0,2}(?:solo|single|lone|lonely|unaccompanied)"
    first_of_all = r" (?:first|at first|to (?:begin|start)(?: with)?|at the (?:start|beginning))\b"
    then = r",? ?(?:and )?(?:then|before|followed by|joined by|joining)"
    groups = "orchestra|band|choir|ensemble|tutti|everyone|everybody|strings|rest|others"
    others = rf"(?:the )?(?:(?:full|whole|entire|big) )?(?:{groups})\b"
    before = r"(?: (?:before|until|till) (?:the )?(?:first )?(?:drop|verse|beat|drums|chorus)\b)?"
    opens = r"(?:starts?|starting|opens?|opening|begins?|beginning) (?:off |out )?(?:with|on) (?:just |only |an? |the |solo )*"

    def build(words: str, section: str = "") -> Callable[[re.Match[str]], str]:
        def setting(match: re.Match[str]) -> str:
            named = match.groups()
            named, last = (named, section) if section else (named[:-1], named[-1])
            names = [_player_name(name) for name in named if name]
            joint = " and ".join(names) if words == "only " else f", {words}".join(names)
            return f"{_section_name(last)}: {words}{joint}"

        return setting

    opening = build("only ", "intro")

    def entering(match: re.Match[str]) -> str:
        """Who enters in the middle plays on."""
        *named, section = match.groups()
        if _section_name(section) != "middle":
            return build("+")(match)
        return f"start: {', '.join(f'no {_player_name(name)}' for name in named if name)}"

    def only_in(match: re.Match[str]) -> str:
        section, *named = match.groups()
        return f"{_section_name(section)}: only {' and '.join(_player_name(name) for name in named if name)}"

    def in_intro(match: re.Match[str]) -> str | None:
        """Who plays at the start: "an intro of 8 bars with only piano", "begins almost inaudibly with solo oboe"."""
        is_intro = re.search(
            rf"\b(?:intro(?:duction)?|{either(table['changes']['start'])})\b[^,.;:]*$", match.string[: match.start()]
        )
        names = [_player_name(name) for name in match.groups() if name]
        return f"intro: only {' and '.join(names)}" if is_intro else None

    def until(match: re.Match[str]) -> str:
        """ "No drums until the chorus" are none in the introduction and the verses."""
        *named, section = match.groups()
        if _section_name(section) == "end":
            return f"end: {', '.join(f'+{_player_name(name)}' for name in named if name)}"
        names = ", no ".join(_player_name(name) for name in named if name)
        before = {"chorus": ("intro", "verse"), "drop": ("intro", "build")}.get(_section_name(section), ("intro",))
        return "; ".join(f"{one}: no {names}" for one in before)

    return (
        Rule("sections", re.compile(rf"(?:no|without(?: the| any)?|drop the) {players} {place}"), build("no ")),
        Rule("sections", re.compile(rf"{players} (?:drops? out|is out|are out|silent|rests?) {place}"), build("no ")),
        Rule("sections", re.compile(rf"{players} only {place}"), build("+")),
        Rule("sections", re.compile(rf"(?:the )?{entering_players} (?:only )?{_LATE} {place}"), entering),
        Rule("sections", re.compile(rf"(?:only|just) {players} {place}"), build("only ")),
        Rule("sections", re.compile(rf"(?:the )?{players} (?:alone|unaccompanied) {place}"), build("only ")),
        Rule("sections", re.compile(rf"{_SECTION} with (?:only|just) {players}"), only_in),
        Rule("sections", re.compile(rf"{_SECTION} (?:with|for|on) {players} (?:only|alone){_END}"), only_in),
        Rule(
            "sections",
            re.compile(
                rf"(?:with|for|on) (?:(?:an? )?(?:only|just|solo|single|lone) {players}|{players} (?:only|alone)){_END}{before}"
            ),
            in_intro,
        ),
        Rule(
            "sections",
            re.compile(rf"(?:no|without(?: any)?) {players} (?:until|till|before) (?:the )?(?:first )?{_SECTION}"),
            until,
        ),
        Rule("sections", re.compile(rf"{entering_players} (?:only )?{_LATE} {later}"), build("no ", "intro")),
        Rule("sections", re.compile(rf"(?:no|without(?: any)?) {players} {first}"), build("no ", "intro")),
        Rule(
            "sections",
            re.compile(rf"{opens}{_PLAYER}(?:(?: and| &) (?:an? |the |solo )?{_PLAYER})?(?: alone| only| solo)?{_END}"),
            build("only ", "intro"),
        ),
        Rule("sections", re.compile(rf"{lone} {_PLAYER}(?: alone| solo)?{first_of_all}"), opening),
        Rule("sections", re.compile(rf"{lone} {_PLAYER}(?: alone| solo)?(?={then} {others})"), opening),
        Rule("sections", re.compile(rf"{_PLAYER}[ -](?:alone|solo|by itself)(?:{first_of_all})?(?={then} {others})"), opening),
        Rule("sections", re.compile(rf"{_PLAYER}[ -](?:alone|solo|by itself){first_of_all}"), opening),
        Rule("sections", re.compile(r"clean intro(?:duction)?\b"), lambda _: "intro: only clean guitar"),
        Rule("sections", re.compile(r"(?:acoustic|unplugged) intro(?:duction)?\b"), lambda _: "intro: only acoustic guitar"),
        Rule("sections", re.compile(rf"{_PLAYER} intro(?:duction)?\b(?! (?:music|for|theme|jingle))"), opening),
        *_manner_rules(place),
    )


def _manner_rules(place: str) -> tuple[Rule, ...]:
    """How a section is played: "quiet verses", "busy drums in the chorus", "swung drums"."""
    song = rf"(verses?|chorus(?:es)?|bridge|break(?:down)?|drops?|solos?(?! {_PLAYER}))(?![\w-])"
    kinds = r"drums?|beats?|hi[- ]?hats?|hats|groove|feel|rhythm|percussion"

    def at(level: str) -> Callable[[re.Match[str]], str]:
        return lambda match: f"{_section_name(match[1])}: {level}"

    levels = [Rule("sections", re.compile(rf"(?:{words}) {song}"), at(level)) for level, words in _LEVELS.items()]
    return (
        *levels,
        Rule(
            "sections",
            re.compile(rf"(high|low|busy|sparse) {_PLAYER} {place}"),
            lambda match: f"{_section_name(match[3])}: {match[1]} {_player_name(match[2])}",
        ),
        Rule(
            "sections",
            re.compile(rf"(?:swung|shuffled)(?: (?:16ths?|8ths?|eighths?|sixteenths?))?(?: (?:{kinds}))?{_END}"),
            lambda _: "all: swing 1",
        ),
        Rule(
            "sections",
            re.compile(rf"(?:a |some )?(?:little |slight |bit of )?swing (?:feel|groove|on the (?:{kinds}))\b"),
            lambda _: "all: swing 1",
        ),
        Rule(
            "sections", re.compile(rf"(?:straight (?:{kinds}|eighths?|8ths?)|no swing|not swung)\b"), lambda _: "all: swing 0"
        ),
    )


def _section_name(text: str) -> str:
    """The name of a section in the singular: "choruses" is the chorus."""
    single = text[:-2] if text.endswith("uses") else text[:-1] if text.endswith("s") and text != "chorus" else text
    return _SECTION_NAMES.get(single.replace(" ", "-"), single)


def _player_name(text: str) -> str:
    return "drums" if text.startswith(("drum", "snare", "kick")) else text


def _hit_rules() -> tuple[Rule, ...]:
    """Hit points: "hits at 0:12.5 and 0:31", "a soft accent at 9 seconds and a big one at 0:20"."""
    clock = r"[0-9]{1,2}:[0-5]?[0-9](?:\.[0-9]+)?"
    seconds = r" ?s(?:ec(?:ond)?s?)?\b"
    length = r"(?! (?:long|total|in total|overall|altogether|loop|piece|cue|track)\b)"
    time = rf"(?:{clock}(?:{seconds})?|[0-9]{{1,4}}(?:\.[0-9]+)?{seconds}){length}"
    strength = (
        r"(?:(?:an? |the |two |three |four )?(?:sudden |final |last |loud )?"
        r"(?:big|huge|hard|soft|light|gentle|small|sudden|loud|final|last) )?"
    )
    words = either(word for word in prompt_table()["events"]["words"] if word not in ("hit", "stinger"))
    events = rf"hits?|accents?|stings?|stingers?|sync points?|hit points?|stabs?|(?:{words})s?"
    noun = rf"(?:(?:{events}|one)(?: points?)?)"
    first = rf"{strength}{noun} (?:at|on) {time}"
    more = (
        rf"(?:(?:,? (?:and )?then |,? and (?:again )?|, ?(?={time}|{strength}{noun}))(?:{strength}{noun} )?(?:at |on )?{time})*"
    )

    def hits(match: re.Match[str]) -> str:
        found = re.findall(rf"({strength})(?:{noun} )?(?:(?:at|on) )?({time})", match[0])
        soft = ("soft", "light", "gentle", "small")
        return ", ".join(
            f"{re.match(r'[0-9:.]+', at)[0]} {'soft' if any(word in how for word in soft) else 'big'}"  # type: ignore[index]
            for how, at in found
        )

    def listed(match: re.Match[str]) -> str:
        soft = match[2].strip().removeprefix("a ") in ("soft", "light", "gentle", "small")
        return f"{match[1]} {'soft' if soft else 'big'}"

    quiet = r"(?:an? )?(?:sudden |total |complete |short |long )?"
    quiet += r"(?:silence|silent|stille|stilte|pause|general pause|rest|blackout|silencio|silenzio)"
    return (
        Rule("beyond", re.compile(rf"{quiet} (?:at|from|bei|ab|a los|a) {time}"), lambda match: match[0]),
        Rule("beyond", re.compile(rf"{clock}[:,]? ?(?:[–—-] ?)?{quiet}\b"), lambda match: match[0]),
        Rule("hits", re.compile(first + more), hits),
        Rule(
            "hits", re.compile(rf"({clock})[:,]? ?(?:[–—-] ?)?({strength})(?:{events})\b(?! (?:at|on|points?)\b)"), listed
        ),  # "0:40 stinger"
    )


def _time_rules() -> tuple[Rule, ...]:
    """Places of the film, "until 0:45", "at 1:10", "from 30 seconds on"; the whole length, "total 1:30"; spans, "0:15-0:40"."""
    table = prompt_table()
    clock = r"([0-9]{1,2}):([0-5][0-9](?:\.[0-9]+)?)"
    spoken = rf"(?P<amount>{either(table['amounts'])}|{_number()})[ -]?(?P<unit>{either(table['seconds'])}){_END}(?: mark\b)?"
    item = re.compile(rf"(?:^|[,;.]|: )\s*{clock}[:,]? ?(?:[–—-] ?)?[a-z]")
    time = r"(?:([0-9]{1,2}):([0-5]?[0-9](?:\.[0-9]+)?)|([0-9]{1,4}(?:\.[0-9]+)?) ?s(?:ec(?:ond)?s?)?)(?![0-9:a-z])"
    whole = (
        r"(?:total|overall|altogether|in all|in total|full length|runtime|running time|total length|total duration|"
        r"(?:ends|ending|stops|stopping)(?: (?:abruptly|suddenly|quietly|softly|loudly|hard|dead|exactly))?(?= )|ends|ending|"
        r"(?:fade|fades|fading)(?: out)?(?= (?:by|at))|out(?= (?:by|at))|(?:end|done|over)(?= (?:by|at)))"
    )

    def seconds(match: re.Match[str]) -> float:
        return float(match[3]) if match[3] else 60.0 * int(match[1]) + float(match[2])

    def spoken_seconds(match: re.Match[str]) -> float:
        return round(_amount(match["amount"]) * float(table["seconds"][match["unit"]]), 3)

    def span(match: re.Match[str]) -> tuple[float, float] | None:
        first, last = (60.0 * int(match[place]) + float(match[place + 1]) for place in (1, 3))
        return (first, last) if first < last else None

    def listed(match: re.Match[str]) -> float | None:
        """The time of a line of a cue sheet, "0:00 calm, 0:20 tense": one time alone is a length."""
        starts = [found.start(1) for found in item.finditer(match.string)]
        return 60.0 * int(match[1]) + float(match[2]) if len(starts) > 1 and match.start(1) in starts else None

    return (
        Rule("total", re.compile(rf"{whole}(?: (?:of|is|length|duration|time|at|by|about|runtime))*[: ]*{time}"), seconds),
        Rule("total", re.compile(rf"{time} (?:total|overall|altogether|in total|in all|end|ends|fade out|out)\b"), seconds),
        Rule("span", re.compile(rf"(?:from )?{clock} ?(?:-|–|—|to|until|till) ?{clock}(?![0-9:])"), span),
        Rule("at", re.compile(rf"{clock}(?=[:,]? ?(?:[–—-] ?)?[a-z])"), listed),
        Rule("until", re.compile(rf"(?:until|till|til|up to|bis|hasta|jusqu'a) (?:about |around )?{time}"), seconds),
        Rule(
            "at",
            re.compile(rf"(?:at|by|from|after|starting at|ab|a partir de) (?:about |around )?{time}(?: on(?:wards?)?\b)?"),
            seconds,
        ),
        Rule(
            "at",
            re.compile(rf"(?:at|by|after|nach|apres|despues de|tras|dopo|a los) (?:the |about |around )?{spoken}"),
            spoken_seconds,
        ),
        Rule("until", re.compile(rf"(?:until|till|bis) (?:the |about |around )?{spoken}"), spoken_seconds),
    )


def _length_rules() -> tuple[Rule, ...]:
    table = prompt_table()
    amount = rf"(?:{either(table['amounts'])}|{_number()})"
    more = r"(?:(?P<half> and a half| 1/2))?"
    below = r"(?:under|below|less than|shorter than|(?:not|no) (?:longer|more) than|at most|max(?:imum)?) "
    second = rf"(?P<amount>{amount}){more}[ -]?(?P<unit>{either(table['seconds'])}){_END}(?P<after> and a half)?"
    spoken = rf",? ?(?:and )?(?P<amount2>{_number()})[ -]?(?P<unit2>{either(table['seconds'])}){_END}"
    after = r"(?=\s*(?:[,.;:!?)|]|$|(?:and|in|for|with|at|on|from|but|long|und|pour|fur|per|para|et|en|de|y|e)\b))"
    rest = rf"(?:{spoken}|(?<=[a-z]) (?:(?:and|und|et|y|e) )?(?P<bare>[0-5]?[0-9]|(?!one\b){_number()}){after})?(?: long\b)?"
    bars = either(table["bars"]["units"])
    part = "first|last|opening|final|initial|next|every|each|another|ersten|letzten|premieres|dernieres|primeros|ultimos|alle"

    def seconds(match: re.Match[str]) -> float | None:
        """`None` for "a second violin", "A min" and "808s"."""
        if match["amount"] in ("a", "an") and match["unit"] not in ("minute", "hour"):
            return None
        if match["amount"] in _MACHINES and match["unit"] == "s":
            return None
        unit: float = table["seconds"][match["unit"]]
        total = (_amount(match["amount"]) + (0.5 if match["half"] or match["after"] else 0)) * unit
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

    def bars_of(match: re.Match[str]) -> float | int | None:
        number = None if match["amount"] in ("a", "an") else _amount(match["amount"])
        return int(number) if number and number.is_integer() else number

    of_lengths = rf"(?:of|long|loop|piece|track|cue|in|for|{either(table['timed']['words'])})\b"
    return (
        Rule("beyond", re.compile(r"(?:18|19|20)[0-9]0s\b"), lambda m: m[0]),
        Rule("beyond", re.compile(rf"(?:19)?[2-9]0s(?= (?!{of_lengths})[a-z])"), _decade_before),  # "80s synth pop"
        Rule("beyond", re.compile(r"(?<=[a-z] )[2-9]0s(?=\s*(?:[,;.!]|$))"), _decade),  # "soft rock 70s"
        Rule(
            "beyond",
            re.compile(rf"(?:(?:for|in|during|over|within) )?(?:the )?(?:{part}) (?:{second}|{amount}[ -]?(?:{bars}){_END})"),
            lambda m: m[0],
        ),
        Rule(
            "beyond", re.compile(rf"(?:at|in|from|on|after|before|until|till|by) (?:{bars}) [0-9]{{1,4}}{_END}"), lambda m: m[0]
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
        Rule("form", re.compile(rf"(?:12|twelve)[ -]bar{_END}"), lambda m: "twelve-bar" if _is_blues(m.string) else None),
        Rule("bars", re.compile(rf"(?P<amount>{amount})[ -]?(?:{bars}){_END}(?: long\b)?"), bars_of),
        Rule("bars", re.compile(rf"(?:{bars})[:=]? ?(?P<amount>[0-9]{{1,6}}){_END}"), lambda m: int(m["amount"])),
    )


def _amount(text: str) -> float:
    amounts = prompt_table()["amounts"]
    text = re.sub(r"[ -]+", " ", text)
    return float(amounts[text]) if text in amounts else number_of(text)


def _tempo_rules() -> tuple[Rule, ...]:
    table, number = prompt_table(), _number()
    note = either(table["notes"]).replace("♩", "♩ ?")
    unit = r"(?:bpm|qpm|ppm|b\.p\.m\.?|beats (?:per|a) minute|beats/min|schlage pro minute"
    unit += r"|battements par minute|pulsaciones por minuto|battiti al minuto|batidas por minuto)"

    def marked(match: re.Match[str]) -> float:
        value: float = table["notes"][re.sub(r"[ -]+", " ", match[1]).replace("♩ .", "♩.").strip()]
        return round(number_of(match[2]) * value, 3)

    return (
        Rule("bpm", re.compile(rf"({number})[ -]?{unit}"), lambda m: number_of(m[1])),
        Rule("bpm", re.compile(rf"({number}) (?:a la|al|a) (?:noire|negra|quarter|seminima)\b"), lambda m: number_of(m[1])),
        Rule("bpm", re.compile(rf"({note}) ?(?:=|equals|at) ?({number})(?: ?{unit})?"), marked),
        Rule("bpm", re.compile(rf"(?:tempo|bpm|speed|mm|m\.m\.)(?: of| is| at| around| about|:| =|=)* ?({number}){_END}"
                               rf"(?! ?(?:bars?|measures?))(?: ?{unit})?"), lambda m: number_of(m[1])),
        Rule("bpm", re.compile(rf"at (?:about |around |roughly )?([0-9]{{2,3}}(?:\.[0-9]+)?){_CLAUSE}"),
             lambda m: number_of(m[1])),
        Rule("bpm", re.compile(r"(?:(?<=[,;:] )|(?<=^))([0-9]{2,3})(?=\s*(?:[,;.!]|$))"), _bare_tempo),
        Rule("bpm", re.compile(r"(?<=[a-z] )(1[0-9]{2}|2[0-3][0-9])(?=\s*(?:[,;.!]|$|with\b))"), _bare_tempo),  # "techno 145"
        Rule("bpm", re.compile(rf"(?<=[a-z] )(1[0-9]{{2}}|[6-9][0-9])(?= (?!(?:{either(_units())})\b)[a-z])"), _tempo_of_genre),
    )  # fmt: skip


def _course_rules() -> tuple[Rule, ...]:
    """Tempi that change, "from 80 to 140 bpm"; tempi of sections, "a slow introduction", "the middle section is faster"."""
    table, number = prompt_table(), _number()
    unit = "(?: ?bpm| beats (?:per|a) minute)"
    words = {**table["speeds"], **table["tempi"]}
    verbs = r"accelerat\w+|speed\w+ up|rising|rises|slow\w+(?: down)?|falling|falls"
    degree = "(?:(?:much|a bit|a little|slightly|very|even|rather|quite) )?"
    section = rf"({either(table['paced_sections'])})(?: section| part)?(?![\w-])"

    def set_as(pace: int, name: int) -> Callable[[re.Match[str]], tuple[str, str]]:
        return lambda match: (table["paced_sections"][match[name]], match[pace])

    return (
        Rule(
            "course",
            re.compile(
                rf"(?:from ({number}){unit}?|({number}){unit},? (?:and )?(?:{verbs})) (?:up |down )?(?:to|until|->|→) "
                rf"({number}){unit}"
            ),
            lambda m: (number_of(m[1] or m[2]), number_of(m[3])),
        ),
        Rule("section tempo", re.compile(rf"{degree}({either(words)}) {section}"), set_as(1, 2)),
        Rule(
            "section tempo",
            re.compile(
                rf"the {section} (?:that |which )?(?:(?:is|are|gets|goes|played|should be) )?{degree}({either(words)})\b"
            ),
            set_as(2, 1),
        ),
    )


def _loudness_rules() -> tuple[Rule, ...]:
    """The arc of a piece that is soft or loud at a place: "pianissimo ending", "in der Mitte lauter", "swells to ff"."""
    table = prompt_table()["loudness"]
    soft, loud, between = (either(table[key]) for key in ("soft", "loud", "between"))
    level = rf"(?:(?P<soft>{soft})|(?P<loud>{loud}))"
    gentle = rf"(?P<soft>{either(table['soft_ends'])})"
    quiet = rf"(?:{either(table['italian_ends'])}) (?:in )?(?P<soft>piano){_CLAUSE}"
    quiet_start = rf"(?:{either(table['italian_starts'])}) (?:in )?(?P<soft>piano){_CLAUSE}"
    some = rf"(?: (?:{between}))*"
    letter = rf"(?:(?P<soft>p)|(?P<loud>f)){_CLAUSE}"  # "begins p", not "begins in F"
    grows = r"(?:swells?|swelling|grows?|growing|builds?|building|rises?|rising|crescendos?|steigert sich)(?: up)?"

    def arc(if_soft: str | None, if_loud: str) -> Callable[[re.Match[str]], str | None]:
        return lambda match: if_soft if match.groupdict().get("soft") else if_loud

    ways = {"starts": arc("build", "wind-down"), "ends": arc("wind-down", "build"), "middles": arc(None, "swell")}
    return (
        *(Rule("arc", re.compile(rf"(?:{either(table[place])}){some} {level}{_END}(?: (?:werden|wird))?(?! {_PLAYER})"), way)
          for place, way in ways.items()),
        *(Rule("arc", re.compile(rf"{level}{some} (?:{either(table[place])}){_END}(?! of\b)"), way)
          for place, way in ways.items()),
        Rule("arc", re.compile(rf"(?:{either(table['ends'])}){some} {gentle}{_END}"), ways["ends"]),
        Rule("arc", re.compile(quiet), ways["ends"]),
        Rule("arc", re.compile(quiet_start), ways["starts"]),
        *(Rule("arc", re.compile(rf"(?:{either(table[place])}) {letter}"), ways[place]) for place in ("starts", "ends")),
        Rule("arc", re.compile(rf"{grows} (?:in)?to (?:a |an )?(?:{level}{_END}|f{_CLAUSE})"), arc(None, "build")),
    )  # fmt: skip


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


def _of_marks(match: re.Match[str]) -> float | None:
    """Seconds before a mark of seconds that does not end a quotation."""
    return float(match[1]) if match.string.count('"') != _PAIR_OF_MARKS else None


def _is_blues(prompt: str) -> bool:
    """Whether "12 bar" is a form and no length: in blues and rock and roll."""
    return (
        bool(re.search(r"blues|boogie|shuffle|rock (?:and|'?n'?) roll|rock'n'roll|rockabilly", prompt)) and "loop" not in prompt
    )


def _units() -> tuple[str, ...]:
    """What a number counts that is no tempo."""
    return (*prompt_table()["seconds"], *prompt_table()["bars"]["units"], "bit", "percent", "piece", "years", "voices", "notes")


def _tempo_of_genre(match: re.Match[str]) -> float | None:
    """A number right after the name of a genre: "techno 124 chords only"."""
    senses = lexicon().senses.get((match.string[: match.start()].split()[-1],), ())
    is_genre = any(sense.kind == "style" or (sense.kind == "use" and sense.value.get("table") == "genres") for sense in senses)
    return number_of(match[1]) if is_genre else None


def _bare_tempo(match: re.Match[str]) -> float | None:
    """A number between two commas is a tempo if it is a plausible one."""
    return number_of(match[1]) if 40 <= int(match[1]) <= 240 else None


def _meter_rules() -> tuple[Rule, ...]:
    table = prompt_table()
    words = {word: int(value) for word, value in table["numbers"].items() if value in (2, 3, 4, 5, 6, 7, 8, 9, 12)}
    below = {"two": 2, "four": 4, "eight": 8, "quarter": 4, "quarters": 4, "eighths": 8, "halves": 2}
    beats = either((*words, *table["beats"]))
    return (
        Rule("alternative", re.compile(rf"(?:or|oder|ou|o) (?:in )?[0-9]{{1,2}} ?/ ?(?:2|4|8){_END}"),
             lambda m: m[0] if re.search(r"[0-9] ?/ ?[0-9]+ $", m.string[: m.start()]) else None),
        Rule("meter", re.compile(rf"([0-9]{{1,2}}) ?/ ?(1|2|4|8|16){_END}(?:[ -](?:time|meter|metre|takt)\b)?"),
             lambda m: f"{int(m[1])}/{m[2]}"),
        Rule("meter", re.compile(rf"({either(words)})[ -]({either(below)})\b"
                                 r"(?![ -](?:hand|part|voice|bar|minute|second|of|way|through))"
                                 r"(?:[ -](?:time|meter|metre)\b)?"), lambda m: f"{words[m[1]]}/{below[m[2]]}"),
        Rule("meter", re.compile(rf"({beats}) beats (?:to|in|per|a)(?: the| a| each| every)? ?(?:bar|measure)\b"),
             lambda m: table["beats"].get(str(words.get(m[1], m[1])))),
        Rule("meter", re.compile(rf"(?:in|im) (?:a )?({beats})(?:(?: time| meter| metre)\b|{_CLAUSE})"),
             lambda m: table["beats"].get(str(words.get(m[1], m[1])))),
    )  # fmt: skip


def _key_rules() -> tuple[Rule, ...]:
    table = prompt_table()
    signs = {word: sign for sign, words in table["accidentals"].items() for word in words}
    modes = {word: mode for mode, words in table["modes"].items() for word in words}
    sign = rf"([ -]?(?:{either(signs)})|b)?"
    german, solmisation = table["german"], table["solmisation"]

    def key(letter: str, accidental: str | None, mode: str) -> str:
        bare = (accidental or "").strip(" -").lower()
        return f"{letter.upper()}{signs.get(bare, bare)} {mode}"

    def full(match: re.Match[str]) -> str | None:
        """The key of "A minor"; `None` for "a minor key"."""
        names_mode = re.match(r"[ -](?:key|mode|tonality)\b", match.string[match.end() :])
        return None if names_mode and match[1] == "a" and not match[2] else key(match[1], match[2], modes[match[3]])

    def other_key(match: re.Match[str]) -> str | None:
        """A second key that is as good, "C major or G major"; `None` where none is before it."""
        before = re.search(rf"(?:major|minor|dur|moll|{romance}|\b[a-g]{sign}) $", match.string[: match.start()])
        return match[0] if before else None

    def sung(match: re.Match[str]) -> str:
        return key(solmisation[match[1]], match[2], modes[match[3]])

    def church_key(match: re.Match[str]) -> str | None:
        """The key of "in A dorian"; `None` for "a dorian tune", which names a mode only."""
        is_article = match[2] == "a" and not match[1] and not match[3]
        return None if is_article else key(match[2], match[3], match[4].lower())

    end = r"(?![^\W_]|[#♯♭])"
    church = r"[a-z]*(?:dorian|phrygian|lydian|locrian|aeolian|ionian)"
    other = rf"(?![ -](?:{either((*modes, *signs))}|{church}|pentatonic|blues)\b)"
    modal = either(CHURCH_MODES)
    romance = r"mineur|majeur|minore|maggiore|menor|mayor|maior"
    relation = "(dominant|subdominant|relative|parallel)(?: (?:major|minor|key))?"
    named = rf"(?:the )?(?:key of )?(?:([a-g]){sign}[ -]?(major|minor)|{relation})"
    moves = r"(?:moves|moving|goes|going|turns|turning)(?= (?:in)?to the [dsrp])"
    to = rf"(?:modulat(?:es|ing|ion)|chang(?:es|ing) key|key change|{moves})"
    steps = either(table["key_steps"])
    last = r"(?:in|for|before|at|on|into) the (?:last|final) (?:chorus|refrain)"

    def of_section(match: re.Match[str]) -> str:
        """ "The middle section in E minor", "modulates to the dominant"."""
        *place, letter, accidental, mode, relation = match.groups()
        name = {"b section": "b"}.get(place[0], _section_name(place[0])) if place else "middle"
        return f"{name}: key {relation or key(letter, accidental, mode)}"

    def lifted(match: re.Match[str]) -> str:
        return f"last chorus: key +{table['key_steps'][next(filter(None, match.groups()))]}"

    return (
        Rule(
            "sections",
            re.compile(
                rf"(?:the )?(middle(?: section| part)?|bridge|trio|b section)(?: is| goes| moves|,)? in(?:to)? {named}{_END}"
            ),
            of_section,
        ),
        Rule("sections", re.compile(rf"{to} (?:in)?to {named}{_END}"), of_section),
        Rule(
            "sections",
            re.compile(
                rf"(?:(?:middle|trio|b) section|(?:with |and )?(?:a |the )?trio) in (?:([a-g]){sign}{_END}|(?:the )?{relation})"
            ),
            lambda match: f"middle: key {match[3] or key(match[1], match[2], 'major')}",
        ),
        Rule(
            "final key",
            re.compile(rf"(?<= (?:minor|major) )(?:to|ending in|then) ([a-g]){sign}[ -](major|minor){_END}"),
            lambda match: key(*match.groups()),
        ),
        Rule("sections", re.compile(rf"(?<=with trio )in (?:the )?{relation}"), lambda match: f"middle: key {match[1]}"),
        Rule(
            "sections",
            re.compile(
                r"(?:(?:the )?(?:last|final) (?:chorus|refrain) (?:is |goes |moves )?"
                rf"(?:up )?(?:by )?(?:a |one )?({steps})(?: higher| up)?"
                r"|(?:goes |moves |moving |shifts |modulat(?:es?|ing|ion) |key changes? |changes? (?:of )?key )?(?:by |of )?"
                rf"up (?:by )?(?:a |one )({steps}) {last})\b"
            ),
            lifted,
        ),
        Rule(
            "sections",
            re.compile(
                rf"(?:key changes?|changes? (?:of )?key|modulat(?:ion|es))(?: {last})?\b(?! (?:to|into)\b)"
                rf"|up (?:a |one )(?:{steps})\b"
            ),
            lambda _: "modulation: key +2",
        ),
        Rule("alternative", re.compile(rf"(?:or|oder|ou|o) (?:in )?[a-g]{sign}[ -](?:{either(modes)}){_END}"), other_key),
        Rule("alternative", re.compile(rf"(?:or|oder) (?:in )?(?:{either(german)})[ -]?(?:dur|moll){_END}"), other_key),
        Rule(
            "alternative",
            re.compile(rf"(?:ou|o|oppure) (?:en |in |em )?(?:{either(solmisation)}){sign}[ -](?:{romance}){_END}"),
            other_key,
        ),
        Rule(
            "key",
            re.compile(rf"(?:in )?([a-g]){sign}(?= or (?:in )?[a-g](?:[ -]?(?:{either(signs)})|b)?[ -](major|minor){_END})"),
            lambda m: key(m[1], m[2], m[3]),
        ),
        Rule("key", re.compile(rf"([a-g]){sign}[ -]?(major|maj|minor|min){_END}"), full),
        Rule("key", re.compile(rf"((?i:in) )?([A-Ga-g])(?i:{sign}[ -]?({modal}){_END}(?: mode\b)?)"), church_key, in_raw=True),
        Rule("mode", re.compile(rf"(?:in )?(?:the )?({modal}){_END}(?: mode\b)?"), lambda m: m[1]),
        Rule(
            "key",
            re.compile(
                rf"(?:(?:in|with) )?(?:the )?(?:key (?:of|signature of) )?({_number()}) (flat|sharp)s?{_END}"
                rf"(?:,? (?:in )?(major|minor){_END})?"
            ),
            _key_of_signs,
        ),
        Rule("key", re.compile(rf"({either(german)})[ -]?(dur|moll){_END}"), lambda m: f"{german[m[1]]} {modes[m[2]]}"),
        Rule("key", re.compile(rf"({either(solmisation)}){sign}[ -]({romance}){_END}"), sung),
        Rule(
            "key",
            re.compile(rf"({either(solmisation)})([ -]?(?:{either(signs)})){_END}"),
            lambda m: key(solmisation[m[1]], m[2], "major"),
        ),
        Rule("key", re.compile(rf"key(?: of| is|:)? ([a-g]){sign}{end}{other}"), lambda m: key(m[1], m[2], "major")),
        Rule(
            "key",
            re.compile(r"([A-G])([#♯♭b]?)(?= (?i:blues|boogie|rag|bebop)\b)"),
            lambda m: key(m[1], m[2], "major"),
            in_raw=True,
        ),
        Rule("key", re.compile(rf"(?i:in) ([A-G])(?i:{sign}{end}{other})"), lambda m: key(m[1], m[2], "major"), in_raw=True),
        Rule("key", re.compile(rf"([A-G])([#♯♭b]?)m{_END}"), lambda m: key(m[1], m[2], "minor"), in_raw=True),
        Rule("key", re.compile(rf"([A-G])([#♯♭b]){_END}"), lambda m: key(m[1], m[2], "major"), in_raw=True),
        Rule("key", re.compile(r"(?<=[,;] )([A-G])()(?=\s*(?:[,;.!]|$))"), lambda m: key(m[1], m[2], "major"), in_raw=True),
        Rule("key", re.compile(r"([A-G])([ -](?i:sharp|flat))\b"), lambda m: key(m[1], m[2], "major"), in_raw=True),
        Rule("mode", re.compile(rf"(?:an? )?({either(modes)})[ -](?:key|mode|tonality)\b"), lambda m: modes[m[1]]),
        *_plain_key_rules(),
    )


def _range_rules() -> tuple[Rule, ...]:
    """The range of an instrument: "range from low C to G", "C4 to G5", "first position"."""
    signs = {word: sign for sign, words in prompt_table()["accidentals"].items() for word in words}
    note = rf"(?:(low|middle|high) )?([a-g])((?:[ -]?(?:{either(signs)})|b)?)"
    named = rf"(?:(?:in (?:a|the) |with a |a )?(?:range|compass)(?:[: ]|of|from|is)*{note}([0-9]?)|{note}([0-9]))"
    last = rf"(?: to | up to | ?[-–] ?)(?:the )?{note}([0-9]?)(?: above)?{_END}"

    none = "(?:no(?: notes?|thing)?|not|never)(?: goes| going| to go)?"

    def note_of(groups: Sequence[str | None]) -> Note:
        place, letter, sign, octave = (group or "" for group in groups)
        return Note(place, letter.upper() + signs.get(sign.strip(" -"), sign), octave)

    def notes(match: re.Match[str]) -> tuple[Note, Note]:
        groups = match.groups()
        return note_of(groups[:4] if groups[1] else groups[4:8]), note_of(groups[8:])

    return (
        Rule("range", re.compile(named + last), notes),
        Rule(
            "range",
            re.compile(rf"{none} (?:above|higher than) (?:the )?{note}([0-9]?){_END}"),
            lambda m: (None, note_of(m.groups())),
        ),
        Rule(
            "range",
            re.compile(rf"{none} (?:below|lower than) (?:the )?{note}([0-9]?){_END}"),
            lambda m: (note_of(m.groups()), None),
        ),
        Rule("range", re.compile(r"(?:in )?(?:first|open) position(?: only)?\b"), lambda match: FIRST_POSITION),
    )


def _plain_key_rules() -> tuple[Rule, ...]:
    """A key without signs, "no sharps or flats", with its scale alone, "white keys only"; "an easy key"."""
    signs = "(?:sharps?|flats?|accidentals)"
    more = rf"(?:(?:,? (?:or|and|nor) |, ?|/)(?:no )?{signs})*"
    white = "white (?:keys|notes)"
    black = r"(?:no|without)(?: any)? black (?:keys|notes)(?! (?:except|but))"
    none = rf"(?:no|without|zero|avoid(?:ing)?)(?: any)? {signs}{more}"
    alone = rf"{black}|{none}|(?:only|just|all)(?: the)? {white}|{white} only"
    return (
        Rule("plain key", re.compile(rf"(?:{alone})\b"), lambda match: True),
        Rule("plain key", re.compile(r"(?:(?:in|with) )?(?:an? )?(?:easy|simple) keys?\b"), lambda match: False),
    )


def _key_of_signs(match: re.Match[str]) -> str | None:
    """The key of "three flats", major unless minor is stated.

    >>> [_key_of_signs(re.match("(.*) (flat|sharp)s ?(minor)?", text)) for text in ("three flats ", "4 sharps minor")]
    ['Eb major', 'C# minor']
    """
    fifths = round(number_of(match[1])) * (1 if match[2] == "sharp" else -1)
    mode = match[3] or "major"
    place = fifths + (1 if mode == "major" else 4)  # of the tonic in the circle of fifths from F on
    if not -7 <= fifths <= 7:
        return None
    sign = place // 7
    return f"{'FCGDAEB'[place % 7]}{'#' * sign if sign > 0 else 'b' * -sign} {mode}"


_RELATIVES = "wife|husband|mother|father|mom|mum|dad|grandmother|grandfather|sister|brother|son|daughter|friend|child|love"
_VOICED = "harmony|chorale?s?|hymn|choir|a cappella|a capella|fugue|canon|invention|counterpoint|writing|song|singing|motet|"
_VOICED += "kanon|fuge|satz|choral|lied|chor|madrigal|gesang|choir"


def _count_rules() -> tuple[Rule, ...]:
    number = _number()
    part = r"(?:half(?:way)?|(?:two|three|one|a)[ -](?:thirds?|quarters?))"
    return (
        Rule(
            "voices",
            re.compile(rf"(?:in |for |a )?({number})(?: mixed)?[ -](?:voices?|voix|voci|voces|vozes|stimmen)\b"),
            lambda m: int(number_of(m[1])),
        ),
        Rule("beyond", re.compile(rf"(?:{_MOTIONS}) (?:{_LINES})\b"), lambda m: m[0]),
        Rule("beyond", re.compile(r"[23](?:\+[23]){1,5}(?![0-9])"), lambda m: m[0]),  # how 7/8 is grouped
        Rule(
            "beyond",
            re.compile(
                r"(?:(?:ending|ends?|closing|closes|finish(?:es|ing)?|final(?:e|ly)?|last)(?: (?:on|in|with|at))* "
                r"(?:an? |the )?|(?:with )?an? )(?:bright |surprising )?(?:major|minor|tonic)(?: (?:key|tonic))? "
                r"(?:final )?(?:chord|triad|cadence|ending|end)(?: at the end)?\b"
            ),
            lambda m: m[0],
        ),
        Rule("beyond", re.compile(r"(?:cadence|ending|ends) (?:in|on) (?:dur|major)\b"), lambda m: m[0]),
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
        Rule(
            "beyond",
            re.compile(rf"(?:about |around |at |roughly )*{part} (?:of the )?(?:way )?through\b"),
            lambda m: m[0],
        ),
        Rule("voices", re.compile(rf"in ({number}) parts\b"), lambda m: int(number_of(m[1]))),
        Rule(
            "voices", re.compile(rf"({number})(?:-| (?=part (?:{_VOICED})))(?:part|voiced)\b"), lambda m: int(number_of(m[1]))
        ),
        Rule("beyond", re.compile(r"(?:no|nr|op|opus|k|kv|bwv)\.? ?[0-9]{1,4}\b"), lambda m: m[0]),
        Rule("share", re.compile(rf"({number}) ?(?:%|percent|per cent)(?: of)?"), lambda m: number_of(m[1]) / 100 or None),
        Rule("share", re.compile(rf"({number}) parts?\b(?: of)?"), lambda m: number_of(m[1]) or None),
        Rule("number", re.compile(rf"({number}){_END}"), lambda m: number_of(m[1])),
    )
