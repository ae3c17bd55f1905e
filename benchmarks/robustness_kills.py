"""SIGKILL at random moments of a command's work: no partial files, nothing is lost, and resumed work ends in the same bytes.

The moments lie between the end of a command's start (imports) and its end. They are CPU seconds of the command and its
children, as Linux counts them, so that the load of the machine matters little. Start and end are measured before each ten
kills, and a command that ends before its kill shortens the span and does not count. Each campaign goes on until it has
interrupted the requested number of commands, and fails if three times as many do not suffice.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.robustness_common import Tally, Workshop, contents, differing

SHARES = {"compose": 0.3, "batch": 0.25, "learn": 0.2, "train": 0.25}
_KILLS_A_MEASUREMENT = 10  # kills before a command's length is measured again
_CERTAIN = 0.93  # part of the work drawn from: the same command takes a few percent more or less each time
_POLL_S = 0.005  # wait between two looks at a command's CPU time
_MOST_TRIES = 3  # commands per interrupted one: on a loaded machine, commands take less or more CPU time than measured
_KILLS_A_RUN = 5  # kills of a training run before it may end
_STEPS = 400  # of a training run
_CONFIG = f"""
[model]
hidden_size = 32
intermediate_size = 64
num_hidden_layers = 1
num_attention_heads = 2
num_key_value_heads = 2
max_position_embeddings = 128

[training]
batch_size = 2
micro_batch = 2
warmup_steps = 1
max_steps = {_STEPS}
log_steps = 1
save_minutes = 0.005
compile = false
threads = 1

