"""Choirs by their groups of singers, one part for each: "a choir of sopranos, altos and men", "boys and men's voices"."""

from __future__ import annotations

import re

from composer.prompt.figures.patterns import END, Rule

# Groups of singers from high to low, with the voice of each.
_GROUPS = {
    "trebles": "boy-soprano", "sopranos": "soprano", "mezzos|mezzo[ -]sopranos": "mezzo-soprano", "altos": "alto",
    "tenors": "tenor", "baritones": "baritone", "basses": "bass-voice",
}  # fmt: skip
# People from high to low, with their voices, and the one voice that they have beside sopranos or altos.
_PEOPLE = {
    "children(?:'s voices)?": (("childrens-voice",), "childrens-voice"),
    "boys(?:' voices)?": (("boy-soprano", "boy-alto"), "boy-soprano"),
    "girls(?:' voices)?": (("soprano", "alto"), "soprano"), "women(?:'s voices)?": (("soprano", "alto"), "alto"),
    "men(?:'s voices)?": (("tenor", "bass-voice"), "baritone"),
}  # fmt: skip
_GERMAN = r"\b(?:fur|und|mit|takte?|dur|moll|ein|eine|ruhiges?|stuck)\b"
_USUAL, _WHOLE_CHOIR = ("soprano", "alto", "tenor", "bass-voice"), ("choir-aahs",) * 4
_CHOIR = r"(?:(?:mixed|church|chamber|school|small|large|little|big|full|(?:two|three|four)-part|village) )*(?:choir|chorus)"


def choir_rules() -> tuple[Rule, ...]:
    """Rules of kind "instrument": a choir with its groups, or at least three groups without the word."""
    one = rf"(?:{'|'.join((*_GROUPS, *_PEOPLE))}){END}"
    more = rf"(?:(?:,? and |, | ?& ?|,? plus ){one})"
    needs = re.compile(rf"\b{one}")
    return (
        Rule("style", re.compile(r"choral(?=[,;]| (?:in|fur|von|mit)\b|\W*$)"), _chorale, needs=re.compile("choral")),
        Rule("instrument", re.compile(rf"{_CHOIR} of {one}{more}*"), _voices, needs=needs),
        Rule("instrument", re.compile(rf"{_CHOIR}(?:: ?| ?\(| with | for ){one}{more}+\)?"), _voices, needs=needs),
        Rule("instrument", re.compile(rf"{one}{more}{{2,}}(?: choir)?"), _voices, needs=needs),
    )


def _chorale(match: re.Match[str]) -> str | None:
    """The style of a chorale, which is a "Choral" in German."""
    return "hymn" if re.search(_GERMAN, match.string) else None


def _voices(match: re.Match[str]) -> tuple[str, ...]:
    """One voice for each group; of men or women two, beside groups one. The four usual ones are a choir."""
    groups = [voice for names, voice in _GROUPS.items() if re.search(rf"\b(?:{names}){END}", match[0])]
    people = [voices for names, voices in _PEOPLE.items() if re.search(rf"\b(?:{names}){END}", match[0])]
    if not groups:
        named = tuple(name for several, _ in people for name in several)
    else:
        named = tuple(sorted({*groups, *(one for _, one in people)}, key=_height))
    return _WHOLE_CHOIR if named == _USUAL else named


def _height(voice: str) -> int:
    """The place of a voice from high to low; children are above all."""
    return [*_GROUPS.values()].index(voice) if voice in _GROUPS.values() else -1
