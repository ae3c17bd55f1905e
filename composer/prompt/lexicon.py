"""The lexicon: every phrase with a meaning in prompts, from the presets and from presets/prompt.toml.

A phrase is a tuple of words without case and accents; it may have several senses, such as "string quartet", which
is a style and an ensemble. Other words are tried without their endings ("Mozartian", "violins", "sadly"), with their spelling
corrected, and as character words of scores (presets/mood_words.toml).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain, product
from typing import Any, NamedTuple

from composer.controls import MAX_PARTS
from composer.presets import (
    composers,
    ensembles,
    features,
    forms,
    instruments,
    mood_words,
    moods,
    nearest,
    nearest_mood,
    styles,
)
from composer.prompt.languages import spaced_words
from composer.prompt.prompt_text import read_text


@cache
def prompt_table() -> Mapping[str, Any]:
    """The tables of presets/prompt.toml by name: phrases that are not in other preset files; read once."""
    return tomllib.loads(files("composer.presets").joinpath("prompt.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=4096)
def phrase_of(text: str) -> tuple[str, ...]:
    """The words of a phrase as they are compared with those of prompts.

    >>> phrase_of("Œuvre: l'Étude (No. 8-bit)")
    ('oeuvre', "l'etude", 'no', '8', 'bit')
    """
    return tuple(word.folded for word in read_text(text).words)


def either(texts: Iterable[str]) -> str:
    """A regular expression for any of the texts, the longest first; a space matches spaces or a hyphen."""
    return "|".join(re.escape(text).replace(r"\ ", "[ -]+") for text in sorted(texts, key=len, reverse=True))


Phrase = tuple[str, ...]

_ENDINGS = ("'s", "s", "es", "y", "ish", "esque", "ian", "ean", "ly", "ily", "ness", "like")
_INFLECTIONS = ("ing", "ed")  # verbs: too many are a letter away from an adjective
_SHORTEST_STEM = 3
WITHIN = "… "  # before a phrase that counts only within a longer one
_VOICES = {"s": "soprano", "a": "alto", "t": "tenor", "b": "bass-voice"}
_FEWEST_VOICES = 5  # smaller choirs are ensembles
_SHORTEST_TO_MEND = 5
_PAIR = 2  # words
_VOWELS = frozenset("aeiou")
_SHORTEST_TO_SUBSTITUTE = 7
_SHORTEST_BY_SOUND = 3
_BY_SOUND = ("style", "instrument", "ensemble", "use")  # kinds of words that are found by how they sound


_NEGATED = ("drums", "bass")  # players whom a negation of their name leaves out
_BESIDE_TABLE = ("composer", "ensemble", "instrument", "band feature")  # senses that the table's do not replace


class Sense(NamedTuple):
    """One meaning of a phrase: its kind and a value, whose type depends on the kind (see `_entries`)."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All phrases.

    Attributes:
        senses: phrase to its senses.
        longest: number of words of the longest phrase.
        misspelled: word without one letter, to the English words and terms that it may be.
    """

    senses: Mapping[Phrase, tuple[Sense, ...]]
    longest: int
    misspelled: Mapping[str, tuple[str, ...]]


@cache
def lexicon() -> Lexicon:
    """The lexicon; read once.

    >>> [sense.kind for sense in lexicon().senses["string", "quartet"]]
    ['style', 'ensemble']
    """
    senses: dict[Phrase, dict[str, Any]] = {}
    for phrase, sense in _entries():
        senses.setdefault(phrase, {}).setdefault(sense.kind, sense.value)
    for kind, phrases in prompt_table()["prefer"].items():
        for text in phrases:
            senses[phrase_of(text)] = {kind: senses[phrase_of(text)][kind]}
    for text in prompt_table()["weak"]["styles"]:
        kinds = senses[phrase_of(text)]
        kinds["hint"] = kinds.pop("style")
    misspelled = _misspellings(phrase[0] for phrase, kinds in senses.items() if len(phrase) == 1 and "filler" not in kinds)
    for text, english in spaced_words().items():
        phrase = phrase_of(text)
        if "instrument" not in senses.get((phrase[0].removesuffix("s"),), {}) or not phrase[0].endswith("s"):  # else a plural
            senses.setdefault(phrase, dict(senses.get(phrase_of(english), {})))
    return Lexicon(
        {phrase: tuple(Sense(*item) for item in kinds.items()) for phrase, kinds in senses.items()},
        max(map(len, senses)),
        misspelled,
    )


def _entries() -> Iterator[tuple[Phrase, Sense]]:
    """Every phrase with each of its senses; of two entries of one phrase and kind the earlier counts."""
    specified = set()
    for phrase, sense in _table_entries():
        specified.add(phrase)
        yield phrase, sense
    named = set(specified)
    dropped = {phrase_of(text) for text in prompt_table()["weak"]["dropped"]}
    for phrase, sense in _preset_entries():
        if phrase not in dropped and (phrase not in specified or sense.kind in _BESIDE_TABLE):
            named.add(phrase)
            yield phrase, sense
    for text in chain.from_iterable(prompt_table()["impossible"].values()):
        if not text.startswith(WITHIN) and (phrase := phrase_of(text)) not in named:
            yield phrase, Sense("beyond", None)


def _table_entries() -> Iterator[tuple[Phrase, Sense]]:
    words = prompt_table()
    singular = {"uses": "use", "moods": "mood", "styles": "style", "ensembles": "ensemble", "instruments": "instrument"} | {
        "forms": "form", "tempi": "tempo", "speeds": "speed", "lengths": "length", "degrees": "degree", "shares": "share",
        "meters": "meter", "densities": "density",
    }  # fmt: skip
    for table, kind in singular.items():
        for text, value in words[table].items():
            yield phrase_of(text), Sense(kind, tuple(value) if isinstance(value, list) else value)
    for tag, scenes in words["scenes"].items():
        for text in scenes.split(","):
            yield phrase_of(text), Sense("use", {"mood": [tag]})
    for option, phrases in words["options"].items():
        for text, value in phrases.items():
            yield phrase_of(text), Sense(option, value)
    for mode, texts in words["modes"].items():
        for text in texts:
            yield (text,), Sense("mode", mode)
    lists = {
        "negation": words["negations"]["words"],
        "correction": words["corrections"]["words"],
    } | {f"cue {side}": words["cues"][side] for side in ("before", "after")}
    for kind, texts in lists.items():
        for text in texts:
            yield phrase_of(text), Sense(kind, None)
    for table in ("genres", "artists"):
        for text, row in nearest()[table].items():
            yield phrase_of(text), Sense("use", {**row, "table": table})
    for text, name in nearest()["instruments"].items():
        yield phrase_of(text), Sense("instrument", (name,))
    for text, names in words["features"].items():
        yield phrase_of(text), Sense("instrument", tuple(names))
        yield phrase_of(text), Sense("feature", None)
    for kind, table in (("arc", "arcs"), ("course", "tempo_courses")):
        for value, phrases in words[table].items():
            for text in phrases:
                yield phrase_of(text), Sense(kind, value)
    for text in words["events"]["words"]:
        yield phrase_of(text), Sense("event", text)
    for text in words["fillers"].split():
        yield (text,), Sense("filler", None)
    for text, number in words["numbers"].items():
        yield (text,), Sense("number", float(number))


def _preset_entries() -> Iterator[tuple[Phrase, Sense]]:
    """Names, titles and aliases of the presets: moods and styles by name, an instrument as a tuple of one."""
    for mood in moods().values():
        for text in (mood.name, *mood.aliases):
            yield phrase_of(text), Sense("mood", (mood.name,))
    for kind, table in (("style", styles()), ("composer", composers()), ("ensemble", ensembles()), ("form", forms())):
        for name, row in table.items():
            for text in (name, row.title, *row.aliases):
                yield phrase_of(text), Sense(kind, name)
    for form in forms().values():
        yield (*phrase_of(form.name), "form"), Sense("form", form.name)
    for feature in features().values():
        for text in (feature.name, feature.title, *feature.aliases):
            if feature.leaves_out not in _NEGATED:
                yield phrase_of(text), Sense("band feature", feature.name)
            elif phrase_of(text)[-1] != feature.leaves_out:  # "no drums" is read as a negation
                yield phrase_of(text), Sense("drumless", None)
    yield from _instrument_entries()
    for counts in product(range(1, 4), range(3), range(3), range(3)):
        if _FEWEST_VOICES <= sum(counts) <= MAX_PARTS:  # "SSATBB"
            names = [name for name, count in zip(_VOICES.values(), counts, strict=True) for _ in range(count)]
            letters = "".join(letter * count for letter, count in zip(_VOICES, counts, strict=True))
            yield (letters,), Sense("instrument", tuple(names))


def _instrument_entries() -> Iterator[tuple[Phrase, Sense]]:
    """Instruments by name, and several of one: "marimba quartet"."""
    groups = prompt_table()["groups"]
    sizes = {word: count for word, count in groups.items() if isinstance(count, int)}
    singles = {text: name for text, name in nearest()["instruments"].items() if text in groups["instruments"]}
    for instrument in instruments().values():
        for text in (instrument.name, instrument.title, *instrument.aliases):
            yield phrase_of(text), Sense("instrument", (instrument.name,))
            singles.setdefault(text, instrument.name)
    for text in groups["instruments"]:
        for word, count in sizes.items():
            if text in singles:
                yield (*phrase_of(text), word), Sense("instrument", (singles[text],) * count)


def _misspellings(words: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Every word of some length, whole and without one letter, to the words that it comes from."""
    table: dict[str, list[str]] = {}
    for word in words:
        if len(word) >= _SHORTEST_TO_MEND:
            for variant in {word, *_without_letter(word)}:
                table.setdefault(variant, []).append(word)
    return {variant: tuple(sorted(set(sources))) for variant, sources in table.items()}


