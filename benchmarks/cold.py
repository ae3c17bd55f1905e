"""Prints the time of a cold start: `--help`, and a piece of 32 bars in four parts with all its files, stage by stage.

    python -m benchmarks cold                        as for a user: all threads, the fast engine if it is installed
    CANTILENA_ENGINE=cpu python -m benchmarks cold
    python -m benchmarks cold --qualities            16 and 32 bars at each quality, one process per piece, as Markdown

Prints processor time and wall time; on a busy machine the first counts. The stages run in the order of `compose` in one fresh
process, so each stage includes the imports that it is the first to need.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.corpus import ROOT

BRIEF = {"style": "string-quartet", "key": "D minor", "meter": "3/4", "tempo": 84, "bars": 32, "seed": 7}


ENSEMBLES = {
    "piano": {"style": "waltz"},
    "quartet": {"style": "string-quartet", "key": "D minor", "meter": "3/4"},
    "orchestra": {"style": "symphony", "meter": "4/4"},
}


def compose_once(options: dict[str, Any], folder: str) -> tuple[float, float]:
    """Processor and wall seconds of `compose` to MIDI in a fresh process."""
    flags = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, str(ROOT / "cli.py"), "compose", *flags, "-o", folder, "--format", "mid", "--overwrite", "-q"]
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - start


def print_qualities() -> None:
    """A table of the cost of each quality."""
    from composer.brief.quality_levels import QUALITIES

    print("| piece | " + " | ".join(f"{name}: processor s | wall s" for name in QUALITIES) + " |")
    print("|---|" + "---:|---:|" * len(QUALITIES))
    with tempfile.TemporaryDirectory() as scratch:
        for name, options in ENSEMBLES.items():
            for bars in (16, 32):
                costs = [
                    compose_once({**options, "bars": bars, "seed": 7, "quality": quality}, scratch) for quality in QUALITIES
                ]
                cells = " | ".join(f"{processor:.1f} | {wall:.1f}" for processor, wall in costs)
                print(f"| {name}, {bars} bars | {cells} |", flush=True)


def stages(folder: Path) -> dict[str, tuple[float, float]]:
    """Processor and wall seconds of each stage, in this process."""
    found: dict[str, tuple[float, float]] = {}

    def timed(name: str, run: Callable[[], Any]) -> Any:
        start = time.process_time(), time.perf_counter()
        result = run()
        found[name] = (time.process_time() - start[0], time.perf_counter() - start[1])
        return result

    def imports() -> None:
        import composer.cli
        import composer.composing  # noqa: F401

    timed("imports", imports)
    from composer import composing
    from composer.brief import Brief
    from composer.composing import output
    from composer.composing.session import open_model
    from composer.model.checkpoint import find_model

    brief = Brief.from_dict(BRIEF)
    timed("model", lambda: open_model(find_model()))
    piece = timed("notes and report", lambda: composing.compose(brief))
    for name in ("mid", "musicxml", "wav"):
        timed(name, lambda name=name: output.write(piece, folder / "piece", [name]))
    return found


def main() -> None:
    if sys.argv[1:] == ["--qualities"]:
        print_qualities()
        return
    if len(sys.argv) > 1:
        print(json.dumps(stages(Path(sys.argv[1]))))
        return
    print(f"{'':18} {'processor s':>12} {'wall s':>8}")
    best = (9e9, 9e9)
    for _ in range(3):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), "--help"],
            check=True,
            capture_output=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = min(best, (used, time.perf_counter() - start))
    print(f"{'--help':18} {best[0]:12.2f} {best[1]:8.2f}")
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "benchmarks", "cold", scratch]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    found = json.loads(done.stdout)
    for name, (processor, wall) in found.items():
        print(f"{name:18} {processor:12.2f} {wall:8.2f}")
    print(f"{'piece in all':18} {sum(p for p, _ in found.values()):12.2f} {sum(w for _, w in found.values()):8.2f}")
