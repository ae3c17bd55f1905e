"""The decoder as an ONNX graph for ONNX Runtime, built directly from the weights, without torch or tracing.

Attention with its rotary embedding and cache is ONNX Runtime's `GroupQueryAttention`, and a norm with its residual sum is one
operator, so the graph has few and large operators. It therefore runs on ONNX Runtime only.

B rows, S new ids per row, T size of the cache, C width, H query heads, K key/value heads, D head size, F SwiGLU width,
V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from composer.model.config import ModelConfig

OPSET, CONTRIBUTED = 17, "com.microsoft"
BLOCK = 32  # weights that share a scale in 8 bits


def build_graph(weights: Mapping[str, NDArray[Any]], config: ModelConfig, *, bits: int = 32) -> bytes:
    """The serialized model.

    Inputs: `ids` (B, S) int64; `lengths` (B,) int32, each row's length with the new ids, minus 1; `longest` (1,) int32, the
    greatest length; `cos` and `sin` (positions, D / 2); and for each layer `past_key_0`, `past_value_0`... (B, K, T, D).
    Outputs: `logits` (B, V) after the last id, and `key_0`, `value_0`..., which must be bound to the memory of the inputs.

    Args:
        weights: by Hugging Face's names, matrices (out, in).
        config: the dimensions.
        bits: 32 for float32, or 8 for weights in blocks of 8-bit integers (the embedding stays in float32).
    """
    serialised: bytes = _Builder(weights, config, bits).model().SerializeToString()
    return serialised


class _Builder:
    def __init__(self, weights: Mapping[str, NDArray[Any]], config: ModelConfig, bits: int) -> None:
        self._weights, self._config, self._bits = weights, config, bits
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        """The whole graph."""
        config = self._config
        table = self._constant("embedding", self._weights["model.embed_tokens.weight"])
        x, total = self._node("Gather", [table, "ids"], axis=0), ""
        for layer in range(config.num_hidden_layers):
            prefix = f"model.layers.{layer}"
            normed, total = self._normed(x, total, f"{prefix}.input_layernorm.weight")
            x = self._attention(normed, layer)
            normed, total = self._normed(x, total, f"{prefix}.post_attention_layernorm.weight")
            x = self._feed_forward(normed, f"{prefix}.mlp")
        normed, _ = self._normed(x, total, "model.norm.weight")
        last = self._node("Gather", [normed, self._constant("last", np.array(-1))], axis=1)  # (B, C)
        self._product(last, "head", "model.embed_tokens", output="logits")
        cache = [f"{kind}_{layer}" for layer in range(config.num_hidden_layers) for kind in ("key", "value")]
        room = ("B", config.num_key_value_heads, "T", config.head_dim)
        inputs = [
            _value("ids", TensorProto.INT64, ("B", "S")),
            _value("lengths", TensorProto.INT32, ("B",)),
            _value("longest", TensorProto.INT32, (1,)),
            *(_value(name, TensorProto.FLOAT, ("positions", config.head_dim // 2)) for name in ("cos", "sin")),
            *(_value(f"past_{name}", TensorProto.FLOAT, room) for name in cache),
        ]
        outputs = [
            _value("logits", TensorProto.FLOAT, ("B", config.vocab_size)),
            *(_value(name, TensorProto.FLOAT, room) for name in cache),
        ]
        graph = helper.make_graph(self._nodes, "cantilena", inputs, outputs, self._constants)
        imports = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIBUTED, 1)]
        return helper.make_model(graph, opset_imports=imports, ir_version=9)

    def _attention(self, normed: str, layer: int) -> str:
        config, prefix = self._config, f"model.layers.{layer}.self_attn"
        qkv = self._product(normed, f"qkv_{layer}", *(f"{prefix}.{name}_proj" for name in "qkv"))
        inputs = [qkv, "", "", f"past_key_{layer}", f"past_value_{layer}", "lengths", "longest", "cos", "sin"]
        attended = f"attended_{layer}"
        self._node(
            "GroupQueryAttention",
            inputs,
            outputs=[attended, f"key_{layer}", f"value_{layer}"],
            num_heads=config.num_attention_heads,
            kv_num_heads=config.num_key_value_heads,
            do_rotary=1,
        )
        return self._product(attended, f"out_{layer}", f"{prefix}.o_proj")

    def _feed_forward(self, normed: str, prefix: str) -> str:
        width = self._config.intermediate_size
        both = self._product(normed, f"{prefix}.both", f"{prefix}.gate_proj", f"{prefix}.up_proj")
        gate, up = f"{prefix}.gate", f"{prefix}.up"
        sizes = self._constant(f"{prefix}.sizes", np.array([width, width]))
        self._node("Split", [both, sizes], outputs=[gate, up], axis=-1)
        gated = self._node("QuickGelu", [gate], alpha=1.0)  # x logistic(x)
        return self._product(self._node("Mul", [gated, up]), f"{prefix}.down", f"{prefix}.down_proj")

    def _normed(self, x: str, total: str, gain: str) -> tuple[str, str]:
        """The norm of the residual stream with x added, and the stream itself; the stream starts as x."""
        scale, eps = self._constant(gain, self._weights[gain]), self._config.rms_norm_eps
        if not total:
            return self._node("SimplifiedLayerNormalization", [x, scale], axis=-1, epsilon=eps, stash_type=1), x
        normed, stream = f"{gain}.normed", f"{gain}.stream"
        self._node("SkipSimplifiedLayerNormalization", [x, total, scale], outputs=[normed, "", "", stream], epsilon=eps)
        return normed, stream

    def _product(self, x: str, name: str, *matrices: str, output: str = "") -> str:
        """x times matrices that read the same input, side by side."""
        joined = np.concatenate([self._weights[f"{matrix}.weight"] for matrix in matrices])  # (out, in)
        outputs = [output or f"{name}.product"]
        if self._bits == 32:
            return self._node("MatMul", [x, self._constant(name, np.ascontiguousarray(joined.T))], outputs=outputs)
        blocks, scales = _quantized(joined)
        inputs = [x, self._constant(name, blocks), self._constant(f"{name}.scales", scales)]
        size = {"N": joined.shape[0], "K": joined.shape[1], "bits": 8, "block_size": BLOCK, "accuracy_level": 4}
        return self._node("MatMulNBits", inputs, outputs=outputs, **size)

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        kind = array.dtype if array.dtype.kind in "iu" else np.float32
        self._constants.append(numpy_helper.from_array(np.asarray(array, kind, order="C"), name))
        return name

    def _node(self, operator: str, inputs: list[str], outputs: list[str] | None = None, **attributes: Any) -> str:
        """Appends an operator and returns the name of its first output."""
        outputs = outputs or [f"{operator}_{len(self._nodes)}"]
        domain = "" if operator in ("Gather", "Split", "Mul", "MatMul", "SimplifiedLayerNormalization") else CONTRIBUTED
        self._nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **attributes))
        return outputs[0]


def _quantized(matrix: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Blocks of 8-bit integers around 128 and their scales: (out, in) -> (out, blocks, BLOCK), (out, blocks)."""
    rows, columns = matrix.shape
    count = -(-columns // BLOCK)
    blocks = np.pad(matrix, ((0, 0), (0, count * BLOCK - columns))).reshape(rows, count, BLOCK)
    scales = np.abs(blocks).max(axis=2) / 127
    scales[scales == 0] = 1
    return np.rint(blocks / scales[:, :, None] + 128).astype(np.uint8), scales.astype(np.float32)


def _value(name: str, kind: int, shape: tuple[str | int, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)
