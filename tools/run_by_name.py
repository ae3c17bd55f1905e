"""Runs a module of a folder of programs by its name. Knows no program: whatever has a function `main` is one."""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path


def programs(folder: Path) -> dict[str, str]:
    """Names of the modules in `folder` that define `main`, with the first lines of their docstrings. Imports nothing."""
    found = {}
    for path in sorted(folder.glob("[a-z]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body):
            found[path.stem] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


def run_by_name(package: str, folder: Path) -> None:
    """Calls `main` of the module named by the first argument, with the other arguments; lists the names without one.

    Raises SystemExit with status 2 for an unknown name, else with what `main` returns.
    """
    known = programs(folder)
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help"):
        print(f"usage: python -m {package} NAME [OPTIONS]\n")
        for program, summary in known.items():
            print(f"  {program:<14} {summary}")
        return
    if name not in known:
        print(f"no program is called {name!r}: choose one of {', '.join(known)}", file=sys.stderr)
        raise SystemExit(2)
    sys.argv = [f"python -m {package} {name}", *sys.argv[2:]]
    raise SystemExit(import_module(f"{package}.{name}").main())
