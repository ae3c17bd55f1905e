"""Writing whole files safely. Knows bytes and paths, no format."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from composer.errors import BadInputError

_UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.part")
_STALE_S = 3600.0  # what nobody has written to for so long was left by a process that was killed


def unfinished(folder: Path) -> Path:
    """A new name in a folder for what is being written: on the same disk as its final name, and no other process has it.

    What killed processes left under such names more than an hour ago is removed first.
    """
    _clear_unfinished(folder)
    return folder / f".{secrets.token_hex(8)}.part"


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Writes a file such that a crash at any moment leaves either the old content or the new, never a part.

    A temporary file in the same folder, synced, then renamed; the folder is synced too.

    Raises:
        BadInputError: the folder is missing, full or not writable, or the path is a folder.
    """
    temporary = unfinished(path.parent)
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise BadInputError(f"cannot write {path}: {error.strerror or error}: give a file in another folder") from error
    finally:
        with suppress(OSError):  # a name that is too long is one to unlink, too
            temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder durable.

    Raises:
        OSError: it cannot be opened.
    """
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@lru_cache(maxsize=64)
def _clear_unfinished(folder: Path) -> None:
    """Removes stale temporary files and folders; once for each folder, for it may hold many files."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if _UNFINISHED.fullmatch(entry.name) and time.time() - _last_written(Path(entry)) > _STALE_S:
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    Path(entry).unlink(missing_ok=True)


def _last_written(path: Path) -> float:
    """When a file, or one in a folder, was written to last."""
    inside = path.iterdir() if path.is_dir() and not path.is_symlink() else ()
    return max(float(item.lstat().st_mtime) for item in (path, *inside))
