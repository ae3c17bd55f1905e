"""Lists of sections that say more than their names: "verse 8 bars over Am F C G, chorus over F G Am C, verse, chorus x2".

A list in which a section returns is the form in its order, and each of its sections keeps the chords that are named in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from composer.brief.degrees import SECTION_PROGRESSION
from composer.prompt.figures.band_sections import PLAYER, PLAYER_NAMES
from composer.prompt.figures.chords import chords_in
from composer.prompt.figures.forms import PLAYED, TRADES, in_turn, listed_song, with_varied_solos
from composer.prompt.figures.patterns import number_of, number_pattern
from composer.prompt.findings import Finding
from composer.prompt.lexicon import either, phrase_of, prompt_table
from composer.prompt.parts import only_rhythm
from composer.prompt.phases import names_of_part
from composer.prompt.prompt_text import Text
from composer.prompt.settle_sections import MELODY

_FEWEST = 3  # sections of a list
_SYMBOL = r"[a-g][#b♯♭]?(?:maj|min|dim|aug|sus|add|mi|m|o|°|ø|\+)?[0-9]{0,2}(?:b5|sus4)?(?:/[a-g][#b♯♭]?)?(?![\w#♯♭°ø+])"
_LAST = re.compile(r"(?:the )?(?:last|final) ")
_TIMES = {
    **dict.fromkeys(("x2", "x 2", "twice", "two times", "double", "two", "2"), 2),
    **dict.fromkeys(("x3", "x 3", "three times", "three", "3"), 3),
}
_SOLI = "soli"
_HEAD = "head"
_PLAYS = "plays?|takes?|has|states?|gets"  # between a player and the section of a list
_EACH = re.compile(
    r"\b(?:each(?: (?:of them|one|player|instrument|musician))?|every(?:one|body)) "
    r"(?:(?:takes?|gets?|has|have|plays?) (?:an? |one )?(?:(?:short|quick|brief) )?(?:turn (?:at|with) an? )?solo|solos)\b"
)
_FOURTH = "4"  # of a verse: the fourth one; of other sections, bars
_INTRO, _SOLO, _BARS_OF_MIDDLE_EIGHT = "Intro", "Solo", 8
_COUNTS = ("first", "second", "third", "fourth")
_BARS = ("section bars", "bars")
_WITHIN = ("form", "double chorus", "strophes", "chords", "section chords", "degrees")  # findings that a list replaces


def with_song_list(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings with the list of sections of a prompt as its form, and with the bars and chords of its sections."""
    if len(re.findall(rf"\b(?:{either(_names())})\b", text.plain)) < _FEWEST:
        return list(findings)
    found = max(_list().finditer(text.plain), key=lambda match: match.end() - match.start(), default=None)
    items = list(_item().finditer(text.plain, *found.span())) if found else []
    if len(items) > 1 and _LAST.match(items[-1][0]) and _letters_of(items[-1]) == _letters_of(items[-2]):
        items.pop()  # "bridge, chorus, the last chorus a whole step higher"
    letters = in_turn([_letters_of(item) for item in items])
    letters = with_varied_solos(sorted(letters, key=lambda name: name != _INTRO))  # an introduction may be named last
    chords = {name: said for item in items if (said := chords_in(_raw(item, "chords", text))) for name in _letters_of(item)[:1]}
    returns = len(set(letters)) < len(letters)
    if found is None or len(letters) < _FEWEST or not (returns or chords):
        return list(findings)
    form = " ".join(letters) if returns else _song_of(letters)
    first, last = text.words_until(found.start()), text.words_until(found.end())
    counts = [(_letters_of(item)[0].lower(), bars) for item in items if (bars := _bars_of(item))]
    listed = [one for one in findings if first <= one.first < last]
    forms = [one for one in listed if one.kind == "form"]
    if not counts and not chords and len(forms) == 1 and forms[0].last >= last:
        return list(findings)  # a list of names, which the grammar reads
    replaced = (*_WITHIN, *(_BARS if counts else ()))
    inside = [
        one
        for one in listed
        if one.kind in replaced or text.slice(one.first, one.last).lower() in _names()  # "coro" is no choir
    ]
    counted = len(counts) or sum(one.kind == "section bars" for one in listed)  # "verse 8, chorus 8"
    whole = Finding("phase" if counted == len(letters) else "form", form, text.slice(first, last), first=first, last=last)
    named = [replace(whole, kind="section bars", value=count) for count in counts]
    named += [replace(whole, kind="section chords", value=(name.lower(), said)) for name, said in chords.items()]
    place = next((place for place, one in enumerate(findings) if one in inside or one.first >= first), len(findings))
    kept = [one for one in findings if one not in inside]
    place = min(place, len(kept))
    return [*kept[:place], whole, *named, *kept[place:]]


