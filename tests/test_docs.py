"""What the documents say can be done: every Python block runs, and every command line is one that the program knows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from composer.cli import app
from composer.errors import EXTRAS
from tests.rework.odd_files import odd_files

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def python_blocks() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, (language, text) in enumerate(_BLOCK.findall(page.read_text(encoding="utf-8"))):
            if language == "python":
                yield f"{page.name} {number}", text


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Lines of code that begin with the program, cut where the shell would cut them."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        fenced = [line for _, block in _BLOCK.findall(text) for line in block.splitlines()]
        indented = [line[4:] for line in text.splitlines() if line.startswith("    ")]
        for number, line in enumerate(dict.fromkeys((*fenced, *indented))):
            words = _words(line.strip().removeprefix("$ "))
            while words:
                end = next((place for place, word in enumerate(words) if word in ("&&", "||", "|", ";", ">")), len(words))
                if words[0] == "cantilena":
                    yield f"{page.name} {number}.{len(words)}: {line.strip()}", words[1:end]
                words = words[end + 1 :]


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;>")
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # prose with an apostrophe
        return []


BLOCKS, LINES = dict(python_blocks()), dict(command_lines())


def test_there_is_something_to_check() -> None:
    assert len(BLOCKS) >= 2
    assert len(LINES) >= 50


@pytest.mark.parametrize("name", BLOCKS)
def test_python_blocks_run(name: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for module in ("composing.composition", "rework.session"):
        monkeypatch.setattr(f"composer.{module}.find_model", lambda name=None: tiny_model)
    (tmp_path / "song.mid").write_bytes(odd_files()["lyrics"])
    text = re.sub(r"\bbars=\d+", "bars=2", BLOCKS[name])  # the same, sooner
    exec(compile(text, name, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("line", LINES)
def test_command_lines_are_known(line: str) -> None:
    command, arguments, path = typer.main.get_command(app), LINES[line], "cantilena"
    while hasattr(command, "get_command") and arguments and not arguments[0].startswith("-"):
        context = command.make_context(path, [*arguments], resilient_parsing=True)
        path, *arguments = arguments
        found = command.get_command(context, path)
        assert found is not None, f"{path} is no command"
        command = found
    try:
        command.make_context(path, [*arguments])
    except typer.Exit:  # --keys, --version
        return


def test_the_table_of_options_is_what_the_command_prints(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        app(["compose", "--table"], prog_name="cantilena")
    assert capfd.readouterr().out in (ROOT / "docs" / "controls.md").read_text(encoding="utf-8"), "cantilena compose --table"


def test_every_extra_is_what_error_messages_install() -> None:
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra, packages in EXTRAS.items():
        assert [re.split(r"[<>=]", each)[0] for each in extras[extra]] == list(packages)
