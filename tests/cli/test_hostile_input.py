"""Hostile arguments, input and names end in one short line and exit code 3."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from composer.cli import console
from composer.cli.console import message, plain, print_json, print_table
from composer.cli.options import folder_for
from composer.errors import BadInputError
from composer.formats import write_score
from tests.formats.pieces import waltz

ROOT = Path(__file__).parents[2]
PROGRAM = "from composer.start import main; main()"


def run(arguments: list[str], folder: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    """Runs the command in a separate process, as its script does."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | (env or {})
    command = [sys.executable, "-P", "-c", PROGRAM, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=120)


@pytest.mark.parametrize(
    "arguments",
    [
        ["compose", "--hits", "0:" + "9" * 310, "--bars", "8"],
        ["compose", "--form", "A" + "9" * 5000],
        ["compose", "--form", "A" * 20_000],
        ["compose", "--mood-curve", "9" * 40_000 + "@0 sad@50%"],
        ["compose", "--mood-curve", "sad@" + "9" * 400 + ":10 calm@end"],
        ["compose", "--mood-curve", "sad@bar " + "9" * 5000 + " calm@end"],
        ["compose", "--key", "9" * 100_000],
        ["compose", "--bars", "4", "-o", "d/" * 1500 + "d"],
        ["compose", "--bars", "4", "-o", "d" * 300],
        ["inspect", "d" * 300 + ".mid"],
        ["inspect", "d/" * 1500 + "d.mid"],
    ],
)
def test_absurd_values_get_one_short_line(cantilena, arguments):
    done = cantilena(*arguments)
    assert (done.code, done.out) == (3, ""), done.err[:500]
    assert done.err.count("\n") == 1
    assert len(done.err) < 2_100
    assert "unexpected error" not in done.err


def test_long_values_are_cut_in_messages():
    assert message("key '" + "D" * 100_000 + "' is not known") == "key '" + "D" * 100 + "...' is not known"
    assert message("can't read 'a' or 'b': " + "it's fine " * 20) == ("can't read 'a' or 'b': " + "it's fine " * 20).strip()
    assert len(message("x" * 1_000_000)) < 200
    assert len(message("a b " * 100_000)) < 2_100


def test_control_characters_do_not_reach_a_terminal(capsys):
    hostile = "a\x1b[31mb\x07\x9b2J\u202ec\nd\ud800"
    print_table([("title", hostile), ("x", "y")])
    print_json({"title": hostile})
    out = capsys.readouterr().out
    assert out.startswith("title  a[31mb2Jc d\n")
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\ud800"} & set(out)
    assert '"a\\u001b[31mb\\u0007\\u009b2J\\u202ec\\nd\\ud800"' in out
    assert plain(hostile) == "a[31mb2Jc d"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_redirected_output_is_utf8_on_every_system(encoding, tmp_path):
    write_score(waltz(), tmp_path / "x.mid")
    done = run(["inspect", "x.mid"], tmp_path, env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0, done.stderr
    assert "▁" in done.stdout.decode() or "▇" in done.stdout.decode()


def test_standard_input_without_end_is_refused(cantilena, monkeypatch, tiny_model):
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:
            buffer[:] = bytes(len(buffer))
            return len(buffer)

    for arguments in (["continue", "-", "--model", str(tiny_model)], ["batch", "-", "--model", str(tiny_model)]):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Endless())))
        done = cantilena(*arguments)
        assert done.code == 3
        assert "has more than" in done.err


