"""Folder locks between processes. The operating system releases a lock when its process ends, however it ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from composer.errors import BadInputError

LOCK_FILE = ".lock"


@contextmanager
def locked(folder: Path, remedy: str) -> Iterator[None]:
    """Locks a folder against other processes.

    Args:
        folder: an existing folder.
        remedy: what to do if another process has locked it, for the message.

    Raises:
        BadInputError: another process has locked it, or the lock file cannot be written.
    """
    try:
        handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise BadInputError(f"{folder} cannot be written ({error.strerror}): {remedy}") from None
    try:
        if not _lock(handle):
            raise BadInputError(f"another process is using {folder}: {remedy}")
        yield
    finally:
        os.close(handle)


def is_locked(folder: Path) -> bool:
    """Whether a process has locked a folder."""
    try:
        handle = os.open(folder / LOCK_FILE, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _lock(handle)
    finally:
        os.close(handle)


@contextmanager
def shared(folder: Path) -> Iterator[Callable[[], bool]]:
    """Marks a folder as in use by this process, together with others that do the same. Writes nothing.

    Yields:
        A function that says whether no other process uses the folder. Always true on systems that cannot lock folders.

    Raises:
        FileNotFoundError: the folder does not exist, or another process removed it meanwhile.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that may not be listed, or any on Windows
        yield lambda: True
        return
    try:
        _lock(handle, alone=False)
        if not os.path.samestat(os.fstat(handle), folder.stat()):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
        yield lambda: _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int, *, alone: bool = True) -> bool:
    """Tries to lock an open file without waiting, alone or together with others; returns whether it succeeded."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
