"""From a sidecar, and for the verbs the user's file, to the same piece again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from composer.brief import Brief
from composer.composing.candidates import MOST_CANDIDATES
from composer.composing.composition import decode_sidecar
from composer.composing.record import COMPOSED, PieceRecord, Sidecar, damaged
from composer.composing.source import Source
from composer.composing.user_style import check_same_style, merged_style
from composer.errors import BadInputError
from composer.model.checkpoint import find_model, find_named, fingerprint
from composer.records import whole
from composer.rework.accompanying import accompany
from composer.rework.continuing import continue_
from composer.rework.infilling import infill
from composer.rework.material import Progress
from composer.rework.restyling import transfer
from composer.rework.varying import vary
from composer.rework.verb_session import SessionOptions
from composer.score import Score
from composer.understanding import Assumptions

Verb = Callable[..., PieceRecord]


def _infill(score: Score, brief: Brief, *, bars: str, **others: Any) -> PieceRecord:
    return infill(score, bar_ranges(bars), brief, **others)


def _vary(score: Score, brief: Brief, *, amount: float, bars: str = "", **others: Any) -> PieceRecord:
    return vary(score, amount, brief, bars=bar_ranges(bars)[0] if bars else None, **others)


# Verbs by name, called with score, brief, the options of their sidecars and the arguments that all of them share.
VERBS: Mapping[str, Verb] = {
    "continue": continue_,
    "infill": _infill,
    "accompany": accompany,
    "vary": _vary,
    "transfer": transfer,
}


def bar_ranges(text: str) -> tuple[tuple[int, int], ...]:
    """First bar (from 0) and the bar after the last of each of "9-16" or "3-4,12", in order; neighbors are joined.

    Raises:
        BadInputError: no such range, or two with a common bar.

    >>> bar_ranges("9-16"), bar_ranges("12, 3-4,5")
    (((8, 16),), ((2, 5), (11, 12)))
    """
    joined: list[tuple[int, int]] = []
    for first, end in sorted(map(_bar_range, text.split(","))):
        if joined and first < joined[-1][1]:
            raise BadInputError(f"bars {text[:100]!r} name bar {first + 1} twice: give ranges without common bars")
        if joined and first == joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((first, end))
    return tuple(joined)


def _bar_range(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise BadInputError(f"bars {text[:100]!r} are no range: give the first and the last bar, counted from 1, such as 9-16")
    return first - 1, last


def replay(
    sidecar: Path, source: Path | None = None, *, model: str | None = None, progress: Progress | None = None
) -> PieceRecord:
    """The piece that a sidecar describes, note for note.

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
        raise BadInputError(f"{sidecar} was made by another {read.model.name} than {folder}: name its folder with --model")
    if found is None:
        record = decode_sidecar(read, folder)
        if progress:
            progress(1.0)
    else:
        record = replace(_run_again(read, found, folder, progress), source=found)
    return replace(record, expression=read.expression, layout=read.layout, delivery=read.delivery, candidates=read.candidates)


def _run_again(read: Sidecar, source: Source, folder: Path, progress: Progress | None) -> PieceRecord:
    """The verb of a sidecar on its source; of several candidates, only the one that was kept."""
    check_same_style(read.path, read.model.adapter, merged_style(read.brief, folder))
    try:
        options, assumptions = dict(read.content["options"]), Assumptions.parse(**read.content["assumptions"])
        take = whole(read.candidates["chosen"], 1, MOST_CANDIDATES) - 1 if read.candidates else None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(read.path, error) from None
    session: SessionOptions = {"assumptions": assumptions, "model": str(folder), "engine": read.model.engine, "take": take}
    try:
        record = VERBS[read.kind](source.score, read.brief, **options, **session, progress=progress)
    except (AttributeError, TypeError):
        raise BadInputError(f"{read.path} has options that {read.kind} does not take: it has been changed") from None
    if record.streams != read.streams:
        raise BadInputError(f"{read.path} cannot be replayed: this version of Cantilena writes other notes than those recorded")
    return record


def _source(sidecar: Path, recorded: object, given: Path | None) -> Source:
    """The file that a sidecar was made from."""
    if not isinstance(recorded, dict) or not {"file", "sha256"} <= recorded.keys():
        raise BadInputError(f"{sidecar} cannot be replayed: it does not say which file it was made from")
    name, digest = str(recorded["file"]), str(recorded["sha256"])
    path = given or sidecar.parent / Path(name).name
    wanted = f"{name} with the SHA-256 {digest[:16]}..."
    if not path.is_file():
        raise BadInputError(f"{sidecar} needs the file it was made from, {wanted}: name it with --source")
    source = Source.read(path)
    if source.digest != digest:
        raise BadInputError(f"{path} is not the file that {sidecar} was made from: name {wanted} with --source")
    return replace(source, name=name)
