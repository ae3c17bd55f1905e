"""Which words of a prompt are said of one place of the piece: "the summit in E major", "a breakdown without drums".

The text is cut into the words of the whole piece and those of each place that it names, and each finding among the latter gets
the name of its place, so that nobody takes it for the whole piece. What it comes to there is up to
`composer.prompt.settle_places`. Knows sections, beginnings, climaxes, shares and ends by their names, and what comes
back after something else; times are up to `composer.prompt.phases`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from composer.prompt.figures.patterns import number_pattern
from composer.prompt.figures.places import COUNTED, LEVELS, named_place
from composer.prompt.findings import Finding
from composer.prompt.lexicon import either, prompt_table
from composer.prompt.listed_parts import starts_of_parts
from composer.prompt.prompt_text import Text

STARTS, ENDS = ("start", "intro"), ("end", "outro")
CLIMAX, ELSEWHERE = "climax", "elsewhere"  # places that are no sections of a form: the latter could be anywhere
_MAIN = (*STARTS, "a", "verse", "chorus")  # sections whose key and tempo are those of the piece, if it has no others
_OF_PIECE = ("key", "bpm", "meter")  # kinds of findings that every piece has one of
_TIMES = ("at", "until", "span", "piece share")  # kinds of findings that begin or end phases
_OF_NO_PHASE = ("dynamic", "density", "meter", "level")  # kinds of findings that a clause with a time may have

# Where clauses end, and the words before a place that begins one, between what is said of places, and before what ends one.
_BREAKS = r"[,;!?()]|[.:](?=\s|$)|(?<=\s)(?=(?:then|finally|before|followed by|and (?:ends?|finish\w*|closes?|concludes?))\b)"
_OPENS = r"\s*(?:(?:and|but|then|finally|with|also|have|let|make|only|later)\s+)*"
_JOINT = r"\b(?:and|but|with|that|which|who|plus|while|to|into|then)\b(?! (?:only )?(?:in|at|on|during|for)\b)"
_CLOSES = r"\b(?:and|but) (?:no|without|keep|otherwise|overall|all|then|finally)\b"

_ARTICLES = frozenset(
    ("the", "a", "an", "its", "our", "each", "every", "un", "une", "una", "ein", "eine", "einem", "le", "la", "il", "el")
)
# Words before a place: those that something is said in, those whose qualities follow, and those that say nothing of it.
_IN = frozenset(["in", "at", "on", "during", "for", "over", "near", "by", "towards", "toward"])
_INTO = frozenset(["to", "into"])
_NOT_IN = frozenset(["before", "after", "until", "till", "from", "of", "like", "as", "without", "no"])
_STOPS = _IN | _INTO | _NOT_IN | frozenset(["with", "has", "have", "is", "are", "then", "plus", "or", "which", "that", "where"])
_MOST_WORDS, _BARE_WORDS = 5, 3  # between the article and the name of a place, and before a name without one

# Verbs of the end of a piece; names of places beside those of the table, as groups of a pattern, which need an article.
_ENDS_WITH = (
    r"(?:ends?|ending|finish(?:es|ing)?|clos(?:es|ing)|conclud(?:es|ing)|termina|finisce|endet|finit|acaba)"
    r" (?:up )?(?:with|on|by|as|in|con|mit|avec|par)\b|(?:finally|lastly)\b"
    r"|(?:leav(?:e|es|ing)|(?:fad|go|return|sink)\w*(?: (?:back|down))* to|back to)\b(?=[^,;.]*\b(?:alone|just|only)\b)"
)
_LAST_BARS = r"minute|cadence|phrase|lines?|page|chord|note|bar|hit|repeat|round"
_FAMILIES = "string|brass|horn|wind|woodwind|rhythm|percussion"  # whose sections are players
_ONE_OF_MANY = r"section|passage|episode"
_BARE = ("end", "start", "middle", "break", "drop", "opening", "beginning", "theme", "trio")  # names that need an article, too
NO_PLACE = (
    r"(?! (?:music|jingle|theme|tune|song|cue|scene|credits|titles?|screen|piece|level|school|tuning|tuned|d|c|guitars?"
    r"|effect|pedal)\b)(?!(?<=drops) (?:to|out|in|back|down|away)\b)(?!(?<=breaks) (?:at|out|in|loose|over|through|free)\b)"
    r"(?![\w-])"
)

# What goes on about a place in the next clause, and how the end goes on.
_GOES_ON = r"(?:without|no|only|with only|with just)\b"
_FADES = r"(?:and |but )?(?:slowing|speeding|accelerating|getting|becoming|growing|dying|fading)\b"

# Who is alone in a place, "no choir except at the end", who began alone and ends so, and the last chord.
_ALONE = (
    r"\b(?:only(?! (?:in|at|on|during|from|after|for|when)\b)|just|alone|unaccompanied|a ?capp?ella"
    r"|by (?:it|him|her)self|on its own)\b"
)
_RESTS = r" (?:drops? out|rests?|(?:(?:is|are) )?(?:resting|silent|tacet|out(?! of))|stops?|falls? silent)\b"  # after players
_EXCEPT = r"\b(?:except|but|save|apart from)(?: only)? (?:for |in |at |on |during )"
_AGAIN = r"\b(?:with|by) (?:the )?(?:[a-z]+ )?[a-z]+ again\b"
_LAST = r"(?:the |a |an )?(?:last|final) (?:chord|note|bar)\b"
_CHORUSES = ("chorus", "choruses")  # which are no choir in a place

# Clauses of the second and the third of three parts, of which the third is the first; sections outside of these; times.
_THEN = r"(?:and )?(?:then|after that|followed by|finally|at the end)\b"
_MIDWAY = r"(?:and )?(?:halfway(?: through)?|midway|in the middle)\b"
_BACK = rf"{_THEN},? (?:(?:go(?:es)? |and )?back (?:to|into)\b|(?:an? |the )?return|[^,;.]*\b(?:again|returns?|comes? back)\b)"
_OUTER = r"\b(?:intro|introduction|coda|outro)\b"
_TIME = r"[0-9]:[0-5][0-9]|\b(?:seconds|minutes?|bars) (?:in|of|alone)\b|\bfor [a-z0-9]+ (?:seconds|bars)\b"
_MIDDLE = "middle"


@dataclass(frozen=True, slots=True)
class Scope:
    """The characters `start` to `end` of a prompt, which are said of a place.

    Attributes:
        is_bare: whether the place is named without an article or a preposition.
        joins: whether players named in it play only there, "at the end a trumpet", not "a coda with the trumpet".
        is_between: whether it is what is between a part of a piece and its return.
    """

    start: int
    end: int
    place: str
    is_bare: bool = False
    joins: bool = True
    is_between: bool = False


class Named(NamedTuple):
    """A place that a clause names: the characters of its name with its article and qualities, and the word before it."""

    start: int
    end: int
    place: str
    before: str


def with_scopes(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings, each with the place of which it is said.

    A key, a meter and a tempo in figures that are all that a prompt names are those of the piece where it names them beside a
    verse, in a list, "verse, chorus and bridge in G", or beside times. What a clause with a time says and no phase can have
    ("at 0:30 strings fortissimo") is said of `ELSEWHERE`.
    """
    scopes = scopes_of(text)
    timed = {one.clause for one in findings if one.kind in _TIMES}
    shared = {one.clause for one in findings if one.kind == "piece share"}  # which are up to phases

    def scope_of(one: Finding) -> Scope | None:
        scope = _scope_of(one, scopes, text)
        if scope is None and one.kind in _OF_NO_PHASE and one.clause in timed:
            return Scope(0, 0, ELSEWHERE)
        return None if scope and "%" in scope.place and one.clause in shared else scope

    pairs = [(one, scope_of(one)) for one in findings]
    said = {one.kind for one, scope in pairs if scope is None}

    def of_piece(one: Finding, scope: Scope) -> bool:
        if one.kind not in _OF_PIECE or one.kind in said:
            return False
        is_last_chord = one.kind == "key" and scope.place in ENDS and "mode" not in said  # "ends on a G major chord"
        return is_last_chord or scope.is_bare or bool(timed) or scope.place in _MAIN

    return [one if scope is None or of_piece(one, scope) else _placed(one, scope, text) for one, scope in pairs]


