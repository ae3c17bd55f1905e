"""Preference training: the loss, the pairs, and rounds that can be killed and that stop."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from composer.brief import Brief
from composer.errors import BadInputError
from composer.model.checkpoint import load_weights
from composer.model.network import Decoder
from composer.tokenizer import Tokenizer
from composer.training.data.dataset import PackedDataset
from composer.training.loop import Session, train
from composer.training.preference import Pair, PairRows, Preference, dpop_loss
from composer.training.preference_rounds import PIECES_FILE, PreferenceConfig, Ranked, Rounds, diversity, pairs_of
from composer.training.settings import TrainingConfig
from composer.training.state import load_state
from tests.training.small_data import write_small_data
from tests.training.synthetic import TINY

TIME = 16
COUNTED = np.arange(TINY.vocab_size) > 0
UP = [list(range(1 + start, 1 + start + TIME)) for start in range(8)]
PAIRS = [Pair(row, row[::-1]) for row in UP]
CONFIG = TrainingConfig(
    batch_size=4, micro_batch=2, max_steps=40, warmup_steps=2, learning_rate=2e-3, embedding_learning_rate=2e-3,
    weight_decay=0.0, compile=False, threads=1, precision="float32", log_steps=1,
)  # fmt: skip


def reference() -> Decoder:
    torch.manual_seed(1)
    return Decoder(TINY)


def likelihoods(model: Decoder) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.inference_mode():
        measure = Preference(reference(), COUNTED).log_likelihood
        chosen, rejected = (torch.tensor([getattr(pair, side) for pair in PAIRS]) for side in ("chosen", "rejected"))
        return measure(model, chosen), measure(model, rejected)


def test_the_better_piece_becomes_likelier_and_no_chosen_piece_less_likely(tmp_path: Path) -> None:
    torch.manual_seed(CONFIG.seed)
    start = Decoder(TINY)  # as the loop initializes it
    rows = PairRows(PAIRS, context=TIME, batch_size=4, vocab_size=TINY.vocab_size, seed=0)
    train(CONFIG, TINY, rows, Session(tmp_path, report=lambda line: None), objective=Preference(start, COUNTED))
    end = Decoder(TINY)
    end.load_state_dict(dict(load_state(tmp_path / "state.safetensors").weights))
    before, after = likelihoods(start), likelihoods(end)
    assert bool((after[0] >= before[0] - 0.01).all())
    assert float((after[0] - after[1]).mean()) > float((before[0] - before[1]).mean()) + 1
    losses = [json.loads(line)["loss"] for line in (tmp_path / "log.jsonl").read_text().splitlines() if "loss" in line]
    assert losses[0] == pytest.approx(np.log(2), abs=0.01)  # the model is the reference
    assert losses[-1] < 0.8 * losses[0]


def test_the_loss_is_dpo_with_a_penalty_for_the_chosen_piece() -> None:
    zero, one = torch.zeros(1), torch.ones(1)
    sigmoid = torch.nn.functional.logsigmoid
    assert float(dpop_loss(one, zero, zero, zero)) == pytest.approx(float(-sigmoid(0.1 * one)))
    assert float(dpop_loss(-one, -3 * one, zero, zero)) == pytest.approx(float(-sigmoid(0.1 * (2 - 10) * one)))
    assert float(dpop_loss(-one, -3 * one, zero, zero, penalty=0.0)) == pytest.approx(float(-sigmoid(0.2 * one)))


def test_padding_and_given_ids_do_not_count() -> None:
    measure = Preference(reference(), COUNTED & (np.arange(TINY.vocab_size) != 7)).log_likelihood
    short, padded = torch.tensor([[1, 2, 3]]), torch.tensor([[1, 2, 3, 7, 0, 0]])
    torch.testing.assert_close(measure(reference(), short), measure(reference(), padded))


def test_rows_are_cut_or_padded_and_resume() -> None:
    rows = PairRows([Pair([5, 6], [7, 8, 9, 10]), *PAIRS], context=2, batch_size=3, vocab_size=40, seed=0)
    everything = np.concatenate([rows.batch() for _ in range(3)])
    assert sorted(everything.tolist()) == sorted([[5, 6, 0, 7, 8, 9], *([*row[:3], *row[::-1][:3]] for row in UP)])
    state = rows.state_dict()
    following = rows.batch()
    rows.load_state_dict(state)
    np.testing.assert_array_equal(rows.batch(), following)


def test_copies_and_ties_make_no_pairs() -> None:
    assert pairs_of([Ranked((1,), 1.0, copied=21), Ranked((2,), 0.5), Ranked((3,), 0.5)], 1, 20) == []
    pieces = [Ranked((index,), float(index)) for index in range(4)]
    assert pairs_of(pieces, 2, 20) == [Pair((3,), (0,)), Pair((2,), (1,))]
    assert len(pairs_of(pieces, 1, 20)) == 1


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    return write_small_data(tmp_path_factory.mktemp("preference"), tiny_model)


class Composer:
    """Draws pieces from the training data; the model must be a folder with weights."""

    def __init__(self, data: Path, kinds: int = 100) -> None:
        self.rows = PackedDataset(data, context=60, batch_size=4, seed=0)
        self.kinds, self.models = kinds, list[Path]()

    def __call__(self, brief: Brief, count: int, model: Path) -> list[Ranked]:
        assert load_weights(model)
        self.models.append(model)
        used = len(set(self.models))
        draws = self.rows.batch()[:count] if used <= self.kinds else np.repeat(self.rows.batch()[:1], count, axis=0)
        cut = slice(None) if used <= self.kinds else slice(30)
        return [Ranked(tuple(row[cut].tolist()), float(index)) for index, row in enumerate(draws)]


CHOICE = PreferenceConfig(
    styles=("waltz",), briefs=3, candidates=4, pairs=1, rounds=2, learning_rate=1e-4, batch_size=1, threads=1
)


def rounds(folder: Path, model: Path, data: Path, composer: Composer, **options: object) -> Rounds:
    return replace(
        Rounds(folder, model, data, CHOICE, lambda line: None, compose=composer),
        **options,  # type: ignore[arg-type]
    )


def test_rounds_start_from_the_model_of_the_round_before(tmp_path: Path, tiny_model: Path, data: Path) -> None:
    composer = Composer(data)
    config = replace(CHOICE, least_diversity=0.5)  # a few pieces scatter
    found = rounds(tmp_path, tiny_model, data, composer, config=config).run()
    assert found is not None
    model, records = found
    first, second = tmp_path / "round-1" / "model", tmp_path / "round-2" / "model"
    assert model == second
    assert list(dict.fromkeys(composer.models)) == [tiny_model, first, second]
    assert [record.get("pairs") for record in records] == [3, 3, None]
    assert not np.array_equal(*(load_weights(folder)["model.norm.weight"] for folder in (tiny_model, second)))


def test_rounds_are_undone_where_diversity_falls(tmp_path: Path, tiny_model: Path, data: Path) -> None:
    found = rounds(tmp_path, tiny_model, data, Composer(data, kinds=1)).run()
    assert found is not None
    model, records = found
    assert model == tiny_model
    assert records[-1]["undone"]
    assert records[1]["rhythm"] < 0.95 * records[0]["rhythm"] or records[1]["melody"] < 0.95 * records[0]["melody"]


def test_an_interrupted_round_continues(tmp_path: Path, tiny_model: Path, data: Path) -> None:
    composer = Composer(data)
    times = iter((False, False, True))
    assert rounds(tmp_path, tiny_model, data, composer, over=lambda: next(times)).run() is None
    path = tmp_path / "round-1" / PIECES_FILE
    with path.open("a") as file:
        file.write("[[[1, 2")  # killed while writing
    assert len(composer.models) == 2
    config = replace(CHOICE, rounds=1, least_diversity=0.1)
    assert rounds(tmp_path, tiny_model, data, composer, config=config).run() is not None
    assert len(path.read_text().splitlines()) == 3
    assert composer.models.count(tiny_model) == 3


def test_diversity_is_lower_for_equal_pieces(data: Path, tiny_model: Path) -> None:
    tokenizer = Tokenizer.load(tiny_model / "tokenizer.json")
    rows = PackedDataset(data, context=200, batch_size=6, seed=0).batch().tolist()
    varied, equal = diversity(rows, tokenizer), diversity([rows[0]] * 6, tokenizer)
    assert varied["melody"] > equal["melody"] > 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"candidates": 1}, "candidates 1 is out of range: give 2 to 16"),
        ({"pairs": 5}, "pairs 5 is out of range"),
        ({"rounds": 0}, "rounds 0 is out of range"),
        ({"styles": []}, "styles is empty"),
        ({"speed": 1}, "key 'speed' is not known"),
    ],
)
def test_bad_settings(table: dict[str, object], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        PreferenceConfig.of(table, "recipe")
