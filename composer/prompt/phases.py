"""Phases of a cue: what a prompt says of the piece from one time to the next, as sections that begin there.

"0:00-0:20 eerie piano, 0:20-0:40 strings, then the orchestra" and "at 0:35 the drums enter and it speeds up" are a form with a
letter for each phase, a big hit where each begins, and settings of these sections: who plays, the tempo, the key. Moods are
held from one time to the next. Moods alone stay moods at times: see `composer.prompt.settle_moods`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from composer.brief import Hit
from composer.brief.hits import Strength, parse_hits
from composer.brief.section_key import parse_section_key
from composer.controls import BED
from composer.presets import instruments, moods, nearest_mood
from composer.prompt.figures.band_sections import PLAYER, player_name
from composer.prompt.findings import AFTER_LAST_HIT_S, PACES, PLEASANT, Finding, senses_of_part
from composer.prompt.lexicon import word_of_tempo
from composer.prompt.listed_parts import starts_of_parts
from composer.prompt.parts import LARGEST_GROUP, english_of, players_of_part
from composer.prompt.prompt_text import Text
from composer.prompt.scopes import ENDS, STARTS
from composer.score import Key

_MOST, _FEWEST = 8, 2  # phases
_TO_TIME, _IN_LIST = 4, 2  # words from a player to its time, and between two players of a list
_SPLITS = ("then", "builds", "build", "building", "to", "into", "before", "grows", "but")
_TURN_S = 1.0  # from the end of the mood of one phase to that of the next
_RESTS = re.compile(
    r"(?:(?:is|are|stays?|remains?|keeps?) |completely )*(?:silent|tacet|absent|resting|muted|do)"
)  # before "until"
_LEFT_OUT = re.compile(r"^(?:no|without|sans|sin|senza|sem|ohne|kein[a-z]*)(?: any| the)? ", re.IGNORECASE)
_COMES = r"[^,.;]{0,12}\b(?:enter(?:s|ing)?|joins?|kicks? in|comes? in|drops? in|starts?|appears?|takes? over"
_COMES += r"|on top|entrent|entran?o?|entre|entram|setz(?:t|en) ein|kommt|kommen)\b"
_GOES = r"[^,.;]{0,12}\b(?:drops? out|drop(?:ping)? away|falls? silent|stops?|rests?|leaves?|disappears?"
_GOES += r"|(?:is|are) (?:out|silent)|(?:does|do) not play)\b"
_CHANGES = r"\b(?:modulat\w*|chang\w*|shift\w*|switch\w*|mov\w*|goes|going|turn\w*|now|into|to|back)\b[^,.;]*$"
_ALONE_IN_GROUP = (" alone", " only")  # after a player who may be one of a group
_DROP = "Drop"
_SECTIONS = {
    "breakdown": "Break", "break": "Break", "drop": _DROP, "build-up": "Build", "buildup": "Build", "build": "Build",
    "chorus": "Chorus", "verse": "Verse", "bridge": "Bridge", "outro": "Outro",
}  # fmt: skip
_NEAR = 60  # characters before a time in which the name of its section is
_CALM_PERCENT = 67  # where the end of a scene begins whose only turn is to another mood and a soloist
_BEFORE_END = "before end"  # kind of findings of the last seconds in which others play than before
_LAST_PART = "last part"  # kind of findings of the last seconds in which something goes on
_LATEST_S = 6000  # of times that are written with minutes and seconds
_SHORTEST_S = 4.0  # from one phase to the next
_SAME_S = 1.0  # from the beginning of a phase, up to which a hit is met there
_ALONE = r"\b(?:then|afterwards?|only|just|solo|lone|lonely|single)\b"
_ON = "from"  # kind of findings of times that take nothing of what is said before them
_MELODY = "melody "
_OF_PHASES = ("only ", "late ", "+", "no ", "key ", _MELODY)  # settings of sections that phases have
_BEGINS = r" (?:(?:begins?|starts?|opens?)(?: off)?(?: (?:alone|first|by itself))?|at first|to begin with)"
_BEGINS += r"(?=\s*(?:[,;.]|(?:and )?then\b))"
_ALL_BUT = r"\b(?:everything|everybody|everyone|all)(?: [a-z]+){0,2} (?:but|except|save)(?: for)? (?:the |an? )?(?:[a-z]+ )?$"
_IN_TIME = r"\b(?:seconds|secs|minutes?)\b|[0-9]s\b"  # in the words of a part of a piece
_OVER = r"\b(?:over|above|against) (?:the |an? )?(?:[a-z]+ )?$"
_LEFT_ALONE = r" (?:is |are |plays? |stays? |remains? )?(?:left |all )?(?:alone|by itself|on its own)\b"
_FOR = r"\bfor (?:the |an? )?$"
_LED_BY = r"\b(?:led|carried|dominated) by (?:the |an? |solo )*$"
_TUNE_FOR = r"\b(?:theme|melody|tune) (?:for|on|in|by) (?:the |an? |solo )*$"
_HIT = r"\b(?:hit|drop|impact|crash|stab|stinger|explosion|climax|reveal)\b"
_BEFORE = r"(?: [a-z]+){0,3} before(?:hand| that| it| then)?(?=\s*(?:[,.;!]|$))"
_ENDS_ON = r"\b(?:ends?|ending|finish(?:es)?|closes?)(?: [a-z]+)? (?:on|with) (?:the |an? )?$"
_OPENS = re.compile("(?:start|intro): only ")
_WITH = r"\bwith (?:the |a |an )?$"
_JOINS = r"\b(?:adds?|adding|added|plus|bring(?:s|ing)? in|joined by|introduc(?:e|es|ing))(?: (?:the|a|an|some))? $"
_THEN = r"\b(?:then|afterwards?|after that|from (?:there|then)|followed by|until the end)\b"
_TURNS = r"\b(?:then|afterwards|followed by|finally|dann|danach|puis|ensuite|luego|despues|poi|depois)"
_ALL = r"\b(?:everyone|everybody|everything|all players|tutti|whole band|full band|all instruments|back to)\b"
_ALL += r"(?! (?:but|except|save|stops?|ends?|falls?|fades?|dies|drops? out|goes (?:quiet|silent)|is (?:over|silent))\b)"
_STOPS, _NEAR_END = r"\b(?:stop|cut|end)\b.* (?:at|on)\b", 0.9  # of the length: a stop from there on is the end
_WHOLE = r"\b(?:full|whole|entire|massive) [a-z]+$"
_FAMILIES = ("strings", "brass", "woodwinds", "choir", "piano", "bass", "guitar", "guitars", "organ", "sax", "saxophone")
_SHORT_NAMES = {"guitars": "guitar", "saxophone": "sax"}  # of families in settings
_RHYTHM = ("drums", "percussion", "beat")
_RETURN = "return"  # kind of findings of the first tempo
_LOOP = "loop"  # a form
_FILM = "film-cue"  # a style for a cue with times that names none, and no players but drums
_BAND, _BAND_PLAYERS = "pop", "pop-band"  # the style and the players of a "full band" that has no other style
_LETTERS = "ABCDEFGH"
_BACK = {"dominant": "subdominant", "subdominant": "dominant", "relative": "relative", "parallel": "parallel"}
_BACK |= {f"{way}{steps}": f"{other}{steps}" for way, other in ("+-", "-+") for steps in range(1, 8)}
_LIFT = "-2"  # from the key at the end to one before it that is not named
_EXCITED = 0.5  # arousal from which a phase begins with an accent


@dataclass(slots=True)
class _Phase:
    """A phase.

    Attributes:
        start_s: where it begins.
        place: of the finding that gives its start; -1 for the beginning of the piece.
        said: places of the findings that are said of it.
        taken: those of them that hold for it only.
        only: who plays in it; empty for everybody.
        joins: who enters in it.
        adds: who plays in it "with" something: with the others if these all play, else alone.
        rests: who rests in it.
        everybody: whether all are said to play.
        joined: whether who plays is said before the time, "strings at 0:30": they join the others.
        name: of a section, "Drop", if it is called so; else empty.
        pace: place of its tempo, -1 without one.
        key: its key, a relation or steps; empty without one.
        mood: its mood, empty without one.
        lead: who has the melody in it; empty for whom the style says.
        struck: whether it begins with a hit or a climax.
    """

    start_s: float
    place: int = -1
    said: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    only: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    adds: list[str] = field(default_factory=list)
    rests: list[str] = field(default_factory=list)
    everybody: bool = False
    joined: bool = False
    name: str = ""
    pace: int = -1
    key: str = ""
    mood: str = ""
    lead: str = ""
    struck: bool = False

    @property
    def strength(self) -> Strength:
        """That of the hit where it begins: everybody, a drop and an excited mood have an accent, who enters has none."""
        excited = bool(self.mood) and moods()[self.mood].arousal >= _EXCITED
        is_calm = bool(self.mood) and moods()[self.mood].arousal < 0
        return "big" if self.struck or (self.everybody and not is_calm) or self.name == _DROP or excited else "section"

    @property
    def sets(self) -> bool:
        """Whether it sets more than a mood."""
        players = self.only or self.joins or self.adds or self.rests or self.everybody
        return bool(players or self.name or self.key or self.lead) or self.pace >= 0


def with_phases(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings, with times and what is said of them as a form, hits and settings of its sections.

    Places that are shares of the piece, "until halfway", keep the form; beside times they are times. Nothing changes where a
    form is named beside times, where only moods have times, and where more phases are named than a cue can have.
    """
    findings = _with_climax(_with_last_seconds(_with_room(_with_silences(_with_players_of_features(findings), text))))
    findings = _with_growth(_with_lone_end(findings, text), text)
    found, in_shares = _with_shares(_as_hits(findings), text)
    counted = any(one.kind in ("form", "strophes", "section bars", "choruses", "bars") for one in found)
    if counted and not in_shares:
        return found
    if not in_shares:  # a time places what happens at the start and the end, too
        found = [replace(one, place="") if one.place in (*STARTS, *ENDS) else one for one in found]
    phases = _phases_of(found, text)
    whole = 0.0 if in_shares else max((one.value for one in found if one.kind == "duration"), default=0.0)
    if not _FEWEST <= len(phases) <= _MOST or (whole and phases[-1].start_s >= whole):
        return list(findings)
    _close_first(phases, found)
    found = _with_textures(found, phases)
    if in_shares:
        moods_differ = len({phase.mood for phase in phases}) > 1 and not any(one.is_end or one.is_middle for one in found)
        return _along_shares(found, phases) if moods_differ or any(phase.sets for phase in phases) else list(findings)
    return _with_settings(found, phases) if any(phase.sets for phase in phases[1:]) else found