def _placed(one: Finding, scope: Scope, text: Text) -> Finding:
    """A finding with its place: moods of the middle and the end are such ones, and players beside one who is alone are, too."""
    said = text.plain[scope.start : scope.end]
    if one.kind == "piece share" and scope.place == _MIDDLE:
        return replace(one, kind="phase", value=f"section {_MIDDLE}")
    if one.kind == "exclusion" and re.search(_EXCEPT, said):
        return replace(one, kind="part", place=scope.place)
    rest = text.plain[text.words[one.last - 1].end : scope.end] if one.kind == "part" else ""
    if re.match(_RESTS, rest):
        return replace(one, kind="exclusion", place=scope.place)
    if one.kind == "part":
        alone = one.is_only or bool(re.search(_ALONE, said) or (scope.place in ENDS and re.search(_AGAIN, said)))
        is_place = one.phrase.lower().endswith(_CHORUSES)
        return replace(one, place=scope.place, is_only=alone) if (alone or scope.joins) and not is_place else one
    if one.kind == "mood":
        closes = scope.place == "end" and bool(re.match(_LAST, said))
        is_middle = one.is_middle or (scope.is_between and scope.place == _MIDDLE)
        one = replace(one, is_middle=is_middle, is_end=one.is_end or closes, is_last=one.is_last or closes)
    return replace(one, place=scope.place)