def _without_letter(word: str) -> set[str]:
    return {word[:index] + word[index + 1 :] for index in range(1, len(word))}  # the first letter is rarely wrong


def known_form(word: str) -> tuple[str, str] | None:
    """The word of the lexicon that an unknown word comes from, and how: "ending" or "spelling".

    Endings first; then one letter too many, too few or swapped with its neighbor (by the index of deletions of SymSpell, Garbe
    2012); one letter replaced only in long words, since short ones have too many neighbors.

    >>> known_form("mozartian"), known_form("melancolic"), known_form("xylem")
    (('mozart', 'ending'), ('melancholic', 'spelling'), None)
    """
    if word in _everyday():
        return None
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        for candidate in (stem, stem + "y") if ending == "ily" else (stem, stem + "e"):
            if stem != word and len(stem) >= _SHORTEST_STEM and (candidate,) in lexicon().senses:
                return candidate, "ending"
    if sound := by_sound(word):
        return sound, "spelling"
    if len(word) < _SHORTEST_TO_MEND or word.endswith(_INFLECTIONS):
        return None
    found: list[str] = []
    for variant in sorted({word, *_without_letter(word)}):
        for source in lexicon().misspelled.get(variant, ()):
            slip = len(source) != len(word) or sorted(source) == sorted(word) or len(word) >= _SHORTEST_TO_SUBSTITUTE
            slip = slip or _is_vowel_slip(source, word)
            if slip and abs(len(source) - len(word)) <= 1 and _is_close(source, word):
                found.append(source)
    return (min(found), "spelling") if found else None


