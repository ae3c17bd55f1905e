"""The NumPy engine against the torch network, and its cache: fork, truncate, rows of different lengths."""

import numpy as np
import pytest
import torch

from composer.errors import BadInputError
from composer.model import engines
from composer.model.checkpoint import load_config, load_weights, save_release
from composer.model.engines.numpy_engine import CpuEngine
from composer.model.network import Decoder, to_llama
from tests.model.test_network import SHAPES, seeded, tiny


def released(folder, **changes) -> tuple[CpuEngine, Decoder]:
    """An engine and a network from the same released (float16) weights."""
    config = tiny(**changes)
    save_release(folder, {n: t.numpy() for n, t in to_llama(seeded(config).state_dict(), config).items()}, config, {})
    return engines.load(folder, "cpu"), Decoder.released(load_config(folder), load_weights(folder)).eval()


def reference(network: Decoder, ids: list[int]) -> np.ndarray:
    with torch.inference_mode():
        return network(torch.tensor([ids]))[0].numpy()


IDS = [int(i) for i in np.random.default_rng(5).integers(0, 50, 24)]


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
def test_logits_equal_the_network(tmp_path, changes):
    engine, network = released(tmp_path, **changes)
    expected = reference(network, IDS)
    cache = engine.new_cache(2)
    np.testing.assert_allclose(engine.extend(cache, 1, IDS[:9]), expected[8], atol=1e-4)
    for position in range(9, 24):
        np.testing.assert_allclose(engine.step(cache, [1], [IDS[position]])[0], expected[position], atol=1e-4)
    np.testing.assert_allclose(engine.exact(cache, 1), expected[-1], atol=1e-4)
    assert engine.exact(cache, 1).dtype == np.float64
    assert list(cache.ids[1]) == IDS
    assert list(cache.ids[0]) == []


def test_rows_may_differ_in_length(tmp_path):
    engine, network = released(tmp_path)
    expected = reference(network, IDS)
    cache = engine.new_cache(7)
    rows = [4, 0, 6, 2, 3, 5]
    logits = engine.append(cache, rows, [IDS[: 2 + 3 * i] for i in range(6)])
    np.testing.assert_allclose(logits, expected[[1 + 3 * i for i in range(6)]], atol=1e-4)
    logits = engine.step(cache, rows[::-1], [IDS[2 + 3 * i] for i in range(6)][::-1])
    np.testing.assert_allclose(logits[::-1], expected[[2 + 3 * i for i in range(6)]], atol=1e-4)


def test_fork_and_truncate(tmp_path):
    engine, network = released(tmp_path)
    cache = engine.new_cache(3)
    engine.extend(cache, 0, IDS[:10])
    engine.fork(cache, 0, [1, 2])
    engine.step(cache, [0], [7])
    engine.truncate(cache, 2, 4)
    logits = engine.step(cache, [0, 1, 2], [1, 2, 3])
    for row, ids in enumerate(([*IDS[:10], 7, 1], [*IDS[:10], 2], [*IDS[:4], 3])):
        assert list(cache.ids[row]) == ids
        np.testing.assert_allclose(logits[row], reference(network, ids)[-1], atol=1e-4)


def test_long_rows_grow_beyond_prefill_and_trained_positions(tmp_path):
    engine, network = released(tmp_path, max_position_embeddings=32)
    longer = Decoder(tiny(max_position_embeddings=600)).eval()
    longer.load_state_dict(network.state_dict())
    ids = [int(i) for i in np.random.default_rng(6).integers(0, 50, 555)]
    expected = reference(longer, ids)
    cache = engine.new_cache(1)
    np.testing.assert_allclose(engine.extend(cache, 0, ids[:550]), expected[549], atol=2e-4)
    for position in range(550, 555):
        np.testing.assert_allclose(engine.step(cache, [0], [ids[position]])[0], expected[position], atol=2e-4)


def test_single_precision_stays_within_the_tolerance(tmp_path):
    """The bound that sampling relies on, with a margin, for single rows and in a batch."""
    engine, _ = released(tmp_path, hidden_size=128, num_hidden_layers=4, intermediate_size=256)
    cache = engine.new_cache(8)
    worst = 0.0
    for row in range(8):
        worst = max(worst, np.abs(engine.extend(cache, row, IDS[row:]) - engine.exact(cache, row)).max())
    logits = engine.step(cache, range(8), IDS[:8])
    worst = max(worst, *(np.abs(logits[row] - engine.exact(cache, row)).max() for row in range(8)))
    assert worst < engine.tolerance / 3


def test_invalid_ids_are_refused(tmp_path):
    engine, _ = released(tmp_path)
    cache = engine.new_cache(1)
    for ids in ([], [50], [-1]):
        with pytest.raises(BadInputError, match="0 to 49"):
            engine.extend(cache, 0, ids)
    with pytest.raises(BadInputError, match="choose one of cpu"):
        engines.load(tmp_path, "abacus")
