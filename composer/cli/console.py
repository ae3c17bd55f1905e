"""What commands print: results on standard output, remarks and progress on standard error."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from composer.cli.text import json_text, plain
from composer.errors import BadInputError

Progress = Callable[[float], None]
SECONDS_BETWEEN_LINES = 15.0


def print_json(value: Mapping[str, Any]) -> None:
    """One object on one line of standard output."""
    print(json_text(json.dumps(value, ensure_ascii=False, allow_nan=False)), flush=True)


def print_outcome(
    files: Sequence[Path], record: Callable[[], Mapping[str, Any]], told: Iterable[str], *, as_json: bool, quiet: bool
) -> None:
    """What came of a piece: as one object with its files and the record, or its paths, and on standard error what is told."""
    if as_json:
        print_json({"files": [str(path) for path in files], **record()})
        return
    if not quiet:
        for line in told:
            print(plain(line), file=sys.stderr)
    for path in files:
        print(path, flush=True)


def write_stdout(content: bytes, told: Iterable[str]) -> None:
    """A file's bytes on standard output, and on standard error what is said of it.

    Raises:
        BadInputError: standard output is a terminal.
    """
    if sys.stdout.isatty():
        raise BadInputError("standard output is a terminal, which shows no MIDI: redirect it, or give a file")
    for line in told:
        print(line, file=sys.stderr)
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Rows of cells in aligned columns; the last column runs on."""
    rows = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip())


def show_line(line: str) -> None:
    """A line of progress on standard error."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def muted_stdout() -> Iterator[None]:
    """While open, nothing reaches standard output, not even from native code (the tokenizers library writes blank lines)."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (a device, not a path of ours)
            os.dup2(nowhere.fileno(), 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def progress_bar(label: str, quiet: bool = False) -> Iterator[Progress]:
    """Yields a function that takes the fraction done, 0 to 1, for standard error: a bar on a terminal, else some lines."""
    with described_bar(label, quiet) as update:
        yield lambda fraction: update(fraction, "")


def _lines_of_progress(label: str) -> Callable[[float, str], None]:
    """Where there is no terminal: a line now and then, so that a log shows that something goes on."""
    start = last = time.monotonic()

    def update(fraction: float, text: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            last = now
            print(f"{label}  {text}".rstrip() + f": {fraction:.0%} after {now - start:.0f} s", file=sys.stderr, flush=True)

    return update


@contextmanager
def described_bar(label: str, quiet: bool = False) -> Iterator[Callable[[float, str], None]]:
    """The same, whose function also takes what to say beside the label."""
    if quiet:
        yield lambda fraction, text: None
        return
    if not sys.stderr.isatty():
        yield _lines_of_progress(label)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda fraction, text: bar.update(task, completed=fraction, description=f"{label}  {text}".rstrip())
