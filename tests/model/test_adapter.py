from __future__ import annotations

import numpy as np
import pytest

from composer.errors import BadInputError
from composer.model.adapter import load_adapter, merge, to_bytes

RNG = np.random.default_rng(0)


def pair(out: int, rank: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    return RNG.normal(size=(rank, size)).astype(np.float32), RNG.normal(size=(out, rank)).astype(np.float32)


def test_a_file_stores_the_pairs_in_half_precision(tmp_path):
    pairs = {"model.layers.0.mlp.up_proj.weight": pair(6, 2, 4), "model.embed_tokens.weight": pair(9, 1, 4)}
    path = tmp_path / "adapter.safetensors"
    path.write_bytes(to_bytes(pairs))
    found = load_adapter(path)
    assert found.keys() == pairs.keys()
    for name, (a, b) in pairs.items():
        assert np.array_equal(found[name][0], a.astype(np.float16))
        assert np.array_equal(found[name][1], b.astype(np.float16))


def test_merging_adds_the_products_and_changes_nothing_else():
    weights = {"x.weight": RNG.normal(size=(6, 4)).astype(np.float32), "y.weight": np.ones((2, 2), np.float32)}
    a, b = pair(6, 2, 4)
    merged = merge(weights, {"x.weight": (a, b)})
    assert merged["y.weight"] is weights["y.weight"]
    assert np.allclose(merged["x.weight"], weights["x.weight"] + b @ a, atol=1e-6)
    assert merged["x.weight"].dtype == np.float32


@pytest.mark.parametrize("pairs", [{"z.weight": pair(6, 2, 4)}, {"x.weight": pair(6, 2, 5)}, {"x.weight": pair(5, 2, 4)}])
def test_an_adapter_of_another_network_is_refused(pairs):
    with pytest.raises(BadInputError, match="does not have this model's shape"):
        merge({"x.weight": np.ones((6, 4), np.float32)}, pairs)


@pytest.mark.parametrize("content", [b"", b"nonsense" * 9])
def test_a_damaged_file_gives_a_one_line_error(tmp_path, content):
    (tmp_path / "adapter.safetensors").write_bytes(content)
    with pytest.raises(BadInputError, match="learn the style again"):
        load_adapter(tmp_path / "adapter.safetensors")
