"""A folder on a disk or a prefix in an object store, through fsspec: whole files only. Knows bytes and names, no formats.

Credentials are handled by the library behind the address (its environment variables and files); this module never reads, stores
or prints them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from composer.errors import BadInputError, MissingExtraError, pip_line
from composer.files import write_atomically
from composer.records import reason

PART = ".part"  # suffix of an incomplete file on a disk


class Store:
    """Files under an address.

    Args:
        address: a folder, or an address such as "s3://bucket/prefix".

    Raises:
        MissingExtraError: fsspec, or a package that it needs for the address, is not installed.
        BadInputError: the kind of address is unknown.
    """

    def __init__(self, address: str) -> None:
        fsspec = needed("fsspec")
        try:
            self._fs, self._root = fsspec.core.url_to_fs(address)
        except ImportError as error:
            raise MissingExtraError(f"{address.partition('://')[0]} storage: {error}") from None
        except ValueError as error:
            raise BadInputError(f"{error}: give a folder, or an address that fsspec knows") from None
        self.local = "file" in (self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,))
        self._conditional = not self.local

    @property
    def address(self) -> str:
        """The address without user name and password."""
        return self._root if self.local else str(self._fs.unstrip_protocol(self._root))

    def check(self) -> None:
        """Checks that the storage answers, whether or not the folder exists.

        Raises:
            BadInputError: it does not, or refuses.
        """
        try:
            self._fs.info(self._root)
        except FileNotFoundError:
            return
        except Exception as error:  # libraries for storage have errors of their own
            why = reason(error) or type(error).__name__
            raise BadInputError(
                f"{self.address} cannot be reached ({why}): check the address, the network and the credentials"
            ) from None

    def names(self, prefix: str) -> dict[str, int]:
        """Sizes in bytes of the files below a prefix, by name relative to it; one listing."""
        base = self._path(prefix)
        self._fs.invalidate_cache()
        try:
            found = self._fs.find(base, detail=True)
        except FileNotFoundError:
            return {}
        return {name[len(base) :].lstrip("/"): int(entry["size"]) for name, entry in found.items() if name.startswith(base)}

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            OSError: it does not exist, or the storage fails.
        """
        content: bytes = self._fs.cat_file(self._path(name))
        return content

    def has(self, name: str) -> bool:
        """Whether a file exists."""
        self._fs.invalidate_cache()
        return bool(self._fs.isfile(self._path(name)))

    def write(self, name: str, content: bytes) -> None:
        """Writes a file atomically. If the store can refuse to replace a file, an existing one is kept.

        Raises:
            OSError: the storage fails.
        """
        path = self._path(name)
        if self.local:
            _write_local(Path(path), content)
            return
        if self._conditional:
            try:
                self._fs.pipe_file(path, content, mode="create")
                return
            except FileExistsError:  # equal names have equal content
                return
            except (NotImplementedError, TypeError, ValueError):
                self._conditional = False
        self._fs.pipe_file(path, content)

    def replace(self, name: str, content: bytes) -> None:
        """Writes a file atomically, replacing an existing one.

        Raises:
            OSError: the storage fails.
        """
        if self.local:
            _write_local(Path(self._path(name)), content)
        else:
            self._fs.pipe_file(self._path(name), content)

    def delete(self, names: Iterable[str]) -> None:
        """Deletes files; missing ones are ignored."""
        for name in names:
            try:
                self._fs.rm_file(self._path(name))
            except FileNotFoundError:
                continue

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"


def _write_local(path: Path, content: bytes) -> None:
    """Like `write_atomically`, but tolerates two processes that write the same file or remove each other's temporary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_atomically(path, content)
    except BadInputError as error:
        if not (path.is_file() and path.stat().st_size == len(content)):
            raise OSError(str(error)) from error


def needed(module: str) -> Any:
    """Imports a module of the extra `farm`.

    Raises:
        MissingExtraError: it is not installed.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise MissingExtraError(f"the farm needs {module.partition('.')[0]}: {pip_line('farm')}") from None


def opened_text(address: str) -> Any:
    """Opens a text file at an address for reading lines.

    Raises:
        BadInputError: it cannot be read.
    """
    fsspec = needed("fsspec")
    try:
        return fsspec.open(os.fspath(address), "rt", encoding="utf-8-sig", errors="replace").open()
    except OSError as error:
        raise BadInputError(
            f"{address} cannot be read ({error.strerror or error}): give a file with one brief per line"
        ) from None
