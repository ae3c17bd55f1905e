"""Text of files and users on its way to a terminal or a log: no control characters, no endless lines.

A title can hold escape sequences that move the cursor, or marks that turn text around.
"""

from __future__ import annotations

import io
import json
import re
import sys
import unicodedata

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
