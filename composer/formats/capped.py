"""Reading whole files safely: sizes are capped, as read and not as stated. Knows bytes and paths, no format."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from composer.errors import BadInputError


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """The file's content, at most `max_bytes`.

    Raises:
        BadInputError: no such file, not readable, or larger than the limit; devices and pipes included, whose size is
            known only by reading.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:  # said without reading it
            raise BadInputError(f"{path.name} has {size:,} bytes, at most {max_bytes:,} are read: cut the piece in parts")
        with path.open("rb") as file:
            return read_stream(file, path.name, max_bytes)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise BadInputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error


def read_stream(stream: BinaryIO, name: str, max_bytes: int) -> bytes:
    """What is left of a stream, at most `max_bytes`; `name` is what it is called in the refusal.

    Raises:
        BadInputError: there is more.
    """
    content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise BadInputError(f"{name} has more than {max_bytes:,} bytes, which is all that is read: cut the piece in parts")
    return content
