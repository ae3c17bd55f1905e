"""A full disk, and two processes that write the same name: files are complete or absent, and errors are one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.robustness_common import Tally, Workshop, command, contents, differing, hidden

_PAGE = 4096
_LIVE = """
import sys
from pathlib import Path
from composer.files import write_atomically
from composer.render.audio import write_audio
import numpy as np
path, number = Path(sys.argv[1]), int(sys.argv[2])
sound = np.full((24_000 + 9_000 * number, 2), 0.1 * (1 + number), np.float32)
for _ in range(30):
    write_audio(path, sound) if path.suffix in (".wav", ".flac", ".ogg", ".mp3") else write_atomically(path, sound.tobytes())
"""


# A full disk -----------------------------------------------------------------------------------------------------------------


def full(workshop: Workshop, trials: int) -> Iterator[Tally]:
    """Each command on disks from almost nothing to almost enough."""
    if not _may_mount(workshop.folder):
        tally = Tally("full disk")
        tally.counts["skipped: this process may not mount a tmpfs (run as root)"] += 1
        yield tally
        return
    workshop.must("compose", "--bars", 4, "--seed", 3, "--style", "waltz", "--name", "tune", "--format", "mid", "-o", ".", "-q")
    briefs = workshop.folder / "full.jsonl"
    briefs.write_text('{"bars": 2, "style": "waltz"}\n' * 4)
    commands: dict[str, tuple[object, ...]] = {
        "compose": (
            "compose",
            "--bars",
            4,
            "--seed",
            3,
            "--name",
            "a",
            "--format",
            "mid,musicxml,wav,ogg",
            "-q",
            "-o",
            "{}/out",
        ),
        "batch": ("batch", briefs, "--format", "mid,musicxml", "-q", "-o", "{}/out"),
        **{f"render {kind}": ("render", "tune.mid", "-q", "-o", f"{{}}/a.{kind}") for kind in ("wav", "flac", "ogg", "mp3")},
        "render stems": ("render", "tune.mid", "-q", "-o", "elsewhere.wav", "--overwrite", "--stems", "{}/stems"),
        "convert": ("convert", "tune.mid", "{}/a.dawproject"),
        "picture": ("convert", "tune.mid", "{}/a.svg"),
    }
    for name, arguments in commands.items():
        yield _fill(workshop, name, arguments, trials)


def _fill(workshop: Workshop, name: str, arguments: Sequence[object], trials: int) -> Tally:
    """One command on disks of several sizes."""
    tally = Tally(f"full disk, {name}")
    plenty = workshop.folder / "plenty" / name.replace(" ", "-")
    plenty.mkdir(parents=True)
    workshop.must(*_at(arguments, plenty))
    whole = contents(plenty)
    size = sum(-(-len(content) // _PAGE) * _PAGE for content in whole.values())
    for number in range(trials):
        room = max(2 * _PAGE, round(size * (number + 0.5) / trials / _PAGE) * _PAGE)
        with _disk(workshop.folder / "disk", room) as disk:
            done = workshop.run(*_at(arguments, disk))
            wrong, left = differing(contents(disk), whole), hidden(disk)
            complete = contents(disk) == whole
        failure = ""
        if wrong or left:
            failure = f"truncated {wrong}, left {left}"
        elif done.returncode not in (0, 1, 3) or (done.returncode == 0 and not complete):
            failure = f"exit code {done.returncode}, all files there: {complete}"
        elif done.returncode and "No space left on device" not in done.stderr:
            failure = f"says {done.stderr[-200:]!r}"
        elif name != "batch" and len(done.stderr.splitlines()) > 1:
            failure = f"says more than a line: {done.stderr[-300:]!r}"
        outcome = "refused" if done.returncode else "done"
        tally.add(outcome, f"{room:,} bytes: {failure}" if failure else "")
    return tally


def _at(arguments: Sequence[object], folder: Path) -> list[str]:
    return [str(item).replace("{}", str(folder)) for item in arguments]


def _may_mount(folder: Path) -> bool:
    try:
        with _disk(folder / "probe", 64 * 1024):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def _disk(folder: Path, size: int) -> Iterator[Path]:
    """A disk of `size` bytes."""
    folder.mkdir(exist_ok=True)
    options = f"size={size},nr_inodes=200"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)


# Races -----------------------------------------------------------------------------------------------------------------------


def races(workshop: Workshop) -> list[Tally]:
    """Two processes at a time."""
    tally = Tally("races")
    for suffix in (".wav", ".flac", ".ogg", ".mp3", ".mid"):
        _one_name(workshop, f"raced{suffix}", tally)
    _two_batches(workshop, tally)
    _two_runs(workshop, tally)
    return [tally]


def _one_name(workshop: Workshop, name: str, tally: Tally) -> None:
    """Two processes write different content under one name thirty times: the last file must be one of the two."""
    folder = workshop.folder / f"race-{name}"
    folder.mkdir()
    alone = []
    for number in (0, 1):
        _live(folder / f"alone-{number}{Path(name).suffix}", number, workshop).wait()
        alone.append((folder / f"alone-{number}{Path(name).suffix}").read_bytes())
    processes = [_live(folder / name, number, workshop) for number in (0, 1)]
    codes = [process.wait() for process in processes]
    failure = ""
    if any(codes) or (folder / name).read_bytes() not in alone or hidden(folder):
        failure = f"{name}: exit codes {codes}, left {hidden(folder)}"
    tally.add("one of the two", failure)


def _live(path: Path, number: int, workshop: Workshop) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _LIVE, str(path), str(number)], env=workshop.environment)


def _two_batches(workshop: Workshop, tally: Tally) -> None:
    """Runs the same batch into the same folder twice at once."""
    briefs = workshop.folder / "raced.jsonl"
    briefs.write_text('{"bars": 2, "style": "waltz"}\n' * 4)
    arguments = ("batch", briefs, "--format", "mid,musicxml", "-q", "-o")
    workshop.must(*arguments, "raced-alone")
    processes = [workshop.start(*arguments, "raced-together") for _ in range(2)]
    codes = [process.wait() for process in processes]
    found, left = contents(workshop.folder / "raced-together"), hidden(workshop.folder / "raced-together")
    right = not any(codes) and found == contents(workshop.folder / "raced-alone") and not left
    tally.add("the same files", "" if right else f"batch: exit codes {codes}, {sorted(found)}, left {left}")


def _two_runs(workshop: Workshop, tally: Tally) -> None:
    """Two runs in one folder: one works, the other must be refused."""
    from benchmarks.robustness_kills import _CONFIG

    (workshop.folder / "raced.toml").write_text(_CONFIG)
    if not (workshop.folder / "data").exists():
        workshop.must("data", "build", workshop.songs, "-o", "data", "--merges", 20, "-j", 1)
    arguments = command(("train", "raced.toml", "--data", "data", "--run", "raced-run"))
    processes = [
        subprocess.Popen(
            arguments, cwd=workshop.folder, env=workshop.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    codes = sorted(process.wait() for process in processes)
    tally.add("one refused", "" if codes == [0, 3] else f"train: exit codes {codes}")
