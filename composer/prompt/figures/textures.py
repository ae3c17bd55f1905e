"""Words for textures of a whole piece ("no melody", "for the left hand alone", "clusters") and for silences of all players."""

from __future__ import annotations

import re
from collections.abc import Callable

from composer.controls import BED, CLUSTERS, DIALOGUE, HELD, LEFT_HAND, PHASING, RIGHT_HAND, UNISON
from composer.prompt.figures.patterns import CLAUSE, END, Rule, number_of, number_pattern

_NO = r"(?:no|zero|without|ohne|keine?|sans|senza|sin|sem|geen)(?: (?:any|an?|real|clear|obvious|distinct|lead|leading|main))*"
_MELODY = (
    r"(?:melod(?:y|ies)(?: lines?)?|melodic (?:lines?|content|leads?|material)|tunes?|top ?lines?|leads?(?: lines?| parts?)?"
    r"|melodie[ns]?|melodias?)"
)
_AT_ALL = r"(?: (?:at all|whatsoever|please|on top|over it|anywhere))*"
_IN_PLACE = (
    r"(?! (?:in|for|during|until|till|at|before|after|from|by|with the|on the"
    r"|instruments?|vocals?|guitars?|synths?)\b)"
)
_ONLY = r"(?:only|just|nothing but|purely|solely|nur|seulement)"
_SOFT = r"(?:soft|warm|long|slow|sustained|dark|held|ambient|synth|string|evolving|deep|low|gentle|simple|quiet)"
_LAYERS = rf"(?:{_SOFT} )*(?:pads?|drones?|textures?|atmospheres?|(?:held|sustained|long) chords|long tones)"
_BEDS = (
    "ambient", "background", "music", "musical", "harmonic", "soft", "warm", "string", "strings", "pad", "synth", "sound",
    "sonic", "underscore", "atmospheric", "calm", "drone", "quiet", "dark", "tense", "neutral", "sustained", "choir",
    "orchestral", "news", "weather", "forecast", "podcast", "radio", "talk", "voiceover", "narration", "speech",
)  # fmt: skip
_UNDER_SPEECH = r" (?:under|behind|beneath|below|for) (?:the |a )?(?:dialogue|dialog|voice ?overs?|narration|speech|voices?)"
_OF_LAYERS = r" of(?= (?:[a-z]+ ){0,2}(?:strings?|pads?|chords?|synths?|choir|voices)\b)"
_LONG = r"(?:(?:an?|one|single|very|long|endless|extremely|sustained|held|static|unchanging) )+"
_HELD = re.compile(r"\b(?:long|endless|sustained|held|static|unchanging|single|one)\b")
_CLOSES = re.compile(
    r"\b(?:ends?|ending|finish(?:es)?|closes?|last|final|before)(?: (?:on|with|in|by))?(?: an?| the| long| single)* $"
)
_AT_END = re.compile(r" (?:at the end|to (?:end|finish|close)|as (?:an )?ending)\b")
_FEW = {"some", "few", "occasional", "occasionally", "rare", "sometimes"}
_SIDES = {
    "left": LEFT_HAND, "linke": LEFT_HAND, "gauche": LEFT_HAND, "izquierda": LEFT_HAND, "sinistra": LEFT_HAND,
    "right": RIGHT_HAND, "rechte": RIGHT_HAND, "droite": RIGHT_HAND, "derecha": RIGHT_HAND, "destra": RIGHT_HAND,
}  # fmt: skip
_SIDE = re.compile(rf"\b({'|'.join(_SIDES)})\b")
_HAND = r"(?:(?:left|right)[ -]hand|(?:linke|rechte) hand|main (?:gauche|droite)|mano (?:izquierda|derecha|sinistra|destra))"
_ALONE = r"(?:only|alone|solo|by itself|allein|alleine|seule|sola|solamente)"
_STUDIES = r"(?:etudes?|stud(?:y|ies)|pieces?|nocturnes?|preludes?|exercises?|impromptus?|romances?|piano)\b"
_CALLS = (
    r"(?:call[- ](?:and|&)[- ]response|calls? and answers?|question[- ]and[- ]answer|antiphon(?:al|ally|y)|ruf und antwort"
    r"|frage und antwort|appel et reponse|question et reponse|llamada y respuesta|pregunta y respuesta|domanda e risposta"
    r"|chamada e resposta|dialogue?(?= (?:between|of|zwischen|entre|tra)\b))(?: (?:between|zwischen|entre|tra|style|phrases))?"
)
_EVERYONE = r"(?:all|everyone|everybody|all (?:players|parts|instruments|voices)|tutti)"
_OF_SOME = r"(?! (?:riffs?|lines?|horns?|hits?|stabs?|at|in|until|chorus|passages?|bends?|with|between|of)\b)"
_PLACES = {
    "verse",
    "chorus",
    "section",
    "bridge",
    "ending",
    "end",
    "ends",
    "finale",
    "intro",
    "coda",
    "theme",
    "refrain",
    "bar",
}
_AT_ENDS = re.compile(
    r"\b(?:start(?:s|ing)?|begin(?:s|ning)?|open(?:s|ing)?|ends?|ending|finish(?:es|ing)?|clos(?:es?|ing)|conclud(?:es?|ing))"
    r"(?: (?:together|all|everyone|off|up|out|in|with))* $"
)
_PLACED = re.compile(r"(?: |, )(?:at (?:the|first)|in the|for the|first\b|then\b|until\b|before\b)")
_PHASES = r"(?:phasing|phase[- ](?:shifting|shifts?|music|patterns?|process)"
_PHASES += (
    r"|(?:(?:slowly |gradually )?(?:drift|shift|mov|slip|slid|go|fall)(?:e?s|ing|e)? (?:slowly |gradually )?)?out of phase)"
)
_KIND = r"(?:(?:an?|the|with|then|complete|total|full|long|short|dramatic|sudden|general|grand|brief|one|right|just) )*"
_SILENCE = rf"{_KIND}(?:pause|silence|rest|break|generalpause|gran pausa|pausa|gp|caesura)"
_BAR = r"(?:bars?|measures?|takte?n?|mesures?|compas(?:es)?|battut[ae])"
_LAST = (
    r"(?:the |its )?(?:very )?(?:(?:last|final|closing|ending) (?:chord|bar|note|measure|tone|stab|hit)|end(?:ing)?\b(?! of))"
)
_SECTION = r"(?:the )?(?:section ([a-h])|((?:(?:first|second|third|last|final) )?(?:chorus|bridge|verse|coda|outro|drop|solo)))"


