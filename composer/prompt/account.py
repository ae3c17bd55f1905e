"""The account of a prompt: which of its phrases are met, which add nothing, and which are not done, in the user's words.

A phrase without effect is shown as the clause it belongs to, because a single word ("low") says nothing to the user. What a
player is said to do ("joining on the second time") is not done where only the player is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from composer.prompt.figures.band_sections import PLAYER
from composer.prompt.figures.patterns import number_pattern
from composer.prompt.figures.places import COUNTED
from composer.prompt.findings import Finding, senses_of_part
from composer.prompt.lexicon import phrase_of, prompt_table
from composer.prompt.parts import players_in
from composer.prompt.prompt_text import Text
from composer.prompt.scopes import named_in
from composer.prompt.settled import NO_EFFECT, NOTHING_MORE, Settled

_AMONG = "already among the players"
_PUNCTUATION = re.compile(r"[,.;:!?()\[\]\"]|\s[-–—]+\s")
_PLACED = re.compile(r"\bsection\b|\bcurve\b|%|\barc\b|\bmelody\b|\bhits\b|\bpauses?\b")  # in meanings that hold at a place
_OF_PLAYERS = re.compile(r"only |no |late |with |melody |\+")  # items of settings
_NUMBER = re.compile(number_pattern())
_PLAYER = re.compile(rf"\b{PLAYER}")
_AROUND = 4  # words shown before and after the parts of a clause


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the phrases of a prompt.

    Attributes:
        understood: phrases with their meaning, in reading order.
        redundant: phrases that set nothing because the others do.
        not_done: clauses, or parts of one with the clause around them, that have no effect.
        reasons: a line for each setting that the piece has no place for.
        met: ignored phrases that name a place for which something is set.
    """

    understood: tuple[tuple[str, str], ...]
    redundant: tuple[str, ...]
    not_done: tuple[str, ...]
    reasons: tuple[str, ...]
    met: tuple[str, ...]


def account_of(prompt: str, text: Text, findings: Sequence[Finding], ignored: Sequence[str], settled: Settled) -> Account:
    """The account of findings and of the phrases that reading ignores.

    Args:
        prompt: as the user wrote it.
        text: as it is read.
        findings: as they were settled.
        ignored: phrases of the prompt that are no findings.
        settled: the meanings of the findings, and the contradictions.
    """
    return _Accountant(prompt, text, findings, settled).account(ignored)


