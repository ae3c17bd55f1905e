"""Lengths of sections: "8 bars each", "an intro of 8 bars", "verse 8, chorus 8". The form gets bars for all its sections."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from composer.controls import PHRASE_BARS
from composer.presets import resolve_form, styles
from composer.prompt.findings import Finding
from composer.prompt.section_spans import in_words, kind_of_section, names_of_section
from composer.prompt.settle_section_moods import letter_of
from composer.prompt.settled import Conflict, Settled
from composer.score import TICKS_PER_QUARTER, TimeSignature

_SEVERAL = 3  # sections with bars, which are the whole form
_USUAL_BARS, _BARS_OF_HEAD = 8, 16  # of a long section whose length is open
_LEAST_CHANGE = 1.05  # of a stated tempo, from which on a line says that the sections and the length determine it
_MOST_CHANGE = 1.25  # of a tempo, as a factor, so that sections with bars last as long as is asked
_SECONDS_A_MINUTE = 60
_DEFAULT_METER, _USUAL_QPM = "4/4", 100.0  # of a piece without a style
_FIRST, _LAST, _HEAD = "intro", "outro", "Head"
_TRIO = "trio"
_CHORUS, _LAST_CHORUS = "chorus", "last chorus"
_TWO_PARTS, _LOOP = "binary", "loop"
_FEWEST_LETTERS, _BARS_OF_LOOPED = 2, 16  # of a loop whose sections are named
_PARTS = "ABCD"  # at most; "32 bars, 4 bars each for bass and drums" says nothing of sections
_PLAIN = "AABA"  # a form for a piece whose style has none with such sections


def settle_lengths(findings: Sequence[Finding], settled: Settled) -> None:
    """Counts the bars of a form from those of each section, or of the sections named.

    Sections without a length share the bars that the prompt leaves them in proportion to their usual lengths. A section that
    the form lacks is added if it is an introduction or an ending, and has no effect otherwise. The bars of the piece that a
    prompt gives do not count an introduction with bars of its own.
    """
    found = [
        (place, one)
        for place, one in enumerate(findings)
        if one.kind in ("bars each", "section bars") and place not in settled.meanings
    ]
    if not found:
        return
    each = next((one.value for _, one in found if one.kind == "bars each"), 0)
    named = {one.value[0]: one.value[1] for _, one in found if one.kind == "section bars"}
    if not each and _takes_ends(settled, named):
        for place, _ in found:
            settled.explain(place, f"form {settled.options['form']}")
        return
    if each and each in _counted_lengths(settled):  # "a theme of 8 bars, three variations of 8 bars"
        for place, one in found:
            if one.kind == "bars each" and one.value == each:
                settled.explain(place, f"form {settled.options['form']}")
    letters, shares = _sections_of(settled, named, each)
    lengths = [next((named[name] for name in names_of_section(letter) if name in named), each) for letter in letters]
    if not any(lengths):
        return
    intro = named.get(_FIRST, 0)
    if not all(lengths):
        stated = _bars_of(settled)
        bars = stated or _bars_within(settled)
        filled = _filled(lengths, shares, bars + ("bars" in settled.options and intro), _usual_bars(letters, settled))
        in_phrases = [PHRASE_BARS * max(1, round(length / PHRASE_BARS)) for length in filled]
        lengths = filled if stated else [given or open_bars for given, open_bars in zip(lengths, in_phrases, strict=True)]
    _set_form(letters, lengths, findings, settled)


def settle_lists(findings: Sequence[Finding], settled: Settled) -> None:
    """The form of sections with their bars that are a whole piece, before other settings of sections need the form."""
    if not any(one.kind == "bars each" for one in findings) and (listed := _listed(findings, settled)):
        _set_form([name.capitalize() for name, _ in listed], [bars for _, bars in listed], findings, settled)
    elif settled.options.get("form") == _LOOP:
        _set_form_of_loop(findings, settled)


def _set_form_of_loop(findings: Sequence[Finding], settled: Settled) -> None:
    """The sections with letters of a loop, which ends as it begins: "8 bar intro, A section, B section, loop to A"."""
    letters = sorted({letter.upper() for one in findings if (letter := letter_of(one))})
    letters = [*_PARTS[:_FEWEST_LETTERS]] if letters == [*_PARTS[1:_FEWEST_LETTERS]] else letters  # "a contrasting B section"
    if len(letters) < _FEWEST_LETTERS or letters != list(_PARTS[: len(letters)]):
        return
    bars = dict(one.value for one in findings if one.kind == "section bars")
    letters.append(letters[0])
    if settled.options.get("bars", len(letters)) < len(letters):
        return
    if _FIRST not in bars and "bars" in settled.options:
        settled.options["form"] = " ".join(letters)
    else:
        names = [*(["Intro"] if _FIRST in bars else []), *letters]
        lengths = [int(bars.get(name.lower(), _BARS_OF_LOOPED)) for name in names]
        _set_form(names, lengths, findings, settled)
    for place, one in enumerate(findings):
        if one.kind in ("section named", "section back") and place not in settled.meanings:
            settled.explain(place, f"form {settled.options['form']}")


def _set_form(letters: Sequence[str], lengths: Sequence[int], findings: Sequence[Finding], settled: Settled) -> None:
    """Sets the form to sections with bars, unless they cannot last as long as the piece is said to."""
    found = [one for one in findings if one.kind in ("bars each", "section bars")]
    intro = next((bars for letter, bars in zip(letters, lengths, strict=True) if kind_of_section(letter) == _FIRST), 0)
    if not _fits_duration(lengths, findings, settled):
        won = next((one.phrase for one in findings if one.kind == "duration"), "")
        settled.conflicts += [item for one in found if (item := Conflict("bars", won, one.phrase)) not in settled.conflicts]
        settled.options.setdefault("form", " ".join(letters))
        return
    settled.options["form"] = " ".join(f"{letter}{bars}" for letter, bars in zip(letters, lengths, strict=True))
    if settled.options.pop("bars", sum(lengths)) not in (sum(lengths), sum(lengths) - intro):
        lost = (one.phrase for one in findings if one.kind in ("bars", "length"))
        settled.conflicts += [Conflict("bars", found[0].phrase, phrase) for phrase in lost]
    for place, one in enumerate(findings):
        names = [one.value] if one.kind == "section back" else [one.value[0]] if one.kind == "section bars" else []
        if one.kind == "bars each" or set(names) & _names_in(letters):
            settled.explain(place, f"form {settled.options['form']}")


def _listed(findings: Sequence[Finding], settled: Settled) -> list[tuple[str, int]]:
    """The sections with their bars where they are the whole form, in order: "verse 8, chorus 8, bridge 4, chorus 16".

    That is so where some return, where several have names, and where they have letters, "16 bars of A, 8 of B, back to A".
    """
    entries = [one.value for one in findings if one.kind == "section bars"]
    bars = dict(entries)
    returns = [one.value for one in findings if one.kind == "section back" and one.value in bars]
    is_open = settled.options.get("form") in (None, _LOOP)
    lettered = [entry for entry in entries if entry[0] != _LAST]
    inner = set(bars) - {_FIRST, _LAST}
    if is_open and len(inner) > 1 and inner <= {*_PARTS.lower(), _TRIO}:
        return [*lettered, *((name, bars[name]) for name in returns), *(entry for entry in entries if entry[0] == _LAST)]
    is_free = "form" not in settled.options and {"bars", "duration"}.isdisjoint(settled.options)
    is_whole = is_free and len(bars) >= _SEVERAL  # "8 bar intro, 16 bar verse, 8 bar hook" is all
    if not (is_whole or (len(entries) > max(len(bars), _SEVERAL) and is_open)):
        return []
    counted = max(one.first for one in findings if one.kind == "section bars")
    said = any(
        one.kind in ("sections", "pause") and _LAST_CHORUS in one.value and one.first > counted for one in findings
    )  # "bridge 8, the last chorus a whole step higher"
    is_lacking = said and _CHORUS in bars and entries[-1][0] not in (_CHORUS, _LAST)
    return [*entries, *([(_CHORUS, bars[_CHORUS])] if is_lacking else [])]


def _fits_duration(lengths: Sequence[int], findings: Sequence[Finding], settled: Settled) -> bool:
    """Whether sections can last as long as the piece is said to; a tempo that is only a word gives way to both."""
    options = settled.options
    if not {"tempo", "duration"} <= options.keys():
        return True
    bar_ticks = TimeSignature.parse(str(options.get("meter", _DEFAULT_METER))).bar_ticks
    needed = sum(lengths) * bar_ticks / TICKS_PER_QUARTER * _SECONDS_A_MINUTE / float(options["duration"])
    stated = next((one for one in findings if one.kind == "bpm"), None)
    change = max(needed / float(options["tempo"]), float(options["tempo"]) / needed)
    if change > (_MOST_CHANGE if stated else _MOST_CHANGE**2):
        return False
    del options["tempo"]  # which the bars and seconds determine
    if stated and change > _LEAST_CHANGE:
        won = next(one.phrase for one in findings if one.kind in ("bars each", "section bars"))
        settled.conflicts.append(Conflict("tempo", won, stated.phrase))
    return True


def _usual_bars(letters: Sequence[str], settled: Settled) -> int:
    """Bars of a long section whose length is open: those of the style's choruses, else longer ones in jazz."""
    style = styles().get(settled.first_style)
    usual = resolve_form(style.forms[0]).letters if style and style.bars and style.forms else ()
    if style and style.bars and {_HEAD} <= {*letters} & {*usual}:
        return style.bars[0] // len(usual)
    return _BARS_OF_HEAD if _HEAD in letters else _USUAL_BARS


