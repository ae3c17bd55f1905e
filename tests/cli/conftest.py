"""Runs the command line in this process, with the output that a shell would see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from composer.cli import app


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture
def cantilena(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs `cantilena` with arguments in an empty folder and returns the outcome."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Outcome:
        with pytest.raises(SystemExit) as stopped:
            app([str(argument) for argument in arguments], prog_name="cantilena")
        captured = capfd.readouterr()
        code = stopped.value.code
        return Outcome(0 if code is None else int(code), captured.out, captured.err)

    return run
