"""What Cantilena does, as functions: from a brief (and a score) to a composition and its files."""

from __future__ import annotations

from composer.composing.composition import Composition, compose, replay
from composer.composing.output import FORMATS, write

__all__ = ["FORMATS", "Composition", "compose", "replay", "write"]
