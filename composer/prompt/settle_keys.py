"""Keys along the piece: "starts in D minor and ends in D major"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from composer.presets import SECTION_KINDS, resolve_form, styles
from composer.prompt.figures.keys import OTHER_MODE
from composer.prompt.findings import Finding
from composer.prompt.settle_section_moods import letter_of
from composer.prompt.settle_styles import is_for_band
from composer.prompt.settled import Settled
from composer.score import CHURCH_MODES

_OF_THREE = "ABA"
_FEWEST = 2  # sections
_RELATED = re.compile("(?:relative|parallel) (minor|major)$")
_THEMES = ("theme", "subject")  # which a recapitulation brings back in the key of the piece


def with_keys_of_places(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with keys of places as such: "modulates from E flat major to G major", "B section in A minor".

    A key after a section with a letter or a tempo is that of the section where another key is named, also after the section's
    mood: "the second theme lyrical in E flat major", "a slower trio in A minor". A "relative minor" is that of a major key.
    """
    found, implied = list[Finding](), list[Finding]()
    keys = {one.value for one in findings if one.kind == "key"}
    is_open = not keys and not any(one.kind == "mode" for one in findings)
    for place, finding in enumerate(findings):
        before = next((one for one in reversed(findings[:place]) if one.kind != "mood"), finding)
        section = before.value[0] if before.kind == "section tempo" else letter_of(before)
        if finding.kind == "key change":
            first, last, returns = finding.value
            found.append(replace(finding, kind="key", value=first))
            implied.append(
                replace(finding, kind="sections", value=f"middle: key {last}")
                if returns
                else replace(finding, kind="final key", value=last)
            )
        elif finding.kind == "key" and section not in ("", "a") and before.clause == finding.clause and len(keys) > 1:
            name = f"first {section}" if before.phrase.lower().endswith(_THEMES) else section
            found.append(replace(finding, kind="sections", value=f"{name}: key {finding.value}"))
        elif is_open and finding.kind == "sections" and (related := _RELATED.search(finding.phrase.lower())):
            found.append(finding)
            implied.append(replace(finding, kind="mode", value=OTHER_MODE[related[1]]))
        else:
            found.append(finding)
    return [*found, *implied]


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
