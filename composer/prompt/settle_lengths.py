"""Lengths of sections: "8 bars each", "an intro of 8 bars". The form gets bars for all its sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from composer.presets import SECTION_KINDS, resolve_form, styles
from composer.prompt.findings import Finding
from composer.prompt.settled import Conflict, Settled
from composer.score import TICKS_PER_QUARTER, TimeSignature

_SEVERAL = 3  # sections with bars, which are the whole form
_USUAL_BARS = 8  # of a long section whose length is open
_SECONDS_A_MINUTE = 60
_DEFAULT_METER = "4/4"
_FIRST, _LAST = "intro", "outro"
_SONG, _SONG_IN_WORDS = "verse-chorus", "Verse Chorus Verse' Chorus Bridge Chorus"
_TWO_PARTS = "binary"
_PARTS = "ABCD"  # at most; "32 bars, 4 bars each for bass and drums" says nothing of sections
_PLAIN = "AABA"  # a form for a piece whose style has none with such sections


def settle_lengths(findings: Sequence[Finding], settled: Settled) -> None:
    """Counts the bars of a form from those of each section, or of the sections named.

    Sections without a length share the bars that the prompt leaves them in proportion to their usual lengths. A section that
    the form lacks is added if it is an introduction or an ending, and has no effect otherwise. The bars of the piece that a
    prompt gives do not count an introduction with bars of its own.
    """
    found = [(place, one) for place, one in enumerate(findings) if one.kind in ("bars each", "section bars")]
    if not found:
        return
    each = next((one.value for _, one in found if one.kind == "bars each"), 0)
    named = {one.value[0]: one.value[1] for _, one in found if one.kind == "section bars"}
    if not each and _takes_ends(settled, named):
        for place, _ in found:
            settled.explain(place, f"form {settled.options['form']}")
        return
    letters, shares = list[str](), list[float]()
    if (
        not each
        and len(named) >= _SEVERAL
        and "form" not in settled.options
        and {"bars", "duration"}.isdisjoint(settled.options)
    ):
        letters = [name.capitalize() for name in named]  # "8 bar intro, 16 bar verse, 8 bar hook" is all
    else:
        letters, shares = _sections_of(settled, named, each)
    lengths = [named.get(_kind_of(letter), each) for letter in letters]
    if not any(lengths):
        return
    intro = named.get(_FIRST, 0)
    if not all(lengths):
        lengths = _filled(lengths, shares, _bars_of(settled) + ("bars" in settled.options and intro))
    settled.options["form"] = " ".join(f"{letter}{bars}" for letter, bars in zip(letters, lengths, strict=True))
    if settled.options.pop("bars", sum(lengths)) not in (sum(lengths), sum(lengths) - intro):
        lost = (one.phrase for one in findings if one.kind in ("bars", "length"))
        settled.conflicts += [Conflict("bars", found[0][1].phrase, phrase) for phrase in lost]
    if {"tempo", "duration"} <= settled.options.keys():
        del settled.options["duration"]  # which the bars now follow
    for place, one in found:
        if one.kind == "bars each" or one.value[0] in map(_kind_of, letters):
            settled.explain(place, f"form {settled.options['form']}")


def _sections_of(settled: Settled, named: dict[str, int], each: int) -> tuple[list[str], list[float]]:
    """The sections of the form, with those that are only named, and their relative lengths; none if bars do not suit them."""
    text = str(settled.options.get("form") or _usual_form(settled))
    form = resolve_form(_SONG_IN_WORDS if text == _SONG else text)
    letters, shares = list(form.letters), [float(length) for length in form.lengths]
    bars = settled.options.get("bars", 0)
    if form.is_counted or settled.options.get("loop") or (each and bars > each * max(len(letters), len(_PARTS))):
        return [], []
    kinds = {_kind_of(letter) for letter in letters}
    if {"verse", "chorus"} <= named.keys() and not {"verse", "chorus"} & kinds and "form" not in settled.options:
        letters, shares = ["Verse", "Chorus", "Verse'", "Chorus"], [1.0] * 4  # "16 bar verses and 8 bar hooks"
        kinds = {"verse", "chorus"}
    if _FIRST in named and _FIRST not in kinds:
        letters, shares = ["Intro", *letters], [1.0, *shares]
    if _LAST in named and _LAST not in kinds:
        letters, shares = [*letters, "Outro"], [*shares, 1.0]
    is_open = settled.options.get("form") in (None, _TWO_PARTS)
    if each and is_open and each < bars != each * len(letters) and bars % each == 0:
        return list(_PARTS[: bars // each]), []
    return (letters, shares) if each or set(named) & set(map(_kind_of, letters)) else ([], [])


def _takes_ends(settled: Settled, named: Mapping[str, int]) -> bool:
    """Whether a form that has bars gets an introduction or an ending with bars of its own."""
    form = resolve_form(str(settled.options["form"])) if "form" in settled.options else None
    if form is None or not form.is_counted or not named or not set(named) <= {_FIRST, _LAST} - set(map(_kind_of, form.letters)):
        return False
    ends = [[f"{name.capitalize()}{named[name]}"] if name in named else [] for name in (_FIRST, _LAST)]
    settled.options["form"] = " ".join([*ends[0], str(settled.options["form"]), *ends[1]])
    return True


def _usual_form(settled: Settled) -> str:
    """The first form of the style whose sections divide the bars that are given, else a plain one."""
    style = styles().get(settled.first_style)
    bars = settled.options.get("bars", 0)
    fitting = [name for name in (style.forms if style else ()) if bars % sum(resolve_form(name).lengths) == 0]
    return fitting[0] if fitting else _PLAIN


def _kind_of(letter: str) -> str:
    """The kind of a section, or its letter: "verse" of "Verse'"."""
    bare = letter.rstrip("'").lower()
    return SECTION_KINDS.get(bare, bare)


def _bars_of(settled: Settled) -> int:
    """The bars that the prompt gives the piece, by number or by tempo and seconds; 0 if it leaves them open."""
    options = settled.options
    if "bars" in options:
        return int(options["bars"])
    if not {"tempo", "duration"} <= options.keys():
        return 0
    bar_ticks = TimeSignature.parse(str(options.get("meter", _DEFAULT_METER))).bar_ticks
    quarters = float(options["duration"]) * float(options["tempo"]) / _SECONDS_A_MINUTE
    return round(quarters * TICKS_PER_QUARTER / bar_ticks)


def _filled(lengths: Sequence[int], shares: Sequence[float], bars: int) -> list[int]:
    """The lengths with those that are 0 in proportion to their shares, so that all are `bars` if these are enough.

    >>> _filled([8, 0, 0], [1, 2, 1], 0), _filled([4, 0, 0], [1, 1, 1], 20)
    ([8, 8, 4], [4, 8, 8])
    """
    open_shares = [share for length, share in zip(lengths, shares, strict=True) if not length]
    unit = _USUAL_BARS / max(open_shares)
    if bars - sum(lengths) >= len(open_shares):
        unit = (bars - sum(lengths)) / sum(open_shares)
    return [length or max(1, round(unit * share)) for length, share in zip(lengths, shares, strict=True)]
