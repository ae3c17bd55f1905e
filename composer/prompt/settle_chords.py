"""Chords: those of the whole piece, in symbols or roman numerals, and those of sections, bar by bar."""

from __future__ import annotations

from collections.abc import Sequence

from composer.brief.texts import parse_chords
from composer.presets import Form, resolve_form, styles
from composer.prompt.degrees import chords_of, names_minor
from composer.prompt.findings import Finding
from composer.prompt.lexicon import prompt_table
from composer.prompt.settle_lengths import kind_of_section
from composer.prompt.settled import Conflict, Settled
from composer.score import Key

_PHRASE_BARS = 4


def settle_degrees(findings: Sequence[Finding], settled: Settled) -> None:
    """Roman numerals to chords, in the key named or else in one without accidentals; chord symbols override them."""
    for place, finding in enumerate(findings):
        if finding.kind == "degrees" and "chords" in settled.options:
            settled.conflicts.append(Conflict("chords", settled.options["chords"], finding.phrase))
        elif finding.kind == "degrees":
            mode = "minor" if names_minor(finding.value) else "major"
            key = settled.options.setdefault("key", f"{prompt_table()['tonic_of'][mode]} {mode}")
            settled.options["chords"] = chords_of(finding.value, Key.parse(key))
            settled.explain(place, f"chords {settled.options['chords']} in {key}")


def settle_section_chords(findings: Sequence[Finding], settled: Settled) -> None:
    """The chords of every bar, where sections have chords; once the form has bars. Others have those of the first one named."""
    found = [(place, one) for place, one in enumerate(findings) if one.kind == "section chords"]
    if not found:
        return
    form = _counted(settled)
    if form is None or "chords" in settled.options:
        won, *lost = [one.phrase for one in findings if one.kind in ("chords", "section chords")]
        settled.options.setdefault("chords", found[0][1].value[1])
        settled.explain(found[0][0], f"chords {settled.options['chords']}")
        settled.conflicts += [Conflict("chords", won, phrase) for phrase in lost]
        return
    rounds = {kind_of_section(name): text for name, text in (one.value for _, one in found)}
    bars: list[str] = []
    for letter, count in zip(form.letters, form.lengths, strict=True):
        named = [kind_of_section(name) for name in (letter,)]
        chords = parse_chords(next((rounds[name] for name in named if name in rounds), found[0][1].value[1]))
        bars += [
            " ".join(chord.symbol() if chord else "N.C." for chord in chords[bar % len(chords)]) for bar in range(round(count))
        ]
    settled.options |= {"form": form.name, "chords": " | ".join(bars)}
    for place, one in found:
        settled.explain(place, f"chords {one.value[1]} in section {one.value[0]}")


def _counted(settled: Settled) -> Form | None:
    """The form with bars for its sections: its own, else eight for a long one; `None` where a length is given without them."""
    options = settled.options
    style = styles().get(settled.first_style)
    form = resolve_form(str(options.get("form") or (style.forms[0] if style and style.forms else "verse-chorus")))
    if form.is_counted:
        return form
    if {"bars", "duration", "loop"} & options.keys():
        return None
    shortest = min(form.lengths)
    unit = _PHRASE_BARS if shortest < max(form.lengths) else 2 * _PHRASE_BARS
    return resolve_form(
        " ".join(
            f"{letter}{round(unit * length / shortest)}" for letter, length in zip(form.letters, form.lengths, strict=True)
        )
    )