class _Accountant:
    """Marks each word of a prompt as met, lost or neither, and reads the clauses with lost words."""

    def __init__(self, prompt: str, text: Text, findings: Sequence[Finding], settled: Settled) -> None:
        self.prompt = " ".join(prompt.replace("’", "'").split())
        self.text, self.findings, self.settled = text, findings, settled
        self.words = [word.folded for word in text.words]
        self.table = prompt_table()["account"]
        self.small, self.joints = frozenset(self.table["small"]), frozenset(self.table["joints"])
        self.ensemble = settled.options.get("ensemble")
        self.is_alone = len(players_in(settled.options)) == 1
        self.met: set[int] = set()
        self.lost: set[int] = set()
        self.read: set[int] = set()  # words of findings that are not lost
        self.shown: set[int] = set()  # words of clauses that are shown whole
        self.whole: set[int] = set()  # words before which no clause begins
        self.spans = [self._span(finding) for finding in findings]

    def account(self, ignored: Sequence[str]) -> Account:
        understood: list[tuple[str, str]] = []
        redundant: list[tuple[str, range]] = []
        reasons: list[str] = []
        gone: list[str] = []
        overruled = {conflict.lost for conflict in self.settled.conflicts}
        for place, finding in enumerate(self.findings):
            meaning, span = self.settled.meanings.get(place, ""), self.spans[place]
            self.whole |= {*span[1:]}
            if meaning.startswith(NO_EFFECT):
                reasons.append(f"{finding.phrase}: {meaning.removeprefix(NO_EFFECT)}")
                gone += self._lose(finding.phrase, span)
            elif meaning == NOTHING_MORE and not self._is_alone_in_clause(place):
                self.read |= {*span}
                if _is_player(finding):
                    understood.append((finding.phrase, _AMONG))
                elif finding.kind == "part" and senses_of_part(finding).get("ensemble") == self.ensemble:
                    understood.append((finding.phrase, f"ensemble {self.ensemble}"))
                else:
                    redundant.append((finding.phrase, span))
            elif self._is_met(place):
                said = ", ".join(each for each in meaning.split(", ") if each != NOTHING_MORE)
                understood.append((finding.phrase, said))
                self.met |= {*span}
            elif finding.phrase in overruled:
                self.read |= {*span}
            else:
                gone += self._lose(finding.phrase, span)
        self.read |= self.met
        cursor = 0
        spans: dict[str, range] = {}
        for phrase in ignored:
            span = spans[phrase] = self._find(phrase, cursor)
            cursor = span.start if span else cursor
            self.whole |= {*span[1:]}
            gone += self._lose(phrase, span)
        self.lost |= self._swallowed()
        self.lost -= self._places_set() | self._counted()
        self.met -= self.lost
        not_done = [said for clause in self._joined_clauses() if (said := self._undone(clause))]
        met = {phrase for phrase, meaning in understood if meaning != _AMONG}
        understood = [item for item in understood if item[1] != _AMONG or item[0] not in met]
        return Account(
            tuple(understood),
            tuple(dict.fromkeys(phrase for phrase, span in redundant if not span or not self.shown.issuperset(span))),
            tuple(dict.fromkeys((*not_done, *gone))),
            tuple(dict.fromkeys(reasons)),
            tuple(phrase for phrase, span in spans.items() if span and self.lost.isdisjoint(span)),
        )

    def _swallowed(self) -> set[int]:
        """Words within settings of who plays that these do not meet: "low" of "starts with a low piano note"."""
        settings = [place for place in range(len(self.findings)) if self._sets_players(place)]
        others = {at for place, span in enumerate(self.spans) if place not in settings for at in span if self._is_met(place)}
        found = {at for place in settings for at in self.spans[place]} - others
        said = _words_of_settings().union(*(phrase_of(str(self.findings[place].value)) for place in settings))
        return {
            at
            for at in found
            if said.isdisjoint((self.words[at], self.words[at].removesuffix("s"))) and not self._is_player_at(at)
        }

    def _sets_players(self, place: int) -> bool:
        """Whether a finding sets who plays, rests or leads in a section, and nothing else."""
        finding = self.findings[place]
        if finding.kind != "sections" or not self._is_met(place):
            return False
        return all(_OF_PLAYERS.match(item) for text in str(finding.value).split("; ") for item in _items_of(text))

    def _is_player_at(self, at: int) -> bool:
        """Whether a word is one of the name of a player, or of a number."""
        word = self.text.words[at]
        named = _PLAYER.finditer(self.text.plain, max(0, word.start - 20))
        is_named = any(match.start() <= word.start < match.end() for match in named)
        return is_named or word.folded.isdigit() or bool(_NUMBER.fullmatch(word.folded)) or self._is_part_at(at)

    def _is_part_at(self, at: int) -> bool:
        return any(finding.kind == "part" and at in span for finding, span in zip(self.findings, self.spans, strict=True))

    def _places_set(self) -> set[int]:
        """Words of the names of places for which something near them is set: "last chorus" of "last chorus with choir"."""
        placed = [(place, one) for place, one in enumerate(self.findings) if one.place and self._is_met(place)]
        set_for = {one.place for place, one in placed if one.kind == "sections" or one.place in self.settled.meanings[place]}
        found: set[int] = set()
        for named in named_in(self.text, 0, len(self.text.plain)):
            if named.place not in set_for:
                continue
            last = self.text.words_until(named.end)
            first = last - 1
            before = self.text.words_until(named.start) - 1
            found |= {before} if before >= 0 and self.words[before] in prompt_table()["story"]["plays"] else set()
            while first > 0 and self.words[first - 1] in _words_of_places() and self.text.words[first - 1].start >= named.start:
                first -= 1
            found |= {*range(first, last)}
        return found

    def _counted(self) -> set[int]:
        """Words that say which of several players one is: "second" of "the second violin"."""
        pairs = zip(self.findings, self.spans, strict=True)
        return {span.start - 1 for finding, span in pairs if finding.nth and span and span.start - 1 not in self.met}

    def _is_alone_in_clause(self, place: int) -> bool:
        """Whether a use is a clause that gives way to the named style: "quite Russian", not "a Russian waltz"."""
        finding = self.findings[place]
        if finding.kind != "use" or not finding.value.get("weak"):
            return False
        return all(each.clause != finding.clause for each in self.findings if each is not finding)

    def _span(self, finding: Finding) -> range:
        """The places of the words of a finding; empty if its phrase is not in the prompt as it stands."""
        phrase = finding.phrase.partition(" (read")[0]
        return self._find(phrase, max(0, finding.last - len(phrase_of(phrase))) if finding.last else 0)

    def _find(self, phrase: str, first: int) -> range:
        """Where a phrase is, at best from a word on and with words that are not met."""
        said = list(phrase_of(phrase))
        places = [place for place in range(len(self.words)) if said and self.words[place : place + len(said)] == said]
        places.sort(key=lambda place: ({*range(place, place + len(said))} <= self.met, place < first, place))
        return range(places[0], places[0] + len(said)) if places else range(0)

    def _lose(self, phrase: str, span: range) -> list[str]:
        """Marks the words of a phrase as lost, unless all say something that is met; the phrase itself if it is nowhere."""
        within = {place for place, each in enumerate(self.spans) if span and {*span} <= {*each} and self._is_met(place)}
        met = any(self.spans[place] == span or self._sets_players(place) for place in within)
        self.lost |= set() if met else {*span}
        return [] if span else [phrase]

    def _is_met(self, place: int) -> bool:
        """Whether a finding sets something or says what is so anyway."""
        meaning = self.settled.meanings.get(place, "")
        return bool(meaning) and meaning != NOTHING_MORE and not meaning.startswith(NO_EFFECT)

    def _clauses(self) -> Iterator[range]:
        """Words between punctuation and words such as "and", "then", "with"; not within a phrase that is read as a whole."""
        first = 0
        for place in range(1, len(self.words) + 1):
            if place == len(self.words) or (place not in self.whole and self._begins_clause(place)):
                yield range(first, place)
                first = place

    def _joined_clauses(self) -> Iterator[range]:
        """The clauses, of which those without a word that is met are one where no punctuation is between them."""
        before = range(0)
        for clause in self._clauses():
            is_gone = bool(self._lost_of(clause)) and self.met.isdisjoint(clause)
            if before and is_gone and not self._within(clause) and not _PUNCTUATION.search(self.text.gap(clause.start)):
                before = range(before.start, clause.stop)
                continue
            if before:
                yield before
            before = clause if is_gone else range(0)
            if not is_gone:
                yield clause
        if before:
            yield before

    def _begins_clause(self, place: int) -> bool:
        """Whether a word opens a clause or follows punctuation."""
        opens = self.words[place] in self.joints and self.words[place - 1] not in self.table["before_joints"]
        return opens or bool(_PUNCTUATION.search(self.text.gap(place)))

    def _undone(self, clause: range) -> str:
        """A clause of which more is lost than met, else the parts of it that are lost; empty if none are."""
        lost = self._lost_of(clause)
        if not lost:
            return ""
        whole = self._trimmed(clause)
        if self._is_lost(clause, lost) and whole in self.prompt:
            self.shown |= {*clause}
            return whole
        runs = list(self._runs(lost, clause))
        parts = ", ".join(map(self._trimmed, runs))
        first, last = max(clause.start, runs[0].start - _AROUND), min(clause.stop, runs[-1].stop + _AROUND)
        while first > clause.start and first in self.whole:
            first -= 1
        while last < clause.stop and last in self.whole:
            last += 1
        while last < clause.stop and self.words[last - 1] in self.small:
            last -= 1
        around = self._trimmed(range(first, last))
        return parts if parts == around or around not in self.prompt else f'{parts} (of "{around}")'

    def _lost_of(self, clause: range) -> list[int]:
        """The lost words of a clause that are not small, with what a player without a place is said to do."""
        within = self._within(clause)
        lost = {place for place in clause if place in self.lost}
        solos = {place for place in clause if self.words[place] in self.table["solos"]}
        acts = {place for place in clause if self.words[place] in self.table["roles"] and not self._is_noun(place)}
        if self._is_placed(clause):
            lost -= solos | acts
        else:
            players = [self.spans[place] for place in within if _is_player(self.findings[place])]
            beside = {end for span in players for end in (span.start - 1, span.stop)}
            acts |= solos - beside  # "the guitar takes a solo"
            lost |= acts - self.met if any(self._acts(place) for place in within) else set()
            lost |= solos & {self.spans[place].stop for place in within if self._has_solo(place)}
        return sorted(place for place in lost if self.words[place] not in self.small)

    def _is_lost(self, clause: range, lost: Sequence[int]) -> bool:
        """Whether a clause is shown whole: nothing of it is met but players, or a player in it plays anyway."""
        if self._is_placed(clause):
            return False
        within = self._within(clause)
        met = [place for place in within if self._is_met(place)]
        acts = any(place not in self.lost for place in lost)
        if acts and any(self._is_among(place) for place in within):
            return True
        if met and not acts and lost[-1] < self.spans[met[0]].start:
            return False  # "two distant guitars"
        counted = sum(len(self.words[place]) > 1 or self.words[place].isdigit() for place in lost)  # "70s" is one
        return counted > len(met) and all(self.findings[place].kind == "part" for place in met)

    def _is_placed(self, clause: range) -> bool:
        """Whether something in a clause is set for a place of the piece."""
        return any(_PLACED.search(self.settled.meanings.get(place, "")) for place in self._within(clause))

    def _within(self, clause: range) -> list[int]:
        """The places of the findings that begin in a clause."""
        return [place for place, span in enumerate(self.spans) if span and span.start in clause]

    def _is_among(self, place: int) -> bool:
        """Whether a finding is a player who plays because of another."""
        return self.findings[place].kind == "part" and NOTHING_MORE in self.settled.meanings.get(place, "")

    def _acts(self, place: int) -> bool:
        """Whether a finding is a player who may be said to do something, and not all who play."""
        finding = self.findings[place]
        return _is_player(finding) and not self.is_alone and (self._is_among(place) or not finding.is_only)

    def _has_solo(self, place: int) -> bool:
        """Whether a finding is a player with a solo within the piece, not one who is accompanied: "cello solo with piano"."""
        finding = self.findings[place]
        return finding.is_solo and not self.is_alone and (finding.is_added or self._is_among(place))

    def _is_noun(self, place: int) -> bool:
        """Whether a word is a place of the piece and not what a player does: "from the start"."""
        return place > 0 and self.words[place - 1] in self.table["not_roles"]

    def _runs(self, lost: Sequence[int], clause: range) -> Iterator[range]:
        """Lost words with the words between them that say nothing, and with those around them unless a read word follows."""
        first = last = lost[0]
        for place in (*lost, clause.stop):
            if place < clause.stop and self.read.isdisjoint(range(last, place)):
                last = place + 1
                continue
            yield self._widened(range(first, last), clause)
            first, last = place, place + 1

    def _widened(self, run: range, clause: range) -> range:
        """Lost words with those around them that say nothing: "[in the] middle"; not "icy" of "over icy strings"."""
        first, last = run.start, run.stop
        while last < clause.stop and last not in self.read:
            last += 1
        if last in self.read and last < clause.stop and last == run.stop:
            return run
        while first > clause.start and self.words[first - 1] in self.small and first - 1 not in self.met:
            first -= 1
        return range(first, last if last == clause.stop else run.stop)

    def _trimmed(self, clause: range) -> str:
        """A clause without the words that only join it to others."""
        first, last = clause.start, clause.stop
        before = self.joints | {*self.table["before"]}
        while first < last - 1 and self.words[first] in before and self.text.gap(first + 1).isspace():  # not "un-busy"
            first += 1
        while last - 1 > first and self.words[last - 1] in self.joints:
            last -= 1
        return self.text.slice(first, last)


def _items_of(text: str) -> list[str]:
    """The items of a setting of a section."""
    return text.partition(": ")[2].split(", ")


@cache
def _words_of_places() -> frozenset[str]:
    """The words of which names of places consist."""
    return frozenset(word for name in (*prompt_table()["places"], *COUNTED) for word in phrase_of(name))


@cache
def _words_of_settings() -> frozenset[str]:
    """The words in clauses about players that need no setting beside theirs."""
    table = prompt_table()
    said = [*(each for words in table["story"].values() for each in words), *table["bars"]["units"]]
    said += [each for name in ("small", "joints", "roles", "solos", "of_settings") for each in table["account"][name]]
    return _words_of_places() | {word for each in said for word in phrase_of(each)}


def _is_player(finding: Finding) -> bool:
    """Whether a finding names instruments, not only an ensemble."""
    return finding.kind == "part" and "instrument" in senses_of_part(finding)
