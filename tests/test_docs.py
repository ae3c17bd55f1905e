"""What the documents say can be done.

Every Python block runs; every command line is one that the program, the benchmarks or the Makefile know, and those that write
nothing run; every link leads to a file.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from composer.cli import app
from composer.cli.exit_codes import exit_code_of
from composer.errors import EXTRAS
from tests.rework.odd_files import odd_files
from tools.run_by_name import programs

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (
    "docs",
    "docs/api",
    "benchmarks",
    "tools/fit",
    "deploy",
    "data",
    "models/cantilena-base",
    "models/cantilena-harmony",
    "models/cantilena-melody",
)
PAGES = [path for folder in (".", *FOLDERS) for path in sorted((ROOT / folder).glob("*.md"))]
PROGRAMS = {"benchmarks": ROOT / "benchmarks", "tools.fit": ROOT / "tools" / "fit"}
LISTS = ("moods", "styles", "composers", "ensembles", "instruments", "forms", "schema")  # they write to the terminal only
CLI = typer.main.get_command(app)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def python_blocks() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, (language, text) in enumerate(_BLOCK.findall(page.read_text(encoding="utf-8"))):
            if language == "python":
                yield f"{page.relative_to(ROOT)} {number}", text


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
                    yield f"{page.relative_to(ROOT)} {number}.{len(words)}: {line.strip()}", words[1:end]
                words = words[end + 1 :]


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;>")
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # prose with an apostrophe
        return []


def spans() -> Iterator[str]:
    """Code within sentences and tables, `like this`, and lines of code."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        yield from (span.replace("\n", " ") for span in re.findall(r"`([^`]+)`", _BLOCK.sub("", text)))
        yield from (line[4:] for line in text.splitlines() if line.startswith("    "))


BLOCKS, LINES = dict(python_blocks()), dict(command_lines())
SPANS = sorted({span.strip() for span in spans()})
IN_LINES = {line.partition(": ")[2].removeprefix("$ ") for line in LINES}
COMMANDS = [span for span in SPANS if span.startswith("cantilena ") and span not in IN_LINES]
PROGRAM_LINES = [span for span in SPANS if re.match(r"python -m (benchmarks|tools\.fit) [a-z]", span)]


def test_there_is_something_to_check() -> None:
    assert len(BLOCKS) >= 2
    assert len(LINES) >= 50
    assert len(COMMANDS) >= 20
    assert len(PROGRAM_LINES) >= 40


@pytest.mark.parametrize("name", BLOCKS)
def test_python_blocks_run(name: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for module in ("composing.composition", "rework.verb_session"):
        monkeypatch.setattr(f"composer.{module}.find_model", lambda name=None: tiny_model)
    (tmp_path / "song.mid").write_bytes(odd_files()["lyrics"])
    text = re.sub(r'("bars": |bars=)\d+', r"\g<1>2", BLOCKS[name])  # the same, sooner
    exec(compile(text, name, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("line", LINES)
def test_command_lines_are_known(line: str) -> None:
    command, arguments, path = CLI, LINES[line], "cantilena"
    while hasattr(command, "get_command") and arguments and not arguments[0].startswith("-"):
        context = command.make_context(path, [*arguments], resilient_parsing=True)
        path, *arguments = arguments
        found = command.get_command(context, path)
        assert found is not None, f"{path} is not a command"
        command = found
    try:
        command.make_context(path, [*arguments])
    except typer.Exit:  # --keys, --version
        return


def test_the_table_of_options_is_what_the_command_prints(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        app(["compose", "--table"], prog_name="cantilena")
    assert capfd.readouterr().out in (ROOT / "docs" / "controls.md").read_text(encoding="utf-8"), "cantilena compose --table"


@pytest.mark.parametrize("line", [line for line in LINES if LINES[line][0] in LISTS or "--explain" in LINES[line]])
def test_command_lines_that_write_nothing_run(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert exit_code_of(lambda: CLI.main(LINES[line], "cantilena", standalone_mode=False)) == 0
    assert not list(tmp_path.iterdir())


def test_the_commands_of_the_tutorial_run_in_their_order(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [words for line, words in LINES.items() if line.startswith("docs/tutorial.md")]
    assert len(lines) >= 4
    for words in lines:
        arguments = [*words, "--model", str(tiny_model), "--format", "mid"]
        assert exit_code_of(lambda: CLI.main(arguments, "cantilena", standalone_mode=False)) == 0, words  # noqa: B023


@pytest.mark.parametrize("span", COMMANDS)
def test_commands_in_sentences_exist_and_have_these_options(span: str) -> None:
    command, words = CLI, _words(span)[1:]
    while hasattr(command, "get_command") and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        context = command.make_context("cantilena", [words[0]], resilient_parsing=True)
        found = command.get_command(context, words.pop(0))
        assert found is not None, f"{span}: not a command"
        command = found
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    asked = [word.partition("=")[0] for word in words if word.startswith("--")]
    assert set(asked) <= known | {"--help", "--install-completion", "--show-completion"}


SHARED = [ROOT / "benchmarks" / f"{name}.py" for name in ("excerpts", "openings")]  # with options that several programs have


@pytest.mark.parametrize("span", PROGRAM_LINES)
def test_benchmarks_in_the_documents_exist_and_have_these_options(span: str) -> None:
    package, name, *words = span.split()[2:]
    folder = PROGRAMS[package]
    assert name in programs(folder)
    sources = "".join(path.read_text(encoding="utf-8") for path in (folder / f"{name}.py", *SHARED))
    for option in (word for word in words if word.startswith("--") and word != "--help"):
        assert f'"{option}"' in sources, f"{name} has no {option}"


@pytest.mark.parametrize("package", PROGRAMS)
def test_the_index_lists_every_program(package: str) -> None:
    index = (PROGRAMS[package] / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", index, re.M)) == set(programs(PROGRAMS[package]))


def test_make_knows_its_targets() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = {match for span in SPANS for match in re.findall(r"^make ([a-z-]+)", span)}
    assert {"compose", "test"} <= named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        assert re.match(r"[a-z]+:", link) or (page.parent / link).exists(), f"{link} does not exist"


def test_every_extra_is_what_error_messages_install() -> None:
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra, packages in EXTRAS.items():
        assert [re.split(r"[<>=]", each)[0] for each in extras[extra]] == list(packages)
