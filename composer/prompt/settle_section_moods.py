"""Moods of sections: "a stormy first theme, a lyrical second theme", "the A section is calm, the B section livelier"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from composer.presets import Form, resolve_form
from composer.prompt.findings import Finding
from composer.prompt.settled import Settled

_NAMES = ("section named", "section bars", "section back", "sections")
_LETTERS = "abcd"
_SONATA, _SONATA_FORM, _DEVELOPMENT, _RECAPITULATION = "sonata", "sonata-form", "c", "recapitulation"
_OF_THREE = "ABA"
_WITHIN = 12  # words from the name of a section to its mood
_JOINT = 1.0  # per cent of the piece from the mood of a section to that of the next


def with_moods_of_sections(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with moods that belong to sections with letters as such, where these have different ones.

    In a sonata whose themes have moods, those of the development and of the recapitulation do, too.
    """
    found = list(findings)
    is_sonata = any((one.kind, one.value) == ("form", _SONATA_FORM) for one in findings) or any(
        one.kind == "style" and one.value == _SONATA for one in findings
    )
    for place, finding in enumerate(findings):
        if is_sonata and finding.kind == "mood" and (finding.is_middle or finding.is_end):
            name = _DEVELOPMENT if finding.is_middle else _RECAPITULATION
            found[place] = replace(finding, kind="section mood", value=(name, finding.value[0]))
        elif finding.kind == "mood" and (name := _section_of(findings, place)):
            found[place] = replace(finding, kind="section mood", value=(name, finding.value[0]))
    tags = {one.value for one in found if one.kind == "section mood"}
    of_scene = next((one for one in findings if one.kind == "use" and "mood" in one.value), None)
    if of_scene and {name for name, _ in tags} == {"b"} and any(letter_of(one) == "a" for one in findings):
        found.append(replace(of_scene, kind="section mood", value=("a", of_scene.value["mood"][0])))  # a battle, B hopeful
        tags.add(found[-1].value)
    if not any(name in _LETTERS[:2] for name, _ in tags):
        return list(findings)
    return found if len({tag for _, tag in tags}) > 1 and len({name for name, _ in tags}) > 1 else list(findings)


def _section_of(findings: Sequence[Finding], place: int) -> str:
    """The letter of the section whose name follows a mood at once, "stormy first theme", or precedes it; else empty."""
    mood = findings[place]
    after = findings[place + 1] if place + 1 < len(findings) else mood
    if letter_of(after) and after.first == mood.last and after.clause == mood.clause:
        return letter_of(after)
    before = next((one for one in reversed(findings[:place]) if letter_of(one)), None)
    return (
        letter_of(before) if before and mood.first - before.last <= _WITHIN and not mood.is_middle and not mood.is_end else ""
    )


def letter_of(finding: Finding) -> str:
    """The letter of the section that a finding names, "b" for "second theme in E flat"; else empty."""
    if finding.kind not in _NAMES:
        return ""
    name = finding.value if isinstance(finding.value, str) else finding.value[0]
    name = name.partition(":")[0].removeprefix("first ")
    return str(name) if len(name) == 1 and name in _LETTERS else ""


def settle_section_moods(findings: Sequence[Finding], settled: Settled) -> None:
    """A mood curve with the mood of each section from its start to its end; once the form is known."""
    found = [(place, one) for place, one in enumerate(findings) if one.kind == "section mood"]
    if not found:
        return
    named: dict[str, str] = {}
    for _, one in found:
        named.setdefault(*one.value)
    form = settled.options.get("form") or (_SONATA_FORM if settled.first_style == _SONATA else _OF_THREE)
    resolved = resolve_form(str(form)) if form else None
    letters = {letter.rstrip("'").lower() for letter in resolved.letters} | {_RECAPITULATION} if resolved else set()
    if resolved is None or not set(named) <= letters:
        settled.options["mood"] = list(dict.fromkeys([*settled.options.get("mood", []), *named.values()]))
        for place, one in found:
            settled.explain(place, f"mood {one.value[1]}")
        return
    settled.options["form"] = form
    settled.options.pop("mood", None)
    settled.options["mood_curve"] = _curve(resolved, named)
    for place, finding in enumerate(findings):
        if finding.kind == "section mood":
            settled.explain(place, f"mood of section {finding.value[0].upper()} {finding.value[1]}")
        elif finding.kind == "section named" and place not in settled.meanings:
            settled.explain(place, f"section {finding.value.upper()}")


def _curve(form: Form, named: dict[str, str]) -> str:
    """Points at both ends of each section; a section without a mood has that of the first one named."""
    usual = named.get("a", next(iter(named.values())))
    ends = [100 * length / sum(form.lengths) for length in accumulate(form.lengths)]
    points: list[tuple[str, float]] = []
    for letter, start, end in zip(form.letters, (0.0, *ends), ends, strict=False):
        later = named.get(_RECAPITULATION, "") if letter.endswith("'") else ""
        tag = later or named.get(letter.rstrip("'").lower(), usual)
        if points and points[-1][0] == tag:
            points[-1] = (tag, end)
            continue
        points += [(tag, start + (_JOINT if points else 0)), (tag, end)]
    return " ".join(f"{tag}@{at:.4g}%" for tag, at in points)
