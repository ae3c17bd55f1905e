"""Our causal attention against torch's: values and gradients."""

import pytest
import torch
import torch.nn.functional as functional

from composer.model.attention import BLOCK, causal_attention


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


def test_bfloat16_errors_are_those_of_rounding():
    """Values and gradients against float32 on the same rounded numbers: sums over blocks lose no precision."""
    torch.manual_seed(0)
    rounded = [torch.randn(1, 2, 6 * BLOCK, 16).bfloat16() for _ in range(3)]
    gradient = torch.randn(1, 2, 6 * BLOCK, 16).bfloat16()
    results = []
    for dtype in (torch.float32, torch.bfloat16):
        inputs = [x.to(dtype).requires_grad_() for x in rounded]
        output = causal_attention(*inputs)
        assert output.dtype == dtype
        results.append([output, *torch.autograd.grad(output, inputs, gradient.to(dtype))])
    for exact, ours in zip(*results, strict=True):
        error = (ours.float() - exact).norm() / exact.norm()
        assert error < 2**-7


def test_operators_keep_torchs_rules():
    """Shapes, aliases and gradients that torch.compile relies on."""
    inputs = [torch.randn(2, BLOCK + 3, 4, requires_grad=True) for _ in range(3)]
    torch.library.opcheck(
        torch.ops.cantilena.causal_attention.default, tuple(inputs), test_utils=("test_schema", "test_faketensor")
    )
