"""Safe writing of whole files, which replaces other files only on request. Knows bytes and paths, not formats."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from filecmp import cmp
from functools import lru_cache
from itertools import count
from pathlib import Path

from composer.errors import BadInputError, CantilenaError

_UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.part")
_MOST_WORDS = 40  # characters of a name within the name of a file, of which file systems take 255
_STALE_S = 3600.0  # unfinished files older than this were left by killed processes


def name_words(name: str) -> str:
    """The name of a part within the name of a file: at most 40 letters and digits of ASCII, and hyphens; maybe empty.

    >>> name_words("Piano (right hand)"), name_words("ヴァイオリン")
    ('piano-right-hand', '')
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_MOST_WORDS].rstrip("-")


def unfinished(folder: Path) -> Path:
    """A unique new name in a folder for an unfinished file, on the same disk as its final name.

    Also removes unfinished files older than an hour, which killed processes left.
    """
    _clear_unfinished(folder)
    return folder / f".{secrets.token_hex(8)}.part"


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Writes a file so that a crash at any moment leaves either the old or the new content, never a part.

    Writes a temporary file in the same folder, syncs and renames it, and syncs the folder.

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
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):  # unlinking a name that is too long fails, too
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
    """Removes stale temporary files and folders; once per folder, because it may contain many files."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _UNFINISHED.fullmatch(entry.name) and time.time() - _last_written(Path(entry)) > _STALE_S:
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    Path(entry).unlink(missing_ok=True)


def _last_written(path: Path) -> float:
    """When a file, or the newest file in a folder, was last modified."""
    inside = path.iterdir() if path.is_dir() and not path.is_symlink() else ()
    return max(float(item.lstat().st_mtime) for item in (path, *inside))


class Existing(StrEnum):
    """What happens if a file with the name already exists."""

    NUMBER = "number"  # the new files get the next free number: "name-2", "name-3"
    REFUSE = "refuse"  # nothing is written, unless the new content is the same
    REPLACE = "replace"


@contextmanager
def staging(folder: Path, target: Path | None = None) -> Iterator[Path]:
    """A hidden folder within another for incomplete files, which is removed at the end.

    Errors raised inside name the outer folder, which is the one that the user knows.

    Args:
        folder: where it is created.
        target: the path that an error says cannot be written; by default the folder.

    Raises:
        BadInputError: it cannot be created.
    """
    hidden = unfinished(folder)
    try:
        hidden.mkdir()
    except OSError as error:
        raise _unwritable(target or folder, error) from error
    try:
        yield hidden
    except CantilenaError as error:
        error.args = tuple(_renamed(each, hidden, folder) for each in error.args)
        raise
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def place(
    staged: Mapping[str, Path],
    folder: Path,
    name: str,
    existing: Existing,
    sources: Iterable[Path] = (),
    updates: Collection[str] = (),
) -> dict[str, Path]:
    """Moves finished files to their names, `folder/name.<suffix>`, all of them or none.

    A name is taken by a hard link (or an exclusive creation, if the file system has no links), which fails if the name exists:
    two concurrent processes never get the same one.

    Args:
        staged: finished files on the same disk, by suffix, in the order in which they appear.
        folder: target folder.
        name: name without suffix; all files share the number that may be added.
        existing: what happens if one of the names is taken.
        sources: files that are never replaced.
        updates: suffixes whose files are replaced even where others are refused, after the others have their names.

    Returns:
        The final paths, by suffix.

    Raises:
        BadInputError: a name is taken and must not be replaced, or the files cannot be written.
    """
    for number in count(1):
        stem = name if number == 1 else f"{name}-{number}"
        targets = {suffix: folder / f"{stem}.{suffix}" for suffix in staged}
        try:
            if existing is Existing.REPLACE:
                _replace_all(staged, targets, tuple(sources))
                break
            taken = _link_all(staged, targets, updates, keep_same=existing is Existing.REFUSE)
        except OSError as error:
            raise _unwritable(next(iter(targets.values())), error) from error
        if taken is None:
            break
        if existing is Existing.REFUSE:
            raise taken_error(taken)
    with suppress(OSError):  # some network file systems cannot
        sync_folder(folder)
    return targets


def free_name(folder: Path, name: str, suffixes: Iterable[str]) -> str:
    """The name that `place` gives files of these suffixes where it numbers them."""
    suffixes = tuple(suffixes)
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(each for each in names if not any((folder / f"{each}.{suffix}").exists() for suffix in suffixes))


@contextmanager
def new_file(target: Path, *, overwrite: bool = False, sources: Iterable[Path] = ()) -> Iterator[Path]:
    """Yields a path for writing one file, which is moved to `target` if the block ends without an error.

    Args:
        target: final path.
        overwrite: whether an existing file is replaced.
        sources: files that are never replaced.

    Raises:
        BadInputError: the file exists and must not be replaced, or the path cannot be written.
    """
    sources = tuple(sources)
    check_free([target], overwrite=overwrite, sources=sources)
    with staging(target.parent, target) as hidden:
        staged = hidden / target.name
        yield staged
        if staged.exists():
            stem, _, suffix = target.name.rpartition(".")
            place({suffix: staged}, target.parent, stem, Existing.REPLACE if overwrite else Existing.REFUSE, sources)


def check_free(targets: Iterable[Path], *, overwrite: bool = False, sources: Iterable[Path] = ()) -> None:
    """Raises the errors of `place` before the work is done.

    Raises:
        BadInputError: a target is a folder, a pipe, a device or a source, or exists and must not be replaced.
    """
    for target in targets:
        if target.is_dir():
            raise BadInputError(f"cannot write {target}: Is a directory: name a file in it")
        if target.exists() and not target.is_file():
            raise BadInputError(f"cannot write {target}: it is a pipe, a socket or a device: give another name")
        _keep_sources(target, sources)
        if not overwrite and os.path.lexists(target):
            raise taken_error(target)


def taken_error(target: Path) -> BadInputError:
    """The error for a name that is taken."""
    return BadInputError(
        f"{target} already exists: give another name or folder, or replace it (overwrite=True, or --overwrite)"
    )


def _keep_sources(target: Path, sources: Iterable[Path]) -> None:
    for source in sources:
        if target.exists() and source.exists() and target.samefile(source):
            raise BadInputError(f"{target} is the input file and would be overwritten: give another name or folder")


def _replace_all(staged: Mapping[str, Path], targets: Mapping[str, Path], sources: tuple[Path, ...]) -> None:
    check_free(targets.values(), overwrite=True, sources=sources)
    for suffix, target in targets.items():
        try:
            staged[suffix].replace(target)
        except OSError as error:
            raise _unwritable(target, error) from error


def _link_all(
    staged: Mapping[str, Path], targets: Mapping[str, Path], updates: Collection[str], *, keep_same: bool
) -> Path | None:
    """Links every file to its name; returns the first name that is taken, in which case no link remains."""
    made: list[str] = []
    done = False
    try:
        for suffix, target in targets.items():
            if suffix in updates:
                continue
            try:
                _link(staged[suffix], target)
            except FileExistsError:
                if not (keep_same and _same_content(staged[suffix], target)):
                    return target
            else:
                made.append(suffix)
        for suffix in updates:
            staged[suffix].replace(targets[suffix])
        done = True
        return None
    finally:
        if not done:
            for suffix in made:
                _unlink(staged[suffix], targets[suffix])


def _link(staged: Path, target: Path) -> None:
    """Takes a name; raises FileExistsError if it exists."""
    try:
        os.link(staged, target)
    except FileExistsError:
        raise
    except (OSError, AttributeError, NotImplementedError):  # no hard links here
        with target.open("xb"):
            pass
        staged.replace(target)


def _unlink(staged: Path, target: Path) -> None:
    """Releases a name; the content stays in its original place."""
    if staged.exists():
        target.unlink(missing_ok=True)
    else:
        target.replace(staged)


def _same_content(one: Path, other: Path) -> bool:
    return other.is_file() and cmp(one, other, shallow=False)


def _renamed(value: object, hidden: Path, folder: Path) -> object:
    """Replaces the hidden folder by the user's folder in an error's text."""
    if not isinstance(value, str):
        return value
    return value.replace(f"{hidden}{os.sep}", "" if folder == Path() else f"{folder}{os.sep}").replace(str(hidden), str(folder))


def _unwritable(path: Path, error: OSError) -> BadInputError:
    return BadInputError(f"cannot write {path}: {error.strerror or error}: give a file in another folder")
