"""How a piece ends: open, closed, or in major."""

from __future__ import annotations

import re

from composer.controls import AUTHENTIC, OPEN, PICARDY, PLAGAL
from composer.prompt.figures.patterns import END, Rule

_ENDS = "(?:ends?|ending|cadence|closes?|closing|endet|endend|ende|schluss|termine|finit|termina|finisce|acaba|finale)"
_MAJOR = "major|dur|majeur|maggiore|mayor|maior"
_TO_END = "(?:ends?|ending|closes?|closing|finish(?:es|ing)?|stops?|stopping|concludes?|concluding|lands?|landing|arrives?)"
_LEAVE = "(?:leave|leaves|leaving|left|keep|keeps|stay|stays|staying|remain|remains|remaining|hangs?|hanging)"
_THE_END = r"(?:ending|end|final (?:chord|cadence|note|bar)|last (?:chord|cadence|note|bar)|cadence|close|conclusion|finish)"
_AT_END = r"(?: (?:at|in|for|as|to|until|till) (?:the (?:very )?)?(?:end|ending|close|last bars?|final bars?))"
_HANGING = (
    "(?:unresolved|unsettled|inconclusive|open[- ]ended"
    "|hanging(?: in (?:the )?(?:air|mid[- ]?air))?|up in the air|in the air|in suspense"
    "|(?:like|as|on) an? (?:open |unanswered |big )?question(?: mark)?)"
)
_HALF = "(?:half|imperfect|open|unresolved|suspended) (?:cadence|close)"
_OPEN_CHORD = (
    rf"(?:{_HALF}|(?:the |its )?dominant(?: chord| seventh)?|(?:the )?(?:5|v)(?:7)?(?: chord)?|suspended chord"
    "|sus(?:4)?(?: chord)?|unresolved (?:chord|note|harmony)|(?:open |unanswered )?question(?: mark)?)"
)
_LINKS = (
    "(?: (?:the|an?|its?|this|that|all|everything|things|us|piece|music|last|final|chord|note|ending|end|tune|melody|just"
    "|is|be|to|should|must|can|may|has|feel(?:s|ing)?|sound(?:s|ing)?|left|remains?|stays?|rather|somewhat|completely|quite|deliberately"
    "|harmonically)){0,6}"
)
_NOT_RESOLVED = (
    r"(?:(?:never|not|doesn't|does not|don't|do not|won't|shouldn't|should not|without)"
    r"(?: (?:ever|fully|quite|really|a|any|to)){0,2} (?:resolv(?:e|es|ed|ing)|resolution)|no (?:final )?resolution)"
)
_RESOLVED = (
    r"(?:(?:fully |finally )?resolv(?:es?|ed|ing)(?: (?:fully|nicely|properly))?" + _AT_END + "|resolv(?:es?|ing) to the tonic)"
)
_CLOSED = "(?:(?:perfect|full|authentic|perfect authentic|v-i) (?:cadence|close)|the tonic(?: chord)?)"
_AMEN = rf"(?:{_TO_END} (?:with|on|in|by)|with|and|plus) (?:an? |the |its )?"
_AMEN += rf"(?:(?:final|closing|sung|plagal|great|short) )*amen{_AT_END}?"
_PLACE = (
    r"\b(?:sections?|phrases?|verses?|chorus(?:es)?|bridge|parts?|half|variations?|strains?|movements?|periods?|antecedent|bars?|intro"
    r"|theme|question|line|scenes?)\b[^,.;:!?]*$"
)
_NOT = "(?P<not>(?:(?:do|does|must|should|shall|may|please|and|but) )*"
_NOT += "(?:not|never|no|without|don't|doesn't|mustn't|shouldn't) (?:an? |ever )?)?"


def ending_rules() -> tuple[Rule, ...]:
    """Rules of kind "ending", whose value is a name in `controls.ENDINGS`; what one section or phrase ends on is not read."""
    is_open = (
        rf"(?:and )?(?:{_LEAVE}|{_TO_END}){_LINKS} {_HANGING}{_AT_END}?{END}",
        rf"{_TO_END}(?: (?:on|with|in|as))(?: an?| the)? {_OPEN_CHORD}{_AT_END}?{END}",
        rf"(?:the )?{_THE_END}{_LINKS} {_HANGING}{END}",
        rf"(?:an? )?(?:{_HANGING}|open|questioning) (?:ending|end|(?:final|last) (?:chord|cadence)|conclusion){END}",
        rf"(?:an? )?{_HALF}{_AT_END}{END}",
        rf"{_NOT_RESOLVED}(?:{_AT_END})?{END}",
        r"unresolved(?=\s*(?:[,.;!]|$))",
        rf"(?:offene[nmrs]? (?:ende|schluss)|offen endet|endet offen){END}",
    )
    closed = (rf"{_TO_END} (?:on|with|in)(?: an?)? {_CLOSED}{END}", rf"(?:an? )?{_CLOSED}{_AT_END}{END}", rf"{_RESOLVED}{END}")
    return (
        *(
            Rule("ending", re.compile(_NOT + pattern), lambda match: _whole_piece(match, OPEN, AUTHENTIC))
            for pattern in is_open
        ),
        *(Rule("ending", re.compile(_NOT + pattern), lambda match: _whole_piece(match, AUTHENTIC, OPEN)) for pattern in closed),
        Rule("ending", re.compile(rf"(?:{_AMEN}|amen{_AT_END}){END}"), lambda match: PLAGAL),
        Rule(
            "ending",
            re.compile(rf"(?:{_ENDS} (?:in|on) (?:dur|major)|(?:in|en|em) (?:{_MAJOR}))\b(?! chords?\b)"),
            _ends_in_major,
        ),
    )


def _whole_piece(match: re.Match[str], ending: str, contrary: str) -> str | None:
    """The ending of the piece, its contrary after a negation; `None` of a section or a phrase."""
    if re.search(_PLACE, match.string[: match.start()]):
        return None
    return contrary if match["not"] else ending


def _ends_in_major(match: re.Match[str]) -> str | None:
    """A piece that ends in major, which has a major chord at its end: "qui se termine en majeur", "un finale in maggiore"."""
    before = match.string[: match.start()]
    is_end = re.match(_ENDS, match[0]) or re.search(rf"\b(?:{_ENDS})\b[^,.;]*$", before)
    is_whole = re.search(rf"\b[a-g](?:[#b]|[ -](?:flat|sharp))? (?:{_MAJOR})\b", before)  # of a piece in major
    return PICARDY if is_end and not is_whole else None
