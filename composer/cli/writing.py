"""Writes a finished piece to files, or as MIDI to standard output, and prints what was written; writes parts for players."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from composer.cli.console import print_outcome, progress_bar, write_stdout
from composer.cli.options import Target, existing, without_long_audio

if TYPE_CHECKING:
    from composer.composing import PieceRecord
    from composer.formats.engraving.layout import Layout
    from composer.formats.provenance import Provenance
    from composer.score import Score


def write_piece(record: PieceRecord, stem: str, target: Target, mood: str = "", *, parts: bool = False) -> None:
    """Writes a piece and prints what was made.

    Args:
        record: the piece.
        stem: of its files.
        target: where it goes.
        mood: the requested mood in the user's words.
        parts: whether to write sheet music for each player, too, in the formats of sheet music of the target.

    Raises:
        BadInputError: a file exists and may not be replaced, or the place cannot be written.
    """
    from composer.cli.summary import summarize
    from composer.composing.describe import remarks
    from composer.composing.output import SHEET_FORMATS, formats_beside, printed, to_midi, write
    from composer.formats.sidecar import SCHEMA_VERSION

    lines = list(remarks(record, mood))
    if target.is_stdout:
        write_stdout(to_midi(record), () if target.quiet else lines)
        return
    formats = without_long_audio(target.checked_formats(), target.formats, record.score.duration_s)
    if target.overwrite and (old := target.folder / f"{stem}.json").is_file():
        left = [f"{stem}.{item}" for item in formats_beside(old) if item not in formats]
        lines += [f"not replaced, of an earlier piece: {', '.join(left)}"] if left else []
    with progress_bar(f"{stem} sound", target.quiet) as progress:
        files = write(
            record,
            target.folder / stem,
            formats,
            existing=existing(target.overwrite),
            sources=target.sources,
            progress=progress,
        )
    for item, path in zip(formats, files[: len(formats)] if parts else (), strict=False):
        if item in SHEET_FORMATS:
            score, layout = printed(record)
            files += write_parts(score, path, record.provenance, layout, overwrite=target.overwrite, sources=target.sources)

    def to_json() -> dict[str, Any]:
        of_kind = {"options": record.options} if record.plan is None else {"plan": record.plan.to_dict()}
        return {
            "schema": SCHEMA_VERSION,
            "kind": record.kind,
            "seed": record.brief.seed,
            "brief": record.brief.to_dict(),
            **of_kind,
            "model": record.model.to_dict(),
            **summarize(record.score),
            "report": record.report,
            "originality": record.originality,
            "candidates": record.candidates,
            "prompt": record.prompt,
        }

    print_outcome(files, to_json, lines, as_json=target.as_json, quiet=target.quiet)


def write_parts(
    score: Score, target: Path, provenance: Provenance | None, layout: Layout, *, overwrite: bool, sources: tuple[Path, ...]
) -> list[Path]:
    """Writes sheet music for each player beside `target`.

    Args:
        score: the music.
        target: the file of the score, which itself is not written.
        provenance: of a piece composed by Cantilena.
        layout: of the sheet music.
        overwrite: whether existing files are replaced.
        sources: files that are never replaced.

    Raises:
        BadInputError: a file exists and may not be replaced, or the place cannot be written.
    """
    from composer.files import check_free, new_file, staging
    from composer.formats.engraving import extraction

    with staging(target.parent, target) as hidden:
        written = extraction.write_parts(score, hidden / target.name, provenance, layout)
        check_free([target.parent / path.name for path in written], overwrite=overwrite, sources=sources)
        for path in written:
            with new_file(target.parent / path.name, overwrite=overwrite, sources=sources) as place:
                path.replace(place)
    return [target.parent / path.name for path in written]