[data]
seed = 5
"""


@dataclass
class Course:
    """Start and end of a command's work in CPU seconds.

    `idle` runs the command without its work, `whole` runs all of it; both get a number for new names.
    """

    idle: Callable[[int], None]
    whole: Callable[[int], None]
    begins: float = 0.0
    ends: float = 0.0
    _drawn: int = 0

    def moment(self, random_: random.Random, share: float = 1.0) -> float:
        """Draws a moment from the first part of the work, in CPU seconds."""
        if self._drawn % _KILLS_A_MEASUREMENT == 0:
            self.begins, self.ends = (_measured(task, self._drawn) for task in (self.idle, self.whole))
        self._drawn += 1
        span = _CERTAIN * share * max(self.ends - self.begins, 0.0)
        return random_.uniform(self.begins, self.begins + span)

    def over(self, moment: float) -> None:
        """Notes that the command had ended by a moment: it is faster than measured."""
        self.ends = min(self.ends, moment)


@dataclass
class Kills(Tally):
    """Outcomes of kills, until enough of them interrupted a command."""

    wanted: int = 0
    interrupted: int = field(default=0, init=False)

    @property
    def enough(self) -> bool:
        """Whether the wanted number is reached, or cannot be in a sensible time."""
        return self.interrupted >= self.wanted or self.tried >= _MOST_TRIES * self.wanted

    def count(self, killed: bool, failure: str = "") -> None:
        """Counts a kill."""
        self.interrupted += killed
        self.add("interrupted" if killed else "over before the kill", failure)

    def closed(self) -> Kills:
        """The tally, with a failure if too few kills interrupted a command."""
        if self.interrupted < self.wanted:
            self.failures.append(f"only {self.interrupted} of {self.tried} kills interrupted the command, {self.wanted} must")
        return self


def campaign(workshop: Workshop, count: int, seed: int) -> Iterator[Tally]:
    """Kills each command in proportion to its share."""
    verbs: dict[str, Callable[[Workshop, Kills, random.Random], None]] = {
        "compose": compose, "batch": batch, "learn": learn, "train": train,
    }  # fmt: skip
    for name, verb in verbs.items():
        kills = Kills(f"kill {name}", wanted=round(count * SHARES[name]))
        verb(workshop, kills, random.Random(f"{seed}{name}"))
        yield kills.closed()


def kill(process: subprocess.Popen[bytes], course: Course, moment: float) -> bool:
    """Kills a process and its children at a moment of its course; returns whether it was still running."""
    while process.poll() is None:
        if _cpu_seconds(process.pid) >= moment:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        time.sleep(_POLL_S)
    course.over(moment)
    return False


def _cpu_seconds(group: int) -> float:
    """CPU seconds of the processes of a group and of the children that they have waited for."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _measured(task: Callable[[int], None], number: int) -> float:
    """CPU seconds of the commands that a task runs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    task(number)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compose(workshop: Workshop, kills: Kills, random_: random.Random) -> None:
    """A piece in five formats: each file is complete or absent, and other files are unchanged."""
    asked = ("compose", "--bars", 4, "--seed", 3, "--style", "waltz")
    arguments = (*asked, "--name", "piece", "-q", "--format", "mid,musicxml,wav,ogg,dawproject")
    workshop.must(*arguments, "-o", "whole")
    whole = contents(workshop.folder / "whole")
    course = Course(
        lambda _: workshop.must(*asked, "--explain"), lambda number: workshop.must(*arguments, "-o", f"whole-{number}")
    )
    while not kills.enough:
        folder = workshop.folder / f"compose-{kills.tried}"
        folder.mkdir()
        (folder / "mine.mid").write_bytes(b"mine")
        moment = course.moment(random_)
        killed = kill(workshop.start(*arguments, "-o", folder), course, moment)
        wrong = differing(contents(folder), whole | {"mine.mid": b"mine"})
        lost = not (folder / "mine.mid").exists() or (not killed and set(contents(folder)) != {*whole, "mine.mid"})
        kills.count(killed, f"trial {kills.tried}: {wrong or 'a file is lost'}" if wrong or lost else "")
        shutil.rmtree(folder, ignore_errors=True)


def batch(workshop: Workshop, kills: Kills, random_: random.Random) -> None:
    """Six pieces, alternately in one and two processes, rerun after the kill."""
    briefs = workshop.folder / "briefs.jsonl"
    briefs.write_text("".join(json.dumps({"bars": 2 + number % 3, "style": "waltz"}) + "\n" for number in range(6)))
    arguments = ("batch", briefs, "--format", "mid,musicxml", "--together", 2, "-q")
    workshop.must(*arguments, "-o", "all")
    whole = contents(workshop.folder / "all")

    def made(jobs: int, folder: str) -> None:
        workshop.must(*arguments, "-o", folder, "--jobs", jobs)

    courses = [
        Course(lambda _: made(1, "all"), lambda number: made(1, f"one-{number}")),
        Course(lambda _: made(2, "all"), lambda number: made(2, f"two-{number}")),
    ]
    while not kills.enough:
        number = kills.tried
        folder, jobs = workshop.folder / f"batch-{number}", 1 + number % 2
        course = courses[number % 2]
        moment = course.moment(random_)
        killed = kill(workshop.start(*arguments, "-o", folder, "--jobs", jobs), course, moment)
        failure = f"half-written {wrong}" if (wrong := differing(_later(folder), whole)) else ""
        done = workshop.run(*arguments, "-o", folder, "--jobs", jobs)
        if done.returncode or contents(folder) != whole:
            failure = failure or f"called again: {done.returncode} {done.stderr[-200:]}"
        kills.count(killed, f"trial {number}: {failure}" if failure else "")
        shutil.rmtree(folder, ignore_errors=True)


def _later(folder: Path) -> dict[str, bytes]:
    """The files in a folder once the children of a killed process have ended too."""
    found = contents(folder)
    while True:
        time.sleep(0.3)
        if (now := contents(folder)) == found:
            return found
        found = now


def learn(workshop: Workshop, kills: Kills, random_: random.Random) -> None:
    """A style replaced by another: one of the two exists, complete; every fourth time the command is rerun."""
    arguments = ("learn", workshop.songs, "--name", "mine", "--passes", 0.3, "-q")

    def home(name: object) -> dict[str, str]:
        return {"CANTILENA_HOME": str(workshop.folder / f"home-{name}")}

    def replaced(number: object) -> None:
        shutil.copytree(workshop.folder / "home-before", workshop.folder / f"home-{number}")
        workshop.must(*arguments, "--seed", 2, "--replace", env=home(number))

    workshop.must(*arguments, "--seed", 1, env=home("before"))
    replaced("after")
    old, new = (_style(workshop.folder / name) for name in ("home-before", "home-after"))
    course = Course(
        lambda _: workshop.must("learn", "--list", env=home("before")), lambda number: replaced(f"measured-{number}")
    )
    while not kills.enough:
        number = kills.tried
        shutil.copytree(workshop.folder / "home-before", workshop.folder / f"home-{number}")
        env, styles = home(number), workshop.folder / f"home-{number}" / "styles"
        moment = course.moment(random_)
        killed = kill(workshop.start(*arguments, "--seed", 2, "--replace", env=env), course, moment)
        listed = workshop.run("learn", "--list", "--json", env=env)
        names = [json.loads(line) for line in listed.stdout.splitlines()]
        failure = "" if [(row["name"], "error" in row) for row in names] == [("mine", False)] else f"lists {listed.stdout}"
        if _style(styles.parent) not in (old, new):
            failure = failure or "the style is neither the old one nor the new one"
        if number % 4 == 0 and not failure:
            again = workshop.run(*arguments, "--seed", 2, "--replace", env=env)
            left = [path.name for path in styles.glob(".learning-*")]
            if again.returncode or _style(styles.parent) != new or left:
                failure = f"called again: {again.returncode} {again.stderr[-200:]} {left}"
        kills.count(killed, f"trial {number}: {failure}" if failure else "")
        shutil.rmtree(styles.parent)


def _style(home: Path) -> str:
    """A digest of a style's adapter and its melodies."""
    folder = home / "styles" / "mine"
    files = [folder / name for name in ("adapter.safetensors", "originality.npz")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files if path.is_file())).hexdigest()


