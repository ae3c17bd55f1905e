"""Options that several commands share, with what is checked of them before a command begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.score import Key, TimeSignature


def _within_unit(value: float | None) -> float | None:
    if value is not None and not 0.0 <= value <= 1.0:
        raise BadInputError(f"expression {value:g} is out of range: use 0 (as written) to 1")
    return value


Expression = Annotated[
    float | None,
    typer.Option(metavar="0..1", callback=_within_unit, help="How expressively it is played, 0.7 by default; 0 is as written."),
]

Engine = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="cpu, onnx or torch, with the same notes; onnx-int8 is faster, with others. cpu if left out."
    ),
]

AssumeMeter = Annotated[
    str | None, typer.Option("--assume-meter", metavar="N/D", help="The metre, where the file states none or a wrong one.")
]
AssumeKey = Annotated[
    str | None, typer.Option("--assume-key", metavar="KEY", help='The key, where the file is wrong, such as "D minor".')
]


def assumed(meter: str | None, key: str | None) -> tuple[TimeSignature | None, Key | None]:
    """What the user says of a piece, read.

    Raises:
        BadInputError: no metre, or no key.
    """
    from composer.score import Key, TimeSignature

    return TimeSignature.parse(meter) if meter else None, Key.parse(key) if key else None
