"""The loop: learns, resumes exactly, survives signals, and gives clear errors."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from composer.errors import BadInputError
from composer.locks import locked
from composer.model.checkpoint import find_model, load_config, save_release
from composer.model.network import to_llama
from composer.training.loop import Session, train
from composer.training.runtime import Runtime
from composer.training.settings import RunConfig, TrainingConfig
from composer.training.state import load_state
from tests.training.synthetic import TINY, Counting

QUICK = TrainingConfig(batch_size=8, micro_batch=4, max_steps=12, warmup_steps=4, compile=False, log_steps=2, threads=1)
EXACT = replace(QUICK, precision="float32")  # where the order of sums must not matter
ROOT = Path(__file__).parents[2]


def records(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_learns_to_count(tmp_path, optimizer):
    config = replace(QUICK, optimizer=optimizer, max_steps=120, learning_rate=5e-3, embedding_learning_rate=1e-2, decay=0.3)
    result = train(config, TINY, Counting(), Session(tmp_path))
    assert (result.step, result.tokens, result.interrupted) == (120, 120 * 8 * 16, False)
    assert result.validation["up"].per_token < 0.3  # it knows the rule; a uniform guess costs 5.3 bits
    assert result.validation["down"].per_token > 2
    log = records(tmp_path)
    assert [line["step"] for line in log if "loss" in line] == list(range(2, 121, 2))
    assert log[-1]["valid"]["up"] == pytest.approx(result.validation["up"].per_note, abs=1e-4)
    assert log[-2]["lr"] < 5e-4


@pytest.mark.parametrize(("optimizer", "dropout"), [("adamw", 0.0), ("muon", 0.0), ("adamw", 0.2)])
def test_resumed_run_equals_uninterrupted_one(tmp_path, optimizer, dropout):
    config = replace(QUICK, optimizer=optimizer, dropout=dropout)
    train(config, TINY, Counting(), Session(tmp_path / "whole"))
    train(replace(config, max_steps=7), TINY, Counting(), Session(tmp_path / "parts"))
    with (tmp_path / "parts" / "log.jsonl").open("a") as file:
        file.write('{"step": 9, "loss": 1.0}\n{"step": 1')  # as if killed after the last save
    train(config, TINY, Counting(), Session(tmp_path / "parts", resume=True))
    whole, parts = (load_state(tmp_path / name / "state.safetensors") for name in ("whole", "parts"))
    for name, tensor in whole.weights.items():
        assert torch.equal(tensor, parts.weights[name]), name
    assert parts.progress.sampler == {"drawn": 12}
    assert [line["loss"] for line in records(tmp_path / "parts") if "loss" in line][-1] == records(tmp_path / "whole")[-2][
        "loss"
    ]


def test_a_run_killed_before_its_first_save_starts_a_new_log(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"step": 2, "loss": 1.0}\n{"step": 4')
    train(QUICK, TINY, Counting(), Session(tmp_path))
    assert [line["step"] for line in records(tmp_path) if "loss" in line] == [2, 4, 6, 8, 10, 12]


def test_two_micro_batches_equal_one(tmp_path):
    for micro in (4, 8):
        train(replace(EXACT, micro_batch=micro, max_steps=3), TINY, Counting(), Session(tmp_path / str(micro)))
    one, two = (load_state(tmp_path / name / "state.safetensors").weights for name in ("4", "8"))
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, two[name], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("precision", "units", "expected"),
    [("auto", True, torch.bfloat16), ("auto", False, torch.float32), ("float32", True, torch.float32)],
)
def test_products_are_bfloat16_if_the_hardware_supports_it(monkeypatch, precision, units, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": units}, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    runtime = Runtime.start(1, precision)
    with runtime.precision():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == expected
    runtime.stop()


def test_bfloat16_trains_like_float32(tmp_path, monkeypatch):
    """Weights, optimizers and the loss stay float32: only products are rounded."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    bits = {}
    for precision in ("auto", "float32"):
        config = replace(QUICK, precision=precision, max_steps=60, learning_rate=5e-3, embedding_learning_rate=1e-2)
        bits[precision] = train(config, TINY, Counting(), Session(tmp_path / precision)).validation["up"].per_token
    assert bits["auto"] == pytest.approx(bits["float32"], rel=0.05)
    weights = load_state(tmp_path / "auto" / "state.safetensors").weights
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}


def test_the_moving_average_follows_the_weights_and_forgets_the_start(tmp_path):
    config = replace(QUICK, max_steps=120, learning_rate=5e-3, embedding_learning_rate=1e-2, ema=0.999)
    result = train(config, TINY, Counting(), Session(tmp_path))
    state = load_state(tmp_path / "state.safetensors")
    assert not torch.equal(state.result["norm.weight"], state.weights["norm.weight"])
    assert result.validation["up"].per_token < 2  # measured on the average; the untrained weights need 5.3 bits


