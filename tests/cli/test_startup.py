from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "torch",
    "miditok",
    "symusic",
    "music21",
    "numpy",
    "matplotlib",
    "soundfile",
    "pretty_midi",
    "tokenizers",
    "verovio",
    "rich",
)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["compose", "--help"], ["data", "build", "--help"], ["moods"], ["styles", "--json"]]
)
def test_help_and_lists_import_nothing_heavy(arguments):
    program = (
        "import sys\nfrom composer.cli import app\n"
        f"try:\n    app({arguments!r})\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.rpartition("LOADED")[2].split()
    assert "composer" in loaded
    assert not set(HEAVY) & set(loaded)


def test_a_prompt_is_refused_before_the_modules_that_compose_are_imported():
    program = (
        "import sys\nfrom composer.cli import app\n"
        "try:\n    app(['compose', 'xyzzy'])\nexcept SystemExit as stop:\n    assert stop.code == 3, stop.code\n"
        "assert 'composer.prompt' in sys.modules and 'composer.composing' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)


def test_the_package_imports_its_modules_lazily():
    program = "import sys, composer; print(*[name for name in sys.modules if name.startswith('composer.')], *dir(composer))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "composer." not in done.stdout
    assert "Brief" in done.stdout.split()


def test_little_is_imported_before_ctrl_c_is_one_line():
    program = "import sys, composer; print('typing' in sys.modules)"
    command, anywhere = (
        [sys.executable, "-S", "-c", program],
        {**os.environ, "PYTHONSAFEPATH": ""},
    )  # the CLI sets it for its children
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=anywhere)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_the_package_has_a_version():
    import composer

    assert re.fullmatch(r"\d[\w.]*", composer.__version__)


def test_every_public_name_exists():
    import composer

    assert composer.__all__ == sorted(composer.__all__)
    for name in composer.__all__:
        assert getattr(composer, name).__name__ == name
    with pytest.raises(AttributeError, match="nonsense"):
        composer.nonsense  # noqa: B018
