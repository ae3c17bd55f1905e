"""Keys of places: "second verse in F major", "refrain en do majeur", "G major for the chorus", "to E flat in bar 17"."""

from __future__ import annotations

import re

from composer.prompt.figures.keys import key_of, sign_pattern, words_for_modes
from composer.prompt.figures.patterns import CLAUSE, END, Rule, number_of, number_pattern
from composer.prompt.figures.places import COUNTED, named_place
from composer.prompt.lexicon import either, prompt_table
from composer.score import MODAL_NAMES

_COUNTS, _NUMBERS = ("first", "second", "third", "fourth"), ("one", "two", "three", "four")
_RELATIONS = {
    "dominant": "dominant", "subdominant": "subdominant", "relative": "relative", "parallel": "parallel",
    "tonic minor": "parallel", "tonic major": "parallel", "home key": "+0", "dominante": "dominant",
    "subdominante": "subdominant", "sottodominante": "subdominant", "paralleltonart": "relative", "relatif": "relative",
}  # fmt: skip
_THEMES = ("b",)  # which a recapitulation brings back in the key of the piece
_ARTICLES = r"(?:(?:the|an?|its|der|die|das|dem|den|le|la|les|el|il|lo|o|a|l')[ ']?)?"
_IN = r"(?:in|into|to|en|im|nach|a|al|em|auf)"
_FOR = r"(?:for|during|im|in der|pendant|dans|durante|nella|nel|na|no|en|fur)"
_MOVES = (
    r"(?:modul(?:at(?:es?|ing|ion)|iert?|e|a|er|ar|are)|chang(?:es?|ing) key|key change|mov(?:es?|ing)|goes|going|shifts?|"
    r"turns?|switches|wechselt|geht|passe|passa|pasa|cambia|vai|va)"
)
_VARIATION = r"varia(?:tion|zione|cion|cao)\b"
_MOVEMENT = r"(?:movement|satz|mouvement|movimento|movimiento)\b"
_BAR = r"(?:bars?|measures?|takt|mesures?|compas|compases|battuta|misura)"


def keys_of_places_rules() -> tuple[Rule, ...]:
    """Rules of kind "sections", and of kind "key at bar": the first bar, the last one or 0 for the end, and the key."""
    table = prompt_table()
    ordinals, shares = table["variations"]["ordinals"], table["piece_shares"]
    verbs = either(table["place_levels"]["verbs"])
    place = (
        rf"{_ARTICLES}(?:(?P<count>{either(COUNTED)}|(?:{either(ordinals)})[nrs]?) )?"
        rf"(?:(?P<name>{either(table['places'])})(?: section| part)?(?![\w-])(?: (?P<number>[1-4]|{either(_NUMBERS)})\b)?"
        rf"|{_VARIATION}|(?P<movement>{_MOVEMENT})|(?P<share>{either([*shares['starts'], *shares['ends']])})\b)"
    )
    key = _key_pattern()
    needs = re.compile(rf"\b(?:{either((*table['places'], *shares['starts'], *shares['ends']))}|{_VARIATION}|{_MOVEMENT})\b")
    moves = rf"(?:up |down |back )?(?:{_IN} )?(?:the )?(?:key of )?"

    def name_of(match: re.Match[str]) -> str:
        """The name of the place, empty where it is none."""
        if share := re.sub("[ -]+", " ", match["share"] or ""):
            return f"from {shares['ends'][share]}%" if share in shares["ends"] else f"until {shares['starts'][share]}%"
        count, after = match["count"] or "", match["number"]
        if after:
            count = _COUNTS[_NUMBERS.index(after) if after in _NUMBERS else int(after) - 1]
        number = next((ordinals[each] for each in (count, count[:-1]) if each in ordinals), 0)
        if number and not count.startswith(tuple(COUNTED)):
            count = _COUNTS[number - 1] if number <= len(_COUNTS) else ""
        if match["movement"]:
            return _movement(number, is_last=COUNTED.get(count) == "last", text=match.string)
        if not match["name"]:  # counted from the theme on
            return f"A{chr(39) * number}" if number else "end" if COUNTED.get(count) == "last" else ""
        name = named_place(match["name"], count, match.string)
        return f"first {name}" if name in _THEMES and match["name"].endswith(("theme", "subject")) else name

    def of_place(match: re.Match[str]) -> str | None:
        name = name_of(match)
        return f"{name}: key {_key_of(match)}" if name else None

    def at_bar(match: re.Match[str]) -> tuple[int, int, str]:
        return int(match["first"]), int(match.groupdict().get("last") or 0), _key_of(match)

    first, last = (
        rf"{_BAR} (?P<first>[0-9]{{1,3}})",
        rf"(?: ?(?:-|–|to|until|through|bis|a) ?(?:{_BAR} )?(?P<last>[0-9]{{1,3}}))?",
    )
    from_bar = rf"(?:from|in|at|ab|starting (?:at|in)|de|a partir de|da) {first}{last}(?: on(?:wards?)?)?"

    bars = re.compile(rf"\b{_BAR}\b")
    of_places = (
        rf"{place}:?(?:,? (?:{verbs}|{_MOVES}))*,? {_IN} (?:the )?(?:key of )?{key}{END}",
        rf"(?:in )?(?:the )?(?:key of )?{key} {_FOR} {place}",
        rf"{_MOVES} {moves}{key} (?:(?:in|at) |{_FOR} ){place}{CLAUSE}",
    )
    in_bars = rf"{_BAR} (?P<first>[0-9]{{1,3}}) ?(?:-|–|to|until|through|bis|a) ?(?P<last>[0-9]{{1,3}})"
    at_bars = (
        rf"{_MOVES} {moves}{key} {from_bar}{END}",
        *(rf"{bars_named},? (?:{_MOVES} )?{moves}{key}{END}" for bars_named in (from_bar, in_bars)),
    )
    return (
        *(Rule("sections", re.compile(pattern), of_place, needs=needs) for pattern in of_places),
        *(Rule("key at bar", re.compile(pattern), at_bar, needs=bars) for pattern in at_bars),
        Rule(
            "related key",
            re.compile(rf"(?:in|into|to) (?:the|its) ({either(_RELATIONS)})(?: (?:major|minor|key))?{END}"),
            lambda match: _RELATIONS[match[1]],
            needs=re.compile("relative|parallel|tonic"),
        ),
    )


