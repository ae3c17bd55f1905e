"""Soundfonts on this machine: which one is used, and their licenses.

Order: the requested one, the environment variable CANTILENA_SOUNDFONT, the best one in the usual folders and the user's
folder, and the small one in the pretty_midi wheel (TimGM6mb, GPL-2: used in place, never copied). Knows no synthesis.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from composer.errors import BadInputError
from composer.files import staging
from composer.user_folder import expanded, home

ENVIRONMENT_VARIABLE = "CANTILENA_SOUNDFONT"
SUFFIXES = (".sf2", ".sf3")

# (start of the file name, license, quality 0-9); licenses as stated by packagers and authors.
_KNOWN: tuple[tuple[str, str, int], ...] = (
    ("MuseScore_General_HQ", "MIT", 9),
    ("MuseScore_General", "MIT", 8),
    ("MS_Basic", "MIT", 8),
    ("FluidR3Mono", "MIT", 6),
    ("FluidR3", "MIT", 7),
    ("GeneralUser", "GeneralUser GS license (free, also commercially)", 8),
    ("Arachno", "free for personal use only: check before publishing", 5),
    ("TimGM6mb", "GPL-2 (recordings made with it are yours)", 2),
)

HOW_TO_IMPROVE = (
    "A better one: Debian and Ubuntu `apt install fluid-soundfont-gm` (FluidR3, MIT, 145 MB); elsewhere MuseScore_General.sf2 "
    "(MIT, 208 MB) or GeneralUser GS (30 MB) from their authors' pages, then `cantilena soundfonts add FILE`."
)


@dataclass(frozen=True, slots=True)
class Soundfont:
    """A soundfont on this machine; `quality` 0-9 is our ranking, 4 if unknown."""

    path: Path
    name: str
    license: str
    quality: int
    size_bytes: int


def describe(path: Path) -> Soundfont:
    """Describes a soundfont file by its name."""
    license, quality = next(
        ((lic, q) for start, lic, q in _KNOWN if path.stem.startswith(start)), ("unknown: ask its author", 4)
    )
    return Soundfont(path, path.stem, license, quality, path.stat().st_size)


def list_soundfonts() -> list[Soundfont]:
    """All soundfonts found, best first, also broken ones; a file with several names is listed once."""
    found: dict[Path, Soundfont] = {}
    for folder in _folders():
        for path in sorted(folder.glob("*")) if folder.is_dir() else ():
            if path.suffix.lower() in SUFFIXES and path.is_file():
                found.setdefault(path.resolve(), describe(path.resolve()))
    bundled = bundled_soundfont()
    if bundled:
        found.setdefault(bundled, describe(bundled))
    return sorted(found.values(), key=lambda font: (-font.quality, font.path != bundled, font.name, str(font.path)))


def resolve_soundfont(soundfont: str | Path | None = None, suffixes: tuple[str, ...] = SUFFIXES) -> Path:
    """The soundfont to use, among those whose suffix the renderer supports.

    Args:
        soundfont: a path, or the name of an installed soundfont ("FluidR3_GM").
        suffixes: suffixes that the renderer supports.

    Raises:
        BadInputError: the requested file is missing, damaged or not supported by the renderer; or none is found.
    """
    requested = soundfont or os.environ.get(ENVIRONMENT_VARIABLE)
    if requested:
        return _checked(requested, suffixes)
    usable = [font for font in list_soundfonts() if font.path.suffix.lower() in suffixes and not _fault(font.path)]
    if not usable:
        raise BadInputError("no soundfont found: run `pip install pretty_midi` for a small one, or give --soundfont FILE.sf2")
    return usable[0].path


def _checked(requested: str | Path, suffixes: tuple[str, ...]) -> Path:
    """The file for a path or an installed name, verified to be a soundfont."""
    path = expanded(requested)
    if not path.is_file():
        named = [font.path for font in list_soundfonts() if font.name.lower() == str(requested).lower()]
        if not named:
            raise BadInputError(
                f"soundfont {str(requested)!r} not found: give a .sf2 file or a name from `cantilena soundfonts list`"
            )
        path = named[0]
    if fault := _fault(path):
        raise BadInputError(f"{path.name} {fault}")
    if path.suffix.lower() not in suffixes:
        raise BadInputError(f"{path.name} is not supported by this renderer: give a {' or '.join(suffixes)} file")
    return path


def _fault(path: Path) -> str:
    """What is wrong with the frame of a soundfont file, and the remedy; empty if nothing is."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        return f"cannot be read ({error.strerror}): give another file"
    if head[:4] != b"RIFF" or head[8:12] != b"sfbk":
        return "is not a soundfont (no RIFF/sfbk header): give a .sf2 file"
    stated, size = 8 + int.from_bytes(head[4:8], "little"), path.stat().st_size
    return f"is truncated, {size:,} of {stated:,} bytes: copy or download it again" if size < stated else ""


def add_soundfont(source: Path) -> Soundfont:
    """Copies a soundfont into the user's folder, where every later run finds it.

    Raises:
        BadInputError: missing, not a soundfont, or truncated.
    """
    path = _checked(source, SUFFIXES)
    target = user_folder() / path.name
    if path.suffix.lower() not in SUFFIXES:
        raise BadInputError(f"{path.name} does not end in .sf2 or .sf3: rename it")
    if target.resolve() != path.resolve():
        target.parent.mkdir(parents=True, exist_ok=True)
        with staging(target.parent, target) as hidden:
            shutil.copyfile(path, hidden / target.name)
            (hidden / target.name).replace(target)
    return describe(target)


def user_folder() -> Path:
    """The folder for `add_soundfont`, in the user's data folder."""
    return home() / "soundfonts"


def _folders() -> list[Path]:
    """Folders to search, the user's folder first."""
    shared = ("/usr/share/sounds/sf2", "/usr/share/sounds/sf3", "/usr/share/soundfonts", "/usr/local/share/soundfonts")
    homebrew = ("/opt/homebrew/share/soundfonts", "/opt/homebrew/share/fluid-synth/sf2")
    return [user_folder(), *map(Path, shared), *map(Path, homebrew)]


def bundled_soundfont() -> Path | None:
    """The soundfont in the pretty_midi wheel; found without importing the package."""
    spec = find_spec("pretty_midi")
    path = Path(spec.origin).parent / "TimGM6mb.sf2" if spec and spec.origin else None
    return path.resolve() if path and path.is_file() else None
