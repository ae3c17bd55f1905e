"""Who has the melody when: "flute melody in the verse", "first the cello has the tune, then the violin", "trade the melody"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from composer.presets import find_instrument
from composer.prompt.figures.band_sections import PLAYER_NAMES, section_name
from composer.prompt.figures.beyond import GROUPS
from composer.prompt.figures.patterns import END, NTH, Beginning, Rule, number_pattern, whole
from composer.prompt.figures.places import named_place
from composer.prompt.lexicon import either, lexicon, phrase_of

_NEEDS = re.compile(
    r"\b(?:melod|them[ae]|tema|tune|lead|subject|cantus|turns|solos?\b|alternat|dialog|conversation|trad(?:e|ing)|"
    r"takes? over|taking over|except|(?:sung|played|led) by)"
)
# Other languages are here where their sentences are built alike.
_THE = r"(?:(?:the|die|das|la|le|el|il) |l')?"
_TUNE = (
    r"(?:(?:main|whole|principal|lead|first) )?"
    r"(?:melody|melodies|tune|theme|melodic line|cantus firmus|lead line|lead|subject|melodie|thema|melodia|tema)"
)
_HAS = (
    r"(?:has|have|having|takes?(?: over| up)?|taking(?: over| up)?|carr(?:y|ies|ying)|plays?|playing|gets?|getting|sings?|"
    r"singing|holds?|holding|states?|stating|presents?|presenting|leads? with|continues? with|"
    r"hat|haben|spielt|ubernimmt|joue|toca|tiene|lleva|suona)"
)
_IN = (
    r"(?:(?:is |lies |sits |stays )?(?:in|on|by)|goes to|(?:is )?(?:played|sung|carried|taken|given|led) (?:by|to|in|on)|"
    r"im|in de[rn]|beim?|aux?|a l[a']|dans l[ea]|en (?:el|la)|nel(?:la)?)"
)
_BEGINS = r"(?:starts?|starting|begins?|beginning|opens?|opening)"
_THEN = r"[,;]? ?(?:and )?(?:then|later|afterwards?|followed by|before|next)(?: in| to| by)? "
_PASSES = r"(?:pass(?:es|ed|ing)?|mov(?:es|ing)|goes|going|wander(?:s|ing)?|travel(?:s|ing)?|is (?:passed|handed))"
_TRADES = (
    r"(?:trad(?:e|es|ed|ing)|alternat(?:e|es|ed|ing)|swap(?:s|ping)?|exchang(?:e|es|ing)|shar(?:e|es|ed|ing)|pass(?:es|ed|ing)?|"
    r"tak(?:e|es|ing) turns (?:with|playing|on|at))"
)
_TALKS = (
    r"(?:tak(?:e|es|ing) turns|alternat(?:e|es|ing)|trad(?:e|es|ing) (?:phrases|melodies|lines)|in (?:a )?dialog(?:ue)?|"
    r"in (?:a )?conversation)"
)
_SECTION = (
    r"(?:(?:(?:first|second|third|last|final) )?(?:intro(?:duction)?|verses?|chorus(?:es)?|bridge|break(?:down)?|outro|solos?)"
    r"|beginning|start|opening|middle(?: section| part)?|end|ending|finale|section [a-h]|part [a-h]|[a-h][- ](?:section|part)"
    r"|(?:first|second) half|return|reprise|recapitulation|repeat|da capo|trio)"
)
_PLACES = {
    "opening": "start", "return": "end", "reprise": "end", "recapitulation": "end", "repeat": "end", "da capo": "end",
    "first half": "until 50%", "second half": "from 50%",
}  # fmt: skip
_NUMBERED = {word: "" if number == 1 else f" {number}" for word, number in NTH.items() if number <= 2}
# Players beside those of other figures, and some in other languages.
_OTHERS = (
    r"alto|melodica|harmonica|cornet|euphonium|viol|lute|sitar|erhu|koto|english horn|saxophon|violoncell[oe]|violonchelo|"
    r"geigen?|violons?|violin[eo]|bratsche|flote|flauto|flauta|klarinette|clarinett[eo]|clarinete|trompete|trompeta|"
    r"(?:low|high|upper) (?:strings|brass|woodwinds)|trompette|tromba|posaune|klavier|"
    r"hautbois|fagott|corno?|stimme|voix|voz|voce"
)
_TRIO = "trio"
_REGISTERS = ("soprano", "alto", "tenor")  # of an instrument, where nobody sings
HANDS, PEDAL = ("left hand", "right hand"), "pedal"  # parts of a keyboard
_TURNS = {2: ("until 50%", "from 50%"), 3: ("until 33%", "from 33% until 67%", "from 67%")}
_EACH = r"(?:each|every|all|everyone|everybody)(?: (?:of the|the))?(?: (?:sections?|instruments?|players?|parts?|voices?))?"
_ONCE = r"(?: (?:(?:at least )?once|in turns?|by turns|at (?:some|one) point|for a while))?"
_BY_ITSELF = r" (?:all )?(?:alone|by (?:it|him|her)self|on its own)(?: again)?\b"
_FEWEST, _MOST = 1, 6  # players who enter one by one
_ONE_PLAYER = r"(?:player|instrument|voice|part)"
_AROUND = (
    rf"(?:around(?! the (?:world|campfire))|round|from (?:one|each|{_ONE_PLAYER})(?: [a-z]+)? to (?:the next|another|the other"
    rf"|{_ONE_PLAYER})|(?:between|among|through) (?:all )?(?:the )?(?:{_ONE_PLAYER}s|sections))\b"
)
_BARS = rf"{number_pattern()} (?:bars|measures)"
_FIRST_BARS = rf"(?:(?:in|for|over|during) )?(?:the )?(?:(?:first|opening) )?{_BARS}"
_AFTER_FIRST, _HALF = 20, 50  # per cent, near which the second of three or four sections and the second half begin
_ALONE = ("until 33%", "from 33%")  # of a player who begins alone


def lead_rules() -> tuple[Rule, ...]:
    """Who has the melody in a section, first and then, or by turns."""
    name = rf"(?!melody|lead)(?:(?:{either(_NUMBERED)}) )?(?:{PLAYER_NAMES}|{_OTHERS})(?:e?s)?|{either(HANDS)}|{PEDAL}s?"
    one = rf"{_THE}(?:an? )?(?:(?:solo|lead|lone) )?({name})(?![\w-])"
    who = rf"{one}(?: (?:and|&) {one})?"
    tune = rf"{_THE}{_TUNE}(?![\w-])"
    place = rf"(?:in|during|for|at|on|over) (?:the |every |each )?({_SECTION}){END}"

    def rule(pattern: str, build: Callable[[re.Match[str]], str | Beginning | None]) -> Rule:
        def placed(match: re.Match[str]) -> str | Beginning | None:
            """`None` for a trio that is three players."""
            is_section = _TRIO not in match.groups() or named_place(_TRIO, "", match.string)
            return build(match) if is_section else None

        return Rule("sections", re.compile(pattern), placed, needs=_NEEDS)

    def led(match: re.Match[str]) -> str:
        """Players before their sections: "flute melody in the verse and horn in the chorus"."""
        texts = [text for text in match.groups() if text]
        pairs = _paired(texts[::-1])
        return _settings([(section, players[::-1]) for section, players in pairs[::-1]])

    def led_after(match: re.Match[str]) -> str | Beginning:
        """Players after their sections: "in the verse the flute has the melody", "end with the horn alone"."""
        said = _settings(_paired([text for text in match.groups() if text]))
        alone = re.match(_BY_ITSELF, match.string[match.end() :])
        return Beginning(said.replace(": melody ", ": only "), match.end() + alone.end()) if alone and ";" not in said else said

    def throughout(match: re.Match[str]) -> str | Beginning | None:
        """ "Melody in the cello": a player who is not named elsewhere, nor in a group, is read as one of all."""
        name = _player(match[1])
        others = match.string[: match.start()] + match.string[match.end() :]
        if name in _REGISTERS:
            return f"all: melody {name}" if re.search(rf"\b(?:{GROUPS}|{name}s?)\b", others) else None  # of a keyboard
        plays = (
            name in (*HANDS, PEDAL)
            or name != match[1]
            or match[1].rstrip("s") in others
            or re.search(rf"\b(?:{GROUPS})s?\b", others)
        )
        return f"all: melody {name}" if plays else Beginning(f"all: melody {name}", match.start(1))

    def throughout_before(match: re.Match[str]) -> str | None:
        """ "The cello has the melody", in the section that is named in the same clause: the player is read as a player."""
        before = re.search(rf"\b{one} $", match.string[: match.start()])
        if not before:
            return None
        if re.search(rf"{_FIRST_BARS}$", match[0]) or re.match(r" (?:at )?first\b", match.string[match.end() :]):
            return f"start: melody {_player(before[1])}"
        placed = re.search(
            rf"\b(?:an? |the )({_SECTION})(?: [^,.;:]*)? (?:where|with|in which|when|while) {one} $",
            match.string[: match.start()],
        )
        name = _section(placed[1]) if placed else ""
        name = named_place(name, "", match.string) if name == _TRIO else name
        return f"{name or 'all'}: melody {_player(before[1])}"

    def taken_over(match: re.Match[str]) -> str:
        """ "Then the violin takes over": after a half, or after the first of its sections where bars are counted before."""
        after_bars = re.search(rf"{_FIRST_BARS}[,;]?(?: and)? ?$", match.string[: match.start()])
        return f"from {_AFTER_FIRST if after_bars else _HALF}%: melody {_player(match[1])}"

    def in_turn(match: re.Match[str]) -> str:
        players = [_player(name) for name in match.groups() if name]
        return "; ".join(f"{span}: melody {name}" for span, name in zip(_TURNS[len(players)], players, strict=True))

    def traded(match: re.Match[str]) -> str:
        return f"all: melody {' then '.join(_player(name) for name in match.groups() if name)}"

    def alone_first(match: re.Match[str]) -> str:
        first, after = map(_player, match.groups())
        return f"{_ALONE[0]}: only {first}; {_ALONE[1]}: melody {after}"

    def traded_before(match: re.Match[str]) -> str | None:
        """ "Bassoon and piccolo, taking turns": the players right before are read as players."""
        before = re.search(rf"\b{one}(?: (?:and|&) |, ){one}[ ,]*(?:duo|duet)?[ ,]*$", match.string[: match.start()])
        return traded(before) if before else None

    def solo_of_group(match: re.Match[str]) -> str | None:
        """ "Cello solo in the middle" of a quartet; songs have sections for solos, and at the start a soloist is alone."""
        is_group = re.search(rf"\b(?:{GROUPS})s?\b", match.string) and not re.search(r"\bband\b|\bsong\b", match.string)
        return led(match) if is_group and _section(match.groups()[-1]) not in ("start", "intro") else None

    def entering(match: re.Match[str]) -> str | None:
        """Players of a group who enter one by one, each a share of the piece after the one before."""
        others = match.string[: match.start()] + match.string[match.end() :]
        names = [_player(found[1]) for found in re.finditer(one, match[0][match[0].index(match[1]) :])]
        if not re.search(rf"\b(?:{GROUPS})s?\b", others) or not _FEWEST < len(names) <= _MOST:
            return None
        bounds = [round(100 * step / len(names)) for step in range(1, len(names))]
        spans = [f"until {bounds[0]}%", *(f"from {first}% until {last}%" for first, last in pairwise(bounds))]
        return "; ".join(f"{span}: only {' and '.join(names[: place + 1])}" for place, span in enumerate(spans))

    both = rf"{one}(?: and| &|,| with) {one}(?:(?: and| &|,) {one})?"
    first = r"(?:(?:at )?first,? |initially,? |to begin(?: with)?,? )?"
    also = rf"(?:(?:,|;|,? and) (?:{_IN} )?{who} {place})?"
    after = rf"(?:(?:,|;|,? and) {place},? (?:{_IN} )?{who})?"
    then = rf"{_THEN}{one}(?: {_HAS} (?:it|{tune}))?"
    adds = rf"(?:,? (?:and |then |that |which )*(?:adds?|adding)|,? (?:and |then |finally |last(?:ly)? )+|,) ?(?:the )?{one}"
    return (
        Rule(
            "sections",
            re.compile(rf"{_BEGINS} with {one} (?:alone|only|solo){adds}(?:{adds})*{END}"),
            entering,
            needs=re.compile(r"\badd(?:s|ing)?\b"),
        ),
        rule(rf"{one} {_BEGINS} (?:alone|solo|unaccompanied|by itself){_THEN}{one} {_HAS}(?: {tune}| it)?{END}", alone_first),
        rule(rf"{first}{one} {_HAS} {tune}(?: first| at first)?{then}(?:{then})?{END}", in_turn),
        rule(rf"{tune} (?:(?:is )?first |{_BEGINS} )?{_IN} {one}(?: first| at first)?{then}(?:{then})?{END}", in_turn),
        rule(
            rf"{tune} (?:that )?{_PASSES} (?:from|between) {one} (?:and|to) {one}(?:,? (?:and )?(?:then )?to {one})?{END}",
            in_turn,
        ),
        rule(rf"{_TRADES} {tune}(?: back and forth)? (?:between|among|with) {both}{END}", traded),
        rule(rf"{tune} (?:is )?{_TRADES}(?: back and forth)? (?:between|among|by) {both}{END}", traded),
        rule(rf"{both} {_TRADES} {tune}{END}", traded),
        rule(rf"(?:a |in )?(?:dialog(?:ue)?|conversation) (?:between|of) {both}{END}", traded),
        rule(rf"{_TALKS}{END}", traded_before),
        Rule("lead turns", re.compile(rf"{tune} (?:that )?(?:is )?{_PASSES} {_AROUND}"), whole, needs=_NEEDS),
        Rule("lead turns", re.compile(rf"{_EACH} {_HAS} (?:a turn (?:at|with) )?{tune}{_ONCE}{END}"), whole, needs=_NEEDS),
        rule(rf"{who} {_HAS} {tune} {place}{also}{also}", led),
        rule(rf"{who} (?:with|in|on|plays?|playing) (?:an? |the )?(?:[a-z]+ ){{0,2}}?{_TUNE} {place}", led),
        rule(rf"{tune} {_IN} {who} {place}{also}{also}", led),
        rule(rf"{who} {tune} {place}{also}{also}", led),
        rule(rf"{who} (?:leads?|leading) {place}", led),
        rule(rf"{who} solos? {place}", solo_of_group),
        rule(rf"(?:{place},? |({_SECTION})(?: with|:|,)? ){who} (?:{_HAS} )?{tune}{after}{END}", led_after),
        rule(rf"(?:{place},? |({_SECTION})(?: with|:|,)? ){tune} {_IN} {who}{after}{END}", led_after),
        rule(rf"({_SECTION}) (?:is |are )?(?:sung|played|led) by {who}{END}", led_after),
        rule(rf"{one} {_BEGINS} (?:with )?{tune}{END}", lambda match: f"start: melody {_player(match[1])}"),
        rule(rf"{tune} {_BEGINS} {_IN} {one}{END}", lambda match: f"start: melody {_player(match[1])}"),
        rule(rf"(?:then )?{who} takes? over(?: {tune})? {place}", led),
        rule(rf"(?:then )?{one} takes? (?:it |{tune} )?over(?: {tune})?{END}", taken_over),
        rule(rf"except (?:in|for) (?:the )?({_SECTION}|[b-h]),? where {one} (?:does|has|plays)(?: it)?{END}", led_after),
        rule(rf"{_HAS} {tune}(?: throughout| all the time| the whole time| {_FIRST_BARS})?{END}", throughout_before),
        rule(rf"{tune} {_IN} {one}(?: throughout| all the time| the whole time)?{END}", throughout),
    )


def _section(text: str) -> str:
    """The name of a section in settings."""
    text = text.replace("-", " ")
    if letter := re.fullmatch(r"(?:section|part) ([a-h])|([a-h]) (?:section|part)", text):
        return letter[1] or letter[2]
    return _PLACES.get(text) or section_name(text)


def _player(text: str) -> str:
    """The name of a player in settings of sections: the second violin is "violin 2", a violoncelle a cello."""
    word, _, rest = text.partition(" ")
    name, number = (rest, _NUMBERED[word]) if word in _NUMBERED and rest else (text, "")
    singular = next(
        (one for one in (name.removesuffix("es"), name.removesuffix("s")) if one != name and find_instrument(one)), ""
    )
    if name.removesuffix("s") == PEDAL:
        return PEDAL
    if name in HANDS or singular or find_instrument(name):
        return (singular or name) + number
    senses = (sense for each in (name, name.removesuffix("s")) for sense in lexicon().senses.get(phrase_of(each), ()))
    named: tuple[str, ...] = next((sense.value for sense in senses if sense.kind == "instrument"), (name,))
    return named[0].replace("-", " ") + number


def _paired(texts: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Sections with the players that follow them."""
    found: list[tuple[str, list[str]]] = []
    for text in texts:
        if re.fullmatch(rf"{_SECTION}|[a-h]", text):
            found.append((text, []))
        else:
            found[-1][1].append(text)
    return found


def _settings(pairs: Sequence[tuple[str, Sequence[str]]]) -> str:
    return "; ".join(f"{_section(section)}: melody {' and '.join(map(_player, players))}" for section, players in pairs)
