"""From a brief (and a score) to a composed piece and its files."""

from __future__ import annotations

from composer.composing.composition import compose
from composer.composing.output import FORMATS, write
from composer.composing.record import PieceRecord

__all__ = ["FORMATS", "PieceRecord", "compose", "write"]
