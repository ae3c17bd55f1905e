"""Keys along the piece: "starts in D minor and ends in D major"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from composer.brief import EVERY, SectionKey, parse_sections
from composer.brief.limits import BARS_RANGE
from composer.presets import SECTION_KINDS, Form, instruments, resolve_form, styles
from composer.prompt.figures.keys import OTHER_MODE, PENTATONIC
from composer.prompt.figures.modulations import PARALLEL
from composer.prompt.findings import Finding
from composer.prompt.parts import players_in
from composer.prompt.scopes import STARTS
from composer.prompt.section_spans import in_words, spans_of
from composer.prompt.settle_section_moods import letter_of
from composer.prompt.settle_sections import form_with
from composer.prompt.settle_styles import is_for_band
from composer.prompt.settled import Settled
from composer.score import MODAL_NAMES, OTHER_SCALES, Key

_OF_THREE = "ABA"
_FEWEST = 2  # sections
_SUNG = re.compile("chorus|refrain")
_OF_OPENING = re.compile(
    r"(?:start|verse|first verse|a|until [0-9]+%): key ([A-G].*)"
)  # the key of the piece, if no other one is
_FEWEST_BARS, _BARS_OF_HALF = 32, 16  # of a piece whose keys are given by bars
_CODA = "outro"  # which has the key of the section before, unless it is set
_OCTAVE = 12
_TRIO = "trio"  # which is in the subdominant
_RELATED = re.compile("(?:relative|parallel) (minor|major)$")
_OF_PLACES = ("section tempo", "place mood", "place energy")  # findings of a place, to which a key right after them belongs
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
        section = before.value[0] if before.kind in _OF_PLACES else letter_of(before)
        if finding.kind == "key change":
            first, last, where = finding.value
            found.append(replace(finding, kind="key", value=first))
            implied.append(
                replace(finding, kind="sections", value=f"{where}: key {last}")
                if where
                else replace(finding, kind="final key", value=last)
            )
        elif finding.kind == "key" and section not in ("", "a") and before.clause == finding.clause and len(keys) > 1:
            name = f"first {section}" if before.phrase.lower().endswith(_THEMES) else section
            found.append(replace(finding, kind="sections", value=f"{name}: key {finding.value}"))
        elif is_open and finding.kind == "sections" and (home := _OF_OPENING.fullmatch(str(finding.value))):
            found.append(replace(finding, kind="key", value=home[1]))
        elif finding.kind == "key at bar":
            first, last, key = finding.value
            given = next((one.value for one in findings if one.kind == "bars"), 0)
            whole = given or max(_FEWEST_BARS, _BARS_OF_HALF * -(-2 * max(first - 1, last) // _BARS_OF_HALF))
            name = _bars_in_shares(first, last, whole)
            found.append(replace(finding, kind="sections", value=f"{name}: key {key}") if name else finding)
            implied += [replace(finding, kind="bars", value=whole)] if name and not given else []
        elif finding.kind == "related key":
            where = next((_place_of(one) for one in reversed(findings[:place]) if _place_of(one)), "")
            has_place = where and not any("key " in str(one.value) for one in findings if _place_of(one) == where)
            found.append(
                replace(finding, kind="sections", value=f"{where}: key {finding.value}")
                if has_place
                else replace(finding, kind="beyond", value=finding.phrase)
            )
            is_related = has_place and is_open and _RELATED.search(finding.phrase.lower())
            implied += [replace(finding, kind="mode", value=OTHER_MODE[is_related[1]])] if is_related else []
        elif is_open and finding.kind == "sections" and (related := _RELATED.search(finding.phrase.lower())):
            found.append(finding)
            implied.append(replace(finding, kind="mode", value=OTHER_MODE[related[1]]))
        else:
            found.append(finding)
    return [*found, *implied]


def with_sounding_keys(findings: Sequence[Finding], settled: Settled) -> list[Finding]:
    """The findings with a written key as that which sounds, by the first transposing instrument; once players are known."""
    rows = [instruments()[name] for text in players_in(settled.options) if (name := text.partition(":")[0]) in instruments()]
    reader = next((row for row in rows if row.sounds % _OCTAVE), None)
    found = list(findings)
    for place, one in enumerate(findings):
        if one.kind == "written key":
            sounding = Key.parse(one.value).transposed(reader.sounds) if reader else one.value
            found[place] = replace(one, kind="key", value=str(sounding))
            if reader:
                settled.explain(place, f"written {one.value} for {reader.title}")
    return found


def _place_of(one: Finding) -> str:
    """The name of a section that a finding is about, else an empty text."""
    if one.kind == "sections":
        return str(one.value).partition(":")[0]
    return str(one.value[0]) if one.kind == "place" else letter_of(one)


def with_scales(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with a scale as that of the key or mode that is named besides: "pentatonic, in E minor", "hijaz, in D"."""
    scale = next((one.value for one in findings if one.kind == "mode" and one.value in (PENTATONIC, *OTHER_SCALES)), "")
    modes = (key.rpartition(" ") for one in findings if one.kind in ("key", "mode") for key in [str(one.value)])
    tonic, _, mode = next((key for key in modes if key[2] in OTHER_MODE), ("", "", ""))
    if not scale or not mode:
        return [*findings]
    name = f"{mode} {scale}" if scale == PENTATONIC else scale
    joined = {mode: name, scale: f"{tonic} {name}".strip(), f"{tonic} {mode}": f"{tonic} {name}"}

    def with_scale(one: Finding) -> Finding:
        value = joined.get(one.value) if one.kind in ("key", "mode") else None
        return replace(one, kind="key" if tonic else "mode", value=value) if value else one

    return [with_scale(one) for one in findings]


