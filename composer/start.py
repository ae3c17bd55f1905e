"""Where the `cantilena` command begins: Ctrl-C means one line and exit code 130 from the first moment to the last.

Imports nothing but the standard library before that holds, for the imports of the command line take a third of a second.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from composer.errors import INTERRUPTED


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    signal.signal(signal.SIGINT, _end_now)
    from composer.cli import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        app()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left to do is the interpreter's


def _end_now(number: int, frame: FrameType | None) -> None:
    """Before there is anything to clear up."""
    os.write(sys.stderr.fileno(), b"cantilena: interrupted\n")
    os._exit(INTERRUPTED)
