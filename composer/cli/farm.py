"""`farm`: more pieces than one machine can make, in shards that any machine may run."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from composer.cli import completion
from composer.cli.console import described_bar, print_json
from composer.cli.options import Engine, On, Quiet, option, ray_crew
from composer.errors import BadInputError

if TYPE_CHECKING:
    from composer.farm.driver import Finished, Run
    from composer.processes import Hire

app = typer.Typer(
    help="More pieces than one machine can make, in shards that any machine may run (docs/farm.md).", rich_markup_mode=None
)

Folder = Annotated[str, typer.Argument(metavar="DIR", help="Folder of the plan, or an address such as s3://bucket/prefix.")]
Model = Annotated[
    str | None, option("NAME|PATH", "Where the model is, if not under its name in the plan.", None, completion.models)
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command()
def plan(
    briefs: Annotated[str, typer.Argument(metavar="BRIEFS", help="One brief a line as JSON, or a .parquet table of them.")],
    output: Annotated[str, typer.Option("-o", "--output", metavar="DIR", help="Folder of the plan, or an address.")],
    formats: Annotated[
        str,
        typer.Option(
            "--format", metavar="LIST", help="File formats of lines that name none.", autocompletion=completion.formats
        ),
    ] = "mid",
    model: Annotated[str | None, option("NAME|PATH", "Model to compose with.", None, completion.models)] = None,
    size: Annotated[int, typer.Option(metavar="N", help="Briefs in a shard; 64 to 256 give shards of minutes.")] = 128,
    pack: Annotated[
        bool, typer.Option("--pack", help="One tar file a shard, for more pieces than a store takes as files.")
    ] = False,
) -> None:
    """Divide a file of briefs into shards: the plan, which never changes."""
    from composer.farm.plan import make_plan
    from composer.farm.store import Store
    from composer.pipeline.output import checked_formats

    made = make_plan(briefs, Store(output), checked_formats(formats), model=model, size=size, pack=pack)
    if made.unreadable:
        print(f"cantilena: {made.unreadable} of {made.briefs} briefs cannot be read: they will be errors", file=sys.stderr)
    print(f"{made.briefs} briefs in {made.shards} shards")


@app.command()
def run(
    folder: Folder,
    on: On = None,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="Every N-th shard from the I-th, I from 0, for jobs without Ray."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", help="Processes of this machine, which share its cores.")] = 1,
    together: Annotated[int, typer.Option(metavar="N", help="Pieces in one pass of the network, 1 to 16.")] = 8,
    model: Model = None,
    engine: Engine = None,
    retry_errors: Annotated[bool, typer.Option("--retry-errors", help="Try briefs again that have failed.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compose what the plan asks for and is not there yet; it can be stopped at any moment and called again.

    A brief that fails, or of which a process dies, is told in its shard's table; the exit code is then 1.
    """
    from composer.farm.driver import Run, Share, forget_errors
    from composer.farm.store import Store
    from composer.processes import ProcessCrew, checked_jobs

    hire = ray_crew(on) or partial(ProcessCrew, jobs=checked_jobs(jobs))
    if on and (shard or jobs > 1):
        raise BadInputError("--on ray shares the work out itself: leave out --shard and --jobs")
    if retry_errors:
        forget_errors(Store(folder))
    share = Share.parse(shard) if shard else Share()
    going = Run(folder, share, together=together, model=model, engine=engine, elsewhere=on is not None)
    errors = _follow(going, hire, as_json=as_json, quiet=quiet)
    if errors:
        raise typer.Exit(1)


def _follow(going: Run, hire: Hire, *, as_json: bool, quiet: bool) -> int:
    """Tells of each shard as it is finished, with rate and time left; how many briefs failed."""
    start, pieces, composed, errors, worked = time.monotonic(), 0, 0, 0, 0.0
    bar: AbstractContextManager[Any] = described_bar(f"{len(going.todo)} shards", quiet)
    try:
        with bar as update:
            for count, finished in enumerate(going.go(hire), 1):
                pieces, errors = pieces + finished.pieces, errors + finished.errors
                composed, worked = composed + finished.composed, worked + finished.seconds
                rate = count / (time.monotonic() - start)
                update(count / len(going.todo), f"{composed} pieces, {_span((len(going.todo) - count) / rate)} left")
                _tell(finished, as_json)
    finally:
        if not quiet:
            there, seconds = len(going.shards) - len(going.todo), time.monotonic() - start
            cost = f", {worked / composed:.2f} s of a worker each" if composed else ""
            print(
                f"{pieces} pieces in {len(going.todo)} shards, {composed} composed in {seconds:.1f} s{cost}; "
                f"{errors} failed, {there} shards were finished before",
                file=sys.stderr,
            )
    return errors


def _tell(finished: Finished, as_json: bool) -> None:
    if as_json:
        told = {"shard": finished.shard, "pieces": finished.pieces, "errors": finished.errors, "composed": finished.composed}
        print_json({**told, "seconds": round(finished.seconds, 3), "deaths": finished.deaths})
    elif finished.errors:
        print(f"cantilena: shard {finished.shard}: {finished.errors} briefs failed", file=sys.stderr, flush=True)


def _span(seconds: float) -> str:
    """A time in words.

    >>> _span(7322), _span(59)
    ('2 h 2 min', '59 s')
    """
    hours, minutes = int(seconds // 3600), int(seconds % 3600 // 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds:.0f} s"


@app.command()
def status(
    folder: Folder,
    price: Annotated[float | None, typer.Option(metavar="X", min=0, help="What an hour of one worker costs.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say how far a plan is, how fast it goes, and what a piece costs."""
    from dataclasses import asdict

    from composer.farm.account import status
    from composer.farm.store import Store

    found = status(Store(folder))
    cost = None if price is None or found.seconds_a_brief is None else found.seconds_a_brief / 3600 * price
    if as_json:
        print_json({**asdict(found), "left_s": found.left_s, "cost_a_brief": cost})
        return
    print(f"{found.finished} of {found.shards} shards, {found.settled} of {found.briefs} briefs")
    if found.seconds_a_brief is not None and found.briefs_a_second is not None:
        left = "" if found.left_s is None else f", {_span(found.left_s)} left"
        print(f"{found.seconds_a_brief:.2f} s of a worker a brief, {found.briefs_a_second:.2f} briefs a second in all{left}")
    if cost is not None:
        print(f"{cost:.6f} a brief, {cost * found.briefs:.2f} for all")


@app.command()
def verify(
    folder: Folder,
    sample: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Pieces to look at, drawn by chance; all if left out.")
    ] = None,
    replay: Annotated[int, typer.Option(metavar="N", min=0, help="Of these, how many to write again from their sidecars.")] = 3,
    model: Model = None,
) -> None:
    """Compare the files with the tables, and write a few pieces again; the exit code is 1 if anything differs."""
    from composer.farm.account import verify
    from composer.farm.store import Store

    found = verify(Store(folder), sample=sample, replays=replay, model=model)
    for line in found.wrong:
        print(f"cantilena: {line}", file=sys.stderr)
    print(f"{found.pieces} pieces compared, {found.replayed} written again, {len(found.wrong)} wrong")
    if found.wrong:
        raise typer.Exit(1)


@app.command()
def manifest(folder: Folder) -> None:
    """Write the tables of all shards as one, manifest.parquet."""
    from composer.farm.account import MANIFEST, manifest
    from composer.farm.store import Store

    store = Store(folder)
    pieces, errors = manifest(store)
    print(f"{store.address}/{MANIFEST}: {pieces} pieces, {errors} errors")
