"""A folder on a disk or a prefix in an object store, through fsspec: whole files only. Knows bytes and names, no formats.

Credentials are handled by the library behind the address (its environment variables and files); this module never reads, stores
or prints them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from composer.errors import BadInputError, CantilenaError, MissingExtraError, pip_line
from composer.files import write_atomically
from composer.records import single_line

PART = ".part"  # suffix of an incomplete file on a disk
_MOST_SHOWN = 160  # characters of what a library says
_USER_AND_PASSWORD = re.compile(r"//[^/@\s]*@")


class StorageError(BadInputError, OSError):
    """A storage that does not answer, refuses or is full; another attempt may succeed."""


class Store:
    """Files under an address.

    Args:
        address: a folder, or an address such as "s3://bucket/prefix".

    Raises:
        MissingExtraError: fsspec, or a package that it needs for the address, is not installed.
        StorageError: the kind of address is unknown, or its storage does not answer.
    """

    def __init__(self, address: str) -> None:
        with _failures_of(address, missing_too=True):
            self._fs, self._root = needed("fsspec").core.url_to_fs(address)
        self.local = "file" in (self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,))
        self._conditional = not self.local

    @property
    def address(self) -> str:
        """The address without user name and password."""
        return self._root if self.local else str(self._fs.unstrip_protocol(self._root))

    def check(self) -> None:
        """Checks that the storage answers, whether or not the folder exists.

        Raises:
            StorageError: it does not, or refuses.
        """
        with suppress(FileNotFoundError), _failures_of(self.address):
            self._fs.info(self._root)

    def names(self, prefix: str) -> dict[str, int]:
        """Sizes in bytes of the files below a prefix, by name relative to it; one listing.

        Raises:
            StorageError: the storage fails.
        """
        base = self._path(prefix)
        self._fs.invalidate_cache()
        try:
            with _failures_of(self.address):
                found = self._fs.find(base, detail=True)
        except FileNotFoundError:
            return {}
        return {name[len(base) :].lstrip("/"): int(entry["size"]) for name, entry in found.items() if name.startswith(base)}

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            FileNotFoundError: it does not exist.
            StorageError: the storage fails.
        """
        with _failures_of(self.address):
            content: bytes = self._fs.cat_file(self._path(name))
        return content

    def has(self, name: str) -> bool:
        """Whether a file exists.

        Raises:
            StorageError: the storage fails.
        """
        self._fs.invalidate_cache()
        with _failures_of(self.address):
            return bool(self._fs.isfile(self._path(name)))

    def write(self, name: str, content: bytes) -> None:
        """Writes a file atomically. If the store can refuse to replace a file, an existing one is kept.

        Raises:
            StorageError: the storage fails.
        """
        path = self._path(name)
        with _failures_of(self.address, missing_too=True):
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
            StorageError: the storage fails.
        """
        with _failures_of(self.address, missing_too=True):
            if self.local:
                _write_local(Path(self._path(name)), content)
            else:
                self._fs.pipe_file(self._path(name), content)

    def delete(self, names: Iterable[str]) -> None:
        """Deletes files; missing ones are ignored.

        Raises:
            StorageError: the storage fails.
        """
        for name in names:
            with suppress(FileNotFoundError), _failures_of(self.address):
                self._fs.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"


def _write_local(path: Path, content: bytes) -> None:
    """Like `write_atomically`, but tolerates two processes that write the same file or remove each other's temporary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_atomically(path, content)
    except BadInputError as error:
        if not (path.is_file() and path.stat().st_size == len(content)):
            raise StorageError(str(error)) from error


@contextmanager
def _failures_of(address: str, *, missing_too: bool = False) -> Iterator[None]:
    """Turns what the libraries for storage raise, each with other errors, into `StorageError`.

    Args:
        address: the storage, as errors name it.
        missing_too: whether a missing file is a failure, too.

    Raises:
        FileNotFoundError: a file is missing, unless `missing_too`.
        MissingExtraError: a library is not installed.
        StorageError: anything else.
    """
    try:
        yield
    except CantilenaError:
        raise
    except ImportError as error:
        raise MissingExtraError(f"{address} needs another package: {error}") from None
    except Exception as error:
        if isinstance(error, FileNotFoundError) and not missing_too:
            raise
        remedy = "check the address, the network and the credentials" if "://" in address else "check its name and permissions"
        line = f"{address} cannot be used ({_why(error)}): {remedy}"
        raise StorageError(_USER_AND_PASSWORD.sub("//", line)) from error


def _why(error: Exception) -> str:
    """What a library says, in one short line."""
    if isinstance(error, NotImplementedError):
        return "this kind of storage cannot do that"
    if isinstance(error, FileNotFoundError) and not error.strerror:
        return "it is missing or does not answer"
    said = single_line(getattr(error, "strerror", None) or str(error)) or type(error).__name__
    return said if len(said) <= _MOST_SHOWN else f"{said[:_MOST_SHOWN]}..."


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


@contextmanager
def opened(address: str, mode: str, **settings: Any) -> Iterator[Any]:
    """Opens the file at an address, with the mode and settings of `open`.

    Raises:
        MissingExtraError: a package for the address is not installed.
        StorageError: it cannot be read, now or inside the block.
    """
    fsspec = needed("fsspec")
    with _failures_of(address, missing_too=True), fsspec.open(address, mode, **settings).open() as file:
        yield file
