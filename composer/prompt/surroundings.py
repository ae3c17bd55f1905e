"""What is around a segment of a prompt: the words and segments before and after it, and what they say about it.

Knows the words only, not what was read before: see `composer.prompt.reading`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from composer.presets import styles
from composer.prompt.figures.patterns import CLAUSE, number_pattern
from composer.prompt.lexicon import either, lexicon, prompt_table
from composer.prompt.prompt_text import Text
from composer.prompt.segments import Segment, places_of_solos, segments_of

CLAUSE_ENDS = frozenset(',.;:!?()[]"')
_FREE = "free"  # after a part: without it
# After "free" that is said of these and not of the part before it.
_FREE_OF = ("time", "form", "tempo", "rhythm", "meter", "jazz", "of", "flowing", "improvisation", "and")
_IN_PLACE = ("in", "during", "until", "till", "before", "after", "at")  # before a section
SOLOS = ("solo", "solos")
_INTERLUDES = ("interlude", "interludes", "cadenza")  # after a part
_LINKS = ("with", "over", "and", "plus")  # between a solo and the band that plays with it
ARTICLES = frozenset(("a", "an", "the", "some", "long", "short"))
_TO_START = 5  # words of a clause among which "starts" is
_PURPOSES = ("for", "music", "jingle", "theme", "scene", "screen", "credits", "titles")  # after "ending" as what a piece is for


class Surroundings:
    """The words and segments of a prompt; places are indices of words, and ends are exclusive."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.segments = list(segments_of(text))
        cues, sections, changes = (prompt_table()[table] for table in ("cues", "sections", "changes"))
        self.part_cues, self.alternatives = frozenset(cues["parts"]), frozenset(cues["alternatives"])
        self.list_words = self.alternatives | set(cues["lists"])
        self.start_words = frozenset(changes["start"])
        with_trio = bool({word.folded for word in text.words} & set(sections["with_trio"]))
        self.middles = frozenset([*sections["middles"], *(["trio"] if with_trio else [])])
        self.section_words = frozenset(sections["words"]) | self.middles
        self.starts, self.ends = frozenset(sections["starts"]), frozenset(sections["ends"])
        self.named_ends = frozenset([*sections["named_ends"], *changes["ends"]])
        self.in_section = _in_section()

    def is_everyday(self, segment: Segment) -> bool:
        """Whether a genre is a place or a thing: "in the country", "on a swing", not "a country song"."""
        table = prompt_table()["everyday_genres"]
        words = [word.folded for word in self.text.words]
        before = words[max(0, segment.first - 2) : segment.first]
        determined = before[-1:] and before[-1] in table["determiners"]
        if (adjective := self.unknown_before(segment)) is not None:
            before = words[max(0, adjective - 2) : adjective]  # "for a fictional country"
        placed = len(before) > 1 and before[-1] in table["articles"] and before[-2] in table["places"]
        placed = placed or (adjective is not None and len(before) > 1 and before[-1] == "the" and before[-2] in table["places"])
        is_alone = segment.last == segment.first + 1 and words[segment.first] in table["words"]
        following = self.next_word(segment.last)
        is_named = words[segment.last : segment.last + 1] == ["of"] and words[segment.first] in table["lands"]
        return is_alone and (is_named or (bool(determined or placed) and following not in table["music"]))

    def unknown_before(self, segment: Segment) -> int | None:
        """The place of an unknown word right before a segment, else `None`."""
        before = next((each for each in self.segments if each.last == segment.first), None)
        return before.first if before and before.is_a("unknown") else None

    def is_vibe(self, segment: Segment) -> bool:
        """Whether "vibes" are a mood and no vibraphone: after a word that is not "and", "on" or the like."""
        is_word = self.phrase(segment).lower() == "vibes"
        starts = segment.first == 0 or self.ends_clause(segment.first)
        return is_word and not starts and not self.follows(segment, self.part_cues | {"a", "the"})

    def is_line(self, segment: Segment) -> bool:
        """Whether a "voice" is a line of music and no singer: "the second voice enters two bars later"."""
        lines = prompt_table()["lines_of_music"]
        return self.text.words[segment.first].folded in lines["words"] and self.follows(segment, frozenset(lines["before"]))

    def is_likeness(self, segment: Segment) -> bool:
        """Whether "-like" makes an instrument the sound of the next one: "voice-like flute"."""
        words, last = self.text.words, segment.last
        is_like = last < len(words) and words[last].folded == "like" and self.text.gap(last) == "-"
        return is_like and self.is_player(self.segment_at(last + 1))

    def is_place(self, segment: Segment) -> bool:
        """Whether a chorus is a place of a piece: "in the chorus", "after the second chorus"; "for the chorus" of a band."""
        place = segment.first
        while place and self.text.words[place - 1].folded in (
            *ARTICLES,
            *prompt_table()["sections"]["ordinals"],
            "every",
            "each",
        ):
            place -= 1
        before = self.text.words[place - 1].folded if 0 < place < segment.first else ""
        of_band = any(name in styles() and styles()[name].kind == "arranged" for name in self.styles_named())
        return before in _IN_PLACE or (before == "for" and of_band)

    def styles_named(self) -> Iterator[str]:
        """The styles that words of the prompt name or suggest."""
        return (sense.value for one in self.segments for sense in one.senses if sense.kind in ("style", "hint"))

    def section_after(self, segment: Segment) -> int:
        """Where the section that a segment describes ends: "slow [introduction]", "drums [enter in the second verse]"."""
        words, end = self.text.words, segment.last
        if end == len(words) or self.ends_clause(end):
            return end
        joined = end + 1 < len(words) and not self.ends_clause(end + 1)
        purpose = joined and words[end + 1].folded in _PURPOSES
        is_half_time = (
            words[end].folded == "half" and end + 1 < len(words) and words[end + 1].folded in ("time", "tempo", "speed")
        )
        is_of_story = words[end].folded in self.ends and re.match(
            r"\w+ of (?:an? |the )?[a-z]", self.text.plain[words[end].start :]
        )
        if words[end].folded in self.section_words and not purpose and not is_half_time and not is_of_story:
            return end + 1
        found = self.in_section.match(self.text.plain, words[end].start)
        return self.text.words_until(found.end()) if found else end

    def is_quality(self, word: str) -> bool:
        """Whether a word describes the mood or the loudness of what follows it."""
        return any(sense.kind in ("mood", "dynamic", "tempo", "speed") for sense in lexicon().senses.get((word,), ()))

    def place_named_before(self, segment: Segment) -> str:
        """ "middle" or "end" if its name precedes a mood, "the middle a bit darker", "ends on a hopeful note"; else empty."""
        sections = prompt_table()["sections"]
        skipped = {*sections["after_places"], *sections["closing_parts"]}
        place = segment.first
        while place and (not self.ends_clause(place) or self.text.gap(place).strip() == ":"):
            before = next((each for each in self.segments if each.last >= place), segment)
            word, earlier = self.text.words[place - 1].folded, [each.folded for each in self.text.words[:place]]
            if word in sections["named_middles"]:
                return "middle"
            if word in sections["named_starts"]:
                return "start"
            if word in self.named_ends:
                return "" if set(earlier[-3:-1]) & set(sections["up_to_ends"]) else "end"
            if word in sections["closing_parts"] and set(earlier[-3:-1]) & set(sections["closing"]):
                return "end"
            if word not in skipped and not before.is_a("degree"):
                return ""
            place -= 1
        return ""

    def closing_after(self, segment: Segment) -> int:
        """Where the name of the last bars ends that a mood describes, "calm [last eight bars]", or the end of the mood."""
        if not self.next_word(segment.last):
            return segment.last
        found = _closings().match(self.text.plain, self.text.words[segment.last].start)
        return self.text.words_until(found.end()) if found else segment.last

    def is_likened(self, first: int, last: int) -> bool:
        """Whether something only sounds like a part: "like a harp", "music-box-like", "as if a cimbalom were playing"."""
        before = self.text.plain[: self.text.words[first].start]
        follows = last < len(self.text.words) and self.text.words[last].folded == "like" and self.text.gap(last) == "-"
        acts = re.match(r" (?:were|was|is|played|plays) ?", self.text.plain[self.text.words[last - 1].end :])
        as_if = bool(acts) and re.search(r"\bas (?:if|though)(?: (?:an?|the|some))? $", before)
        return bool(_likening().search(before) or follows or as_if)

    def describes_part(self, segment: Segment) -> bool:
        """Whether an instrument or a group follows a word in its clause: "three sad [cellos]", "two beginners [on trumpet]"."""
        words, place = self.text.words, segment.last
        if self.next_word(place) == "on":
            place += 1
            place += place < len(words) and words[place].folded in ARTICLES
        return self.is_player(self.segment_at(place)) and not self.ends_clause(place)

    def is_free(self, segment: Segment) -> bool:
        """Whether "free" after a part leaves it out: "drum-free", "vocal free", not "piano, free time"."""
        last = segment.last + self.is_solo(segment)
        return self.next_word(last) == _FREE and self.next_word(last + 1) not in _FREE_OF

    def has_others(self, segment: Segment) -> bool:
        """Whether others follow a soloist in the same clause: "solo [viola] and string orchestra"."""
        place = segment.last
        while self.next_word(place) in (*_LINKS, *ARTICLES):
            place += 1
        if segment.last == place or self.ends_clause(place):
            return False
        later = [each for each in self.segments if each.first >= place and not each.is_a("voices", "number")]
        return bool(later) and later[0].is_a("ensemble", "instrument")

    def end_of_action(self, segment: Segment) -> int:
        """Where the words end that say when a part has the melody, "[the saxes] take the bridge"; without them, its end."""
        if not self.next_word(segment.last):
            return segment.last
        found = _actions().match(self.text.plain, self.text.words[segment.last].start)
        return self.text.words_until(found.end()) if found else segment.last

    def is_solo(self, segment: Segment) -> bool:
        """Whether "solo" or the like follows a part: "a guitar solo", "an organ interlude"."""
        return self.next_word(segment.last) in (*SOLOS, *_INTERLUDES)

    def has_place(self, segment: Segment) -> bool:
        """Whether a solo is at a place of the piece: "drum solo near the end"."""
        word = self.text.words[segment.last]
        return bool(places_of_solos().match(self.text.plain, word.end))

    def is_of_genre(self, segment: Segment) -> bool:
        """Whether the name of a genre or "song" follows a part or a list: "tenor sax jazz", "sax and ukulele song".

        A "piano ballad" is not, since a ballad may be for piano alone.
        """
        later = self.after_links(segment)
        if later is None or self.ends_clause(segment.last):
            return False
        if self.text.words[later.first].folded in self.list_words:
            later = self.segment_at(later.last) or later
        uses = [sense.value for sense in later.senses if sense.kind == "use" and "style" in sense.value]
        if any(use.get("table") == "genres" or {"ensemble", "instruments"} & use.keys() for use in uses):
            return True
        if later.is_a("ensemble", "instrument") and not later.is_a("style", "hint"):
            return self.is_of_genre(later)
        first = self.text.words[later.first].folded
        names_style = later.is_a("style") or (bool(uses) and _is_style(first))  # "cello sonata first movement"
        return names_style or first in prompt_table()["modern_songs"]["songs"]

    def after_links(self, segment: Segment) -> Segment | None:
        """The segment right after a part, or after "solo with" and the like: "a sax solo with jazz trio"."""
        place = segment.last
        if self.is_solo(segment):
            place += 1
            while self.next_word(place) in (*_LINKS, *ARTICLES):
                place += 1
        return self.segment_at(place)

    def is_of_hand(self, segment: Segment) -> bool:
        """Whether a word is that of one hand of two: "left hand only plays half notes", not "left hand alone"."""
        said = re.split(r"[,.;:!?()]", self.text.plain[: self.text.words[segment.first].start])[-1]
        return bool(re.search(r"\b(?:left|right) hand\b(?! alone)", said))

    def segment_at(self, place: int) -> Segment | None:
        """The segment that begins with a word, else `None`."""
        return next((each for each in self.segments if each.first == place), None)

    def is_player(self, segment: Segment | None) -> bool:
        """Whether a segment names an ensemble or an instrument."""
        return segment is not None and segment.is_a("ensemble", "instrument")

    def phrase(self, segment: Segment) -> str:
        """The words of a segment as the prompt has them."""
        return self.text.slice(segment.first, segment.last)

    def next_word(self, place: int) -> str:
        """The word at a place if it goes on with the clause of the word before it, else empty."""
        words = self.text.words
        return words[place].folded if place < len(words) and not self.ends_clause(place) else ""

    def ends_clause(self, place: int) -> bool:
        """Whether punctuation precedes a word."""
        return place < len(self.text.words) and bool(CLAUSE_ENDS & set(self.text.gap(place)))

    def goes_on_with_start(self, segment: Segment) -> bool:
        """Whether a mood alone in a clause is that of a start after which something comes: "starts with piano, quiet, then"."""
        words = self.text.words
        if not self.ends_clause(segment.first) or not self.ends_clause(segment.last):
            return False
        before = segment.first - 1
        while before and not self.ends_clause(before):
            before -= 1
        opening = {word.folded for word in words[before : min(before + _TO_START, segment.first)]}
        changes = prompt_table()["changes"]
        later = {word.folded for word in words[segment.last :]}
        turns = {*changes["turns"], *changes["gradual"], "then", "enter", "enters", "join", "joins", "until"}
        return bool(opening & self.start_words) and bool(later & turns)

    def rest_of_clause(self, first: int, most: int) -> Iterator[int]:
        """Places of at most `most` words from the first on, up to the next punctuation."""
        for place in range(first, min(first + most, len(self.text.words))):
            if self.ends_clause(place):
                return
            yield place

    def end_of_exclusions(self, segment: Segment) -> int:
        """Where a list of parts to leave out ends that "no" opens: "without drums and bass", "no drums, bass or guitar".

        A list with commas only is not one, since "no piano, bass, drums" may say who plays.
        """
        end = last = segment.last
        said: set[str] = set()
        for later in self.segments[self.segments.index(segment) + 1 :]:
            words = {word.folded for word in self.text.words[later.first : later.last]}
            if set(".;:!?()") & set(self.text.gap(later.first)):
                break
            if words <= {"the"} and "," in self.text.gap(later.first):
                break  # "no piano, the choir enters"
            if words <= self.list_words:
                said |= words
            elif not later.is_a("ensemble", "instrument"):
                return last if said & self.alternatives else end  # "without drums, bass or samples"
            elif said & self.alternatives or (said and last == end):
                end, last, said = later.last, later.last, set()
            elif said or "," not in self.text.gap(later.first):
                break
            else:
                last = later.last
        return end

    def end_of_denied_detail(self, segment: Segment) -> int:
        """Where what players are not to do ends, "no [guitar solo]", "no [guitar or bass fills]"; else its first word."""
        if not segment.is_a("ensemble", "instrument"):
            return segment.first
        words, sections = self.text.words, prompt_table()["sections"]
        last = self.end_of_exclusions(segment)
        last += self.next_word(last) in {*SOLOS, *_INTERLUDES, *sections["moments"], *sections["words"], *sections["doings"]}
        is_phrase = words[last - 1].folded in SOLOS and last > segment.first + 1  # "bass solo"
        is_phrase = is_phrase or "solo" in [word.folded for word in words[max(segment.first - 1, 0) : segment.first + 1]]
        return last if last > self.end_of_exclusions(segment) or is_phrase else segment.first

    def follows(self, segment: Segment, words: frozenset[str]) -> bool:
        """Whether one of some words is right before a segment."""
        return segment.first > 0 and self.text.words[segment.first - 1].folded in words


