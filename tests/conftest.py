"""Shared fixtures: the corpus if available, an untrained model, and settings of the property tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.tiny import save_tiny_model

ROOT = Path(__file__).resolve().parent.parent

# Set before any preset is read, so that tests do not see the user's styles and soundfonts.
_home = tempfile.TemporaryDirectory(prefix="cantilena-home-")
os.environ["CANTILENA_HOME"] = _home.name

# No deadlines, because the machine may be busy; the same examples every time, so that failures are reproducible.
settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")


@pytest.fixture(scope="session")
def corpus_folder() -> Path:
    """The folder of the training corpus; tests that need it are skipped on machines without it."""
    folder = Path(os.environ.get("CANTILENA_CORPUS", ROOT / ".." / "shared" / "corpus")).resolve()
    if not folder.is_dir():
        pytest.skip("no corpus: set CANTILENA_CORPUS")
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small seeded model with random weights and no merges; it composes nonsense that obeys all rules."""
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