def train(workshop: Workshop, kills: Kills, random_: random.Random) -> None:
    """Runs killed five times each and resumed: the model equals that of an undisturbed run.

    Each kill leaves the later ones an equal part of the work.
    """
    workshop.must("data", "build", workshop.songs, "-o", "data", "--merges", 20, "-j", 1)
    (workshop.folder / "run.toml").write_text(_CONFIG)
    arguments = ("train", "run.toml", "--data", "data", "--run")
    workshop.must(*arguments, "undisturbed")
    whole = contents(workshop.folder / "undisturbed" / "model")

    def refused(_: int) -> None:  # once everything is loaded, since the folder contains a run
        workshop.run(*arguments, "undisturbed")

    course = Course(refused, lambda number: workshop.must(*arguments, f"run-long-{number}"))
    runs = 0
    while not kills.enough:
        folder = workshop.folder / f"run-{runs}"
        failure, planned = "", min(_KILLS_A_RUN, kills.wanted - kills.interrupted)
        for place in range(planned):
            left = 1 - max(_steps(folder), default=0) / _STEPS
            moment = course.moment(random_, left / (planned - place))
            killed = kill(workshop.start(*arguments, folder, *_resume(folder)), course, moment)
            wrong = differing(contents(folder / "model"), whole)
            failure = failure or (f"half-written {wrong}" if wrong else "")
            kills.count(killed)
        done = workshop.run(*arguments, folder, *_resume(folder))
        logged = _steps(folder)
        if done.returncode or contents(folder / "model") != whole or logged != sorted(set(logged)):
            failure = failure or f"ended with {done.returncode} and another model or log: {done.stderr[-200:]}"
        if failure:
            kills.failures.append(f"run {runs}: {failure}")
        shutil.rmtree(folder, ignore_errors=True)
        runs += 1


def _steps(folder: Path) -> list[int]:
    """The steps in a run's log; the last line may be incomplete."""
    log = folder / "log.jsonl"
    lines = log.read_text().splitlines(keepends=True) if log.is_file() else []
    return [json.loads(line)["step"] for line in lines if '"loss"' in line and line.endswith("\n")]


def _resume(folder: Path) -> tuple[str, ...]:
    return ("--resume",) if (folder / "state.safetensors").is_file() else ()
