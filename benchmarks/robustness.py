"""The robustness campaign: `python -m benchmarks robustness [--files N] [--kills N] [--only NAME ...] [--seed N]`.

    files   mutated MIDI, MusicXML, MXL, kern, ABC, sidecars and model folders, and files designed to exhaust time and memory
    kills   SIGKILL at random moments of the work of compose, batch, learn and train
    disk    a small disk that fills up; needs the right to mount a tmpfs
    races   two processes that write the same name

Everything is drawn from the seed. Each failure is listed with its label; `--repeat KIND:NUMBER` writes that file into the
current folder and reads it with a traceback. The exit code is 1 if anything failed. Times are CPU seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import robustness_disk as disk
from benchmarks import robustness_files as files
from benchmarks import robustness_kills as kills
from benchmarks.robustness_common import Tally, Workshop, print_header, print_row

CAMPAIGNS = ("files", "kills", "disk", "races")


def main() -> int:
    """Runs the selected campaigns."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=10_000, help="mutated files")
    parser.add_argument("--kills", type=int, default=200, help="commands interrupted by a kill")
    parser.add_argument("--trials", type=int, default=12, help="sizes of the full disk, for each command")
    parser.add_argument("--only", choices=CAMPAIGNS, action="append", help="may be repeated; all by default")
    parser.add_argument("--kind", choices=tuple(files.SHARES), action="append", help="kinds of files; all by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repeat", metavar="KIND:NUMBER", help="one mutated file, with a traceback")
    options = parser.parse_args()
    start = time.monotonic()
    with TemporaryDirectory(prefix="robustness-") as folder:
        workshop = Workshop(Path(folder))
        if options.repeat:
            files.repeat(workshop, options.repeat, options.seed)
            return 0
        print_header()
        tallies: list[Tally] = []
        for tally in campaigns(workshop, options):
            print_row(tally)
            tallies.append(tally)
    failed = sum(len(tally.failures) for tally in tallies)
    print(f"{sum(tally.tried for tally in tallies)} trials, {failed} failed, {time.monotonic() - start:.0f} s")
    return int(failed > 0)


def campaigns(workshop: Workshop, options: argparse.Namespace) -> Iterator[Tally]:
    """Yields the results of the selected campaigns as they become available."""
    chosen = options.only or CAMPAIGNS
    if "files" in chosen:
        yield from files.campaign(workshop, options.files, options.seed, options.jobs, options.kind or tuple(files.SHARES))
    if "kills" in chosen:
        yield from kills.campaign(workshop, options.kills, options.seed)
    if "disk" in chosen:
        yield from disk.full(workshop, options.trials)
    if "races" in chosen:
        yield from disk.races(workshop)
