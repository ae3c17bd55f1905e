"""Exports: other programs compute the same from them as our engine."""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from composer.errors import CantilenaError
from composer.model import engines
from composer.model.checkpoint import save_release
from composer.model.export import export_gguf, export_hf, export_onnx
from composer.model.network import to_llama
from tests.model.test_network import SHAPES, seeded, tiny

IDS = [int(i) for i in np.random.default_rng(0).integers(0, 50, 20)]


@pytest.fixture(scope="module", params=SHAPES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = tiny(**{"hidden_size": 64, "rope_theta": 5000.0} | SHAPES[request.param])
    folder = tmp_path_factory.mktemp("model")
    weights = {name: tensor.numpy() for name, tensor in to_llama(seeded(config).state_dict(), config).items()}
    save_release(folder, weights, config, {"min_p": 0.08})
    (folder / "tokenizer.json").write_text("{}")
    return folder


def expected(model: Path) -> np.ndarray:
    engine = engines.load(model, "cpu")
    cache = engine.new_cache(1)
    return np.stack([engine.extend(cache, 0, [token]) for token in IDS])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # raised inside transformers
def test_transformers_computes_the_same_logits_from_the_exported_folder(model: Path, tmp_path: Path) -> None:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    files = export_hf(model, tmp_path / "new" / "hf")
    names = ["cantilena-tokenizer.json", "config.json", "generation_config.json", "model.safetensors"]
    assert [path.name for path in files] == names == sorted(path.name for path in files[0].parent.iterdir())
    loaded, loading = transformers.LlamaForCausalLM.from_pretrained(files[0].parent, output_loading_info=True)
    assert not any(loading.values())  # no missing, unexpected or mismatched key
    assert loaded.dtype == torch.float32
    with torch.inference_mode():
        theirs = loaded.eval()(torch.tensor([IDS])).logits[0].numpy()
    np.testing.assert_allclose(theirs, expected(model), atol=1e-4)
    assert json.loads(files[2].read_text())["min_p"] == 0.08


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_transformers_generates_the_same_ids(model: Path, tmp_path: Path) -> None:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    [config, *_] = export_hf(model, tmp_path)
    loaded = transformers.LlamaForCausalLM.from_pretrained(config.parent).eval()
    made = loaded.generate(torch.tensor([IDS[:5]]), max_new_tokens=12, min_new_tokens=12, do_sample=False, pad_token_id=0)
    engine = engines.load(model, "cpu")
    cache, ids = engine.new_cache(1), IDS[:5]
    logits = engine.extend(cache, 0, ids)
    for _ in range(12):
        logits[2] = -np.inf  # min_new_tokens forbids EOS
        ids = [*ids, int(logits.argmax())]
        logits = engine.extend(cache, 0, ids[-1:])
    assert made[0].tolist() == ids


@pytest.mark.parametrize("bits", [32, 8])
def test_onnx_runtime_computes_the_same_logits_from_the_exported_file(model: Path, tmp_path: Path, bits: int) -> None:
    onnxruntime = pytest.importorskip("composer.model.engines.onnx_engine").onnxruntime  # without telemetry
    file = tmp_path / "new" / "model.onnx"
    export_onnx(model, file, bits=bits)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    config = json.loads((model / "config.json").read_text())
    heads, half = config["num_key_value_heads"], config["head_dim"] // 2
    angles = np.arange(len(IDS))[:, None] * 5000.0 ** (-np.arange(half) / half)
    room = np.zeros((1, heads, len(IDS), 2 * half), np.float32)
    cache = {item.name: room for item in session.get_inputs() if item.name.startswith("past_")}
    length = np.array([len(IDS)], np.int32)
    [logits] = session.run(
        ["logits"],
        {"ids": np.array([IDS]), "lengths": length - 1, "longest": length, **cache}
        | {"cos": np.cos(angles).astype(np.float32), "sin": np.sin(angles).astype(np.float32)},
    )
    np.testing.assert_allclose(logits[0], expected(model)[-1], atol=1e-4 if bits == 32 else 0.5)


class _Opaque(ctypes.Structure):
    """An opaque structure of llama.cpp, larger than any real one."""

    _fields_ = (("content", ctypes.c_uint8 * 1024),)


class _Batch(ctypes.Structure):
    _fields_ = (("count", ctypes.c_int32), ("pointers", ctypes.c_void_p * 6))


def llama_cpp_logits(file: Path, ids: list[int], size: int) -> np.ndarray:
    """Logits after the last id from the llama.cpp in the xllamacpp wheel, whose Python interface needs a text tokenizer."""
    package = pytest.importorskip("xllamacpp")
    library = ctypes.CDLL(str(next(Path(package.__file__).parent.glob("*.so"))))
    for name, result, arguments in (
        ("llama_model_default_params", _Opaque, []),
        ("llama_context_default_params", _Opaque, []),
        ("llama_model_load_from_file", ctypes.c_void_p, [ctypes.c_char_p, _Opaque]),
        ("llama_init_from_model", ctypes.c_void_p, [ctypes.c_void_p, _Opaque]),
        ("llama_batch_get_one", _Batch, [ctypes.c_void_p, ctypes.c_int32]),
        ("llama_decode", ctypes.c_int32, [ctypes.c_void_p, _Batch]),
        ("llama_get_logits_ith", ctypes.POINTER(ctypes.c_float), [ctypes.c_void_p, ctypes.c_int32]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    model = library.llama_model_load_from_file(str(file).encode(), library.llama_model_default_params())
    context = library.llama_init_from_model(model, library.llama_context_default_params())
    tokens = (ctypes.c_int32 * len(ids))(*ids)
    assert library.llama_decode(context, library.llama_batch_get_one(ctypes.addressof(tokens), len(ids))) == 0
    return np.ctypeslib.as_array(library.llama_get_logits_ith(context, -1), (size,)).copy()


def test_llama_cpp_computes_the_same_logits_from_the_exported_file(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    export_gguf(model, tmp_path / "new" / "model.gguf")
    logits, ours = llama_cpp_logits(tmp_path / "new" / "model.gguf", IDS, 50), expected(model)[-1]
    np.testing.assert_allclose(logits, ours, atol=0.01 * np.ptp(ours))  # llama.cpp keeps keys and values in half precision


def test_missing_packages_are_named(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "composer.model.engines.onnx_graph", raising=False)
    with pytest.raises(CantilenaError, match="writing ONNX needs onnx: pip install onnx"):
        export_onnx(model, tmp_path / "model.onnx")
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(CantilenaError, match="writing GGUF needs the package gguf: pip install gguf"):
        export_gguf(model, tmp_path / "model.gguf")


def test_command(cantilena, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    done = cantilena("models", "export", model, "--hf", "hf", "--onnx", "small.onnx", "--bits", 8)
    assert done.code == 0
    assert done.out.split()[-1] == "small.onnx"
    assert all((tmp_path / name).is_file() for name in done.out.split())
    assert "nothing to export" in cantilena("models", "export", model).err
    assert "4 bits are not supported" in cantilena("models", "export", model, "--onnx", "x.onnx", "--bits", 4).err


@pytest.mark.parametrize("form", ["--onnx", "--gguf"])
def test_an_unwritable_target_gives_one_line(cantilena, model: Path, tmp_path: Path, form: str) -> None:
    pytest.importorskip({"--onnx": "onnx", "--gguf": "gguf"}[form])
    (tmp_path / "folder").mkdir()
    for place in ("folder", "/proc/model"):
        done = cantilena("models", "export", model, form, place)
        assert (done.code, done.err.count("\n")) == (3, 1)
        assert f"cannot write {place}" in done.err
        assert ".part" not in done.err
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_bits_apply_to_onnx_files_only(cantilena, model: Path, tmp_path: Path) -> None:
    done = cantilena("models", "export", model, "--hf", "hf", "--bits", 8)
    assert (done.code, "add --onnx FILE" in done.err) == (3, True)
    assert not (tmp_path / "hf").exists()
