"""What commands print: results on standard output, remarks and progress on standard error.

Text of files and users on its way to a terminal or a log: no control characters, no endless lines.

A title can hold escape sequences that move the cursor, or marks that turn text around.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from composer.errors import BadInputError

MOST_CHARACTERS = 100  # of a value that a message repeats
_MOST_OF_A_MESSAGE, _LONGEST_READ = 2_000, 20_000
_HIDDEN = ("Cc", "Cf", "Cs")  # control, formatting and surrogate characters
# A value in quotes, or a word, that is too long; quotes inside words are apostrophes.
_LONG = re.compile(
    rf"(?<!\w)(?P<quote>['\"])(?P<value>(?:(?!(?P=quote)).){{{MOST_CHARACTERS + 1},}})(?P=quote)(?!\w)"
    rf"|(?P<word>\S{{{2 * MOST_CHARACTERS},}})"
)


def plain(text: str) -> str:
    """Text on one line without characters that a terminal obeys rather than shows.

    >>> plain("Etude\\x1b[31m\\nin C")
    'Etude[31m in C'
    """
    return "".join(" " if c in "\n\t\r" else c for c in text if c in "\n\t\r" or unicodedata.category(c) not in _HIDDEN)


def message(text: str) -> str:
    """A message on one line in which long values are cut.

    >>> message("key 'DDD' is not known")
    "key 'DDD' is not known"
    >>> len(message("key '" + "D" * 100_000 + "' is not known"))
    122
    """

    def cut(found: re.Match[str]) -> str:
        quote = found["quote"] or ""
        return quote + (found["value"] or found["word"])[:MOST_CHARACTERS] + "..." + quote

    if len(text) > _LONGEST_READ:
        text = text[:_MOST_OF_A_MESSAGE] + text[-_MOST_OF_A_MESSAGE:]  # the words stand at the ends
    line = _LONG.sub(cut, " ".join(plain(text).split()))
    return line if len(line) <= _MOST_OF_A_MESSAGE else line[:_MOST_OF_A_MESSAGE] + "..."


def json_text(text: str) -> str:
    """JSON text in which hidden characters are escaped; it means the same.

    >>> json_text('"\\u202e"')
    '"\\\\u202e"'
    """
    return "".join(json.dumps(c)[1:-1] if unicodedata.category(c) in _HIDDEN else c for c in text)


def use_utf8() -> None:
    """Redirected output is UTF-8 on every system; a terminal shows a question mark for what its encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="surrogateescape")


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
