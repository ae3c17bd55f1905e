"""Who has the melody where, once form and players are settled: soloists have it, and what a piece cannot do is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from composer.brief import EVERY, is_drums
from composer.controls import LEARNED_METERS
from composer.presets import find_instrument, fold, resolve_form, styles
from composer.prompt.findings import Finding
from composer.prompt.parts import PAIR, english_name, kind_of, only_rhythm, players_of_part, staves_of
from composer.prompt.settle_sections import MELODY, form_with, line_up, sections_of_chorus
from composer.prompt.settle_styles import takes_features
from composer.prompt.settled import NO_EFFECT, Settled

_PAIR = 2  # players
_FEWEST, _FEW = 3, 4  # players of a piece with a soloist; of one whose first player has the melody anyway, at most
_MOST_TURNS = 6  # players who have the melody in turn
_MIDDLE, _END, _SOLO = "middle", "end", "solo"


def settle_leads(findings: Sequence[Finding], settled: Settled) -> None:
    """Gives the melody to soloists, and leaves out who has it where no melody is planned or the first player has it anyway."""
    for place, one in enumerate(findings):
        if one.kind == "part" and (name := _soloist(one, settled)):
            chorus = sections_of_chorus(findings, place - 1, settled) if place else []
            _add(place, one, name, settled, chorus)
    for place in (place for place, one in enumerate(findings) if one.kind == "lead turns"):
        _take_turns(place, settled)
    if MELODY in str(settled.options.get("sections", "")):
        _leave_out(findings, settled)
    if "sections" in settled.options:
        settled.options["sections"] = _merged(str(settled.options["sections"]))


def _merged(text: str) -> str:
    """Settings of sections with all those of a section in one place, of which the first for its melody counts.

    >>> _merged("all: melody flute; a: no drums; all: melody horn; a: tempo 80%")
    'all: melody flute; a: no drums, tempo 80%'
    """
    found: dict[str, list[str]] = {}
    for part in text.split("; "):
        name, _, items = part.partition(": ")
        said = found.setdefault(name, [])
        has_melody = any(item.startswith(MELODY) for item in said)
        said += [item for item in items.split(", ") if item not in said and not (has_melody and item.startswith(MELODY))]
    return "; ".join(f"{name}: {', '.join(items)}" for name, items in found.items())


def _soloist(part: Finding, settled: Settled) -> str:
    """The instrument of a part that plays a solo among others; empty for other parts."""
    if not (part.is_solo or part.is_leading or part.phrase.lower().endswith(" solo")) or part.is_only or only_rhythm(part):
        return ""
    everyone = line_up(settled)
    meant = players_of_part(part, alone=False)
    named = [name for name in meant if name in everyone]
    if not named and part.is_solo and kind_of(everyone[0]) not in map(kind_of, meant):  # "a guitar solo" of the only guitar
        named = [name for name in everyone if kind_of(name) in map(kind_of, meant)][:1]
    fewest = _PAIR if part.is_solo and named[:1] != everyone[:1] else _FEWEST  # the second of two has an interlude
    return named[0] if len(set(map(kind_of, named))) == 1 and len(everyone) >= fewest else ""


def _add(place: int, part: Finding, name: str, settled: Settled, chorus: Sequence[str]) -> None:
    """The melody of a soloist: in the sections of the `chorus` of a solo, if it has some, or in the section Solo of a song.

    Elsewhere it is in the middle, or everywhere for "solo trumpet".
    """
    options, style, word = settled.options, settled.first_style, english_name(part)
    word = word if find_instrument(word) else name.replace("-", " ")
    before = str(options.get("sections", ""))
    in_song = takes_features(style)
    forms = [str(options["form"])] if "form" in options else styles()[style].forms if style in styles() else ()
    form = next((each for each in forms if any(letter.startswith(_SOLO.title()) for letter in resolve_form(each).letters)), "")
    if chorus:
        lines = [f"{section.lower()}: {MELODY}{word}" for section in chorus]
        options["sections"] = "; ".join(filter(None, (before, *lines)))
        settled.explain(place, f"in section {'; '.join(lines)}")
        return
    section = _SOLO if in_song else EVERY if part.is_leading and not part.is_solo else _MIDDLE
    settings = f"only|{MELODY}|no |late " if section == EVERY else f"only|{MELODY}"  # a lead who rests does not lead throughout
    said = [fold(one).replace("-", " ") for one in before.split("; ")]
    if any(re.search(rf"\b(?:{settings}).*{fold(word)}", one) for one in said) or options.get("loop"):
        return
    if in_song and f"{_SOLO}: {MELODY}" in before:  # the melody of a listed "sax solo, verse" is set
        return
    if in_song and form:
        options["form"] = form
    elif in_song and part.place in (_MIDDLE, _END):  # of a piece without a section for it
        section = part.place
    elif in_song:
        return
    if section == _MIDDLE:
        if style in styles() and not styles()[style].forms:
            return
        if not in_song:
            options.setdefault("form", form_with([_MIDDLE], style))
    options["sections"] = "; ".join(filter(None, (before, f"{section}: {MELODY}{word}")))
    settled.explain(place, f"in section {section}: {MELODY}{word}")


def _take_turns(place: int, settled: Settled) -> None:
    """The melody of each player in turn, "each gets the melody once": several of one instrument are one, beside others."""
    everyone = [name.partition(":")[0] for name in line_up(settled) if not is_drums(name)]
    names = list(dict.fromkeys(everyone))
    if len(names) == 1:
        names = [f"{names[0]} {number}" for number in range(1, len(everyone) + 1)]
    if not PAIR <= len(names) <= _MOST_TURNS:
        return
    line = f"{EVERY}: {MELODY}{' then '.join(name.replace('-', ' ') for name in names)}"
    settled.options["sections"] = "; ".join(filter(None, (str(settled.options.get("sections", "")), line)))
    settled.explain(place, f"in section {line}")


def _leave_out(findings: Sequence[Finding], settled: Settled) -> None:
    """Leaves out settings of the melody that a piece cannot have, or that say what is so anyway."""
    options, everyone = settled.options, line_up(settled)
    is_planned = takes_features(settled.first_style) or (
        options.get("meter", LEARNED_METERS[0]) in LEARNED_METERS
        and not {"polyphony", "density"} & options.keys()
        and sum(name.partition(":")[0] in styles() for name in str(options.get("style", "")).split(",")) <= 1
    )
    first = everyone[0] if len(everyone) <= _FEW else ""
    is_alone = sum(map(staves_of, everyone)) == 1
    kept = []
    for text in str(options["sections"]).split("; "):
        name, _, items = text.partition(": ")
        usual = f"{MELODY}{first.replace('-', ' ')}" if name == EVERY else ""
        led = [each for each in items.split(", ") if each.startswith(MELODY)]
        lost = [each for each in led if not is_planned or is_alone or each == usual]
        left = [each for each in items.split(", ") if each not in lost]
        kept += [f"{name}: {', '.join(left)}"] if left else []
        for place, one in enumerate(findings):
            if one.kind == "sections" and any(each in one.value for each in lost):
                settled.meanings[place] = (
                    "the first player has the melody" if is_planned else f"{NO_EFFECT}no melody is planned"
                )
    if kept:
        options["sections"] = "; ".join(kept)
    else:
        del options["sections"]
