"""Writes melodies over planned harmony: draws many lines from the melody network and keeps the best."""

from composer.melody.faults import Tone
from composer.melody.writer import Line, draw_melodies

__all__ = ["Line", "Tone", "draw_melodies"]
