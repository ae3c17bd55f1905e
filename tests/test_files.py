"""Temporary names, locks and records: leftovers of killed or hostile processes do no harm."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from composer import files, records
from composer.errors import BadInputError
from composer.files import unfinished, write_atomically
from composer.locks import is_locked, locked


def test_files_left_by_killed_processes_are_removed_after_an_hour(tmp_path):
    old, young, other = unfinished(tmp_path), unfinished(tmp_path), tmp_path / ".hidden.part"
    folder = unfinished(tmp_path)
    folder.mkdir()
    for path in (old, young, other, folder / "stem.wav"):
        path.write_bytes(b"half")
    for path in (old, other, folder / "stem.wav", folder):
        os.utime(path, (time.time() - 4000,) * 2)
    files._clear_unfinished.cache_clear()
    write_atomically(tmp_path / "a", b"whole")
    assert {path.name for path in tmp_path.iterdir()} == {young.name, other.name, "a"}


def test_an_impossible_file_name_gives_one_line(tmp_path):
    with pytest.raises(BadInputError, match="cannot write"):
        write_atomically(tmp_path / ("a" * 300), b"")
    assert list(tmp_path.iterdir()) == []


def test_a_lock_ends_with_its_process(tmp_path):
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom composer.locks import locked\n"
        "with locked(Path(sys.argv[1]), ''):\n    print('locked', flush=True)\n    time.sleep(60)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == b"locked\n"
    assert is_locked(tmp_path)
    with pytest.raises(BadInputError, match="another process is using"), locked(tmp_path, "wait"):
        pass
    process.kill()
    process.communicate()
    assert not is_locked(tmp_path)
    with locked(tmp_path, "wait"):
        pass


@pytest.mark.parametrize("value", [None, True, 1.5, "1", [], {}, float("nan"), float("inf"), 10**400, -1])
def test_records_accept_values_of_the_right_type_and_range(value):
    with pytest.raises(ValueError, match="is not a"):
        records.whole(value, 0, 100)
    if value != 1.5:
        with pytest.raises(ValueError, match="is not a"):
            records.number(value, 0, 100)
    readers = [lambda found: records.rows(found, 3, least=1), lambda found: records.text(found, 0)]
    readers += [records.fields] if value != {} else []
    readers += [records.truth] if value is not True else []
    for reader in readers:
        with pytest.raises(ValueError, match="is"):
            reader(value)


def test_messages_name_values_of_json_not_of_python():
    for value, said in ((None, "null"), (True, "true"), ([], "a list"), ((), "a list"), ({}, "an object")):
        with pytest.raises(ValueError, match=f"^{said} is not a whole number"):
            records.whole(value, 0, 1)


def test_texts_with_lone_surrogates_are_rejected():
    with pytest.raises(ValueError, match="not a text"):
        records.text("a\ud800")
    assert records.text("ä") == "ä"
