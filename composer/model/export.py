"""Exports a released checkpoint to the formats of other programs: a Hugging Face folder, ONNX and GGUF.

Knows weights and dimensions. The tokenizer is copied unchanged, since only this package turns ids into music.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from composer.errors import BadInputError, MissingExtraError, pip_line, pip_line_of
from composer.files import write_atomically
from composer.formats import is_installed
from composer.model.checkpoint import CONFIG_FILE, load_config, load_generation_config, load_weights, read_json

_BLOCK_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def export_hf(model: Path, folder: Path) -> list[Path]:
    """Writes a float32 folder for `transformers.LlamaForCausalLM.from_pretrained` and vLLM, with our tokenizer in it.

    Args:
        model: folder of a released checkpoint.
        folder: output folder, created if missing.

    Returns:
        The files written.

    Raises:
        BadInputError: the checkpoint is damaged, or the folder cannot be written.
    """
    from safetensors.numpy import save

    config = read_json(model / CONFIG_FILE) | {"dtype": "float32", "torch_dtype": "float32"}
    # transformers accepts min_p only if sampling is enabled.
    generation = {"do_sample": True, **load_generation_config(model)}
    contents = {
        CONFIG_FILE: (json.dumps(config, indent=2) + "\n").encode(),
        "generation_config.json": (json.dumps(generation, indent=2) + "\n").encode(),
        "model.safetensors": save(load_weights(model), metadata={"format": "pt"}),
    }
    # Under its usual name it would be loaded as a text tokenizer.
    for name, target in (("tokenizer.json", "cantilena-tokenizer.json"), ("README.md", "README.md")):
        if (model / name).is_file():
            contents[target] = (model / name).read_bytes()
    _make_folder(folder)
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return [folder / name for name in sorted(contents)]


def check_installed(*, onnx: bool, gguf: bool) -> None:
    """Checks, before anything is written, that the packages for the formats are installed.

    Raises:
        MissingExtraError: a package is missing; the message contains the pip command.
    """
    for module, requested, form in (("onnx", onnx, "ONNX"), ("gguf", gguf, "GGUF")):
        if requested and not is_installed(module):
            raise MissingExtraError(f"writing {form} needs the package {module}: {pip_line_of(module)}")


def export_onnx(model: Path, file: Path, *, bits: int = 32) -> None:
    """Writes the graph of the ONNX engine, for ONNX Runtime.

    Args:
        model: folder of a released checkpoint.
        file: output file.
        bits: bits per weight, 32 or 8.

    Raises:
        BadInputError: the checkpoint is damaged, or the file cannot be written.
        MissingExtraError: the `onnx` package is not installed.
    """
    try:
        from composer.model.engines.onnx_graph import build_graph
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"writing ONNX needs {error.name}: {pip_line_of(error.name or 'onnx')}") from None
    _make_folder(file.parent)
    write_atomically(file, build_graph(load_weights(model), load_config(model), bits=bits))


def export_gguf(model: Path, file: Path) -> None:
    """Writes the checkpoint for llama.cpp in float32; use it with ids, since its tokenizers do not know notes.

    Args:
        model: folder of a released checkpoint.
        file: output file.

    Raises:
        BadInputError: the checkpoint is damaged, or the file cannot be written.
        MissingExtraError: the `gguf` package is not installed.
    """
    try:
        import gguf
    except ModuleNotFoundError:
        raise MissingExtraError(f"writing GGUF needs the package gguf: {pip_line('export')}") from None
    config, weights = load_config(model), load_weights(model)
    _make_folder(file.parent)
    writer = gguf.GGUFWriter(None, "llama")
    writer.add_name(model.name)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("no_vocab")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tensor("token_embd.weight", weights["model.embed_tokens.weight"])
    writer.add_tensor("output_norm.weight", weights["model.norm.weight"])
    for layer in range(config.num_hidden_layers):
        for ours, theirs in _BLOCK_NAMES.items():
            array = weights[f"model.layers.{layer}.{ours}.weight"]
            heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(theirs)
            writer.add_tensor(f"blk.{layer}.{theirs}.weight", array if heads is None else _interleaved(array, heads))
    with TemporaryDirectory() as scratch:
        written = Path(scratch) / "model.gguf"
        writer.write_header_to_file(written)
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        write_atomically(file, written.read_bytes())


def _interleaved(matrix: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows in llama.cpp's order, where the two numbers rotated by the same angle are adjacent: (heads D, C)."""
    rows, columns = matrix.shape
    pairs = matrix.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(rows, columns))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"folder {folder} cannot be created ({error.strerror}): give another one") from None
