"""The decoder on ONNX Runtime: the graph of `onnx_graph`, reading and writing the cache in place.

Inputs, outputs and cache are bound to memory once for each set of adjacent rows, so that a step only sets the ids and the
lengths. With 8-bit weights it is a different, slightly worse network whose rounding can depend on the batch: the same seed then
gives the same notes only in the same batch on the same machine.

B rows of a batch, S ids per row, V vocabulary.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError
from composer.model.config import ModelConfig
from composer.model.engines.numpy_engine import CpuEngine
from composer.model.engines.onnx_graph import build_graph
from composer.model.engines.rows import RowCache, RowEngine, Weights, rotary_angles, runs

# Before the import, which would create a device id and upload usage events; a value in the environment has precedence.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime


class OnnxEngine(RowEngine):
    """A Llama decoder on ONNX Runtime.

    Args:
        weights: by Hugging Face's names, matrices (out, in).
        config: the dimensions.
        bits: bits per weight, 32 or 8.
        threads: number of threads; 0 for OMP_NUM_THREADS or, if it is not set, the number of cores.

    Raises:
        BadInputError: the head size is not supported by ONNX Runtime.
    """

    def __init__(self, weights: Weights, config: ModelConfig, *, bits: int = 32, threads: int = 0) -> None:
        super().__init__(weights, config)
        if config.head_dim % 16:
            raise BadInputError(f"engine onnx: head size {config.head_dim} is not a multiple of 16: use --engine cpu")
        if bits != 32:
            self.tolerance = 0.0  # no reference to compare with
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or _threads_of_the_environment()
        options.log_severity_level = 3
        graph = build_graph(weights, config, bits=bits)
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def _double_engine(self) -> CpuEngine:
        return CpuEngine(self._weights, self.config, np.float64)

    def new_cache(self, rows: int) -> _OnnxCache:
        """Creates an empty cache."""
        return _OnnxCache(self.config, rows)

    def _logits(self, cache: _OnnxCache, rows: Sequence[int], ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        logits = np.empty((len(rows), self.config.vocab_size), np.float32)
        for run in runs(rows, [len(part) for part in ids]):
            bound = self._bound(cache, rows[run.start], len(run), len(ids[run.start]))
            bound.ids[:] = [ids[index] for index in run]
            bound.lengths[:] = [len(cache.ids[rows[index]]) + len(ids[index]) - 1 for index in run]
            bound.longest[0] = bound.lengths.max() + 1
            self._session.run_with_iobinding(bound.binding)
            logits[run.start : run.stop] = bound.logits
        return logits

    def _bound(self, cache: _OnnxCache, first: int, rows: int, size: int) -> _Bound:
        """The binding for adjacent rows and a number of new ids; those of single steps are cached."""
        if (first, rows, size) in cache.bound:
            return cache.bound[first, rows, size]
        bound = _Bound(
            self._session.io_binding(),
            np.zeros((rows, size), np.int64),
            np.zeros(rows, np.int32),
            np.zeros(1, np.int32),
            np.zeros((rows, self.config.vocab_size), np.float32),
        )
        inputs: dict[str, NDArray[Any]] = {
            "ids": bound.ids,
            "lengths": bound.lengths,
            "longest": bound.longest,
            "cos": cache.cos,
            "sin": cache.sin,
        }
        outputs: dict[str, NDArray[Any]] = {"logits": bound.logits}
        for layer in range(self.config.num_hidden_layers):
            for name, store in (("key", cache.keys), ("value", cache.values)):
                inputs[f"past_{name}_{layer}"] = outputs[f"{name}_{layer}"] = store[layer, first : first + rows]
        for bind, arrays in ((bound.binding.bind_input, inputs), (bound.binding.bind_output, outputs)):
            for name, array in arrays.items():
                bind(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
        if size == 1:
            cache.bound[first, rows, size] = bound
        return bound


_DIGITS = 6  # of a number of threads that are read


def _threads_of_the_environment() -> int:
    """The outermost level of OMP_NUM_THREADS ("4,2"), at most the number of cores; 0 if it is not a number.

    With 100,000 threads ONNX Runtime takes gigabytes and does not end.
    """
    outermost = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(int(outermost[:_DIGITS]), os.cpu_count() or 1) if outermost.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class _Bound:
    """Inputs and outputs of a session run besides the cache."""

    binding: Any
    ids: NDArray[np.int64]  # (B, S)
    lengths: NDArray[np.int32]  # (B,), minus 1
    longest: NDArray[np.int32]
    logits: NDArray[np.float32]  # (B, V)


class _OnnxCache(RowCache):
    """A cache with the bindings to its memory and the rotary table for its size."""

    def __init__(self, config: ModelConfig, rows: int) -> None:
        self._config, self.bound = config, dict[tuple[int, int, int], _Bound]()
        super().__init__(config, rows)
        self._turn()

    def _turn(self) -> None:
        angles = rotary_angles(self._config, self.keys.shape[3])
        self.cos, self.sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)

    def make_room(self, length: int) -> None:
        """Grows until a row of this length fits; growth discards the bindings."""
        if length > self.keys.shape[3]:
            self.bound.clear()
            super().make_room(length)
            self._turn()
