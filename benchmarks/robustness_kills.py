"""SIGKILL at random moments: no partial files, nothing is lost, and resumed work ends in the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.robustness_common import Tally, Workshop, contents, differing

SHARES = {"compose": 0.3, "batch": 0.25, "learn": 0.2, "train": 0.25}
_KILLS_A_RUN = 5  # kills of a training run before it may end
_CONFIG = """
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
max_steps = 60
log_steps = 1
save_minutes = 0.005
compile = false
threads = 1

[data]
seed = 5
"""


def campaign(workshop: Workshop, count: int, seed: int) -> Iterator[Tally]:
    """Kills each command in proportion to its share."""
    verbs: dict[str, Callable[[Workshop, int, random.Random], Tally]] = {
        "compose": compose, "batch": batch, "learn": learn, "train": train,
    }  # fmt: skip
    for name, verb in verbs.items():
        yield verb(workshop, round(count * SHARES[name]), random.Random(f"{seed}{name}"))


def kill(process: subprocess.Popen[bytes], after_s: float) -> bool:
    """Kills a process and its children after a time; returns whether it was still running."""
    try:
        process.wait(after_s)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def timed(work: Callable[[], None]) -> float:
    """Duration of a task in seconds."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


def compose(workshop: Workshop, count: int, random_: random.Random) -> Tally:
    """A piece in five formats: each file is complete or absent, and other files are unchanged."""
    tally = Tally("kill compose")
    arguments = ("compose", "--bars", 4, "--seed", 3, "--style", "waltz", "--name", "piece", "-q")
    arguments += ("--format", "mid,musicxml,wav,ogg,dawproject")
    seconds = timed(lambda: workshop.must(*arguments, "-o", "whole"))
    whole = contents(workshop.folder / "whole")
    for number in range(count):
        folder = workshop.folder / f"compose-{number}"
        folder.mkdir()
        (folder / "mine.mid").write_bytes(b"mine")
        killed = kill(workshop.start(*arguments, "-o", folder), random_.uniform(0, 1.1 * seconds))
        wrong = differing(contents(folder), whole | {"mine.mid": b"mine"})
        lost = not (folder / "mine.mid").exists() or (not killed and set(contents(folder)) != {*whole, "mine.mid"})
        tally.add("killed" if killed else "done", f"trial {number}: {wrong or 'a file is lost'}" if wrong or lost else "")
        shutil.rmtree(folder)
    return tally


def batch(workshop: Workshop, count: int, random_: random.Random) -> Tally:
    """Six pieces, alternately in one and two processes, rerun after the kill."""
    tally = Tally("kill batch")
    briefs = workshop.folder / "briefs.jsonl"
    briefs.write_text("".join(json.dumps({"bars": 2 + number % 3, "style": "waltz"}) + "\n" for number in range(6)))
    arguments = ("batch", briefs, "--format", "mid,musicxml", "--together", 2, "-q")
    seconds = timed(lambda: workshop.must(*arguments, "-o", "all"))
    whole = contents(workshop.folder / "all")
    for number in range(count):
        folder, jobs = workshop.folder / f"batch-{number}", 1 + number % 2
        killed = kill(workshop.start(*arguments, "-o", folder, "--jobs", jobs), random_.uniform(0, 1.1 * seconds))
        failure = f"half-written {wrong}" if (wrong := differing(_later(folder), whole)) else ""
        done = workshop.run(*arguments, "-o", folder, "--jobs", jobs)
        if done.returncode or contents(folder) != whole:
            failure = failure or f"called again: {done.returncode} {done.stderr[-200:]}"
        tally.add("killed, went on" if killed else "done", f"trial {number}: {failure}" if failure else "")
        shutil.rmtree(folder)
    return tally


def _later(folder: Path) -> dict[str, bytes]:
    """The files in a folder once the children of a killed process have ended too."""
    found = contents(folder)
    while True:
        time.sleep(0.3)
        if (now := contents(folder)) == found:
            return found
        found = now


