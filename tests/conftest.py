"""Shared by all tests: the corpus when it is there, and settings of the property tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# The time of one example says nothing on a busy machine, and the same examples every time keep a red test red.
settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")


@pytest.fixture(scope="session")
def corpus_folder() -> Path:
    """The folder of the training corpus; tests that ask for it are skipped on machines without one."""
    folder = Path(os.environ.get("CANTILENA_CORPUS", ROOT / ".." / "shared" / "corpus")).resolve()
    if not folder.is_dir():
        pytest.skip("no corpus: set CANTILENA_CORPUS")
    return folder
