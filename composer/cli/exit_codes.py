"""Turns exceptions into one line on standard error and an exit code (1 failure, 2 usage, 3 input, 4 model, 130 stopped)."""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import typer

from composer.cli.console import discard, message, use_utf8
from composer.cli.grouping import SectionedGroup
from composer.errors import EXTRAS, INTERRUPTED, INTERRUPTING, BadInputError, CantilenaError, MissingExtraError, pip_line_of

DEBUG_VARIABLE = "CANTILENA_DEBUG"
FAILURE = 1
_UNUSABLE = (
    errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EACCES, errno.EPERM, errno.EROFS,
)  # fmt: skip
_REMEDIES = dict.fromkeys(_UNUSABLE, "give another name") | dict.fromkeys(
    (errno.ENOSPC, errno.EFBIG, errno.EDQUOT), "make room, or give another folder (TMPDIR for temporary files)"
)
_MOST_SHOWN = 100  # characters of a file name


class ReportingGroup(SectionedGroup):
    """The root command group: reports every error in one line, without a traceback."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Runs the command line; in standalone mode (the default) it ends the process with the exit code."""
        if not options.get("standalone_mode", True):
            return super().main(*args, **options)
        options["standalone_mode"] = False
        os.environ.setdefault("PYTHONSAFEPATH", "1")  # child processes import nothing from the current folder
        use_utf8()
        with _ended_as_interrupted():
            code = exit_code_of(lambda: super(ReportingGroup, self).main(*args, **options))
        sys.exit(code)

    def invoke(self, ctx: Any) -> Any:
        """Runs a command; it succeeds if the reader of its output has read enough (`| head -1`)."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            if not _lost_reader():
                raise
            return 0
        return result


def _lost_reader() -> bool:
    """Whether standard output is a pipe that nothing reads; what is left for it is then discarded."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    lost = any(event & select.POLLERR for _, event in poll.poll(0))
    if lost:
        discard(sys.stdout.fileno())
    return lost


@contextmanager
def _ended_as_interrupted() -> Iterator[None]:
    """Treats SIGTERM and SIGHUP like Ctrl-C, so that processes and files are cleaned up; ignores all three meanwhile."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in INTERRUPTING}
    heeded = [number for number, handler in before.items() if handler is not signal.SIG_IGN]  # nohup ignores SIGHUP

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    try:
        for number in heeded:
            signal.signal(number, interrupt)
        yield
    finally:
        for number in heeded:
            signal.signal(number, before[number])


def exit_code_of(command: Callable[[], Any]) -> int:
    """Runs a command, reports how it failed, and returns its exit code. CANTILENA_DEBUG=1 re-raises unexpected errors."""
    try:
        result = command()
        code = result if isinstance(result, int) else 0
        return _report("interrupted", code) if code == INTERRUPTED else code
    except CantilenaError as error:
        return _report(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _report("interrupted", INTERRUPTED)
    except typer.Exit as stop:
        return int(stop.exit_code)
    except Exception as error:
        if hasattr(error, "format_message"):  # errors of the parser: unknown option, missing argument, not a number
            context = getattr(error, "ctx", None)
            hint = f" See '{context.command_path} --help'." if context else ""
            return _report(error.format_message() + hint, int(getattr(error, "exit_code", FAILURE)))
        if os.environ.get(DEBUG_VARIABLE):
            raise
        if isinstance(error, OSError) and error.strerror:
            place = str(error.filename or "")
            shown = place if len(place) <= _MOST_SHOWN else f"{place[:_MOST_SHOWN]}..."
            remedy = _REMEDIES.get(error.errno or 0)
            code = BadInputError.exit_code if remedy else FAILURE
            return _report(": ".join(filter(None, (error.strerror, shown, remedy))), code)
        if isinstance(error, ModuleNotFoundError) and any(error.name in packages for packages in EXTRAS.values()):
            return _report(f"this needs {error.name}: {pip_line_of(str(error.name))}", MissingExtraError.exit_code)
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return _report(f"unexpected error: {what} (set {DEBUG_VARIABLE}=1 for details)", FAILURE)


def _report(text: str, code: int) -> int:
    with suppress(OSError):  # a full disk does not change the code
        print("cantilena:", message(text), file=sys.stderr)
    return code
