"""The folder of a user's files: soundfonts, learned styles, the studio's projects."""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "CANTILENA_HOME"


def home() -> Path:
    """The environment variable CANTILENA_HOME, else the platform's folder for a user's data. It may not exist yet."""
    if chosen := os.environ.get(HOME_VARIABLE):
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("cantilena", appauthor=False)