def with_solo_of_each(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings with a head and a solo of each player who is named and has melodies: "each takes a solo"."""
    said = _EACH.search(text.plain)
    parts = [one for one in findings if one.kind == "part" and not only_rhythm(one)]
    players = list(dict.fromkeys(name for one in parts for name in names_of_part(one)))
    if said is None or any(one.kind in ("form", "phase") for one in findings) or not 1 < len(players) <= len(_COUNTS):
        return list(findings)
    first, last = text.words_until(said.start()), text.words_until(said.end())
    solos = [_SOLO + "'" * place for place in range(len(players))]
    lines = (f"{count} solo: {MELODY}{name}" for count, name in zip(_COUNTS, players, strict=False))
    form = Finding("form", " ".join(["Head", *solos, "Head"]), said[0], first=first, last=last)
    return [*findings, form, replace(form, kind="sections", value="; ".join(lines))]


def with_solos_of_lists(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the players of the solos of a list, who have the melody there: "head, sax solo, piano solo, head"."""
    found: list[Finding] = []
    forms = [one for one in findings if one.kind in ("form", "phase")]
    lists = [one for one in forms if _SOLO in str(one.value)]
    of_head = next((one for one in forms if one not in lists and re.fullmatch("[A-D]{2,}", str(one.value))), None)
    for place, one in enumerate(findings):
        before = findings[place - 1] if place and one.kind == "solo after" else None
        if before and before.kind == "part" and before.last == one.first and not only_rhythm(before):
            found.append(replace(one, kind="sections", value=f"solo: {MELODY}{names_of_part(before)[0]}"))
        inside = any(each.first <= one.first and one.last <= each.last for each in lists)
        found.append(
            replace(one, phrase=one.phrase.removesuffix(" solo"), is_solo=not _has_head(one, lists), is_added=True)
            if one.kind == "part" and inside
            else one
        )
        solos = [letter for letter in str(one.value).split() if letter.startswith(_SOLO)] if one in lists[:1] else []
        solo = rf"\b(?:{PLAYER} (?:(?:{_PLAYS}) (?:an? |one |the )?)?)?solos?\b|{TRADES}"
        items = list(re.finditer(solo, " ".join(phrase_of(one.phrase)))) if solos else []
        if len(items) != len(solos) or len(lists) > 1 or len(items) > len(_COUNTS):
            continue
        names = [f"{count} solo" for count in _COUNTS] if len(items) > 1 else ["solo"]
        names = _rounds_of_solos(str(one.value).split()) if of_head else names
        lines = [f"{name}: {MELODY}{item[1]}" for name, item in zip(names, items, strict=False) if item[1]]
        found += [replace(one, kind="sections", value="; ".join(lines))] if lines else []
    return found


def _has_head(part: Finding, lists: Sequence[Finding]) -> bool:
    """Whether a player of a list plays its head: "tenor sax plays the head, then a piano solo"."""
    said = rf"\b{re.escape(part.phrase.lower())} (?:{_PLAYS}) (?:the |a )?{_HEAD}\b"
    return any(re.search(said, one.phrase.lower()) for one in lists)


def _rounds_of_solos(letters: Sequence[str]) -> list[str]:
    """The parts of a piece in which its solos are, if each section of a list is a round of the form of its head.

    >>> _rounds_of_solos(["Head", "Solo", "Solo'", "Head"])
    ['from 25% until 50%', 'from 50% until 75%']
    """
    bounds = [round(100 * place / len(letters)) for place in range(len(letters) + 1)]
    spans = zip(letters, bounds, bounds[1:], strict=False)
    return [f"from {first}% until {last}%" for letter, first, last in spans if letter.startswith(_SOLO)]


def _song_of(letters: Sequence[str]) -> str:
    """The form of a song whose sections are each named once; a solo comes before its last chorus.

    >>> _song_of(["Verse", "Chorus", "Bridge", "Solo"])
    "Verse Chorus Verse' Chorus Bridge Solo Chorus"
    """
    song = listed_song([letter for letter in letters if letter != _SOLO])
    before, chorus, after = song.rpartition(" Chorus")
    return f"{before} {_SOLO}{chorus}{after}" if _SOLO in letters and before else song


@cache
def _names() -> Mapping[str, str]:
    """Words for sections in lists, to the sections of forms."""
    table = prompt_table()["section_lengths"]
    words = {word: name for name, words in table["names"].items() for word in words}
    return {word: name.capitalize() for word, name in {**words, **table["listed"]}.items()}


@cache
def _item() -> re.Pattern[str]:
    """A section of a list with its bars and its chords."""
    number, bars = number_pattern(), either(prompt_table()["bars"]["units"])
    count = rf"(?:{number})[ -]?(?:{bars})\b"
    before = rf"(?:(?:an?|one|the|another|final|last|first|second|third|short|long|big|again|{count}) ){{0,3}}"
    before += r"(?:(?P<count>double|two|three|2|3) )?"
    over = r"(?:(?:over|on|with|chords|auf|sobre|sur|su|uber|is|are)[:=]?|[:=])"
    symbols = rf"(?:\| ?)?{_SYMBOL}(?:(?:[ ,|–-]+){_SYMBOL})+"
    chords = rf" ?(?:{over} ?)?(?P<chords>{symbols}|(?i:{SECTION_PROGRESSION}))(?: ?\|)?\)?"
    key = r"(?: (?:in|en|im) (?:the )?(?:[a-h][a-z]{0,3}|mi|re|si|la|sol)[#♯♭]?(?:[ -](?:[a-z]{3,8})){0,2})?"
    of = "(?:of |for |with |de |di |von |mit )?"
    lengths = rf"(?: ?\(?{of}{count}\)?|,? \(?{of}{count}\)?(?! (?!over|on|with|chords|and|then)[a-z]))?"
    again = "(?: (?:again|once more|(?:over|for) (?:one|a|the)(?: (?:full|whole))? chorus))?"
    player = rf"(?:(?!no |without )[a-z]+ (?=(?:{either((*PLAYED, _SOLI))})\b))?"
    sections = either((*PLAYED, _SOLI, _HEAD))
    leads = rf"(?:(?:the )?(?:[a-z]+ )?(?:{PLAYER_NAMES}) (?:{_PLAYS}) (?=(?:[a-z]+ ){{0,2}}(?:{sections})\b))?"
    rest = r"(?:(?<=head) (?:in|out)\b|(?<=solo) chorus(?:es)?\b)?"
    figure = rf"(?: (?:(?P<bare>[48]|[1-6][0-9])|[1-9])(?![0-9:]| ?(?:{bars})))?"  # "verse 2", "verse 16"
    return re.compile(
        rf"\b{leads}{before}{player}(?P<name>{either(_names())})\b{rest}{figure}"
        rf"(?: ?(?P<times>x ?[23]|twice|two times|three times)\b)?{lengths}(?:{chords})?{lengths}{key}{again}"
    )


@cache
def _list() -> re.Pattern[str]:
    """Sections one after the other."""
    item = re.sub(r"\?P<\w+>", "?:", _item().pattern)
    joint = r"\s*(?:[,;.>→–-]+\s*(?:(?:and|then|followed by) )*|(?:then|and|and then|followed by|dann|puis|luego|poi) )"
    return re.compile(rf"{item}(?:{joint}{item}){{2,}}(?! (?:after|before|during|in)\b)")


def _bars_of(item: re.Match[str]) -> int:
    """The bars of a section of a list, 8 of a middle eight; 0 if it gives none."""
    found = re.search(rf"({number_pattern()})[ -]?(?:{either(prompt_table()['bars']['units'])})\b", item[0])
    usual = _BARS_OF_MIDDLE_EIGHT if item["name"].startswith("middle") else 0
    is_ordinal = item["bare"] == _FOURTH and _names()[item["name"]] == "Verse"
    usual = int(item["bare"]) if item["bare"] and not is_ordinal else usual  # "verse 16, chorus 8"
    return round(number_of(found[1])) if found else usual


def _letters_of(item: re.Match[str]) -> list[str]:
    """The sections of a form that an item of a list stands for."""
    times = _TIMES.get(item["times"] or item["count"] or "", 1)
    return [_names()[item["name"]]] * times


def _raw(match: re.Match[str], group: str, text: Text) -> str:
    start, end = match.span(group)
    return text.raw[start:end] if start >= 0 else ""
