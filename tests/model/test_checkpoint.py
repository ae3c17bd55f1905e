"""Finding, loading and saving checkpoints."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from composer.errors import BadInputError, ModelNotFoundError
from composer.model import checkpoint
from composer.model.checkpoint import (
    expected_shapes,
    find_model,
    find_named,
    fingerprint,
    list_models,
    load_config,
    load_weights,
    save_release,
)
from composer.model.config import ModelConfig

CONFIG = ModelConfig(
    vocab_size=20, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1
)


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in expected_shapes(CONFIG).items()}


def test_round_trip(tmp_path):
    folder = tmp_path / "new" / "model"
    save_release(folder, weights(), CONFIG, {"temperature": 0.9})
    loaded = load_weights(folder)
    for name, array in weights().items():
        assert loaded[name].dtype == np.float32
        assert np.array_equal(loaded[name], array.astype(np.float16).astype(np.float32))
    assert load_config(folder) == CONFIG
    generation = checkpoint.load_generation_config(folder)
    assert generation["temperature"] == 0.9
    assert generation["eos_token_id"] == CONFIG.eos_token_id
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "generation_config.json", "model.safetensors"]
    first = fingerprint(folder)
    save_release(folder, weights(1), CONFIG, {})
    assert fingerprint(folder) != first
    assert len(first) == 16


def test_resolver_order(tmp_path, monkeypatch):
    packaged, checkout = tmp_path / "packaged", tmp_path / "checkout"
    monkeypatch.setattr(checkpoint, "MODEL_FOLDERS", (packaged, checkout))
    monkeypatch.delenv("CANTILENA_MODEL", raising=False)
    for root, name in ((packaged, "cantilena-base"), (checkout, "cantilena-base"), (checkout, "other")):
        save_release(root / name, weights(), CONFIG, {})
    (checkout / "unfinished").mkdir()
    assert list_models() == {"cantilena-base": packaged / "cantilena-base", "other": checkout / "other"}
    assert find_model() == packaged / "cantilena-base"
    monkeypatch.setenv("CANTILENA_MODEL", "other")
    assert find_model() == checkout / "other"
    assert find_model(checkout / "cantilena-base") == checkout / "cantilena-base"
    assert find_model("cantilena-base") == packaged / "cantilena-base"
    with pytest.raises(ModelNotFoundError, match=r"'unfinished'.*cantilena-base, other.*give model=, or --model"):
        find_model("unfinished")


def test_damaged_checkpoints(tmp_path):
    save_release(tmp_path, weights(), CONFIG, {})
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"intermediate_size": 16}))
    with pytest.raises(BadInputError, match=r"gate_proj.weight has shape \(12, 8\), config.json requires \(16, 8\)"):
        load_weights(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(BadInputError, match="download the model again"):
        load_weights(tmp_path)
    for value in (np.nan, np.inf, -np.inf):
        damaged = weights()
        damaged["model.norm.weight"][-1] = value
        save_file(damaged, tmp_path / "model.safetensors")
        with pytest.raises(BadInputError, match=r"model.norm.weight has a weight that is not a finite number: download"):
            load_weights(tmp_path)
    for text in ("[1]", "{"):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(BadInputError, match=r"restore the released file"):
            load_config(tmp_path)


def test_weights_of_the_wrong_shape_are_refused(tmp_path):
    name = "model.norm.weight"
    for bad, message in (
        (None, "missing"),
        (np.ones(9), "missing"),
        (np.full(8, 1e6), "float16"),
        (np.full(8, np.nan), "float16"),
    ):
        changed = {key: array for key, array in weights().items() if key != name} | ({} if bad is None else {name: bad})
        with pytest.raises(BadInputError, match=message):
            save_release(tmp_path / "model", changed, CONFIG, {})
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config.json", {"hidden_size": value}) for value in ("8", 8.5, None, [], True, 10**30, float("nan"))
    ] + [("config.json", {"rms_norm_eps": "x"}), ("config.json", {"eos_token_id": {}})],
)  # fmt: skip
def test_configurations_of_the_wrong_kind_are_refused(tmp_path, file, changes):
    save_release(tmp_path, weights(), CONFIG, {})
    (tmp_path / file).write_text(json.dumps(json.loads((tmp_path / file).read_text()) | changes))
    with pytest.raises(BadInputError):
        load_config(tmp_path)


def test_sidecars_name_models_and_no_paths(tmp_path, monkeypatch):
    save_release(tmp_path / "mine", weights(), CONFIG, {})
    monkeypatch.chdir(tmp_path)
    for name in ("mine", str(tmp_path / "mine"), "./mine", "\\\\host\\share", "a" * 5000):
        with pytest.raises(ModelNotFoundError):
            find_named(name)
    monkeypatch.setenv(checkpoint.MODEL_VARIABLE, str(tmp_path / "mine"))
    assert find_named("mine") == tmp_path / "mine"
