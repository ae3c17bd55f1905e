"""The folder of a user's files: soundfonts, learned styles, the studio's projects."""

from __future__ import annotations

import os
from pathlib import Path

from composer.errors import BadInputError

HOME_VARIABLE = "CANTILENA_HOME"


def expanded(path: str | Path) -> Path:
    """A path with the folder for which its ~ or ~user stands.

    Raises:
        BadInputError: the user does not exist.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise BadInputError(f"{str(path)!r} names a user without a home folder: give the whole path") from None


def home() -> Path:
    """The environment variable CANTILENA_HOME, else the platform's folder for a user's data. It may not exist yet.

    Raises:
        BadInputError: see `expanded`.
    """
    if chosen := os.environ.get(HOME_VARIABLE):
        return expanded(chosen)
    from platformdirs import user_data_path

    return user_data_path("cantilena", appauthor=False)