def _scope_of(finding: Finding, scopes: Sequence[Scope], text: Text) -> Scope | None:
    """The scope that a finding is in."""
    if not finding.first < finding.last <= len(text.words):
        return None
    start, end = text.words[finding.first].start, text.words[finding.last - 1].end
    return next((scope for scope in scopes if scope.start <= start and end <= scope.end), None)


def scopes_of(text: Text) -> list[Scope]:
    """The words of each place, in reading order.

    >>> from composer.prompt.prompt_text import read_text
    >>> prompt = read_text("a march in D, the summit in E major with loud horns, no drums in the coda, and ends with a gong")
    >>> [(prompt.raw[scope.start : scope.end], scope.place) for scope in scopes_of(prompt)]
    [('the summit in E major with loud horns', 'climax'), ('no drums in the coda', 'outro'), ('ends with a gong', 'end')]
    """
    if starts_of_parts(text.plain):
        return []  # which have places of their own
    clauses = list(_clauses(text.plain))
    if between := _between(text):
        before = [clause for clause in clauses if clause[0] < between.start]
        after = [clause for clause in clauses if clause[0] >= between.end]
        return [*_scopes_of(text, before), between, *_scopes_of(text, after)]
    return _scopes_of(text, clauses)


def _between(text: Text) -> Scope | None:
    """What is between "then" and what comes back: "a walk in C, then a scary part in C minor, slow, then the walk again"."""
    plain, clauses = text.plain, list(_clauses(text.plain))
    if re.search(_TIME, plain):
        return None
    thens = [place for place, (start, _) in enumerate(clauses) if re.match(rf"{_THEN}|{_MIDWAY}", plain[start:])]
    returns = [place for place in thens[1:2] if re.match(_BACK, plain[clauses[place][0] :])]
    if not returns or re.search(_OUTER, plain):
        return None
    return Scope(clauses[thens[0]][0], clauses[returns[0] - 1][1], _MIDDLE, is_between=True)


