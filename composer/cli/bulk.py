"""`batch` and `farm`: many pieces on one or more machines.

`batch`: many pieces from a file of briefs.

`farm`: more pieces than one machine can make, in shards that any machine can run.
"""

from __future__ import annotations

import io
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from composer.cli import completion
from composer.cli.console import described_bar, message, print_json
from composer.cli.numerals import within
from composer.cli.options import AsJson, Engine, On, Output, Overwrite, Quiet, argument, folder_for, option, ray_crew
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.composing.batch import Outcome
    from composer.farm.driver import Finished, Run
    from composer.farm.storage import Store
    from composer.processes import Hire


_MOST_ERRORS = 10  # lines whose error is shown


def batch(
    briefs: Annotated[Path, argument("BRIEFS.jsonl", "One brief per line as JSON; - reads standard input.")],
    output: Output = Path(),
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="N", parser=within("jobs", int), help="Number of processes, which share the cores.")
    ] = 1,
    together: Annotated[
        int, typer.Option(metavar="N", parser=within("together", int), help="Pieces per pass of the network, 1 to 16.")
    ] = 8,
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="LIST",
            help="Default file formats; a .json sidecar is always written.",
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

    A line has the options of compose that shape the music, not those of its files and title, and may have prompt, name,
    formats and influence. Existing pieces are skipped, so an interrupted batch can be run again; files of other briefs are not
    replaced. A brief that fails does not stop the others; the exit code is then 1, and the first ten errors are shown (all with
    --json). Ctrl-C and SIGTERM keep finished pieces.
    """
    from composer.composing.batch import EXAMPLE, Job, read_entries, run
    from composer.composing.output import checked_formats

    job = Job(output, checked_formats(formats), model, engine, overwrite)
    start, outcomes, failed = time.perf_counter(), list["Outcome"](), 0
    with _opened(briefs) as lines:
        entries = read_entries(_lines(lines))
        first = next(entries, None)
        if first is None:
            raise BadInputError(f"{briefs} holds no brief: give a file with one per line as JSON, for example {EXAMPLE}")
        coming = run(itertools.chain([first], entries), job, jobs=jobs, together=together)
        try:
            with folder_for(output):
                for outcome in coming:
                    outcomes.append(outcome)
                    failed += bool(outcome.error)
                    _show(outcome, as_json, with_error=failed <= _MOST_ERRORS)
        finally:
            if failed > _MOST_ERRORS:
                more = f"{failed - _MOST_ERRORS:,} more lines failed: --json shows the error of every line"
                print(f"cantilena: {more}", file=sys.stderr)
            if not quiet:
                for line in _table(outcomes, time.perf_counter() - start):
                    print(line, file=sys.stderr)
    if failed:
        raise typer.Exit(1)


def _opened(path: Path) -> TextIO:
    if str(path) == "-":
        return io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", "replace")
    try:
        return path.open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: object, error: OSError) -> BadInputError:
    return BadInputError(f"{path} cannot be read ({error.strerror}): give a file with one brief per line")


def _lines(file: TextIO) -> Iterator[str]:
    """The lines of a file.

    Raises:
        BadInputError: the file cannot be read, or a line is too long.
    """
    from composer.composing.batch import brief_lines

    try:
        yield from brief_lines(file)
    except OSError as error:
        raise _unreadable(file.name, error) from None


def _show(outcome: Outcome, as_json: bool, *, with_error: bool) -> None:
    if outcome.error and with_error:
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
    """Totals and rates."""
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
    return [f"{'':17} {'made':>9} {'per second':>11}", *rows, f"{skipped} skipped, {failed} failed, {seconds:.1f} s"]


COMMANDS: dict[str, Callable[..., None]] = {"batch": batch}


app = typer.Typer(
    help="Compose more pieces than one machine can, in shards that any machine can run (docs/farm.md).", rich_markup_mode=None
)

Folder = Annotated[str, typer.Argument(metavar="DIR", help="Folder of the plan, or an address such as s3://bucket/prefix.")]
Model = Annotated[
    str | None, option("NAME|PATH", "Model, if it is not found under its name in the plan.", None, completion.models)
]


def _reached(address: str) -> Store:
    """The storage of a farm.

    Raises:
        BadInputError: it cannot be reached.
    """
    from composer.farm.storage import Store

    store = Store(address)
    store.check()
    return store


@app.command()
def plan(
    briefs: Annotated[str, typer.Argument(metavar="BRIEFS", help="One brief per line as JSON, or a .parquet table of briefs.")],
    output: Annotated[str, typer.Option("-o", "--output", metavar="DIR", help="Folder of the plan, or an address.")],
    formats: Annotated[
        str,
        typer.Option("--format", metavar="LIST", help="Default file formats.", autocompletion=completion.formats),
    ] = "mid",
    model: Annotated[str | None, option("NAME|PATH", "Model to compose with.", None, completion.models)] = None,
    size: Annotated[
        int, typer.Option(metavar="N", parser=within("size", int), help="Briefs per shard; 64 to 256 give shards of minutes.")
    ] = 128,
    pack: Annotated[bool, typer.Option("--pack", help="One tar file per shard, for very many pieces.")] = False,
) -> None:
    """Divide a file of briefs into shards; the plan cannot be changed later."""
    from composer.composing.output import checked_formats
    from composer.farm.sharding import make_plan

    made = make_plan(briefs, _reached(output), checked_formats(formats), model=model, size=size, pack=pack)
    if made.unreadable:
        print(f"cantilena: {made.unreadable} of {made.briefs} briefs cannot be read and will be errors", file=sys.stderr)
    print(f"{made.briefs} briefs in {made.shards} shards")


@app.command()
def run(
    folder: Folder,
    on: On = None,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="Every N-th shard from the I-th, I from 0, for runs without Ray."),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", metavar="N", parser=within("jobs", int), help="Processes on this machine, which share its cores."
        ),
    ] = 1,
    together: Annotated[
        int, typer.Option(metavar="N", parser=within("together", int), help="Pieces per pass of the network, 1 to 16.")
    ] = 8,
    model: Model = None,
    engine: Engine = None,
    retry_errors: Annotated[bool, typer.Option("--retry-errors", help="Retry briefs that have failed.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compose the missing pieces of a plan; it can be stopped at any moment and run again.

    A brief that fails or kills its process is recorded in the table of its shard; the exit code is then 1.
    """
    from composer.farm.driver import Run, Share, forget_errors
    from composer.processes import ProcessCrew, checked_jobs

    hire = ray_crew(on) or partial(ProcessCrew, jobs=checked_jobs(jobs))
    if on and (shard or jobs > 1):
        raise BadInputError("--on ray distributes the work itself: omit --shard and --jobs")
    store = _reached(folder)
    if retry_errors:
        forget_errors(store)
    share = Share.parse(shard) if shard else Share()
    going = Run(folder, share, together=together, model=model, engine=engine, elsewhere=on is not None)
    errors = _follow(going, hire, as_json=as_json, quiet=quiet)
    if errors:
        raise typer.Exit(1)


