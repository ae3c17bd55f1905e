"""A released checkpoint is a LlamaForCausalLM: Hugging Face's transformers computes the same logits from the same folder."""

import numpy as np
import pytest
import torch

from composer.model import engines
from composer.model.checkpoint import save_release
from composer.model.network import to_llama
from tests.model.test_network import SHAPES, seeded, tiny

transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # raised inside transformers


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
def test_transformers_computes_the_same_logits(tmp_path, changes):
    config = tiny(**changes, rope_theta=5000.0)
    save_release(tmp_path, {n: t.numpy() for n, t in to_llama(seeded(config).state_dict(), config).items()}, config, {})
    model, loading = transformers.LlamaForCausalLM.from_pretrained(tmp_path, dtype=torch.float32, output_loading_info=True)
    assert not any(loading.values())  # no missing, unexpected or mismatched key
    ids = [int(i) for i in np.random.default_rng(0).integers(0, 50, 20)]
    with torch.inference_mode():
        theirs = model.eval()(torch.tensor([ids])).logits[0].numpy()
    engine = engines.load(tmp_path, "cpu")
    cache = engine.new_cache(1)
    ours = np.stack([engine.extend(cache, 0, [token]) for token in ids])
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
