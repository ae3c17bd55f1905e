"""A composition on disk: score files, audio and the sidecar, each complete or absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.formats import SHEET_SUFFIXES, WRITERS, write_score
from composer.formats.layout import Layout
from composer.formats.performance_midi import write_performed
from composer.formats.provenance import Provenance, software
from composer.formats.sidecar import write_sidecar
from composer.performance.profiles import profile_for
from composer.presets import styles

if TYPE_CHECKING:
    from composer.pipeline.composition import Composition
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


def write(
    composition: Composition, folder: Path, name: str, formats: Sequence[str], *, progress: Progress | None = None
) -> list[Path]:
    """Writes a composition as `folder/name.<format>` for each format, and its sidecar `name.json`.

    Args:
        composition: what to write.
        folder: an existing folder.
        name: file name without suffix.
        formats: names in `FORMATS`.
        progress: called with the fraction of the audio done.

    Returns:
        The files in the order of `formats`, then the sidecar.

    Raises:
        BadInputError: an unknown format, or a place that cannot be written.
    """
    manner = _manner(composition)

    def sidecar(rendering: Rendering | None) -> dict[str, Any]:
        return to_sidecar(composition, rendering)

    provenance = Provenance(composition.model, composition.brief.seed)
    layout = _styled(composition.layout, composition)
    return write_files(composition.score, folder, name, formats, provenance, manner, sidecar, layout=layout, progress=progress)


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
    progress: Progress | None = None,
) -> list[Path]:
    """Writes any finished score, as `write` does a composition.

    Args:
        score: the music.
        folder, name, formats, progress: as for `write`.
        provenance: who wrote it.
        manner: how it is played.
        sidecar_of: the content of the sidecar, given what played the piece where it was rendered.
        notation: the same music as it is notated, where its ticks are those of a performance.
        ready: content of formats that need not be written from the score.
        layout: choices about sheet music.

    Raises:
        BadInputError: an unknown format, or a place that cannot be written.
    """
    for item in formats:
        if item not in FORMATS:
            raise BadInputError(f"format {item!r} is not known: choose from {', '.join(FORMATS)}")
    ready = ready or {}
    paths = {item: folder / f"{name}.{item}" for item in formats}
    for item, path in paths.items():
        if item in ready:
            write_atomically(path, ready[item])
        elif item == PERFORMANCE:
            write_performed(score, path, provenance, **manner)
        elif item not in AUDIO_FORMATS:
            write_score(notation if notation and item in SHEET_FORMATS else score, path, provenance, layout)
    audio = [path for item, path in paths.items() if item in AUDIO_FORMATS]
    rendering = None
    if audio:
        from composer.render import render_score

        rendering = render_score(score, *audio, **manner, provenance=provenance, progress=progress)
    sidecar = folder / f"{name}.json"
    write_sidecar(sidecar_of(rendering), sidecar)
    return [*paths.values(), sidecar]


class Manner(TypedDict):
    """How a piece is played: the options of `composer.performance.perform`."""

    expression: float
    style: str | None
    seed: int


def _manner(composition: Composition) -> Manner:
    return {"expression": composition.expression, "style": composition.leading_style, "seed": composition.brief.seed}


def _styled(layout: Layout, composition: Composition) -> Layout:
    """The layout with what the style says: whether its players read chord symbols, and whether they swing."""
    asked = composition.brief.styles[0][0] if composition.brief.styles else None
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
        "software": software(),
        "model": model_record(composition.model, composition.fingerprint, composition.adapter, composition.engine),
        "brief": composition.brief.to_dict(),
        "plan": composition.plan.to_dict(),
        "ids": list(composition.ids),
        "performance": _manner(composition),
        **({"layout": layout} if (layout := composition.layout.to_dict()) else {}),
        **played,
        "report": composition.report,
        "originality": composition.originality,
        **({"candidates": composition.candidates} if composition.candidates else {}),
        **({"tries": composition.tries} if composition.tries else {}),
        **({"prompt": composition.prompt} if composition.prompt else {}),
        **({"influence": composition.influence} if composition.influence else {}),
    }