def _scopes_of(text: Text, clauses: Sequence[tuple[int, int]]) -> list[Scope]:
    """The scopes of clauses that follow each other."""
    scopes = [list(_scopes_in(text, start, end)) for start, end in clauses]
    for place, ((_, before), (start, end)) in enumerate(pairwise(clauses), start=1):
        last = scopes[place - 1][-1] if scopes[place - 1] else None
        if last and not scopes[place] and re.search(r"\bthere\b", text.plain[start:end]):
            scopes[place] = [Scope(start, end, last.place, joins=False)]
        if scopes[place] or last is None or last.end != before or "," not in text.plain[before:start]:
            continue
        said = text.plain[start:end]
        closes = place + 1 == len(clauses) or text.plain[end] in ";."
        beside = bool(scopes[place + 1]) if not closes else bool(re.match("[;.]", text.plain[end:]))
        says_how = bool(re.fullmatch(_qualities(), said.strip()))
        at_end = last.place in ENDS and (re.match(_FADES, said) or (says_how and place + 1 == len(clauses)))
        if at_end or (beside and (says_how or re.match(_GOES_ON, said))):
            scopes[place] = [Scope(start, end, last.place)]  # "breakdown 8 bars, without drums, chorus 16 bars"
    return [scope for found in scopes for scope in found]


def _clauses(plain: str) -> Iterator[tuple[int, int]]:
    """Where the clauses of a text begin and end."""
    breaks = list(re.finditer(_BREAKS, plain))
    starts, ends = [0, *(one.end() for one in breaks)], [*(one.start() for one in breaks), len(plain)]
    for start, end in zip(starts, ends, strict=True):
        if plain[start:end].strip():
            yield start + len(plain[start:end]) - len(plain[start:end].lstrip()), end


def _scopes_in(text: Text, start: int, end: int) -> Iterator[Scope]:
    """The scopes of a clause: a place at its beginning or named in it has the words up to the next one.

    One at its end has those from a joint on: "no drums [in the coda]".
    """
    named = named_in(text, start, end)
    for one, following in pairwise([*named, Named(end, end, "", "")]):
        left, right, last = one.start, one.end, following.start
        names_piece = left == 0 and not one.before and not text.plain.startswith("the ")  # "a fast bluegrass breakdown in G"
        if last < right or names_piece:
            continue
        if one.before not in _IN or re.fullmatch(_OPENS, text.plain[start:left]):
            is_bare = not one.before and one.place != "end" and not set(text.plain[left:right].split()) & _ARTICLES
            closes = re.search(_CLOSES, text.plain[right:last])
            joins = one.before in _IN or "with" in text.plain[left:right]
            with_players = re.match(r"(?: [0-9]+ bars)? with ", text.plain[right:last])  # "verse, chorus with horns"
            is_counted = one.place.partition(" ")[0] in COUNTED  # "the third verse with organ"
            joins = joins or ((is_bare or is_counted) and bool(with_players) and one.place not in STARTS)
            yield Scope(left, right + closes.start() if closes else last, one.place, is_bare, joins)
        elif one.before != "for" or text.plain.startswith("for the ", left):  # not "for my channel's intro"
            joints = list(re.finditer(_JOINT, text.plain[start:left]))
            goes_on = re.match(r" (?:in|at|with|without) (?:(?! (?:and|but) ).)*", text.plain[right:last])
            if joints or start:
                yield Scope(start + (joints[-1].end() if joints else 0), right + (goes_on.end() if goes_on else 0), one.place)


def named_in(text: Text, start: int, end: int) -> list[Named]:
    """The places that a clause names, in order; after "in the middle", "a fast passage" is no other place."""
    named = [one for match in _names().finditer(text.plain, start, end) if (one := _named(match, text, start))]
    for verb in re.finditer(rf"\b(?:{_ENDS_WITH})", text.plain[:end]):
        if verb.start() >= start and not any(one.start <= verb.start() < one.end for one in named):
            named.append(Named(*verb.span(), "end", ""))
    named += [Named(*match.span(), _share(match), "in") for match in _shares().finditer(text.plain, start, end)]
    named = sorted(one for one in named if one.before not in _NOT_IN)
    if named and named[0].before in _IN and re.fullmatch(_OPENS, text.plain[start : named[0].start]):
        return [named[0], *(one for one in named[1:] if one.place not in (ELSEWHERE, named[0].place))]
    return named


