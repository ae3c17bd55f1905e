"""Harmony before notes: the chords, basses and cadences of a whole piece, by a small network.

`with_harmony` completes a plan. The network (`planner`) reads the plan's style, key, meter, mood and form, and writes one or
two chords per bar; `closes` decides where the piece has which cadences, `outline` which keys and idioms, `chord_guide` enforces
them, and `judging` picks the best of many plans. Styles that the corpus does not teach have progressions instead
(`composer.arranging.progressions`).
"""

from composer.harmony.planner import with_harmony

__all__ = ["with_harmony"]
