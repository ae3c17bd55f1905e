"""Finds, loads and saves released checkpoints: folders of config.json, generation_config.json and model.safetensors.

Weights have Hugging Face's Llama names, are stored as float16 and returned as float32 NumPy arrays, without torch or pickle.
Knows nothing of training state (`composer.training.state`) or of the meaning of ids.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError, ModelNotFoundError
from composer.files import write_atomically
from composer.model.config import ModelConfig
from composer.records import reason
from composer.user_folder import expanded

DEFAULT_MODEL = "cantilena-base"
MODEL_VARIABLE = "CANTILENA_MODEL"
CONFIG_FILE, GENERATION_FILE, WEIGHTS_FILE = "config.json", "generation_config.json", "model.safetensors"
PLANNER_FILE = "harmony.json"  # vocabulary of a harmony planner; such models compose no pieces and are not listed
MELODY_FILE = "melody.json"  # vocabulary of a melody network; the same holds for it
HUMAN_LIKELIHOOD = "human_likelihood"  # in generation_config.json: nats per sampled token on held-out music, for the critic

# Where models are searched by name: in the installed package, then in a checkout.
MODEL_FOLDERS = (Path(__file__).parents[1] / "assets" / "models", Path(__file__).parents[2] / "models")

Weights = dict[str, NDArray[np.float32]]


def list_models() -> dict[str, Path]:
    """Released checkpoints by name, packaged ones first.

    >>> isinstance(list_models(), dict)
    True
    """
    found: dict[str, Path] = {}
    for root in MODEL_FOLDERS:
        for config in sorted(root.glob(f"*/{CONFIG_FILE}")):
            helps = any((config.parent / name).is_file() for name in (PLANNER_FILE, MELODY_FILE))
            if (config.parent / WEIGHTS_FILE).is_file() and not helps:
                found.setdefault(config.parent.name, config.parent)
    return found


def find_model(model: str | Path | None = None) -> Path:
    """The folder of a checkpoint: the argument, or the environment variable CANTILENA_MODEL, or the default.

    Args:
        model: a folder, or a name among `list_models()`.

    Raises:
        ModelNotFoundError: it is neither a folder with a checkpoint nor a known name.
    """
    requested = str(os.environ.get(MODEL_VARIABLE) or DEFAULT_MODEL if model is None else model)
    folder = expanded(requested)
    if requested and (folder / CONFIG_FILE).is_file() and (folder / WEIGHTS_FILE).is_file():
        return folder
    models = list_models()
    if requested in models:
        return models[requested]
    names = ", ".join(models) or "none is installed"
    raise ModelNotFoundError(
        f"model {requested!r} is neither a folder with {CONFIG_FILE} and {WEIGHTS_FILE} nor a known name ({names}): "
        f"give model=, or --model, a name or path, or set {MODEL_VARIABLE}"
    )


def find_named(name: str) -> Path:
    """The folder of a checkpoint named in an untrusted file; the name is never read as a path.

    Args:
        name: one in `list_models()`, or that of the folder in the environment variable CANTILENA_MODEL.

    Raises:
        ModelNotFoundError: the name is unknown.
    """
    models = list_models()
    if name in models:
        return models[name]
    chosen = os.environ.get(MODEL_VARIABLE)
    if chosen and find_model(chosen).name == name:
        return find_model(chosen)
    raise ModelNotFoundError(
        f"model {name!r} is not installed (there are {', '.join(models)}): give its folder with model=, or --model"
    )


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object from a file.

    Raises:
        BadInputError: the file cannot be read or does not contain a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError) as error:
        raise BadInputError(f"{path} cannot be read as JSON ({reason(error)}): restore the released file") from None
    if not isinstance(content, dict):
        raise BadInputError(f"{path} does not contain a JSON object: restore the released file")
    return content


def load_config(folder: Path) -> ModelConfig:
    """The network's dimensions, from `config.json`.

    Raises:
        BadInputError: the file is damaged or describes a different kind of network.
    """
    return ModelConfig.from_json(read_json(folder / CONFIG_FILE))


def load_generation_config(folder: Path) -> dict[str, Any]:
    """Default sampling settings, from `generation_config.json`; empty if there is none."""
    path = folder / GENERATION_FILE
    return read_json(path) if path.is_file() else {}


def load_weights(folder: Path) -> Weights:
    """All weights as float32, by Hugging Face's names; matrices are (out, in).

    Raises:
        BadInputError: the file is damaged, a weight is infinite or no number, or shapes are not those of `config.json`.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = folder / WEIGHTS_FILE
    try:
        weights = {name: array.astype(np.float32, copy=False) for name, array in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise BadInputError(f"{path} cannot be read ({reason(error)}): download the model again") from None
    for name, shape in expected_shapes(load_config(folder)).items():
        got = weights[name].shape if name in weights else None
        if got != shape:
            raise BadInputError(f"{path}: {name} has shape {got}, config.json requires {shape}: download the model again")
        if not np.isfinite([weights[name].min(), weights[name].max()]).all():  # NaN passes through min and max
            raise BadInputError(f"{path}: {name} has a weight that is not a finite number: download the model again")
    return weights


def expected_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight of a checkpoint with this configuration.

    >>> expected_shapes(ModelConfig(vocab_size=10))["model.embed_tokens.weight"]
    (10, 256)
    """
    width, ff = config.hidden_size, config.intermediate_size
    query, key = config.num_attention_heads * config.head_dim, config.num_key_value_heads * config.head_dim
    layer: dict[str, tuple[int, ...]] = {
        "input_layernorm": (width,),
        "self_attn.q_proj": (query, width),
        "self_attn.k_proj": (key, width),
        "self_attn.v_proj": (key, width),
        "self_attn.o_proj": (width, query),
        "post_attention_layernorm": (width,),
        "mlp.gate_proj": (ff, width),
        "mlp.up_proj": (ff, width),
        "mlp.down_proj": (width, ff),
    }
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (config.vocab_size, width),
        "model.norm.weight": (width,),
    }
    for index in range(config.num_hidden_layers):
        shapes |= {f"model.layers.{index}.{name}.weight": shape for name, shape in layer.items()}
    return shapes


def save_release(folder: Path, weights: Mapping[str, NDArray[Any]], config: ModelConfig, generation: Mapping[str, Any]) -> None:
    """Writes a checkpoint: float16 weights, config.json and generation_config.json, each file replaced atomically.

    Args:
        folder: output folder, created if missing; other files in it (tokenizer, model card) are kept.
        weights: by Hugging Face's names, as in `expected_shapes`.
        config: the network's dimensions.
        generation: default sampling settings, JSON values.

    Raises:
        BadInputError: a weight is missing, has the wrong shape or is too large for float16.
    """
    from safetensors.numpy import save

    halves = {}
    for name, shape in expected_shapes(config).items():
        if name not in weights or weights[name].shape != shape:
            raise BadInputError(f"weight {name} is missing or not of shape {shape}: use the weights of this configuration")
        if not np.abs(weights[name]).max() < np.finfo(np.float16).max:
            raise BadInputError(f"weight {name} does not fit into float16: the training run has diverged, use an earlier state")
        halves[name] = np.ascontiguousarray(weights[name], np.float16)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / WEIGHTS_FILE, save(halves, metadata={"format": "pt"}))
    ids = {name: getattr(config, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    for name, content in ((CONFIG_FILE, config.to_json()), (GENERATION_FILE, ids | dict(generation))):
        write_atomically(folder / name, (json.dumps(content, indent=2) + "\n").encode())


def fingerprint(folder: Path) -> str:
    """First 16 hexadecimal digits of the weights' SHA-256: says in a sidecar which model wrote a piece."""
    return file_fingerprint(folder / WEIGHTS_FILE)


def file_fingerprint(path: Path) -> str:
    """First 16 hexadecimal digits of a file's SHA-256; read again only after the file has changed."""
    return _digest(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _digest(path: Path, written_ns: int) -> str:
    """Digest of a file, cached by its modification time because a batch needs it for every piece."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
