"""Inference engines behind one protocol, importable without torch, for `composer.model.sampling`.

Engines know ids and logits only, nothing of music or sampling.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from composer.errors import BadInputError, pip_line_of
from composer.model.config import ModelConfig
from composer.model.engines.rows import Engine, Weights

__all__ = ["EMBEDDED_ENGINE", "ENGINES", "ENGINE_VARIABLE", "ROUNDING", "Engine", "Weights", "engine_name", "load"]

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
ROUNDING = frozenset({"onnx-int8"})  # all other engines give the same notes for the same seed
EMBEDDED_ENGINE, FAST_ENGINE = "cpu", "onnx"
ENGINE_VARIABLE = "CANTILENA_ENGINE"


def engine_name(engine: str | None = None) -> str:
    """The name of the engine to use, after checking that it is available.

    Args:
        engine: a name in `ENGINES`; by default the environment variable CANTILENA_ENGINE, else "onnx" if ONNX Runtime is
            installed, else "cpu", which gives the same notes.

    Raises:
        BadInputError: the engine is unknown, or a package that it needs is not installed.
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
    """Loads the network of a released checkpoint.

    Args:
        folder: from `composer.model.checkpoint.find_model`.
        engine: as for `engine_name`.
        adapter: file of an adapter to merge into the weights.

    Raises:
        BadInputError: the engine is unknown or not installed, or the checkpoint or adapter is damaged.
    """
    from composer.model.adapter import load_adapter, merge
    from composer.model.checkpoint import load_config, load_weights

    build = _build_of(engine_name(engine))
    weights = load_weights(folder)
    if adapter is not None:
        weights = merge(weights, load_adapter(adapter))
    return build(weights, load_config(folder))
