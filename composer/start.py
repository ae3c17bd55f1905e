"""Entry point of the `cantilena` command: Ctrl-C, SIGTERM and SIGHUP always print one line and exit with code 130.

Imports only the standard library before that is set up, because the imports of the command line take a third of a second.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from types import FrameType

from composer.errors import INTERRUPTED, INTERRUPTING


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    _open_streams()
    heeded = [number for number in INTERRUPTING if signal.getsignal(number) is not signal.SIG_IGN or number is signal.SIGINT]
    _handle(heeded, _end_now)
    from composer.cli import app

    _handle(heeded, signal.default_int_handler)
    try:
        app()
    except KeyboardInterrupt:  # while the commands are assembled
        _end_now(signal.SIGINT, None)
    finally:
        _handle(heeded, signal.SIG_IGN)  # only the interpreter's shutdown remains


def _handle(numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in numbers:
        signal.signal(number, handler)


def _open_streams() -> None:
    """Opens the null device for closed standard streams, so that no file gets the number of one."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 (open until the process ends)


def _end_now(number: int, frame: FrameType | None) -> None:
    """Ends the process before there is anything to clean up."""
    os.write(sys.stderr.fileno(), b"cantilena: interrupted\n")
    os._exit(INTERRUPTED)
