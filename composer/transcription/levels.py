"""At which metrical level a performance is written: the beats that make its rhythm simplest to tell.

Beats are tracked anew at the induced tempo, its double, its half and the ratios of three to two between them, and each reading
is weighed by the length of its description: what its subdivisions cost, what its tempo's changes cost, and how usual the tempo
is (minimum description length, as Temperley 2007, "Music and Probability", ch. 3, weighs metres). The weights are fitted on
training pieces by `benchmarks/fit_levels.py`, where a wide range does equally well, these within 0.005 of the best;
stiffer ones heard fewer metres right on held-out pieces. What they leave undecided is what people, too, tap differently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.analysis.arrays import Floats
from composer.transcription.beats import LONGEST_S, PREFERRED_S, SHORTEST_S, induce_period, onset_function, track_beats
from composer.transcription.onsets import Events
from composer.transcription.subdivision import COMPOUND, SIMPLE, quantise_events

_RATIOS = (1.0, 2.0, 0.5, 1.5, 2 / 3)


@dataclass(frozen=True, slots=True)
class Weights:
    """What a reading costs beside its rhythm, in nats.

    Attributes:
        beat: of every beat.
        compound: of every dotted beat, beside that.
        change: of a squared octave of tempo from beat to beat.
        usual: of every event of a reading one deviation from the preferred tempo.
        octaves: that deviation.
    """

    beat: float = 0.3
    compound: float = 0.3
    change: float = 20.0
    usual: float = 0.1
    octaves: float = 0.8


@dataclass(frozen=True, slots=True)
class Reading:
    """Beats at one level and what there is to tell of them.

    Attributes:
        beats_s: beat times: (B,).
        simple: cost of the rhythm in simple beats.
        compound: the same in dotted beats.
        changes: sum of the squared changes of tempo, in octaves.
        distance: of the period from the preferred one, in octaves.
        events: number of onset events.
    """

    beats_s: Floats
    simple: float
    compound: float
    changes: float
    distance: float
    events: int

    def cost(self, compound: bool | None, weights: Weights) -> float:
        """The description's length; `compound` says whether beats are dotted, `None` that this is not known."""
        dotted = self.compound + weights.compound * len(self.beats_s)
        rhythm = min(self.simple, dotted) if compound is None else dotted if compound else self.simple
        pace = weights.beat * len(self.beats_s) + weights.change * self.changes
        return rhythm + pace + weights.usual * self.events * (self.distance / weights.octaves) ** 2 / 2


def find_beats(events: Events, start_s: float, end_s: float, *, compound: bool | None = None) -> Floats:
    """Beat times in seconds that cover `start_s` to `end_s`, at the level that is simplest.

    Args:
        events: onset events.
        start_s: the first onset.
        end_s: the end of the last note.
        compound: whether beats are dotted; `None` if that is not known.
    """
    weights = Weights()
    return min(readings(events, start_s, end_s), key=lambda reading: reading.cost(compound, weights)).beats_s


def readings(events: Events, start_s: float, end_s: float) -> list[Reading]:
    """The piece at every level, that of the induced tempo first; see `find_beats`."""
    induced = induce_period(onset_function(events, start_s, end_s))
    periods = [induced * ratio for ratio in _RATIOS if SHORTEST_S <= induced * ratio <= LONGEST_S]
    return [_reading(events, track_beats(events, start_s, end_s, period), period) for period in periods]


def _reading(events: Events, beats_s: Floats, period: float) -> Reading:
    simple, compound = (quantise_events(events.time_s, beats_s, choices)[2] for choices in (SIMPLE, COMPOUND))
    changes = float(np.sum(np.diff(np.log2(np.diff(beats_s))) ** 2))
    return Reading(beats_s, simple, compound, changes, float(np.log2(period / PREFERRED_S)), len(events.time_s))