def test_branch_and_init(tmp_path):
    train(QUICK, TINY, Counting(), Session(tmp_path / "first"))
    state = load_state(tmp_path / "first" / "state.safetensors")
    save_release(tmp_path / "model", {name: tensor.numpy() for name, tensor in to_llama(state.weights, TINY).items()}, TINY, {})
    branch = replace(QUICK, branch_from=str(tmp_path / "first" / "state.safetensors"), decay=1.0, warmup_steps=0)
    result = train(branch, TINY, Counting(), Session(tmp_path / "anneal"))
    assert (result.step, result.tokens) == (12, 2 * 12 * 8 * 16)
    assert load_state(tmp_path / "anneal" / "state.safetensors").progress.sampler == {"drawn": 24}
    train(
        replace(QUICK, init_from=str(tmp_path / "model"), max_steps=1, learning_rate=1e-9),
        TINY,
        Counting(),
        Session(tmp_path / "warm"),
    )
    warm = load_state(tmp_path / "warm" / "state.safetensors")
    name = "layers.1.mlp.down_proj.weight"
    torch.testing.assert_close(warm.weights[name], state.weights[name], rtol=1e-3, atol=1e-6)


def test_periodic_saves_and_validations(tmp_path):
    config = replace(QUICK, save_minutes=1e-9, validation_minutes=1e-9, max_steps=3)
    lines: list[str] = []
    train(config, TINY, Counting(), Session(tmp_path, report=lines.append))
    assert sum("valid" in record for record in records(tmp_path)) == 4  # before each step, and at the end
    assert any("held-out" in line for line in lines)
    assert not list(tmp_path.glob(".*.part"))  # no temporary file is left


@pytest.mark.long  # compiling takes most of a minute
@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method:DeprecationWarning")  # raised inside torch
def test_compiled_steps_equal_eager_ones(tmp_path):
    for compiled in (False, True):
        train(replace(EXACT, compile=compiled, max_steps=2), TINY, Counting(), Session(tmp_path / str(compiled)))
    cache = tmp_path / "True" / "compiled" / "0"
    libraries = list(cache.rglob("*.so"))
    assert libraries
    assert not (cache / "unfinished").exists()
    eager, compiled = (load_state(tmp_path / name / "state.safetensors").weights for name in ("False", "True"))
    for name, tensor in eager.items():
        torch.testing.assert_close(tensor, compiled[name], rtol=1e-3, atol=1e-5)


def test_code_of_an_interrupted_compilation_is_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda model: model)
    monkeypatch.setattr("shutil.which", lambda name: name)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    runtime, part = Runtime(torch.device("cpu")), tmp_path / "0" / "half-written.so"
    runtime.wrap(torch.nn.Linear(1, 1), tmp_path)
    part.touch()
    runtime.wrap(torch.nn.Linear(1, 1), tmp_path)
    assert not part.exists()
    part.touch()
    runtime.compiled(tmp_path)
    runtime.wrap(torch.nn.Linear(1, 1), tmp_path)
    assert part.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 6}, "micro_batch 4 must divide batch_size 6"),
        ({"optimizer": "sgd"}, "choose adamw or muon"),
        ({"dropout": 1.0}, "dropout 1.0 is out of range"),
        ({"decay": 1.5}, "decay 1.5 is out of range"),
        ({"max_steps": 0}, "max_steps 0 is out of range"),
        ({"precision": "bfloat16"}, "choose auto or float32"),
        ({"init_from": "a", "branch_from": "b"}, "exclude each other"),
    ],
)
def test_bad_settings(change, message):
    with pytest.raises(BadInputError, match=message):
        replace(QUICK, **change)


def test_bad_runs(tmp_path):
    with pytest.raises(BadInputError, match="no run to resume"):
        train(QUICK, TINY, Counting(), Session(tmp_path, resume=True))
    train(replace(QUICK, max_steps=1), TINY, Counting(), Session(tmp_path))
    with pytest.raises(BadInputError, match="already contains a run"):
        train(QUICK, TINY, Counting(), Session(tmp_path))
    with pytest.raises(BadInputError, match="has num_hidden_layers 2, the configuration 3"):
        train(QUICK, replace(TINY, num_hidden_layers=3), Counting(), Session(tmp_path, resume=True))
    with pytest.raises(BadInputError, match="another optimizer"):
        train(replace(QUICK, optimizer="muon"), TINY, Counting(), Session(tmp_path, resume=True))
    (tmp_path / "state.safetensors").write_bytes(b"broken")
    with pytest.raises(BadInputError, match="cannot be read"):
        train(QUICK, TINY, Counting(), Session(tmp_path, resume=True))


