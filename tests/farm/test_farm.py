"""Farms: equal briefs give equal trees, no matter how often and by which workers the shards are run."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from composer.composing import batch
from composer.composing.batch import DIED
from composer.errors import BadInputError, ModelNotFoundError
from composer.farm.account import MANIFEST, done_rows, manifest, status, verify
from composer.farm.driver import Finished, Run, Share, forget_errors
from composer.farm.shard import Work, run_shard
from composer.farm.sharding import Plan, make_plan, read_rows
from composer.farm.storage import StorageError, Store
from composer.harmony.planner import PLANNER
from tests.farm.crews import Crew, DiedError

arrow = pytest.importorskip("pyarrow")
pytest.importorskip("fsspec")
parquet = pytest.importorskip("pyarrow.parquet")

WHOLE = Share()
BRIEFS = [
    {"bars": 1, "ensemble": "solo-piano"},
    {"bars": 1, "ensemble": "solo-piano", "seed": 77, "name": "waltz"},
    {"bars": 0},
    {"bars": 1, "ensemble": "solo-piano", "formats": ["mid", "musicxml"], "name": "waltz.two"},
    {"prompt": "a sad slow piece for piano in D minor", "bars": 1},
]


@pytest.fixture
def plan(tmp_path: Path, tiny_model: Path) -> Callable[..., str]:
    """Plans briefs in a new folder or address."""

    def make(where: str = "farm", briefs: list[dict[str, Any]] = BRIEFS, **options: Any) -> str:
        lines = tmp_path / "briefs.jsonl"
        lines.write_text("\n".join(map(json.dumps, briefs)))
        address = where if "://" in where else str(tmp_path / where)
        make_plan(str(lines), Store(address), ("mid",), model=str(tiny_model), **{"size": 2, **options})
        return address

    return make


@pytest.fixture
def run(tiny_model: Path) -> Callable[..., list[Finished]]:
    def go(address: str, share: Share = WHOLE, **crew: Any) -> list[Finished]:
        return list(Run(address, share, model=str(tiny_model)).go(partial(Crew, **crew)))

    return go


def tree(address: str) -> dict[str, str]:
    store = Store(address)
    return {name: sha256(store.read(name)).hexdigest() for name in store.names("") if not name.startswith("times/")}


def test_pieces_are_those_of_batch_and_tables_record_each_brief(plan, run, tmp_path, tiny_model):
    address = plan()
    finished = run(address)
    assert [(each.shard, each.pieces, each.errors) for each in finished] == [(0, 2, 0), (1, 1, 1), (2, 1, 0)]
    rows = [row for shard in range(3) for row in done_rows(Store(address), shard)]
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5]
    assert [bool(row["error"]) for row in rows] == [False, False, True, False, False]
    assert [file["name"] for file in rows[3]["files"]] == ["waltz.two.json", "waltz.two.mid", "waltz.two.musicxml"]
    seeded = [
        json.dumps({"seed": row["number"], **brief, "name": row["name"]})
        for brief, row in zip(BRIEFS, rows, strict=True)
        if row["name"]
    ]
    (tmp_path / "batch").mkdir()
    list(batch.run(batch.read_entries(seeded), batch.Job(tmp_path / "batch", ("mid",), model=str(tiny_model))))
    expected = {path.name: path.read_bytes() for path in (tmp_path / "batch").iterdir()}
    found = {Path(name).name: Store(address).read(name) for name in Store(address).names("") if name.startswith("pieces/")}
    assert found == expected


def test_names_depend_on_the_brief_only(plan):
    first, second = plan("one"), plan("two", size=4)
    names = [row.name for shard in range(3) for row in read_rows(Store(first), shard)]
    assert names == [row.name for shard in range(2) for row in read_rows(Store(second), shard)]
    assert names[1] == "waltz"
    assert len(set(names)) == 5
    assert {len(names[index]) for index in (0, 4)} == {16}


def test_existing_pieces_are_kept_and_missing_ones_made_again(plan, run):
    address = plan()
    run(address)
    before, store = tree(address), Store(address)
    assert run(address) == []
    sidecar = next(name for name in before if name.endswith("waltz.json"))
    store.delete([sidecar, "done/part-00000.parquet", "done/part-00002.parquet"])
    assert [(each.shard, each.composed) for each in run(address)] == [(0, 1), (2, 0)]
    assert tree(address) == before


def test_a_deadly_brief_is_alone_in_its_error(plan, run):
    briefs = [{"bars": 1, "ensemble": "solo-piano"} for _ in range(6)]
    calm, address = plan("calm", briefs, size=6), plan("deadly", briefs, size=6)
    run(calm)

    def fails(work: Work) -> None:
        if work.first <= 3 < work.end and 3 not in work.lost:
            raise DiedError

    [finished] = run(address, fails=fails)
    assert (finished.pieces, finished.errors, finished.composed, finished.deaths) == (5, 1, 5, 4)
    assert [row["error"] for row in done_rows(Store(address), 0)] == ["", "", "", DIED, "", ""]
    others = {name: found for name, found in tree(address).items() if name.startswith("pieces/")}
    assert others.items() <= tree(calm).items()
    assert forget_errors(Store(address)) == 1
    run(address)
    assert tree(address) == tree(calm)


def test_packed_pieces_are_the_same_files(plan, run, tiny_model):
    loose, packed = plan("loose"), plan("packed", pack=True)
    run(loose)

    def fails(work: Work) -> None:  # the first shard is split, which leaves loose files until it is finished
        if work.shard == 0 and work.end - work.first == 2 and not accidents:
            accidents.append(work)
            raise DiedError

    accidents: list[Work] = []
    run(packed, fails=fails)
    assert accidents
    store = Store(packed)
    assert sorted(name for name in store.names("") if "loose" in name) == []
    with tarfile.open(fileobj=io.BytesIO(store.read("pieces/00000.tar"))) as tar:
        content = {name: tar.extractfile(name).read() for name in tar.getnames()}
    assert content == {Path(name).name: Store(loose).read(name) for name in tree(loose) if name.startswith("pieces/00000/")}
    assert verify(store, replays=1, model=str(tiny_model)).wrong == []
    again = plan("again", pack=True)
    run(again)
    assert tree(again) == tree(packed)


def test_shares_cover_all_shards(plan, run):
    whole, shared = plan("whole"), plan("shared")
    run(whole)
    assert [each.shard for each in run(shared, Share(1, 2))] == [1]
    assert [each.shard for each in run(shared, Share.parse("0/2"))] == [0, 2]
    assert tree(shared) == tree(whole)


def test_an_object_store_gets_the_same_files(plan, run):
    local, remote = plan("local"), plan("memory://farm")
    run(local)
    run(remote)
    assert tree(remote) == tree(local)
    Store(remote).write("plan/plan.json", b"another")  # the store refuses to replace
    assert tree(remote) == tree(local)


@pytest.mark.parametrize("text", ["2/2", "1", "a/b", "-1/2", "0/0"])
def test_shares_out_of_range(text):
    with pytest.raises(BadInputError, match="give I/N"):
        Share.parse(text)


def test_an_invalid_plan_writes_nothing(plan, tmp_path):
    twice = [{"bars": 1, "seed": 5}, {"bars": 2}, {"bars": 1, "seed": 5}]
    with pytest.raises(BadInputError, match="lines 1 and 3 request the same piece"):
        plan(briefs=twice)
    with pytest.raises(BadInputError, match="contains no brief"):
        plan(briefs=[])
    with pytest.raises(BadInputError, match="5000 briefs per shard are out of range"):
        plan(size=5000)
    assert not list((tmp_path / "farm").rglob("*.*"))
    plan()
    with pytest.raises(BadInputError, match="already contains a plan"):
        plan()
    with pytest.raises(BadInputError, match=r"nothing.jsonl cannot be used .No such file or directory.: check its name"):
        make_plan(str(tmp_path / "nothing.jsonl"), Store(str(tmp_path / "other")), ("mid",))


def test_a_table_of_briefs_gives_the_same_plan_as_lines(plan, tmp_path, tiny_model):
    table = arrow.Table.from_pylist([{"bars": 1, "style": "nocturne", "seed": None}, {"bars": 2, "style": None, "seed": 9}])
    parquet.write_table(table, tmp_path / "briefs.parquet")
    make_plan(str(tmp_path / "briefs.parquet"), Store(str(tmp_path / "table")), ("mid",), model=str(tiny_model))
    lines = plan("lines", [{"bars": 1, "style": "nocturne"}, {"bars": 2, "seed": 9}])
    assert [row.name for row in read_rows(Store(str(tmp_path / "table")), 0)] == [
        row.name for row in read_rows(Store(lines), 0)
    ]


def test_another_model_or_version_is_refused(plan, tiny_model, monkeypatch):
    address = plan()
    with pytest.raises(ModelNotFoundError, match="tiny"):
        Run(address)
    with pytest.raises(BadInputError, match=r"model/config.json has the fingerprint"):
        Run(address, model="cantilena-base")
    monkeypatch.setattr("composer.farm.shard.software", lambda: "Cantilena 99")
    with pytest.raises(BadInputError, match="install that version"):
        Run(address, model=str(tiny_model))


def copy_of(folder: Path, copy: Path) -> Path:
    shutil.copytree(folder, copy)
    return copy


def test_another_planner_gives_other_names_and_is_refused(plan, tmp_path, tiny_model, monkeypatch):
    before = plan("before")
    planner = copy_of(PLANNER.find(), tmp_path / "planner")
    with (planner / "harmony.json").open("a") as file:
        file.write("\n")
    monkeypatch.setattr("composer.farm.released.PLANNER", SimpleNamespace(find=lambda: planner))
    with pytest.raises(BadInputError, match=r"planner/harmony.json has the fingerprint"):
        Run(before, model=str(tiny_model))
    after = plan("after")
    first, second = ([row.name for row in read_rows(Store(address), 0)] for address in (before, after))
    assert first[0] != second[0]
    assert first[1] == second[1] == "waltz"


@pytest.mark.parametrize("name", ["generation_config.json", "tokenizer.json", "judge.npz"])
def test_every_file_of_the_model_counts(plan, tmp_path, tiny_model, name):
    address = plan()
    model = copy_of(tiny_model, tmp_path / "tiny")
    Run(address, model=str(model))
    with (model / name).open("a") as file:
        file.write("\n")
    with pytest.raises(BadInputError, match=f"model/{name} has the fingerprint"):
        Run(address, model=str(model))


def test_no_plan(tmp_path):
    with pytest.raises(BadInputError, match="has no plan"):
        Run(str(tmp_path))


@pytest.mark.parametrize("name", ["cat_file", "find", "pipe_file", "rm_file"])
def test_a_failure_of_any_library_can_be_retried_and_is_bad_input(monkeypatch, name):
    from fsspec.implementations.memory import MemoryFileSystem

    def fail(*_: object, **__: object) -> None:
        raise LookupError("https://bob:secret@host:\ntimed out")

    store = Store("memory://failing")
    calls = {
        "cat_file": lambda: store.read("x"),
        "find": lambda: store.names("x"),
        "pipe_file": lambda: store.replace("x", b""),
        "rm_file": lambda: store.delete(["x"]),
    }
    monkeypatch.setattr(MemoryFileSystem, name, fail)
    with pytest.raises(
        StorageError, match=r"memory:///failing cannot be used .https://host: timed out.: check the addr"
    ) as caught:
        calls[name]()
    assert isinstance(caught.value, OSError)
    assert isinstance(caught.value, BadInputError)


def test_a_storage_failure_is_not_an_error_of_a_brief(plan, tiny_model, monkeypatch):
    address = plan()

    def write(self: Store, name: str, content: bytes) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Store, "write", write)
    with pytest.raises(OSError, match="the disk is full"):
        run_shard(Work(address, 0, 0, 2, model=str(tiny_model)))


def test_damaged_files_of_a_farm_are_named_and_made_again(plan, run, tiny_model):
    address = plan()
    run(address)
    store = Store(address)
    before = tree(address)
    store.replace("done/part-00001.parquet", b"damaged")
    store.replace("done/part-00009.parquet", b"of no shard")
    store.replace("done/part-x.parquet", b"no number")
    store.replace("times/part-00000.json", b'{"composed": "all"}')
    store.replace("times/part-00001.json", b"[]")
    found = status(store)
    assert (found.finished, found.settled) == (3, 5)
    (line,) = verify(store, model=str(tiny_model)).wrong
    assert line.endswith("part-00001.parquet is damaged: delete it and call 'cantilena farm run' again")
    with pytest.raises(BadInputError, match=r"part-00001.parquet is damaged"):
        manifest(store)
    store.delete(["done/part-00009.parquet", "done/part-x.parquet"])
    assert forget_errors(store) == 1
    run(address)
    assert tree(address) == before
    store.delete(["done/part-00000.parquet"])
    store.replace("plan/part-00000.parquet", b"damaged")
    with pytest.raises(BadInputError, match=r"plan/part-00000.parquet is damaged: plan again"):
        run(address)


def test_partial_files_are_deleted(plan, run, tmp_path):
    address = plan()
    for folder in ("pieces/00000", "done", "times"):
        (tmp_path / "farm" / folder).mkdir(parents=True)
        (tmp_path / "farm" / folder / ".0123456789abcdef.part").write_bytes(b"half")
    run(address)
    assert not list((tmp_path / "farm").rglob("*.part"))


def test_status_verify_and_manifest(plan, run, tmp_path, tiny_model):
    address = plan()
    store = Store(address)
    assert (status(store).finished, status(store).seconds_a_brief) == (0, None)
    run(address, Share(0, 2))
    found = status(store)
    assert (found.shards, found.finished, found.briefs, found.settled) == (3, 2, 5, 3)
    assert found.left_s is not None
    assert found.left_s > 0
    with pytest.raises(BadInputError, match="1 of 3 shards are not finished"):
        manifest(store)
    run(address)
    assert manifest(store) == (4, 1)
    table = parquet.read_table(tmp_path / "farm" / MANIFEST)
    assert table["number"].to_pylist() == [1, 2, 3, 4, 5]
    assert table["shard"].to_pylist() == [0, 0, 1, 1, 2]
    checked = verify(store, replays=2, model=str(tiny_model))
    assert (checked.pieces, checked.replayed, checked.wrong) == (4, 2, [])
    (tmp_path / "farm/pieces/00000/waltz.mid").write_bytes(b"another")
    (tmp_path / "farm/pieces/00001/waltz.two.musicxml").unlink()
    assert [line.split()[0] for line in verify(store).wrong] == ["pieces/00000/waltz.mid", "pieces/00001/waltz.two.musicxml"]
    assert verify(store, sample=1).pieces == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"size": 0},
        {"size": 10**9},
        {"briefs": -1},
        {"briefs": "5"},
        {"formats": 5},
        {"formats": []},
        {"files": None},
        {"pack": "x"},
    ],
)
def test_the_values_of_a_plan_are_checked(plan: Callable[..., str], changed: dict[str, Any]) -> None:
    address = plan()
    path = Path(address) / "plan" / "plan.json"
    content = json.loads(path.read_text())
    assert Plan.read(Store(address)).size == 2
    path.write_text(json.dumps(content | changed))
    with pytest.raises(BadInputError, match="is not a plan of this version") as caught:
        Plan.read(Store(address))
    assert "NoneType" not in str(caught.value)
