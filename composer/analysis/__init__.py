"""What a score is, as plain numbers: key, chords, metre, texture, structure, mood, playability, quality.

The same functions label the training corpus and measure what was composed. Every one takes a `Score`, or the
`ScoreArrays` of one so that the notes are laid out in NumPy only once; `analyse` runs all that the control tokens need.

Nothing here knows tokens, models or files.
"""

from composer.analysis.analyze import Analysis, analyse
from composer.analysis.arrays import ScoreArrays, score_arrays

__all__ = ["Analysis", "ScoreArrays", "analyse", "score_arrays"]
