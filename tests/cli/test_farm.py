"""`cantilena farm`."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("pyarrow")


@pytest.fixture
def planned(cantilena, tiny_model, tmp_path):
    (tmp_path / "briefs.jsonl").write_text('{"bars": 1}\n{"bars": 0}\n{"bars": 1}\n')
    return cantilena("farm", "plan", "briefs.jsonl", "-o", "farm", "--size", 2, "--model", tiny_model)


def test_from_briefs_to_a_manifest(cantilena, planned, tiny_model):
    assert (planned.code, planned.out) == (0, "3 briefs in 2 shards\n")
    assert "1 of 3 briefs cannot be read" in planned.err
    run = cantilena("farm", "run", "farm", "--model", tiny_model, "--json")
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert run.code == 1
    assert [(each["shard"], each["pieces"], each["errors"]) for each in lines] == [(0, 1, 1), (1, 1, 0)]
    assert "2 pieces in 2 shards, 2 composed" in run.err
    status = cantilena("farm", "status", "farm", "--price", 0.05)
    assert status.out.startswith("2 of 2 shards, 3 of 3 briefs\n")
    assert " per brief, " in status.out
    assert cantilena("farm", "verify", "farm", "--model", tiny_model).out == "2 pieces compared, 2 recomposed, 0 wrong\n"
    assert cantilena("farm", "manifest", "farm").out.endswith("manifest.parquet: 2 pieces, 1 errors\n")
    again = cantilena("farm", "run", "farm", "--model", tiny_model)
    assert (again.code, "0 composed" in again.err) == (0, True)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["run", "farm", "--shard", "2/2"], 3, "give I/N"),
        (["run", "farm", "--on", "spark"], 3, "engine 'spark' of --on is not known"),
        (["run", "farm", "--on", "ray", "--jobs", 2], 3, "omit --shard and --jobs"),
        (["run", "farm", "--jobs", 0], 3, "number of jobs 0"),
        (["run", "farm", "--model", "nope"], 4, "model 'nope'"),
        (["run", "nowhere"], 3, "has no plan"),
        (["plan", "briefs.jsonl", "-o", "farm"], 3, "already contains a plan"),
        (["plan", "briefs.jsonl", "-o", "other", "--format", "nope"], 3, "format 'nope'"),
        (["plan", "briefs.jsonl", "-o", "nope://other"], 3, "nope"),
        (["manifest", "farm"], 3, "2 of 2 shards are not finished"),
    ],
)
def test_bad_input_gives_one_line(cantilena, planned, options, code, message):
    done = cantilena("farm", *options)
    assert done.code == code
    assert message in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(111, "Connection refused"), LookupError("Unable to locate credentials")]
)
@pytest.mark.parametrize("command", [("status",), ("run",), ("run", "--retry-errors"), ("verify",), ("manifest",)])
def test_a_storage_that_cannot_be_reached_gives_one_line(cantilena, monkeypatch, error, command):
    memory = pytest.importorskip("fsspec.implementations.memory")

    def info(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(memory.MemoryFileSystem, "info", info)
    done = cantilena("farm", command[0], "memory://farm", *command[1:])
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    for said in ("memory://", str(error.args[-1]), "credentials"):
        assert said in done.err
    assert "Err" not in done.err


@pytest.mark.parametrize(
    "command", [("status",), ("run",), ("verify",), ("plan", "briefs.jsonl", "-o"), ("plan", "-o", "farm")]
)
@pytest.mark.parametrize("address", ["ftp://bob:secret@127.0.0.1:9/farm", "zzz://farm"])
def test_an_address_that_nothing_answers_is_bad_input(cantilena, tmp_path, address, command):
    pytest.importorskip("fsspec")
    (tmp_path / "briefs.jsonl").write_text('{"bars": 1}\n')
    done = cantilena("farm", *command, address)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert address.replace("bob:secret@", "") in done.err
    assert "secret" not in done.err
