"""File input and output: one reader and one writer per suffix, looked up by name.

A format's modules are imported only when a file of that format is read or written.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, TypeVar

from composer.errors import BadInputError, MissingExtraError, pip_line
from composer.formats.engraving.layout import Layout
from composer.formats.midi.smf import Limits
from composer.formats.provenance import Provenance
from composer.score import Score

T = TypeVar("T")


class Writer(Protocol):
    """Writes a file of one format; formats other than sheet music ignore `layout`."""

    def __call__(self, score: Score, path: Path, provenance: Provenance | None = None, layout: Layout | None = None) -> None:
        """Writes the score."""


class Reader(Protocol):
    """Reads a file of one format; `limits=None` applies the default limits for untrusted files."""

    def __call__(self, path: Path, limits: Limits | None = None) -> Score:
        """The score in the file."""


# suffix -> "module:function" below composer.formats
_READERS = {
    ".mid": "midi.midi_score:read_midi",
    ".midi": "midi.midi_score:read_midi",
    ".musicxml": "musicxml.musicxml_read:read_musicxml",
    ".xml": "musicxml.musicxml_read:read_musicxml",
    ".mxl": "musicxml.musicxml_read:read_musicxml",
    ".krn": "music21_read:read_kern",
    ".abc": "music21_read:read_abc",
}
_WRITERS = {
    ".mid": "midi.midi_score:write_midi",
    ".midi": "midi.midi_score:write_midi",
    ".performance.mid": "midi.performance_midi:write_performed",
    ".musicxml": "musicxml.musicxml_write:write_musicxml",
    ".xml": "musicxml.musicxml_write:write_musicxml",
    ".mxl": "musicxml.musicxml_write:write_mxl",
    ".abc": "abc:write_abc",
    ".ly": "lilypond:write_lilypond",
    ".svg": "pictures.engraved:write_svg",
    ".png": "pictures.engraved:write_png",
    ".pdf": "pictures.engraved:write_pdf",
    ".roll.svg": "pictures.piano_roll:write_roll_svg",
    ".roll.png": "pictures.piano_roll:write_roll_png",
    ".dawproject": "dawproject:write_dawproject",
}
# Sheet music formats: their writers take a layout.
SHEET_SUFFIXES = (".musicxml", ".xml", ".mxl", ".abc", ".ly", ".svg", ".png", ".pdf")


# Optional modules that a writer needs.
_NEEDED = {
    ".svg": ("verovio",),
    ".png": ("verovio", "typst", "fontTools", "brotli"),
    ".pdf": ("verovio", "typst", "fontTools", "brotli"),
    ".roll.png": ("verovio", "typst", "fontTools", "brotli"),
}


def check_installed(suffix: str) -> None:
    """Checks that a format can be written, before any work is done.

    Raises:
        MissingExtraError: a package is missing; the message names the pip line.
    """
    missing = [module for module in _NEEDED.get(suffix, ()) if not is_installed(module)]
    if missing:
        raise MissingExtraError(f"{suffix} needs {', '.join(missing)}, which is not installed: {pip_line('notation')}")


def is_installed(module: str) -> bool:
    """Whether a module can be imported; does not import it."""
    try:
        return find_spec(module) is not None
    except ValueError:  # taken out of sys.modules
        return False


def _reader(target: str) -> Reader:
    """A reader that imports its module on the first call."""
    module, function = target.split(":")

    def read(path: Path, limits: Limits | None = None) -> Score:
        score: Score = getattr(import_module(f"composer.formats.{module}"), function)(path, limits)
        return score

    return read


def _writer(target: str, takes_layout: bool) -> Writer:
    """A writer that imports its module on the first call."""
    module, function = target.split(":")

    def write(score: Score, path: Path, provenance: Provenance | None = None, layout: Layout | None = None) -> None:
        chosen = (layout,) if takes_layout else ()
        getattr(import_module(f"composer.formats.{module}"), function)(score, path, provenance, *chosen)

    return write


READERS: dict[str, Reader] = {suffix: _reader(target) for suffix, target in _READERS.items()}
WRITERS: dict[str, Writer] = {suffix: _writer(target, suffix in SHEET_SUFFIXES) for suffix, target in _WRITERS.items()}


def read_score(path: str | Path, limits: Limits | None = None) -> Score:
    """Reads a score in any supported format, identified by its suffix.

    Args:
        path: the file.
        limits: upper bounds on what is read; `None` applies the defaults of `Limits`.

    Raises:
        BadInputError: unknown suffix, or a file that its reader rejects.
    """
    path = _as_path(path)
    if path.is_dir():
        raise BadInputError(f"{path} is a folder: name a score file in it")
    return _by_suffix(READERS, path)(path, limits)


def write_score(score: Score, path: str | Path, provenance: Provenance | None = None, layout: Layout | None = None) -> None:
    """Writes a score in the format of the path's suffix, atomically.

    Args:
        score: the music.
        path: the file.
        provenance: model and seed of a piece composed by Cantilena; `None` for any other music.
        layout: sheet music options; `None` applies the defaults of `Layout`.

    Raises:
        BadInputError: unknown suffix, or something that the format or the disk cannot take.
    """
    path = _as_path(path)
    _by_suffix(WRITERS, path)(score, path, provenance, layout)


def _as_path(path: object) -> Path:
    if not isinstance(path, str | Path):
        raise BadInputError(f"{path!r} is not a path: give a text or a pathlib.Path")
    return Path(path)


def _by_suffix(functions: dict[str, T], path: Path) -> T:
    """The function for the longest known suffix of a path: ".roll.png" before ".png"."""
    name = path.name.lower()
    known = [suffix for suffix in functions if name.endswith(suffix) and name != suffix]
    if not known:
        raise BadInputError(f"format {path.suffix or path.name!r} is not known: use one of {' '.join(functions)}")
    return functions[max(known, key=len)]
