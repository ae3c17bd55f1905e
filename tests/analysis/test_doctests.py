"""Every public function and method of the analysis has an example, which pytest runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import pytest

from composer import analysis

MODULES = [import_module(f"composer.analysis.{module.name}") for module in iter_modules(analysis.__path__)]


def public_functions(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value):
            for method, function in vars(value).items():
                function = getattr(function, "__func__", function)
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield f"{name}.{method}", function.__doc__ or ""
        elif callable(value) and hasattr(value, "__qualname__"):
            yield name, value.__doc__ or ""


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.__name__).rsplit(".", 1)[-1])
def test_every_public_function_has_an_example(module: ModuleType) -> None:
    assert [name for name, text in public_functions(module) if ">>>" not in text] == []


def test_the_search_finds_functions_methods_and_cached_functions() -> None:
    found = {name for module in MODULES for name, _ in public_functions(module)}
    assert {"estimate_key", "KeyEstimate.known", "mood_model", "judge_style"} <= found
