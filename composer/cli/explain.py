"""What `compose --explain` prints: how a prompt and options are read and what the plan chooses. Composes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from composer.cli.console import print_json, print_table
from composer.cli.options import without_long_audio
from composer.score import symbol_of

if TYPE_CHECKING:
    from composer.brief import Brief
    from composer.cli.options import Target
    from composer.plan import Plan, Section


def show_explanation(pieces: Sequence[tuple[Brief, Plan, str]], prompt: Mapping[str, Any] | None, target: Target) -> None:
    """Prints each piece's brief, plan and file names, as a table or as one JSON object a piece."""
    from composer.files import free_name
    from composer.formats.sidecar import SCHEMA_VERSION

    for brief, plan, name in pieces:
        written = without_long_audio(target.checked_formats(), target.formats, plan.duration_s)
        stem = name if target.overwrite or target.is_stdout else free_name(target.folder, name, (*written, "json"))
        if target.as_json:
            files = [f"{stem}.{suffix}" for suffix in (*written, "json")]
            head = {"schema": SCHEMA_VERSION, "seed": brief.seed, "prompt": prompt, "brief": brief.to_dict()}
            print_json({**head, "plan": plan.to_dict(), "files": files})
        else:
            print_table([*_rows(brief, plan), ("files", f"{stem}: {', '.join((*written, 'json'))}")])


def _rows(brief: Brief, plan: Plan) -> Iterator[tuple[str, str]]:
    from composer.composing.describe import describe

    options = brief.options()
    requested = {name: value for name, value in brief.to_dict().items() if not options[name].steers_sampling}
    yield "requested", "; ".join(f"{name} {_text(value)}" for name, value in requested.items()) or "nothing: all is chosen"
    yield "chosen", describe(brief, plan)
    yield "seed", str(brief.seed)
    yield "parts", ", ".join(part.name for part in plan.parts)
    if plan.sections:
        keys = {area.start_bar: f" in {area.key}" for area in plan.key_areas}
        bars = (f"{s.name} {_bars(s)}{keys.get(s.start_bar, '')}" for s in plan.sections)
        yield "form", ", ".join(bars)
    if led := ", ".join(_leads(brief, plan)):
        yield "melody", led
    if plan.styles or plan.composer:
        yield "learned", ", ".join([*plan.styles, *([plan.composer] if plan.composer else [])])
    if plan.moods:
        points = dict.fromkeys(f"{mood.valence:+.2f}/{mood.arousal:+.2f}" for mood in plan.moods)
        yield "mood", f"valence/arousal {' to '.join(points) if len(points) < 5 else f'{len(points)} points along the piece'}"
    if any(plan.chords):
        chords = [" ".join(symbol_of(chord, plan.key) for chord in bar) for bar in plan.chords[:8]]
        yield "chords", " | ".join(chords) + (" ..." if plan.bars > 8 else "")
    measures = (
        ("density", plan.density, " notes per quarter note and sounding part"),
        ("polyphony", plan.polyphony, " notes that sound together"),
        ("scale", plan.scale, ""),
    )
    for name, value, unit in measures:
        if value is not None:
            yield name, f"{value:g}{unit}"
    if plan.level:
        yield "level", plan.level


def _leads(brief: Brief, plan: Plan) -> Iterator[str]:
    """Who has the melody in the bars of sections that say so, phrase by phrase in turn."""
    from composer.arranging import leads_in

    found = leads_in(brief, plan)
    for section in plan.all_sections:
        if turns := found[section.start_bar]:
            names = (" and ".join(plan.parts[index].name for index in together) for together in turns)
            yield f"{' then '.join(names)} {_bars(section)}"


def _bars(section: Section) -> str:
    first, last = section.start_bar + 1, section.start_bar + section.bars
    return str(first) if first == last else f"{first}-{last}"


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}:{each:g}" for name, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value).removesuffix(":1.0")