def _movement(number: int, *, is_last: bool, text: str) -> str:
    """The part of a piece that a movement of several is, from 1; empty where the text does not say how many there are.

    >>> _movement(3, is_last=False, text="in four movements"), _movement(0, is_last=True, text="two movements")
    ('from 50% until 75%', 'from 50%')
    """
    counted = re.search(rf"\b({number_pattern()}) movements\b", text)
    count = round(number_of(counted[1])) if counted else 0
    number = count if is_last else number
    if not 0 < number <= count or count == 1:
        return ""
    first, last = round(100 * (number - 1) / count), round(100 * number / count)
    return " ".join([*([f"from {first}%"] if first else []), *([f"until {last}%"] if number < count else [])])


def _key_pattern() -> str:
    """A pattern for a key by name, in any language, or by its relation to the piece; its groups are those of `_key_of`."""
    table, sign = prompt_table(), sign_pattern()
    modes = either(word for words in table["modes"].values() for word in words)
    romance = r"mineur|majeur|minore|maggiore|menor|mayor|maior"
    no_key = rf"(?! (?:sections?|parts?|themes?|{either(MODAL_NAMES)})\b)"
    named = rf"(?P<letter>[a-g])(?P<sign>{sign})(?:[ -]?(?P<mode>{modes}))?{no_key}"
    german = rf"(?P<note>{either(table['german'])})[ -]?(?P<tongeschlecht>dur|moll)"
    sung = rf"(?P<syllable>{either(table['solmisation'])})(?P<alteration>{sign})(?:[ -](?P<modo>{romance})|{CLAUSE})"
    related = rf"(?P<relation>{either(_RELATIONS)})(?: (?:major|minor|key))?"
    return rf"(?:{german}|{sung}|{named}|{related})"


def _key_of(match: re.Match[str]) -> str:
    """The key that a match names; one without a mode is major."""
    table = prompt_table()
    modes = words_for_modes()
    if match["relation"]:
        return _RELATIONS[match["relation"]]
    if match["note"]:
        return f"{table['german'][match['note']]} {modes[match['tongeschlecht']]}"
    if match["syllable"]:
        return key_of(table["solmisation"][match["syllable"]], match["alteration"], modes[match["modo"] or "major"])
    return key_of(match["letter"], match["sign"], modes[match["mode"] or "major"])
