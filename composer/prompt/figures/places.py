"""What one place of the piece is like: "a loud, stormy middle section", "the last variation fast and virtuosic"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from composer.prompt.figures.band_sections import PLAYER, player_name
from composer.prompt.figures.forms import LAST
from composer.prompt.figures.keys import key_of, sign_pattern
from composer.prompt.figures.patterns import Beginning, Rule
from composer.prompt.languages import spaced_words
from composer.prompt.lexicon import either, lexicon, mood_of_character_word, phrase_of, prompt_table

# A kind (a level, "tempo", "mood", "mode", "key", "only", "no", "+", "unknown") and the word, tag, mode, key or players.
Quality = tuple[str, str]

_UNKNOWN = "unknown"  # a word beside a quality
LEVELS = ("soft", "loud", "sparse", "busy")
# Places whose moods, and whose loudness if it is all that is said, other rules read.
_OF_MOODS = ("start", "middle", "end", "trio", "intro")
_OF_LOUDNESS = (
    ("start", "soft"), ("start", "loud"), ("middle", "loud"), ("end", "soft"), ("end", "loud"), ("intro", "soft"),
                ("outro", "soft"), ("outro", "loud"))  # fmt: skip
_MODES = "minor|major|moll|dur|minore|maggiore|mineur|majeur|menor|mayor|maior"
_BEFORE_KEY = rf"\b(?:(?:in|en|im) )?(?:the )?(?=(?:{_MODES}|relative|parallel|dominant|subdominant)\b)"
_IN_MODE = rf"\b(?:in|en|im) (?:the )?(?:{_MODES})\b"
_MOST_WORDS, _MOST_NOTED, _LONGEST = 8, 3, 4  # before or after a place, before "in" and a place, and of one quality
COUNTED = {"first": "first", "second": "second", "third": "third", "fourth": "fourth", "last": "last", "final": "last"}
_SEVERAL = ("verse", "chorus", "drop", "solo", "bridge", "break", "build")  # sections that a piece may have more than once
_VARIATIONS = r"\bvaria[tzc]i"
_VARIED = "variations?|variazione|variacion|one"
_RELATIONS = ("relative minor", "relative major", "relative", "parallel minor", "parallel major", "dominant", "subdominant",
              "relative key", "parallel key")  # fmt: skip
_HIGHER = ("{} higher", "a {} higher", "one {} higher", "a {} up", "one {} up", "up a {}", "up one {}")
# Phrases of other languages for a key that is higher, to its semitones.
HIGHER = {
    "einen ton hoher": 2, "einen ganzton hoher": 2, "un ton plus haut": 2, "un tono mas alto": 2, "un tono mas arriba": 2,
    "un tono piu alto": 2, "un tono sopra": 2, "um tom acima": 2, "einen halbton hoher": 1,
    "un demi ton plus haut": 1, "medio tono mas alto": 1, "medio tono mas arriba": 1, "un semitono piu alto": 1,
    "mezzo tono piu alto": 1, "meio tom acima": 1,
}  # fmt: skip
_ONLY = "for|with only|with just|only|just|fur|pour|para|per|nur|seulement|solo"
_JOINS, _ENTERS = "with", "adds?|adding|brings? in|introduces?"
_LACKS = "without|with no|has no|no"
_MANNERS = {
    "only": _ONLY,
    "no": _LACKS,
    "+": _JOINS,
    "late": _ENTERS,
}  # of players in settings of sections, to the words before them
_JOINED, _ALONE = "+", r" (?:only|alone)\b(?! (?:in|at|on|during|for)\b)"  # "a verse with clean guitar only"
_COUNTED_BARS = r"\bbars of $"  # before what a place with these bars has: "8 bars of dub at the end with only drums"
_NO_SECTION = r"(?! (?:music|jingle|theme|tune|song|cue|scene|credits|titles?|screen|of|piece|level|and drops?)\b)(?![\w-])"
_NO_SECTION += r"(?! in(?:to)? (?:the )?(?:[a-g](?:[ -]?(?:flat|sharp|major|minor)|[#♭b])?)\b)"


def place_rules() -> tuple[Rule, ...]:
    """Rules of kind "place": the name of a place in settings of sections, and its qualities."""
    table = prompt_table()["place_levels"]
    joins, verbs, articles, prepositions = (either(table[key]) for key in ("joins", "verbs", "articles", "prepositions"))
    names = rf"(?P<name>{either(prompt_table()['places'])})(?: section| part)?{_NO_SECTION}"
    counted = rf"(?:(?P<count>{either(COUNTED)}) )?{names}"
    ordinals = either([*prompt_table()["variations"]["ordinals"], *LAST])
    place = rf"(?:{counted}|(?:l')?(?P<nth>{ordinals}) (?:{_VARIED})\b)"
    named = rf"(?:{counted}|(?:l')?(?P<nth>{ordinals})(?: (?:{_VARIED})\b)?)"
    key = rf"(?P<key>(?P<letter>[a-g])(?P<sign>{sign_pattern()})(?:[ -](?P<mode>major|minor))?(?![a-z]))"
    place_in_key = rf"(?P<name>{either(prompt_table()['places'])})(?: section| part)? in {key}"
    article = rf"(?:(?:{articles}) )?"
    acts = r"(?! (?:enters?|joins?|comes?|kicks?|starts?|drops?|play|in|at|from)\b)"  # "verse only piano, drums enter at"
    players = rf"(?:an? |the |solo )?{PLAYER}(?:(?:,| and| und| et| y| e) (?:an? |the |solo )?{PLAYER}{acts})?"
    tail = rf"(?P<tail>,? (?:{_ONLY}|{_JOINS}|{_LACKS}|{_ENTERS}) {players}(?! (?:at all|anywhere|throughout)\b))?"
    word, joint = "[a-z'-]++", rf"(?:,? (?:{joins}) |, | )"

    def words(most: int, joint: str = " ") -> str:
        return rf"\b(?P<words>{word}(?:{joint}{word}){{0,{most - 1}}}?)"

    needs = re.compile(rf"\b(?:{either(prompt_table()['places'])}|{ordinals})\b")
    return tuple(
        Rule("place", re.compile(pattern), _place, needs=needs)
        for pattern in (
            rf"\b(?:(?:{articles}) )?{words(_MOST_WORDS, joint)} {place_in_key}{tail}",
            rf"{words(_MOST_WORDS)} {place}{tail}",
            rf"\b(?P<article>{articles}) {words(_MOST_WORDS, joint)} {place}{tail}",
            rf"{words(_MOST_NOTED)} (?:{prepositions}) {article}{place}{tail}",
            rf"\b{article}{named}(?:,? (?:{verbs})|:)* (?P<after>{word}(?: {word}){{0,{_MOST_WORDS - 1}}}){tail}",
            rf"(?<=bars of )(?:[a-z-]+ ){{1,3}}(?:{prepositions}) {article}{place}{tail}",
            rf"\b{article}{place}{tail}",
        )
    )


def _place(match: re.Match[str]) -> Beginning | None:
    """The place and its qualities; `None` where a word is none, or where other rules say the same."""
    found = match.groupdict()
    name = named_place(found["name"], "", match.string) if found.get("key") else _name(match)
    text, end = found.get("words") or found.get("after") or "", match.end()
    qualities = _qualities(text) if text else ()
    if qualities is None and found.get("article"):
        qualities = _qualities(text, with_unknown=True)  # "a slow, songlike trio"
    while qualities is None and found.get("after") and " " in text:
        text = text.rpartition(" ")[0]  # "the last fast and virtuosic in all keys"
        qualities, end = _qualities(text), match.start("after") + len(text)
    if not name or qualities is None:
        return None
    tail = (found.get("tail") or "") if end == match.end() else ""
    players = tuple(_single(player_name(one)) for one in re.findall(PLAYER, tail))
    is_of_theme = (found["name"] or "").endswith(("theme", "subject", "development"))
    if is_of_theme or (name in _OF_MOODS and not found.get("nth")):  # "a calm middle"
        soft = prompt_table()["section_levels"]["soft"]
        qualities = tuple(("mood", _mood(word)) if word in soft and _mood(word) else (kind, word) for kind, word in qualities)
    kinds = {kind for kind, _ in qualities} - {_UNKNOWN}
    if "mode" in kinds and (name in ("end", "outro") or not re.search(_IN_MODE, match[0])):
        return None  # "the middle section in E minor"; "ending in major" is about the last chord
    manner = next(way for way, words in _MANNERS.items() if re.match(rf",? (?:{words}) ", tail)) if players else ""
    if manner == _JOINED and (alone := re.compile(_ALONE).match(match.string, end)):
        manner, end = "only", alone.end()
    if not players and (
        not kinds or (is_of_theme and kinds == {"mood"}) or (not found.get("nth") and _is_read_elsewhere(name, kinds))
    ):
        return None
    if not found.get("words") and re.search(_COUNTED_BARS, match.string[: match.start()]):
        name = "outro" if name == "end" else name
    elif not kinds and (manner == "+" or name in ("start", "end", "intro", "solo")):
        return None  # "an introduction for harp"
    said = [(manner, " and ".join(players))] if players else []
    if found.get("key"):
        said.append(("key", key_of(found["letter"], found["sign"], found["mode"] or "major")))
    return Beginning((name, (*qualities, *said)), end)


def _single(name: str) -> str:
    """The name of a player in the singular where the plural is none."""
    return name if " and " in name or lexicon().senses.get(phrase_of(name)) else name.removesuffix("s")


def _is_read_elsewhere(name: str, kinds: set[str]) -> bool:
    """Whether moods or one loudness of the start, the middle or the end are all that is said."""
    return (kinds == {"mood"} and name in _OF_MOODS) or ((name, *kinds) in _OF_LOUDNESS)


def _name(match: re.Match[str]) -> str:
    """The name of a place in settings of sections; empty where a word names none."""
    found: Mapping[str, str | None] = match.groupdict()
    nth = found.get("nth")
    if nth:
        if not re.search(_VARIATIONS, match.string):
            return ""
        return "end" if nth in LAST else "A" + "'" * int(prompt_table()["variations"]["ordinals"][nth])
    return named_place(found["name"] or "", found.get("count") or "", match.string)


def named_place(named: str, counted: str, text: str) -> str:
    """The name in settings of sections of a place that a prompt calls `named`; empty where it names none in that text.

    >>> named_place("refrain", "last", "last refrain"), named_place("trio", "", "a trio for strings")
    ('last chorus', '')
    """
    named = re.sub("[ -]+", " ", named)
    table: Mapping[str, str] = prompt_table()["places"]
    name = table.get(named) or table[named.replace(" ", "-")]
    if named == "development" and "sonata" in text:
        return "c"
    if name == "trio" and not _has_trio(text):
        return ""
    count = COUNTED.get(counted, "")
    return f"{count} {name}" if count and name in _SEVERAL else "" if count else name


def _has_trio(text: str) -> bool:
    """Whether a trio is the middle section of a piece, not three players."""
    is_named = re.search(r"\b(?:the|le|das|il|el) trio\b|\b(?:with|avec|mit|con) (?:an?|un|einem) trio (?:in|en)\b", text)
    return bool(is_named or set(re.findall("[a-z]+", text)) & set(prompt_table()["sections"]["with_trio"]))


def _qualities(text: str, with_unknown: bool = False) -> tuple[Quality, ...] | None:
    """The qualities that words name, in order; `None` if a word names none.

    With `with_unknown`, words that the lexicon does not know are kept as unknown qualities beside known ones.

    >>> _qualities("very loud and stormy"), _qualities("slow"), _qualities("second")
    ((('loud', 'loud'), ('mood', 'agitated')), (('tempo', 'slow'),), None)
    """
    joins = {*prompt_table()["place_levels"]["joins"]}
    skipped = {*joins, *_words_of(prompt_table()["place_levels"]["between"])}
    words = re.findall(r"[a-z'-]+", re.sub(_BEFORE_KEY, "", text))
    found: list[Quality] = []
    place = 0
    while place < len(words):
        for length in range(min(_LONGEST, len(words) - place), 0, -1):
            quality = _quality(" ".join(words[place : place + length]))
            if quality:
                break
        if quality:
            found.append(quality)
        elif with_unknown and 0 < len(found) < len(words) and not lexicon().senses.get((words[place],)):
            found.append((_UNKNOWN, words[place]))
        elif words[place] not in skipped or place + 1 == len(words) or (place == 0 and words[place] in joins):
            return None
        place += length if quality else 1
    return tuple(dict.fromkeys(found)) or None


def _words_of(phrases: Sequence[str]) -> set[str]:
    return {word for phrase in phrases for word in phrase.split()}


def _quality(phrase: str) -> Quality | None:
    """The quality that a phrase names."""
    table = prompt_table()
    if phrase in (levels := _levels()):
        return levels[phrase], phrase
    phrase = _in_english().get(phrase, phrase)
    if phrase in _RELATIONS:
        return "key", phrase.split()[0]
    if steps := _lifts().get(phrase):
        return "key", f"+{steps}"
    if compared := next((way for way in ("faster", "slower") if phrase in table["late_tempi"][way]), ""):
        return "tempo", compared
    if phrase in table["speeds"] or phrase in table["tempi"]:
        return "tempo", phrase
    if mode := next((mode for mode in ("minor", "major") if phrase in table["variations"][mode]), ""):
        return "mode", mode
    if tag := _mood(phrase):
        return "mood", tag
    return None


@cache
def _levels() -> Mapping[str, str]:
    """Words for the level of loudness or texture of a place, to the level."""
    tables = prompt_table()["section_levels"], prompt_table()["place_levels"]
    return {word: level for level in LEVELS for table in tables for word in table[level]}


@cache
def _lifts() -> Mapping[str, int]:
    """Phrases for a key that is higher, to its semitones: "a whole step higher", "up a tone"."""
    steps: Mapping[str, int] = prompt_table()["key_steps"]
    found = {form.format(step): count for step, count in steps.items() for form in _HIGHER}
    return found | HIGHER


@cache
def _in_english() -> Mapping[str, str]:
    """Words of other languages for tempi, to the English ones that have a value."""
    speeds = prompt_table()["speeds"]
    return {" ".join(phrase_of(text)): english for text, english in spaced_words().items() if english in speeds}


def _mood(phrase: str) -> str:
    """The mood that a phrase or its comparative, "darker", names; empty if it names none."""
    words = phrase_of(phrase)
    stems = [words, *([(word,) for word in (phrase[:-2], phrase[:-1], f"{phrase[:-3]}y")] if phrase.endswith("er") else [])]
    for stem in stems:
        senses = lexicon().senses.get(stem, ())
        if senses and {sense.kind for sense in senses} == {"mood"}:
            return str(senses[0].value[0])
    is_unknown = len(words) == 1 and words not in lexicon().senses
    return (mood_of_character_word(words[0]) or "") if is_unknown else ""