def texture_rules() -> tuple[Rule, ...]:
    """Rules of kind "texture", a name in `controls.TEXTURES`, and "pause", an item of the option `pauses`."""
    number = number_pattern()
    hand = rf"(?:for |with |fur |pour |para |per )?(?:{_ONLY} )?(?:the |die |la )?{_HAND}(?: {_ALONE})?\b"
    one_hand = r"(?:for )?(?:(?:only |just )one hand|one[- ]handed|one hand (?:only|alone))\b"
    clusters = r"(?:(?:tone|note|chromatic|dissonant|dense|eerie) )*clusters?\b(?! (?:stabs?|hits?|chords?|strikes?)\b)"
    breath = r"(?:(?:in|as|on) )?(?:one|a|a single) (?:single )?(?:long|endless) breath\b"
    span = rf"{_BAR} ({number})(?: ?(?:-|to|and|bis) ?({number}))?"
    bars = rf"(?:an? |about )?({number})[ -]{_BAR}"
    pauses = (rf"{_SILENCE} (?:of|for|lasting|von) {bars}", rf"{bars} (?:(?:of|long) )?{_SILENCE}", rf"{_SILENCE}()")
    silent = r"(?:is |are |be )?(?:completely |totally )?(?:silent|empty|tacet|silence)"
    resting = r"(?:everyone|everybody|all|all players|the whole band|the orchestra) (?:rests?|(?:is|are|falls?) silent)"
    return (
        Rule("texture", re.compile(rf"{_NO} {_MELODY}{_AT_ALL}{END}{_IN_PLACE}"), _always(BED)),
        Rule("texture", re.compile(r"(?:melody[- ]?less|melody[- ]free|non[- ]melodic|unmelodic)\b"), _always(BED)),
        Rule("texture", re.compile(rf"{_ONLY}(?= {_LAYERS}{CLAUSE})"), _always(BED)),
        Rule("texture", re.compile(rf"beds?(?:{_UNDER_SPEECH}|{_OF_LAYERS})?\b"), _bed),
        Rule("texture", re.compile(rf"{_LONG}(?:chord|triad|harmony)\b"), _held),
        Rule("texture", re.compile(breath), _always(HELD)),
        Rule("texture", re.compile(clusters), _clusters),
        Rule("texture", re.compile(hand), _hand),
        Rule("texture", re.compile(one_hand), _always(LEFT_HAND)),
        Rule("texture", re.compile(rf"(?:in (?:a )?)?{_CALLS}\b"), _always(DIALOGUE)),
        Rule(
            "texture",
            re.compile(
                rf"(?:{_EVERYONE} )?(?:(?:play|plays|playing|are|is) )?(?:(?:entirely |always )?in )?unisono?"
                rf"(?: (?:for (?:all|everyone)|throughout|tutti|and octaves|texture|all the way))*\b{_OF_SOME}"
            ),
            _unison,
        ),
        Rule("texture", re.compile(rf"{_PHASES}\b(?! (?:pads?|synths?|effects?|guitars?)\b)"), _always(PHASING)),
        Rule("pause", re.compile(rf"{_SILENCE} (?:at|in|on|bei|en|a) {span}\b"), _at_bar),
        Rule("pause", re.compile(rf"{span} {silent}\b"), _at_bar),
        Rule("pause", re.compile(rf"{resting} (?:at|in) {span}\b"), _at_bar),
        *(Rule("pause", re.compile(rf"{pause} before (?:{_LAST}|{_SECTION}\b)"), _before) for pause in pauses),
    )  # fmt: skip


