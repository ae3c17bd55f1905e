"""Our causal attention against torch's: values and gradients."""

import pytest
import torch
import torch.nn.functional as functional

from composer.attention import BLOCK, causal_attention


@pytest.mark.parametrize("time", [1, BLOCK - 1, BLOCK, 2 * BLOCK, 2 * BLOCK + 5])
def test_equals_torch(time):
    torch.manual_seed(0)
    inputs = [torch.randn(2, time, 3, 8).transpose(1, 2).requires_grad_() for _ in range(3)]
    gradient = torch.randn(2, time, 3, 8).transpose(1, 2)
    expected = functional.scaled_dot_product_attention(*inputs, is_causal=True)
    wanted = torch.autograd.grad(expected, inputs, gradient)
    output = causal_attention(*inputs)
    torch.testing.assert_close(output, expected)
    for ours, theirs in zip(torch.autograd.grad(output, inputs, gradient), wanted, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_operators_keep_torchs_rules():
    """Shapes, aliases and gradients as torch.compile relies on them."""
    inputs = [torch.randn(2, BLOCK + 3, 4, requires_grad=True) for _ in range(3)]
    torch.library.opcheck(
        torch.ops.cantilena.causal_attention.default, tuple(inputs), test_utils=("test_schema", "test_faketensor")
    )
