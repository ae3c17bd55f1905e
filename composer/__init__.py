"""Cantilena: an AI composition engine.

    from pathlib import Path
    from composer import Brief, compose, write

    piece = compose(Brief.from_dict({"style": "string-quartet", "mood": "melancholic", "key": "D minor", "seed": 7}))
    write(piece, Path("out"), "first", ("mid", "musicxml", "wav"))

Everything below is imported when it is first used: `import composer` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from composer.brief import Brief
    from composer.composing.composition import Composition, compose, replay
    from composer.composing.output import write
    from composer.errors import CantilenaError
    from composer.formats import read_score, write_score
    from composer.plan import Plan, make_plan
    from composer.render import render_score
    from composer.score import Score

__all__ = [
    "Brief",
    "CantilenaError",
    "Composition",
    "Plan",
    "Score",
    "compose",
    "make_plan",
    "read_score",
    "render_score",
    "replay",
    "write",
    "write_score",
]

_HOME = {
    "Brief": "brief",
    "CantilenaError": "errors",
    "Composition": "composing",
    "Plan": "plan",
    "Score": "score",
    "compose": "composing",
    "make_plan": "plan",
    "read_score": "formats",
    "render_score": "render",
    "replay": "composing",
    "write": "composing",
    "write_score": "formats",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from composer.formats.provenance import software

        return software().rpartition(" ")[2] if " " in software() else "0"
    if name not in _HOME:
        raise AttributeError(f"module 'composer' has no attribute {name!r}")
    return getattr(import_module(f"composer.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