def _follow(going: Run, hire: Hire, *, as_json: bool, quiet: bool) -> int:
    """Reports each finished shard with rate and time left; returns the number of failed briefs."""
    start, pieces, composed, errors, worked = time.monotonic(), 0, 0, 0, 0.0
    bar: AbstractContextManager[Any] = described_bar(f"{len(going.todo)} shards", quiet)
    try:
        with bar as update:
            for count, finished in enumerate(going.go(hire), 1):
                pieces, errors = pieces + finished.pieces, errors + finished.errors
                composed, worked = composed + finished.composed, worked + finished.seconds
                rate = count / (time.monotonic() - start)
                update(count / len(going.todo), f"{composed} pieces, {_span((len(going.todo) - count) / rate)} left")
                _show_shard(finished, as_json)
    finally:
        if not quiet:
            there, seconds = len(going.shards) - len(going.todo), time.monotonic() - start
            cost = f", {worked / composed:.2f} s of worker time each" if composed else ""
            print(
                f"{pieces} pieces in {len(going.todo)} shards, {composed} composed in {seconds:.1f} s{cost}; "
                f"{errors} failed, {there} shards were already finished",
                file=sys.stderr,
            )
    return errors


def _show_shard(finished: Finished, as_json: bool) -> None:
    if as_json:
        record = {"shard": finished.shard, "pieces": finished.pieces, "errors": finished.errors, "composed": finished.composed}
        print_json({**record, "seconds": round(finished.seconds, 3), "deaths": finished.deaths})
    elif finished.errors:
        print(f"cantilena: shard {finished.shard}: {finished.errors} briefs failed", file=sys.stderr, flush=True)


def _span(seconds: float) -> str:
    """A duration as text.

    >>> _span(7322), _span(59)
    ('2 h 2 min', '59 s')
    """
    hours, minutes = int(seconds // 3600), int(seconds % 3600 // 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds:.0f} s"


@app.command()
def status(
    folder: Folder,
    price: Annotated[
        float | None, typer.Option(metavar="X", parser=within("price", float, 0), help="Cost of one worker hour.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the progress, the rate and the cost of a plan."""
    from dataclasses import asdict

    from composer.farm.account import status

    found = status(_reached(folder))
    cost = None if price is None or found.seconds_a_brief is None else found.seconds_a_brief / 3600 * price
    if as_json:
        print_json({**asdict(found), "left_s": found.left_s, "cost_a_brief": cost})
        return
    print(f"{found.finished} of {found.shards} shards, {found.settled} of {found.briefs} briefs")
    if found.seconds_a_brief is not None and found.briefs_a_second is not None:
        left = "" if found.left_s is None else f", {_span(found.left_s)} left"
        print(f"{found.seconds_a_brief:.2f} s of worker time per brief, {found.briefs_a_second:.2f} briefs/s in total{left}")
    if cost is not None:
        print(f"{cost:.6f} per brief, {cost * found.briefs:.2f} in total")


@app.command()
def verify(
    folder: Folder,
    sample: Annotated[
        int | None,
        typer.Option(metavar="N", parser=within("sample", int, 1), help="Number of random pieces to check; all by default."),
    ] = None,
    replay: Annotated[
        int,
        typer.Option(metavar="N", parser=within("replay", int, 0), help="Number of these to recompose from their sidecars."),
    ] = 3,
    model: Model = None,
) -> None:
    """Compare the files with the tables and recompose a few pieces; the exit code is 1 if anything differs."""
    from composer.farm.account import verify

    found = verify(_reached(folder), sample=sample, replays=replay, model=model)
    for line in found.wrong:
        print(f"cantilena: {line}", file=sys.stderr)
    print(f"{found.pieces} pieces compared, {found.replayed} recomposed, {len(found.wrong)} wrong")
    if found.wrong:
        raise typer.Exit(1)


@app.command()
def manifest(folder: Folder) -> None:
    """Join the tables of all shards in manifest.parquet."""
    from composer.farm.account import MANIFEST, manifest

    store = _reached(folder)
    pieces, errors = manifest(store)
    print(f"{store.address}/{MANIFEST}: {pieces} pieces, {errors} errors")
