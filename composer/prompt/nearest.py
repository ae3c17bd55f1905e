"""The nearest style or instrument for one that a prompt names and that does not exist, and the line that says so."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from composer.brief import DRUMS
from composer.presets import find_percussion, instrument_of, instruments, nearest, styles
from composer.prompt.findings import Finding, senses_of_part
from composer.prompt.levels_of_players import LINE_OF_LEVELS, PLAYER_LEVEL
from composer.prompt.lexicon import WITHIN, is_everyday, phrase_of, prompt_table, words_of_phrases
from composer.prompt.parts import (
    english_name,
    english_of,
    is_in_drum_part,
    is_unaccompanied,
    is_voice,
    kind_of,
    players_of,
    players_of_part,
)
from composer.prompt.settle_sections import MELODY
from composer.prompt.settle_styles import in_meter, is_for_band
from composer.prompt.settled import Settled

_POSSESSIVE = "'s"
_VOICES = ("voice", "solo-voice")
_CUTOFF = 0.75  # similarity from which a word counts as a misspelled style


def notes_of(findings: Sequence[Finding], options: Mapping[str, Any]) -> list[str]:
    """One line for each genre, artist or instrument that the nearest one replaces, and for each dance in an unusual meter."""
    style_text, players = str(options.get("style", "")), options.get("instruments", ())
    percussion = _untuned(findings, players)
    lines = [f"{', '.join(percussion)}: one part, drums, plays all untuned percussion"] if percussion else []
    meter = next((finding.value for finding in findings if finding.kind == "meter"), None)
    dances, near = prompt_table()["dances"], prompt_table()["nearest_meters"]
    announced, freer = prompt_table()["announced"], prompt_table()["freer_styles"]
    if meter in near:
        lines.append(f"no meter {meter}; nearest: {near[meter]}")
        meter = near[meter]
    for finding in findings:
        named = finding.phrase.lower()
        usual = dances.get(named)
        if usual and meter is not None and meter not in usual:
            lines.append(f"a {named} is in {' or '.join(usual)}; {meter} is kept as requested")
        lines += _notes_of_places(finding)
        kind = finding.value.get("style") if finding.kind == "use" else finding.value
        if finding.kind in ("style", "hint") and kind in freer and in_meter(kind, findings) != kind:
            usual_meters = " or ".join(styles()[kind].only_meters)
            lines.append(f"a {named} is in {usual_meters}; {meter} is kept as requested, in the style {freer[kind]}")
        if named in announced and finding.kind in ("use", "style", "hint") and kind == style_text.partition(",")[0]:
            lines.append(f"no style called {named}; nearest: {kind} ({announced[named]})")
        if finding.kind == "use" and "why" in finding.value:
            lines += _notes_of_genre(finding, findings, style_text)
        elif finding.kind == "part":
            lines += _notes_of_part(finding, findings, style_text, players)
    return list(dict.fromkeys([*lines, *_of_several(findings)]))


def _notes_of_places(finding: Finding) -> list[str]:
    """A line for a scale that has a nearest one, or for what a part of a piece cannot have."""
    named = finding.phrase.lower()
    if finding.kind in ("key", "mode") and (scale := _near_scale(named)):
        nearest_scale = next(name for name, words in prompt_table()["scales"].items() if scale in words)
        return [f"no {scale.removesuffix(' scale')} scale; nearest: {nearest_scale}"]
    reasons = {
        "placed texture": "such a texture is that of the whole piece, not of a part of it",
        "placed mode": "sections have major and minor keys, church modes and other scales are those of the whole piece",
        "placed style": "a piece has one style throughout, not another in a section",
    }
    return [f"{named}: {reasons[finding.kind]}"] if finding.kind in reasons else []


def _notes_of_genre(finding: Finding, findings: Sequence[Finding], style_text: str) -> list[str]:
    """A line for a genre or an artist whose music the nearest style replaces, or a style that another phrase chose."""
    style = styles()[finding.value["style"]]
    chosen = [item.partition(":")[0] for item in style_text.split(",") if item]
    is_artist = finding.value["table"] == "artists"
    named = f"{'no music of' if is_artist else 'no style called'} {finding.phrase.removesuffix(_POSSESSIVE)}"
    if style.name not in chosen and is_artist and chosen:
        return [f"{named}; the style is {' and '.join(chosen)}"]
    is_nearest = style.name in chosen and not any(one.kind == "style" and one.value == style.name for one in findings)
    return [f"{named}; nearest: {style.name} ({finding.value['why']})"] if is_nearest else []


def _notes_of_part(part: Finding, findings: Sequence[Finding], style_text: str, players: Sequence[str]) -> list[str]:
    """Lines for players whom the nearest ones replace, or who sing without the band of the style."""
    named, announced = part.phrase.lower(), prompt_table()["announced"]
    if (
        is_unaccompanied(part)
        and is_for_band(style_text.partition(",")[0].partition(":")[0])
        and not any(one.kind == "part" and is_voice(one) and not is_unaccompanied(one) for one in findings)
    ):
        return [f"{named}: a choir of four sings {style_text.partition(',')[0]}, without its band"]
    if (name := instrument_near(part)) and not is_in_drum_part(part.phrase, style_text):
        if part.phrase in _untuned(findings, players) or _plays_itself(part, players):
            return []
        left_out = name == DRUMS and any(one.kind == "exclusion" and DRUMS in _names_of(one) for one in findings)
        return [f"no {part.phrase}{': only the drums play it, which are left out' if left_out else f'; nearest: {name}'}"]
    if borrowed := _with_borrowed_sounds(part):
        return borrowed
    ensemble = senses_of_part(part).get("ensemble")
    return [f"no {named}; nearest: {ensemble} ({announced[named]})"] if ensemble and named in announced else []


def _near_scale(phrase: str) -> str:
    """The scale that a phrase names and that another one replaces; empty where it names none."""
    words = f" {' '.join(phrase_of(phrase.replace('-', ' ')))} "
    return next((each for each in prompt_table()["near_scales"]["words"] if f" {each} " in words), "")


def _of_several(findings: Sequence[Finding]) -> list[str]:
    """A line for the pieces after the first one that a prompt names, or for those that it counts."""
    later = list(dict.fromkeys(one.value for one in findings if one.kind == "second dance"))
    if later:
        named = (
            f"{', '.join(later[:-1])} and {later[-1]} are separate pieces" if later[1:] else f"{later[0]} is a separate piece"
        )
        return [f"a request is one piece: {named}, to be requested separately"]
    counted = next((one for one in findings if one.kind == "several"), None)
    return [f"a request is one piece: --count {counted.value} composes {counted.value}"] if counted else []


def _with_borrowed_sounds(part: Finding) -> list[str]:
    """One line for each instrument of a part that General MIDI has no sound for."""
    rows = [instruments()[name] for name in dict.fromkeys(_names_of(part)) if name in instruments()]
    pairs = [(row, usual) for row in rows if (usual := instrument_of(row.program)) != row and row.family not in _VOICES]
    return [f"{row.title}: sounds as {usual.title}, the nearest sound of General MIDI" for row, usual in pairs]


def _plays_itself(part: Finding, players: Sequence[str]) -> bool:
    """Whether percussion has its strokes and stands for no other."""
    row = find_percussion(english_name(part))
    return row is not None and row.name in players


def _untuned(findings: Sequence[Finding], players: Sequence[str]) -> list[str]:
    """The percussion instruments that the drum part plays, where a prompt names several; empty if it leaves drums out."""
    if any(one.kind == "exclusion" and DRUMS in _names_of(one) for one in findings):
        return []
    parts = [
        one for one in findings if one.kind == "part" and instrument_near(one) == DRUMS and not _plays_itself(one, players)
    ]
    named = list(dict.fromkeys(one.phrase for one in parts))
    return named if len(named) > 1 else []


_PRE_CHORUS = "pre chorus"  # which a section Build is
_OF_NOTES = {"notes": "the notes", "one note": "note by name"}  # phrases of the table for notes that a prompt names by letters
_SAID = (
    "beyond",
    "scale",
    "mode",
    "use",
    "form",
    "style",
    "hint",
    "notes",
)  # kinds of findings with phrases that say what no piece has


def impossible(findings: Sequence[Finding], ignored: Sequence[str], settled: Settled) -> list[str]:
    """One line for each thing that no piece has and that the prompt asks for: "no melody"."""
    style = str(settled.options.get("style", ""))
    unset = [one for place, one in enumerate(findings) if one.kind != "form" or place not in settled.meanings]
    unused = (one.phrase for one in unset if one.kind in _SAID or (one.kind == "hint" and one.value not in style))
    ensemble = settled.options.get("ensemble")
    is_alone = bool(ensemble) and len(players_of(ensemble)) == 1
    solos = [] if is_alone else list(enumerate(findings))
    lines = [line for place, one in solos if (line := _line_of_solo(one, settled.meanings.get(place, ""), settled.options))]
    lines += [
        f"this piece ends in the key in which it begins, not in {one.value}: a section before can have that key"
        for place, one in enumerate(findings)
        if one.kind == "final key" and place not in settled.meanings
    ]
    lines += [
        f"{one.phrase}: note values follow the style and the level; few notes are the nearest"
        for place, one in enumerate(findings)
        if one.kind == "shortest" and settled.meanings.get(place, "").startswith("density")
    ]
    lines += [
        f"{one.phrase}: note values follow the style and the level; pieces of the level easy have none shorter than eighths"
        for place, one in enumerate(findings)
        if one.kind == "shortest" and place not in settled.meanings
    ]
    lines += [LINE_OF_LEVELS] if any(one.kind == PLAYER_LEVEL for one in findings) else []
    phrases = (*ignored, *unused)
    granted = prompt_table()["granted"].get(settled.first_style, ())
    texts = (english_of(phrase) if phrase.isalpha() else phrase for phrase in phrases)
    said = [words for text in texts if (words := " ".join(phrase_of(text))) not in granted]
    said += [_OF_NOTES[one.kind] for one in findings if one.kind in _OF_NOTES]
    has_build = "Build" in str(settled.options.get("form", ""))
    lines += [
        line
        for line, phrases in prompt_table()["impossible"].items()
        if not (has_build and _PRE_CHORUS in phrases)
        and any(f" {phrase.removeprefix(WITHIN)} " in f" {words} " for phrase in phrases for words in said)
    ]
    return list(dict.fromkeys(lines))


def _line_of_solo(finding: Finding, meaning: str, options: Mapping[str, Any]) -> str:
    """What a solo within a piece comes to; empty where nothing is lost or the soloist is all who play."""
    form = str(options.get("form", ""))
    if f"solo: {MELODY}" in str(options.get("sections", "")):
        return ""
    words = finding.phrase.removesuffix(" solo")
    if f"{MELODY}{words.lower()}" in str(options.get("sections", "")):
        return ""
    if not (finding.kind == "part" and (finding.is_solo or words != finding.phrase) and finding.is_added):
        return ""
    if set(map(kind_of, _names_of(finding))) <= {"bass", DRUMS}:
        return f"no {words} solo: the part with the melody plays all solos"
    if MELODY in meaning and "section Solo" not in meaning:
        return ""
    if "Solo" in form.split() or re.search(r"\bSolo[0-9]", form):
        return "the part with the melody plays the section Solo"
    if "section Solo" in meaning:
        return "a section Solo takes the place of the bridge or of a verse: --form sets another place"
    return f"no section for the {words} solo: the form names one (--form 'Verse Chorus Solo Chorus')"


@cache
def _near_instruments() -> Mapping[tuple[str, ...], str]:
    """Instruments that do not exist, as phrases, to the nearest ones."""
    return {phrase_of(text): name for text, name in nearest()["instruments"].items()}


def instrument_near(finding: Finding) -> str | None:
    """The instrument that replaces one that does not exist; `None` if the one named exists."""
    words = finding.value.senses
    named = phrase_of(english_of(finding.phrase.partition(" (")[0]))
    named = named[:-1] if len(named) > 1 and named[-1] in prompt_table()["groups"] else named  # "bass clarinet duet"
    match = next((name for phrase, name in _near_instruments().items() if named[-len(phrase) :] == phrase), None)
    if match and match.startswith("-".join(named)):  # "taiko" is the taiko drum itself
        return None
    if match == DRUMS and DRUMS not in _names_of(finding):
        return None  # "two pulse waves and a triangle"
    return match if match and words and "instrument" in senses_of_part(finding) else None


def _names_of(part: Finding) -> list[str]:
    return players_of_part(part, alone=False)


def unknown_words(ignored: Sequence[str]) -> list[str]:
    """Words of ignored phrases that are not in any phrase of the lexicon."""
    known = words_of_phrases()
    return [word for phrase in ignored for word in phrase_of(phrase) if word not in known and not word.isdigit()]


def style_for(options: Mapping[str, Any], ignored: Sequence[str]) -> tuple[str | None, str]:
    """A style for a prompt that names none and has unknown words, and the line that says so.

    `None` leaves the choice to the plan, which follows the mood.
    """
    for word in unknown_words(ignored):
        if is_everyday(word):
            continue
        if near := difflib.get_close_matches(word, list(styles()), n=1, cutoff=_CUTOFF):
            return near[0], f"no style called {word}; nearest: {near[0]}"
    suits = "one that suits the mood" if {"mood", "mood_curve"} & options.keys() else "one without a band"
    return None, f"no style understood; {suits} is chosen (`cantilena styles` lists all)"
