"""From a partner's sidecar and the user's file to the same result again.

The notes are written anew, not read from the sidecar: the same file, options, seed and model give the same streams, and those
are compared with the recorded ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from composer.brief import Brief
from composer.composing.delivery import Delivery
from composer.composing.user_style import check_same_style, merged_style
from composer.errors import BadInputError
from composer.formats.engraving.layout import Layout
from composer.formats.sidecar import read_sidecar
from composer.model.checkpoint import find_model, find_named, fingerprint
from composer.performance import EXPRESSION
from composer.records import number, text
from composer.rework.accompanying import accompany
from composer.rework.context import Assumptions, Progress
from composer.rework.continuing import continue_
from composer.rework.infilling import infill
from composer.rework.restyling import transfer
from composer.rework.result import Collaboration
from composer.rework.source import Source
from composer.rework.varying import vary
from composer.score import Score

Verb = Callable[..., Collaboration]


def _infill(score: Score, brief: Brief, *, bars: str, **others: Any) -> Collaboration:
    return infill(score, *bar_range(bars), brief, **others)


# Verbs by name, called with score, brief, the options of their sidecars and the arguments that all of them share.
VERBS: Mapping[str, Verb] = {
    "continue": continue_,
    "infill": _infill,
    "accompany": accompany,
    "vary": lambda score, brief, *, amount, **others: vary(score, amount, brief, **others),
    "transfer": transfer,
}


def bar_range(text: str) -> tuple[int, int]:
    """First bar (from 0) and the bar after the last of "9-16" or "12".

    Raises:
        BadInputError: no such range.

    >>> bar_range("9-16"), bar_range("12")
    ((8, 16), (11, 12))
    """
    match = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise BadInputError(f"bars {text!r} are no range: give the first and the last bar, counted from 1, such as 9-16")
    return first - 1, last


def is_partners(sidecar: Path) -> bool:
    """Whether a sidecar is that of a collaboration.

    Raises:
        BadInputError: no sidecar at all.
    """
    return "verb" in read_sidecar(sidecar)


def replay(
    sidecar: Path, source: Path | None = None, *, model: str | None = None, progress: Progress | None = None
) -> Collaboration:
    """The collaboration that a sidecar describes, note for note.

    Args:
        sidecar: of a collaboration.
        source: the file that the piece came in; by default the one of that name beside the sidecar.
        model: name or path of the model, if it is not where it was.
        progress: called with the share of bars written, 0 to 1.

    Raises:
        BadInputError: the file or the model is another than it was, or they give other notes than those on record.
        ModelNotFoundError: the model is not here.
    """
    content = read_sidecar(sidecar)
    try:
        verb, name, expected = VERBS[content["verb"]], text(content["model"]["name"]), text(content["model"]["fingerprint"])
        options, brief = dict(content["options"]), Brief.from_dict(content["brief"])
        assumptions = Assumptions.parse(**content["assumptions"])
        streams = tuple(tuple(stream) for stream in content["streams"])
        expression = number(content.get("performance", {}).get("expression", EXPRESSION), 0.0, 1.0)
        layout = Layout.from_dict(content.get("layout", {}))
        adapter, engine = content["model"].get("adapter"), content["model"].get("engine")
        delivery = Delivery.from_sidecar(content)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise BadInputError(f"{sidecar} is no whole sidecar of a collaboration: it has been changed") from None
    found = _source(sidecar, content.get("source"), source)
    folder = find_model(model) if model else find_named(name)
    if fingerprint(folder) != expected:
        raise BadInputError(f"{sidecar} was made by another {name} than {folder}: name its folder with --model")
    check_same_style(sidecar, adapter, merged_style(brief, folder))
    try:
        done = verb(found.score, brief, **options, assumptions=assumptions, model=str(folder), engine=engine, progress=progress)
    except (AttributeError, TypeError):
        raise BadInputError(f"{sidecar} has options that its verb does not take: it has been changed") from None
    if done.streams != streams:
        raise BadInputError(f"{sidecar} cannot be replayed: this version of Cantilena writes other notes than those on record")
    return replace(done, source=found, expression=expression, layout=layout, delivery=delivery)


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