def _bars_in_shares(first: int, last: int, whole: int) -> str:
    """Bars of a piece, up to its end if `last` is 0, in settings of sections; empty if they are all or not in the piece.

    >>> _bars_in_shares(17, 0, 32), _bars_in_shares(9, 16, 32), _bars_in_shares(1, 8, 32), _bars_in_shares(40, 0, 32)
    ('from 50%', 'from 25% until 50%', 'until 25%', '')
    """
    start, end = (round(100 * bar / whole) for bar in (first - 1, last))
    if start >= 100 or whole > BARS_RANGE[1]:
        return ""
    return " ".join([*([f"from {start}%"] if start else []), *([f"until {end}%"] if 0 < end < 100 else [])])


def settle_home_key(settled: Settled) -> None:
    """The key of a piece whose sections have keys by name: that of its beginning, or one in the mode of its last section.

    A piece ends in its mode, so that the key of a last section in the other mode is that of the piece, which the others leave.
    """
    options = settled.options
    if "key " not in str(options.get("sections", "")) or "chords" in options:
        return
    given = [(one.section, one.key) for one in parse_sections(str(options["sections"])) if one.key]
    usual = styles()[settled.first_style].forms if settled.first_style in styles() else ()
    resolved = in_words(str(options.get("form") or next(iter(usual), _OF_THREE)))
    by_start = {start: key for name, key in given for start in _starts_of(name, resolved)}
    starts = sorted({start for letter in resolved.letters for start, _ in spans_of(letter, resolved)})
    named = [key.key for _, key in given if key.key]
    if "key" not in options and named:
        opens = starts[SECTION_KINDS.get(resolved.letters[0].lower()) == "intro"]
        is_opening = {name for name, _ in given} <= {*STARTS}  # "a song intro in D" is in D
        first = named[0] if is_opening else by_start[opens].key if opens in by_start else None
        related = SectionKey(relation="dominant" if given[0][0] == _TRIO else "relative")
        options["key"] = str(first or related.in_piece(named[0])[0])
    if "key" not in options or not starts or starts[-1] not in by_start:
        return
    home = Key.parse(str(options["key"]))
    last, _ = by_start[starts[-1]].in_piece(home)
    is_varied = len({letter.rstrip("'") for letter in resolved.letters}) == 1 and resolved.letters[-1].endswith("'")
    if is_varied and last.tonic == home.tonic:
        return  # the last variation may be in the other mode
    if last.mode != home.mode and not options.get("loop"):
        options["key"] = str(last)
        options["sections"] = _with_keys(str(options["sections"]), {EVERY: f"key {home}", _CODA: f"key {last}"})


def _with_keys(sections: str, keys: Mapping[str, str]) -> str:
    """Settings of sections with keys for some: before or among those of the sections that have settings, else at the end.

    >>> _with_keys("all: melody cello; outro: key D major", {"all": "key D minor", "outro": "key D major"})
    'all: key D minor, melody cello; outro: key D major'
    """
    lines = {name: items.split(", ") for name, _, items in (line.partition(": ") for line in sections.split("; "))}
    if EVERY in keys:
        lines = {EVERY: [], **lines}
    for name, key in keys.items():
        lines[name] = list(dict.fromkeys([key, *lines.get(name, [])]))
    return "; ".join(f"{name}: {', '.join(items)}" for name, items in lines.items())


def _starts_of(name: str, form: Form) -> list[float]:
    """Where the sections of a name begin, in per cent; those "from 50%" on are the last one."""
    if name.startswith("from "):
        return [] if "until" in name else [spans_of("end", form)[0].start]
    return [span.start for span in spans_of(name, form)]


def settle_final_key(findings: Sequence[Finding], settled: Settled) -> Sequence[Finding]:
    """The findings with a key of the end as settings of sections: that of the piece, which all sections but the last leave.

    A loop, a piece in a church mode and one over given chords keep their key.
    """
    options = settled.options
    place = next((place for place, one in enumerate(findings) if one.kind == "final key"), None)
    first = str(options.get("key", ""))
    if place is None or options.get("loop") or "chords" in options or any(mode in first for mode in MODAL_NAMES):
        return findings
    last = findings[place].value
    if last == PARALLEL:
        if not first:
            return findings
        last = str(SectionKey(relation=PARALLEL).in_piece(Key.parse(first))[0])
    options["key"] = last
    if first in ("", last):
        settled.explain(place, f"key {last}")
        return findings
    style = settled.first_style
    described = {one.value[0] for one in findings if one.kind in _OF_PLACES[1:]}
    sung = {"last chorus"} if _SUNG.search(findings[place].phrase.lower()) else set()
    usual = styles()[style].forms[0] if is_for_band(style) else form_with(described | sung, style)
    options["form"] = options.get("form") or usual
    letters = [letter.rstrip("'").lower() for letter in resolve_form(str(options["form"])).letters]
    while len(letters) > _FEWEST and SECTION_KINDS.get(letters[-1]) == "outro":
        letters.pop()  # an ending has the key of the section before it
    given = {text.partition(": key")[0] for one in findings if one.kind == "sections" for text in str(one.value).split("; ")}
    others = [letter for letter in dict.fromkeys(letters) if letter not in given]
    value = "; ".join([*(f"{letter}: key {first}" for letter in others), f"last {letters[-1]}: key {last}"])
    return [*findings[:place], replace(findings[place], kind="sections", value=value), *findings[place + 1 :]]
