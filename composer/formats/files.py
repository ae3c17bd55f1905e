"""Reading and writing whole files safely: sizes are capped on the way in, writes are atomic on the way out.

Knows bytes and paths, no format.
"""

from __future__ import annotations

import os
import secrets
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


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file that is there whole or not at all: a temporary file in the same folder, synced, then renamed.

    Raises:
        BadInputError: the folder is missing or not writable.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")  # beside the target, so that the rename stays on one disk
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise BadInputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
