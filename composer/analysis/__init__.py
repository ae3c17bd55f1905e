"""Measures of a score: key, chords, meter, texture, structure, mood, playability, quality.

The same functions label the training corpus and measure generated pieces. Each takes a `Score`, or its `ScoreArrays` so that
notes are converted to NumPy only once; `analyze` computes all that the control tokens need.

Knows no tokens, models or files.
"""

from composer.analysis.analyze import Analysis, analyze
from composer.analysis.arrays import ScoreArrays, score_arrays

__all__ = ["Analysis", "ScoreArrays", "analyze", "score_arrays"]
