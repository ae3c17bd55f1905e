"""Generates docs/config.md, the keys of a training configuration, from its dataclasses. Importable without torch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

from composer.model.config import ModelConfig
from composer.training.settings import TrainingConfig

_HEAD = """# Training configuration

`cantilena train CONFIG` reads a TOML file with the tables below; every key is optional. An unknown key is
an error. `composer/training/configs` contains the shipped configurations (`tiny`, `base`, `onward`). `cantilena train --keys`
prints this page.
"""
_DATA = (
    ("context", "that of [model]", "T, predictions per row."),
    ("seed", "that of [training]", "seed of all random draws."),
    ("rates", "`configs/stream.toml`", "probabilities of dropping controls, reordering parts and making holes."),
    ("select", "`false`", "draw only complete works in clean voices (`training/data/selection.toml`), for the end of a run."),
    ("pool_rows", "`0`", "rows that worker processes draw ahead, for GPUs; 0 draws each batch when it is needed."),
    ("pool_workers", "`1`", "processes that draw them, 1 to 64; the rows depend on this number."),
)
_GIVEN = ("vocab_size", "bos_token_id", "eos_token_id", "pad_token_id")  # set by the tokenizer


def reference() -> str:
    """The page as Markdown."""
    tables = (
        ("[model]", "The network.", _rows(ModelConfig)),
        ("[training]", "Training settings.", _rows(TrainingConfig)),
        ("[data]", "How rows are drawn from the training data.", iter(_DATA)),
    )
    lines = [_HEAD]
    for name, text, rows in tables:
        lines += [f"## {name}", "", text, "", "| key | default | meaning |", "|---|---|---|"]
        lines += [f"| `{key}` | {default} | {meaning} |" for key, default, meaning in rows]
        lines.append("")
    return "\n".join(lines).rstrip()


def _rows(kind: type[Any]) -> Iterator[tuple[str, str, str]]:
    """Key, default and meaning of each field, from the attributes section of the class's docstring."""
    meanings = _attributes(kind.__doc__ or "")
    for item in fields(kind):
        if item.name not in _GIVEN:
            default = "" if item.default is MISSING else f"`{_toml(item.default)}`"
            yield item.name, default, meanings[item.name]


def _attributes(docstring: str) -> dict[str, str]:
    """Texts by name; names that share one are separated by commas."""
    section = docstring.partition("Attributes:")[2].partition("\n\n")[0]
    found: dict[str, str] = {}
    for names, text in re.findall(r"^ {8}(\w+(?:, \w+)*): (.*(?:\n {12}.*)*)", section, re.M):
        found |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return found


def _toml(value: object) -> str:
    """A default in TOML syntax."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
