"""Safe reading of whole files: the size limit applies to the bytes actually read. Knows bytes and paths, not formats."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from composer.errors import BadInputError


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """The file's content, up to `max_bytes`.

    Raises:
        BadInputError: missing, unreadable, or larger than the limit. Devices and pipes, whose size is not known in advance, are
            read up to the limit.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:  # rejected without reading it
            raise BadInputError(f"{path.name} has {size:,} bytes, at most {max_bytes:,} can be read: split the piece")
        with path.open("rb") as file:
            return read_stream(file, path.name, max_bytes)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise BadInputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error


def read_stream(stream: BinaryIO, name: str, max_bytes: int) -> bytes:
    """The rest of a stream, up to `max_bytes`; `name` identifies the stream in the error message.

    Raises:
        BadInputError: the stream is longer than the limit.
    """
    content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise BadInputError(f"{name} has more than {max_bytes:,} bytes, which is the limit: split the piece")
    return content
