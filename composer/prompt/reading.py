"""Combines segments into findings in reading order: "very sad", "two violins", "no drums", "70 % Bach".

Knows which words modify which, not which of two contradictory findings counts: see `composer.prompt.settle`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from composer.brief import DRUMS
from composer.presets import moods
from composer.prompt.figures.keys import OTHER_MODE
from composer.prompt.figures.patterns import NTH
from composer.prompt.findings import FIGURE, NOT_QUITE, PACES, TOTAL, WORD, Finding, Reading
from composer.prompt.lexicon import Sense, either, phrase_of, prompt_table
from composer.prompt.listed_parts import starts_of_parts
from composer.prompt.prompt_text import Text
from composer.prompt.segments import Segment
from composer.prompt.surroundings import ARTICLES, CLAUSE_ENDS, SOLOS, Surroundings

_MOST_PLAYERS = 99
# Of several senses of one phrase the first of these counts, then an option of the lexicon; a style keeps its ensemble.
_HEADS = (
    "mood", "use", "style", "hint", "composer", "ensemble", "instrument", "form", "strophes", "chords", "degrees",
    "ground", "statements", "loudest", "always soft",
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
_STYLES = ("style", "hint", "use")  # heads that may name a genre
_PREFIXES = ("negation", "degree", "share", "number")
_DENIALS = (
    "no", "not", "never", "without", "avoid", "avoiding", "non", "nothing", "don't", "isn't", "shouldn't", "anything but",
    "nicht", "nichts", "ohne", "kein", "keine", "senza", "sin", "nada", "pas", "rien", "sans",
)  # fmt: skip
_LEAVING_OUT = ("no", "without", "ohne", "kein", "keine", "sans", "sin", "senza")  # before players
_ALONE = frozenset(
    ("alone", "unaccompanied", "seul", "seule", "seuls", "seules", "sola", "solas", "allein", "alleine", "sozinho", "sozinha")
)  # after a part
_BY_ITSELF = (["solo"], ["unaccompanied"])  # before a part
_ONLY = frozenset(("only", "just", "nur", "seulement", "solamente"))
_GROOVES = ("groove", "beat", "beats", "loop", "part", "track", "line")  # between a part and "only"
_EFFECTS = ("guitar", "guitars", "effect", "pedal")  # after "chorus" as an effect
_ONE_SECTION = ("section", "passage", "interlude", "variation")  # after a style that is not that of the piece
# Between "solo" and its player: "solo of the viola".
_OF = ("of", "for", "by", "on", "the", "der", "des", "fur", "de", "du", "del", "della", "di", "do", "da", "la", "el", "il")
_ON = {"on"}  # after "with": what a player of the list plays, "with off-beats on the organ"
# Before a player that is known.
_DEFINITE = (*NTH, "the", "der", "die", "das", "dem", "den", "le", "la", "les", "el", "los", "las", "il", "lo", "gli")
_MOST_BEFORE_NOUN = 2  # words between an article and its noun: "the soft second violin"
_JOINTS = ("-", "–", "/")
_SOFT = ("ppp", "pp", "p", "mp")
_MOST_IN_LIST = 3  # words between two players of a list
_TO_WITHIN = 2  # words between "from calm" and its "to": "from calm piano to orchestra"
_MIDDLING = 0.5  # the density between sparse and busy
# After a number that does not count players: "two pieces for flute".
_OF_NO_PLAYERS = ("acts", "phases", "stages", "piece", "pieces", "movement", "music", "for", "work", "works")
_PLAYERS = ("player", "players", "musicians", "performers")  # beside an instrument: "two trumpet players"
_FIGURES = ("bpm", "key", "meter", "bars", "counts", "duration", "chords", "hits", "sections")


class _Reader(Surroundings):
    """Reads from left to right and holds modifiers until the word that they modify."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.reading = Reading()
        self.waiting: dict[str, Segment] = {}
        self.correcting = self.cued = self.adding = False
        self.corrected = self.added_from = 0  # findings before the correction, and before "with"
        self.excluded_until = self.unknown_until = self.skipped_until = -1
        self.mood_first = self.mood_last = self.pace_last = -1
        self.clause = 0
        self.manners = frozenset(prompt_table()["cues"]["manners"])
        self.options = tuple(prompt_table()["options"])
        self.ranks = {kind: rank for rank, kind in enumerate((*_HEADS, *self.options))}
        self.is_song = bool({word.folded for word in text.words} & set(prompt_table()["sections"]["songs"]))
        self.lists_parts = bool(starts_of_parts(text.plain))
        self.guarded = {phrase_of(name) for name in prompt_table()["composers"]["guarded"]}

    def read(self) -> Reading:
        for index, segment in enumerate(self.segments):
            if self.ends_clause(segment.first):
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
            if segment.is_a("correction"):
                self.correcting, self.corrected = True, len(self.reading.findings)
            elif head := self._head_of(index):
                self._read_head(head, segment)
            else:
                self._read_other(segment)
        self._give_up_waiting(len(self.text.words))
        return self.reading

    def _head_of(self, index: int) -> str | None:
        """The kind of the sense of a segment that counts, `None` if it is not a statement."""
        segment = self.segments[index]
        kinds = [sense.kind for sense in segment.senses]
        head = min((kind for kind in kinds if kind in self.ranks), key=self.ranks.__getitem__, default=None)
        if head in _STYLES and self.is_everyday(segment):
            return None
        if head == "composer" and not self._may_be_composer(index):
            return "length" if "length" in kinds else None
        return head

    def _read_head(self, head: str, segment: Segment) -> None:
        """Reads a segment that may be a statement about the piece."""
        if segment.is_a("instrument") and (self.is_vibe(segment) or self.is_line(segment) or self.is_likeness(segment)):
            return
        elif way := self._way_of_dynamic(head, segment):
            self._find("arc", way, self.phrase(segment))
        elif self._is_of_moment(head, segment):
            self.waiting.clear()
            self._ignore(segment)
        elif head in _STYLES and self._is_style_of_section(segment):
            phrase = self.text.slice(segment.first, segment.last + 1)
            self._find("placed style", phrase, phrase)
        elif self._is_of_section(head, segment):
            self._ignore_section(head, segment)
        else:
            self._take(head, segment)

    def _read_other(self, segment: Segment) -> None:
        """Reads a segment that only modifies others, or is unknown."""
        if prefixes := [sense.kind for sense in segment.senses if sense.kind in _PREFIXES]:
            self._wait(prefixes, segment)
        elif segment.is_a("cue before"):
            self.cued = True
        elif segment.is_a("drumless"):
            drums = replace(segment, senses=(Sense("instrument", (DRUMS,)),))
            self._find("exclusion", drums, self.phrase(segment))
        elif "number" in self.waiting and self.phrase(segment).lower() in _OF_NO_PLAYERS:
            self._give_up(self.waiting.pop("number"))
        elif not segment.is_a("filler", "cue after") and not self._is_of_players(segment):
            self._ignore(segment)

    def _end_of_denied_manner(self, segment: Segment) -> int:
        """Where players end whom a prompt does not want in one way, "no [clean vocals]"; else the first word of a segment."""
        denied = self.waiting.get("negation")
        if denied is None or self.phrase(denied).lower() not in _LEAVING_OUT:
            return segment.first
        if denied.last != segment.first or segment.is_a("filler", "ensemble", "instrument", "number", "degree"):
            return segment.first
        player = self.segment_at(segment.last)
        if player is None or not self.is_player(player) or self.ends_clause(player.first):
            return segment.first
        is_list = self.end_of_exclusions(player) > player.last
        return segment.first if is_list else player.last

    def _is_of_section(self, head: str, segment: Segment) -> bool:
        """Whether a word describes a section ("a slow introduction", "drums from the second verse"), or is one.

        The chorus of a song is not a choir. Moods of the start or the end are those of the piece there.
        """
        words = self.text.words
        following = words[segment.last].folded if segment.last < len(words) else ""
        if words[segment.first].folded == "chorus" and following in _EFFECTS:
            return True
        is_chorus = words[segment.first].folded in ("chorus", "choruses") and segment.last == segment.first + 1
        if is_chorus and (self.is_song or self.is_place(segment)):
            return True
        last = self.section_after(segment)
        if self.lists_parts and last == segment.last + 1 and words[segment.last].folded == _ONE_SECTION[0]:
            return False  # "begins in C, moves to a slow section and ends with a solo"
        if last == segment.last or (head == "mood" and self._place_of_mood(segment)):
            return False
        heads = ("tempo", "speed", "density", "length", "bpm", "mood", "style", "hint", "ensemble", "instrument", *self.options)
        is_part = segment.is_a("ensemble", "instrument")
        return head in heads and (is_part or head not in ("style", "hint"))

    def _is_style_of_section(self, segment: Segment) -> bool:
        """Whether a style is that of one section of a piece in another style: "a salsa ... then a mambo section"."""
        follows = self.next_word(segment.last) in _ONE_SECTION
        named = any(one.kind in ("style", "hint") for one in self.reading.findings)
        use = segment.value("use")
        is_genre = segment.is_a("style", "hint") or (isinstance(use, Mapping) and "why" in use)
        return follows and named and is_genre and not segment.is_a("instrument", "ensemble")

    def _place_of_mood(self, segment: Segment) -> str:
        """ "start" for "a quiet start", "end" for "a huge ending", "middle" for "tense in the middle", else empty."""
        last = self.section_after(segment)
        word = self.text.words[last - 1].folded if last > segment.last else ""
        if named := self.place_named_before(segment) or self._place_shared(segment):
            return named
        if self.closing_after(segment) > segment.last:
            return "end"
        joint = _joint_end().match(self.text.plain, self.text.words[segment.last - 1].end)
        if joint and self.is_quality(joint[1]) and (self.follows(segment, ARTICLES) or "and" in joint[0]):
            return "end"
        if not word and self.next_word(segment.last):
            found = _later_place().match(self.text.plain, self.text.words[segment.last].start)
            word = {"first": "start", "last": "end"}.get(found[1], found[1]) if found else ""
        return "start" if word in self.starts else "end" if word in self.ends else "middle" if word in self.middles else ""

    def _place_shared(self, segment: Segment) -> str:
        """ "end" for a mood that "and" joins to one whose place is named before it: "the ending sad and quiet"; else empty."""
        before = self.reading.findings[-1] if self.reading.findings else None
        words = {word.folded for word in self.text.words[self.mood_last : segment.first]} if self.mood_last >= 0 else set()
        is_joint = before is not None and before.kind == "mood" and before.is_end and before.clause == self.clause
        is_last = not self.next_word(segment.last)
        return "end" if is_joint and is_last and words == {"and"} else ""

    def _is_of_last_section(self, segment: Segment) -> bool:
        """Whether a mood is that of the last section only, and nothing grows or turns into it slowly."""
        sections = prompt_table()["sections"]
        last = self.section_after(segment)
        goal = {word.folded for word in self.text.words[segment.last : last]} & set(sections["goals"])
        before = {word.folded for word in self.text.words[max(0, self.mood_last) : segment.first]}
        gradual = before & set(prompt_table()["changes"]["gradual"])
        return self._place_of_mood(segment) == "end" and not goal and not gradual

    def _ignore_section(self, head: str, segment: Segment) -> None:
        """Ignores a statement about a section; but an instrument that enters there joins the others."""
        first = min((waiting.first for waiting in self.waiting.values()), default=segment.first)
        self.skipped_until = self.section_after(segment)
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
        self.reading.ignored.append(self.phrase(segment))

    def _ignore(self, segment: Segment) -> None:
        """Ignores an unknown word, together with its modifiers and with an unknown word just before it."""
        first = min((waiting.first for waiting in self.waiting.values()), default=segment.first)
        self.waiting.clear()
        phrase = self.text.slice(first, segment.last)
        if self.unknown_until == first and not CLAUSE_ENDS & set(self.text.gap(first)):
            self.reading.ignored[-1] += self.text.gap(first) + phrase
        else:
            self.reading.ignored.append(phrase)
        self.unknown_until = segment.last

    def _take(self, head: str, segment: Segment, joins: bool = False) -> None:
        """Makes a finding of a word and its modifiers; a part that `joins` is not the whole line-up."""
        waiting, self.waiting = self.waiting, {}
        is_part = segment.is_a("ensemble", "instrument") and head in ("style", "hint", "ensemble", "instrument")
        is_free = is_part and self.is_free(segment)
        negated = "negation" in waiting or (is_part and segment.first < self.excluded_until) or is_free
        if is_free:
            self.skipped_until = segment.last + 1
        if not is_part and "number" in waiting and self.describes_part(segment):
            self.waiting["number"] = waiting.pop("number")  # "two beginner violins"
        elif not is_part and "number" in waiting:
            self._give_up(waiting.pop("number"))
        first = min((prefix.first for prefix in waiting.values()), default=segment.first)
        phrase = self.text.slice(first, segment.last)
        if negated and (last := self.end_of_denied_detail(segment)) > segment.first:
            self.skipped_until = last
            denied = self.text.slice(first, last)
            if {*SOLOS} & {word.folded for word in self.text.words[max(segment.first - 1, 0) : last]}:
                self._find("denied solo", None, denied)  # which no piece has unless it is requested
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
            self.excluded_until = self.end_of_exclusions(segment)
        self.cued = self.cued and head in ("composer", "style")
        only = is_part and self._is_only(segment)
        if only and segment.last < len(self.text.words) and self.text.words[segment.last].folded in _ALONE:
            self.skipped_until = segment.last + 1
        acts = self.end_of_action(segment) if is_part and not negated else segment.last
        if acts > segment.last:
            self.skipped_until = acts
            self.reading.ignored.append(self.text.slice(segment.last, acts))
        if is_part and not only and self._leads(segment):
            self._add_listed()
        self._find(
            kind=("exclusion" if negated else "part") if is_part else "duration" if head == "total" else head,
            value=segment if is_part else segment.value(head),
            phrase=phrase + (f" ({segment.note})" if segment.note.startswith("read") else ""),
            strength=TOTAL if head == "total" else FIGURE if head in _FIGURES else WORD,
            degree=NOT_QUITE if negated and not is_part else _prefix_value(waiting, "degree", 1.0),
            share=_prefix_value(waiting, "share", None),
            count=_players_in(_prefix_value(waiting, "number", 0)),
            is_correction=self.correcting and (not is_part or self._goes_on_with_parts()),
            is_turn=head in ("mood", *_STYLES) and bool(self._turns_of_pace(segment)),
            first=segment.first,
            last=segment.last,
            **self._marks_of_pace(segment) if head in PACES else {},
            **self._marks_of_mood(segment, first) if head == "mood" else {},
            **self._marks_of_part(segment, first, only, joins or acts > segment.last) if is_part else {},
            is_bare=is_part and "number" not in waiting and not self.follows(segment, self.part_cues),
            is_acting=acts > segment.last,
        )
        if head in PACES:
            self.pace_last = segment.last
        if head == "mood":
            self.mood_first, self.mood_last = segment.first, segment.last
            self.skipped_until = max(self.skipped_until, self.section_after(segment), self.closing_after(segment))

    def _find(self, kind: str, value: Any, phrase: str, **others: Any) -> None:
        """Adds a finding of this clause."""
        self.reading.findings.append(Finding(kind, value, phrase, clause=self.clause, **others))

    def _marks_of_pace(self, segment: Segment) -> dict[str, bool]:
        """How the tempo before changes into this one."""
        turns = self._turns_of_pace(segment)
        return {"is_change": bool(turns), "is_sudden": bool(turns & set(prompt_table()["changes"]["sudden"]))}

    def _marks_of_mood(self, segment: Segment, first: int) -> dict[str, bool]:
        """Where a mood is that begins with a word."""
        place = self._place_of_mood(segment)
        return {
            "is_change": self._changes(segment),
            "is_start": self._starts(replace(segment, first=first)),
            "is_end": place == "end",
            "is_last": self._is_of_last_section(segment),
            "is_middle": place == "middle",
        }

    def _marks_of_part(self, segment: Segment, first: int, only: bool, joins: bool) -> dict[str, Any]:
        """What the words around a part that begins with a word say of it."""
        is_solo = self.is_solo(segment) or self._is_solo_of(segment)
        return {
            "is_added": not only and (self.adding or joins or segment.is_a("feature") or self._leads(segment)),
            "is_for": only or self._is_for(segment),
            "is_only": only,
            "is_leading": self._is_soloist(segment),
            "is_solo": is_solo and not self._is_accompanied(segment),
            "is_of_genre": self.is_of_genre(segment),
            "opens_list": self._opens_list(first),
            "is_listed": self._is_listed(first),
            "is_described": self.follows(replace(segment, first=first), self.manners),
            "is_definite": self._is_definite(first),
            "nth": NTH.get(self.text.words[first - 1].folded, 0) if first else 0,
            "is_likened": self.is_likened(first, segment.last),
        }

    def _is_alternative(self, first: int) -> bool:
        """Whether a part that begins with a word is another choice for the one right before it: "flute or violin"."""
        words, before = self.text.words, self.reading.findings[-1:]
        place = first - 1 if first and words[first - 1].folded not in ARTICLES else first - 2
        follows = bool(before) and before[0].kind == "part" and before[0].last == place
        return follows and words[place].folded in self.alternatives

    def _is_definite(self, first: int) -> bool:
        """Whether a part is one that is known, "the second violin", or goes on with such ones: "the horn and oboe"."""
        before = self.reading.findings[-1] if self.reading.findings else None
        place = first
        while place and not self.ends_clause(place) and first - place <= _MOST_BEFORE_NOUN:
            word = self.text.words[place - 1].folded
            if word in _DEFINITE:
                return True
            if before is not None and before.kind == "part" and before.last == place - 1 and word == "and":
                return before.is_definite
            if word in self.part_cues or word in _OF:
                return False
            place -= 1
        return False

    def _is_of_players(self, segment: Segment) -> bool:
        """Whether "players" are those of an instrument: "two [players] on trumpet", "two trumpet [players]"."""
        if self.text.words[segment.first].folded not in _PLAYERS:
            return False
        before = self.reading.findings[-1] if self.reading.findings else None
        follows = before is not None and before.kind == "part" and before.last == segment.first
        return (follows and not self.ends_clause(segment.first)) or ("number" in self.waiting and self.describes_part(segment))

    def _goes_on_with_parts(self) -> bool:
        """Whether only parts follow the last correction: "flute, actually two oboes", not "actually faster, with flute"."""
        return all(finding.kind == "part" for finding in self.reading.findings[self.corrected :])

    def _turns(self, segment: Segment) -> bool:
        """Whether "just" or "only" ends what is denied: "no melody just drums", not "not just drums"."""
        is_only = self.text.words[segment.first].folded in _ONLY and "negation" in self.waiting
        return is_only and self.waiting["negation"].last < segment.first

    def _turned(self, head: str, segment: Segment, waiting: Mapping[str, Segment]) -> tuple[str, Any] | None:
        """What a negation means: "never minor" is major, "not in 3/4" denies the meter, "not too serious" the mood."""
        value: Any = segment.value(head)
        if head == "mood" and _prefix_value(waiting, "degree", 1.0) == NOT_QUITE and moods()[value[0]].valence < 0:
            return "denied mood", value
        negation = waiting.get("negation")
        if negation is None or self.phrase(negation).lower() not in _DENIALS:
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
        follows = self.follows(segment, close) or (article and self.text.words[segment.first - 2].folded in close)
        return follows or bool(self.reading.findings and self.reading.findings[-1].is_for)

    def _opens_list(self, first: int) -> bool:
        """Whether only a colon, a bracket, "for" or "has" is between the part before and the part that begins at a word."""
        before = self.reading.findings[-1] if self.reading.findings else None
        if before is None or before.kind != "part":
            return False
        words = [word.folded for word in self.text.words[before.value.last : first] if word.folded not in ARTICLES]
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
        if self.is_solo(segment) and not (self.adding or self.follows(segment, ARTICLES) or self.has_place(segment)):
            return False
        rest = [word.folded for word in self.text.words[segment.last : segment.last + 2]]
        said = {" ".join(rest[:count]) for count in (1, 2)}
        return bool(said & set(prompt_table()["additions"]["lead"])) and not self.ends_clause(segment.last)

    def _is_soloist(self, segment: Segment) -> bool:
        """Whether a part leads all others, "clarinet lead", "organ and solo voice", and does not only have a solo."""
        before = self.text.words[segment.first - 1].folded if segment.first and not self.ends_clause(segment.first) else ""
        beside = self.adding or any(one.kind == "part" and one.clause == self.clause for one in self.reading.findings)
        is_soloist = before == "solo" and (beside or self.has_others(segment))
        return (self._leads(segment) and not self.is_solo(segment)) or is_soloist or self._is_accompanied(segment)

    def _is_accompanied(self, segment: Segment) -> bool:
        """Whether a part is a soloist whom others accompany, "cello solo with string orchestra", not "a cello solo"."""
        is_first = self.is_solo(segment) and not (self.adding or self.follows(segment, ARTICLES))
        of_genre = is_first and self.is_of_genre(segment)  # "sax solo with jazz trio"
        return is_first and not of_genre and self.has_others(replace(segment, last=segment.last + 1))

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
        while self.next_word(last) in _GROOVES:
            last += 1
        after = self.next_word(last) in _ONLY | _ALONE and not self.next_word(last + 1)  # "strings only", not "only at the end"
        before = [word.folded for word in self.text.words[max(0, segment.first - 2) : segment.first]]
        alone = before[-1:] in _BY_ITSELF and not (self.adding or self.ends_clause(segment.first) or self.has_others(segment))
        follows = (before[-1:] and before[-1] in _ONLY) or (before[-1:] and before[-1] in ("a", "an") and before[0] in _ONLY)
        return after or alone or bool(follows) or self._goes_on_with_only(segment)

    def _goes_on_with_only(self, segment: Segment) -> bool:
        """Whether a part goes on with a list of which "only" is said: "only flute, [soft] harp"."""
        before = self.reading.findings[-1] if self.reading.findings else None
        return before is not None and before.is_only and 0 <= segment.first - before.last <= _MOST_IN_LIST

    def _is_solo_of(self, segment: Segment) -> bool:
        """Whether "a solo of" or the like is right before a part that is added: "with a solo for the viola"."""
        words, place = self.text.words, segment.first
        while place and words[place - 1].folded in _OF and not self.ends_clause(place):
            place -= 1
        return self.adding and 0 < place < segment.first and words[place - 1].folded in SOLOS

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

    def _is_of_moment(self, head: str, segment: Segment) -> bool:
        """Whether a word is that of a moment: "a slow aftermath", "a loud high climax", "with a long guitar solo"."""
        if head not in ("tempo", "speed", "dynamic", "density", "length"):
            return False
        words = self.text.words
        table = prompt_table()["sections"]
        moments = [*table["moments"], *(SOLOS if self.adding else ()), *(table["details"] if head == "length" else ())]
        first = self.waiting["negation"].first if "negation" in self.waiting else segment.first
        if first > 0 and words[first].folded == "too" and words[first - 1].folded in SOLOS:
            return True  # "no solos too fast"
        following = self.next_word(segment.last)
        if words[segment.last - 1].folded.endswith("ly") and following in prompt_table()["sections"]["changing"]:
            return True  # "slowly goes wrong", "slowly shift out of phase"
        noun = segment.last
        for later in self.segments[self.segments.index(segment) + 1 :]:
            if later.first != noun or not later.is_a("ensemble", "instrument") or self.ends_clause(noun):
                break
            noun = later.last  # "a short walking bass break"
        if head == "density" and self.is_of_hand(segment):
            return True
        return any(words[place].folded in moments for first in {segment.last, noun} for place in self.rest_of_clause(first, 2))

    def _starts(self, segment: Segment) -> bool:
        """Whether a mood is that of the start: "starts quiet", "a quiet start", "from quiet to loud"."""
        changes = prompt_table()["changes"]
        to = any(self.text.words[place].folded in changes["to"] for place in self.rest_of_clause(segment.last, _TO_WITHIN))
        named = to and self.follows(segment, frozenset(changes["from"]))
        follows = self.follows(segment, self.start_words) and not self.ends_clause(segment.first)
        before = " ".join(word.folded for word in self.text.words[max(0, segment.first - 2) : segment.first])
        follows = follows or before in changes["before"]
        return named or follows or self.goes_on_with_start(segment) or self._place_of_mood(segment) == "start"


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