def learn(workshop: Workshop, count: int, random_: random.Random) -> Tally:
    """A style replaced by another: one of the two exists, complete; every fourth time the command is rerun."""
    tally = Tally("kill learn")
    arguments = ("learn", workshop.songs, "--name", "mine", "--passes", 0.3, "-q")
    before, after = ({"CANTILENA_HOME": str(workshop.folder / name)} for name in ("home-before", "home-after"))
    workshop.must(*arguments, "--seed", 1, env=before)
    shutil.copytree(workshop.folder / "home-before", workshop.folder / "home-after")
    seconds = timed(lambda: workshop.must(*arguments, "--seed", 2, "--replace", env=after))
    old, new = (_style(workshop.folder / name) for name in ("home-before", "home-after"))
    for number in range(count):
        home = workshop.folder / f"home-{number}"
        shutil.copytree(workshop.folder / "home-before", home)
        env = {"CANTILENA_HOME": str(home)}
        killed = kill(workshop.start(*arguments, "--seed", 2, "--replace", env=env), random_.uniform(0, 1.05 * seconds))
        listed = workshop.run("learn", "--list", "--json", env=env)
        names = [json.loads(line) for line in listed.stdout.splitlines()]
        failure = "" if [(row["name"], "error" in row) for row in names] == [("mine", False)] else f"lists {listed.stdout}"
        if _style(home) not in (old, new):
            failure = failure or "the style is neither the old one nor the new one"
        if number % 4 == 0 and not failure:
            again = workshop.run(*arguments, "--seed", 2, "--replace", env=env)
            left = [path.name for path in (home / "styles").glob(".learning-*")]
            if again.returncode or _style(home) != new or left:
                failure = f"called again: {again.returncode} {again.stderr[-200:]} {left}"
        tally.add("killed" if killed else "done", f"trial {number}: {failure}" if failure else "")
        shutil.rmtree(home)
    return tally


def _style(home: Path) -> str:
    """A digest of a style's adapter and its melodies."""
    folder = home / "styles" / "mine"
    files = [folder / name for name in ("adapter.safetensors", "originality.npz")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files if path.is_file())).hexdigest()


def train(workshop: Workshop, count: int, random_: random.Random) -> Tally:
    """Runs killed five times each and resumed: the model equals that of an undisturbed run."""
    tally = Tally("kill train")
    (workshop.folder / "run.toml").write_text(_CONFIG)
    workshop.must("data", "build", workshop.songs, "-o", "data", "--merges", 20, "-j", 1)
    arguments = ("train", "run.toml", "--data", "data", "--run")
    seconds = timed(lambda: workshop.must(*arguments, "undisturbed"))
    whole = contents(workshop.folder / "undisturbed" / "model")
    for number in range(-(-count // _KILLS_A_RUN)):
        folder = workshop.folder / f"run-{number}"
        failure = ""
        for _ in range(min(_KILLS_A_RUN, count - number * _KILLS_A_RUN)):
            killed = kill(workshop.start(*arguments, folder, *_resume(folder)), random_.uniform(0, 1.05 * seconds))
            wrong = differing(contents(folder / "model"), whole)
            failure = failure or (f"half-written {wrong}" if wrong else "")
            tally.add("killed" if killed else "done")
        done = workshop.run(*arguments, folder, *_resume(folder))
        steps = [json.loads(line)["step"] for line in (folder / "log.jsonl").read_text().splitlines() if '"loss"' in line]
        if done.returncode or contents(folder / "model") != whole or steps != sorted(set(steps)):
            failure = failure or f"ended with {done.returncode} and another model or log: {done.stderr[-200:]}"
        if failure:
            tally.failures.append(f"run {number}: {failure}")
        shutil.rmtree(folder)
    return tally


def _resume(folder: Path) -> tuple[str, ...]:
    return ("--resume",) if (folder / "state.safetensors").is_file() else ()
