"""Melodies over planned harmony: many lines drawn from the melody network, of which the best are kept."""

from composer.melody.writer import Line, draw_melodies

__all__ = ["Line", "draw_melodies"]
