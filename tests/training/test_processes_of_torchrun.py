"""Training with two processes: the same losses as with one, and recovery after the processes are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from composer.training.state import load_state

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
SCRIPT = """
import os
import sys
from dataclasses import replace
from pathlib import Path
from composer.training.loop import Session, train
from tests.training.synthetic import TINY, Counting
from tests.training.test_loop import EXACT
print("pid", os.getpid(), flush=True)
config = replace(EXACT, max_steps=int(sys.argv[2]), decay=0.0, log_steps=1, save_minutes=0.002)
train(config, TINY, Counting(), Session(Path(sys.argv[1]), "--resume" in sys.argv, lambda line: None))
"""
TWO = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


@pytest.fixture
def start(tmp_path):
    (tmp_path / "run.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def popen(launcher: tuple[str, ...], name: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, *launcher, tmp_path / "run.py", tmp_path / name, *arguments]
        return subprocess.Popen([*map(str, command)], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    return popen


def losses(run: Path) -> list[float]:
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [record["loss"] for record in records if "loss" in record]


def same(one: Path, other: Path) -> None:
    assert losses(one) == pytest.approx(losses(other), abs=2e-4)  # the log has four decimals
    first, second = (load_state(run / "state.safetensors") for run in (one, other))
    assert first.progress.step == second.progress.step
    assert first.progress.tokens == second.progress.tokens
    for name, tensor in first.weights.items():
        torch.testing.assert_close(tensor, second.weights[name], rtol=1e-3, atol=1e-5)


def test_two_processes_have_the_losses_of_one(start, tmp_path):
    for name, launcher in (("one", ()), ("two", TWO)):
        with start(launcher, name, 12) as process:
            process.communicate()
        assert process.returncode == 0
    assert len(losses(tmp_path / "one")) == 12
    same(tmp_path / "two", tmp_path / "one")


def test_a_killed_pair_can_be_resumed(start, tmp_path):
    state = tmp_path / "killed" / "state.safetensors"
    with start(TWO, "killed", 10**6) as launcher:
        assert launcher.stdout is not None
        pids = [int(launcher.stdout.readline().split()[1]) for _ in range(2)]
        while not state.is_file():
            assert launcher.poll() is None
        for pid in (launcher.pid, *pids):
            os.kill(pid, signal.SIGKILL)
    reached = load_state(state).progress.step
    for name, launcher_of, options in (("killed", TWO, ["--resume"]), ("whole", (), [])):
        with start(launcher_of, name, reached + 5, *options) as process:
            process.communicate()
        assert process.returncode == 0
    same(tmp_path / "killed", tmp_path / "whole")
