"""Prints the counts of the package that reviews compare: `python -m tools.counts`.

Circles count imports inside functions and under TYPE_CHECKING too, which import-linter does not see within a package.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("composer")
MAX_PARAMETERS = 6  # the review's limit; `self` and `cls` do not count
_ANY = re.compile(r"(?::|->).*\bAny\b")


def module_name(path: Path) -> str:
    """The dotted name of a file.

    >>> module_name(Path("composer/brief/__init__.py")), module_name(Path("composer/score.py"))
    ('composer.brief', 'composer.score')
    """
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.Module, modules: set[str]) -> set[str]:
    """Modules of the package that a module names in absolute imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & modules
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found |= {whole if whole in modules else node.module} & modules
    return found


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach each other.

    >>> circles({"a": {"b"}, "b": {"a"}, "c": {"a"}})
    [['a', 'b']]
    """
    reach = {start: _reachable(graph, start) for start in graph}
    groups = {frozenset({start} | {other for other in reach[start] if start in reach[other]}) for start in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    seen, waiting = set[str](), [start]
    while waiting:
        for other in graph[waiting.pop()] - seen:
            seen.add(other)
            waiting.append(other)
    return seen


def parameters_of(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each function's name and number of parameters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield f"{node.name}:{node.lineno}", sum(argument.arg not in ("self", "cls") for argument in arguments)


def main() -> None:
    """Prints one count per line, then what lies behind those that should be small."""
    paths = sorted(ROOT.rglob("*.py"))
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    modules = {module_name(path) for path in paths}
    lines = sum(text.count("\n") for text in texts.values())
    definitions = [
        node.name
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    names = Counter(path.name for path in paths if path.name != "__init__.py")
    doubled = [f"{name} ({count})" for name, count in sorted(names.items()) if count > 1]
    rings = circles({module_name(path): imports_of(tree, modules) - {module_name(path)} for path, tree in trees.items()})
    long = sorted(
        (
            (count, f"{path}:{name}")
            for path, tree in trees.items()
            for name, count in parameters_of(tree)
            if count > MAX_PARAMETERS
        ),
        reverse=True,
    )
    print(f"files: {len(paths)}")
    print(f"lines: {lines}")
    print(f"mean lines: {lines / len(paths):.0f}")
    print(f"public names: {sum(not name.startswith('_') for name in definitions)}")
    print(f"lines with Any in an annotation: {sum(bool(_ANY.search(line)) for t in texts.values() for line in t.splitlines())}")
    print(f"doubled file names: {len(doubled)}", *doubled, sep="\n  ")
    print(f"import circles: {len(rings)}", *(" <-> ".join(ring) for ring in rings), sep="\n  ")
    print(
        f"functions with more than {MAX_PARAMETERS} parameters: {len(long)}", *(f"{n} {where}" for n, where in long), sep="\n  "
    )


if __name__ == "__main__":
    main()
