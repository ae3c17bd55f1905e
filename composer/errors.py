"""All exceptions. Every message is one line: the value, the allowed range, the remedy.

Only these reach a user; the command line maps each class to its exit code and prints no traceback.
"""

from __future__ import annotations

import re
import signal

INTERRUPTED = 130  # exit code after Ctrl-C, and after the other signals that end a command
INTERRUPTING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


_LONG_VALUE = re.compile(r"""(?<![^\s(\[])(['"])((?:\\.|(?!\1)[^\\]){100})(?:\\.|(?!\1)[^\\]){100,}\1""")  # a quoted value


class CantilenaError(Exception):
    """Base class of all errors that Cantilena raises deliberately.

    A message shows the first 100 characters of a quoted value of 200 or more.

    >>> len(str(CantilenaError(f"key {'x' * 2000!r} is not known: write a tonic and a mode")))
    148
    """

    exit_code = 1

    def __init__(self, message: object = "") -> None:
        super().__init__(_LONG_VALUE.sub(r"\1\2...\1", str(message)))


class BadInputError(CantilenaError):
    """A value or file that cannot be used: out of range, contradictory, malformed or too large."""

    exit_code = 3


class ModelNotFoundError(CantilenaError):
    """No checkpoint with the requested name or path."""

    exit_code = 4


class MissingExtraError(CantilenaError):
    """A requested feature needs an optional package; the message contains the pip command."""

    exit_code = 1


# Packages of the optional extras; installing them by name works even if Cantilena was not installed from an index.
EXTRAS = {
    "train": ("torch", "miditok"),
    "notation": ("verovio", "typst", "fonttools", "brotli"),
    "formats": ("music21",),
    "export": ("gguf",),
    "play": ("sounddevice", "python-rtmidi"),
    "farm": ("fsspec", "pyarrow", "ray"),
    "studio": ("fastapi", "uvicorn", "segno", "verovio"),
    "mcp": ("mcp",),
}


TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # the builds on PyPI for Linux bring gigabytes of CUDA along


def pip_line(extra: str) -> str:
    """The pip command that installs an extra's packages.

    >>> pip_line("studio")
    'pip install fastapi uvicorn segno verovio'
    """
    line = f"pip install {' '.join(EXTRAS[extra])}"
    return f"{line} --extra-index-url {TORCH_CPU_INDEX}" if "torch" in EXTRAS[extra] else line


def pip_line_of(module: str) -> str:
    """How to install a missing package: with the extra that brings it, where one does.

    >>> pip_line_of("onnxruntime")
    'pip install onnxruntime'
    """
    extra = next((extra for extra, packages in EXTRAS.items() if module in packages), None)
    return pip_line(extra) if extra else f"pip install {module}"


class GrammarError(CantilenaError):
    """A token sequence that the grammar of the stream does not allow."""

    exit_code = 1
