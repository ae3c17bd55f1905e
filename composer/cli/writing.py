"""Writes a finished piece to files, or as MIDI to standard output, and prints what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from composer.cli.console import print_outcome, progress_bar, write_stdout
from composer.cli.options import Target, existing, without_long_audio

if TYPE_CHECKING:
    from composer.composing import PieceRecord


def write_piece(record: PieceRecord, stem: str, target: Target, mood: str = "") -> None:
    """Writes a piece and prints what was made.

    Args:
        record: the piece.
        stem: of its files.
        target: where it goes.
        mood: the requested mood in the user's words.

    Raises:
        BadInputError: a file exists and may not be replaced, or the place cannot be written.
    """
    from composer.cli.summary import summarize
    from composer.composing.describe import remarks
    from composer.composing.output import formats_beside, to_midi, write
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
