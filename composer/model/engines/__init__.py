"""Inference behind one protocol, without torch: what `composer.model.sampling` needs of a network, and who provides it.

Engines know ids and logits only, nothing of music or of how ids are chosen.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError, pip_line_of
from composer.model.config import ModelConfig

Logits = NDArray[np.floating[Any]]
Weights = Mapping[str, NDArray[Any]]


class Cache(Protocol):
    """Keys and values of the rows of a batch; opaque but for the ids that the rows hold."""

    @property
    def ids(self) -> Sequence[Sequence[int]]:
        """The ids of each row so far."""


class Engine(Protocol):
    """A network that continues rows of ids. Rows have their own lengths; a row's logits depend on its own ids only.

    `tolerance` bounds by how much a logit may differ from `exact`'s, since fast arithmetic rounds differently for a row
    alone and in a batch, or on another machine.
    """

    config: ModelConfig
    tolerance: float

    def new_cache(self, rows: int) -> Any:
        """An empty cache of that many rows."""

    def append(self, cache: Any, rows: Sequence[int], ids: Sequence[Sequence[int]]) -> Logits:
        """Appends at least one id to each of some rows, in one pass; logits after the last id of each, (R, V)."""

    def extend(self, cache: Any, row: int, ids: Sequence[int]) -> Logits:
        """`append` for one row; (V,)."""

    def step(self, cache: Any, rows: Sequence[int], ids: Sequence[int]) -> Logits:
        """`append` of one id to each row; (R, V)."""

    def fork(self, cache: Any, source_row: int, target_rows: Sequence[int]) -> None:
        """Makes rows copies of another."""

    def truncate(self, cache: Any, row: int, length: int) -> None:
        """Takes a row back to its first `length` ids."""

    def exact(self, cache: Any, row: int) -> NDArray[np.float64]:
        """Logits after a row's last id, recomputed from its ids in double precision; (V,). Slow."""


Build = Callable[[Weights, ModelConfig], Engine]


def _cpu() -> Build:
    from composer.model.engines.numpy_engine import CpuEngine

    return CpuEngine


def _onnx() -> Build:
    from composer.model.engines.onnx_engine import OnnxEngine

    return OnnxEngine


def _onnx_int8() -> Build:
    from composer.model.engines.onnx_engine import OnnxEngine

    return partial(OnnxEngine, bits=8)


def _torch() -> Build:
    from composer.model.engines.torch_engine import TorchEngine

    return TorchEngine


ENGINES: dict[str, Callable[[], Build]] = {"cpu": _cpu, "onnx": _onnx, "onnx-int8": _onnx_int8, "torch": _torch}
ROUNDING = frozenset({"onnx-int8"})  # all others give the same notes for the same seed
EMBEDDED_ENGINE, FAST_ENGINE = "cpu", "onnx"
ENGINE_VARIABLE = "CANTILENA_ENGINE"


def engine_name(engine: str | None = None) -> str:
    """The engine that will be used, which can be.

    Args:
        engine: a name among `ENGINES`; by default that of the environment variable CANTILENA_ENGINE, else "onnx" where
            ONNX Runtime is installed, else "cpu", which writes the same notes.

    Raises:
        BadInputError: no such engine, or what it needs is not installed.
    """
    name = engine or os.environ.get(ENGINE_VARIABLE)
    if name:
        _build_of(name)
        return name
    try:
        ENGINES[FAST_ENGINE]()
    except ImportError:
        return EMBEDDED_ENGINE
    return FAST_ENGINE


def _build_of(name: str) -> Build:
    if name not in ENGINES:
        raise BadInputError(f"engine {name!r} is not known: choose one of {', '.join(ENGINES)}")
    try:
        return ENGINES[name]()
    except ModuleNotFoundError as error:
        remedy = pip_line_of(error.name or name)
        raise BadInputError(f"engine {name} needs {error.name}: {remedy}, or use {EMBEDDED_ENGINE}") from None


def load(folder: Path, engine: str | None = None, adapter: Path | None = None) -> Engine:
    """The network of a released checkpoint.

    Args:
        folder: as `composer.model.checkpoint.find_model` gives it.
        engine: as for `engine_name`.
        adapter: file of an adapter to merge into the weights.

    Raises:
        BadInputError: no such engine, what it needs is not installed, or a damaged checkpoint or adapter.
    """
    from composer.model.adapter import load_adapter, merge
    from composer.model.checkpoint import load_config, load_weights

    build = _build_of(engine_name(engine))
    weights = load_weights(folder)
    if adapter is not None:
        weights = merge(weights, load_adapter(adapter))
    return build(weights, load_config(folder))
