"""Pieces over a repeating bass: "a passacaglia", "a chaconne in D major", "on a chromatic bass, eight statements"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from composer.prompt.figures.patterns import number_of, number_pattern
from composer.prompt.findings import Finding
from composer.prompt.prompt_text import Text

_KIND = r"(?:ground|repeating|repeated|recurring|descending|falling|lament|ostinato|chromatic|(?:four|eight|[48])-(?:bar|note))"
_GROUND = re.compile(
    r"\b(?:passacaglias?|chaconnes?|ciaccona|basso ostinato|over a ground(?! bass)"
    rf"|(?:(?:on|over|above) )?(?:an? |the )?{_KIND}(?: {_KIND}){{0,3}} bass(?: line)?)\b"
)
_FOUR_BARS = re.compile(r"\b(?:four|4)[- ]bar\b")
_STATEMENTS = re.compile(rf"({number_pattern()}) (?:statements|repetitions|variations|times)\b")
# Progressions with their basses, a chord in each bar: the descending tetrachord, the chromatic one, and that in major.
_FALLING, _CHROMATIC, _MAJOR = "i v6 iv6 V", "i V6 v6 IV6 iv6 V i V", "I V6 vi iii6 IV I6 ii6 V"
_LETTERS, _USUAL, _MOST, _BARS = "ABCDEFG", 8, 14, 4  # names, numbers of statements, and bars of a short one
_PLACED = ("chords", "degrees", "section chords", "form", "bars", "duration", "texture")


def with_ground(findings: Sequence[Finding], text: Text) -> list[Finding]:
    """The findings with a progression over a repeating bass, and with a form of its statements, where a prompt asks for one.

    The last bar is on the tonic. Chords, forms and lengths that the prompt names stand.
    """
    grounds = list(_GROUND.finditer(text.plain))
    if not grounds or any(one.kind in _PLACED[:3] for one in findings):
        return list(findings)
    is_major = any(one.kind in ("key", "mode") and str(one.value).endswith("major") for one in findings)
    degrees = _MAJOR if is_major else _CHROMATIC if "chromatic" in text.plain else _FALLING
    bars = len(degrees.split())
    if bars > _BARS and _FOUR_BARS.search(text.plain):
        chords = degrees.split()
        degrees, bars = " | ".join(f"{one} {other}" for one, other in zip(chords[::2], chords[1::2], strict=True)), _BARS
    spans = [(text.words_until(said.start()), text.words_until(said.end())) for said in grounds]
    found = [
        replace(one, kind="alternative", value=None)
        if one.kind in ("part", "use") and any(first <= one.first and one.last <= last for first, last in spans)
        else one
        for one in findings
    ]
    said = [Finding("degrees", degrees, text.slice(first, last), first=first, last=last) for first, last in spans]
    found += [said[0], *(replace(one, kind="phase", value="a repeating bass") for one in said[1:])]
    counted = _STATEMENTS.search(text.plain)
    count = min(round(number_of(counted[1])), _MOST) if counted else _USUAL
    if not any(one.kind in _PLACED for one in findings) and count > 1:
        names = [f"{letter}{mark}" for letter in _LETTERS for mark in ("", "'")][:count]
        form = " ".join([*(f"{name}{bars}" for name in names), "Coda1"])
        start, end = map(text.words_until, counted.span()) if counted else spans[0]
        found.append(Finding("form", form, text.slice(start, end), first=start, last=end))
    return found
