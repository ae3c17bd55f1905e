"""Options that several commands share, and the checks made before a command begins."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli import completion
from composer.cli.numerals import within
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.composing.delivery import Delivery
    from composer.composing.record import PieceRecord
    from composer.files import Existing
    from composer.formats.engraving.layout import Layout
    from composer.formats.provenance import Provenance
    from composer.performance import Manner
    from composer.processes import Hire
    from composer.score import Score

STDIN = STDOUT = "-"
DEFAULT_FORMATS = ("mid", "musicxml", "wav")
LONGEST_DEFAULT_AUDIO_S = 600.0
MAX_PIECES = 1000
_TRIES = 5  # at a folder that other runs remove at the same moment


def option(
    metavar: str, text: str, panel: str | None = None, complete: completion.Complete | None = None, names: tuple[str, ...] = ()
) -> Any:
    """An option with a value. What opens a path reports why it cannot be read, as bad input and not as wrong usage.

    Args:
        metavar: the placeholder of the value in the help.
        text: the help.
        panel: the section of the help.
        complete: completes the value in a shell.
        names: by default long, after its parameter.
    """
    return typer.Option(*names, metavar=metavar, help=text, rich_help_panel=panel, autocompletion=complete, readable=False)


def argument(metavar: str, text: str) -> Any:
    """An argument, with the placeholder of its value and the help; paths as in `option`."""
    return typer.Argument(metavar=metavar, help=text, readable=False)


WRITING, SOUND = "Files", "Sound"  # sections of the help

AnyScore = Annotated[str, typer.Argument(metavar="FILE", help="A score file; - reads MIDI from standard input.")]
Output = Annotated[Path, option("DIR", "Folder to write to; created if missing.", WRITING, names=("-o", "--output"))]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace files of the same name, but never an input file.", rich_help_panel=WRITING),
]
Formats = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="LIST",
        help=f"File formats, by default {','.join(DEFAULT_FORMATS)}; the .json sidecar is always written.",
        rich_help_panel=WRITING,
        autocompletion=completion.formats,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per piece instead of paths.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress, no remarks.")]
Title = Annotated[str | None, option("TEXT", "Title of the piece; by default style and key.", WRITING)]
Subtitle = Annotated[str | None, option("TEXT", "Printed below the title.", WRITING)]
Composer = Annotated[str | None, option("NAME", "Name printed as the composer.", WRITING)]
Credit = Annotated[
    str | None,
    option("TEXT", "Text in the files instead of the sentence about the AI; a short machine-readable mark stays.", WRITING),
]
Soundfont = Annotated[str | None, option("FILE|NAME", "A .sf2 file; by default the best one found.", SOUND)]
Room = Annotated[
    str | None,
    option("NAME", "none, studio, chamber, hall or church; by default one that suits the music.", SOUND, completion.rooms),
]


Expression = Annotated[
    float | None,
    typer.Option(
        metavar="0..1",
        parser=within("expression", float, 0, 1),
        help="Expressiveness of the audio and performance MIDI, 0.7 by default; 0 is as written.",
        rich_help_panel=SOUND,
    ),
]

PerformanceStyle = Annotated[str | None, option("NAME", "Performance style; by default neutral.", None, completion.styles)]

Engine = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="cpu, onnx or torch compose the same notes; onnx-int8 is faster and composes others. By default onnx, else cpu.",
        autocompletion=completion.engines,
    ),
]

ChordSymbols = Annotated[
    str,
    typer.Option("--chord-symbols", metavar="on|off|auto", help="In sheet music; auto: except in classical music."),
]
ConcertPitch = Annotated[bool, typer.Option("--concert-pitch", help="Write transposing instruments at sounding pitch.")]
Repeats = Annotated[
    bool, typer.Option("--repeats/--no-repeats", help="Immediate repeats between repeat signs, or written out.")
]


def expressed(expression: float | None) -> Manner:
    """The option if given; otherwise the default of the performance applies."""
    return {} if expression is None else {"expression": expression}


def performed_style(style: str | None) -> str | None:
    """The name of a profile of the performance, a style or a composer.

    Raises:
        BadInputError: it is none of them.
    """
    from composer.brief.texts import resolve_style_or_composer
    from composer.performance import PROFILES

    return style if not style or style in PROFILES else resolve_style_or_composer(style)


def layout_of(chord_symbols: str, concert_pitch: bool, repeats: bool) -> Layout:
    """The layout of sheet music.

    Raises:
        BadInputError: `chord_symbols` is not on, off or auto.
    """
    from composer.formats.engraving.layout import Layout

    choices = {"on": True, "off": False, "auto": None}
    if chord_symbols not in choices:
        raise BadInputError(f"chord symbols {chord_symbols!r} are not known: choose on, off or auto")
    return Layout(chord_symbols=choices[chord_symbols], concert_pitch=concert_pitch, repeats=repeats)


Quantize = Annotated[
    str | None,
    typer.Option(metavar="GRID", help="Move notes to a grid of 1/4, 1/8, 1/16, 1/32, or triplets: 1/8t."),
]


def quantized(score: Score, grid: str | None) -> Score:
    """The score on a grid, or unchanged if no grid is given.

    Raises:
        BadInputError: the grid is not known.
    """
    from composer.formats.quantize import parse_grid, quantize

    return score if grid is None else quantize(score, parse_grid(grid))


AssumeMeter = Annotated[
    str | None, typer.Option("--assume-meter", metavar="N/D", help="The meter, if the file has none or a wrong one.")
]
AssumeKey = Annotated[
    str | None, typer.Option("--assume-key", metavar="KEY", help='The key, if the file is wrong, such as "D minor".')
]


def any_seed() -> int:
    """A random seed; it is reported with the piece."""
    import secrets

    return secrets.randbelow(2**32)


def formats_or_default(text: str | None) -> tuple[str, ...]:
    """The requested formats, checked before anything is composed.

    Raises:
        BadInputError: an unknown format, or an empty list.
        MissingExtraError: a format needs a package that is not installed.
    """
    from composer.composing.output import checked_formats

    return DEFAULT_FORMATS if text is None else checked_formats(text)


def without_long_audio(formats: tuple[str, ...], requested: str | None, seconds: float) -> tuple[str, ...]:
    """The formats, without audio if it is long and was not requested, which is printed to standard error."""
    if requested is not None or seconds <= LONGEST_DEFAULT_AUDIO_S or "wav" not in formats:
        return formats
    minutes = f"{seconds / 60:.0f} minutes"
    print(f"no audio for a piece of {minutes}: request it with --format mid,musicxml,wav (or flac, ogg, mp3)", file=sys.stderr)
    return tuple(name for name in formats if name != "wav")


def checked_takes(seed: int, count: int, name: str | None, target: Target) -> None:
    """Checks a number of pieces with consecutive seeds.

    Raises:
        BadInputError: the last seed would be too large, their names would be equal, or several would go to
            standard output.
    """
    from composer.brief import MAX_SEED
    from composer.composing.naming import fields_of

    if seed + count - 1 > MAX_SEED:
        raise BadInputError(f"seed {seed} leaves no room for {count} pieces: give a smaller one")
    if count > 1 and name is not None and not {"seed", "index"} & set(fields_of(name)):
        raise BadInputError(f"name {name!r} would be the same for all {count} pieces: add {{seed}} or {{index}}")
    if count > 1 and target.is_stdout:
        raise BadInputError(f"{count} pieces cannot go to standard output: leave -n out, or give a folder with -o")


def check_sound(delivery: Delivery) -> None:
    """Checks a soundfont and a room before the work.

    Raises:
        BadInputError: one of them does not exist.
    """
    if delivery.soundfont is not None:
        from composer.render.synth import choose

        choose(None, delivery.soundfont)
    if delivery.room is not None:
        from composer.render.reverb import checked_room

        checked_room(delivery.room)


def existing(overwrite: bool) -> Existing:
    """What to do if a file of a piece exists."""
    from composer.files import Existing

    return Existing.REPLACE if overwrite else Existing.NUMBER


def sources_of(*files: str | Path | None) -> tuple[Path, ...]:
    """The input files, which are never replaced."""
    return tuple(Path(file) for file in files if file is not None and str(file) != STDIN)


@dataclass(frozen=True)
class Target:
    """Where a piece goes and what is printed: the output options that commands share."""

    folder: Path
    formats: str | None
    overwrite: bool
    as_json: bool
    quiet: bool
    sources: tuple[Path, ...] = ()

    @property
    def is_stdout(self) -> bool:
        """Whether MIDI goes to standard output instead of files to a folder."""
        return str(self.folder) == STDOUT

    def checked_formats(self) -> tuple[str, ...]:
        """The formats, checked.

        Raises:
            BadInputError, MissingExtraError: see `formats_or_default`; or another format than MIDI for standard output.
        """
        if not self.is_stdout:
            return formats_or_default(self.formats)
        if self.formats not in (None, "mid") or self.as_json:
            raise BadInputError("-o - writes MIDI only: leave --format and --json out, or give a folder")
        return ("mid",)


@dataclass(frozen=True, kw_only=True)
class WritingOptions:
    """The options of every command that composes: how many pieces, where they go, how they look and sound, and the model."""

    count: Annotated[
        int,
        typer.Option(
            "-n",
            "--count",
            metavar="N",
            parser=within("number of pieces", int, 1, MAX_PIECES),
            help="Number of pieces, each with the next seed.",
        ),
    ] = 1
    candidates: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            parser=within("number of candidates", int, 1, 16),
            help="Compose K of each in one batch, 1 to 16; keep the best; by default what --quality says.",
        ),
    ] = None
    output: Output = Path()
    formats: Formats = None
    overwrite: Overwrite = False
    composer: Composer = None
    credit: Credit = None
    soundfont: Soundfont = None
    room: Room = None
    expression: Expression = None
    chord_symbols: ChordSymbols = "auto"
    concert_pitch: ConcertPitch = False
    repeats: Repeats = True
    model: Annotated[
        str | None, option("NAME|PATH", "Model to compose with; `cantilena models list`.", None, completion.models)
    ] = None
    engine: Engine = None
    as_json: AsJson = False
    quiet: Quiet = False

    @property
    def layout(self) -> Layout:
        """The layout of sheet music.

        Raises:
            BadInputError: see `layout_of`.
        """
        return layout_of(self.chord_symbols, self.concert_pitch, self.repeats)

    def target(self, *sources: str | Path | None) -> Target:
        """Where the pieces go; `sources` are never replaced."""
        return Target(self.output, self.formats, self.overwrite, self.as_json, self.quiet, sources_of(*sources))

    def checked_delivery(self, title: str | None = None, subtitle: str | None = None) -> Delivery:
        """What the files say of the piece, and what plays it.

        Raises:
            BadInputError: a text is too long, or the soundfont or the room does not exist.
        """
        from composer.composing.delivery import Delivery

        delivery = Delivery(title, self.composer, self.credit, self.soundfont, self.room, subtitle)
        check_sound(delivery)
        return delivery

    def finished(self, record: PieceRecord, delivery: Delivery) -> PieceRecord:
        """The piece with the delivery, layout and expression that its files get."""
        record = replace(record, delivery=delivery, layout=self.layout)
        return record if self.expression is None else replace(record, expression=self.expression)


@contextmanager
def folder_for(folder: Path) -> Iterator[None]:
    """Creates a folder to write to unless it exists, and removes it again if nothing was written to it.

    It stays if another run has begun to use it.

    Raises:
        BadInputError: it cannot be created or written to.
    """
    from composer.locks import shared

    if str(folder) == STDOUT:
        yield
        return
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    is_ours: Callable[[], bool] | None = None
    with ExitStack() as stack:
        try:
            for left in reversed(range(_TRIES)):
                _make_folder(folder)
                try:
                    is_ours = stack.enter_context(shared(folder))
                    break
                except FileNotFoundError as error:  # another run has just removed it
                    if not left:
                        raise _refused(folder, "created", error) from None
            yield
        finally:
            for path in missing if is_ours is None or is_ours() else ():
                with suppress(OSError):  # it holds something
                    path.rmdir()


def _make_folder(folder: Path) -> None:
    """Creates a folder to write to, unless it exists, before anything is composed for it.

    Raises:
        BadInputError: it cannot be created or written to.
    """
    from tempfile import TemporaryFile

    if any("\0" < letter < " " for letter in str(folder)):  # which a terminal would obey where the paths are printed
        raise BadInputError(f"folder {str(folder)!r} has control characters: give another folder")
    done = "created"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        done = "written to"
        with TemporaryFile(dir=folder):
            pass
    except (OSError, RecursionError, ValueError) as error:  # too many folders in folders; a null character
        raise _refused(folder, done, error) from None


def _refused(folder: Path, done: str, error: Exception) -> BadInputError:
    reason = getattr(error, "strerror", None) or "no file system has such a path"
    return BadInputError(f"folder {folder} cannot be {done} ({reason}): give another folder")


def check_folder(folder: Path) -> None:
    """Checks that a folder can be created and written to, and leaves nothing there.

    Raises:
        BadInputError: it cannot.
    """
    from composer.files import staging

    if str(folder) != STDOUT:
        with folder_for(folder), staging(folder):
            pass


def read_any(file: str) -> Score:
    """The score in a file, or in the MIDI on standard input; warns of marks that are not read.

    Raises:
        BadInputError: it cannot be read.
    """
    if file != STDIN:
        from composer.formats import read_score
        from composer.formats.musicxml.unread_marks import warn_of_unread_marks

        score = read_score(Path(file))
        warn_of_unread_marks(Path(file))
        return score
    from composer.formats.midi.midi_score import read_midi

    return read_midi(midi_from_stdin())


def midi_from_stdin() -> bytes:
    """The bytes of a MIDI file on standard input.

    Raises:
        BadInputError: there are more than a MIDI file may have.
    """
    from composer.formats.capped import read_stream
    from composer.formats.midi.smf import Limits

    return read_stream(sys.stdin.buffer, "standard input", Limits().max_bytes)


def provenance_of(file: str) -> Provenance | None:
    """What a file says about how it was made; `None` for standard input.

    Raises:
        BadInputError: the file cannot be read.
    """
    from composer.formats.provenance import find_provenance

    return None if file == STDIN else find_provenance(Path(file))


def stem_of(file: str) -> str:
    """The default name of a piece."""
    return "piece" if file == STDIN else Path(file).stem


On = Annotated[str | None, typer.Option("--on", metavar="ENGINE", help="ray: the cluster at RAY_ADDRESS.")]


def ray_crew(on: str | None) -> Hire | None:
    """Ray workers, if requested.

    Raises:
        BadInputError: an unknown engine.
    """
    if on is None:
        return None
    if on != "ray":
        raise BadInputError(f"engine {on!r} of --on is not known: give ray, or leave it out for processes of this machine")
    from composer.farm.on_ray import RayCrew

    return RayCrew
