"""Options that are given more than once: the values of a list add up, a second value of any other option is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import typer

# What stands between the items of a list, by the placeholder of its value in the help; other options have one value.
_SEPARATORS = {"LIST": ",", "TIMES": ",", "TAG[,TAG]": ",", "NAME[:W][,NAME[:W]]": ",", "CURVE": ",", "SETTINGS": ";"}


def joined(args: Sequence[str], parameters: Iterable[Any]) -> list[str]:
    """Arguments in which each option occurs once, at its first place.

    Args:
        args: of a command.
        parameters: of the command.

    Raises:
        typer.BadParameter: an option with one value is given twice.
    """
    options = {name: item for item in parameters if _has_value(item) for name in item.opts}
    result: list[str] = []
    places: dict[str, int] = {}  # index in `result` of each option's value
    rest = iter(args)
    for text in rest:
        if text == "--":
            return [*result, text, *rest]
        name, equals, value = text.partition("=") if text.startswith("--") else (text, "", "")
        option = options.get(name)
        given = value if equals else next(rest, None) if option else None
        if option is None or given is None:
            result.append(text)
        elif option.name not in places:
            result += [name, given]
            places[option.name] = len(result) - 1
        elif separator := _SEPARATORS.get(option.metavar or ""):
            result[places[option.name]] += separator + given
        else:
            raise typer.BadParameter(f"{name} is given twice: give it once")
    return result


def _has_value(parameter: Any) -> bool:
    return parameter.param_type_name == "option" and not parameter.is_flag and not parameter.multiple
