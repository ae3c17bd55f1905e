"""Rows drawn ahead: the same for every run, resumable, and equal to what the loop expects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from composer.errors import BadInputError
from composer.training.data.dataset import PackedDataset
from composer.training.data.pool import open_dataset
from composer.training.loop import Session, train
from composer.training.settings import RunConfig
from composer.training.state import load_state
from tests.training.small_data import write_small_data
from tests.training.test_loop import EXACT

SETTINGS = RunConfig(
    {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2},
    replace(EXACT, batch_size=4, micro_batch=4, max_steps=5, log_steps=1),
    {"context": 64, "seed": 3, "pool_rows": 8, "pool_workers": 2},
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    return write_small_data(tmp_path_factory.mktemp("pool"), tiny_model)


def test_pools_are_the_same_every_time_and_resume(data: Path) -> None:
    with open_dataset(SETTINGS, data) as pool:
        drawn = []
        for _ in range(2):
            drawn.append(pool.batch())
        state = pool.state_dict()
        drawn += [pool.batch() for _ in range(2)]
        assert [rows.shape for rows in drawn] == [(4, 65)] * 4
        assert len({tuple(row) for rows in drawn for row in rows.tolist()}) > 8  # the second pool is another one
        pool.load_state_dict(state)
        assert torch.equal(torch.as_tensor(pool.batch()), torch.as_tensor(drawn[2]))
    with open_dataset(SETTINGS, data) as again:
        assert torch.equal(torch.as_tensor(again.batch()), torch.as_tensor(drawn[0]))


def test_a_resumed_run_equals_an_uninterrupted_one(data: Path, tmp_path: Path) -> None:
    """The loop for GPUs, on a CPU: rows from a pool, a moving average, and a session in pieces."""
    settings = replace(
        SETTINGS, training=replace(SETTINGS.training, ema=0.9, dropout=0.1), data=SETTINGS.data | {"pool_workers": 1}
    )
    with open_dataset(settings, data) as pool:
        model = settings.model_config(pool.vocab_size)
        train(settings.training, model, pool, Session(tmp_path / "whole", report=lambda line: None))
    for steps, resume in ((2, False), (5, True)):
        with open_dataset(settings, data) as pool:
            part = replace(settings.training, max_steps=steps)
            train(part, model, pool, Session(tmp_path / "parts", resume=resume, report=lambda line: None))
    whole, parts = (load_state(tmp_path / name / "state.safetensors") for name in ("whole", "parts"))
    for name, tensor in whole.weights.items():
        assert torch.equal(tensor, parts.weights[name])
        assert torch.equal(whole.average[name], parts.average[name])
    assert not torch.equal(whole.average["norm.weight"], whole.weights["norm.weight"])
    assert whole.result is whole.average


def test_a_session_ends_at_its_deadline(data: Path, tmp_path: Path) -> None:
    with open_dataset(SETTINGS, data) as pool:
        result = train(SETTINGS.training, SETTINGS.model_config(pool.vocab_size), pool, Session(tmp_path, deadline=0.0))
    assert (result.interrupted, result.step) == (True, 0)
    assert (tmp_path / "state.safetensors").is_file()


def test_without_a_pool_rows_are_drawn_one_batch_at_a_time(data: Path) -> None:
    with open_dataset(replace(SETTINGS, data={"context": 64}), data) as dataset:
        assert isinstance(dataset, PackedDataset)
        assert dataset.batch().dtype == np.uint16


@pytest.mark.parametrize(("table", "message"), [({"pool": 1}, "key 'pool'"), ({"pool_rows": 8, "pool_workers": 0}, "jobs 0")])
def test_bad_settings(data: Path, table: dict[str, int], message: str) -> None:
    with pytest.raises(BadInputError, match=message), open_dataset(replace(SETTINGS, data=table), data):
        pass
