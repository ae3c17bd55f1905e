"""presets/prompt.toml, read once: what a prompt may say that no other preset file holds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from composer.prompt.text import read_text


@cache
def prompt_table() -> Mapping[str, Any]:
    """The tables of the file by name."""
    return tomllib.loads(files("composer.presets").joinpath("prompt.toml").read_text(encoding="utf-8"))


def phrase_of(text: str) -> tuple[str, ...]:
    """The words of a phrase as prompts are compared with.

    >>> phrase_of("Œuvre: l'Étude (No. 8-bit)")
    ('œuvre', "l'etude", 'no', '8', 'bit')
    """
    return tuple(word.folded for word in read_text(text).words)


def either(texts: Iterable[str]) -> str:
    """A regular expression for any of the texts, the longest first; a space stands for spaces or a hyphen."""
    return "|".join(re.escape(text).replace(r"\ ", "[ -]+") for text in sorted(texts, key=len, reverse=True))
