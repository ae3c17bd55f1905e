"""Runs one program that makes a shipped table: `python -m tools.fit NAME ...`; without a name, lists them."""

from __future__ import annotations

from pathlib import Path

from tools.run_by_name import run_by_name

run_by_name("tools.fit", Path(__file__).parent)
