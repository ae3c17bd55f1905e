"""`batch`: many pieces from a file of briefs."""

from __future__ import annotations

import io
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from composer.cli import completion
from composer.cli.console import print_json
from composer.cli.options import AsJson, Engine, Output, Overwrite, Quiet, make_folder, option
from composer.cli.text import message
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.pipeline.batch import Outcome

_LONGEST_LINE = 100_000  # characters


def batch(
    briefs: Annotated[Path, typer.Argument(metavar="BRIEFS.jsonl", help="One brief a line, as JSON; - reads standard input.")],
    output: Output = Path(),
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", help="Processes, which share the cores.")] = 1,
    together: Annotated[int, typer.Option(metavar="N", help="Pieces in one pass of the network, 1 to 16.")] = 8,
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="LIST",
            help="File formats of lines that name none; the .json sidecar always comes along.",
            autocompletion=completion.formats,
        ),
    ] = "mid",
    model: Annotated[str | None, option("NAME|PATH", "Model to compose with.", None, completion.models)] = None,
    engine: Engine = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compose a piece for each line of a file: piece-00001.mid and so on, with sidecars.

    A line has the options of compose, and may have prompt, name, formats and influence. Pieces that are there already are not
    made again, so that an interrupted batch can be called again; files of other briefs are not replaced. A brief that fails
    does not stop the others; the exit code is then 1. Ctrl-C or SIGTERM leave what is finished.
    """
    from composer.pipeline.batch import Job, read_entries, run
    from composer.pipeline.output import checked_formats

    job = Job(output, checked_formats(formats), model, engine, overwrite)
    start, outcomes = time.perf_counter(), list["Outcome"]()
    with _opened(briefs) as lines:
        coming = run(read_entries(_limited(lines)), job, jobs=jobs, together=together)
        make_folder(output)
        try:
            for outcome in coming:
                outcomes.append(outcome)
                _tell(outcome, as_json)
        finally:
            if not quiet:
                for line in _table(outcomes, time.perf_counter() - start):
                    print(line, file=sys.stderr)
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(1)


def _opened(path: Path) -> TextIO:
    if str(path) == "-":
        return io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", "replace")
    try:
        return path.open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise BadInputError(f"{path} cannot be read ({error.strerror}): give a file with one brief a line") from None


def _limited(file: TextIO) -> Iterator[str]:
    """The lines of a file; one of a device may have no end."""
    for number in itertools.count(1):
        line = file.readline(_LONGEST_LINE + 1)
        if not line:
            return
        if len(line) > _LONGEST_LINE:
            raise BadInputError(f"line {number} has more than {_LONGEST_LINE:,} characters: give one brief a line")
        yield line


def _tell(outcome: Outcome, as_json: bool) -> None:
    if outcome.error:
        print(f"cantilena: line {outcome.number}: {message(outcome.error)}", file=sys.stderr, flush=True)
    if as_json:
        files = [str(path) for path in outcome.files]
        from composer.formats.sidecar import SCHEMA_VERSION

        print_json(
            {
                "schema": SCHEMA_VERSION,
                "line": outcome.number,
                "files": files,
                "skipped": outcome.skipped,
                "error": outcome.error or None,
            }
        )
    else:
        for path in outcome.files:
            print(path, flush=True)


def _table(outcomes: Sequence[Outcome], seconds: float) -> list[str]:
    """What was made, and how much of it a second."""
    made = [outcome for outcome in outcomes if not outcome.error and not outcome.skipped]
    counts = {
        "pieces": len(made),
        "bars": sum(outcome.bars for outcome in made),
        "notes": sum(outcome.notes for outcome in made),
        "tokens": sum(outcome.ids for outcome in made),
        "seconds of music": sum(outcome.seconds for outcome in made),
    }
    skipped, failed = sum(outcome.skipped for outcome in outcomes), sum(bool(outcome.error) for outcome in outcomes)
    rows = [f"{name:17} {count:9,.0f} {count / seconds:11,.2f}" for name, count in counts.items()]
    return [f"{'':17} {'made':>9} {'per second':>11}", *rows, f"{skipped} there already, {failed} failed, {seconds:.1f} s"]


COMMANDS: dict[str, Callable[..., None]] = {"batch": batch}
