"""The selected subset: the rule, and draws from it only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from composer.errors import BadInputError
from composer.tokenizer.stream import assemble
from composer.training.data.corpus import CorpusItem
from composer.training.data.dataset import PackedDataset
from composer.training.data.selection import SELECTION_FILE, is_complete, select, write_selection
from composer.training.data.shards import Shard
from tests.training.small_data import write_small_data

ROW = {
    "title": "Waltz", "genre": "waltz", "composer": "Chopin, Fryderyk", "n_bars": 64, "timing": "score", "split": "train",
    "expressions": [], "instruments": ["Piano"], "track_names": ["Piano"],
}  # fmt: skip


def corpus(folder: Path, *rows: dict[str, object]) -> Path:
    lines = [json.dumps({**ROW, "id": f"mutopia/{number}", **row}) for number, row in enumerate(rows)]
    (folder / "mutopia.manifest.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def selected(folder: Path, *rows: dict[str, object]) -> list[int]:
    items = [CorpusItem(corpus(folder, *rows), "mutopia", line) for line in range(len(rows))]
    return sorted(int(name.split("/")[1]) for name in select(items))


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({}, True),
        ({"n_bars": 15}, False),
        ({"misaligned": True}, False),
        ({"timing": "performance"}, False),
        ({"timing": None}, True),  # the source states nothing
        ({"title": "Waltz (Fragment)"}, False),
        ({"title": "Fragmented Waltz"}, True),
        ({"n_irregular": 1}, True),
        ({"n_irregular": 2}, False),
    ],
)
def test_complete_works_in_clean_voices(change: dict[str, object], kept: bool) -> None:
    assert is_complete({**ROW, **change}, "waltz") is kept


def test_drums_are_performances_and_kept() -> None:
    assert is_complete({**ROW, "timing": "performance"}, "rock-drums")


def test_masters_alone_remain_where_a_style_has_enough(tmp_path: Path) -> None:
    unknown: dict[str, object] = {"composer": "Nobody"}
    assert selected(tmp_path, *([{}] * 10), *([unknown] * 3)) == list(range(10))


def test_all_complete_works_remain_in_other_styles(tmp_path: Path) -> None:
    unknown: dict[str, object] = {"composer": "Nobody"}
    assert selected(tmp_path, *([{}] * 9), unknown, {"n_bars": 4}) == list(range(10))


def test_folk_music_is_by_anyone(tmp_path: Path) -> None:
    song = {"genre": "folk", "title": "Song"}
    assert len(selected(tmp_path, *([song] * 10), {**song, "composer": "Nobody"})) == 11


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    return write_small_data(tmp_path_factory.mktemp("selected"), tiny_model)


def test_only_selected_pieces_are_drawn(data: Path) -> None:
    rates = {"opening": 1.0, "hole": 0.0}
    whole, part = (
        PackedDataset(data, context=40, batch_size=60, seed=0, rates=rates, select=select).batch() for select in (False, True)
    )
    shard, vocabulary = Shard(data / "train"), PackedDataset(data, context=40, batch_size=1, seed=0).tokenizer.vocabulary
    starts = {tuple(assemble(shard[index], vocabulary)[:41]) for index in range(4)}
    assert {tuple(row) for row in part.tolist()} <= starts
    assert not {tuple(row) for row in whole.tolist()} <= starts


def test_a_folder_without_a_selection_is_reported(data: Path, tmp_path: Path) -> None:
    for name in ("train", "valid", "tokenizer.json"):
        (tmp_path / name).symlink_to(data / name)
    with pytest.raises(BadInputError, match=f"contains no {SELECTION_FILE}"):
        PackedDataset(tmp_path, context=40, batch_size=1, seed=0, select=True)
    (tmp_path / SELECTION_FILE).write_text('["elsewhere"]')
    with pytest.raises(BadInputError, match="none of the pieces"):
        PackedDataset(tmp_path, context=40, batch_size=1, seed=0, select=True)


@pytest.mark.long  # reads all manifests
def test_the_corpus_selection_is_a_part_of_every_large_style(corpus_folder: Path, tmp_path: Path) -> None:
    write_selection(corpus_folder, tmp_path)
    ids = json.loads((tmp_path / SELECTION_FILE).read_text())
    assert len(ids) == len(set(ids))
    assert 4000 < len(ids) < 10_000


def test_a_folder_of_scores_has_no_selection(tmp_path: Path) -> None:
    write_selection(tmp_path, tmp_path)
    assert not (tmp_path / SELECTION_FILE).exists()
