"""A prompt cut into segments: the longest phrase or figure at each place, each with its senses.

Knows phrases, not how segments modify each other ("very", "without"): see `composer.prompt.reading`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from composer.prompt.figures import rules
from composer.prompt.figures.patterns import Beginning, Rule
from composer.prompt.lexicon import (
    Sense,
    by_sound,
    completed,
    composites,
    either,
    known_form,
    lexicon,
    mood_of_character_word,
    parts_of_compound,
    prompt_table,
)
from composer.prompt.prompt_text import Text, prepared

_ELISION = re.compile("^(?:[cdjlmnst]|qu|un|all|dell|nell)'")  # "d'amour"
PLURAL = "plural"  # the note of a segment of several players
UNKNOWN = Sense("unknown", None)
_JOINTS = ("and", "et", "y", "e", "und", "&", "mit", "with", "avec", "con", "com")
_SAX = "-sax"
_FAMILIES_OF_GROUPS = {_SAX: "saxophone", "drums": "percussion"}  # whose groups have several kinds of instruments
_EXACT = ("negation", "correction", "cue before", "cue after")  # "hats" is not a form of "hate"
_MOST_UNKNOWN_WORDS = 40  # further unknown words are not looked up, to bound the time


@dataclass(frozen=True, slots=True)
class Segment:
    """Words `first` to `last` (exclusive) of a prompt and their possible senses; `note` says how they were guessed."""

    first: int
    last: int
    senses: tuple[Sense, ...]
    note: str = ""

    def value(self, kind: str) -> object:
        """The value of the sense of that kind, or `None`."""
        return next((sense.value for sense in self.senses if sense.kind == kind), None)

    def is_a(self, *kinds: str) -> bool:
        """Whether one of the senses is of one of these kinds."""
        return not {sense.kind for sense in self.senses}.isdisjoint(kinds)


def without_compounds(text: Text) -> Text:
    """The prompt with unknown compounds as two words, and words of other languages that two English ones translate as these.

    >>> from composer.prompt.prompt_text import read_text
    >>> without_compounds(read_text("trauriges Cellosolo")).raw
    'trauriges cello solo'
    >>> without_compounds(read_text("ein Rocksong")).raw
    'ein rock song'
    """
    found = [(word, parts) for place, word in enumerate(text.words) if (parts := _parts_at(text, place))]
    raw = text.raw
    for word, parts in reversed(found):
        raw = f"{raw[: word.start]}{' '.join(parts)}{raw[word.end :]}"
    return prepared(raw) if found else text


def _parts_at(text: Text, place: int) -> tuple[str, ...] | None:
    """What a word stands for: an English phrase, the parts of a compound, or a misspelled word of a phrase, "jaz quartet"."""
    word = text.words[place].folded
    if word.endswith("full") and lexicon().senses.get((word[:-1],)):
        return (word[:-1],)  # "hopefull"
    if parts := composites().get(word) or parts_of_compound(word):
        return parts
    if place + 1 < len(text.words) and (first := completed(word, text.words[place + 1].folded)):
        return (first,)
    sound = by_sound(word)
    if not sound:
        return None
    around = [each.folded for each in text.words[max(place - 1, 0) : place + 2]]
    pairs = pairwise([sound if each == word else each for each in around])
    return (sound,) if any(lexicon().senses.get(pair) for pair in pairs) else None


def segments_of(text: Text) -> Iterator[Segment]:
    """The segments of a prompt from left to right; each word is in exactly one.

    >>> from composer.prompt.prompt_text import read_text
    >>> [segment.senses[0].kind for segment in segments_of(read_text("a sad waltz, 32 bars"))]
    ['filler', 'mood', 'style', 'bars']
    """
    place = unknown = 0
    possible = _rules_in(text)
    previous = None
    while place < len(text.words):
        found = (_figure_at(text, place, possible), _yielding(text, _phrase_at(text, place)), _group_at(text, place))
        segment = max(found, key=lambda one: (one.last, one.senses != (UNKNOWN,)))
        if previous and previous.is_a("negation") and (listed := _words_before_comma(text, segment)):
            segment = _phrase_at(text, place, listed)
        if previous and _goes_on(text, previous, segment):
            segment = _phrase_at(text, place, 1)
        named = previous is not None and previous.is_a("solo place") and text.words[segment.last - 1].folded == "solo"
        if (
            _ends_list(text, segment)
            or _is_timed_hit(text, segment)
            or _is_solo_at_place(text, segment)
            or (named and segment.last > segment.first + 1)
        ):
            segment = _phrase_at(text, place, segment.last - segment.first - 1)
        elif not (previous and previous.is_a("instrument", "ensemble")):
            segment = _multiplied(text, segment)
        if segment.senses == (UNKNOWN,) and unknown < _MOST_UNKNOWN_WORDS:
            segment = _guess(text, place)
            unknown += segment.senses == (UNKNOWN,)
        yield segment
        previous = segment
        place = segment.last


def _words_before_comma(text: Text, segment: Segment) -> int:
    """How many words of a phrase of players precede its first comma, 0 without one: "no piano, bass and drums"."""
    places = (place for place in range(segment.first + 1, segment.last) if "," in text.gap(place))
    return next(places, segment.first) - segment.first if segment.is_a("instrument", "ensemble") else 0


def _goes_on(text: Text, previous: Segment, segment: Segment) -> bool:
    """Whether "bass drums" goes on a list without commas, "guitar bass drums", and is two players."""
    words = [word.folded for word in text.words[segment.first : segment.last]]
    listed = previous.is_a("instrument", "ensemble") and not text.gap(segment.first).strip()
    following = text.words[segment.last].folded if segment.last < len(text.words) else ""
    return words == ["bass", "drums"] and (listed or following == "and")


def _ends_list(text: Text, segment: Segment) -> bool:
    """Whether "duo" is the size of a list, and not two of its last: "guitar and cello duo"."""
    words = [word.folded for word in text.words[max(segment.first - 2, 0) : segment.last]]
    is_pair = words[-1] in ("duo", "duet") and segment.is_a("instrument") and segment.last > segment.first + 1
    before = lexicon().senses.get((words[0],), ())
    return is_pair and words[1:2] == ["and"] and any(sense.kind in ("instrument", "ensemble") for sense in before)


def _is_timed_hit(text: Text, segment: Segment) -> bool:
    """Whether "brass hits" are hits at times, and not how the brass plays: "brass hits at 0:04 and 0:08"."""
    words = text.words[segment.first : segment.last]
    is_hit = len(words) > 1 and words[-1].folded in ("hit", "hits", "stab", "stabs") and segment.is_a("instrument", "ensemble")
    return is_hit and bool(re.match(r" (?:at|on) [0-9]", text.plain[words[-1].end :]))


def _is_solo_at_place(text: Text, segment: Segment) -> bool:
    """Whether a phrase such as "piano solo" is a solo at a place of the piece, and not all who play."""
    words = text.words[segment.first : segment.last]
    is_solo = len(words) > 1 and words[-1].folded == "solo" and segment.is_a("instrument", "ensemble")
    return is_solo and bool(places_of_solos().match(text.plain, words[-1].end))


@cache
def _sizes() -> Mapping[str, int]:
    """The number of players of groups, "duet" and "Duett"."""
    groups = prompt_table()["groups"]
    sizes = {word: count for word, count in groups.items() if isinstance(count, int)}
    return sizes | {word: sizes[english] for word, english in groups["abroad"].items()}


@cache
def places_of_solos() -> re.Pattern[str]:
    """What places a solo in a piece: "near the end", "in the second chorus", "at one minute", "from bar 17 on"."""
    table = prompt_table()["sections"]
    ordinals, names = either([*table["ordinals"], *table["solo_places"]]), either(table["words"])
    before = either(table["solo_prepositions"])
    units = either([*prompt_table()["seconds"], *prompt_table()["bars"]["units"]])
    figures = rf"(?:[a-z]+|[0-9]+) ?(?:{units})\b|[0-9]+:[0-9]+|(?:{units}) [0-9]"
    return re.compile(rf" (?:{before}) (?:(?:the|a|an|very|about|its) )*(?:(?:{ordinals}|{names})\b|{figures})")


def _multiplied(text: Text, segment: Segment) -> Segment:
    """An instrument with the size of its group, "fiddle duet", "a duet on trumpet", not "violin and cello duet"."""
    sizes = _sizes()
    names = segment.value("instrument")
    word = text.words[segment.last].folded if segment.last < len(text.words) else ""
    before = text.words[segment.first - 1].folded if segment.first else ""
    if not isinstance(names, tuple) or len(names) != 1 or segment.is_a("feature"):
        return segment
    on = _size_on().search(text.plain[: text.words[segment.first].start])
    if on and word not in ("and", "&", "with") and (not word or "," not in text.gap(segment.last)):
        return replace(segment, senses=(Sense("instrument", names * sizes[on[1]]),))
    if word not in sizes or text.gap(segment.last).strip() or before in ("and", "&", "with"):
        return segment
    return Segment(segment.first, segment.last + 1, (Sense("instrument", names * sizes[word]),))


@cache
def _size_on() -> re.Pattern[str]:
    """The size of a group before its only instrument: "duet [for beginners] on the"."""
    number = rf"(?:{either(prompt_table()['numbers'])}|[0-9]+)"
    return re.compile(rf"\b({either(_sizes())})(?: for (?!{number}\b)[a-z]+)? on (?:the )?$")


def _group_at(text: Text, place: int) -> Segment:
    """Several of one instrument, "cuarteto de guitarras", "quartet of flutes"; if there are none, an unknown word."""
    nothing = Segment(place, place + 1, (UNKNOWN,))
    size = _sizes().get(text.words[place].folded)
    links = [word.folded for word in text.words[place + 1 : place + 2]]
    first = place + 1 + (links in (["de"], ["di"], ["of"]))
    if not size or not (first > place + 1 or any(word.startswith("d'") for word in links)) or first >= len(text.words):
        return nothing
    player = _phrase_at(text, first)
    names = (player if player.senses != (UNKNOWN,) else _guess(text, first)).value("instrument")
    if not isinstance(names, tuple) or (len(set(names)) > 1 and not names[0].endswith(_SAX)):
        return nothing
    last = max(player.last, first + 1)
    following = [word.folded for word in text.words[last : last + 1]]
    others = lexicon().senses.get(tuple(following), ()) if following and "," in text.gap(last) else ()
    goes_on = bool(set(following) & set(_JOINTS)) and not text.words[last - 1].folded.endswith(("s", "i"))
    if goes_on or any(sense.kind == "instrument" for sense in others):
        return nothing  # "duet of flute and clarinet"
    english = next(word for word, count in prompt_table()["groups"].items() if count == size)
    family = next((word for suffix, word in _FAMILIES_OF_GROUPS.items() if names[0].endswith(suffix)), "")
    senses = lexicon().senses.get((family, english), (Sense("instrument", names[:1] * size),))
    return Segment(place, last, senses)


def _rules_in(text: Text) -> list[Rule]:
    """The rules that match anywhere in a prompt, so that the others are not tried at each word."""
    lacking = {needs for needs in {rule.needs for rule in rules() if rule.needs} if not needs.search(text.plain)}
    tried = [rule for rule in rules() if rule.needs not in lacking]
    return [rule for rule in tried if rule.pattern.search(text.raw if rule.in_raw else text.plain)]


def _figure_at(text: Text, place: int, possible: Sequence[Rule]) -> Segment:
    """The longest match of a grammar rule; of equals, the first rule's. If there is none, an unknown word."""
    best = Segment(place, place + 1, (UNKNOWN,))
    reach = 0
    for rule in possible:
        match = rule.pattern.match(text.raw if rule.in_raw else text.plain, text.words[place].start)
        if match and match.end() > reach and (value := rule.build(match)) is not None:
            value, end = value if isinstance(value, Beginning) else (value, match.end())
            if end > reach:
                best, reach = Segment(place, text.words_until(end), (Sense(rule.kind, value),)), end
    return best


