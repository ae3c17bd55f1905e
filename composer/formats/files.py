"""Reading whole files safely: sizes are capped. Knows bytes and paths, no format."""

from __future__ import annotations

from pathlib import Path

from composer.errors import BadInputError


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """The file's content, at most `max_bytes`.

    Raises:
        BadInputError: no such file, not readable, or larger than the limit.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise BadInputError(f"{path.name} has {size:,} bytes, at most {max_bytes:,} are read: cut the piece in parts")
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"cannot read {path}: {error.strerror or error}") from error
