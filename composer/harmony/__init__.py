"""Plans the chords, basses and cadences of a whole piece with a small network, before any note is written.

`with_harmony` adds chords to a plan. The network (`planner`) reads the plan's style, key, meter, mood and form, and writes one
or two chords per bar. `closes` places the cadences, `outline` chooses keys and idioms, `chord_guide` enforces both, and
`judging` selects the best of several drafts. Styles that are not in the corpus use progressions instead
(`composer.arranging.progressions`).
"""

from composer.harmony.planner import with_harmony

__all__ = ["with_harmony"]
