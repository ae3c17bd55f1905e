"""Commands made from tables of options: the fields of dataclasses, and the options that `Brief` declares."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields
from typing import Annotated, Any, get_type_hints

import typer

from composer.brief import Brief, Option
from composer.cli import completion
from composer.errors import BadInputError


def brief_parameters(verb: str | None = None) -> list[inspect.Parameter]:
    """The options of a brief that a verb takes, by default all, in the order of its fields."""
    return option_parameters(declared for declared in Brief.options().values() if verb is None or declared.is_taken_by(verb))


def option_parameters(options: Iterable[Option]) -> list[inspect.Parameter]:
    """Declared options as parameters; none is required."""
    return [
        _parameter(declared.name, _annotation(declared), declared.default if declared.kind is bool else None)
        for declared in options
    ]


def parameters_of(record: type) -> list[inspect.Parameter]:
    """The fields of a dataclass whose annotations Typer reads, except those with `is_option` false in their metadata."""
    hints = get_type_hints(record, include_extras=True)
    return [
        _parameter(item.name, hints[item.name], inspect.Parameter.empty if item.default is MISSING else item.default)
        for item in fields(record)
        if item.metadata.get("is_option", True)
    ]


def command(run: Callable[..., None], parameters: Iterable[inspect.Parameter]) -> Callable[..., None]:
    """A function with the parameters as its signature, which calls `run` with them as keywords; its help is `run`'s."""

    def called(**given: Any) -> None:
        run(**given)

    signature = inspect.Signature(list(parameters))
    called.__doc__ = run.__doc__
    called.__signature__ = signature  # type: ignore[attr-defined]
    called.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    return called


def _annotation(declared: Option) -> Any:
    panel = declared.panel or None
    if declared.kind is bool:
        return Annotated[bool, typer.Option(declared.flag, help=declared.help, rich_help_panel=panel)]
    shown = typer.Option(
        declared.flag,
        metavar=declared.metavar,
        help=declared.help,
        rich_help_panel=panel,
        autocompletion=completion.TABLES[declared.completes] if declared.completes else None,
        parser=_number_of(declared) if declared.limits else None,
    )
    return Annotated[declared.kind | None, shown]


def _number_of(declared: Option) -> Callable[[Any], Any]:
    """Reads the number of an option. Other text is a usage error, whose message names the value and the range.

    Words that are taken pass through: the command turns them into a number.
    """

    def read(text: Any) -> Any:
        try:
            return declared.kind(text)
        except ValueError:
            pass
        if declared.takes_words:
            return text
        try:
            return declared.read(text)
        except BadInputError as error:
            raise typer.BadParameter(f"{error}.") from None

    return read


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
