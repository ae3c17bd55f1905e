"""Versions of pieces in a project folder: each is a folder named by a hash of its content and linked to its parent.

    project/versions/<id>/piece.mid, piece.musicxml, piece.json (the sidecar), score.json, version.json
    project/ratings.jsonl       the user's preferences, one line per comparison

A version is assembled in a hidden folder and renamed when all of its files are synced, so after a crash it is either complete
or absent. What a killed process left is removed after an hour (`files.unfinished`), because other processes may be at work in
the project. Knows files, nothing of music.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from composer.errors import BadInputError
from composer.files import staging, sync_folder, unfinished, write_atomically
from composer.records import fields, text

_ID = re.compile(r"[0-9a-f]{16}")
RECORD = "version.json"
PIECE = "piece"


class Store:
    """The versions of one project.

    Args:
        folder: folder of the project; created if missing.

    Raises:
        BadInputError: the folder cannot be created.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.versions_folder = self.folder / "versions"
        try:
            self.versions_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(f"project folder {folder} cannot be created ({error.strerror}): give another one") from None

    def received(self, content: bytes, suffix: str) -> Path:
        """Stores a user's file alone in a folder, which is removed when it has become a version; `suffix` is its format."""
        uploads = self.folder / "uploads"
        uploads.mkdir(exist_ok=True)
        alone = unfinished(uploads)
        alone.mkdir()
        path = alone / f"upload{suffix}"
        write_atomically(path, content)
        return path

    def draft(self) -> AbstractContextManager[Path]:
        """A hidden folder in which to assemble a version; removed at the end unless it has become one."""
        return staging(self.versions_folder)

    def commit(self, draft: Path, record: Mapping[str, Any]) -> dict[str, Any]:
        """Turns a complete draft into a version.

        Args:
            draft: folder of `draft`; contains at least `piece.mid`.
            record: title, verb, parent and other data of the version, as JSON values.

        Returns:
            The record with `id` and `created` of the version. Equal music with the same parent has one id and is stored once.
        """
        identity = json.dumps([record["parent"], record["verb"], record.get("options")], sort_keys=True)
        version = sha256((draft / f"{PIECE}.mid").read_bytes() + identity.encode()).hexdigest()[:16]
        target = self.versions_folder / version
        if (existing := _read_record(target)) is not None:
            return existing
        shutil.rmtree(target, ignore_errors=True)  # its record cannot be read
        created = datetime.now(UTC).isoformat(timespec="milliseconds")
        complete = {"id": version, "created": created, **record}
        write_atomically(draft / RECORD, (json.dumps(complete, indent=1) + "\n").encode())
        draft.rename(target)
        sync_folder(self.versions_folder)
        return complete

    def path(self, version: str) -> Path:
        """The folder of a version.

        Raises:
            KeyError: the version does not exist.
        """
        folder = self.versions_folder / version
        if not _ID.fullmatch(version) or not (folder / RECORD).is_file():
            raise KeyError(version)
        return folder

    def record(self, version: str) -> dict[str, Any]:
        """The record of a version.

        Raises:
            KeyError: the version does not exist, or its record cannot be read.
        """
        content = _read_record(self.path(version))
        if content is None:
            raise KeyError(version)
        return content

    def all(self) -> list[dict[str, Any]]:
        """The records of all versions that can be read, oldest first."""
        found = (_read_record(path.parent) for path in self.versions_folder.glob(f"[0-9a-f]*/{RECORD}"))
        return sorted(filter(None, found), key=lambda record: (record["created"], record["id"]))

    def rate(self, preferred: str, other: str) -> None:
        """Records which of two versions the user prefers.

        Raises:
            KeyError: the version does not exist.
        """
        self.path(preferred), self.path(other)
        line = {"preferred": preferred, "other": other, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        with (self.folder / "ratings.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def ratings(self) -> list[dict[str, str]]:
        """The user's preferences so far; a line that cannot be read, such as one truncated by a crash, is ignored."""
        path, found = self.folder / "ratings.jsonl", []
        for line in path.read_text(errors="replace").splitlines() if path.exists() else ():
            try:
                found.append({name: text(value) for name, value in fields(json.loads(line)).items()})
            except (ValueError, RecursionError):
                continue
        return found


def _read_record(folder: Path) -> dict[str, Any] | None:
    """The record of the version in a folder; `None` if it is missing or damaged."""
    try:
        content = dict(fields(json.loads((folder / RECORD).read_text())))
        for name in ("id", "created", "title", "verb"):
            text(content[name])
        parent = content["parent"]
    except (OSError, LookupError, ValueError, RecursionError):
        return None
    return content if content["id"] == folder.name and (parent is None or isinstance(parent, str)) else None
