"""File names from a template such as "{style}-{seed}"."""

from __future__ import annotations

import string
from collections.abc import Mapping

from composer.brief import Brief
from composer.errors import BadInputError
from composer.records import is_surrogate

FIELDS = ("index", "title", *Brief.options())
MAX_BYTES = 200  # file systems take 255, with a number and a suffix
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(10))}


def file_name(template: str, values: Mapping[str, object]) -> str:
    """The template with its fields filled in; characters that a file name cannot hold become hyphens.

    Args:
        template: text with fields in braces, from `FIELDS`.
        values: by field; missing ones and `None` become "any", items of lists are joined by plus signs.

    Raises:
        BadInputError: an unknown field, a malformed template, or a name that is empty or a path.

    >>> file_name("{style} in {key}", {"style": "waltz", "key": "F# minor"}), file_name("{meter}", {"meter": "3/4"})
    ('waltz in F# minor', '3-4')
    """
    filled = {field: _as_text(values.get(field)) for field in fields_of(template)}
    _refuse_path(template)
    return plain_name(template.format(**filled).replace("/", "-").replace("\\", "-"), template)


def default_name(*words: object) -> str:
    """All words except `None`, joined by hyphens: the default name of a piece.

    >>> default_name("waltz", "F# minor", None, 7)
    'waltz-F-sharp-minor-7'
    """
    text = "-".join("-".join(str(word).split()) for word in words if word is not None)
    return plain_name(text.replace("#", "-sharp").replace("+", "-"))


def plain_name(text: str, given: str | None = None) -> str:
    """A text as a file name without suffix; characters that a file name cannot hold become hyphens.

    Args:
        text: the name.
        given: what an error quotes; by default the text.

    Raises:
        BadInputError: the name is a path, empty, too long for a file system, or that of a device on Windows.
    """
    shown = _shortened(text if given is None else given)
    _refuse_path(text)
    name = "".join("-" if c in ':*?"<>|' or ord(c) < 32 or is_surrogate(c) else c for c in text).strip(" .")
    if not name:
        raise BadInputError(f"name {shown!r} gives an empty file name: use letters or a field such as {{seed}}")
    if len(name.encode()) > MAX_BYTES:
        raise BadInputError(f"name {shown!r} gives a file name of more than {MAX_BYTES} bytes: shorten it")
    if name.partition(".")[0].strip().upper() in _DEVICES:
        raise BadInputError(f"name {shown!r} is a device on Windows: give another one")
    return name


def _as_text(value: object) -> str:
    return "any" if value is None else "+".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _refuse_path(text: str) -> None:
    if "/" in text or "\\" in text:
        raise BadInputError(f"name {_shortened(text)!r} is a path: give the folder with -o, and a name without slashes")


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}..."


def fields_of(template: str) -> list[str]:
    """Names of the fields in a template.

    Raises:
        BadInputError: an unknown field or a malformed template.
    """
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise BadInputError(f"name {template!r} is not a template ({error}): write fields as {{seed}}") from None
    names = [field for _, field, _, _ in parsed if field is not None]
    for _, field, form, conversion in parsed:
        if field is not None and field not in FIELDS:
            known = ", ".join("{" + name + "}" for name in FIELDS)
            raise BadInputError(f"name field {{{field}}} is not known: use {known}")
        if form or conversion:
            raise BadInputError(f"name field {{{field}}} takes no format: write {{{field}}} without : and !")
    return names