def _with_players_of_features(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the players who enter at a time with a feature of a band, "0:20 ostinato strings"."""
    found: list[Finding] = []
    for before, one in pairwise([None, *findings]):
        found += [one] if one else []
        named = re.search(PLAYER, one.phrase.lower()) if one and one.kind == "band feature" else None
        if before and one and named and before.kind == "at" and before.clause == one.clause:
            found.append(replace(one, kind="sections", value=f"start: +{player_name(named[0])}"))
    return found


def _with_shares(findings: Sequence[Finding], text: Text) -> tuple[list[Finding], bool]:
    """The findings with shares of the piece as times, and whether these are in per cent, not in seconds as other times are.

    "First half piano, then strings" begins at 0 and again at the half: where something follows, else at the end.
    """
    findings = _with_turns(findings, text)
    shares = any(one.kind == "piece share" for one in findings)
    whole = max((one.value for one in findings if one.kind == "duration"), default=0.0)
    timed = any(one.kind in ("at", "until", "span") for one in findings)
    timed = timed or any(one.kind == "piece share" and re.search(_IN_TIME, one.phrase.lower()) for one in findings)
    if not shares or (timed and not whole):
        return list(findings), False
    found: list[Finding] = []
    pending: Finding | None = None
    since = 0  # where the first part of the piece ends, if what is said of it comes before its name
    for one in findings:
        if pending and one.kind != "piece share" and _is_said(one) and _follows(found[-1], one, text):
            found.append(replace(pending, first=one.first, last=one.first, clause=one.clause))
            pending = None
        if one.kind != "piece share":
            found.append(one)
            continue
        way, percent = one.value
        if way == _ON:
            found.append(replace(one, kind=_ON, value=float(percent)))
            continue
        at = percent * whole / 100 if timed else float(percent)
        if pending and way != "first" and pending.value < at:
            found.insert(since or len(found), pending)
        pending = None
        if way == "first":
            place = len(found)
            while place and _is_said(found[place - 1]) and found[place - 1].clause == one.clause:
                place -= 1  # "solo piano for the first half"
            since = len(found) + 1 if place < len(found) else 0
            found.insert(place, replace(one, kind="at", value=0.0))
            pending = replace(one, kind=_ON, value=at)
        else:
            found.append(replace(one, kind=way, value=at))
    return [*found, *([pending] if pending else [])], not timed


def _with_room(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings without a length that ends before a time of the prompt, "for 10 seconds, sad from 0:20 to 0:40".

    A hit at the very end comes earlier, so that it sounds, as "a hit at the end" does.
    """
    whole = max((one.value for one in findings if one.kind == "duration"), default=0.0)
    struck = [hit.time_s for one in findings if one.kind == "hits" for hit in parse_hits(one.value)]
    struck += [one.value[0] for one in findings if one.kind == "peak"]
    last_s = max([*struck, *(one.value for one in findings if one.kind in ("at", "until"))], default=0.0)
    last_s = max([last_s, *(one.value[1] for one in findings if one.kind == "span")])
    if any((one.kind, one.value) == ("form", _LOOP) for one in findings):
        return findings  # which has no hits
    if last_s > whole > 0:
        found = [replace(one, kind="beyond") if one.kind == "duration" else one for one in findings]
        last = next((one for one in reversed(findings) if one.kind in ("hits", "peak")), None)
        to_end = [replace(last, kind="duration", value=float(math.ceil(last_s + AFTER_LAST_HIT_S)))] if last else []
        return [*found, *(to_end if last_s in struck else [])]
    if whole not in struck or whole <= AFTER_LAST_HIT_S:
        return findings
    earlier = {whole: whole - AFTER_LAST_HIT_S}
    found = []
    for one in findings:
        if one.kind == "hits":
            hits = (replace(hit, time_s=earlier.get(hit.time_s, hit.time_s)) for hit in parse_hits(one.value))
            found.append(replace(one, value=", ".join(map(str, hits))))
        elif one.kind == "peak":
            found.append(replace(one, value=(earlier.get(one.value[0], one.value[0]), one.value[1])))
        else:
            found.append(one)
    return found


def _with_silences(findings: Sequence[Finding], text: Text) -> Sequence[Finding]:
    """The findings with players who are "silent until 0:25", or in the first half, as ones without whom the piece is then."""
    found = list(findings)
    for place, (before, one) in enumerate(pairwise(findings)):
        if before.kind == "part" and one.kind == "piece share" and before.last < one.first:
            between = text.plain[text.words[before.last - 1].end : text.words[one.first].start].strip()
            way = "until" if one.value[0] == "first" else "from"
            rests = ", ".join(f"no {name}" for name in names_of_part(before))
            if _RESTS.fullmatch(between):
                found[place + 1] = replace(
                    one, kind="sections", value=f"{way} {one.value[1]}%: {rests}", place=f"{one.value[1]}%"
                )
        if before.kind != "part" or one.kind != "until":
            continue
        if before.last == one.first and _RESTS.match(one.phrase.lower()):
            found[place] = replace(before, kind="exclusion")
        if before.last == one.first - 1 and "first" in one.phrase.lower():
            found[place] = replace(before, is_only=True, last=one.first)  # "bells only for the first 5 seconds"
    return found


def _with_last_seconds(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings with the first and the last seconds of a piece as such parts of it, where its length is known.

    Without a length the last seconds follow the last time before them: "stops at one minute, explodes for the last 30 seconds".
    """
    whole = max((one.value for one in findings if one.kind == "duration"), default=0.0)
    closing = next((one for one in findings if one.kind == _BEFORE_END), None)
    if closing and not whole and (times := sorted(_times_in(findings))):
        whole = times[-1] + max(closing.value, times[-1] - (times[-2] if times[1:] else 0.0)) + closing.value
        findings = [*findings, replace(closing, kind="duration", value=whole)]
    last = next((place for place, one in enumerate(findings) if one.kind == _LAST_PART), -1)
    if not whole and last > 0 and (times := _times_in(findings[:last])):
        findings = [*findings, replace(findings[last], kind="duration", value=max(times) + findings[last].value)]
    findings = [
        replace(one, kind="beyond" if whole or place != last else "phase", value="up to the end")
        if one.kind == _LAST_PART
        else one
        for place, one in enumerate(findings)
    ]
    return _with_ends(findings, whole)


def _with_ends(findings: Sequence[Finding], whole: float) -> Sequence[Finding]:
    """The findings with the first and the last seconds of a piece of a known length as parts of it."""
    found = [
        replace(one, kind="piece share", value=("first", 100 * one.value / whole))
        if one.kind == "opening" and one.value < whole
        else one
        for one in findings
    ]
    return [
        replace(one, kind=_ON, value=whole - one.value) if one.kind == _BEFORE_END and one.value < whole else one
        for one in found
    ]


def _times_in(findings: Sequence[Finding]) -> list[float]:
    """The times of hits and places, in seconds."""
    times = [hit.time_s for one in findings if one.kind == "hits" for hit in parse_hits(one.value)]
    return [*times, *(one.value for one in findings if one.kind in ("at", "until"))]


def _with_lone_end(findings: Sequence[Finding], text: Text) -> Sequence[Finding]:
    """The findings with a time for who ends a piece with times alone, "at 1:20 the strings, and it ends on piano alone"."""
    whole, times = max((one.value for one in findings if one.kind == "duration"), default=0.0), _times_in(findings)
    last_s = max(times, default=0.0)
    place = next((place for place, one in reversed([*enumerate(findings)]) if one.kind == "part"), -1)
    if place < 0 or not times or whole - last_s < _FEWEST * _SHORTEST_S:
        return findings
    part = findings[place]
    said = re.search(_ENDS_ON, text.plain[: text.words[part.first].start]) and (part.is_only or "solo" in part.phrase.lower())
    if not said:
        return findings
    start = replace(part, kind=_ON, value=round(whole - max(_SHORTEST_S, (whole - last_s) / 4), 1), last=part.first)
    return [*findings[:place], start, *findings[place:]]


def _with_growth(findings: Sequence[Finding], text: Text) -> Sequence[Finding]:
    """The findings with a time for who joins a growth before the first one: "starts with a violin, builds with drums"."""
    times = [place for place, one in enumerate(findings) if one.kind in ("at", "hits", "until")]
    opening = [place for place, one in enumerate(findings) if one.kind == "sections" and _OPENS.match(one.value)]
    if not times or not opening or findings[times[0]].kind == "until":
        return findings
    for place in range(opening[0] + 1, times[0]):
        one, arc = findings[place], findings[place - 1]
        if one.kind == "part" and arc.kind == "arc" and re.search(_WITH, text.plain[: text.words[one.first].start]):
            first_s = _times_in(findings[times[0] : times[0] + 1])[0]
            start = replace(one, kind="at", value=float(round(first_s / 3)), last=one.first)
            return [*findings[:place], start, *findings[place:]] if first_s > 3 * _SHORTEST_S else findings
    return findings


def _with_climax(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings with a climax at a share of the piece as one at a time, or as a swell where no length is known."""
    whole = max((one.value for one in findings if one.kind == "duration"), default=0.0)
    if not whole:
        return [replace(one, kind="arc", value="swell") if one.kind == "peak share" else one for one in findings]
    return [
        replace(one, kind="peak", value=(round(one.value * whole / 100, 1), "big")) if one.kind == "peak share" else one
        for one in findings
    ]


def _with_turns(findings: Sequence[Finding], text: Text) -> Sequence[Finding]:
    """The findings with shares of the piece between players who follow each other, "quiet piano, then band, then piano again".

    One "then" says so if those before it play alone; times and settings of sections place the players already.
    """
    if bounds := _listed_parts(findings, text):
        return _with_bounds(findings, bounds, from_start=True)
    placing = ("at", "until", "span", "hits", "peak", "piece share", "sections", "form", "strophes", "layers")
    parts = [place for place, one in enumerate(findings) if one.kind == "part" and not one.is_solo]
    if any(one.kind in placing for one in findings):
        return findings
    turns: list[int] = []
    turns_to_solo = False  # "a storm with timpani, then a sudden calm with solo oboe"
    for before, place in pairwise(parts):
        end = text.words[findings[before].last - 1].end
        if turn := re.search(rf"{_TURNS}(?: [a-z]+){{0,6}} $", text.plain[end : text.words[findings[place].first].start]):
            first = place
            while findings[first - 1].kind == "mood" and text.words[findings[first - 1].first].start >= end + turn.start():
                first -= 1  # "then a majestic section with full orchestra"
            turns.append(first)
            turns_to_solo = turns_to_solo or (first < place and _is_alone_in(findings[place]))
    alone = any(_is_alone_in(findings[place]) for place in parts[:1])
    if not turns or len(turns) > _MOST - 1 or (len(turns) == 1 and not (alone or turns_to_solo)):
        return findings
    if turns_to_solo and len(turns) == 1:
        found, place = list(findings), turns[0]
        found.insert(place, replace(found[place], kind="piece share", value=(_ON, _CALM_PERCENT), last=found[place].first))
        return found
    return _with_bounds(findings, [0, *turns])


def _with_bounds(findings: Sequence[Finding], bounds: Sequence[int], *, from_start: bool = False) -> list[Finding]:
    """The findings with shares of the piece before the places at which its equal parts begin, the first one if it is named."""
    found = list(findings)
    for place, one in reversed(list(enumerate(findings))):
        names = names_of_part(one) if one.kind == "part" and one.is_solo and not one.is_only else []
        if from_start and place >= bounds[0] and names:  # "and finishes with a guitar solo"
            found.insert(place + 1, replace(one, kind="sections", value=f"solo: {_MELODY}{names[0]}"))
            bounds = [bound + (bound > place) for bound in bounds]
    for number, place in reversed(list(enumerate(bounds))):
        if number or from_start:
            share = (_ON, round(100 * number / len(bounds)))
            found.insert(place, replace(findings[place], kind="piece share", value=share, last=findings[place].first))
    return found


def _listed_parts(findings: Sequence[Finding], text: Text) -> list[int]:
    """The places of the findings with which the listed parts of a piece begin; empty where none are listed, or times are."""
    starts = starts_of_parts(text.plain)
    placing = ("at", "until", "span", "hits", "peak", "piece share", "strophes", "layers")
    forms = [str(one.value).split() for one in findings if one.kind == "form"]
    if any(one.kind in placing for one in findings) or any(len(form) != len(starts) for form in forms):
        return []
    places = [
        next((place for place, one in enumerate(findings) if text.words[one.first].start >= start), len(findings))
        for start in starts
    ]
    return places if len(set(places)) == len(places) and places and places[-1] < len(findings) else []


def _is_alone_in(part: Finding) -> bool:
    """Whether a part is said to play alone."""
    return part.is_only or part.is_leading or "solo" in part.phrase.lower()


def _follows(before: Finding, one: Finding, text: Text) -> bool:
    """Whether "then", a new sentence or the like is between two findings, or the later one is said to come in."""
    between = text.plain[text.words[before.last - 1].end : text.words[one.first].start]
    after = text.plain[text.words[one.last - 1].end :]
    return bool(re.search(rf"{_THEN}|[.;]", between) or re.match(_COMES, after))


def _along_shares(findings: Sequence[Finding], phases: Sequence[_Phase]) -> list[Finding]:
    """The findings with settings of the sections between shares of the piece in place of those that they come from."""
    found = list(findings)
    settings = _players_of(phases)
    names = [
        " ".join(
            [*([f"from {phase.start_s:.0f}%"] if phase.start_s else []), *([f"until {later.start_s:.0f}%"] if later else [])]
        )
        for phase, later in zip(phases, [*phases[1:], None], strict=True)
    ]
    listed = phases[0].place >= 0
    added = _moods_of(found, phases, "%") + _keys_of(found, phases, settings, listed=listed)
    added += _paces_of(found, phases, names, settings, listed=listed)
    for name, phase in zip(names, phases, strict=True):
        for place in phase.taken:
            found[place] = replace(found[place], kind="phase", value=f"in section {name}")
        if phase.place >= 0:
            found[phase.place] = replace(found[phase.place], kind="phase", value=f"section {name}")
    lines = [f"{name}: {', '.join(items)}" for name, items in zip(names, settings, strict=True) if items]
    added += [replace(found[phases[1].place], kind="sections", value="; ".join(lines))] if lines else []
    return [*_seated(found, phases, settings), *added]


def _as_hits(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the end of a shorter length, "sudden stop at 0:30", as a hit within a piece of 45 seconds."""
    longest = max((one.value for one in findings if one.kind == "duration"), default=0.0)
    return [
        replace(one, kind="hits", value=str(Hit(one.value, "big")))
        if one.kind == "duration" and one.value < _NEAR_END * longest and re.search(_STOPS, one.phrase.lower())
        else one
        for one in findings
    ]


def _phases_of(findings: Sequence[Finding], text: Text) -> list[_Phase]:
    """The phases in order of time, each with what is said of it."""
    trailing = _are_trailing([place for place, one in enumerate(findings) if one.kind == "span"], findings)
    phases = [_Phase(0.0)]
    for place, one in enumerate(findings):
        start = _start_of(findings, place, text)
        if one.kind == "lasting" and phases[-1].place >= 0 and any(map(_is_said, findings[place + 1 :])):
            start = phases[-1].start_s + one.value
        if start is not None and phases[-1].start_s and 0 < start - phases[-1].start_s < _SHORTEST_S:
            continue
        if start is not None and (start > phases[-1].start_s or (start == 0 and len(phases) == 1)):
            if start == 0:
                phases[0].place = place
                phases[0].said = phases[0].said if trailing else []
                continue
            phase = _Phase(start, place, name=_name_at(one, text), struck=_is_struck(findings, place))
            phase.everybody = _opens_alone(findings, place) and not any(map(_is_said, findings[place + 1 :]))
            before = (
                _said_before(findings, place, phases[-1], text)
                if trailing or one.kind == "at" or one.phrase.startswith("hits")
                else []
            )
            before = [place - 1] if _lets_in(findings, place) else before
            phase.joined = bool(before) and not trailing
            phases[-1].said = [each for each in phases[-1].said if each not in before]
            phase.said += before
            phases.append(phase)
        elif (
            _is_said(one)
            and _goes_on(findings, place, phases[-1], text)
            and (len(phases) > 1 or phases[0].place >= 0 or not _is_of_whole(one))
        ):
            phase = phases[-2] if len(phases) > 1 and _is_before(one, text) else phases[-1]
            phase.said.append(place)
    if trailing:
        for phase in phases:
            phase.said = [place for place in phase.said if phase.place < 0 or place < phase.place]
    for phase, following in zip(phases, [*phases[1:], None], strict=True):
        _settle(phase, findings, text, is_first=phase.place < 0)
        firsts = [findings[place].first for place in (following.place, *following.said)] if following else []
        end = text.words[min(firsts)].start if firsts else len(text.plain)
        said = text.plain[text.words[findings[phase.place].last - 1].end : end] if phase.place >= 0 else ""
        own, comma, rest = re.split(r"[.;]", said)[0].rpartition(",")
        own, rest = (own, rest) if following and comma else (own + comma + rest, "")
        phase.everybody = phase.everybody or bool(re.search(_ALL, own))
        if following and re.search(_ALL, rest):
            following.everybody = True  # "brass at 0:20, everything at full power from 0:30"
    return phases


def _are_trailing(spans: Sequence[int], findings: Sequence[Finding]) -> bool:
    """Whether spans follow what is said of them, "eerie piano 0:00-0:20", also where the last one says nothing."""
    if not spans or any(_is_said(one) for one in findings[spans[-1] + 1 :]):
        return False
    first = findings[spans[0]]
    return not any(_is_said(one) and one.clause == first.clause for one in findings[spans[0] + 1 :])


def _start_of(findings: Sequence[Finding], place: int, text: Text) -> float | None:
    """The seconds at which a phase begins by a finding; `None` if none does."""
    one = findings[place]
    if one.kind == "span":
        return float(one.value[0])
    if one.kind in ("at", _ON) or (
        one.kind == "until"
        and (_lets_in(findings, place) or _opens_alone(findings, place) or any(map(_is_said, findings[place + 1 :])))
    ):
        return float(one.value) if one.value < _LATEST_S else None
    if one.kind not in ("hits", "peak"):
        return None
    times = [hit.time_s for hit in parse_hits(one.value)] if one.kind == "hits" else []
    follows = place > 0 and findings[place - 1].kind == "part" and findings[place - 1].last == one.first
    if follows and one.phrase.startswith("hits") and len(times) == 1:
        return times[0]  # "full orchestra hits at 1:00", not "a brass hit" nor "brass hits at 0:10 and 0:20"
    if _name_at(one, text):
        return parse_hits(one.value)[-1].time_s if one.kind == "hits" else None
    later = next((each for each in findings[place + 1 :] if _is_said(each)), None)
    between = text.plain[text.words[one.last - 1].end : text.words[later.first].start] if later else ""
    turns = later is not None and later.kind == "mood" and later.is_change
    if one.kind == "peak" or not re.search(_THEN, between) or (turns and not _parts_after(findings, place)):
        return None
    return parse_hits(one.value)[-1].time_s


def _is_struck(findings: Sequence[Finding], place: int) -> bool:
    """Whether a time is that of a hit: it is called so, or an event follows, "until 0:25, then a hit"."""
    after = findings[place + 1] if place + 1 < len(findings) else findings[place]
    is_named = bool(re.search(_HIT, findings[place].phrase.lower()))  # "until the hit at 0:25"
    return findings[place].kind == "hits" or after.kind == "event" or is_named


def _lets_in(findings: Sequence[Finding], place: int) -> bool:
    """Whether who is left out before an "until" enters then: "no drums until 0:30"."""
    before = findings[place - 1] if place else findings[place]
    return findings[place].kind == "until" and before.kind == "exclusion" and before.last == findings[place].first


def _opens_alone(findings: Sequence[Finding], place: int) -> bool:
    """Whether who is named before an "until" plays alone up to then: "only bass and drums for the first 15 seconds"."""
    before = findings[place - 1] if place else findings[place]
    is_first = "first" in findings[place].phrase.lower()
    return is_first and before.kind == "part" and before.is_only and before.last == findings[place].first


def _name_at(time: Finding, text: Text) -> str:
    """The name of the section of dance music that begins at a time: "breakdown at 1:00, drop at 1:30"."""
    before = text.plain[: text.words[time.first].start] + time.phrase.lower()
    found = re.search(
        rf"\b({'|'.join(_SECTIONS)})(?:(?<=drop)s)? (?:(?:is|comes|hits|starts|begins) )?(?:at|from|on|around) [^,;]*$",
        before[-_NEAR:],
    )
    return _SECTIONS[found[1]] if found else ""


def _parts_after(findings: Sequence[Finding], place: int) -> bool:
    return any(one.kind in ("part", "sections", *PACES, "new pace") for one in findings[place + 1 :])


def _has_mood(one: Finding) -> bool:
    """Whether a finding is a use that has a mood: a battle."""
    return one.kind == "use" and "mood" in one.value


def _is_said(one: Finding) -> bool:
    """Whether a finding may hold for a phase only."""
    if one.kind == "part":
        return not one.is_solo or one.is_only
    if one.kind == "sections":
        return not one.place and all(item.startswith(_OF_PHASES) for item in _items_of(one))
    return _has_mood(one) or one.kind in (
        "mood",
        "everybody",
        "exclusion",
        "course",
        "key",
        "final key",
        *PACES,
        "new pace",
        _RETURN,
    )


def _is_before(one: Finding, text: Text) -> bool:
    """Whether it is said of what precedes a time: "a hit at 0:25, soft strings before"."""
    return bool(re.match(_BEFORE, text.plain[text.words[one.last - 1].end :]))


def _is_of_whole(one: Finding) -> bool:
    """Whether it says who has the melody, which before the first time holds for the whole piece."""
    return one.kind == "sections" and _MELODY in one.value


def _said_before(findings: Sequence[Finding], place: int, phase: _Phase, text: Text) -> list[int]:
    """What the clause of a time says right before it, "violin and cello enter at 0:30", if nothing in the clause follows it."""
    time = findings[place]
    before = findings[place - 1] if place else time
    if before.kind == "sections" and before.last == time.first and before.clause == time.clause:
        leads = place > 1 and findings[place - 2].kind == "part" and _has_melody(findings[place - 2], findings[place - 1 :])
        return [place - 2, place - 1] if leads else [place - 1]  # "the brass come in at 0:30 and the orchestra at 1:00"
    if any(one.clause == time.clause and _is_said(one) for one in findings[place + 1 :]):
        opens = time.clause > (findings[phase.place].clause if phase.place >= 0 else 0)
        is_mood = opens and before.kind == "mood" and before.clause == time.clause and place - 1 in phase.said
        return [place - 1] if is_mood and time.first - before.last <= _TO_TIME else []  # "a storm breaks at 0:45 with timpani"
    said: list[int] = []
    last = time
    for each in reversed([each for each in phase.said if findings[each].clause == time.clause]):
        one = findings[each]
        between = text.plain[text.words[one.last - 1].end : text.words[last.first].start].split()
        if (said and len(between) > _IN_LIST) or len(between) > _TO_TIME or set(between) & set(_SPLITS):
            break
        said.append(each)
        last = one
    return said[::-1]


def _goes_on(findings: Sequence[Finding], place: int, phase: _Phase, text: Text) -> bool:
    """Whether no sentence ends between a time and what is said after it."""
    if phase.place < 0:
        return True
    first, last = sorted((findings[phase.place].last, findings[place].first))
    between = text.raw[text.words[first - 1].end : text.words[last].start] if 0 < first <= last < len(text.words) else ""
    return not re.search(r"[.!?]\s", between)


def _settle(phase: _Phase, findings: Sequence[Finding], text: Text, *, is_first: bool) -> None:
    """Who plays in a phase, its tempo, key and mood. Before the first time, only moods and entries hold for a phase alone."""
    implied = ""
    timed = {each.clause for each in findings if each.kind == "until"}
    for place in phase.said:
        one = findings[place]
        if one.kind == "mood":
            phase.mood = phase.mood or one.value[0]
        elif one.kind == "use" and not is_first and one.clause in timed | {findings[phase.place].clause}:
            implied = implied or one.value["mood"][0]  # "at 1:20 full battle", "chase until 0:50"
        elif one.kind == "everybody":
            phase.everybody = True
        elif one.kind == "part":
            _seat(phase, place, findings, text, is_first=is_first)
        elif one.kind == "sections":
            phase.taken.append(place)
            _take_settings(phase, one)
        elif is_first:
            continue
        elif one.kind == "exclusion" and one.clause == findings[phase.place].clause:
            phase.taken.append(place)
            enters = place < phase.place and findings[phase.place].kind == "until"
            (phase.joins if enters else phase.rests).extend(names_of_part(one))
        elif one.kind in ("key", "final key") and (
            re.search(_CHANGES, text.plain[: text.words[one.first].start]) or _is_other_key(place, phase, findings)
        ):
            phase.taken.append(place)
            phase.key = one.value
        elif one.kind in (*PACES, "new pace", "course", _RETURN):
            if not phase.start_s and not is_first and one.kind in PACES:
                continue  # the tempo of the first part is that of the piece
            phase.taken.append(place)
            phase.pace = place if phase.pace < 0 or one.kind in ("bpm", "new pace") else phase.pace
    phase.mood = phase.mood or implied
    alone = any(findings[place].is_only for place in phase.said)
    if phase.only and set(phase.only) <= set(_RHYTHM) and not alone and phase.start_s:
        phase.only, phase.joins = [], phase.only  # "drums at 0:30"


def _is_other_key(place: int, phase: _Phase, findings: Sequence[Finding]) -> bool:
    """Whether a key in the clause of a time is another one than that before the time: "in E minor, at 0:30 horns in G"."""
    before = [one.value for one in findings[: phase.place] if one.kind == "key"]
    if phase.start_s and not before:  # "an allegro, an adagio in F and a finale, in C major"
        before = [one.value for one in findings if one.kind == "key" and one.clause > findings[place].clause]
    return findings[place].clause == findings[phase.place].clause and bool(before) and before[-1] != findings[place].value


def _seat(phase: _Phase, place: int, findings: Sequence[Finding], text: Text, *, is_first: bool) -> None:
    """A part of a phase: everybody, one who enters, one who plays with others, or one who plays alone."""
    one, names = findings[place], names_of_part(findings[place])
    if len(names) == 1 and phase.place >= 0 and _is_member(one, findings[: phase.place]):
        if one.is_leading:
            phase.lead = phase.lead or names[0]
            phase.taken.append(place)
        if one.is_leading or _has_melody(one, findings[place + 1 :]):
            return  # "a wind quintet ... then the horn has the melody"
    before, after = text.plain[: text.words[one.first].start], text.plain[text.words[one.last - 1].end :]
    in_clause = one.clause in {findings[other].clause for other in (phase.place, *phase.said) if other != place}
    if phase.place >= 0 and re.search(_LED_BY, before):
        phase.lead = phase.lead or names[0]
        return
    if re.search(_FOR, before) and not one.is_only and phase.place >= 0 and not in_clause:
        return  # "calm until halfway, then wild, for string quartet", not "then a heroic theme for horns"
    goes_on = bool(phase.adds) and findings[place - 1].kind == "part" and one.first - findings[place - 1].last <= _IN_LIST
    is_whole = bool(re.search(_WHOLE, f"{before}{one.phrase.lower()}"))  # "then full choir"
    alone = one.is_only or one.phrase.lower().endswith(_ALONE_IN_GROUP)
    alone = alone or bool(re.match(_LEFT_ALONE, after) or re.search(_ALL_BUT, before))
    if is_first and (re.match(_BEGINS, after) or (phase.only and re.search(_OVER, before))):
        phase.only += names
        return
    grows = phase.place >= 0 and findings[phase.place].kind == "at" and findings[phase.place].phrase == one.phrase
    enters = (
        grows or re.match(_COMES, after) or re.search(_JOINS, before) or (phase.joined and not alone and place < phase.place)
    )
    if one.phrase.lower() == "kick" and after.startswith(" in"):
        return  # "the drums kick in"
    if not is_first and (phase.start_s or phase.place < place) and re.match(_GOES, after):
        phase.rests += names
        return
    if len(players_of_part(one, alone=True)) > LARGEST_GROUP:
        said_here = is_first or is_whole or one.clause == findings[phase.place].clause
        phase.everybody = phase.everybody or said_here
    elif is_whole or enters:
        phase.everybody = phase.everybody or is_whole
        phase.joins += names if len(names) == 1 or not is_whole else []  # not the players of a "full band"
    elif not is_first and alone:
        phase.only += names
    elif not is_first and re.search(_TUNE_FOR, before):
        phase.joins += names
        phase.lead = phase.lead or names[0]
    elif not is_first and (goes_on or re.search(_WITH, before)):
        phase.adds += names
    elif not is_first and (
        _is_joint(phase, one, findings, text) or _has_melody(one, findings[place + 1 :]) or phase.name == _DROP
    ):
        phase.joins += names
    elif not is_first:
        phase.only += names


def _is_member(player: Finding, before: Sequence[Finding]) -> bool:
    """Whether a player is named before the parts of the piece: alone, or as one of a small group."""
    names = set(players_of_part(player, alone=False))
    groups = [players_of_part(one, alone=True) for one in before if one.kind == "part" and one.clause < player.clause]
    return any(names == set(group) or (_FEWEST < len(group) <= LARGEST_GROUP and names <= set(group)) for group in groups)


def _has_melody(player: Finding, later: Sequence[Finding]) -> bool:
    """Whether a player is said to have the melody, over the others: "then the trumpet takes the tune"."""
    return bool(later) and later[0].first == player.last and later[0].kind == "sections" and _MELODY in later[0].value


def _is_joint(phase: _Phase, one: Finding, findings: Sequence[Finding], text: Text) -> bool:
    """Whether who is named after a time joins the others, "after twenty seconds a violin", and does not play alone.

    In the lines of a cue sheet and after "then" or "a lonely" players are alone.
    """
    time = findings[phase.place]
    between = text.plain[text.words[time.last - 1].end : text.words[one.first].start] if time.last <= one.first else ""
    if not phase.start_s:
        return False
    return time.kind == "at" and not time.phrase[0].isdigit() and not one.is_only and not re.search(_ALONE, between)


def _take_settings(phase: _Phase, one: Finding) -> None:
    """Settings of a section, "intro: only flute", as those of a phase."""
    for item in _items_of(one):
        word, _, name = item.partition(" ")
        if word == "only":
            phase.only += name.split(" and ")
        elif word == "late" or item.startswith("+"):
            phase.joins.append(item.removeprefix("late ").removeprefix("+"))
        elif word == "no":
            phase.rests.append(name)
        elif word == "key":
            phase.key = name
        else:
            phase.lead = name


def _items_of(sections: Finding) -> list[str]:
    """What a finding sets for sections, without their names."""
    return re.split(r"[,;] (?:[^:;,]+: )?", sections.value.partition(": ")[2])


def names_of_part(part: Finding) -> list[str]:
    """The names of a part in settings of sections: a family as it is called, else its instruments."""
    family = english_of(re.sub(_LEFT_OUT, "", part.phrase))
    if part.value.is_a("feature") and "strings" in family.split():
        return ["strings"]  # "tremolo strings"
    if family in (*_RHYTHM, *_FAMILIES):
        return [_SHORT_NAMES.get(family, family)]
    return list(dict.fromkeys(name for name in players_of_part(part, alone=False) if name in instruments() or name == "drums"))


def _with_textures(findings: Sequence[Finding], phases: Sequence[_Phase]) -> list[Finding]:
    """The findings with textures of single phases as what these can have: a bed is a phase without a melody.

    "Calm bed until 0:30" has the texture up to then, "at 0:30 a bed" from there on.
    """
    found = list(findings)
    for place, one in enumerate(findings):
        index = next(
            (
                number - (findings[phase.place].kind == "until")
                for number, phase in enumerate(phases)
                if phase.place >= 0 and findings[phase.place].clause == one.clause
            ),
            -1,
        )
        if one.kind != "texture" or index < 0:
            continue
        if one.value == BED:
            phases[index].taken.append(place)
            phases[index].rests.append("melody")
        else:
            found[place] = replace(one, kind="placed texture")
    return found


def _close_first(phases: Sequence[_Phase], findings: Sequence[Finding]) -> None:
    """Parts before the first time play only there if other ones follow: "strings, stop at 0:30, afterwards only a violin"."""
    first = phases[0]
    first.everybody = first.everybody and not (first.place < 0 and first.only)
    parts = [findings[place] for place in first.said if findings[place].kind == "part"]
    alone = [part for part in parts if part.is_only or "solo" in part.phrase.lower().split()]
    listed = {part.clause for part in alone if part.is_only}
    alone = [part for part in parts if part in alone or part.clause in listed]  # "double bass and brushes only"
    if first.place < 0 and alone and not first.only:
        first.everybody = False
        first.only = [name for part in alone for name in names_of_part(part)]  # "solo piano, at 0:30 a cello joins"
    named = [name for part in parts for name in names_of_part(part)]
    others = {name for phase in phases[1:] for name in phase.only} - set(named)
    if first.place < 0 and not first.only and not first.everybody and not first.joins and others:
        first.only = named
    if first.place < 0 and not first.only and not first.everybody and not first.joins and phases[1].everybody:
        first.only = named  # "a music box, the whole orchestra at 0:20"


def _with_settings(findings: Sequence[Finding], phases: Sequence[_Phase]) -> list[Finding]:
    """The findings with those of the phases in place of the ones that they come from. Only what sets something is a section."""
    found = list(findings)
    ends = [one.value[1] for one in findings if one.kind == "span"]
    ends += [
        one.value for place, one in enumerate(findings) if one.kind == "until" and not any(map(_is_said, findings[place:]))
    ]
    usual = phases[-1].start_s * len(phases) / (len(phases) - 1)  # the last phase is about as long as the others
    added = [replace(one, kind="arc", value="swell") for one in found if one.kind == "peak"] + _moods_of(found, phases)
    struck = [phase.struck and found[phase.place].kind == "at" for phase in phases]
    begun = [phase for phase, is_hit in zip(phases[1:], struck[1:], strict=True) if phase.sets or is_hit]
    sections = _with_climaxes([phases[0], *begun], found)
    seated = any(phase.only or phase.joins or phase.rests or phase.everybody for phase in sections)
    if not seated and not _names_style(found):
        for phase in sections:
            phase.adds.clear()  # "sneaks for 10 seconds, then runs with a bassoon", which nobody else plays
    settings = _players_of(sections)
    names = _names_in(sections)
    added += _keys_of(found, sections, settings) + _paces_of(found, sections, names, settings)
    for name, phase in zip(names, sections, strict=True):
        for place in phase.taken:
            found[place] = replace(found[place], kind="phase", value=f"in section {name}")
        if phase.place >= 0:
            hit = str(Hit(phase.start_s, phase.strength)) if phase.start_s else ""
            found[phase.place] = replace(found[phase.place], kind="hits" if hit else "phase", value=hit or f"section {name}")
    for place, one in enumerate(found):
        if one.kind in ("span", "at", "until") and any(place == phase.place for phase in phases):
            found[place] = replace(one, kind="phase", value="a mood from there on")
        elif one.kind == "span":
            found[place] = replace(one, kind="phase", value="goes on with the section before")
        elif one.kind in ("hits", "peak", "at") and all(place != phase.place for phase in sections):
            found[place] = _between_phases(one, sections)
    first = found[sections[1].place]
    if not any(one.kind == "duration" for one in findings):
        end_s, last_s = max(ends, default=round(usual)), max(phase.start_s for phase in sections)
        last_s = max([last_s, *(hit.time_s for one in found if one.kind == "hits" for hit in parse_hits(one.value))])
        added.append(replace(first, kind="duration", value=end_s if last_s < end_s else math.ceil(last_s + AFTER_LAST_HIT_S)))
    added.append(replace(first, kind="form", value=(" " if any(phase.name for phase in sections) else "").join(names)))
    lines = [
        f"{name.lower()}: {', '.join(items)}" for name, items in zip(names, settings, strict=True) if items and name[-1] != "'"
    ]
    added += [replace(first, kind="sections", value="; ".join(lines))] if lines else []
    return [*_seated(found, sections, settings), *added]


def _with_climaxes(phases: Sequence[_Phase], findings: Sequence[Finding]) -> list[_Phase]:
    """The phases with one for each climax or big hit between them, in which everything goes on."""
    found = list(phases)
    end_s = max((one.value for one in findings if one.kind == "duration"), default=math.inf)
    for place, one in enumerate(findings):
        if one.kind not in ("hits", "peak") or any(phase.place == place for phase in found):
            continue
        hits = [Hit(*one.value)] if one.kind == "peak" else parse_hits(one.value)
        bounds = [*(phase.start_s for phase in found), end_s]
        near = any(abs(hits[0].time_s - bound) < _SHORTEST_S for bound in bounds)
        if [hit.strength for hit in hits] == ["big"] and not near and len(found) < _MOST:
            found.append(_Phase(hits[0].time_s, place, struck=True))
    return sorted(found, key=lambda phase: phase.start_s)


def _names_in(phases: Sequence[_Phase]) -> list[str]:
    """The names of the sections of phases: a letter for each; one that only begins with a hit varies the one before it."""
    names: list[str] = []
    letters = iter(_LETTERS)
    for phase in phases:
        goes_on = bool(names) and phase.struck and not phase.sets
        names.append(f"{names[-1]}'" if goes_on else phase.name or next(letters))
    return names


def _seated(findings: list[Finding], phases: Sequence[_Phase], settings: Sequence[Sequence[str]]) -> list[Finding]:
    """The findings with parts that are all who play, if each phase says who does, or else join a band or an orchestra.

    A cue that names no style, and nobody but drums, is film music.
    """
    if all(any(item.startswith("only ") for item in items) for items in settings):
        return [replace(one, is_only=True, is_for=True) if one.kind == "part" else one for one in findings]
    found = list(findings)
    joining = {place for phase in phases if phase.place >= 0 for place in phase.said}
    joining |= {place for place in phases[0].said if found[place].is_only}
    groups = [set(players_of_part(one, alone=True)) for one in found if one.kind == "part"]
    for place in joining:
        if found[place].kind == "part" and found[place].phrase.lower().endswith(_ALONE_IN_GROUP):
            player = set(players_of_part(found[place], alone=True))
            if any(player < group for group in groups):
                found[place] = replace(found[place], kind="phase", value="one of the players")
        if found[place].kind == "part":
            found[place] = replace(found[place], is_only=False, is_for=False, is_bare=False, is_added=True)
    parts = {name for one in found if one.kind == "part" for name in names_of_part(one)}
    placed = any(item.startswith(("only ", "late ", "no ", "+")) for items in settings for item in items)
    opens = not placed or bool(phases[0].only) or any(found[place].kind == "part" for place in phases[0].said)
    is_band = any(senses_of_part(one).get("ensemble") == _BAND_PLAYERS for one in found if one.kind == "part")
    if _names_style(found) or (opens and not is_band and not parts <= set(_RHYTHM)):
        return found
    return [*found, replace(found[phases[1].place], kind="hint", value=_BAND if is_band else _FILM)]


def _names_style(findings: Sequence[Finding]) -> bool:
    return any(one.kind in ("style", "hint") or (one.kind == "use" and "style" in one.value) for one in findings)


def _between_phases(one: Finding, phases: Sequence[_Phase]) -> Finding:
    """A hit that begins no phase as a soft one; one that is close to the beginning of a phase is met there."""
    if one.kind == "hits":
        times = [hit.time_s for hit in parse_hits(one.value)]
    else:
        times = [one.value[0] if one.kind == "peak" else one.value]
    kept = [Hit(time_s, "soft") for time_s in times if all(abs(time_s - phase.start_s) >= _SAME_S for phase in phases)]
    if not kept:
        return replace(one, kind="phase", value="hit where a section begins")
    return replace(one, kind="hits", value=", ".join(map(str, kept)))


def _players_of(phases: Sequence[_Phase]) -> list[list[str]]:
    """Who plays in each phase, as settings: those who enter play on, and with drums everybody enters."""
    settings: list[list[str]] = [[] for _ in phases]
    playing: list[str] = []
    for index, phase in enumerate(phases):
        if phase.adds and playing:
            phase.only += phase.adds
        else:
            phase.joins += phase.adds
        all_enter = bool(set(phase.joins) & set(_RHYTHM)) and not any(later.everybody for later in phases[index + 1 :])
        if phase.everybody or all_enter:
            playing = []
        elif phase.only or (playing and phase.joins):
            playing = list(dict.fromkeys([*(phase.only or playing), *phase.joins]))
        settings[index] += [f"only {' and '.join(playing)}"] if playing else []
        settings[index] += [f"no {name}" for name in dict.fromkeys(phase.rests)]
        settings[index] += [f"{_MELODY}{phase.lead}"] if phase.lead else []
        if index and phase.everybody and all(any(item.startswith("only ") for item in each) for each in settings[:index]):
            settings[index] += [f"+{name}" for name in dict.fromkeys(phase.joins)]
        for earlier in settings[:index]:
            if not any(item.startswith("only ") for item in earlier):
                earlier += [f"late {name}" for name in dict.fromkeys(phase.joins) if f"late {name}" not in earlier]
    return settings


def _keys_of(
    found: list[Finding], phases: Sequence[_Phase], settings: Sequence[list[str]], *, listed: bool = False
) -> list[Finding]:
    """A key holds until the next one: that of the last phase is the key of the piece, which the others leave.

    A part of a list that names none has the first one.
    """
    if not any(phase.key for phase in phases):
        return []
    taken = {place for phase in phases for place in phase.taken}
    home = next((place for place, one in enumerate(found) if one.kind == "key" and place not in taken), -1)
    opening = phases[0].key if phases[0].key[:1].isupper() else ""  # "start in C minor"
    first = str(found[home].value) if home >= 0 else opening
    keys = [first]
    for phase in phases[1:]:
        goes_back = listed or _returns(phase, phases)
        keys.append(_in_key(phase.key, first) if phase.key and first else phase.key or keys[0 if goes_back else -1])
    for items, key in zip(settings, keys, strict=True):
        if key and key != keys[-1]:
            items.append(f"key {key}")
        elif not key:
            items.append(f"key {_BACK.get(keys[-1], _LIFT)}")
    if home >= 0:
        found[home] = replace(found[home], value=keys[-1])
        return []
    return [replace(found[phases[1].place], kind="key", value=keys[-1])] if keys[-1][:1].isupper() else []


def _returns(phase: _Phase, phases: Sequence[_Phase]) -> bool:
    """Whether who plays alone at the beginning does so again, "and ends with the horn alone again", in its mood and key."""
    return phase not in phases[:_FEWEST] and bool(phase.only) and {*phase.only} <= {*phases[0].only}


def _in_key(text: str, first: str) -> str:
    """The name of a key that is given by name, by its relation to the first one, or in semitones from it."""
    return str(parse_section_key(text).in_piece(Key.parse(first))[0])


def _paces_of(
    findings: Sequence[Finding],
    phases: Sequence[_Phase],
    names: Sequence[str],
    settings: Sequence[list[str]],
    *,
    listed: bool = False,
) -> list[Finding]:
    """Tempi as settings, in shares of the first one in figures, and as findings where they are words.

    Each holds on, but not in the parts of a list.
    """
    taken = {place for phase in phases for place in phase.taken}
    base = next((one.value for place, one in enumerate(findings) if one.kind == "bpm" and place not in taken), 0.0)
    found: list[Finding] = []
    pace: Finding | None = None
    for name, phase, items in zip(names, phases, settings, strict=True):
        pace = findings[phase.pace] if phase.pace >= 0 else None if listed else pace
        if pace is None or (phase.pace < 0 and phase.mood and moods()[phase.mood].arousal <= 0):
            continue  # a calm phase after a fast one has the tempo of the piece
        if pace.kind in ("bpm", "new pace"):
            items.append(f"tempo {100 * pace.value / base:.0f}%" if base else f"tempo {pace.value:g}")
        elif pace.kind == _RETURN:
            items.append("tempo 100%")
        elif pace.kind == "course":
            items.append(f"tempo {str(pace.value).rpartition(' ')[2].partition('@')[0]}")
        elif word := word_of_tempo(pace.phrase):
            found.append(replace(pace, kind="section tempo", value=(name.lower(), word)))
    return found


def _moods_of(found: list[Finding], phases: Sequence[_Phase], unit: str = "s") -> list[Finding]:
    """A curve that holds the mood of each phase up to the next, where they differ; a phase without one has that before it.

    Between the lines of a cue sheet it has the mood of the whole piece, if there is one.
    """
    said = {place for phase in phases for place in phase.said}
    whole = [one.value for place, one in enumerate(found) if one.kind == "mood" and place not in said]
    later = {
        place
        for phase in phases
        for place in phase.said
        if phase.place >= 0 and found[place].clause == found[phase.place].clause
    }
    whole += [one.value["mood"] for place, one in enumerate(found) if _has_mood(one) and place not in later]
    usual = whole[0][0] if whole else ""
    if usual == next((phase.mood for phase in phases if phase.mood), ""):
        usual = ""  # "a procession, more majestic from 1:30 on" is less so before
    tags: list[str] = []
    paced = unit == "%" and all(phase.pace >= 0 for phase in phases[1:])  # "an allegro, a sad adagio and a presto"
    for phase in phases:
        in_sheet = phase.place >= 0 and found[phase.place].kind == "span"
        if _returns(phase, phases) and not phase.mood:
            tags.append(tags[0])
            continue
        tags.append(phase.mood or (usual if in_sheet or not tags else "") or (tags[0 if paced else -1] if tags else ""))
    first = next((tag for tag in tags if tag), "")
    if len(set(tags)) < _FEWEST:
        return []
    tags = [tag or nearest_mood(PLEASANT, -moods()[first].arousal).name for tag in tags]
    points: list[str] = []
    for index, (phase, tag) in enumerate(zip(phases, tags, strict=True)):
        if not index or tag != tags[index - 1]:
            points += [f"{tags[index - 1]}@{phase.start_s - _TURN_S:g}{unit}"] if index else []
            points.append(f"{tag}@{phase.start_s:g}{unit}")
    for phase in phases:
        for place in phase.said:
            if found[place].kind == "mood":
                value = f"mood {found[place].value[0]} from {phase.start_s:g} {unit} on"
                found[place] = replace(found[place], kind="phase", value=value)
    return [replace(found[phases[1].place], kind="mood curve", value=f"{' '.join(points)} {tags[-1]}@end")]
