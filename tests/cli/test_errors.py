from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest
import typer
import typer.models

from composer.cli import app
from composer.cli.exit_codes import exit_code_of
from composer.errors import BadInputError, CantilenaError, MissingExtraError, ModelNotFoundError
from composer.formats import write_score
from tests.formats.pieces import waltz
from tests.rework.odd_files import odd_files


def raising(error: BaseException):
    def command(*_: object, **__: object) -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInputError("bars 0\nis out of range"), 3),
        (ModelNotFoundError("no model"), 4),
        (MissingExtraError("pip install it"), 1),
        (CantilenaError("failed"), 1),
        (KeyboardInterrupt(), 130),
        (typer.Abort(), 130),
        (FileNotFoundError(2, "No such file or directory", "x.mid"), 1),
        (OSError(errno.EFBIG, "File too large"), 3),
        (PermissionError(errno.EACCES, "Permission denied", "x.mid"), 3),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 300), 3),
        (ZeroDivisionError("division by zero"), 1),
        (MemoryError(), 1),
    ],
)
def test_every_failure_is_one_line_and_its_code(error, code, capsys):
    assert exit_code_of(raising(error)) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("cantilena: ")
    assert len(captured.err) < 200


def test_a_message_that_cannot_be_written_does_not_change_the_code(monkeypatch):
    def full(_: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sys.stderr", io.StringIO())
    monkeypatch.setattr("sys.stderr.write", full)
    assert exit_code_of(raising(BadInputError("bars 0 is out of range"))) == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compose", "--name", "{index:05}"], "name field {index} takes no format: write {index} without : and !"),
        (["compose", "--name", "{seed!r}"], "name field {seed} takes no format"),
        (["compose", "--name", "{foo}"], "name field {foo} is not known: use {index}, "),
        (
            ["compose", "--ensemble", "piano", "--bars", "1", "-o", "a\x1b[31m"],
            "folder 'a\\x1b[31m' has control characters: give",
        ),
        (["compose", "--title", "\u202e"], "give one line of at most 300 printable characters"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_remedy(cantilena, arguments, says):
    done = cantilena(*arguments)
    assert (done.code, done.out) == (3, "")
    assert says in done.err


def test_stems_that_fail_leave_no_folder(cantilena, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EFBIG, "File too large")

    write_score(waltz(), Path("song.mid"))
    monkeypatch.setattr("composer.render.stems._make_wav", full)
    assert cantilena("render", "song.mid", "--stems", "new/stems", "-q").code == 3
    assert [path.name for path in Path().iterdir()] == ["song.mid"]


def test_success_and_early_exits_print_nothing(capsys):
    assert exit_code_of(lambda: None) == 0
    assert exit_code_of(raising(typer.Exit(2))) == 2
    assert capsys.readouterr() == ("", "")


def test_unexpected_errors_can_be_debugged(monkeypatch):
    monkeypatch.setenv("CANTILENA_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        exit_code_of(raising(ZeroDivisionError("x")))


WRONG_USAGE = [
    ["compose", "--tempo", "100", "--tempo=120"],
    ["compose", "-o", "a", "-o", "b"],
    ["nonsense"],
    ["compose", "--bars", "many"],
    ["compose", "--valence", ""],
    ["compose", "--seed", "1.5"],
    ["compose", "--color", "blue"],
    ["compose", "--key"],
    ["compose", "two", "prompts"],
    ["inspect"],
    ["render"],
    ["replay"],
    ["models"],
    ["models", "nonsense"],
    ["compose", "-n", "x"],
]
BAD_INPUT = [
    ["evaluate", "--context", "1"],
    ["compose", "--bars", "0"],
    ["compose", "--bars", "100000"],
    ["compose", "--tempo", "-10"],
    ["compose", "--tempo", "nan"],
    ["compose", "--tempo", "violin"],
    ["compose", "--meter", "17/8"],
    ["compose", "--meter", "three"],
    ["compose", "--key", "H major"],
    ["compose", "--mood", "purplish-nonsense"],
    ["compose", "--mood", "sad", "--valence", "0.5"],
    ["compose", "--style", "nonsense-core"],
    ["compose", "--style", "bach:heavy"],
    ["compose", "--instruments", "violin,theremino"],
    ["compose", "--ensemble", "string-quartet", "--instruments", "violin"],
    ["compose", "--bars", "64", "--duration", "5"],
    ["compose", "--bars", "8", "--duration", "20", "--tempo", "90"],
    ["compose", "--duration", "10", "--tempo", "60", "--meter", "4/4"],
    ["compose", "--chords", "Dm H7"],
    ["compose", "--chords", "C C C C C", "--bars", "3"],
    ["compose", "--form", "A+B"],
    ["compose", "--format", "mid,docx"],
    ["compose", "--format", ","],
    ["compose", "--name", "../escape"],
    ["compose", "--name", "{color}"],
    ["compose", "-n", "3", "--name", "same"],
    ["compose", "-n", "0"],
    ["compose", "--temperature", "9"],
    ["compose", "--expression", "1.5"],
    ["convert", "missing.mid", "a.wav", "--expression", "nan"],
    ["compose", "--top-p", "0"],
    ["compose", "--seed", "-4"],
    ["compose", "qwertz uiop"],
    ["compose", "a waltz", "--bars", "0", "-q"],
    ["convert", "notes.docx", "a.mid"],
    ["convert", "missing.mid", "a.musicxml"],
    ["render", "missing.mid", "--stems", "parts"],
    ["soundfonts", "add", "noise.mid"],
    ["inspect", "missing.mid"],
    ["inspect", "folder.mid"],
    ["inspect", "empty.mid"],
    ["inspect", "noise.mid"],
    ["inspect", "cut.mid"],
    ["inspect", "noise.musicxml"],
    ["inspect", "notes.docx"],
    ["render", "noise.mid"],
    ["replay", "missing.json"],
    ["replay", "noise.json"],
    ["replay", "other.json"],
    ["data", "list", "."],
    ["data", "stats", "."],
    ["train", "missing.toml"],
]


@pytest.fixture
def broken_files(tmp_path):
    noise = bytes((index * 7919) % 251 for index in range(4000))
    for name in ("noise.mid", "noise.musicxml", "noise.json", "notes.docx"):
        (tmp_path / name).write_bytes(noise)
    (tmp_path / "empty.mid").touch()
    (tmp_path / "folder.mid").mkdir()
    (tmp_path / "cut.mid").write_bytes(b"MThd\0\0\0\6\0\1\0\2\1\xe0MTrk\0\0\1\0")
    (tmp_path / "other.json").write_text('{"name": "not a piece"}')


@pytest.mark.usefixtures("broken_files")
@pytest.mark.parametrize(("arguments", "code"), [(a, 2) for a in WRONG_USAGE] + [(a, 3) for a in BAD_INPUT])
def test_wrong_options_and_broken_files_get_one_line_and_the_right_code(cantilena, arguments, code):
    done = cantilena(*arguments)
    assert (done.code, done.out) == (code, ""), done.err
    assert done.err.count("\n") == 1
    assert done.err.startswith("cantilena: ")
    assert "Traceback" not in done.err
    assert "unexpected error" not in done.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--format", "mid", "--format=musicxml"], "mid, musicxml, json"),
        (["--mood", "sad", "--mood", "calm"], "mood sad, calm"),
        (["--hits", "0:05", "--hits", "0:10 soft"], "hits 0:05 big, 0:10 soft"),
        (["--mood-curve", "calm@0", "--mood-curve", "tense@50%"], "mood_curve calm@0% tense@50%"),
    ],
)
def test_lists_that_are_given_twice_add_up(cantilena, arguments, line):
    outcome = cantilena("compose", *arguments, "--seed", 1, "--explain")
    assert outcome.code == 0
    assert line in outcome.out


def test_a_missing_model_gives_one_line(cantilena):
    done = cantilena("compose", "--model", "no-such-model", "--bars", "8")
    assert (done.code, done.out, done.err.count("\n")) == (4, "", 1)
    assert "no-such-model" in done.err


def test_a_folder_that_cannot_be_created_is_refused_before_composing(cantilena, tmp_path):
    (tmp_path / "file").touch()
    done = cantilena("compose", "-o", "file/below", "--bars", "8")
    assert done.code == 3
    assert "file/below" in done.err


def test_an_interrupt_leaves_no_partial_piece(cantilena, tiny_model, tmp_path, monkeypatch):
    monkeypatch.setattr("composer.composing.compose", raising(KeyboardInterrupt()))
    done = cantilena("compose", "--model", tiny_model, "--bars", "8", "-o", "out")
    assert (done.code, done.out, done.err) == (130, "", "cantilena: interrupted\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("module", "line"), [("torch", "torch miditok --extra-index-url"), ("gguf", "gguf")])
def test_a_missing_package_of_an_extra_is_named_with_its_pip_line(module, line, capsys):
    assert exit_code_of(raising(ModuleNotFoundError(f"No module named {module!r}", name=module))) == 1
    assert f"this needs {module}: pip install {line}" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("first", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_signals_end_a_command_once_it_has_cleaned_up(first, tmp_path):
    program = (
        "import os, sys, time\nfrom pathlib import Path\n"
        "from composer.cli.exit_codes import _ended_as_interrupted, exit_code_of\n"
        "from composer.files import staging\n"
        "def command():\n"
        "    with staging(Path(sys.argv[1])):\n"
        "        try:\n            os.kill(os.getpid(), int(sys.argv[2])); time.sleep(9)\n"
        "        finally:\n            [os.kill(os.getpid(), number) for number in (1, 2, 15)]; time.sleep(0.1)\n"
        "with _ended_as_interrupted():\n    code = exit_code_of(command)\nsys.exit(code)\n"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path), str(int(first))]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "cantilena: interrupted\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("place", ["import", "end"])
def test_signals_end_a_command_also_before_it_begins_and_never_its_shutdown(number, place):
    kill = f"os.kill(os.getpid(), {int(number)})"
    program = {
        "import": f"class Finder:\n    def find_spec(self, name, *_):\n        if name == 'composer.cli': {kill}\n"
        "sys.meta_path.insert(0, Finder())\n",
        "end": f"atexit.register(lambda: {kill})\n",
    }[place]
    whole = (
        f"import atexit, os, signal, sys\nsignal.signal({int(number)}, signal.SIG_DFL)\n"
        f"from composer.start import main\n{program}sys.argv[1:] = ['--version']\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == ((130, "cantilena: interrupted\n") if place == "import" else (0, ""))


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell")
@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("{} instruments | :; exit ${{PIPESTATUS[0]}}", 0, ""),
        ("{} styles | :; exit ${{PIPESTATUS[0]}}", 0, ""),
        ("{} convert song.mid - >&-", 3, "standard output is closed"),
    ],
)
def test_an_output_that_nothing_reads(tmp_path, line, code, said):
    (tmp_path / "song.mid").write_bytes(odd_files()["lyrics"])
    command = f"{sys.executable} -m composer"
    shell = ["bash", "-c", line.format(command)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(shell, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == bool(said)


@pytest.mark.parametrize(
    ("options", "code"),
    [(["--engine", "gpu"], 3), (["--model", "nope"], 4), (["--model", "/dev/zero"], 4), (["--model", ""], 4)],
)
@pytest.mark.parametrize("mode", [["--explain"], []])
def test_models_and_engines_are_checked_with_and_without_composing(cantilena, options, code, mode):
    done = cantilena("compose", "--bars", 4, *options, *mode)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)


@pytest.mark.parametrize("mode", [["--explain"], []])
def test_the_place_of_the_files_is_checked_with_and_without_composing(cantilena, tiny_model, tmp_path, mode):
    (tmp_path / "taken").write_text("a file")
    done = cantilena("compose", "--model", tiny_model, "--bars", 2, "-o", "taken", *mode)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    assert "taken" in done.err
    done = cantilena("compose", "--model", tiny_model, "--bars", 2, "--format", "doc", "-o", "out", *mode)
    assert (done.code, done.out) == (3, "")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero on this system")
@pytest.mark.parametrize("arguments", [("batch",), ("farm", "plan", "-o", "farm"), ("train", "--recipe"), ("train",)])
def test_endless_files_are_refused(cantilena, tmp_path, arguments):
    pytest.importorskip("torch" if "train" in arguments else "fsspec")
    done = cantilena(*arguments, "/dev/zero")
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)


def _path_parameters(group: typer.Typer) -> list[typer.models.ParameterInfo]:
    """The options and arguments of all commands that are paths."""
    hints = [get_type_hints(each.callback, include_extras=True).values() for each in group.registered_commands]
    annotated = [hint for each in hints for hint in each if "Path" in str(getattr(hint, "__origin__", ""))]
    infos = [item for hint in annotated for item in hint.__metadata__ if isinstance(item, typer.models.ParameterInfo)]
    return infos + [info for each in group.registered_groups for info in _path_parameters(each.typer_instance)]


def test_no_command_leaves_it_to_the_parser_to_refuse_an_unreadable_path():
    """Its error would be one of usage; root may read every file, so that no file shows it everywhere."""
    infos = _path_parameters(app)
    assert len(infos) > 30
    assert not [info.help for info in infos if info.readable]
