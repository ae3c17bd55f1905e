"""Combines segments into findings in reading order: "very sad", "two violins", "no drums", "70 % Bach".

Knows which words modify which, not which of two contradictory findings counts: see `composer.prompt.settle`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from composer.brief import DRUMS
from composer.presets import moods, styles
from composer.prompt.figures.keys import OTHER_MODE
from composer.prompt.figures.patterns import CLAUSE, NTH, number_pattern
from composer.prompt.findings import FIGURE, NOT_QUITE, PACES, TOTAL, WORD, Finding, Reading
from composer.prompt.lexicon import Sense, either, lexicon, phrase_of, prompt_table
from composer.prompt.listed_parts import starts_of_parts
from composer.prompt.prompt_text import Text
from composer.prompt.segments import Segment, places_of_solos, segments_of

_MOST_PLAYERS = 99
# Of several senses of one phrase the first of these counts, then an option of the lexicon; a style keeps its ensemble.
_HEADS = (
    "mood", "use", "style", "hint", "composer", "ensemble", "instrument", "form", "strophes", "chords", "degrees",
    "loudest", "always soft",
    "alternative", "key",
    "mode", "plain key", "hand position", "written key", "notes", "lines", "choruses", "times", "counts", "several",
    "bars each", "section bars", "range", "register", "meter", "bpm", "tempo", "speed", "bars",
    "hits", "hit manner", "peak", "peak share",
    "final hit", "section wanted", "place",
    "placed mode", "sections", "section tempo", "section named", "section back", "section chords", "solo place", "total",
    "duration", "piece share", "span", "until", "at", "event", "arc", "layers", "course", "movements", "new pace", "return",
    "lasting", "opening", "key change", "key at bar", "everybody", "length", "density", "voices", "band feature",
    "second dance", "final key", "related key", "one note", "shortest", "solo after", "double chorus", "turn bars",
    "lead turns", "before end",
    "last part", "texture", "pause",
)  # fmt: skip
_PREFIXES = ("negation", "degree", "share", "number")
_DENIALS = (
    "no", "not", "never", "without", "avoid", "avoiding", "non", "nothing", "don't", "isn't", "shouldn't", "anything but",
    "nicht", "nichts", "ohne", "kein", "keine", "senza", "sin", "nada", "pas", "rien", "sans",
)  # fmt: skip
_LEAVING_OUT = ("no", "without", "ohne", "kein", "keine", "sans", "sin", "senza")  # before players
_CLAUSE_ENDS = frozenset(',.;:!?()[]"')
_ALONE = frozenset(
    ("alone", "unaccompanied", "seul", "seule", "seuls", "seules", "sola", "solas", "allein", "alleine", "sozinho", "sozinha")
)  # after a part
_BY_ITSELF = (["solo"], ["unaccompanied"])  # before a part
_ONLY = frozenset(("only", "just", "nur", "seulement", "solamente"))
_FREE = "free"  # after a part: without it
# After "free" that is said of these and not of the part before it.
_FREE_OF = ("time", "form", "tempo", "rhythm", "meter", "jazz", "of", "flowing", "improvisation", "and")
_GROOVES = ("groove", "beat", "beats", "loop", "part", "track", "line")  # between a part and "only"
_EFFECTS = ("guitar", "guitars", "effect", "pedal")  # after "chorus" as an effect
_IN_PLACE = ("in", "during", "until", "till", "before", "after", "at")  # before a section
_ONE_SECTION = ("section", "passage", "interlude", "variation")  # after a style that is not that of the piece
_SOLOS = ("solo", "solos")
_INTERLUDES = ("interlude", "interludes", "cadenza")  # after a part
# Between "solo" and its player: "solo of the viola".
_OF = ("of", "for", "by", "on", "the", "der", "des", "fur", "de", "du", "del", "della", "di", "do", "da", "la", "el", "il")
_ON = {"on"}  # after "with": what a player of the list plays, "with off-beats on the organ"
_LINKS = ("with", "over", "and", "plus")  # between a solo and the band that plays with it
# Before a player that is known.
_DEFINITE = (*NTH, "the", "der", "die", "das", "dem", "den", "le", "la", "les", "el", "los", "las", "il", "lo", "gli")
_MOST_BEFORE_NOUN = 2  # words between an article and its noun: "the soft second violin"
_ARTICLES = frozenset(("a", "an", "the", "some", "long", "short"))
_JOINTS = ("-", "–", "/")
_SOFT = ("ppp", "pp", "p", "mp")
_TO_START = 5  # words of a clause among which "starts" is
_TO_WITHIN = 2  # words between "from calm" and its "to": "from calm piano to orchestra"
_MIDDLING = 0.5  # the density between sparse and busy
# After a number that does not count players: "two pieces for flute".
_OF_NO_PLAYERS = ("acts", "phases", "stages", "piece", "pieces", "movement", "music", "for", "work", "works")
_PURPOSES = ("for", "music", "jingle", "theme", "scene", "screen", "credits", "titles")  # after "ending" as what a piece is for
_PLAYERS = ("player", "players", "musicians", "performers")  # beside an instrument: "two trumpet players"
_FIGURES = ("bpm", "key", "meter", "bars", "counts", "duration", "chords", "hits", "sections")


class _Reader:
    """Reads from left to right and holds modifiers until the word that they modify."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.reading = Reading()
        self.waiting: dict[str, Segment] = {}
        self.correcting = self.cued = self.adding = False
        self.corrected = self.added_from = 0  # findings before the correction, and before "with"
        self.excluded_until = self.unknown_until = self.mood_first = self.mood_last = self.pace_last = -1
        self.segments = list(segments_of(text))
        self.clause = 0
        cues = prompt_table()["cues"]
        self.part_cues, self.alternatives = frozenset(cues["parts"]), frozenset(cues["alternatives"])
        self.manners = frozenset(cues["manners"])
        self.list_words = self.alternatives | set(cues["lists"])
        self.options = tuple(prompt_table()["options"])
        self.ranks = {kind: rank for rank, kind in enumerate((*_HEADS, *self.options))}
        self.start_words = frozenset(prompt_table()["changes"]["start"])
        sections = prompt_table()["sections"]
        with_trio = bool({word.folded for word in text.words} & set(sections["with_trio"]))
        self.middles = frozenset([*sections["middles"], *(["trio"] if with_trio else [])])
        self.section_words = frozenset(sections["words"]) | self.middles
        self.starts, self.ends = frozenset(sections["starts"]), frozenset(sections["ends"])
        self.named_ends = frozenset([*sections["named_ends"], *prompt_table()["changes"]["ends"]])
        self.in_section = _in_section()
        self.is_song = bool({word.folded for word in text.words} & set(sections["songs"]))
        self.skipped_until = -1
        self.lists_parts = bool(starts_of_parts(text.plain))
        self.guarded = {phrase_of(name) for name in prompt_table()["composers"]["guarded"]}

    def read(self) -> Reading:
        for index, segment in enumerate(self.segments):
            if self._ends_clause(segment.first):
                self._give_up_waiting(segment.first)
                self.clause += 1
            if segment.first < self.skipped_until and not segment.is_a("section bars", "sections", "place", "solo after"):
                continue
            if self._turns(segment):
                self._give_up_waiting(segment.first)
            if (last := self._end_of_denied_manner(segment)) > segment.first:
                self._ignore(replace(segment, last=last))
                self.skipped_until = last
                continue
            self._note_additions(segment)
            kinds = [sense.kind for sense in segment.senses]
            head = min((kind for kind in kinds if kind in self.ranks), key=self.ranks.__getitem__, default=None)
            if head in ("style", "hint", "use") and self._is_everyday(segment):
                head = None
            if head == "composer" and not self._may_be_composer(index):
                head = "length" if "length" in kinds else None
            if "correction" in kinds:
                self.correcting, self.corrected = True, len(self.reading.findings)
            elif segment.is_a("instrument") and (
                self._is_vibe(segment) or self._is_line(segment) or self._is_likeness(segment)
            ):
                continue
            elif head and (way := self._way_of_dynamic(head, segment)):
                self._find("arc", way, self._phrase(segment))
            elif head and self._is_of_moment(head, segment):
                self.waiting.clear()
                self._ignore(segment)
            elif head in ("style", "hint", "use") and self._is_style_of_section(segment):
                phrase = self.text.slice(segment.first, segment.last + 1)
                self._find("placed style", phrase, phrase)
            elif head and self._is_of_section(head, segment):
                self._ignore_section(head, segment)
            elif head:
                self._take(head, segment)
            elif prefixes := [kind for kind in _PREFIXES if kind in kinds]:
                self._wait(prefixes, segment)
            elif "cue before" in kinds:
                self.cued = True
            elif segment.is_a("drumless"):
                drums = replace(segment, senses=(Sense("instrument", (DRUMS,)),))
                self._find("exclusion", drums, self._phrase(segment))
            elif "number" in self.waiting and self._phrase(segment).lower() in _OF_NO_PLAYERS:
                self._give_up(self.waiting.pop("number"))
            elif not segment.is_a("filler", "cue after") and not self._is_of_players(segment):
                self._ignore(segment)
        self._give_up_waiting(len(self.text.words))
        return self.reading

    def _end_of_denied_manner(self, segment: Segment) -> int:
        """Where players end whom a prompt does not want in one way, "no [clean vocals]"; else the first word of a segment."""
        denied = self.waiting.get("negation")
        if denied is None or self._phrase(denied).lower() not in _LEAVING_OUT:
            return segment.first
        if denied.last != segment.first or segment.is_a("filler", "ensemble", "instrument", "number", "degree"):
            return segment.first
        player = self._segment_at(segment.last)
        if player is None or not self._is_player(player) or self._ends_clause(player.first):
            return segment.first
        is_list = self._end_of_exclusions(player) > player.last
        return segment.first if is_list else player.last

    def _is_everyday(self, segment: Segment) -> bool:
        """Whether a genre is a place or a thing: "in the country", "on a swing", not "a country song"."""
        table = prompt_table()["everyday_genres"]
        words = [word.folded for word in self.text.words]
        before = words[max(0, segment.first - 2) : segment.first]
        determined = before[-1:] and before[-1] in table["determiners"]
        if (adjective := self._unknown_before(segment)) is not None:
            before = words[max(0, adjective - 2) : adjective]  # "for a fictional country"
        placed = len(before) > 1 and before[-1] in table["articles"] and before[-2] in table["places"]
        placed = placed or (adjective is not None and len(before) > 1 and before[-1] == "the" and before[-2] in table["places"])
        is_alone = segment.last == segment.first + 1 and words[segment.first] in table["words"]
        following = self._next(segment.last)
        is_named = words[segment.last : segment.last + 1] == ["of"] and words[segment.first] in table["lands"]
        return is_alone and (is_named or (bool(determined or placed) and following not in table["music"]))

    def _unknown_before(self, segment: Segment) -> int | None:
        """The place of an unknown word right before a segment, else `None`."""
        before = next((each for each in self.segments if each.last == segment.first), None)
        return before.first if before and before.is_a("unknown") else None

    def _is_vibe(self, segment: Segment) -> bool:
        """Whether "vibes" are a mood and no vibraphone: after a word that is not "and", "on" or the like."""
        is_word = self._phrase(segment).lower() == "vibes"
        starts = segment.first == 0 or self._ends_clause(segment.first)
        return is_word and not starts and not self._follows(segment, self.part_cues | {"a", "the"})

    def _is_line(self, segment: Segment) -> bool:
        """Whether a "voice" is a line of music and no singer: "the second voice enters two bars later"."""
        lines = prompt_table()["lines_of_music"]
        return self.text.words[segment.first].folded in lines["words"] and self._follows(segment, frozenset(lines["before"]))

    def _is_likeness(self, segment: Segment) -> bool:
        """Whether "-like" makes an instrument the sound of the next one: "voice-like flute"."""
        words, last = self.text.words, segment.last
        is_like = last < len(words) and words[last].folded == "like" and self.text.gap(last) == "-"
        return is_like and self._is_player(self._segment_at(last + 1))

    def _is_of_section(self, head: str, segment: Segment) -> bool:
        """Whether a word describes a section ("a slow introduction", "drums from the second verse"), or is one.

        The chorus of a song is not a choir. Moods of the start or the end are those of the piece there.
        """
        words = self.text.words
        following = words[segment.last].folded if segment.last < len(words) else ""
        if words[segment.first].folded == "chorus" and following in _EFFECTS:
            return True
        is_chorus = words[segment.first].folded in ("chorus", "choruses") and segment.last == segment.first + 1
        if is_chorus and (self.is_song or self._is_place(segment)):
            return True
        last = self._section_after(segment)
        if self.lists_parts and last == segment.last + 1 and words[segment.last].folded == _ONE_SECTION[0]:
            return False  # "begins in C, moves to a slow section and ends with a solo"
        if last == segment.last or (head == "mood" and self._place_of_mood(segment)):
            return False
        heads = ("tempo", "speed", "density", "length", "bpm", "mood", "style", "hint", "ensemble", "instrument", *self.options)
        is_part = segment.is_a("ensemble", "instrument")
        return head in heads and (is_part or head not in ("style", "hint"))

    def _is_style_of_section(self, segment: Segment) -> bool:
        """Whether a style is that of one section of a piece in another style: "a salsa ... then a mambo section"."""
        follows = self._next(segment.last) in _ONE_SECTION
        named = any(one.kind in ("style", "hint") for one in self.reading.findings)
        use = segment.value("use")
        is_genre = segment.is_a("style", "hint") or (isinstance(use, Mapping) and "why" in use)
        return follows and named and is_genre and not segment.is_a("instrument", "ensemble")

    def _is_place(self, segment: Segment) -> bool:
        """Whether a chorus is a place of a piece: "in the chorus", "after the second chorus"; "for the chorus" of a band."""
        place = segment.first
        while place and self.text.words[place - 1].folded in (
            *_ARTICLES,
            *prompt_table()["sections"]["ordinals"],
            "every",
            "each",
        ):
            place -= 1
        before = self.text.words[place - 1].folded if 0 < place < segment.first else ""
        of_band = any(name in styles() and styles()[name].kind == "arranged" for name in self._styles_named())
        return before in _IN_PLACE or (before == "for" and of_band)

    def _styles_named(self) -> Iterator[str]:
        """The styles that words of the prompt name or suggest."""
        return (sense.value for one in self.segments for sense in one.senses if sense.kind in ("style", "hint"))

    def _section_after(self, segment: Segment) -> int:
        """Where the section that a segment describes ends: "slow [introduction]", "drums [enter in the second verse]"."""
        words, end = self.text.words, segment.last
        if end == len(words) or self._ends_clause(end):
            return end
        joined = end + 1 < len(words) and not self._ends_clause(end + 1)
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

    def _place_of_mood(self, segment: Segment) -> str:
        """ "start" for "a quiet start", "end" for "a huge ending", "middle" for "tense in the middle", else empty."""
        last = self._section_after(segment)
        word = self.text.words[last - 1].folded if last > segment.last else ""
        if named := self._place_named_before(segment) or self._place_shared(segment):
            return named
        if self._closing_after(segment) > segment.last:
            return "end"
        joint = _joint_end().match(self.text.plain, self.text.words[segment.last - 1].end)
        if joint and self._is_quality(joint[1]) and (self._follows(segment, _ARTICLES) or "and" in joint[0]):
            return "end"
        if not word and self._next(segment.last):
            found = _later_place().match(self.text.plain, self.text.words[segment.last].start)
            word = {"first": "start", "last": "end"}.get(found[1], found[1]) if found else ""
        return "start" if word in self.starts else "end" if word in self.ends else "middle" if word in self.middles else ""

    def _place_shared(self, segment: Segment) -> str:
        """ "end" for a mood that "and" joins to one whose place is named before it: "the ending sad and quiet"; else empty."""
        before = self.reading.findings[-1] if self.reading.findings else None
        words = {word.folded for word in self.text.words[self.mood_last : segment.first]} if self.mood_last >= 0 else set()
        is_joint = before is not None and before.kind == "mood" and before.is_end and before.clause == self.clause
        is_last = not self._next(segment.last)
        return "end" if is_joint and is_last and words == {"and"} else ""

    def _is_quality(self, word: str) -> bool:
        """Whether a word describes the mood or the loudness of what follows it."""
        return any(sense.kind in ("mood", "dynamic", "tempo", "speed") for sense in lexicon().senses.get((word,), ()))

    def _place_named_before(self, segment: Segment) -> str:
        """ "middle" or "end" if its name precedes a mood, "the middle a bit darker", "ends on a hopeful note"; else empty."""
        sections = prompt_table()["sections"]
        skipped = {*sections["after_places"], *sections["closing_parts"]}
        place = segment.first
        while place and (not self._ends_clause(place) or self.text.gap(place).strip() == ":"):
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

    def _closing_after(self, segment: Segment) -> int:
        """Where the name of the last bars ends that a mood describes, "calm [last eight bars]", or the end of the mood."""
        if not self._next(segment.last):
            return segment.last
        found = _closings().match(self.text.plain, self.text.words[segment.last].start)
        return self.text.words_until(found.end()) if found else segment.last

    def _is_of_last_section(self, segment: Segment) -> bool:
        """Whether a mood is that of the last section only, and nothing grows or turns into it slowly."""
        sections = prompt_table()["sections"]
        last = self._section_after(segment)
        goal = {word.folded for word in self.text.words[segment.last : last]} & set(sections["goals"])
        before = {word.folded for word in self.text.words[max(0, self.mood_last) : segment.first]}
        gradual = before & set(prompt_table()["changes"]["gradual"])
        return self._place_of_mood(segment) == "end" and not goal and not gradual

    def _ignore_section(self, head: str, segment: Segment) -> None:
        """Ignores a statement about a section; but an instrument that enters there joins the others."""
        first = min((waiting.first for waiting in self.waiting.values()), default=segment.first)
        self.skipped_until = self._section_after(segment)
        joins = segment.is_a("ensemble", "instrument") and "negation" not in self.waiting and self.skipped_until > segment.last
        if joins:
            self._take(head, segment, joins=True)
            first = segment.last
        self.waiting.clear()
        self.skipped_until = max(self.skipped_until, segment.last)
        self.reading.ignored.append(self.text.slice(first, self.skipped_until))

    def _may_be_composer(self, index: int) -> bool:
        """Whether a surname that is an everyday word is where a composer's name would be: not after "by the"."""
        segment = self.segments[index]
        words = tuple(word.folded for word in self.text.words[segment.first : segment.last])
        followed = index + 1 < len(self.segments) and self.segments[index + 1].is_a("cue after")
        is_noun = segment.first > 0 and self.text.words[segment.first - 1].folded in ("the", "a", "an")
        return words not in self.guarded or (self.cued and not is_noun) or followed

    def _wait(self, kinds: list[str], segment: Segment) -> None:
        for kind in kinds:
            if kind == "number" and kind in self.waiting:
                self._give_up(self.waiting.pop(kind))
            self.waiting[kind] = segment

    def _give_up_waiting(self, here: int) -> None:
        """Gives up modifiers without a word to modify; degrees and shares alone mean nothing and are dropped."""
        if "number" in self.waiting:
            self._give_up(self.waiting["number"])
        if "negation" in self.waiting:
            self.reading.ignored.append(self.text.slice(self.waiting["negation"].first, here))  # "no melody"
        self.waiting.clear()

    def _give_up(self, segment: Segment) -> None:
        self.reading.ignored.append(self._phrase(segment))

    def _ignore(self, segment: Segment) -> None:
        """Ignores an unknown word, together with its modifiers and with an unknown word just before it."""
        first = min((waiting.first for waiting in self.waiting.values()), default=segment.first)
        self.waiting.clear()
        phrase = self.text.slice(first, segment.last)
        if self.unknown_until == first and not _CLAUSE_ENDS & set(self.text.gap(first)):
            self.reading.ignored[-1] += self.text.gap(first) + phrase
        else:
            self.reading.ignored.append(phrase)
        self.unknown_until = segment.last

    def _take(self, head: str, segment: Segment, joins: bool = False) -> None:
        """Makes a finding of a word and its modifiers; a part that `joins` is not the whole line-up."""
        waiting, self.waiting = self.waiting, {}
        is_part = segment.is_a("ensemble", "instrument") and head in ("style", "hint", "ensemble", "instrument")
        is_free = is_part and self._is_free(segment)
        negated = "negation" in waiting or (is_part and segment.first < self.excluded_until) or is_free
        if is_free:
            self.skipped_until = segment.last + 1
        if not is_part and "number" in waiting and self._describes_part(segment):
            self.waiting["number"] = waiting.pop("number")  # "two beginner violins"
        elif not is_part and "number" in waiting:
            self._give_up(waiting.pop("number"))
        first = min((prefix.first for prefix in waiting.values()), default=segment.first)
        phrase = self.text.slice(first, segment.last)
        if negated and (last := self._end_of_denied_detail(segment)) > segment.first:
            self.skipped_until = last
            denied = self.text.slice(first, last)
            if {*_SOLOS} & {
                word.folded for word in self.text.words[max(segment.first - 1, 0) : last]
            }:  # which no piece has unless it is asked for
                self._find("denied solo", None, denied)
            else:
                self.reading.ignored.append(denied)
            return
        too_weak = head in self.options and _prefix_value(waiting, "degree", 1.0) < 1  # "slightly diatonic"
        if (turned := self._turned(head, segment, waiting)) is not None:
            self._find(*turned, phrase, first=segment.first, last=segment.last)
            return
        if is_part and not negated and self._is_alternative(first):
            self._find("alternative", None, phrase)
            return
        if head == "sections" and phrase in self.reading.ignored:
            self.reading.ignored.remove(phrase)  # "plays the melody", which goes on with its player
        feature = segment.value("band feature")
        if too_weak or (negated and (segment.is_a("feature") or not is_part) and head not in ("tempo", "speed")):
            self.reading.ignored.append(phrase)
            return
        if feature and is_part and not negated and not segment.is_a("ensemble"):
            self._find("band feature", feature, phrase)
        if "negation" in waiting and is_part:
            self.excluded_until = self._end_of_exclusions(segment)
        self.cued = self.cued and head in ("composer", "style")
        only = is_part and self._is_only(segment)
        if only and segment.last < len(self.text.words) and self.text.words[segment.last].folded in _ALONE:
            self.skipped_until = segment.last + 1
        acts = self._end_of_action(segment) if is_part and not negated else segment.last
        if acts > segment.last:
            self.skipped_until = acts
            self.reading.ignored.append(self.text.slice(segment.last, acts))
        if is_part and not only and self._leads(segment):
            self._add_listed()
        is_accompanied = is_part and self._is_accompanied(segment)
        self.reading.findings.append(
            Finding(
                kind=("exclusion" if negated else "part") if is_part else "duration" if head == "total" else head,
                value=segment if is_part else segment.value(head),
                phrase=phrase + (f" ({segment.note})" if segment.note.startswith("read") else ""),
                strength=TOTAL if head == "total" else FIGURE if head in _FIGURES else WORD,
                degree=NOT_QUITE if negated and not is_part else _prefix_value(waiting, "degree", 1.0),
                share=_prefix_value(waiting, "share", None),
                count=_players_in(_prefix_value(waiting, "number", 0)),
                is_bare=is_part and "number" not in waiting and not self._follows(segment, self.part_cues),
                is_correction=self.correcting and (not is_part or self._goes_on_with_parts()),
                is_change=(head == "mood" and self._changes(segment)) or (head in PACES and bool(self._turns_of_pace(segment))),
                is_sudden=head in PACES and bool(self._turns_of_pace(segment) & set(prompt_table()["changes"]["sudden"])),
                is_turn=head in ("mood", "style", "hint", "use") and bool(self._turns_of_pace(segment)),
                is_start=head == "mood" and self._starts(replace(segment, first=first)),
                is_end=head == "mood" and self._place_of_mood(segment) == "end",
                is_last=head == "mood" and self._is_of_last_section(segment),
                is_middle=head == "mood" and self._place_of_mood(segment) == "middle",
                is_added=is_part
                and not only
                and (self.adding or joins or acts > segment.last or segment.is_a("feature") or self._leads(segment)),
                is_for=only or (is_part and self._is_for(segment)),
                is_only=only,
                is_acting=acts > segment.last,
                is_leading=is_part and self._is_soloist(segment),
                is_solo=is_part and not is_accompanied and (self._is_solo(segment) or self._is_solo_of(segment)),
                is_of_genre=is_part and self._is_of_genre(segment),
                opens_list=is_part and self._opens_list(first),
                is_listed=is_part and self._is_listed(first),
                is_described=is_part and self._follows(replace(segment, first=first), self.manners),
                is_definite=is_part and self._is_definite(first),
                nth=NTH.get(self.text.words[first - 1].folded, 0) if is_part and first else 0,
                is_likened=is_part and self._is_likened(first, segment.last),
                clause=self.clause,
                first=segment.first,
                last=segment.last,
            )
        )
        if head in PACES:
            self.pace_last = segment.last
        if head == "mood":
            self.mood_first, self.mood_last = segment.first, segment.last
            self.skipped_until = max(self.skipped_until, self._section_after(segment), self._closing_after(segment))

    def _find(self, kind: str, value: Any, phrase: str, **others: Any) -> None:
        """Adds a finding of this clause."""
        self.reading.findings.append(Finding(kind, value, phrase, clause=self.clause, **others))

    def _is_alternative(self, first: int) -> bool:
        """Whether a part that begins with a word is another choice for the one right before it: "flute or violin"."""
        words, before = self.text.words, self.reading.findings[-1:]
        place = first - 1 if first and words[first - 1].folded not in _ARTICLES else first - 2
        follows = bool(before) and before[0].kind == "part" and before[0].last == place
        return follows and words[place].folded in self.alternatives

    def _is_likened(self, first: int, last: int) -> bool:
        """Whether something only sounds like a part: "like a harp", "music-box-like", "as if a cimbalom were playing"."""
        before = self.text.plain[: self.text.words[first].start]
        follows = last < len(self.text.words) and self.text.words[last].folded == "like" and self.text.gap(last) == "-"
        acts = re.match(r" (?:were|was|is|played|plays) ?", self.text.plain[self.text.words[last - 1].end :])
        as_if = bool(acts) and re.search(r"\bas (?:if|though)(?: (?:an?|the|some))? $", before)
        return bool(_likening().search(before) or follows or as_if)

    def _is_definite(self, first: int) -> bool:
        """Whether a part is one that is known, "the second violin", or goes on with such ones: "the horn and oboe"."""
        before = self.reading.findings[-1] if self.reading.findings else None
        place = first
        while place and not self._ends_clause(place) and first - place <= _MOST_BEFORE_NOUN:
            word = self.text.words[place - 1].folded
            if word in _DEFINITE:
                return True
            if before is not None and before.kind == "part" and before.last == place - 1 and word == "and":
                return before.is_definite
            if word in self.part_cues or word in _OF:
                return False
            place -= 1
        return False

    def _describes_part(self, segment: Segment) -> bool:
        """Whether an instrument or a group follows a word in its clause: "three sad [cellos]", "two beginners [on trumpet]"."""
        words, place = self.text.words, segment.last
        if self._next(place) == "on":
            place += 1
            place += place < len(words) and words[place].folded in _ARTICLES
        return self._is_player(self._segment_at(place)) and not self._ends_clause(place)

    def _is_of_players(self, segment: Segment) -> bool:
        """Whether "players" are those of an instrument: "two [players] on trumpet", "two trumpet [players]"."""
        if self.text.words[segment.first].folded not in _PLAYERS:
            return False
        before = self.reading.findings[-1] if self.reading.findings else None
        follows = before is not None and before.kind == "part" and before.last == segment.first
        return (follows and not self._ends_clause(segment.first)) or (
            "number" in self.waiting and self._describes_part(segment)
        )

    def _goes_on_with_parts(self) -> bool:
        """Whether only parts follow the last correction: "flute, actually two oboes", not "actually faster, with flute"."""
        return all(finding.kind == "part" for finding in self.reading.findings[self.corrected :])

    def _turns(self, segment: Segment) -> bool:
        """Whether "just" or "only" ends what is denied: "no melody just drums", not "not just drums"."""
        is_only = self.text.words[segment.first].folded in _ONLY and "negation" in self.waiting
        return is_only and self.waiting["negation"].last < segment.first

    def _is_free(self, segment: Segment) -> bool:
        """Whether "free" after a part leaves it out: "drum-free", "vocal free", not "piano, free time"."""
        last = segment.last + self._is_solo(segment)
        return self._next(last) == _FREE and self._next(last + 1) not in _FREE_OF

    def _turned(self, head: str, segment: Segment, waiting: Mapping[str, Segment]) -> tuple[str, Any] | None:
        """What a negation means: "never minor" is major, "not in 3/4" denies the meter, "not too serious" the mood."""
        value: Any = segment.value(head)
        if head == "mood" and _prefix_value(waiting, "degree", 1.0) == NOT_QUITE and moods()[value[0]].valence < 0:
            return "denied mood", value
        negation = waiting.get("negation")
        if negation is None or self._phrase(negation).lower() not in _DENIALS:
            return None
        if head == "mode" and value in OTHER_MODE:
            return "mode", OTHER_MODE[str(value)]
        return (f"denied {head}", value) if head in ("mood", "meter") else None

    def _note_additions(self, segment: Segment) -> None:
        """ "With" opens a list of parts that join the others; "for", "on" after a part and the end of a sentence close it."""
        words = {word.folded for word in self.text.words[segment.first : segment.last]}
        additions = prompt_table()["additions"]
        closes = words & set(additions["close"]) and segment.last == segment.first + 1
        if words == _ON and not any(one.kind == "part" for one in self.reading.findings[self.added_from :]):
            closes = False  # "with off-beats on the organ"
        if closes or set(".;:()") & set(self.text.gap(segment.first)):
            self.adding = False
        if words & set(additions["open"]):
            self.adding, self.added_from = True, len(self.reading.findings)

    def _changes(self, segment: Segment) -> bool:
        """Whether the mood before changes into this one: "calm, then tense", "calm to tense", "from calm into tense"."""
        if self.mood_last < 0:
            before = {word.folded for word in self.text.words[max(0, segment.first - 3) : segment.first]}
            return bool(before & set(prompt_table()["changes"]["turns"]))
        if self._place_of_mood(segment) == "middle":
            return True
        changes = prompt_table()["changes"]
        between = {word.folded for word in self.text.words[self.mood_last : segment.first]}
        introduced = self.text.words[max(0, self.mood_first - 1)].folded in changes["from"]
        leads = between == {"to"} or (introduced and bool(between & set(changes["to"])))
        return leads or bool(between & set(changes["words"]))

    def _turns_of_pace(self, segment: Segment) -> set[str]:
        """The words by which the tempo before changes into this one: "slow, then fast", "from slow to fast"."""
        changes = prompt_table()["changes"]
        if self.pace_last < 0:
            return set()
        between = {word.folded for word in self.text.words[self.pace_last : segment.first]}
        if not between and self.text.gap(segment.first) in _JOINTS:
            return {"then"}  # "slow-fast"
        return between & {*changes["turns"], *changes["words"], *(changes["to"] if between <= {"to", "into"} else ())}

    def _is_for(self, segment: Segment) -> bool:
        """Whether "for" or "on" is right before a part, or before the list that it continues."""
        close = frozenset(prompt_table()["additions"]["close"])
        beside = prompt_table()["words_beside_roles"]["words"]
        article = segment.first > 1 and self.text.words[segment.first - 1].folded in beside
        follows = self._follows(segment, close) or (article and self.text.words[segment.first - 2].folded in close)
        return follows or bool(self.reading.findings and self.reading.findings[-1].is_for)

    def _opens_list(self, first: int) -> bool:
        """Whether only a colon, a bracket, "for" or "has" is between the part before and the part that begins at a word."""
        before = self.reading.findings[-1] if self.reading.findings else None
        if before is None or before.kind != "part":
            return False
        words = [word.folded for word in self.text.words[before.value.last : first] if word.folded not in _ARTICLES]
        opening = {*prompt_table()["additions"]["close"], *prompt_table()["additions"]["states"]}
        gaps = "".join(self.text.gap(place) for place in range(before.value.last, first + 1))
        return (not words and bool(set(":(") & set(gaps))) or (" ".join(words) in opening and not gaps.strip())

    def _is_listed(self, first: int) -> bool:
        """Whether a colon is right before the part that begins at a word, or before the list that it continues."""
        goes_on = (
            bool(self.reading.findings) and self.reading.findings[-1].kind == "part" and self.reading.findings[-1].is_listed
        )
        return goes_on or ":" in self.text.gap(first)

    def _leads(self, segment: Segment) -> bool:
        """Whether a part is said to lead others: "clarinet lead", "a sax solo", "piano solo in the second chorus".

        "Cello solo" may be all who play.
        """
        if self._is_solo(segment) and not (self.adding or self._follows(segment, _ARTICLES) or self._has_place(segment)):
            return False
        rest = [word.folded for word in self.text.words[segment.last : segment.last + 2]]
        said = {" ".join(rest[:count]) for count in (1, 2)}
        return bool(said & set(prompt_table()["additions"]["lead"])) and not self._ends_clause(segment.last)

    def _is_soloist(self, segment: Segment) -> bool:
        """Whether a part leads all others, "clarinet lead", "organ and solo voice", and does not only have a solo."""
        before = self.text.words[segment.first - 1].folded if segment.first and not self._ends_clause(segment.first) else ""
        beside = self.adding or any(one.kind == "part" and one.clause == self.clause for one in self.reading.findings)
        is_soloist = before == "solo" and (beside or self._has_others(segment))
        return (self._leads(segment) and not self._is_solo(segment)) or is_soloist or self._is_accompanied(segment)

    def _is_accompanied(self, segment: Segment) -> bool:
        """Whether a part is a soloist whom others accompany, "cello solo with string orchestra", not "a cello solo"."""
        is_first = self._is_solo(segment) and not (self.adding or self._follows(segment, _ARTICLES))
        of_genre = is_first and self._is_of_genre(segment)  # "sax solo with jazz trio"
        return is_first and not of_genre and self._has_others(replace(segment, last=segment.last + 1))

    def _has_others(self, segment: Segment) -> bool:
        """Whether others follow a soloist in the same clause: "solo [viola] and string orchestra"."""
        place = segment.last
        while self._next(place) in (*_LINKS, *_ARTICLES):
            place += 1
        if segment.last == place or self._ends_clause(place):
            return False
        later = [each for each in self.segments if each.first >= place and not each.is_a("voices", "number")]
        return bool(later) and later[0].is_a("ensemble", "instrument")

    def _end_of_action(self, segment: Segment) -> int:
        """Where the words end that say when a part has the melody, "[the saxes] take the bridge"; without them, its end."""
        if not self._next(segment.last):
            return segment.last
        found = _actions().match(self.text.plain, self.text.words[segment.last].start)
        return self.text.words_until(found.end()) if found else segment.last

    def _add_listed(self) -> None:
        """Parts that the list before names join a band, too: "disco, guitar and vocoder lead"."""
        findings = self.reading.findings
        place = len(findings) - 1
        while place >= 0 and findings[place].kind == "part" and findings[place].clause == self.clause:
            findings[place] = replace(findings[place], is_added=not findings[place].is_only)
            place -= 1

    def _is_only(self, segment: Segment) -> bool:
        """Whether "only" is right before or after a part, or before the list that it continues."""
        last = segment.last
        while self._next(last) in _GROOVES:
            last += 1
        after = self._next(last) in _ONLY | _ALONE and not self._next(last + 1)  # "strings only", not "only at the end"
        before = [word.folded for word in self.text.words[max(0, segment.first - 2) : segment.first]]
        alone = before[-1:] in _BY_ITSELF and not (self.adding or self._ends_clause(segment.first) or self._has_others(segment))
        follows = (before[-1:] and before[-1] in _ONLY) or (before[-1:] and before[-1] in ("a", "an") and before[0] in _ONLY)
        return after or alone or bool(follows) or bool(self.reading.findings and self.reading.findings[-1].is_only)

    def _is_solo(self, segment: Segment) -> bool:
        """Whether "solo" or the like follows a part: "a guitar solo", "an organ interlude"."""
        return self._next(segment.last) in (*_SOLOS, *_INTERLUDES)

    def _is_solo_of(self, segment: Segment) -> bool:
        """Whether "a solo of" or the like is right before a part that is added: "with a solo for the viola"."""
        words, place = self.text.words, segment.first
        while place and words[place - 1].folded in _OF and not self._ends_clause(place):
            place -= 1
        return self.adding and 0 < place < segment.first and words[place - 1].folded in _SOLOS

    def _has_place(self, segment: Segment) -> bool:
        """Whether a solo is at a place of the piece: "drum solo near the end"."""
        word = self.text.words[segment.last]
        return bool(places_of_solos().match(self.text.plain, word.end))

    def _is_of_genre(self, segment: Segment) -> bool:
        """Whether the name of a genre or "song" follows a part or a list: "tenor sax jazz", "sax and ukulele song".

        A "piano ballad" is not, since a ballad may be for piano alone.
        """
        later = self._after_links(segment)
        if later is None or self._ends_clause(segment.last):
            return False
        if self.text.words[later.first].folded in self.list_words:
            later = self._segment_at(later.last) or later
        uses = [sense.value for sense in later.senses if sense.kind == "use" and "style" in sense.value]
        if any(use.get("table") == "genres" or {"ensemble", "instruments"} & use.keys() for use in uses):
            return True
        if later.is_a("ensemble", "instrument") and not later.is_a("style", "hint"):
            return self._is_of_genre(later)
        first = self.text.words[later.first].folded
        names_style = later.is_a("style") or (bool(uses) and _is_style(first))  # "cello sonata first movement"
        return names_style or first in prompt_table()["modern_songs"]["songs"]

    def _after_links(self, segment: Segment) -> Segment | None:
        """The segment right after a part, or after "solo with" and the like: "a sax solo with jazz trio"."""
        place = segment.last
        if self._is_solo(segment):
            place += 1
            while self._next(place) in (*_LINKS, *_ARTICLES):
                place += 1
        return self._segment_at(place)

    def _way_of_dynamic(self, head: str, segment: Segment) -> str | None:
        """The arc of a dynamic or density of the start or the end only: "begins pianissimo", "ends dense"; else `None`."""
        if head not in ("dynamic", "density") or self.waiting:
            return None
        changes = prompt_table()["changes"]
        before = [word.folded for word in self.text.words[max(0, segment.first - 2) : segment.first]]
        value: Any = segment.value(head)
        soft = value in _SOFT if head == "dynamic" else value < _MIDDLING
        if before and before[-1] in {*changes["start"], *changes["from"]}:
            return "build" if soft else "wind-down"
        if before and before[-1] in changes["ends"]:
            return "soft-end" if soft else "loud-end"
        if before and before[-1] in {*changes["to"]} - {"a"}:
            return "wind-down" if soft else "build"
        return None

    def _is_of_hand(self, segment: Segment) -> bool:
        """Whether a word is that of one hand of two: "left hand only plays half notes", not "left hand alone"."""
        said = re.split(r"[,.;:!?()]", self.text.plain[: self.text.words[segment.first].start])[-1]
        return bool(re.search(r"\b(?:left|right) hand\b(?! alone)", said))

    def _is_of_moment(self, head: str, segment: Segment) -> bool:
        """Whether a word is that of a moment: "a slow aftermath", "a loud high climax", "with a long guitar solo"."""
        if head not in ("tempo", "speed", "dynamic", "density", "length"):
            return False
        words = self.text.words
        table = prompt_table()["sections"]
        moments = [*table["moments"], *(_SOLOS if self.adding else ()), *(table["details"] if head == "length" else ())]
        first = self.waiting["negation"].first if "negation" in self.waiting else segment.first
        if first > 0 and words[first].folded == "too" and words[first - 1].folded in _SOLOS:
            return True  # "no solos too fast"
        following = self._next(segment.last)
        if words[segment.last - 1].folded.endswith("ly") and following in prompt_table()["sections"]["changing"]:
            return True  # "slowly goes wrong", "slowly shift out of phase"
        noun = segment.last
        for later in self.segments[self.segments.index(segment) + 1 :]:
            if later.first != noun or not later.is_a("ensemble", "instrument") or self._ends_clause(noun):
                break
            noun = later.last  # "a short walking bass break"
        if head == "density" and self._is_of_hand(segment):
            return True
        return any(words[place].folded in moments for first in {segment.last, noun} for place in self._rest_of_clause(first, 2))

    def _segment_at(self, place: int) -> Segment | None:
        """The segment that begins with a word, else `None`."""
        return next((each for each in self.segments if each.first == place), None)

    def _is_player(self, segment: Segment | None) -> bool:
        """Whether a segment names an ensemble or an instrument."""
        return segment is not None and segment.is_a("ensemble", "instrument")

    def _phrase(self, segment: Segment) -> str:
        """The words of a segment as the prompt has them."""
        return self.text.slice(segment.first, segment.last)

    def _next(self, place: int) -> str:
        """The word at a place if it goes on with the clause of the word before it, else empty."""
        words = self.text.words
        return words[place].folded if place < len(words) and not self._ends_clause(place) else ""

    def _ends_clause(self, place: int) -> bool:
        """Whether punctuation precedes a word."""
        return place < len(self.text.words) and bool(_CLAUSE_ENDS & set(self.text.gap(place)))

    def _starts(self, segment: Segment) -> bool:
        """Whether a mood is that of the start: "starts quiet", "a quiet start", "from quiet to loud"."""
        changes = prompt_table()["changes"]
        to = any(self.text.words[place].folded in changes["to"] for place in self._rest_of_clause(segment.last, _TO_WITHIN))
        named = to and self._follows(segment, frozenset(changes["from"]))
        follows = self._follows(segment, self.start_words) and not self._ends_clause(segment.first)
        before = " ".join(word.folded for word in self.text.words[max(0, segment.first - 2) : segment.first])
        follows = follows or before in changes["before"]
        return named or follows or self._goes_on_with_start(segment) or self._place_of_mood(segment) == "start"

    def _goes_on_with_start(self, segment: Segment) -> bool:
        """Whether a mood alone in a clause is that of a start after which something comes: "starts with piano, quiet, then"."""
        words = self.text.words
        if not self._ends_clause(segment.first) or not self._ends_clause(segment.last):
            return False
        before = segment.first - 1
        while before and not self._ends_clause(before):
            before -= 1
        opening = {word.folded for word in words[before : min(before + _TO_START, segment.first)]}
        changes = prompt_table()["changes"]
        later = {word.folded for word in words[segment.last :]}
        turns = {*changes["turns"], *changes["gradual"], "then", "enter", "enters", "join", "joins", "until"}
        return bool(opening & self.start_words) and bool(later & turns)

    def _rest_of_clause(self, first: int, most: int) -> Iterator[int]:
        """Places of at most `most` words from the first on, up to the next punctuation."""
        for place in range(first, min(first + most, len(self.text.words))):
            if self._ends_clause(place):
                return
            yield place

    def _end_of_exclusions(self, segment: Segment) -> int:
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

    def _end_of_denied_detail(self, segment: Segment) -> int:
        """Where what players are not to do ends, "no [guitar solo]", "no [guitar or bass fills]"; else its first word."""
        if not segment.is_a("ensemble", "instrument"):
            return segment.first
        words, sections = self.text.words, prompt_table()["sections"]
        last = self._end_of_exclusions(segment)
        last += self._next(last) in {*_SOLOS, *_INTERLUDES, *sections["moments"], *sections["words"], *sections["doings"]}
        is_phrase = words[last - 1].folded in _SOLOS and last > segment.first + 1  # "bass solo"
        is_phrase = is_phrase or "solo" in [word.folded for word in words[max(segment.first - 1, 0) : segment.first + 1]]
        return last if last > self._end_of_exclusions(segment) or is_phrase else segment.first

    def _follows(self, segment: Segment, words: frozenset[str]) -> bool:
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
def _later_place() -> re.Pattern[str]:
    """A place after the noun that a mood describes: "tender [oboe melody in the middle]", "heroic [theme first]"."""
    noun = r"(?:(?!from|to|until|till|throughout|but|yet|then)[a-z'-]+ ){1,3}"
    place = r"(?:(?:in|at|towards|near) the (?:very )?|at )?(middle|end|beginning|start|first|last)(?! of\b)"
    return re.compile(rf"{noun}{place}(?=\s*(?:[,.;!]|$)| with\b| and then\b)")


@cache
def _joint_end() -> re.Pattern[str]:
    """A second word for the end that a mood describes: "sad [and quiet ending]", "a tender[, soft finale]"."""
    ends = either(prompt_table()["sections"]["ends"])
    return re.compile(rf"(?:,? and |, )(?:very |rather |quite )?([a-z'-]+) (?:{ends})\b(?! of\b)")


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


def _prefix_value(waiting: Mapping[str, Segment], kind: str, default: Any) -> Any:
    return waiting[kind].value(kind) if kind in waiting else default


def read_findings(text: Text) -> Reading:
    """The findings of a prompt, in reading order.

    >>> from composer.prompt.prompt_text import read_text
    >>> [(f.kind, f.phrase, f.degree) for f in read_findings(read_text("a very sad waltz, two violins, no drums")).findings]
    [('mood', 'very sad', 1.5), ('style', 'waltz', 1.0), ('part', 'two violins', 1.0), ('exclusion', 'no drums', 1.0)]
    """
    return _Reader(text).read()


def _players_in(number: float) -> int:
    """A number of players; 303 and 1970 are none."""
    return int(number) if number <= _MOST_PLAYERS else 0