def _phrase_at(text: Text, place: int, most: int = 0) -> Segment:
    """The longest phrase of the lexicon, of at most `most` words if given; if there is none, an unknown word."""
    words = tuple(word.folded for word in text.words[place : place + (most or lexicon().longest)])
    for length in range(len(words), 0, -1):
        phrase = words[:length]
        senses = lexicon().senses.get(phrase)
        if not senses and length > 1:  # "Hans Zimmer's"
            senses = lexicon().senses.get((*phrase[:-1], phrase[-1].removesuffix("'s")))
        if senses and _is_unbroken(text, place, place + length, senses):
            return Segment(place, place + length, senses)
        is_plural = length > 1 and phrase[-1][-1] == "s"  # the common case first: this is tried at every word
        if is_plural and (players := _players_of_plural(phrase)) and _is_unbroken(text, place, place + length, players):
            return Segment(place, place + length, players, PLURAL)
    return Segment(place, place + 1, (UNKNOWN,))


def _players_of_plural(phrase: tuple[str, ...]) -> tuple[Sense, ...]:
    """The senses of an instrument of several words in the plural: "alto saxes", "bass clarinets"."""
    if phrase[-1] in prompt_table()["sections"]["moments"]:
        return ()  # "orchestra hits"
    stems = (phrase[-1].removesuffix(ending) for ending in ("s", "es") if phrase[-1].endswith(ending))
    found = (lexicon().senses.get((*phrase[:-1], stem), ()) for stem in stems)
    return next((senses for senses in found if {sense.kind for sense in senses} == {"instrument"}), ())