def _is_vowel_slip(source: str, word: str) -> bool:
    """Whether a word is a common instrument with another vowel: "pieno", "vialin"."""
    changed = [pair for pair in zip(source, word, strict=False) if pair[0] != pair[1]]
    is_vowel = len(source) == len(word) and len(changed) == 1 and set(changed[0]) <= _VOWELS
    return is_vowel and source in prompt_table()["vowel_slips"]["words"]


@cache
def _sounds() -> Mapping[str, str]:
    """How genres and instruments of one word sound, to the word; without those that sound like an everyday word."""
    found: dict[str, str] = {}
    for phrase, senses in lexicon().senses.items():
        word = phrase[0]
        is_musical = any(sense.kind in _BY_SOUND and _is_named(sense) for sense in senses)
        if len(phrase) == 1 and word.isascii() and len(word) >= _SHORTEST_BY_SOUND and is_musical:
            found.setdefault(_sound_of(word), word)
    return found


def by_sound(word: str) -> str | None:
    """The genre or instrument that an unknown word sounds like, or `None`.

    >>> by_sound("rok"), by_sound("gitar"), by_sound("walls")
    ('rock', 'guitar', None)
    """
    is_known = word in _everyday() or word in words_of_phrases()
    return None if is_known else _sounds().get(_sound_of(word))


@cache
def _beginnings() -> Mapping[str, frozenset[str]]:
    """The last word of each phrase of two words for a player or genre, to the first words."""
    found: dict[str, set[str]] = {}
    for phrase, senses in lexicon().senses.items():
        if len(phrase) == _PAIR and any(sense.kind in _BY_SOUND or sense.kind == "band feature" for sense in senses):
            found.setdefault(phrase[1], set()).add(phrase[0])
    return {last: frozenset(words) for last, words in found.items()}


def completed(word: str, following: str) -> str | None:
    """The first word of a phrase of two whose misspelling an unknown word is, or `None`.

    >>> completed("walkng", "bass"), completed("talking", "bass"), completed("electirc", "guitar")
    ('walking', None, 'electric')
    """
    if len(word) < _SHORTEST_TO_MEND or (word,) in lexicon().senses or word in _everyday() or word in words_of_phrases():
        return None
    slips = [first for first in _beginnings().get(following, ()) if len(first) >= _SHORTEST_TO_MEND and _is_close(first, word)]
    kept = [first for first in slips if len(first) != len(word) or sorted(first) == sorted(word)]
    return min(kept, default=None)


def _is_named(sense: Sense) -> bool:
    return sense.kind != "use" or sense.value.get("table") == "genres"