@cache
def _qualities() -> re.Pattern[str]:
    """Nothing but words for loudness, texture or tempo."""
    table = prompt_table()
    levels = [word for key in ("section_levels", "place_levels") for level in LEVELS for word in table[key][level]]
    word = rf"(?:very |more |even )?(?:{either([*levels, *table['speeds'], *table['tempi']])})"
    return re.compile(rf"{word}(?:(?: and|,) {word})*")


def _named(match: re.Match[str], text: Text, start: int) -> Named | None:
    """The place that a name means in a clause that begins at a character; `None` if it means none."""
    words = [word.folded for word in text.words]
    first, opening = text.words_until(match.start()), text.words_until(start)
    nearest = range(first - 1, max(opening, first - 1 - _MOST_WORDS) - 1, -1)
    left = next((at for at in nearest if words[at] in _ARTICLES | _STOPS), -1)
    has_article = left >= 0 and words[left] in _ARTICLES
    other = next((place for place in _others() if match[place]), "")
    is_trio, name = match["name"] == "trio", match["name"] or ""
    is_pair = is_trio and first > opening and words[first - 1] == "and"  # "a minuet and trio in G"
    needs_article = (bool(other) and (other == ELSEWHERE or first > opening)) or (
        name in _BARE and not (is_trio and first == opening)
    )
    is_likeness = re.search(r"\b(?:as|like) (?:at|in) (?:the )?$", text.plain[start : match.start()])
    if (needs_article and not has_article) or is_pair or is_likeness:
        return None
    place = other or named_place(name, match["count"] or "", text.plain)
    if place == "b" and re.search(r"theme|subject", match[0]):
        place = "first b"  # a recapitulation brings it back as the first theme is
    begins = left if has_article else left + 1 if left >= 0 else max(opening, first - _BARE_WORDS)
    if not place or (left < 0 and begins > opening):
        return None
    before = words[begins - 1] if begins > opening and words[begins - 1] in _STOPS else ""
    before = "in" if before == "of" and words[: begins - 1][-1:] == ["out"] else before  # "left out of the middle section"
    return Named(text.words[begins - (before in _IN)].start, match.end(), place, before)


@cache
def _names() -> re.Pattern[str]:
    """The names of places in prompts."""
    names, count = either(prompt_table()["places"]), either(COUNTED)
    name = rf"(?:(?P<count>{count}) )?(?P<name>{names})(?: section| part)?"
    others = "|".join(f"(?P<{place}>{pattern})" for place, pattern in _others().items())
    return re.compile(rf"\b(?:{name}|{others}){NO_PLACE}")


@cache
def _others() -> Mapping[str, str]:
    """Patterns of places beside those of the table: climaxes, the first and the last bars, and those that could be anywhere."""
    count = rf"(?:few|couple of|{number_pattern()})"
    bars = rf"(?:{count} )?(?:bars|measures|seconds|moments)"
    return {
        CLIMAX: r"climax|summit|peak|high point|culmination|apex",
        "end": rf"(?:last|final|closing) (?:{bars}|{_LAST_BARS}|{number_pattern()}(?=\W*$|[,.;]))"
        r"|(?:return|reprise|recapitulation|da capo)(?! to\b)",
        "intro": rf"(?:first|opening) {count} (?:bars|measures)",
        ELSEWHERE: rf"(?!(?:{_FAMILIES}|each|every|second|first) )[a-z]{{3,}} (?:{_ONE_OF_MANY})"
        r"|(?:drum|sax|guitar|piano|bass) break",
    }


@cache
def _shares() -> re.Pattern[str]:
    """The name of a part of the piece that is a share of it: "in the last third"."""
    table = prompt_table()["piece_shares"]
    ends, starts = either(table["ends"]), either(table["starts"])
    return re.compile(rf"\b(?:(?:in|for|during) )?(?:the (?:(?P<ends>{ends})|(?P<starts>{starts}))|second half)\b")


def _share(match: re.Match[str]) -> str:
    """A share of the piece in settings of sections: "from 50%"."""
    table = prompt_table()["piece_shares"]
    if match["starts"]:
        return f"until {table['starts'][match['starts']]}%"
    return f"from {table['ends'][match['ends'] or 'second half']}%"