def _sections_of(settled: Settled, named: dict[str, int], each: int) -> tuple[list[str], list[float]]:
    """The sections of the form, with those that are only named, and their relative lengths; none if bars do not suit them."""
    text = str(settled.options.get("form") or _usual_form(settled))
    form = in_words(text)
    letters, shares = list(form.letters), [float(length) for length in form.lengths]
    bars = settled.options.get("bars", 0)
    if form.is_counted or settled.options.get("loop") or (each and bars > each * max(len(letters), len(_PARTS))):
        return [], []
    kinds = {kind_of_section(letter) for letter in letters}
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
    return (letters, shares) if each or set(named) & _names_in(letters) else ([], [])


def _names_in(letters: Sequence[str]) -> set[str]:
    """The names and the kinds of sections: "solo" and "chorus" of a Solo."""
    return {name for letter in letters for name in names_of_section(letter)}


def _counted_lengths(settled: Settled) -> tuple[float, ...]:
    """Bars of the sections of a form that has them; none of others."""
    form = resolve_form(str(settled.options["form"])) if "form" in settled.options else None
    return form.lengths if form and form.is_counted else ()


def _takes_ends(settled: Settled, named: Mapping[str, int]) -> bool:
    """Whether a form that has bars gets an introduction or an ending with bars of its own."""
    form = resolve_form(str(settled.options["form"])) if "form" in settled.options else None
    if (
        form is None
        or not form.is_counted
        or not named
        or not set(named) <= {_FIRST, _LAST} - set(map(kind_of_section, form.letters))
    ):
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


