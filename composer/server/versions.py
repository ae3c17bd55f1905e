"""Versions of pieces in a project folder: each one a folder of files named by their content, linked to its parent.

    project/versions/<id>/piece.mid, piece.musicxml, piece.json (the sidecar), score.json, version.json
    project/ratings.jsonl       what the user preferred, a line a comparison

A version is put together in a hidden folder and renamed when all of its files are synced: a crash at any moment leaves it whole
or absent. Whatever a crash left half-written is removed when the project is opened. Knows files, nothing of music.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from composer.errors import BadInputError
from composer.files import write_atomically

_ID = re.compile(r"[0-9a-f]{16}")
_DRAFT = ".draft-"
RECORD = "version.json"
PIECE = "piece"


class Store:
    """The versions of one project.

    Args:
        folder: the project's folder; made if missing.

    Raises:
        BadInputError: the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.versions_folder = self.folder / "versions"
        try:
            self.versions_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(f"project folder {folder} cannot be made ({error.strerror}): name another one") from None

    def clean(self, process: int | None = None) -> None:
        """Removes what was left half-written: by one process, or by all of them before any starts to work."""
        for draft in self.versions_folder.glob(f"{_DRAFT}{'' if process is None else f'{process}-'}*"):
            shutil.rmtree(draft, ignore_errors=True)
        if process is not None:
            return
        for part in (*self.versions_folder.glob("*/.*.part"), *self.folder.glob("uploads/*")):
            part.unlink(missing_ok=True)

    def received(self, content: bytes, suffix: str) -> Path:
        """Keeps a file of the user's until it has become a version; `suffix` tells its kind."""
        inbox = self.folder / "uploads"
        inbox.mkdir(exist_ok=True)
        path = inbox / f"{secrets.token_hex(8)}{suffix}"
        write_atomically(path, content)
        return path

    def draft(self) -> Path:
        """A new hidden folder to put a version together in."""
        folder = self.versions_folder / f"{_DRAFT}{os.getpid()}-{secrets.token_hex(8)}"
        folder.mkdir()
        return folder

    def commit(self, draft: Path, record: Mapping[str, Any]) -> dict[str, Any]:
        """Makes a version of a draft whose files are written.

        Args:
            draft: from `draft`; holds `piece.mid` at least.
            record: title, verb, parent and whatever else to keep of the version, as JSON values.

        Returns:
            The record with the version's `id` and `created`. Equal music of the same parent has the same id and is kept once.
        """
        identity = json.dumps([record["parent"], record["verb"], record.get("options")], sort_keys=True)
        version = sha256((draft / f"{PIECE}.mid").read_bytes() + identity.encode()).hexdigest()[:16]
        target = self.versions_folder / version
        if target.exists():
            shutil.rmtree(draft)
            return self.record(version)
        created = datetime.now(UTC).isoformat(timespec="milliseconds")
        complete = {"id": version, "created": created, **record}
        write_atomically(draft / RECORD, (json.dumps(complete, indent=1) + "\n").encode())
        draft.rename(target)
        _sync(self.versions_folder)
        return complete

    def path(self, version: str) -> Path:
        """The folder of a version.

        Raises:
            KeyError: there is no such version.
        """
        folder = self.versions_folder / version
        if not _ID.fullmatch(version) or not (folder / RECORD).is_file():
            raise KeyError(version)
        return folder

    def record(self, version: str) -> dict[str, Any]:
        """What is kept of a version.

        Raises:
            KeyError: there is no such version.
        """
        content: dict[str, Any] = json.loads((self.path(version) / RECORD).read_text())
        return content

    def all(self) -> list[dict[str, Any]]:
        """The records of all versions, oldest first."""
        records = [json.loads(path.read_text()) for path in self.versions_folder.glob(f"[0-9a-f]*/{RECORD}")]
        return sorted(records, key=lambda record: (record["created"], record["id"]))

    def rate(self, preferred: str, other: str) -> None:
        """Keeps which of two versions the user prefers, in a line of its own.

        Raises:
            KeyError: there is no such version.
        """
        self.path(preferred), self.path(other)
        line = {"preferred": preferred, "other": other, "at": datetime.now(UTC).isoformat(timespec="seconds")}
        with (self.folder / "ratings.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def ratings(self) -> list[dict[str, str]]:
        """What the user preferred so far; a line that a crash cut short does not count."""
        path, found = self.folder / "ratings.jsonl", []
        for line in path.read_text().splitlines() if path.exists() else ():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found


def _sync(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
