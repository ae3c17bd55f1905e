"""Files are placed completely or not at all, and replace others only on request."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from composer import files
from composer.errors import BadInputError
from composer.files import Existing, new_file, place, staging


def put(
    folder: Path, name: str, existing: Existing = Existing.NUMBER, sources: tuple[Path, ...] = (), text: str = "new"
) -> list[str]:
    """Places a piece of two files."""
    with staging(folder) as hidden:
        staged = {suffix: hidden / f"x.{suffix}" for suffix in ("mid", "json")}
        for path in staged.values():
            path.write_text(text)
        return [path.name for path in place(staged, folder, name, existing, sources).values()]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=["links", "no links"])
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With hard links, and without, as on some file systems."""
    if request.param == "no links":

        def refuse(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("file_system")
def test_all_files_of_a_piece_share_the_next_free_number(tmp_path: Path) -> None:
    assert put(tmp_path, "a") == ["a.mid", "a.json"]
    assert put(tmp_path, "a") == ["a-2.mid", "a-2.json"]
    (tmp_path / "a-3.json").touch()  # only one of the two names is taken
    assert put(tmp_path, "a") == ["a-4.mid", "a-4.json"]
    assert names(tmp_path) == ["a-2.json", "a-2.mid", "a-3.json", "a-4.json", "a-4.mid", "a.json", "a.mid"]
    assert (tmp_path / "a-4.mid").read_text() == "new"


@pytest.mark.usefixtures("file_system")
def test_existing_files_are_rejected_unless_they_are_equal(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("mine")
    with pytest.raises(
        BadInputError,
        match=r"a\.json already exists: give another name or folder, or replace it \(overwrite=True, or --overwrite\)",
    ):
        put(tmp_path, "a", Existing.REFUSE)
    assert names(tmp_path) == ["a.json"]
    (tmp_path / "a.json").write_text("new")
    assert put(tmp_path, "a", Existing.REFUSE) == ["a.mid", "a.json"]


def test_a_source_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_text("mine")
    (tmp_path / "link.mid").symlink_to(tmp_path / "a.mid")
    for source in ("a.mid", "link.mid"):
        with pytest.raises(BadInputError, match="is the input file"):
            put(tmp_path, "a", Existing.REPLACE, (tmp_path / source,))
    assert put(tmp_path, "a", Existing.NUMBER, (tmp_path / "a.mid",)) == ["a-2.mid", "a-2.json"]
    assert (tmp_path / "a.mid").read_text() == "mine"
    assert put(tmp_path, "a", Existing.REPLACE) == ["a.mid", "a.json"]
    assert (tmp_path / "a.mid").read_text() == "new"


@pytest.mark.usefixtures("file_system")
def test_concurrent_writers_never_get_the_same_name(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(lambda number: (number, put(tmp_path, "a", text=str(number))), range(40)))
    assert len({name for _, pair in placed for name in pair}) == 80
    for number, pair in placed:
        assert [(tmp_path / name).read_text() for name in pair] == [str(number)] * 2
    assert len(names(tmp_path)) == 80


def test_an_error_leaves_nothing_and_names_the_users_folder(tmp_path: Path) -> None:
    def fail() -> None:
        with new_file(tmp_path / "a.mid") as path:
            path.write_text("half")
            raise BadInputError(f"cannot write {path}: the disk is full")

    with pytest.raises(BadInputError) as caught:
        fail()
    assert str(caught.value) == f"cannot write {tmp_path / 'a.mid'}: the disk is full"
    assert names(tmp_path) == []


def test_an_existing_file_is_rejected_before_the_work(tmp_path: Path) -> None:
    target = tmp_path / "a.mid"
    with new_file(target) as path:
        path.write_text("first")
    with pytest.raises(BadInputError, match="already exists"), new_file(target):
        pytest.fail("it is rejected first")
    with new_file(target, overwrite=True) as path:
        path.write_text("second")
    assert target.read_text() == "second"
    with pytest.raises(BadInputError, match="Is a directory"), new_file(tmp_path, overwrite=True):
        pytest.fail("it is rejected first")
    with pytest.raises(BadInputError, match="nowhere"), new_file(tmp_path / "nowhere" / "a.mid"):
        pytest.fail("it is rejected first")


def test_a_file_that_appears_during_the_work_is_not_replaced(tmp_path: Path) -> None:
    def work() -> None:
        with new_file(tmp_path / "a.mid") as path:
            path.write_text("ours")
            (tmp_path / "a.mid").write_text("theirs")

    with pytest.raises(BadInputError, match="already exists"):
        work()
    assert (tmp_path / "a.mid").read_text() == "theirs"
    assert names(tmp_path) == ["a.mid"]


def test_an_impossible_file_name_gives_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot write"):
        put(tmp_path, "a" * 300)
    assert names(tmp_path) == []
    assert files.Existing("refuse") is Existing.REFUSE


def test_all_targets_are_checked_before_any_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "h.mid").write_text("old")
    (tmp_path / "h.json").mkdir()
    staged = {suffix: tmp_path / f"new.{suffix}" for suffix in ("mid", "json")}
    for path in staged.values():
        path.write_text("new")
    with pytest.raises(BadInputError, match=r"cannot write .*h\.json"):
        place(staged, tmp_path, "h", Existing.REPLACE)
    assert (tmp_path / "h.mid").read_text() == "old"
    (tmp_path / "h.json").rmdir()
    staged["json"].unlink()
    with pytest.raises(BadInputError, match=r"cannot write .*h\.json"):
        place(staged, tmp_path, "h", Existing.REPLACE)