def test_processes_of_a_batch_import_nothing_from_the_current_folder(tmp_path, tiny_model):
    (tmp_path / "b.jsonl").write_text('{"bars": 2, "style": "waltz"}\n{"bars": 2, "style": "waltz"}\n')
    for module in ("multiprocessing", "struct", "socket"):
        (tmp_path / f"{module}.py").write_text("open('RUN', 'w').close()\n")
    done = run(["batch", "b.jsonl", "-o", "out", "--jobs", "2", "--together", "1", "--model", str(tiny_model)], tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert not (tmp_path / "RUN").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_while_the_program_loads_is_one_line(tmp_path):
    program = (
        "import sys, builtins, time\nfrom composer.start import main\nplain = builtins.__import__\n"
        "def slow(name, *rest):\n"
        "    if name.startswith('typer') and 'typer' not in sys.modules:\n"
        "        print('loading', flush=True); time.sleep(30)\n"
        "    return plain(name, *rest)\n"
        "builtins.__import__ = slow\nmain()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, "moods"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"loading\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[1] == b"cantilena: interrupted\n"
    assert process.returncode == 130


def test_ctrl_c_while_the_commands_are_assembled_is_one_line(tmp_path):
    program = (
        "import typer.main\nfrom composer.start import main\n"
        "def interrupted(app):\n    raise KeyboardInterrupt\n"
        "typer.main.get_command = interrupted\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "moods"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, b"cantilena: interrupted\n")


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes")
def test_names_and_prompts_that_are_not_unicode(cantilena, tiny_model, tmp_path):
    song = tmp_path / os.fsdecode(b"a\xffb.mid")
    write_score(waltz(), song)
    made = cantilena("continue", song, "--bars", "2", "--format", "mid", "--model", tiny_model, "-q", "-o", "out")
    assert made.code == 0, made.err
    sidecar = next((tmp_path / "out").glob("*.json"))
    again = cantilena("replay", sidecar, "--source", song, "--model", tiny_model, "-q", "-o", "again")
    assert again.code == 0, again.err
    refused = cantilena("compose", os.fsdecode(b"sad \xff waltz"), "--bars", "2", "--model", tiny_model)
    assert (refused.code, refused.out) == (3, "")
    assert "not Unicode text" in refused.err


def test_numbers_of_parts_can_have_any_length(cantilena, tiny_model, tmp_path):
    write_score(waltz(), tmp_path / "song.mid")
    for part in ("9" * 5000, "piano " + "9" * 5000):
        done = cantilena("infill", "song.mid", "--bars", "1", "--parts", part, "--model", tiny_model)
        assert done.code == 3
        assert "is not in the piece" in done.err


@pytest.mark.skipif(os.name != "posix", reason="file descriptors")
def test_closed_streams_do_not_become_files(tmp_path):
    write_score(waltz(), tmp_path / "song.mid")
    command = f"exec '{sys.executable}' -P -c '{PROGRAM}' convert song.mid again.mid <&- >&- 2>&-"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 0
    assert (tmp_path / "again.mid").read_bytes()[:4] == b"MThd"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["compose", "--bars", "4.5"], 2, "bars '4.5' is out of range: give a whole number from 1 to 256"),
        (["compose", "--bars", "many"], 2, "bars 'many' is not a number: give a whole number from 1 to 256"),
        (["compose", "--tempo", "banana"], 3, "tempo 'banana' is not a number: give 20 to 300, or a word such as allegro"),
        (["compose", "--tempo", "violin"], 3, "tempo 'violin' is not a number: give 20 to 300, or a word such as allegro"),
        (["compose", "--duration", "long"], 2, "duration 'long' is not a number: give a number from 1 to 1800"),
        (["compose", "--duration", "1:75"], 2, "duration '1:75' is not a number: give a number from 1 to 1800"),
        (["compose", "--duration", "45:00"], 2, "duration 2700.0 is out of range: give a number from 1 to 1800"),
        (
            ["compose", "-n", "x"],
            2,
            "'--count': number of pieces 'x' is not a whole number: give a whole number from 1 to 1,000",
        ),
        (
            ["compose", "--candidates", "x"],
            2,
            "number of candidates 'x' is not a whole number: give a whole number from 1 to 16",
        ),
        (["serve", "--port", "1x"], 2, "port '1x' is not a whole number: give a whole number from 0 to 65,535"),
        (["serve", "--port", "65536"], 3, "port '65536' is out of range: give a whole number from 0 to 65,535"),
        (["learn", "--minutes", "nan"], 3, "minutes 'nan' is out of range: give a number from 0.05 to 1,440"),
        (["train", "--minutes", "-1"], 3, "minutes '-1' is out of range: give a number of 0 or more"),
        (["train", "--seed", "9" * 5000], 2, f"seed '{'9' * 40}' is out of range: give a whole number of 0 or more"),
        (["compose", "--style", ",,,"], 3, "',,,' has commas and no names"),
        (["compose", "--instruments", " , "], 3, "has commas and no names"),
        (["render", "a.mid", "--style", "jaz"], 3, "style 'jaz' is not known: did you mean swing"),
        (["play", "a.mid", "--style", "jaz"], 3, "style 'jaz' is not known: did you mean swing"),
    ],
)
def test_values_that_are_nothing_of_the_kind_name_the_value_and_the_range(cantilena, arguments, code, said):
    done = cantilena(*arguments)
    assert (done.code, done.err.count("\n")) == (code, 1)
    assert said in done.err


