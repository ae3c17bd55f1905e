"""Harmony before notes: the chords, basses and closes of a whole piece, by a small network of their own.

`with_harmony` completes a plan. The network (`planner`) reads what the plan says of style, key, meter, mood and form, and
writes one or two chords a bar; `phrases` decides where the piece closes and how, `guide` sees that it does, `judging` picks the
best of many plans, and `templates` holds the progressions of styles that the corpus does not teach.
"""

from composer.harmony.planner import with_harmony

__all__ = ["with_harmony"]
