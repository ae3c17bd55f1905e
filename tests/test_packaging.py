"""The wheel holds what it should, and works where nothing else of the project is."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "cantilena-base"
needs_model = pytest.mark.skipif(not (MODEL / "model.safetensors").is_file(), reason="no released model in this checkout")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("cantilena-*.whl"))


def test_the_wheel_holds_the_package_its_data_and_the_license(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = next(archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))
        metadata = next(archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "composer").rglob("*") if path.suffix in (".py", ".toml")}
    assert sources <= names
    assert "cantilena = composer.start:main" in entry_points
    assert "License-Expression: Apache-2.0" in metadata
    assert any(name.endswith("licenses/LICENSE") for name in names)
    top = {name.partition("/")[0] for name in names}
    assert top == {"composer", next(name for name in top if name.endswith(".dist-info"))}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".mid", ".wav"))]


@needs_model
def test_the_wheel_brings_the_default_model(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for file in ("config.json", "generation_config.json", "tokenizer.json", "model.safetensors", "README.md"):
        assert f"composer/assets/models/cantilena-base/{file}" in names
    assert "composer/assets/models/originality.npz" in names
    assert wheel.stat().st_size < 60_000_000


@needs_model
def test_an_installed_wheel_composes_outside_the_checkout(wheel, tmp_path):
    python = _fresh_environment(tmp_path / "venv", wheel)
    command = python.with_name("cantilena" + (".exe" if os.name == "nt" else ""))
    home = tmp_path / "elsewhere"
    home.mkdir()
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CANTILENA_MODEL")}
    arguments = ["compose", "--style", "string-quartet", "--bars", "4", "--seed", "1", "--format", "mid", "--json"]
    done = subprocess.run([command, *arguments], cwd=home, env=clean, capture_output=True, text=True, check=True)
    piece = json.loads(done.stdout)
    assert piece["bars"] == 4
    assert piece["originality"]["checked"] is True
    assert all((home / name).is_file() for name in piece["files"])
    where = subprocess.run(
        [python, "-c", "import composer; print(composer.__file__)"],
        cwd=home,
        env=clean,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(tmp_path)


def _fresh_environment(folder: Path, wheel: Path) -> Path:
    """A virtual environment with the wheel; its dependencies are borrowed from the one the tests run in."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    purelib = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True
    ).stdout.strip()
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()}
    Path(purelib, "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n")
    return python


@pytest.mark.long
def test_a_plain_installation_composes_without_torch_in_less_than_500_mb():
    """From a package index into an empty environment; skipped where no index is reached."""
    done = subprocess.run([sys.executable, "-m", "benchmarks", "install"], cwd=ROOT, capture_output=True, text=True)
    if "No matching distribution found" in done.stderr:
        pytest.skip("no package index")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ".mid" in done.stdout


def test_the_pinned_set_covers_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = {_name(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    wanted = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    assert {_name(item) for item in wanted if not item.startswith("cantilena")} <= pins


def _name(requirement: str) -> str:
    return requirement.split("=")[0].split(">")[0].split("[")[0].strip().lower().replace("_", "-")


def test_root_script_runs_from_a_checkout():
    done = subprocess.run([sys.executable, ROOT / "cli.py", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Cantilena")