def test_divergence_is_reported_and_no_invalid_state_is_saved(tmp_path):
    wild = replace(QUICK, learning_rate=1e30, embedding_learning_rate=1e30, save_minutes=1e-9)
    with pytest.raises(BadInputError, match="not finite"):
        train(wild, TINY, Counting(), Session(tmp_path))
    assert load_state(tmp_path / "state.safetensors").progress.step < 12


def test_toml(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('[model]\nhidden_size = 64\n[training]\noptimizer = "muon"\n[data]\nanything = 1\n')
    config = RunConfig.load(path)
    assert (config.model_config(99).vocab_size, config.training.optimizer, config.data) == (99, "muon", {"anything": 1})
    for text, message in (
        ("[model]\nwidth = 3\n", "'width' of \\[model\\]"),
        ("[more]\n", "'more'"),
        ("=", "cannot be read"),
        (f"a = {'[' * 5000}{']' * 5000}", "too many levels"),
        ("model = 5", "model is not a table"),
        ("data = []", "data is not a table"),
        ("[training]\nclip = 'x'", "clip of .training. is 'x': give a number"),
        ("[training]\nmax_steps = 1.5", "give a whole number"),
        ("[training]\nseed = true", "give a whole number"),
        ("[training]\ncompile = 1", "give true or false"),
        ("[model]\nhidden_size = [64]", "give a whole number"),
    ):
        path.write_text(text)
        with pytest.raises(BadInputError, match=message):
            RunConfig.load(path)


@pytest.mark.parametrize(("name", "parameters"), [("tiny", 0.17e6), ("base", 4.2e6), ("onward", 6.8e6)])
def test_shipped_configurations_load(name, parameters):
    config = RunConfig.load(ROOT / f"composer/training/configs/{name}.toml")
    assert config.model_config(1024).matmul_parameters == pytest.approx(parameters, rel=0.5)


def test_onward_continues_the_released_model():
    """Layers may be added; everything else must match the released model, or the run is refused."""
    released = load_config(find_model("cantilena-base"))
    config = RunConfig.load(ROOT / "composer/training/configs/onward.toml")
    onward = config.model_config(released.vocab_size)
    assert config.training.init_from == "cantilena-base"
    assert onward.num_hidden_layers >= released.num_hidden_layers
    assert replace(onward, num_hidden_layers=released.num_hidden_layers) == released


SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
from composer.training.loop import Session, train
from tests.training.synthetic import TINY, Counting
from tests.training.test_loop import EXACT
result = train(replace(EXACT, max_steps=int(sys.argv[2]), save_minutes=0.002), TINY, Counting(),
               Session(Path(sys.argv[1]), report=lambda line: print(line, flush=True)))
sys.exit(130 if result.interrupted else 0)
"""


def start(run: Path, steps: int, *launcher: str) -> subprocess.Popen:
    command = [sys.executable, *launcher, "-c", SCRIPT] if not launcher else [sys.executable, *launcher]
    return subprocess.Popen([*command, str(run), str(steps)], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_signals(tmp_path, number):
    with start(tmp_path, 10**6) as process:
        for line in process.stdout:
            if "loss" in line and (tmp_path / "state.safetensors").is_file():
                process.send_signal(number)
                break
        process.stdout.read()
        code = process.wait(timeout=60)
    assert code == (-number if number == signal.SIGKILL else 130)
    state = load_state(tmp_path / "state.safetensors")
    assert state.progress.step == state.progress.sampler["drawn"] > 0
    again = replace(QUICK, max_steps=state.progress.step + 3)
    assert train(again, TINY, Counting(), Session(tmp_path, resume=True)).step == state.progress.step + 3
    steps = [line["step"] for line in records(tmp_path) if "loss" in line]
    assert steps == sorted(set(steps))


@pytest.mark.long
def test_two_processes_equal_one(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name, launcher in (("one", []), ("two", ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"])):
        subprocess.run([sys.executable, *launcher, script, tmp_path / name, "5"], check=True, env=environment, cwd=ROOT)
    one, two = (load_state(tmp_path / name / "state.safetensors") for name in ("one", "two"))
    assert one.progress.tokens == two.progress.tokens
    for name, tensor in one.weights.items():
        assert np.allclose(tensor, two.weights[name], rtol=1e-3, atol=1e-5)


def test_one_process_at_a_time_works_in_a_run(tmp_path):
    with locked(tmp_path, "wait"), pytest.raises(BadInputError, match=r"another process is using .*: wait for it"):
        train(QUICK, TINY, Counting(), Session(tmp_path))
    assert not (tmp_path / "state.safetensors").exists()
    train(QUICK, TINY, Counting(), Session(tmp_path))  # the lock is released with its process or block
