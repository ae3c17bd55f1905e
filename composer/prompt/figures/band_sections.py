"""What a band does in a section: who plays, when players enter, how loud and busy it is; and whether drums swing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from composer.prompt.figures.patterns import END, Rule, needing, number_pattern, whole
from composer.prompt.lexicon import either, prompt_table

_SECTION = (
    r"((?:(?:first|second|third|last|final) (?=verse|chorus|bridge|drop|solo))?"
    r"(?:intro(?:duction)?|verses?|chorus(?:es)?|bridge|break(?:down)?|drops?|build(?:[ -]?up)?|outro|ending|solos?|head"
    r"|beginning|start|middle(?: section| part)?|end|finale|last section))"
    r"(?![\w-])"
)
_SECTION_NAMES = {
    "introduction": "intro", "chorus": "chorus", "ending": "outro", "build-up": "build", "buildup": "build",
    "beginning": "start", "middle-section": "middle", "middle-part": "middle", "finale": "end", "last-section": "end",
}  # fmt: skip
PLAYER_NAMES = (
    r"(?:(?:clean|acoustic|electric|distorted|muted|slap|upright|synth|jazz|nylon)[ -](?!melody\b))?"
    r"(?:kick(?: drum)?|drums?(?: kit)?|taikos?|percussion|bass|strings|string(?= intro| breakdown)|brass|"
    r"horns|guitars?|piano|keys|keyboards|organ|"
    r"synths?|pads?|choir|melody|singers?|vocals?|vocalist|"
    r"lead|saxophone|sax|trumpets?|flutes?|violins?|violas?|cellos?|double bass|contrabass|harp|"
    r"fiddle|banjo|bells|oboes?|clarinets?|bassoons?|(?:french )?horns?|trombones?|tuba|timpani|woodwinds|winds|piccolo|"
    r"(?:horn|brass|string) section|"
    r"celesta|harpsichord|recorder|cor anglais|english horn|accordion|sopranos?|altos|tenors?|(?:wo)?men|voice|"
    r"marimba|vibraphone|music box|glockenspiel|whistle|banjo|mandolin|ukulele|snare(?: drums?)?)"
)
PLAYER = rf"({PLAYER_NAMES})(?![a-z])"
LEVELS = {"soft": "intensity 0.2", "loud": "intensity 0.95", "sparse": "complexity 0.1", "busy": "complexity 0.9"}
_GROUPS = {
    "sopranos": "soprano", "altos": "alto", "tenors": "tenor", "men": "tenor and bass", "women": "soprano and alto",
    "low strings": "cello and contrabass",
    "string": "strings", "horn section": "horns", "brass section": "brass", "string section": "strings",
}  # fmt: skip
_STARTS = "starts?|starting|opens?|opening|begins?|beginning"
_FOLLOWS = (
    r"\b(?:then|enters?|joins?|joined|kicks? in|comes? in|at [0-9]+:[0-9]+|by [0-9]+:[0-9]+|until|builds? to|full|whole)\b"
)
_ORDER = {"first": "first", "second": "second", "third": "third", "last": "last", "final": "last"}
COUNTERPOINT = r"\b(?:fug|canon|kanon|round\b)"  # whose voices enter one by one
_FIGURES = "fanfares?|riffs?|chords?|melody|theme|tune|lines?|calls?|motifs?|solo|arpeggios?|notes?"  # that players begin with
_LATE_PLAYER = "late "  # of a section without a player that enters afterwards
# Sections before one in which players enter who play on.
_BEFORE: dict[str, tuple[str, ...]] = {
    "middle": ("start",), "build": ("intro", "first verse"), "second verse": ("intro", "first verse", "first chorus"),
    "second chorus": ("intro", "first verse", "first chorus", "second verse"),
}  # fmt: skip
_UNTIL: dict[str, tuple[str, ...]] = {
    "chorus": ("intro", "verse"),
    "drop": ("intro", "build"),
}  # sections before the first one of a kind
_ADDS = r"\b(?:add(?:s|ing)?|brings? in|bringing in|introduc(?:es?|ing)) (?:the )?$"  # before who enters and plays on
_ALL_PLAY = "(?:(?:the |a )?(?:full|whole|entire) band|everyone|everybody|all)"  # in a section
_SOUNDING = (
    "low(?! strings)|soft|gentle|delicate|tender|warm|dark|distant|faint|single|slow|simple|sparse|hushed|mysterious"
    "|plucked|unison"
)
_LATE = r"(?:enters?|entering|joins?|joining|comes? in|coming in|kicks? in|kicking in|starts?|starting|drops? in)"


def section_rules() -> tuple[Rule, ...]:
    """What a band does in a section: who plays, when players enter, how loud and busy it is; and whether drums swing."""
    table, number = prompt_table(), number_pattern()
    quiet = either(table["section_levels"]["soft"])
    players = rf"{PLAYER}(?:(?:,| and| or| &) {PLAYER}(?! (?:enter|join|come|kick|start|drop)))?"
    entering_players = rf"{PLAYER}(?: (?:and|or|&) {PLAYER})?"
    place = rf"(?:in|during|for|at|on) (?:the |all |every )?{_SECTION}"
    later = (
        r"(?:(?:much |a bit |in )?(?:late|later)|after (?:the |an? )?(?:intro(?:duction)?|while|few bars|beginning)"
        rf"|(?:at|in|from|on|after|around) (?:bar|measure) [0-9]{{1,3}}|after (?:the first )?{number} bars)(?: on)?\b"
    )
    sound = r"(?: (?:harmony|melody|part|line|descant|countermelody))?"
    at_time = r"(?= (?:at|around|from) (?:[0-9]{1,2}:[0-5]|[0-9]{1,3} ?s))"
    first = rf"(?:for|in|during) (?:the )?(?:first|opening) (?:{number} )?(?:seconds?|minutes?|bars?|measures?|half)\b"
    lone = r"(?:an? |one |just |only ){0,2}(?:solo|single|lone|lonely|unaccompanied)"
    first_of_all = r" (?:first|at first|to (?:begin|start)(?: with)?|at the (?:start|beginning))\b"
    then = r",? ?(?:and )?(?:then|before|followed by|joined by|joining)"
    groups = "orchestra|band|choir|ensemble|tutti|everyone|everybody|strings|rest|others"
    others = rf"(?:the )?(?:(?:full|whole|entire|big) )?(?:{groups})\b"
    before = r"(?: (?:before|until|till) (?:the )?(?:first )?(?:drop|verse|beat|drums|chorus)\b)?"
    opens = r"(?:starts?|starting|opens?|opening|begins?|beginning) (?:off |out )?(?:with|on) "
    opens += rf"(?:(?:just|only|an?|the|solo|short|brief|bold|{_SOUNDING}|{quiet}) )*"

    def build(words: str, section: str = "") -> Callable[[re.Match[str]], str]:
        def setting(match: re.Match[str]) -> str:
            named = match.groups()
            named, last = (named, section) if section else (named[:-1], named[-1])
            names = [player_name(name) for name in named if name]
            joint = " and ".join(names) if words == "only " else f", {words}".join(names)
            return f"{section_name(last)}: {words}{joint}"

        return setting

    rests_in = rf"{PLAYER}(?: (?:and|or|&) {PLAYER})?(?:'s)?(?: (?:line|part))? (?:(?:that|who|which) )?"
    rests_in += rf"(?:drops? out|is out|are out|silent|rests?|tacet|sits? out|lays? out|(?:do|does)(?: not|n't) play) {place}"
    opening, of_bars = build("only ", "intro"), rf" (?:of|for|over|lasting) {number} bars?\b"

    def resting(match: re.Match[str]) -> str:
        """ "Drums rest in the bridge"; a singer who rests in a section sings in the others."""
        return build(_LATE_PLAYER if re.match("singer|voca", match[0]) else "no ")(match)

    def out_of(match: re.Match[str]) -> str | None:
        """ "Leave the drums out in the bridge", "keep the horns out of the verses"; not "keep the drums in the bridge"."""
        *named, one, other = match.groups()
        names = ", ".join(f"no {player_name(name)}" for name in named if name)
        return f"{section_name(one or other)}: {names}" if re.search(r"\bout\b", match[0]) else None

    def entering(match: re.Match[str]) -> str:
        *named, section = match.groups()
        return entries(section_name(section), [player_name(name) for name in named if name])

    def only_in(match: re.Match[str]) -> str:
        section, *named = match.groups()
        return f"{section_name(section)}: only {' and '.join(player_name(name) for name in named if name)}"

    def playing(match: re.Match[str]) -> str | None:
        """ "Piano and pads in the verse, full band in the chorus": alone where all play elsewhere, else only there."""
        *named, section = match.groups()
        name = section_name(section)
        if name in ("start", "middle", "end", "solo"):
            return None
        names = [player_name(one) for one in named if one]
        if re.search(_ADDS, match.string[: match.start()]):
            return entries(name, names)
        if re.search(rf"\b{_ALL_PLAY} {place}", match.string):
            return f"{name}: only {' and '.join(names)}"
        return f"{name}: {', '.join(f'+{one}' for one in names)}"

    def none_in_last(match: re.Match[str]) -> str | None:
        """ "An 8 bar intro without drums": the section right before is read with its bars."""
        before = re.search(rf"{_SECTION}(?: (?:of |for )?{number} bars?)?$", match.string[: match.start()].rstrip())
        named = ", ".join(f"no {player_name(name)}" for name in match.groups() if name)
        return f"{section_name(before[1])}: {named}" if before else None

    def in_intro(match: re.Match[str]) -> str | None:
        """Who plays at the start: "an intro of 8 bars with only piano", "begins almost inaudibly with solo oboe"."""
        is_intro = re.search(
            rf"\b(?:intro(?:duction)?|{either(table['changes']['start'])})\b[^,.;:]*$", match.string[: match.start()]
        )
        names = [player_name(name) for name in match.groups() if name]
        return f"intro: only {' and '.join(names)}" if is_intro else None

    def in_first_phase(match: re.Match[str]) -> str | None:
        """Who plays first where others follow: "starts tense and quiet with low strings, at 0:35 the drums kick in"."""
        starts = re.search(rf"\b(?:{_STARTS})(?:,? [a-z]+){{1,4}} $", match.string[: match.start()])
        follows = re.search(_FOLLOWS, match.string[match.end() :])
        names = [player_name(name) for name in match.groups() if name]
        return f"intro: only {' and '.join(names)}" if starts and follows else None

    def until(match: re.Match[str]) -> str:
        """ "No drums until the chorus" are none in the introduction and the verses."""
        *named, section = match.groups()
        if section_name(section) == "end":
            return f"end: {', '.join(f'+{player_name(name)}' for name in named if name)}"
        before: tuple[str, ...] = _UNTIL.get(section_name(section), ("intro",))
        if " second " in match[0]:
            before = _BEFORE["second verse"]
        return waiting(before, named)

    def waiting(before: Sequence[str], named: Sequence[str | None]) -> str:
        names = f", {_LATE_PLAYER}".join(player_name(name) for name in named if name)
        return "; ".join(f"{one}: {_LATE_PLAYER}{names}" for one in before)

    def from_there(match: re.Match[str]) -> str | None:
        """ "Drums from the second verse" are none before it, where it is known what precedes it."""
        *named, section = match.groups()
        before = (_BEFORE | _UNTIL).get(section_name(section))
        return waiting(before, named) if before else None

    return needing(
        rf"\b(?:{PLAYER}|intro|introduction|horn|string|brass|ensemble|group)",
        Rule("sections", re.compile(rf"(?:no|without(?: the| any)?|drop the) {players} {place}"), build("no ")),
        Rule(
            "sections",
            re.compile(rf"(?:leav|keep)(?:e|ing)? (?:out )?(?:the )?{players} (?:out )?(?:of (?:the )?{_SECTION}|{place})"),
            out_of,
        ),
        Rule("sections", re.compile(rf"(?:without(?: any)?|with no|but no) {players}{END}(?! solos?\b)"), none_in_last),
        Rule("sections", re.compile(rf"{rests_in}"), resting),
        Rule("sections", re.compile(rf"{players} only {place}"), build("+")),
        Rule("sections", re.compile(rf"{players} {place}"), playing),
        Rule(
            "sections",
            re.compile(
                rf"(?:an? |the )?(horn|string|brass)s? sections? (?:that |which )?(?:only )?(?:{_LATE} )?(?:only )?{place}"
            ),
            lambda match: f"{section_name(match[2])}: +{_GROUPS[match[1] + ' section']}" if "only" in match[0] else None,
        ),
        Rule(
            "sections",
            re.compile(rf"(?:the )?{entering_players}{sound} (?:(?:that|who|which) )?(?:only )?{_LATE} {place}"),
            entering,
        ),
        Rule(
            "sections",
            re.compile(
                rf"{entering_players} (?:only )?(?:from|starting (?:in|with|at)) (?:the )?{_SECTION}(?: on(?:wards?)?)?{END}"
            ),
            from_there,
        ),
        Rule("sections", re.compile(rf"(?:only|just) {players} {place}"), build("only ")),
        Rule("sections", re.compile(rf"(?:the )?{players} (?:alone|unaccompanied) {place}"), build("only ")),
        Rule(
            "sections",
            re.compile(rf"(?:(?:{quiet}) )?{_SECTION} (?:with|has|is) (?:only|just) (?:an? |the )?{players}"),
            only_in,
        ),
        Rule(
            "sections",
            re.compile(rf"{_SECTION},? (?:(?:with|for|on) )?{players} (?:only|alone){END}(?! (?:in|at|on|during|for)\b)"),
            only_in,
        ),
        Rule(
            "sections",
            re.compile(
                rf"(?:with|for|on) (?:(?:an? )?(?:only|just|solo|single|lone) {players}|{players} (?:only|alone)){END}{before}"
            ),
            in_intro,
        ),
        Rule(
            "sections",
            re.compile(rf"(?:with|on) (?:an? |the )?(?:(low strings)|{PLAYER}(?: and (?:an? )?{PLAYER})?){END}"),
            in_first_phase,
        ),
        Rule(
            "sections",
            re.compile(rf"(?:no|without(?: any)?) {players} (?:until|till|before) (?:the )?(?:first |second )?{_SECTION}"),
            until,
        ),
        Rule(
            "sections",
            re.compile(
                rf"(?:[a-z]+ed )??{entering_players}{sound} (?:(?:that|which) )?(?:only )?{_LATE}(?: {later}|{at_time})"
            ),
            build("late ", "intro"),
        ),
        Rule(
            "sections",
            re.compile(
                rf"{entering_players}(?: (?:{_FIGURES}))?(?: only)? "
                rf"(?:(?:from|at) (?:bar|measure) [0-9]{{1,3}}(?: on(?:wards)?)?|after {number} bars)\b"
            ),
            build("late ", "intro"),
        ),
        Rule(
            "sections",
            re.compile(
                rf"(?:let )?(?:the )?{entering_players} (?:(?:only )?{_LATE}|enter|come in|join) (?:only )?"
                rf"after (?:the )?{PLAYER}"
                rf" (?:has|have)(?: (?:played|had))?(?: the first)? {number} bars(?: alone| by (?:itself|themselves))?{END}"
            ),
            lambda match: f"intro: {', '.join(_LATE_PLAYER + player_name(name) for name in match.groups()[:-1] if name)}",
        ),
        Rule("sections", re.compile(rf"(?:no|without(?: any)?) {players} {first}"), build("no ", "intro")),
        Rule(
            "sections",
            re.compile(
                rf"{opens}(?!bass notes?\b)"
                rf"(?:(low strings)|{PLAYER})(?:(?: and| &) (?:(?:an?|the|solo|{_SOUNDING}|{quiet}) )*(?:(low strings)"
                rf"|{PLAYER}))?(?: alone| only| solo| fanfare| note)?{END}"
            ),
            lambda match: None if re.search(COUNTERPOINT, match.string) else opening(match),
        ),
        Rule("sections", re.compile(rf"{lone} {PLAYER}(?: alone| solo)?{first_of_all}"), opening),
        Rule("sections", re.compile(rf"{lone} {PLAYER}(?: alone| solo)?(?={then} {others})"), opening),
        Rule("sections", re.compile(rf"{PLAYER}[ -](?:alone|solo|by itself)(?:{first_of_all})?(?={then} {others})"), opening),
        Rule(
            "sections",
            re.compile(rf"{PLAYER}(?: and {PLAYER})?[ -](?:alone|solo|by (?:itself|themselves)){first_of_all}"),
            opening,
        ),
        Rule(
            "sections",
            re.compile(rf"{PLAYER}(?: (?:{_FIGURES}))? (?:at|in) the (?:very )?(?:start|beginning|opening)(?={then} )"),
            opening,
        ),
        Rule("sections", re.compile(rf"{PLAYER}(?: [a-z]+)? (?:{_FIGURES}) (?:first|to start)(?=[,;] )"), opening),
        Rule("sections", re.compile(rf"(?:only|just) {players} (?:to|at the) (?:close|finish)\b"), build("only ", "outro")),
        Rule("sections", re.compile(r"clean intro(?:duction)?\b"), lambda _: "intro: only clean guitar"),
        Rule("sections", re.compile(r"(?:acoustic|unplugged) intro(?:duction)?\b"), lambda _: "intro: only acoustic guitar"),
        Rule("sections", re.compile(rf"{PLAYER} (?=intro(?:duction)?{of_bars})"), opening),
        Rule("sections", re.compile(rf"{PLAYER} intro(?:duction)?\b(?!{of_bars})(?! (?:music|for|theme|jingle))"), opening),
        Rule("sections", re.compile(rf"{PLAYER} breakdown\b"), build("only ", "break")),
        Rule(
            "place",
            re.compile(rf"{PLAYER} break (?:halfway(?: through)?|midway(?: through)?|in the middle)\b"),
            lambda match: ("break", (("only", player_name(match[1])),)),
        ),
        Rule("everybody", re.compile(r"(?:the |a )?(?:full|whole|entire) (?:ensemble|group)\b"), whole),
    ) + _manner_rules(place)


def _manner_rules(place: str) -> tuple[Rule, ...]:
    """How a section is played: "quiet verses", "busy drums in the chorus", "swung drums"."""
    song = rf"(verses?|chorus(?:es)?|bridge|break(?:down)?|drops?|solos?(?! {PLAYER}))(?![\w-])"
    kinds = r"drums?|beats?|hi[- ]?hats?|hats|groove|feel|rhythm|percussion"

    def at(level: str) -> Callable[[re.Match[str]], str]:
        return lambda match: f"{_ORDER[match[1]] + ' ' if match[1] else ''}{section_name(match[2])}: {level}"

    levels = [
        Rule(
            "sections",
            re.compile(rf"(?:{either(prompt_table()['section_levels'][level])}) (?:({either(_ORDER)}) )?{song}"),
            at(setting),
        )
        for level, setting in LEVELS.items()
    ]
    return needing(
        rf"\b(?:{song}|{kinds}|{PLAYER}|swing|swung|shuffled|straight)",
        *levels,
        Rule(
            "sections",
            re.compile(rf"(high|low|busy|sparse) {PLAYER} {place}"),
            lambda match: f"{section_name(match[3])}: {match[1]} {player_name(match[2])}",
        ),
        Rule(
            "sections",
            re.compile(rf"(?:swung|shuffled)(?: (?:16ths?|8ths?|eighths?|sixteenths?))?(?: (?:{kinds}))?{END}"),
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


def entries(section: str, players: Sequence[str]) -> str:
    """Settings for players who enter in a section: in the middle and in a second verse or chorus they play on.

    >>> entries("chorus", ["strings"]), entries("second verse", ["bass"])
    ('chorus: +strings', 'intro: late bass; first verse: late bass; first chorus: late bass')
    """
    if before := _BEFORE.get(section):
        late = ", ".join(f"{_LATE_PLAYER}{name}" for name in players)
        return "; ".join(f"{name}: {late}" for name in before)
    return f"{section}: {', '.join(f'+{name}' for name in players)}"


def section_name(text: str) -> str:
    """The name of a section in the singular: "choruses" is the chorus."""
    word, _, rest = text.partition(" ")
    if word in _ORDER and rest != "section":
        return f"{_ORDER[word]} {section_name(rest)}"
    single = text[:-2] if text.endswith("uses") else text[:-1] if text.endswith("s") and text != "chorus" else text
    return _SECTION_NAMES.get(single.replace(" ", "-"), single)


def player_name(text: str) -> str:
    """The name of a player in settings of sections: a snare is the drums, as taikos are."""
    return "drums" if text.startswith(("drum", "snare", "kick", "taiko")) else _GROUPS.get(text, text)
