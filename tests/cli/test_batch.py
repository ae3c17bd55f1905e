"""`cantilena batch`."""

from __future__ import annotations

import json


def test_paths_errors_table_and_exit_code(cantilena, tiny_model, tmp_path):
    (tmp_path / "briefs.jsonl").write_text('{"bars": 2, "style": "string-quartet"}\n{"bars": 0}\n')
    done = cantilena("batch", "briefs.jsonl", "-o", "out", "--model", tiny_model)
    assert done.code == 1
    assert done.out.split() == ["out/piece-00001.mid", "out/piece-00001.json"]
    assert "cantilena: line 2: " in done.err
    assert "pieces                    1" in done.err
    assert "0 there already, 1 failed" in done.err
    again = cantilena("batch", "briefs.jsonl", "-o", "out", "--model", tiny_model, "--json", "-q")
    first, second = sorted((json.loads(line) for line in again.out.splitlines()), key=lambda each: each["line"])
    assert (first["skipped"], first["error"]) == (True, None)
    assert second["error"] in again.err


def test_all_done_is_no_failure(cantilena, tiny_model, tmp_path):
    (tmp_path / "briefs.jsonl").write_text('{"bars": 1}\n')
    assert cantilena("batch", "briefs.jsonl", "--model", tiny_model, "-q").code == 0


def test_a_file_that_is_not_there(cantilena):
    done = cantilena("batch", "nothing.jsonl")
    assert done.code == 3
    assert "nothing.jsonl cannot be read" in done.err
