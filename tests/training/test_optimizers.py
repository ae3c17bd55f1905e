"""Muon: its orthogonalization against a singular value decomposition, and fused matrices treated as their parts."""

import pytest
import torch
from torch import nn

from composer.training.optimizers import Muon, build_optimizers, orthogonalize
from composer.training.settings import TrainingConfig
from tests.model.test_network import seeded, tiny


@pytest.mark.parametrize("shape", [(16, 16), (16, 20), (48, 16), (16, 48)])
def test_orthogonalizes(shape):
    torch.manual_seed(0)
    matrices = torch.randn(3, *shape)
    result = orthogonalize(matrices)
    values = torch.linalg.svdvals(result)
    assert values.min() > 0.85
    assert values.max() < 1.15
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)
    torch.testing.assert_close(result, u @ v, atol=0.1, rtol=0)


def test_zero_gradients_stay_zero():
    assert not orthogonalize(torch.zeros(1, 4, 8)).any()


def test_parts_of_a_fused_matrix_are_orthogonalized_separately():
    torch.manual_seed(0)
    fused = nn.Parameter(torch.zeros(24, 8))
    fused.grad = torch.randn(24, 8)
    Muon([{"params": [fused], "parts": 3}], lr=1.0, weight_decay=0.0, momentum=0.0).step()
    for part, gradient in zip(fused.detach().chunk(3), fused.grad.chunk(3), strict=True):
        torch.testing.assert_close(part, -0.2 * 8**0.5 * orthogonalize(gradient[None])[0])
    assert fused.detach().square().mean().sqrt().item() == pytest.approx(0.2, rel=0.1)  # the size of an AdamW step


@pytest.mark.parametrize(("kv_heads", "parts"), [(4, 3), (2, 4), (1, 6)])
def test_groups(kv_heads, parts):
    model = seeded(tiny(num_key_value_heads=kv_heads))
    muon, adamw = build_optimizers(model, TrainingConfig(optimizer="muon", learning_rate=0.1, embedding_learning_rate=0.2))
    by_parts = {group["parts"]: {tuple(p.shape) for p in group["params"]} for group in muon.param_groups}
    assert by_parts == {parts: {(32 + 16 * kv_heads, 32)}, 1: {(32, 32), (32, 40)}, 2: {(80, 32)}}
    assert {tuple(p.shape) for p in adamw.param_groups[0]["params"]} == {(50, 32), (32,)}
    assert (muon.param_groups[0]["peak_lr"], adamw.param_groups[0]["peak_lr"]) == (0.1, 0.2)
    assert adamw.param_groups[0]["weight_decay"] == 0
