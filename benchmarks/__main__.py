"""Runs one benchmark: `python -m benchmarks NAME ...`; without a name, lists them. README.md maps them to the tables."""

from __future__ import annotations

from pathlib import Path

from tools.run_by_name import run_by_name

run_by_name("benchmarks", Path(__file__).parent)