def _always(texture: str) -> Callable[[re.Match[str]], str]:
    return lambda _: texture


def _words_before(match: re.Match[str]) -> list[str]:
    return re.findall(r"[a-z0-9]+", match.string[: match.start()])


def _bed(match: re.Match[str]) -> str | None:
    """ "Ambient bed", "a bed of strings", not "go to bed" or "a bed of roses"."""
    before = _words_before(match)[-1:]
    return BED if " " in match[0] or set(before) & set(_BEDS) else None


def _held(match: re.Match[str]) -> str | None:
    """ "A long sustained chord", not "a chord", and not one at the end."""
    ends = _CLOSES.search(match.string[: match.start()]) or _AT_END.match(match.string[match.end() :])
    return HELD if _HELD.search(match[0]) and not ends else None


def _clusters(match: re.Match[str]) -> str | None:
    """Clusters, unless there are a few of them, or in one place."""
    placed = re.match(r" (?:at|in|on|for|until) (?:the|bar|measure)\b", match.string[match.end() :])
    return None if placed or _FEW & set(_words_before(match)[-3:]) else CLUSTERS


def _hand(match: re.Match[str]) -> str | None:
    """ "For the left hand", "left hand only", "left hand etude"; not what one of two hands does."""
    sides = {_SIDES[side] for side in _SIDE.findall(match.string)}
    following = match.string[match.end() :]
    is_for = match[0].startswith(("for ", "fur ", "pour ", "para ", "per ")) and re.match(CLAUSE, following)
    is_alone = re.search(rf" {_ALONE}$|\b{_ONLY} ", match[0]) or re.match(rf" {_STUDIES}", following)
    return _SIDES[_SIDE.findall(match[0])[0]] if len(sides) == 1 and (is_for or is_alone) else None


def _unison(match: re.Match[str]) -> str | None:
    """Unison throughout, not in "the last verse in unison" nor in "starts in unison"."""
    placed = _AT_ENDS.search(match.string[: match.start()]) or _PLACED.match(match.string[match.end() :])
    return None if placed or _PLACES & set(_words_before(match)[-2:]) else UNISON


def _at_bar(match: re.Match[str]) -> str | None:
    first, last = int(number_of(match[1])), int(number_of(match[2] or match[1]))
    return (f"bar {first}" if first == last else f"bars {first}-{last}") if 1 < first <= last else None


def _before(match: re.Match[str]) -> str | None:
    """A pause before the last chord or a section, of one bar if nothing is said: "the final chorus" is the last one."""
    bars, place = int(number_of(match[1])) if match[1] else 1, match[2] or match[3] or "end"
    return f"{bars} before {place.replace('final ', 'last ')}" if bars else None
