"""Tests of the reader of prompts."""

from __future__ import annotations

from typing import Any

from composer.brief import Brief
from composer.prompt import parse_prompt


def options(text: str) -> dict[str, Any]:
    """The options of a prompt, which a brief must accept."""
    found = dict(parse_prompt(text).options)
    Brief.from_dict(found)
    return found
