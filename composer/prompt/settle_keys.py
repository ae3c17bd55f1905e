"""Keys along the piece: "starts in D minor and ends in D major"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from composer.presets import SECTION_KINDS, resolve_form, styles
from composer.prompt.reading import Finding
from composer.prompt.settle_styles import is_for_band
from composer.prompt.settled import Settled
from composer.score import CHURCH_MODES

_OF_THREE = "ABA"
_FEWEST = 2  # sections


def settle_final_key(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with a key of the end as settings of sections: it is that of the piece, which all sections but the last leave.

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
