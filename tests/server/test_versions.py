"""The versions of a project: a damaged file costs no other one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from composer.server.versions import RECORD, Store

FACTS = {"title": "Waltz", "verb": "compose", "parent": None, "options": {}}


def committed(store: Store, music: bytes) -> dict[str, Any]:
    with store.draft() as draft:
        (draft / "piece.mid").write_bytes(music)
        return store.commit(draft, FACTS)


@pytest.mark.parametrize(
    "damage", ["", "{", "[" * 5000, "[]", "{}", json.dumps(FACTS), json.dumps({**FACTS, "id": 3, "created": 5}), "\udcff"]
)
def test_a_damaged_record_hides_its_version_only(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path)
    good, bad = committed(store, b"one"), committed(store, b"two")
    (store.path(bad["id"]) / RECORD).write_bytes(damage.encode(errors="surrogateescape"))
    assert store.all() == [good]
    with pytest.raises(KeyError):
        store.record(bad["id"])
    again = committed(store, b"two")
    assert again["id"] == bad["id"]
    assert store.all() == [good, again]


def test_a_record_that_is_a_folder_hides_its_version_only(tmp_path: Path) -> None:
    (tmp_path / "versions" / ("a" * 16) / RECORD).mkdir(parents=True)
    assert Store(tmp_path).all() == []


def test_damaged_ratings_are_ignored(tmp_path: Path) -> None:
    store = Store(tmp_path)
    one, other = (committed(store, music)["id"] for music in (b"one", b"two"))
    store.rate(one, other)
    with (tmp_path / "ratings.jsonl").open("ab") as file:
        file.write(b'3\n{"preferred": 3}\n\xff\n' + b"[" * 5000 + b"\n{")
    assert [rating["preferred"] for rating in store.ratings()] == [one]
