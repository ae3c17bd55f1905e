"""Options that several commands share, with what is checked of them before a command begins."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.formats.layout import Layout
    from composer.score import Key, Score, TimeSignature

STDIN = "-"
DEFAULT_FORMATS = "mid,musicxml,wav"


def option(metavar: str, text: str, panel: str | None = None) -> Any:
    """A long option named after its parameter; `panel` is its section of the help."""
    return typer.Option(metavar=metavar, help=text, rich_help_panel=panel)


AnyScore = Annotated[str, typer.Argument(metavar="FILE", help="A score file; - reads MIDI from standard input.")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to write to; made if missing.")]
Formats = Annotated[str, typer.Option("--format", metavar="LIST", help="File formats; the .json sidecar always comes along.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a piece instead of paths.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]


def _within_unit(value: float | None) -> float | None:
    if value is not None and not 0.0 <= value <= 1.0:
        raise BadInputError(f"expression {value:g} is out of range: use 0 (as written) to 1")
    return value


Expression = Annotated[
    float | None,
    typer.Option(metavar="0..1", callback=_within_unit, help="How expressively it is played, 0.7 by default; 0 is as written."),
]

Engine = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="cpu, onnx or torch, with the same notes; onnx-int8 is faster, with others. cpu if left out."
    ),
]

ChordSymbols = Annotated[
    str,
    typer.Option("--chord-symbols", metavar="on|off|auto", help="In sheet music; auto: not for classical players."),
]
ConcertPitch = Annotated[bool, typer.Option("--concert-pitch", help="Sheet music for clarinets, horns ... as they sound.")]
Repeats = Annotated[
    bool, typer.Option("--repeats/--no-repeats", help="Bars that come again at once between repeat signs, or written out.")
]


def layout_of(chord_symbols: str, concert_pitch: bool, repeats: bool) -> Layout:
    """The choices about sheet music.

    Raises:
        BadInputError: `chord_symbols` is not on, off or auto.
    """
    from composer.formats.layout import Layout

    choices = {"on": True, "off": False, "auto": None}
    if chord_symbols not in choices:
        raise BadInputError(f"chord symbols {chord_symbols!r} are not known: choose on, off or auto")
    return Layout(chord_symbols=choices[chord_symbols], concert_pitch=concert_pitch, repeats=repeats)


Quantize = Annotated[
    str | None,
    typer.Option(metavar="GRID", help="Move notes to a grid of 1/4, 1/8, 1/16, 1/32, or triplets: 1/8t."),
]


def quantized(score: Score, grid: str | None) -> Score:
    """The score on a grid, or as it is where none is asked for.

    Raises:
        BadInputError: the grid is not known.
    """
    from composer.formats.quantize import parse_grid, quantize

    return score if grid is None else quantize(score, parse_grid(grid))


AssumeMeter = Annotated[
    str | None, typer.Option("--assume-meter", metavar="N/D", help="The metre, where the file states none or a wrong one.")
]
AssumeKey = Annotated[
    str | None, typer.Option("--assume-key", metavar="KEY", help='The key, where the file is wrong, such as "D minor".')
]


def assumed(meter: str | None, key: str | None) -> tuple[TimeSignature | None, Key | None]:
    """What the user says of a piece, read.

    Raises:
        BadInputError: no metre, or no key.
    """
    from composer.score import Key, TimeSignature

    return TimeSignature.parse(meter) if meter else None, Key.parse(key) if key else None


def any_seed() -> int:
    """A seed for those who give none; it is told with the piece."""
    import secrets

    return secrets.randbelow(2**32)


def checked_formats(text: str) -> tuple[str, ...]:
    """Names of formats without doubles; "json" is dropped, since the sidecar always comes along.

    Raises:
        BadInputError: one that is not known, or none.
    """
    from composer.pipeline import FORMATS

    names = tuple(dict.fromkeys(item.strip().lower().removeprefix(".") for item in text.split(",") if item.strip()))
    unknown = next((name for name in names if name not in FORMATS and name != "json"), None)
    if unknown is not None or not names:
        raise BadInputError(f"format {unknown or text!r} is not known: choose from {', '.join(FORMATS)}, commas between")
    return tuple(name for name in names if name != "json")


def make_folder(folder: Path) -> None:
    """Makes a folder to write to, unless it is there, before anything is composed for it.

    Raises:
        BadInputError: it cannot be made, or nothing can be written to it.
    """
    from tempfile import TemporaryFile

    done = "made"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        done = "written to"
        with TemporaryFile(dir=folder):
            pass
    except (OSError, RecursionError, ValueError) as error:  # too many folders in folders; a null character
        reason = getattr(error, "strerror", None) or "no file system has such a path"
        raise BadInputError(f"folder {folder} cannot be {done} ({reason}): give another one with -o") from None


@contextmanager
def folder_for(folder: Path) -> Iterator[None]:
    """A folder to write to, made unless it is there; what was made goes again if nothing was written to it.

    Raises:
        BadInputError: it cannot be made.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        make_folder(folder)
        yield
    finally:
        for path in missing:
            with suppress(OSError):  # it holds something
                path.rmdir()


def keep_source(source: Path, targets: Iterable[Path], remedy: str) -> None:
    """Refuses to write over the file that a piece is read from.

    Raises:
        BadInputError: a target is that file.
    """
    for target in targets:
        if source.exists() and target.exists() and target.samefile(source):
            raise BadInputError(f"{target} is the file that is read and would be overwritten: {remedy}")


def read_any(file: str) -> Score:
    """The score in a file, or in the MIDI on standard input.

    Raises:
        BadInputError: it cannot be read.
    """
    if file != STDIN:
        from composer.formats import read_score

        return read_score(Path(file))
    from composer.formats.midi import read_midi

    return read_midi(midi_from_stdin())


def midi_from_stdin() -> bytes:
    """The bytes on standard input, as many as a MIDI file may have.

    Raises:
        BadInputError: there are more.
    """
    from composer.formats.files import read_stream
    from composer.formats.smf import Limits

    return read_stream(sys.stdin.buffer, "standard input", Limits().max_bytes)


def stem_of(file: str) -> str:
    """What a piece is called where its file says nothing."""
    return "piece" if file == STDIN else Path(file).stem
