"""Replays a piece from its sidecar and, for verbs, from the user's file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from composer.composing.candidates import MOST_CANDIDATES
from composer.composing.composition import decode_sidecar
from composer.composing.record import COMPOSED, PieceRecord, Sidecar, damaged
from composer.composing.source import Source
from composer.composing.user_style import check_same_style, merged_style
from composer.errors import BadInputError, CantilenaError
from composer.model.checkpoint import find_model, find_named, fingerprint
from composer.records import whole
from composer.rework.material import Progress
from composer.rework.verb_session import SessionOptions
from composer.rework.verbs import VERBS
from composer.understanding import Assumptions


def replay(
    sidecar: Path, source: Path | None = None, *, model: str | None = None, progress: Progress | None = None
) -> PieceRecord:
    """Makes the piece of a sidecar again, note for note.

    A composed piece is decoded from its recorded ids. A verb is run again with the same file, options, seed and model, and
    the streams that it samples are compared with the recorded ones.

    Args:
        sidecar: the .json file beside a piece.
        source: the file that a verb was given; by default the one of that name beside the sidecar.
        model: name or path of the model, if it is not where it was.
        progress: called with the fraction of the bars written, 0 to 1.

    Raises:
        BadInputError: the sidecar is damaged, the file or the model is not the recorded one, or other notes are written.
        ModelNotFoundError: the model is not here.
    """
    read = Sidecar.read(sidecar)
    if read.kind != COMPOSED and read.kind not in VERBS:
        raise BadInputError(
            f"{sidecar} is of kind {read.kind!r}, which is not known: choose from {COMPOSED}, {', '.join(VERBS)}"
        )
    found = None if read.kind == COMPOSED else _source(sidecar, read.content.get("source"), source)
    folder = find_model(model) if model else find_named(read.model.name)
    if fingerprint(folder) != read.model.fingerprint:
        raise BadInputError(
            f"{sidecar} was made by another {read.model.name} than {folder}: name its folder with model=, or --model"
        )
    if found is None:
        record = decode_sidecar(read, folder)
        if progress:
            progress(1.0)
    else:
        record = replace(_run_again(read, found, folder, progress), source=found)
    return replace(record, expression=read.expression, layout=read.layout, delivery=read.delivery, candidates=read.candidates)


def _run_again(read: Sidecar, source: Source, folder: Path, progress: Progress | None) -> PieceRecord:
    """Runs the verb of a sidecar on its source again; of several candidates, only the one that was kept."""
    check_same_style(read.path, read.model.adapter, merged_style(read.brief, folder))
    try:
        options, assumptions = dict(read.content["options"]), Assumptions.parse(**read.content["assumptions"])
        take = whole(read.candidates["chosen"], 1, MOST_CANDIDATES) - 1 if read.candidates else None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(read.path, error) from None
    session: SessionOptions = {
        "assumptions": assumptions,
        "model": str(folder),
        "engine": read.model.engine,
        "take": take,
        "progress": progress,
    }
    try:
        VERBS[read.kind].read(options)
    except (AttributeError, CantilenaError, TypeError):
        raise BadInputError(f"{read.path} has options that {read.kind} does not take: it has been changed") from None
    record = VERBS[read.kind].run(source.score, read.brief, options, **session)
    if record.streams != read.streams:
        raise BadInputError(f"{read.path} cannot be replayed: this version of Cantilena writes other notes than those recorded")
    return record


def _source(sidecar: Path, recorded: object, given: Path | None) -> Source:
    """The file that a sidecar was made from."""
    if not isinstance(recorded, dict) or not {"file", "sha256"} <= recorded.keys():
        raise BadInputError(f"{sidecar} cannot be replayed: it does not say which file it was made from")
    name, digest = str(recorded["file"]), str(recorded["sha256"])
    path = given or sidecar.parent / Path(name).name
    expected = f"{name} with the SHA-256 {digest[:16]}..."
    if not path.is_file():
        raise BadInputError(f"{sidecar} needs the file it was made from, {expected}: name it with source=, or --source")
    source = Source.read(path)
    if source.digest != digest:
        raise BadInputError(f"{path} is not the file that {sidecar} was made from: name {expected} with source=, or --source")
    return replace(source, name=name)
