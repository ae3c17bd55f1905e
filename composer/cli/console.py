"""Output of commands: results on standard output, messages and progress on standard error.

Text from files and users is cleaned for terminals and logs: no control characters, no endless lines.

A title can contain escape sequences that move the cursor, or characters that reverse the text direction.
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
from typing import Any, TextIO

from composer.errors import BadInputError

MOST_CHARACTERS = 100  # of a value quoted in a message
_MOST_OF_A_MESSAGE, _LONGEST_READ = 2_000, 20_000
_HIDDEN = ("Cc", "Cf", "Cs")  # control, formatting and surrogate characters
# A value in quotes, a word or a list, also of lists, that is too long; quotes inside words are apostrophes.
_LONG = re.compile(
    rf"(?<!\w)(?P<quote>['\"])(?P<value>(?:(?!(?P=quote)).){{{MOST_CHARACTERS + 1},}})(?P=quote)(?!\w)"
    rf"|(?P<list>\[(?:[^\]]|\](?=[,\]])){{{MOST_CHARACTERS},}}\])"
    rf"|(?P<word>\S{{{2 * MOST_CHARACTERS},}})"
)


def plain(text: str) -> str:
    """Text on one line without characters that a terminal would interpret.

    >>> plain("Etude\\x1b[31m\\nin C")
    'Etude[31m in C'
    """
    return "".join(" " if c in "\n\t\r" else c for c in text if c in "\n\t\r" or unicodedata.category(c) not in _HIDDEN)


def message(text: str) -> str:
    """A message on one line with long values truncated.

    >>> message("key 'DDD' is not known")
    "key 'DDD' is not known"
    >>> len(message("key '" + "D" * 100_000 + "' is not known")), len(message(f"key {list(range(20_000))} is not known"))
    (122, 121)
    """

    def cut(found: re.Match[str]) -> str:
        quote = found["quote"] or ""
        value = found["value"] or found["list"] or found["word"]
        return quote + value[:MOST_CHARACTERS] + "..." + (quote or "]" * bool(found["list"]))

    if len(text) > _LONGEST_READ:
        text = text[:_MOST_OF_A_MESSAGE] + text[-_MOST_OF_A_MESSAGE:]  # keep both ends, which contain the message
    line = _LONG.sub(cut, " ".join(plain(text).split()))
    return line if len(line) <= _MOST_OF_A_MESSAGE else line[:_MOST_OF_A_MESSAGE] + "..."


def json_text(text: str) -> str:
    """Escapes hidden characters in JSON text without changing its meaning.

    >>> json_text('"\\u202e"')
    '"\\\\u202e"'
    """
    return "".join(json.dumps(c)[1:-1] if unicodedata.category(c) in _HIDDEN else c for c in text)


def use_utf8() -> None:
    """Makes redirected output UTF-8 on every system; a terminal shows a question mark for characters it cannot encode."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="surrogateescape")


Progress = Callable[[float], None]
SECONDS_BETWEEN_LINES = 15.0
_CLEAR = 0.05  # share from which the time left can be estimated


def print_json(value: Mapping[str, Any]) -> None:
    """Prints an object on one line of standard output."""
    print(json_text(json.dumps(value, ensure_ascii=False, allow_nan=False)), flush=True)


def print_outcome(
    files: Sequence[Path], record: Callable[[], Mapping[str, Any]], messages: Iterable[str], *, as_json: bool, quiet: bool
) -> None:
    """Prints the result for a piece: one JSON object with files and record, or the paths with messages on standard error."""
    if as_json:
        print_json({"files": [str(path) for path in files], **record()})
        return
    if not quiet:
        for line in messages:
            print(plain(line), file=sys.stderr)
    for path in files:
        print(path, flush=True)


def write_stdout(content: bytes, messages: Iterable[str]) -> None:
    """Writes a file's bytes to standard output and messages to standard error.

    Raises:
        BadInputError: standard output is a terminal or closed.
    """
    if sys.__stdout__ is None:
        raise BadInputError("standard output is closed: redirect it or give a file")
    if sys.stdout.isatty():
        raise BadInputError("standard output is a terminal, which cannot show MIDI: redirect it or give a file")
    for line in messages:
        print(line, file=sys.stderr)
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Prints rows in aligned columns; the last column is not wrapped."""
    rows = [[plain(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip())


def show_line(line: str) -> None:
    """Prints a line of progress on standard error."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def muted(stream: TextIO) -> Iterator[None]:
    """Suppresses standard output or error, even from native code (the tokenizers library writes blank lines)."""
    stream.flush()
    number = 1 if stream is sys.stdout else 2
    kept = os.dup(number)
    try:
        discard(number)
        yield
    finally:
        os.dup2(kept, number)
        os.close(kept)


def discard(number: int) -> None:
    """Discards what is still written to a file descriptor."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (a device, not one of our paths)
        os.dup2(nowhere.fileno(), number)


@contextmanager
def progress_bar(label: str, quiet: bool = False) -> Iterator[Progress]:
    """Yields a function that takes the fraction done, 0 to 1, and shows a bar on a terminal or lines at intervals (stderr)."""
    with described_bar(label, quiet) as update:
        yield lambda fraction: update(fraction, "")


def _lines_of_progress(label: str) -> Callable[[float, str], None]:
    """Prints progress lines at intervals when there is no terminal, so that a log shows activity."""
    start = last = time.monotonic()

    def update(fraction: float, text: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            last = now
            left = f", about {(now - start) * (1 / fraction - 1):.0f} s left" if fraction >= _CLEAR else ""
            show_line(f"{label}  {text}".rstrip() + f": {fraction:.0%} after {now - start:.0f} s{left}")

    return update


@contextmanager
def described_bar(label: str, quiet: bool = False) -> Iterator[Callable[[float, str], None]]:
    """Like `progress_bar`, with a function that also takes a text to show beside the label."""
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
