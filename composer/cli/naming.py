"""File names from a template such as "{style}-{seed}"."""

from __future__ import annotations

import string
from collections.abc import Mapping

from composer.errors import BadInputError

_LONGEST = 200  # bytes of UTF-8; suffixes follow
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}
FIELDS = ("seed", "index", "style", "mood", "key", "meter", "tempo", "bars", "form", "ensemble")


def file_name(template: str, values: Mapping[str, object]) -> str:
    """The template with its fields filled in; characters that a file name cannot hold become hyphens.

    Args:
        template: text with fields in braces, from `FIELDS`.
        values: by field; missing ones and `None` become "any".

    Raises:
        BadInputError: an unknown field, a malformed template, or a name that is empty, too long, a path or a device.

    >>> file_name("{style} in {key}", {"style": "waltz", "key": "F# minor"}), file_name("{meter}", {"meter": "3/4"})
    ('waltz in F# minor', '3-4')
    """
    if "/" in template or "\\" in template:
        raise BadInputError(f"name {template!r} is a path: give the folder with -o, and a name without slashes")
    filled = {field: "any" if values.get(field) is None else values[field] for field in fields_of(template)}
    name = "".join("-" if c in '/\\:*?"<>|' or ord(c) < 32 else c for c in template.format(**filled)).strip(" .")
    if len(name.encode()) > _LONGEST:
        raise BadInputError(f"name {name!r} has more than {_LONGEST} bytes, which no file system takes: make it shorter")
    if name.split(".")[0].strip().upper() in _DEVICES:
        raise BadInputError(f"name {name!r} is that of a device on Windows: choose another one")
    if not name:
        raise BadInputError(f"name {template!r} gives an empty file name: use letters or a field such as {{seed}}")
    return name


def fields_of(template: str) -> list[str]:
    """Names of the fields in a template.

    Raises:
        BadInputError: an unknown field or a malformed template.
    """
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise BadInputError(f"name {template!r} is no template ({error}): write fields as {{seed}}") from None
    names = [field for _, field, _, _ in parsed if field is not None]
    for _, field, form, conversion in parsed:
        if field is not None and (field not in FIELDS or form or conversion):
            known = ", ".join("{" + name + "}" for name in FIELDS)
            raise BadInputError(f"name field {{{field}}} is not known: use {known}")
    return names