@cache
def _in_section() -> re.Pattern[str]:
    """What places a part or a mood in a section: "enter at the second verse", "in the intro"."""
    table = prompt_table()["sections"]
    entries, ordinals, names = (either(table[key]) for key in ("entries", "ordinals", "words"))
    places = r"(?:in|at|on|during|before|after|into|until|till) (?:the |a |an |each |every )?"
    return re.compile(rf"(?:only )?(?:(?:{entries}) )?(?:only )?{places}(?:(?:{ordinals}) )?(?:{names})\b")


@cache
def _likening() -> re.Pattern[str]:
    """Words right before what something sounds like: "like an old", "as if played on a", "imitating"; not "I'd like a"."""
    wish = r"(?<!\bwould )(?<!\bi'd )(?<!\bwe'd )(?<!\bi )(?<!\bwe )(?<!\byou )(?<!\bthey )"
    things = r"(?<!\binstruments )(?<!\bsounds of )(?<!\bplayers )(?<!\btimbres )(?<!\bsomething )"
    like = rf"{wish}{things}(?<!-)\b(?:like|similar to|reminiscent of)(?: (?:in|on|of))?"
    acts = (
        r"(?:as (?:if|though)|like)(?: it (?:was|were|is|came))?(?: played| sung| heard| coming)? (?:on|by|from|over|through)"
    )
    verbs = r"(?:imitat(?:es?|ing)|mimic(?:s|king)?|resembl(?:es?|ing)|suggest(?:s|ing)|evok(?:es?|ing)|emulat(?:es?|ing))"
    adjective = r"(?!(?:for|with|in|on|of|and|over|by|to|from|as|but|is|are|then)\b)[a-z]+"
    noun = rf"(?: (?:an?|the|some|two))?(?: {adjective}){{0,2}} $"  # an old, distant
    return re.compile(rf"(?:{like}|\b{acts}|\b{verbs})(?: (?:the )?sounds? of)?{noun}")


@cache
def _closings() -> re.Pattern[str]:
    """The last bars as what a mood describes: "final section", "last eight bars", "close"."""
    table = prompt_table()["sections"]
    parts, names = either(table["closing_parts"]), either(table["closes"])
    return re.compile(rf"(?:(?:{either(table['closing'])}) (?:few |{number_pattern()} )?(?:{parts})\b|(?:{names}){CLAUSE})")


@cache
def _actions() -> re.Pattern[str]:
    """What players do in turn: "take the bridge", "plays the melody in the A sections"."""
    table = prompt_table()["actions"]
    verbs, objects, places = (either(table[key]) for key in ("verbs", "objects", "places"))
    where = rf"(?: (?:in|on|during|at) (?:the )?(?:[a-h] |first |second |last )?(?:{places})\b)?"
    return re.compile(rf"(?:{either(table['alone'])})\b{where}|(?:{verbs}) (?:the |a |an )?(?:{objects})\b{where}")


def _is_style(word: str) -> bool:
    """Whether a word by itself names a style."""
    return any(sense.kind == "style" for sense in lexicon().senses.get((word,), ()))
