"""The DAW inbox: a folder with stable file names that always holds the newest version of a project.

    cantilena.mid, cantilena.musicxml, cantilena.json (the sidecar, where the version has one)
    parts/01.mid, 02.mid ...   one file per part, in the order of the score

Each file is replaced by one rename, so that a DAW never reads a partial one. Files with other names are left alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.score import Score

NAME = "cantilena"
_COPIED = ("mid", "musicxml", "json")


def open_inbox(folder: Path) -> Path:
    """Creates the folder if it is missing.

    Raises:
        BadInputError: the folder cannot be created.
    """
    try:
        (folder / "parts").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"inbox {folder} cannot be created ({error.strerror}): give another folder") from None
    return folder.resolve()


def deliver(version: Path, score: Score, inbox: Path) -> None:
    """Writes a version to the inbox.

    Args:
        version: folder of the version.
        score: its score.
        inbox: the folder.

    Raises:
        BadInputError: a file cannot be written.
    """
    from composer.formats import write_score

    open_inbox(inbox)
    for suffix in _COPIED:
        source, target = version / f"piece.{suffix}", inbox / f"{NAME}.{suffix}"
        if source.is_file():
            write_atomically(target, source.read_bytes())
        else:
            target.unlink(missing_ok=True)
    for index, part in enumerate(score.parts, 1):
        write_score(replace(score, parts=(part,)), inbox / "parts" / f"{index:02}.mid")
    for left in (inbox / "parts").glob("*.mid"):
        if re.fullmatch(r"\d\d+", left.stem) and int(left.stem) > len(score.parts):
            left.unlink()
