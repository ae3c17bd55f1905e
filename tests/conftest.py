"""Shared by all tests: the corpus when it is there, a model that knows nothing, and settings of the property tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.tiny import save_tiny_model

ROOT = Path(__file__).resolve().parent.parent

# Before any preset is read: the styles and soundfonts of whoever runs the tests are none of their business.
_home = tempfile.TemporaryDirectory(prefix="cantilena-home-")
os.environ["CANTILENA_HOME"] = _home.name

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


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small seeded model with random weights and no merges: it composes nonsense by all the rules."""
    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
