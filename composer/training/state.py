"""The whole state of a training run in one safetensors file: weights, optimizers, generators, sampler, clock.

It is one file, replaced atomically, so its parts always belong to the same step. Tensors are stored as tensors, the rest
as JSON in the file's header; nothing is pickled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from composer.errors import BadInputError
from composer.files import write_atomically
from composer.model.config import ModelConfig

_WEIGHTS, _AVERAGE, _OPTIMIZER, _GENERATOR = "weights.", "average.", "optimizer.", "generator.torch"


@dataclass(slots=True)
class Progress:
    """Progress of a run.

    Attributes:
        step: number of optimizer steps.
        tokens: number of tokens trained on, over all processes.
        seconds: training time over all sessions.
        sampler: the dataset's `state_dict()`.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    sampler: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunState:
    """Content of a state file."""

    config: ModelConfig
    weights: Mapping[str, Tensor]  # a `Decoder` state dict
    optimizers: Mapping[str, Tensor]  # from `pack_optimizers`
    generator: Tensor  # torch's default generator, uint8
    progress: Progress
    average: Mapping[str, Tensor] = field(default_factory=dict)  # moving average of the weights, if the run keeps one

    @property
    def result(self) -> Mapping[str, Tensor]:
        """The weights to measure and to release."""
        return self.average or self.weights


def save_state(path: Path, state: RunState) -> None:
    """Writes a state file atomically."""
    tensors = {_WEIGHTS + name: tensor.cpu().contiguous() for name, tensor in state.weights.items()}
    tensors |= {_OPTIMIZER + name: tensor.cpu().contiguous() for name, tensor in state.optimizers.items()}
    tensors |= {_AVERAGE + name: tensor.cpu().contiguous() for name, tensor in state.average.items()}
    tensors[_GENERATOR] = state.generator
    metadata = {"config": json.dumps(state.config.to_json()), "progress": json.dumps(asdict(state.progress))}
    write_atomically(path, save(tensors, metadata))


def load_state(path: Path) -> RunState:
    """Reads a state file.

    Raises:
        BadInputError: the file is missing, damaged or not a state file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        config = ModelConfig.from_json(json.loads(metadata["config"]))
        progress = Progress(**json.loads(metadata["progress"]))
        generator = tensors.pop(_GENERATOR)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise BadInputError(f"training state {path} cannot be read ({error}): start again or from another state file") from None
    weights, optimizers, average = (_under(prefix, tensors) for prefix in (_WEIGHTS, _OPTIMIZER, _AVERAGE))
    return RunState(config, weights, optimizers, generator, progress, average)


def pack_optimizers(optimizers: list[torch.optim.Optimizer]) -> dict[str, Tensor]:
    """All tensors of the optimizers' states, as "OPTIMIZER.PARAMETER.NAME"; rates and decays come from the configuration."""
    return {
        f"{index}.{parameter}.{name}": tensor
        for index, optimizer in enumerate(optimizers)
        for parameter, tensors in optimizer.state_dict()["state"].items()
        for name, tensor in tensors.items()
    }


def unpack_optimizers(optimizers: list[torch.optim.Optimizer], packed: Mapping[str, Tensor]) -> None:
    """Restores the tensors of `pack_optimizers`.

    Raises:
        BadInputError: they belong to another optimizer.
    """
    states: list[dict[int, dict[str, Tensor]]] = [{} for _ in optimizers]
    for key, tensor in packed.items():
        optimizer_index, parameter_index, name = key.split(".")
        if int(optimizer_index) >= len(states):
            raise BadInputError("the training state has another optimizer: use that one, or start with init_from")
        states[int(optimizer_index)].setdefault(int(parameter_index), {})[name] = tensor
    for optimizer, state in zip(optimizers, states, strict=True):
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        for index, tensors in state.items():
            shapes = {tensor.shape for tensor in tensors.values() if tensor.ndim}
            if index >= len(parameters) or shapes != {parameters[index].shape}:
                raise BadInputError("the training state has another optimizer: use that one, or start with init_from")
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
