"""Shared by all tests: the corpus when it is there, a model that knows nothing, and settings of the property tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from composer.checkpoint import expected_shapes, save_release
from composer.model_config import ModelConfig
from composer.tokenizer.miditok_base import build_tokenizer_json
from composer.training.build import base_tokenizer

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
    folder = tmp_path_factory.mktemp("models") / "tiny"
    vocabulary = base_tokenizer().vocabulary
    config = ModelConfig(
        vocab_size=len(vocabulary), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=256,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(0, 0.05, shape).astype(np.float32) for name, shape in expected_shapes(config).items()}
    save_release(folder, weights, config, {"temperature": 1.0, "top_p": 1.0})
    build_tokenizer_json(vocabulary, [], 0, folder / "tokenizer.json")
    return folder