def _bars_within(settled: Settled) -> int:
    """About as many bars as seconds have at a usual tempo of the style, in a meter that is then set; 0 without seconds."""
    options, style = settled.options, styles().get(settled.first_style)
    if "duration" not in options or "tempo" in options:
        return 0
    options.setdefault("meter", style.meters[0] if style and style.meters else _DEFAULT_METER)
    bar_ticks = TimeSignature.parse(str(options["meter"])).bar_ticks
    qpm = math.sqrt(math.prod(style.tempo_qpm)) if style else _USUAL_QPM
    return round(float(options["duration"]) * qpm / _SECONDS_A_MINUTE * TICKS_PER_QUARTER / bar_ticks)


def _filled(lengths: Sequence[int], shares: Sequence[float], bars: int, usual: int = _USUAL_BARS) -> list[int]:
    """The lengths with those that are 0 in proportion to their shares, so that all are `bars` if these are enough.

    >>> _filled([8, 0, 0], [1, 2, 1], 0), _filled([4, 0, 0], [1, 1, 1], 20)
    ([8, 8, 4], [4, 8, 8])
    """
    open_shares = [share for length, share in zip(lengths, shares, strict=True) if not length]
    unit = usual / max(open_shares)
    if bars - sum(lengths) >= len(open_shares):
        unit = (bars - sum(lengths)) / sum(open_shares)
    return [length or max(1, round(unit * share)) for length, share in zip(lengths, shares, strict=True)]
