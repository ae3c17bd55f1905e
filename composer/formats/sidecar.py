"""The JSON sidecar of each piece: equal content gives equal bytes, written atomically.

Knows JSON, not what the fields mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.formats.capped import read_bytes
from composer.records import kind_of

MAX_BYTES = 5_000_000
SCHEMA_VERSION = 3  # version of sidecars and of `--json` output, which docs/schema describes


def write_sidecar(content: Mapping[str, Any], path: Path) -> None:
    """Writes JSON with sorted keys, in UTF-8, indented by two spaces, with a final newline.

    Bytes of a file name that are not UTF-8 become JSON escapes, which `read_sidecar` reads back.

    Raises:
        BadInputError: a value has no JSON form (NaN included), or the file cannot be written.
    """
    try:
        text = json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadInputError(f"cannot write {path.name} as JSON: {error}") from error
    write_atomically(path, (text + "\n").encode(errors="backslashreplace"))


def read_sidecar(path: Path) -> dict[str, Any]:
    """The sidecar's fields.

    Raises:
        BadInputError: missing, larger than 5 MB, or not a JSON object.
    """
    try:
        content = json.loads(read_bytes(path, MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path.name} is not a JSON sidecar: give the .json file of the piece") from error
    if not isinstance(content, dict):
        raise BadInputError(f"{path.name} is not a JSON sidecar: it contains {kind_of(content)}, not an object")
    return content
