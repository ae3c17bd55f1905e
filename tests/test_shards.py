"""Files that are split, transferred and joined again."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from composer.errors import BadInputError
from tools.shards import LIST_FILE, join, pack, split

CONTENT = np.random.default_rng(0).bytes(2_500_000)


@pytest.mark.parametrize(("size", "parts"), [(2_500_000, 3), (1 << 20, 1), (0, 1)])
def test_a_joined_file_equals_the_original(tmp_path: Path, size: int, parts: int) -> None:
    (tmp_path / "weights").write_bytes(CONTENT[:size])
    written = split(tmp_path / "weights", tmp_path / "parts", mib=1)
    assert len(written) == parts + 1
    assert all(path.stat().st_size <= 1 << 20 for path in written)
    join(tmp_path / "parts", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == CONTENT[:size]


def test_missing_and_damaged_parts_are_refused(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(CONTENT)
    first, second, *_ = split(tmp_path / "weights", tmp_path / "parts", mib=1)
    first.write_bytes(first.read_bytes()[:-1] + b"x")
    with pytest.raises(BadInputError, match="is damaged"):
        join(tmp_path / "parts", tmp_path / "again")
    second.unlink()
    with pytest.raises(BadInputError, match="does not hold all parts"):
        join(tmp_path / "parts", tmp_path / "again")
    (tmp_path / "parts" / LIST_FILE).unlink()
    with pytest.raises(BadInputError, match="does not hold all parts"):
        join(tmp_path / "parts", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_the_archive_holds_what_training_reads(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in ("tokenizer.json", "originality.npz", "train/notes.npy", "valid/notes.npy", "base/large"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(name)
    pack(data, tmp_path / "data.tar.xz")
    with tarfile.open(tmp_path / "data.tar.xz") as archive:
        names = {member.name for member in archive if member.isfile()}
    assert names == {"tokenizer.json", "train/notes.npy", "valid/notes.npy"}
