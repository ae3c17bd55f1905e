"""All engines: the same logits, and with the same seed the same ids, on the tiny model and on the released one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.abc import MetaPathFinder
from pathlib import Path

import numpy as np
import pytest

from composer.brief import Brief
from composer.errors import BadInputError
from composer.guide import PlanGuide
from composer.model import engines
from composer.model.checkpoint import find_model, save_release
from composer.model.engines import ENGINES, Build, Engine
from composer.model.network import to_llama
from composer.model.sampling import Request, Settings, generate
from composer.plan import make_plan
from composer.tokenizer import Tokenizer
from tests.model.test_network import SHAPES, seeded, tiny
from tests.model.test_sampling import Limerick, header_and_last_five

OTHERS = ("onnx", "torch")
IDS = [int(i) for i in np.random.default_rng(5).integers(0, 50, 300)]
BRIEFS = (
    {"style": "string-quartet", "key": "D minor", "meter": "3/4", "tempo": 84, "bars": 6, "seed": 7},
    {"style": "jazz", "key": "Bb major", "bars": 6, "seed": 8},
    {"ensemble": "solo-piano", "mood": "melancholic", "bars": 6, "seed": 9},
)


@pytest.fixture(scope="module", params=SHAPES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = tiny(**{"hidden_size": 64} | SHAPES[request.param])  # the minimum head size of ONNX Runtime is 16
    folder = tmp_path_factory.mktemp("model")
    weights = {name: tensor.numpy() / 2 for name, tensor in to_llama(seeded(config).state_dict(), config).items()}
    save_release(folder, weights, config, {})
    return folder


def opened(folder: Path, name: str) -> Engine:
    if name.startswith("onnx"):
        pytest.importorskip("composer.model.engines.onnx_engine")
    return engines.load(folder, name)


def walk(engine: Engine) -> list[np.ndarray]:
    """Logits along a path through all operations of an engine: prefill, rows of different lengths, fork, truncate, growth."""
    cache = engine.new_cache(5)
    seen = [engine.append(cache, [3, 0, 1], [IDS[:9], IDS[:4], IDS[2:9]])]
    engine.fork(cache, 3, [2, 4])
    engine.truncate(cache, 4, 5)
    seen += [engine.step(cache, [4, 2, 0, 1, 3], [5, 6, 7, 8, 9]), engine.step(cache, [0, 2], [1, 2])]
    seen.append(engine.append(cache, [1, 3, 4], [[3], [4, 5, 6], [7]]))
    seen += [engine.extend(cache, 2, IDS)[None], engine.step(cache, range(5), [1, 2, 3, 4, 5])]
    return seen


@pytest.mark.parametrize("name", OTHERS)
def test_logits_are_those_of_the_numpy_engine(folder: Path, name: str) -> None:
    for ours, expected in zip(walk(opened(folder, name)), walk(engines.load(folder, "cpu")), strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-4)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("name", OTHERS)
def test_same_ids_on_every_engine(folder: Path, name: str, temperature: float) -> None:
    def sampled(engine: Engine) -> list[list[int]]:
        requests = [
            Request(Limerick([1, 2, i % 2], 20 + i), seed=(3, i), shorten=header_and_last_five) for i in range(5)
        ]  # fmt: skip
        return [result.ids for result in generate(engine, requests, Settings(temperature=temperature, window=24), rows=3)]

    assert sampled(opened(folder, name)) == sampled(engines.load(folder, "cpu"))


def test_eight_bits_stay_close(folder: Path) -> None:
    for ours, expected in zip(walk(opened(folder, "onnx-int8")), walk(engines.load(folder, "cpu")), strict=True):
        assert np.abs(ours - expected).max() < 0.1 * np.ptp(expected)
        assert not np.array_equal(ours, expected)


def composed(brief: Mapping[str, object], engine: Engine) -> tuple[int, ...]:
    folder = find_model()
    plan, tokenizer = make_plan(Brief.from_dict(dict(brief))), Tokenizer.load(folder / "tokenizer.json")
    settings = Settings(min_p=0.01, window=engine.config.max_position_embeddings)
    [result] = generate(engine, [Request(PlanGuide(tokenizer, plan), (int(str(brief["seed"])), 0))], settings)
    return tuple(result.ids)


@pytest.mark.parametrize("name", OTHERS)
def test_same_piece_on_every_engine(name: str) -> None:
    engine, reference = opened(find_model(), name), engines.load(find_model(), "cpu")
    for brief in BRIEFS:
        assert composed(brief, engine) == composed(brief, reference)


def test_same_piece_with_any_number_of_threads() -> None:
    program = "import json, sys; from composer import compose; print(*compose(**json.loads(sys.argv[1])).record.ids)"
    pieces = [
        subprocess.run(
            [sys.executable, "-c", program, json.dumps(BRIEFS[0])],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
        ).stdout.split()
        for threads in "12"
    ]
    assert len(pieces[0]) > 50
    assert pieces[0] == pieces[1]


def test_head_sizes_that_onnx_runtime_does_not_support_are_refused() -> None:
    onnx = pytest.importorskip("composer.model.engines.onnx_engine")
    with pytest.raises(BadInputError, match="head size 8 is not a multiple of 16: use --engine cpu"):
        onnx.OnnxEngine({}, tiny(hidden_size=32, num_attention_heads=4))


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "composer.model.engines.onnx_engine", raising=False)
    with pytest.raises(BadInputError, match=r"engine onnx needs onnxruntime: pip install onnxruntime, or use cpu"):
        engines.load(tiny_model, "onnx")
    monkeypatch.setenv("CANTILENA_ENGINE", "abacus")
    with pytest.raises(BadInputError, match=f"choose one of {', '.join(ENGINES)}"):
        engines.load(tiny_model)


@pytest.mark.parametrize(("given", "seen"), [(None, "1"), ("0", "0")])
def test_telemetry_is_off_before_onnx_runtime_is_imported(
    given: str | None, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Missing(MetaPathFinder):
        """Finds no ONNX Runtime, and notes what it would have read."""

        def find_spec(self, name: str, *_: object) -> None:
            if name == "onnxruntime":
                values.append(os.environ.get("ORT_DISABLE_TELEMETRY"))
                raise ModuleNotFoundError(name=name)

    values: list[str | None] = []
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")  # so that it is restored after the test
    if given is None:
        monkeypatch.delenv("ORT_DISABLE_TELEMETRY")
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    monkeypatch.delitem(sys.modules, "composer.model.engines.onnx_engine", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with pytest.raises(ModuleNotFoundError):
        import_module("composer.model.engines.onnx_engine")
    assert values == [seen]


def test_one_module_imports_onnx_runtime() -> None:
    imports = re.compile(r"^ *(import|from) onnxruntime", re.MULTILINE)
    folders = (Path(__file__).resolve().parents[2] / name for name in ("composer", "benchmarks", "tools"))
    found = [path for folder in folders for path in folder.rglob("*.py") if imports.search(path.read_text())]
    assert [path.name for path in found] == ["onnx_engine.py"]


def test_the_fast_engine_is_the_default_if_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANTILENA_ENGINE", raising=False)
    pytest.importorskip("onnx")
    pytest.importorskip("composer.model.engines.onnx_engine")
    assert engines.engine_name() == "onnx"
    monkeypatch.setenv("CANTILENA_ENGINE", "cpu")
    assert engines.engine_name() == "cpu"


def test_the_embedded_engine_is_the_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANTILENA_ENGINE", raising=False)

    def broken() -> Build:
        raise ImportError("DLL load failed")

    monkeypatch.setitem(ENGINES, "onnx", broken)
    assert engines.engine_name() == "cpu"


@pytest.mark.parametrize(("text", "threads"), [("", 0), ("3", 3), (" 4 ,2", 4), ("many", 0), ("100000", 8), ("9" * 5000, 8)])
def test_threads_of_the_environment(monkeypatch: pytest.MonkeyPatch, text: str, threads: int) -> None:
    onnx = pytest.importorskip("composer.model.engines.onnx_engine")
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    monkeypatch.setattr(onnx.os, "cpu_count", lambda: 8)
    assert onnx._threads_of_the_environment() == threads