def _sound_of(word: str) -> str:
    """A spelling of how a word sounds: double letters are one, c is k, ph is f, y is i.

    >>> [_sound_of(word) for word in ("rok", "rock", "drumms", "elektric", "saxofone", "gitar")]
    ['rok', 'rok', 'drums', 'elektrik', 'saksofone', 'gitar']
    """
    for pattern, letters in _SPELLINGS:
        word = pattern.sub(letters, word)
    return word


@cache
def composites() -> Mapping[str, tuple[str, ...]]:
    """Words that stand for others: musicians, also several, for their instruments, and compounds, "rocksong" is "rock song".

    Of other languages these are words whose English ones are numbers, plurals or several entries.
    """
    known = lexicon().senses
    found = {
        f"{musician}{ending}": phrase_of(instrument)
        for musician, instrument in prompt_table()["musicians"].items()
        for ending in ("", "s")
    }
    for text, english in spaced_words().items():
        phrase, words = phrase_of(text), phrase_of(english)
        is_new = not (known.get(phrase) or known.get(words))
        if len(phrase) == 1 and (is_new or english in prompt_table()["numbers"]):
            found[phrase[0]] = words
    return found


_SPELLINGS = tuple(
    (re.compile(pattern), letters)
    for pattern, letters in (
        ("ph", "f"), ("qu|ck|q|c(?![ehiy])", "k"), ("x", "ks"), ("gu(?=[ei])", "g"), ("y", "i"),
        (r"([^aeiou])\1+", r"\1"),
    )
)  # fmt: skip
_LINKS = ("", "s", "n", "en", "e")  # between the parts of a German compound
_SHORTEST_PART = 4
_IN_COMPOUNDS = ("mood", "use", "style", "hint", "composer", "ensemble", "instrument", "form", "tempo", "speed", "filler")


def parts_of_compound(word: str) -> tuple[str, str] | None:
    """The two known words that an unknown one is composed of, or `None`.

    >>> parts_of_compound("cellosolo"), parts_of_compound("walzermusik"), parts_of_compound("timeless")
    (('cello', 'solo'), ('walzer', 'musik'), None)
    """
    if word in _everyday() or word in words_of_phrases():
        return None
    for end in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        first, last = word[:end], word[end:]
        for link in _LINKS:
            stem = first.removesuffix(link)
            kinds = [{sense.kind for sense in lexicon().senses.get((part,), ())} for part in (stem, last)]
            fits = len(stem) >= _SHORTEST_PART and all(each and each <= {*_IN_COMPOUNDS} for each in kinds)
            if kinds == [{"use"}, {"style"}]:
                continue  # a dollhouse is not house music
            if fits and (not link or stem != first) and kinds != [{"filler"}, {"filler"}]:
                return stem, last
    return None


@cache
def words_of_phrases() -> frozenset[str]:
    """Every word of every phrase, so that a name such as "Amy Winehouse" is left whole."""
    return frozenset(word for phrase in lexicon().senses for word in phrase)


def _is_close(one: str, other: str) -> bool:
    """Whether two words differ by one letter added, left out or replaced, or by two adjacent letters swapped."""
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, other_rest = one[start:], other[start:]
    swapped = rest[:2][::-1] == other_rest[:2] and rest[2:] == other_rest[2:]
    return swapped or rest[1:] == other_rest or rest == other_rest[1:] or rest[1:] == other_rest[1:]


def is_everyday(word: str) -> bool:
    """Whether a word looks like a misspelled word of the lexicon but is an everyday word: "sting", not swing."""
    return word in _everyday()


@cache
def _everyday() -> frozenset[str]:
    """Words that look like misspelled or inflected words of the lexicon but are not."""
    return frozenset(prompt_table()["everyday"].split())


@cache
def _stems() -> tuple[tuple[str, tuple[float, float]], ...]:
    """Beginnings of character words, the longest first."""
    return tuple(sorted(mood_words().items(), key=lambda item: -len(item[0])))


def mood_of_character_word(word: str) -> str | None:
    """The mood tag nearest to a character word of scores on the affective plane, or `None`.

    >>> mood_of_character_word("dolente"), mood_of_character_word("leidenschaftlich"), mood_of_character_word("violin")
    ('sad', 'passionate', None)
    """
    if word in _everyday():
        return None
    for stem, (valence, arousal) in _stems():
        if word.startswith(stem.removesuffix("*")) if stem.endswith("*") else word == stem:
            return nearest_mood(valence, arousal).name
    return None


def word_of_tempo(phrase: str) -> str:
    """The longest word for a tempo in a phrase, as the tables of tempi have it; empty without one.

    >>> word_of_tempo("quite Allegro"), word_of_tempo("sad")
    ('allegro', '')
    """
    words = sorted({**prompt_table()["speeds"], **prompt_table()["tempi"]}, key=len, reverse=True)
    return next((word for word in words if word in phrase.lower()), "")
