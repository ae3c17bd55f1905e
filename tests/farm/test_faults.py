"""benchmarks/farm.py with fewer briefs: whatever is killed, the tree equals that of one machine byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
pytest.importorskip("pyarrow")
ROOT = Path(__file__).parents[2]


def run(*arguments: object) -> str:
    command = [sys.executable, "-m", "benchmarks", "farm", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_workers_killed_at_random_moments():
    assert "equal byte for byte" in run("kills", "--count", 12, "--size", 4, "--times", 20)
    assert "equal byte for byte" in run("kills", "--count", 12, "--size", 4, "--times", 10, "--pack")


def test_two_independent_processes():
    assert "equal byte for byte" in run("shards", "--count", 24, "--size", 4)


@pytest.mark.skipif(sys.platform == "win32", reason="Ray has no clusters there")
def test_a_node_and_a_driver_killed_on_ray():
    pytest.importorskip("ray")
    assert run("faults", "--count", 48, "--size", 8).count("equal byte for byte") == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Ray has no clusters there")
def test_the_same_on_an_object_store():
    for module in ("ray", "s3fs", "moto"):
        pytest.importorskip(module)
    assert run("s3", "--count", 48, "--size", 8).count("equal byte for byte") == 2
