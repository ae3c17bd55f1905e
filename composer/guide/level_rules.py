"""Rules of easy pieces: rhythms in few values, few notes together. Ranges and melodies are eased where they are chosen."""

from __future__ import annotations

import numpy as np

from composer.guide.note_bounds import Bounds
from composer.guide.rule import NoteRule
from composer.guide.walk import Walk
from composer.presets import Level
from composer.tokenizer.vocabulary import STEPS_PER_QUARTER, TICKS_PER_STEP


class Easy(NoteRule):
    """Parts strike on the units of a level, or on beats only, with few notes together, and hold no note between beats over one.

    Args:
        level: how hard the piece may be.
        accompanies: whether the parts accompany a melody.
    """

    def __init__(self, level: Level, *, accompanies: bool) -> None:
        self._level, self._on_beats = level, accompanies and level.on_beats

    def shape(self, bounds: Bounds, walk: Walk) -> None:
        """Forbids other onsets, ends notes between beats with the next beat, and limits chords."""
        beat = walk.meter.beat_ticks // TICKS_PER_STEP
        unit = beat if self._on_beats else round(self._level.unit * STEPS_PER_QUARTER)
        places = range(0, len(bounds.latest), unit)
        bounds.forbid_all_but(places)
        for place in places:
            if place % beat:
                bounds.latest[place] = np.minimum(bounds.latest[place], (place // beat + 1) * beat)
        bounds.most = min(bounds.most, self._level.chord)
