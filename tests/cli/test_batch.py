"""`cantilena batch`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def test_paths_errors_table_and_exit_code(cantilena, tiny_model, tmp_path):
    (tmp_path / "briefs.jsonl").write_text('{"bars": 2, "style": "string-quartet"}\n{"bars": 0}\n')
    done = cantilena("batch", "briefs.jsonl", "-o", "out", "--model", tiny_model)
    assert done.code == 1
    assert done.out.split() == ["out/piece-00001.mid", "out/piece-00001.json"]
    assert "cantilena: line 2: " in done.err
    assert "pieces                    1" in done.err
    assert "0 skipped, 1 failed" in done.err
    again = cantilena("batch", "briefs.jsonl", "-o", "out", "--model", tiny_model, "--json", "-q")
    first, second = sorted((json.loads(line) for line in again.out.splitlines()), key=lambda each: each["line"])
    assert (first["skipped"], first["error"]) == (True, None)
    assert second["error"] in again.err


def test_a_finished_batch_is_not_a_failure(cantilena, tiny_model, tmp_path):
    (tmp_path / "briefs.jsonl").write_text('{"bars": 1}\n')
    assert cantilena("batch", "briefs.jsonl", "--model", tiny_model, "-q").code == 0


def test_of_many_errors_the_first_ten_are_shown(cantilena, tmp_path):
    (tmp_path / "garbage.jsonl").write_text("?\n" * 30)
    done = cantilena("batch", "garbage.jsonl", "-q")
    *shown, last = done.err.splitlines()
    assert done.code == 1
    assert [line.partition(": not JSON")[0] for line in shown] == [f"cantilena: line {number}" for number in range(1, 11)]
    assert last == "cantilena: 20 more lines failed: --json shows the error of every line"
    assert len(cantilena("batch", "garbage.jsonl", "-q", "--json").out.splitlines()) == 30


def test_a_missing_file_is_refused(cantilena):
    done = cantilena("batch", "nothing.jsonl")
    assert done.code == 3
    assert "nothing.jsonl cannot be read" in done.err


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--model", "nope"], 4, "model 'nope'"),
        (["--engine", "nope"], 3, "engine 'nope' is not known"),
        (["--jobs", 0], 3, "number of jobs 0"),
        (["--together", 17], 3, "17 pieces at once"),
    ],
)
def test_a_common_error_is_reported_once_and_nothing_is_made(cantilena, tmp_path, options, code, message):
    (tmp_path / "briefs.jsonl").write_text('{"bars": 1}\n' * 3)
    done = cantilena("batch", "briefs.jsonl", "-o", "out", *options)
    assert (done.code, done.err.count(message)) == (code, 1)
    assert not (tmp_path / "out").exists()


def test_a_folder_as_briefs_and_a_folder_that_takes_no_files(cantilena, tmp_path, tiny_model):
    assert "Is a directory" in cantilena("batch", tmp_path, "-o", "out").err
    assert not (tmp_path / "out").exists()
    (tmp_path / "briefs.jsonl").write_text('{"bars": 1}\n')
    done = cantilena("batch", "briefs.jsonl", "-o", "/proc/self", "--model", tiny_model)
    assert (done.code, "folder /proc/self cannot be written to" in done.err) == (3, True)


def test_a_byte_order_mark_is_not_part_of_the_first_brief(cantilena, tiny_model, tmp_path):
    (tmp_path / "briefs.jsonl").write_text('{"bars": 1}\n', encoding="utf-8-sig")
    assert cantilena("batch", "briefs.jsonl", "--model", tiny_model, "-q").code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_processes_end_with_the_command(tiny_model, tmp_path, number, code):
    (tmp_path / "briefs.jsonl").write_text('{"bars": 8}\n' * 2000)
    command = ["batch", str(tmp_path / "briefs.jsonl"), "-o", str(tmp_path), "--jobs", "2", "--model", str(tiny_model)]
    program = f"from composer.cli import app\nif __name__ == '__main__': app({command!r})"
    (tmp_path / "program.py").write_text(program)
    running = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert running.stdout.readline().endswith(".mid\n")
    running.send_signal(number)
    _, err = running.communicate(timeout=30)  # reads until no process holds the pipes any more
    assert running.returncode == code
    assert ("interrupted" in err and "pieces" in err) == (code == 130)
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no /proc on this system")
def test_a_file_that_cannot_be_read_is_named(cantilena):
    done = cantilena("batch", "/proc/self/mem")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("cantilena: /proc/self/mem cannot be read (Input/output error): give a file with one brief")


def test_the_help_says_that_a_line_has_no_title(cantilena, tmp_path):
    (tmp_path / "briefs.jsonl").write_text('{"bars": 1, "title": "Dawn"}\n')
    assert "a line has no field 'title'" in cantilena("batch", "briefs.jsonl").err
    assert "not those of its files and title" in " ".join(cantilena("batch", "--help").out.replace("│", " ").split())
