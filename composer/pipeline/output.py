"""A composition on disk: score files, audio and the sidecar, each complete or absent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composer.errors import BadInputError
from composer.formats import WRITERS, write_score
from composer.formats.provenance import Provenance, software
from composer.formats.sidecar import write_sidecar
from composer.score import Score

if TYPE_CHECKING:
    from composer.pipeline.composition import Composition

Progress = Callable[[float], None]
AUDIO_FORMATS = ("wav", "flac", "ogg", "mp3")
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
    for item in formats:
        if item not in FORMATS:
            raise BadInputError(f"format {item!r} is not known: choose from {', '.join(FORMATS)}")
    provenance = Provenance(composition.model, composition.brief.seed)
    paths = {item: folder / f"{name}.{item}" for item in formats}
    for item, path in paths.items():
        if item not in AUDIO_FORMATS:
            write_score(composition.score, path, provenance)
    audio = [path for item, path in paths.items() if item in AUDIO_FORMATS]
    if audio:
        write_audio_files(composition.score, audio, provenance, style=composition.leading_style, progress=progress)
    sidecar = folder / f"{name}.json"
    write_sidecar(to_sidecar(composition), sidecar)
    return [*paths.values(), sidecar]


def write_audio_files(
    score: Score, paths: Sequence[Path], provenance: Provenance, *, style: str | None = None, progress: Progress | None = None
) -> None:
    """Plays a score into audio files tagged as made by the model."""
    from composer import render

    tags = render.disclosure_tags(score.title, software().partition(" ")[2], provenance.model, provenance.seed or 0)
    render.render_score(score, *paths, style=style, seed=provenance.seed or 0, tags=tags, progress=progress)


def to_sidecar(composition: Composition) -> dict[str, Any]:
    """Everything needed to write the same files again, and what was measured."""
    return {
        "software": software(),
        "model": {"name": composition.model, "fingerprint": composition.fingerprint},
        "brief": composition.brief.to_dict(),
        "plan": composition.plan.to_dict(),
        "ids": list(composition.ids),
        "report": composition.report,
    }
