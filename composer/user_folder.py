"""The folder in which a user's own things are kept: soundfonts, learned styles."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HOME_VARIABLE = "CANTILENA_HOME"


def home() -> Path:
    """The environment variable CANTILENA_HOME, else the platform's folder for a user's data. It may not exist yet."""
    if chosen := os.environ.get(HOME_VARIABLE):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "cantilena"
