"""How much a plain installation takes: builds the wheel, installs it into a fresh environment, composes there.

    python -m benchmarks install                     sizes of what the plain installation brings, largest first
    python -m benchmarks install notation formats    the same with extras

Ends with exit code 1 if the plain installation brings torch, takes 500 MB or more, or does not compose. Needs a package index.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.corpus import ROOT

LIMIT_MB = 500
_SHOWN = 12


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("extras", nargs="*")
    extras = parser.parse_args().extras
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
        wheel = next(folder.glob("*.whl"))
        _run(sys.executable, "-m", "venv", folder / "venv")
        python = next(path for path in (folder / "venv/bin/python", folder / "venv/Scripts/python.exe") if path.exists())
        requested = f"{wheel}[{','.join(extras)}]" if extras else str(wheel)
        _run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", requested)
        packages = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        sizes = {path.name: megabytes(path) for path in packages.iterdir()}
        for name in sorted(sizes, key=lambda name: -sizes[name])[:_SHOWN]:
            print(f"{name:<28} {sizes[name]:7.0f} MB")
        total = sum(sizes.values())
        print(f"{'in all':<28} {total:7.0f} MB")
        command = (python.with_name("cantilena"), "compose", "--bars", 4, "--seed", 1, "-o", "out")
        print(_run(*command, cwd=folder).strip())
        plain = not extras
        return int(plain and (total >= LIMIT_MB or "torch" in sizes))


def megabytes(path: Path) -> float:
    """What a file, or the files below a folder, take."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink()) / 1e6


def _run(*command: object, cwd: Path = ROOT) -> str:
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout
