"""Chords: those of the whole piece, in symbols or Roman numerals, and those of sections."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from composer.brief import parse_chords
from composer.brief.chords import chords_in_key, has_numerals, write_chords
from composer.controls import AUTHENTIC
from composer.presets import resolve_form, styles
from composer.prompt.findings import Finding
from composer.prompt.lexicon import prompt_table
from composer.prompt.section_spans import names_of_section
from composer.prompt.settled import Conflict, Settled
from composer.score import TICKS_PER_QUARTER, Key, TimeSignature

_MINOR_TONIC = re.compile(r"(?<![A-Za-z])i(?![A-Za-z])")  # a chord of a progression in Roman numerals
_FEWEST_STATEMENTS, _USUAL_STATEMENTS, _MOST_STATEMENTS = 4, 8, 32  # of a ground; fewer are no theme with variations
_VARIATIONS, _THEME = "variations", "theme-and-variations"
_METER_OF_GROUNDS, _QPM_OF_GROUNDS = "3/4", 80.0
_SONG = "verse-chorus"
_FORMS = ("ABA", "AB", _SONG, "Verse Chorus Verse Chorus", "Verse Chorus Bridge Chorus", "Verse Chorus")


def settle_degrees(findings: Sequence[Finding], settled: Settled) -> None:
    """Roman numerals to chords, in the key named or else in one without accidentals; chord symbols override them."""
    for place, finding in enumerate(findings):
        if finding.kind == "degrees" and "chords" in settled.options:
            settled.conflicts.append(Conflict("chords", settled.options["chords"], finding.phrase))
        elif finding.kind == "degrees":
            settled.options["chords"] = _in_key(finding.value, finding.value, settled)
            settled.explain(place, f"chords {settled.options['chords']} in {settled.options['key']}")


def settle_grounds(findings: Sequence[Finding], settled: Settled) -> None:
    """The chords over a repeated bass; without another style or form also variations that state it as often as the prompt says.

    Without a number it is stated for as long as the piece lasts. Stated chords override it.
    """
    table, options = prompt_table()["grounds"], settled.options
    named = [place for place, one in enumerate(findings) if one.kind == "ground" or one.phrase.lower() in table["named"]]
    if not named or "chords" in options:
        return
    options.setdefault("style", _VARIATIONS)
    options.setdefault("key", f"{prompt_table()['tonic_of']['minor']} minor")
    mode = "minor" if Key.parse(options["key"]).tonic_triad.quality == "min" else "major"
    words = " ".join(findings[place].phrase.lower() for place in named)
    progression = table["chromatic" if mode == "minor" and "chromatic" in words else mode]
    options["chords"] = _in_key(progression, progression, settled)
    for place in named:
        settled.explain(place, f"chords {options['chords']}")
    letters = resolve_form(options.get("form", _THEME)).letters
    if settled.first_style != _VARIATIONS or len({letter.rstrip("'") for letter in letters}) > 1:
        return
    bars = len(parse_chords(options["chords"]))
    options.setdefault("meter", _METER_OF_GROUNDS)
    counted = [(place, one) for place, one in enumerate(findings) if one.kind == "statements"]
    count = min(max(counted[0][1].value if counted else _statements(options, bars), _FEWEST_STATEMENTS), _MOST_STATEMENTS)
    if not re.search("[0-9]", options.get("form", "")):
        options["form"] = " ".join("A" + "'" * number + str(bars) for number in range(count))
        options.pop("bars", None)
    options.setdefault("ending", AUTHENTIC)
    for place, _ in counted:
        settled.explain(place, f"form of {count} times {bars} bars")


def _statements(options: Mapping[str, Any], bars: int) -> int:
    """How often a piece states a ground of some bars: by its variations, bars or duration, else the usual number."""
    if "form" in options:
        return len(resolve_form(options["form"]).letters)
    if "bars" in options:
        return round(int(options["bars"]) / bars)
    if "duration" in options:
        meter = TimeSignature.parse(str(options["meter"]))
        quarters = float(options["duration"]) * float(options.get("tempo", _QPM_OF_GROUNDS)) / 60
        return round(quarters * TICKS_PER_QUARTER / meter.bar_ticks / bars)
    return _USUAL_STATEMENTS


def _in_key(chords: str, progression: str, settled: Settled) -> str:
    """Roman numerals as symbols in the key named, else in that without accidentals in which a progression has its tonic."""
    mode = "minor" if _MINOR_TONIC.search(progression) else "major"
    home = Key.parse(settled.options.setdefault("key", f"{prompt_table()['tonic_of'][mode]} {mode}"))
    return write_chords(chords_in_key(parse_chords(chords), home), home)


def settle_section_chords(findings: Sequence[Finding], settled: Settled) -> None:
    """Settings of the sections that have chords; the other sections are open. Once the form is known."""
    found = [(place, one) for place, one in enumerate(findings) if one.kind == "section chords"]
    if not found:
        return
    settled.options["form"] = _form_with([one.value for _, one in found], settled)
    every = " ".join(one.value[1] for _, one in found)
    said = [text for text in (settled.options.get("sections"),) if text]
    settings = {name: items for name, _, items in (text.partition(": ") for text in "; ".join(said).split("; ") if text)}
    for place, one in found:
        name, chords = one.value
        if has_numerals(chords):
            chords = _in_key(chords, every, settled)
        settings[name] = ", ".join([*([settings[name]] if name in settings else []), f"chords {chords}"])
        settled.explain(place, f"chords {chords} in section {name}")
    settled.options["sections"] = "; ".join(f"{name}: {items}" for name, items in settings.items())


def _form_with(given: Sequence[tuple[str, str]], settled: Settled) -> str:
    """The form that the prompt names or the first one of the style; another one where that lacks a section with chords.

    So does one whose sections would be shorter than their chords.

    Args:
        given: names of sections, and their chords.
        settled: with the form and the bars, if they are named.
    """
    if "form" in settled.options:
        return str(settled.options["form"])
    style = styles().get(settled.first_style)
    usual = next(iter(style.forms), _SONG) if style else _SONG
    names, longest = {name for name, _ in given}, max(len(parse_chords(chords)) for _, chords in given)
    bars = int(settled.options.get("bars", 0))

    def fits(form: str) -> bool:
        letters = resolve_form(form).letters
        kinds = {name for letter in letters for name in names_of_section(letter)}
        return names <= kinds and (not bars or bars >= longest * len(letters))

    return next(filter(fits, (usual, *_FORMS)), _FORMS[-1])