def test_an_empty_batch_is_refused_and_leaves_no_folder(cantilena, tmp_path):
    (tmp_path / "briefs.jsonl").write_text("\n\n")
    done = cantilena("batch", "briefs.jsonl", "-o", "pieces")
    assert done.code == 3
    assert "briefs.jsonl holds no brief: give a file with one per line" in done.err
    assert not (tmp_path / "pieces").exists()


def test_folders_to_write_to_are_created_and_kept_only_with_files(cantilena, tmp_path):
    write_score(waltz(), tmp_path / "a.mid")
    assert cantilena("convert", "a.mid", "new/score/a.musicxml").code == 0
    assert cantilena("render", "a.mid", "-o", "sound/a.wav", "-q").code == 0
    assert (tmp_path / "new/score/a.musicxml").is_file()
    assert (tmp_path / "sound/a.wav").is_file()
    (tmp_path / "broken.sf2").write_bytes(b"RIFF\x08\x00\x00\x00sfbkLIST")
    assert cantilena("render", "a.mid", "-o", "other/a.wav", "-q", "--soundfont", "broken.sf2").code == 3
    assert not (tmp_path / "other").exists()


def test_a_run_that_fails_keeps_a_new_folder_in_which_another_run_works(tmp_path):
    folder = tmp_path / "new" / "pieces"
    with folder_for(folder):
        pass
    assert list(tmp_path.iterdir()) == []
    with ExitStack() as failing:
        failing.enter_context(folder_for(folder))
        with folder_for(folder):
            failing.close()
            (folder / "a.mid").write_bytes(b"")
    assert [path.name for path in folder.iterdir()] == ["a.mid"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux")
def test_a_folder_that_takes_no_files_is_refused():
    with pytest.raises(BadInputError, match="cannot be written to"), folder_for(Path("/proc/self")):
        pass


def test_data_are_not_read_before_their_folder_can_be_written(cantilena, tmp_path):
    (tmp_path / "songs").mkdir()
    write_score(waltz(), tmp_path / "songs" / "a.mid")
    (tmp_path / "taken").write_text("")
    done = cantilena("data", "build", "songs", "-o", "taken")
    assert (done.code, done.err.count("\n")) == (3, 1)
    assert "folder taken cannot be created (File exists): give another folder" in done.err
    assert cantilena("data", "build", "nothing", "-o", "new").code == 3
    assert not (tmp_path / "new").exists()


def test_a_batch_without_a_piece_leaves_no_folder(cantilena, tmp_path, tiny_model):
    (tmp_path / "briefs.jsonl").write_text('{"bars": 0}\n')
    assert cantilena("batch", "briefs.jsonl", "-o", "pieces", "--model", tiny_model, "-q").code == 1
    assert not (tmp_path / "pieces").exists()


def test_progress_without_a_terminal_says_how_much_is_done_and_how_long_it_takes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr(console.time, "monotonic", iter([0.0, 10.0, 20.0]).__next__)
    with console.progress_bar("song") as progress:
        progress(0.01)
        progress(0.5)
    assert capsys.readouterr().err.splitlines() == ["song: 1% after 10 s", "song: 50% after 20 s, about 20 s left"]
