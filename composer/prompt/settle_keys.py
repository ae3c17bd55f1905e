"""Keys along the piece: "starts in D minor and ends in D major"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.presets import SECTION_KINDS, resolve_form, styles
from composer.prompt.findings import Finding
from composer.prompt.settle_section_moods import letter_of
from composer.prompt.settle_styles import is_for_band
from composer.prompt.settled import Settled
from composer.score import CHURCH_MODES

_OF_THREE = "ABA"
_FEWEST = 2  # sections


def with_keys_of_places(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with keys of places as such: "modulates from E flat major to G major", "B section in A minor".

    A key right after a section with a letter is that of the section where another key is named.
    """
    found: list[Finding] = []
    keys = {one.value for one in findings if one.kind == "key"}
    for place, finding in enumerate(findings):
        before = findings[place - 1] if place else finding
        letter = letter_of(before)
        if finding.kind == "key change":
            first, last, returns = finding.value
            found += [replace(finding, kind="key", value=first)]
            found += [
                replace(finding, kind="sections", value=f"middle: key {last}")
                if returns
                else replace(finding, kind="final key", value=last)
            ]
        elif finding.kind == "key" and letter not in ("", "a") and before.clause == finding.clause and len(keys) > 1:
            found.append(replace(finding, kind="sections", value=f"{letter}: key {finding.value}"))
        else:
            found.append(finding)
    return found


def settle_final_key(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with a key of the end as settings of sections: that of the piece, which all sections but the last leave.

    A loop, a piece in a church mode and one over given chords keep their key.
    """
    options = settled.options
    place = next((place for place, one in enumerate(findings) if one.kind == "final key"), None)
    first = str(options.get("key", ""))
    if place is None or options.get("loop") or "chords" in options or any(mode in first for mode in CHURCH_MODES):
        return findings
    last = findings[place].value
    options["key"] = last
    if first in ("", last):
        settled.explain(place, f"key {last}")
        return findings
    style = settled.first_style
    usual = styles()[style].forms[0] if is_for_band(style) else _OF_THREE
    options["form"] = options.get("form") or usual
    letters = [letter.rstrip("'").lower() for letter in resolve_form(str(options["form"])).letters]
    while len(letters) > _FEWEST and SECTION_KINDS.get(letters[-1]) == "outro":
        letters.pop()  # an ending has the key of the section before it
    value = "; ".join([*(f"{letter}: key {first}" for letter in dict.fromkeys(letters)), f"last {letters[-1]}: key {last}"])
    return [*findings[:place], replace(findings[place], kind="sections", value=value), *findings[place + 1 :]]
