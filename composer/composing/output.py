"""A composition on disk: score files, audio and the sidecar, all of them or none, never over other files unasked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from composer.composing.delivery import Sound
from composer.errors import BadInputError
from composer.files import Existing, place, staging, write_atomically
from composer.formats import SHEET_SUFFIXES, WRITERS, check_installed, write_score
from composer.formats.engraving.layout import Layout
from composer.formats.midi.performance_midi import write_performed
from composer.formats.provenance import Provenance, software
from composer.formats.sidecar import SCHEMA_VERSION, write_sidecar
from composer.performance.profiles import profile_for
from composer.presets import styles

if TYPE_CHECKING:
    from composer.composing.composition import Composition
    from composer.render import Rendering
    from composer.score import Score

Progress = Callable[[float], None]
AUDIO_FORMATS = ("wav", "flac", "ogg", "mp3")
PERFORMANCE = "performance.mid"
SHEET_FORMATS = tuple(suffix.removeprefix(".") for suffix in SHEET_SUFFIXES)
# Families of styles whose players read chord symbols.
_SYMBOL_FAMILIES = ("band", "electronic", "folk")
# Names of what can be written, in the order of writing.
FORMATS = (*(suffix.removeprefix(".") for suffix in WRITERS), *AUDIO_FORMATS)


def checked_formats(formats: object) -> tuple[str, ...]:
    """Names of formats without doubles; "json" is dropped, since the sidecar always comes along.

    Args:
        formats: names in a list, or in a text with commas between.

    Raises:
        BadInputError: one that is not known, or none.
        MissingExtraError: one that needs a package that is not installed.
    """
    items = formats.split(",") if isinstance(formats, str) else formats
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise BadInputError(f"formats {formats!r} cannot be read: give names such as mid,musicxml")
    names = tuple(dict.fromkeys(item.strip().lower().removeprefix(".") for item in items if item.strip()))
    unknown = next((name for name in names if name not in FORMATS and name != "json"), None)
    if unknown is not None or not names:
        raise BadInputError(f"format {unknown or formats!r} is not known: choose from {', '.join(FORMATS)}, commas between")
    for name in names:
        check_installed(f".{name}")
    return tuple(name for name in names if name != "json")


def write(
    composition: Composition,
    folder: Path,
    name: str,
    formats: Sequence[str],
    *,
    existing: Existing = Existing.NUMBER,
    sources: Sequence[Path] = (),
    progress: Progress | None = None,
) -> list[Path]:
    """Writes a composition as `folder/name.<format>` for each format, and its sidecar `name.json`.

    Nothing that is there is replaced unless that is asked for: by default all files of the piece get the next free number.

    Args:
        composition: what to write.
        folder: an existing folder.
        name: file name without suffix.
        formats: names in `FORMATS`.
        existing: what happens where one of the files is there already.
        sources: files that are never replaced.
        progress: called with the fraction of the audio done.

    Returns:
        The files in the order of `formats`, then the sidecar.

    Raises:
        BadInputError: an unknown format, or a place that cannot be written.
    """
    delivery = composition.delivery

    def sidecar(rendering: Rendering | None) -> dict[str, Any]:
        return to_sidecar(composition, rendering)

    return write_files(
        titled(composition),
        folder,
        name,
        formats,
        delivery.provenance(composition.model, composition.brief.seed),
        _manner(composition),
        sidecar,
        layout=_styled(composition.layout, composition),
        sound=delivery.sound,
        existing=existing,
        sources=sources,
        progress=progress,
    )


def to_midi(composition: Composition) -> bytes:
    """The MIDI file that `write` writes."""
    from composer.formats.midi.midi_score import midi_bytes

    return midi_bytes(titled(composition), composition.delivery.provenance(composition.model, composition.brief.seed))


def titled(composition: Composition) -> Score:
    """The score under the title that its user gives it, if any."""
    title = composition.delivery.title
    return composition.score if title is None else replace(composition.score, title=title)


def write_files(
    score: Score,
    folder: Path,
    name: str,
    formats: Sequence[str],
    provenance: Provenance,
    manner: Manner,
    sidecar_of: Callable[[Rendering | None], dict[str, Any]],
    *,
    notation: Score | None = None,
    ready: Mapping[str, bytes] | None = None,
    layout: Layout | None = None,
    sound: Sound | None = None,
    existing: Existing = Existing.NUMBER,
    sources: Sequence[Path] = (),
    progress: Progress | None = None,
) -> list[Path]:
    """Writes any finished score, as `write` does a composition.

    Args:
        score: the music.
        folder, name, formats, existing, sources, progress: as for `write`.
        provenance: who wrote it.
        manner: how it is played.
        sidecar_of: the content of the sidecar, given what played the piece where it was rendered.
        notation: the same music as it is notated, where its ticks are those of a performance.
        ready: content of formats that need not be written from the score.
        layout: choices about sheet music.
        sound: soundfont and room of the audio, where they are chosen.

    Raises:
        BadInputError: an unknown format, a file that is there and may not be replaced, or a place that cannot be written.
    """
    for item in formats:
        if item not in FORMATS:
            raise BadInputError(f"format {item!r} is not known: choose from {', '.join(FORMATS)}")
    ready = ready or {}
    with staging(folder) as hidden:
        staged = {item: hidden / f"{name}.{item}" for item in (*formats, "json")}
        for item in formats:
            if item in ready:
                write_atomically(staged[item], ready[item])
            elif item == PERFORMANCE:
                write_performed(score, staged[item], provenance, **manner)
            elif item not in AUDIO_FORMATS:
                write_score(notation if notation and item in SHEET_FORMATS else score, staged[item], provenance, layout)
        audio = [staged[item] for item in formats if item in AUDIO_FORMATS]
        rendering = None
        if audio:
            from composer.render import render_score

            rendering = render_score(score, *audio, **manner, **(sound or Sound()), provenance=provenance, progress=progress)
        write_sidecar(sidecar_of(rendering), staged["json"])
        return list(place(staged, folder, name, existing, sources).values())


def check_writable(path: Path) -> None:
    """Says before the work that a file of this suffix cannot be written.

    Raises:
        BadInputError: unknown suffix.
        MissingExtraError: the format needs a package that is not installed.
    """
    known = [item for item in FORMATS if path.name.lower().endswith(f".{item}")]
    if not known:
        raise BadInputError(f"format {path.suffix or path.name!r} is not known: use one of .{' .'.join(FORMATS)}")
    check_installed(f".{max(known, key=len)}")


def write_any(
    score: Score,
    path: Path,
    provenance: Provenance | None = None,
    layout: Layout | None = None,
    *,
    progress: Progress | None = None,
    **played: Any,
) -> None:
    """Writes a score in the format of the path's suffix: notation, sequencer, picture, or sound with the options `played`.

    Raises:
        BadInputError: unknown suffix, or something the format or the disk refuses.
    """
    check_writable(path)
    if path.suffix.lower().removeprefix(".") in AUDIO_FORMATS:
        from composer.render import render_score

        render_score(score, path, provenance=provenance, progress=progress, **played)
    elif path.name.lower().endswith(f".{PERFORMANCE}"):
        write_performed(score, path, provenance, **played)
    else:
        write_score(score, path, provenance, layout)


class Manner(TypedDict):
    """How a piece is played: the options of `composer.performance.perform`."""

    expression: float
    style: str | None
    seed: int


def _manner(composition: Composition) -> Manner:
    return {"expression": composition.expression, "style": composition.leading_style, "seed": composition.brief.seed}


def _styled(layout: Layout, composition: Composition) -> Layout:
    """The layout with what the style says: whether its players read chord symbols, and whether they swing."""
    asked = composition.brief.style[0][0] if composition.brief.style else ""
    family = styles()[asked].family if asked in styles() else None
    symbols = family in _SYMBOL_FAMILIES if layout.chord_symbols is None and family else layout.chord_symbols
    return replace(layout, swing=profile_for(asked or composition.leading_style).swing > 0, chord_symbols=symbols)


def model_record(name: str, fingerprint: str, adapter: Mapping[str, str] | None, engine: str | None = None) -> dict[str, Any]:
    """What a sidecar says of the model, of the own style merged into it, and of an engine that has notes of its own, if any."""
    return {
        "name": name,
        "fingerprint": fingerprint,
        **({"adapter": dict(adapter)} if adapter else {}),
        **({"engine": engine} if engine else {}),
    }


def to_sidecar(composition: Composition, rendering: Rendering | None = None) -> dict[str, Any]:
    """Everything needed to write the same files again, what was measured, and what played it where it was rendered."""
    played = {"rendering": rendering.to_dict()} if rendering else {}
    return {
        "schema": SCHEMA_VERSION,
        "software": software(),
        "model": model_record(composition.model, composition.fingerprint, composition.adapter, composition.engine),
        "brief": composition.brief.to_dict(),
        "plan": composition.plan.to_dict(),
        "ids": list(composition.ids),
        "performance": _manner(composition),
        **({"layout": layout} if (layout := composition.layout.to_dict()) else {}),
        **({"delivery": composition.delivery.to_dict()} if composition.delivery.to_dict() else {}),
        **played,
        "report": composition.report,
        "originality": composition.originality,
        **({"candidates": composition.candidates} if composition.candidates else {}),
        **({"tries": composition.tries} if composition.tries else {}),
        **({"prompt": composition.prompt} if composition.prompt else {}),
        **({"influence": composition.influence} if composition.influence else {}),
    }