def _yielding(text: Text, segment: Segment) -> Segment:
    """A phrase without its last words where these begin a longer one: "solo" before "bass clarinet", not "solo bass"."""
    for cut in range(segment.last - 1, segment.first, -1):
        first = _phrase_at(text, segment.first, cut - segment.first)
        later = _phrase_at(text, cut)
        is_longer = later.last > segment.last and later.last - cut >= segment.last - segment.first
        if first.last == cut and first.is_a("filler") and is_longer:
            return first
    return segment


def _is_unbroken(text: Text, first: int, last: int, senses: tuple[Sense, ...]) -> bool:
    """Whether no punctuation separates the words of a phrase: "slow, strings" is two, "piano, bass and drums" is one.

    Names of composers are written in all ways ("Bach, J. S.").
    """
    gaps = "".join(text.gap(index) for index in range(first + 1, last))
    if all(sense.kind == "composer" for sense in senses):
        return True
    is_list = last - first > 2 and not any(sense.kind in ("style", "feature") for sense in senses)  # not "hip hop, drums"
    return not set(".;:!?") & set(gaps) and ("," not in gaps or is_list)


def _is_in_a_name(text: Text, place: int) -> bool:
    """Whether a word and one beside it are capitalized in a prompt that is not, "like American Football"."""
    capitals = [text.raw[word.start].isupper() for word in text.words]
    beside = [i for i in (place - 1, place + 1) if 0 <= i < len(capitals) and not set(".;:!?,") & set(text.gap(max(i, place)))]
    return capitals[place] and not all(capitals) and any(capitals[i] for i in beside)


def _guess(text: Text, place: int) -> Segment:
    """An unknown word read by its stem, with its spelling corrected, or as a character word of scores."""
    word = _ELISION.sub("", text.words[place].folded)
    if senses := lexicon().senses.get((word,)):
        return Segment(place, place + 1, senses)
    known = known_form(word)
    if known and known[1] == "spelling" and word != text.words[place].folded:
        known = None  # "d'ambiance"
    if known and known[1] == "spelling" and _is_in_a_name(text, place):
        known = None
    if known and any(sense.kind in _EXACT for sense in lexicon().senses[known[0],]):
        known = None
    if known and known[1] == "ending":
        return Segment(place, place + 1, lexicon().senses[known[0],], PLURAL if word == known[0] + "s" else "")
    if known:
        return Segment(place, place + 1, lexicon().senses[known[0],], f"read as {known[0]}")
    tag = mood_of_character_word(word)
    if tag:
        return Segment(place, place + 1, (Sense("mood", (tag,)),))
    return Segment(place, place + 1, (UNKNOWN,))
