from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from composer.errors import BadInputError
from composer.model.checkpoint import CONFIG_FILE, load_config, load_weights, save_release
from composer.training.averaging import average
from composer.training.data.dataset import TOKENIZER_FILE
from composer.training.growth import deepen


@pytest.fixture
def moved(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model with every weight 1 higher."""
    folder = tmp_path / "moved"
    weights = {name: array + 1 for name, array in load_weights(tiny_model).items()}
    save_release(folder, weights, load_config(tiny_model), {"temperature": 0.5})
    (folder / TOKENIZER_FILE).write_bytes((tiny_model / TOKENIZER_FILE).read_bytes())
    return folder


def test_shares_are_weights_and_settings_come_from_the_last_model(tiny_model: Path, moved: Path) -> None:
    first = load_weights(tiny_model)
    average({tiny_model: 3.0, moved: 1.0}, moved)
    for name, array in load_weights(moved).items():
        np.testing.assert_allclose(array, first[name] + 0.25, atol=2e-3)
    assert json.loads((moved / "generation_config.json").read_text())["temperature"] == 0.5
    assert (moved / TOKENIZER_FILE).read_bytes() == (tiny_model / TOKENIZER_FILE).read_bytes()


def test_a_shallower_model_is_deepened_first(tiny_model: Path, moved: Path) -> None:
    config = load_config(tiny_model)
    layers = config.num_hidden_layers + 1
    grown = deepen(load_weights(tiny_model), layers)
    save_release(moved, {name: array + 1 for name, array in grown.items()}, replace(config, num_hidden_layers=layers), {})
    average({tiny_model: 1.0, moved: 1.0}, moved / "new")
    assert load_config(moved / "new").num_hidden_layers == layers
    for name, array in load_weights(moved / "new").items():
        np.testing.assert_allclose(array, grown[name] + 0.5, atol=2e-3)


@pytest.mark.parametrize("share", [0.0, -1.0, float("nan"), float("inf")])
def test_an_invalid_share_is_named(tiny_model: Path, moved: Path, share: float) -> None:
    with pytest.raises(BadInputError, match="share"):
        average({tiny_model: share, moved: 1.0}, moved / "new")
    assert not (moved / "new").exists()


def test_models_that_cannot_be_averaged_are_named(tiny_model: Path, moved: Path) -> None:
    with pytest.raises(BadInputError, match="two or more"):
        average({moved: 1.0}, moved / "new")
    (moved / TOKENIZER_FILE).write_text("{}")
    with pytest.raises(BadInputError, match="tokenizer"):
        average({tiny_model: 1.0, moved: 1.0}, moved / "new")
    config = json.loads((moved / CONFIG_FILE).read_text())
    (moved / CONFIG_FILE).write_text(json.dumps(config | {"rope_theta": 500.0}))
    with pytest.raises(BadInputError, match="dimensions"):
        average({tiny_model: 1.0, moved: 1.0}, moved / "new")
