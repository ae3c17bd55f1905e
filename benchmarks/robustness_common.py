"""Common code of the campaigns of `robustness.py`: a model and music, the command line as a process, and tallies."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from composer.formats import write_score
from composer.score import Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from tests.tiny import save_tiny_model
from tools.corpus import ROOT

COMMAND = (sys.executable, str(ROOT / "cli.py"))


@dataclass
class Tally:
    """Outcomes of the trials of one kind."""

    name: str
    tried: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    worst_s: float = 0.0
    worst_mb: float = 0.0

    def add(self, outcome: str, failure: str = "") -> None:
        """Counts a trial."""
        self.tried += 1
        self.counts[outcome] += 1
        if failure:
            self.failures.append(failure)


class Workshop:
    """A folder with a small random model, which composes nonsense that obeys all rules, and music to learn from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "CANTILENA_HOME": str(folder / "home"),
            "CANTILENA_MODEL": str(self.model),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT),
        }
        os.environ |= {name: self.environment[name] for name in ("CANTILENA_HOME", "CANTILENA_MODEL")}

    @cached_property
    def model(self) -> Path:
        """The model's folder."""
        return save_tiny_model(self.folder / "models" / "tiny")

    @cached_property
    def songs(self) -> Path:
        """A folder of forty short songs."""
        folder = self.folder / "songs"
        folder.mkdir()
        for number in range(40):
            random_ = random.Random(number)
            notes = tuple(Note(240 * step, 60 + 2 * random_.randrange(8), 240) for step in range(64))
            keys, meters = (KeySignature(0, Key(0, "major")),), (TimeSignature(0, 4, 4),)
            write_score(Score((Part("Flute", 73, notes),), (Tempo(0, 96.0),), meters, keys), folder / f"song-{number}.mid")
        return folder

    def run(
        self, *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs the command line in a separate process."""
        return subprocess.run(
            command(arguments), cwd=cwd or self.folder, env=self.environment | dict(env or {}), capture_output=True,
            text=True, check=False, timeout=600,
        )  # fmt: skip

    def start(self, *arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Starts the command line in a new process group."""
        return subprocess.Popen(
            command(arguments), cwd=self.folder, env=self.environment | dict(env or {}), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def must(self, *arguments: object, env: Mapping[str, str] | None = None) -> None:
        """Runs the command line, which must succeed, for a reference result."""
        done = self.run(*arguments, env=env)
        if done.returncode:
            sys.exit(f"cannot prepare: {' '.join(map(str, arguments))} ended with {done.returncode}: {done.stderr}")


def command(arguments: Sequence[object]) -> list[str]:
    """A command line."""
    return [*COMMAND, *map(str, arguments)]


def contents(folder: Path) -> dict[str, bytes]:
    """Files below a folder by relative path, without hidden ones."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    found = {str(path.relative_to(folder)): path for path in paths}
    return {
        name: path.read_bytes() for name, path in found.items() if not any(part.startswith(".") for part in Path(name).parts)
    }


def hidden(folder: Path) -> list[str]:
    """Names of remaining hidden files."""
    return sorted(path.name for path in folder.rglob(".*"))


def differing(found: Mapping[str, bytes], whole: Mapping[str, bytes]) -> list[str]:
    """Names of files that are not, byte for byte, those of an undisturbed run."""
    return sorted(name for name, content in found.items() if whole.get(name) != content)


def print_header() -> None:
    """The head of the table."""
    print(f"{'campaign':24} {'tried':>7} {'failed':>7} {'worst s':>8} {'worst MB':>9}  outcomes", flush=True)


def print_row(tally: Tally) -> None:
    """A row of the table, and every failure."""
    outcomes = ", ".join(f"{count} {name}" for name, count in tally.counts.most_common())
    worst = f"{tally.worst_s:8.2f} {tally.worst_mb:9.0f}" if tally.worst_s else f"{'':8} {'':9}"
    print(f"{tally.name:24} {tally.tried:7} {len(tally.failures):7} {worst}  {outcomes}", flush=True)
    for failure in tally.failures:
        print(f"  FAILED {failure}", flush=True)
