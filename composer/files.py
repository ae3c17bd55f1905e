"""Writing whole files safely. Knows bytes and paths, no format."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from composer.errors import BadInputError


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file such that a crash at any moment leaves either the old content or the new, never a part.

    A temporary file in the same folder, synced, then renamed; the folder is synced too.

    Raises:
        BadInputError: the folder is missing or not writable, or the path is a folder.
    """
    temporary = path.parent / f".{secrets.token_hex(8)}.part"  # beside the target, so that the rename stays on one disk
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        if os.name == "posix":  # make the rename itself durable
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise BadInputError(f"cannot write {path}: {error.strerror or error}: give a file in another folder") from error
    finally:
        temporary.unlink(missing_ok=True)
