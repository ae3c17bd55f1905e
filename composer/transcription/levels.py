"""At which metrical level a performance is written: the beats that make its rhythm simplest to tell.

Beats are tracked anew at the induced tempo, its double, its half and the ratios of three to two between them, and each reading
is weighed by the length of its description: what its subdivisions cost, what its tempo's changes cost, and how usual the tempo
is (minimum description length, as Temperley 2007, "Music and Probability", ch. 3, weighs metres). The weights were fitted on
40 training pieces played at two levels of rubato; what is left undecided is what people, too, tap differently.
"""

from __future__ import annotations

import numpy as np

from composer.analysis.arrays import Floats
from composer.transcription.beats import LONGEST_S, PREFERRED_S, SHORTEST_S, induce_period, onset_function, track_beats
from composer.transcription.onsets import Events
from composer.transcription.subdivision import COMPOUND, SIMPLE, quantise_events

_RATIOS = (1.0, 2.0, 0.5, 1.5, 2 / 3)
_PER_BEAT = 0.3
_PER_BEAT_COMPOUND = 0.3  # beside it
_PER_SQUARED_OCTAVE = 20.0  # of tempo, from beat to beat
_USUAL_OCTAVES = 0.8  # deviation of beats from the preferred tempo
_USUAL = 0.1  # weight of that, an event


def find_beats(events: Events, start_s: float, end_s: float, *, compound: bool | None = None) -> Floats:
    """Beat times in seconds that cover `start_s` to `end_s`, at the level that is simplest.

    Args:
        events: onset events.
        start_s: the first onset.
        end_s: the end of the last note.
        compound: whether beats are dotted; `None` if that is not known.
    """
    induced = induce_period(onset_function(events, start_s, end_s))
    periods = [induced * ratio for ratio in _RATIOS if SHORTEST_S <= induced * ratio <= LONGEST_S]
    readings = [track_beats(events, start_s, end_s, period) for period in periods]
    costs = [
        _description(events, beats, compound) + _USUAL * len(events.time_s) * _unusual(period)
        for beats, period in zip(readings, periods, strict=True)
    ]
    return readings[int(np.argmin(costs))]


def _description(events: Events, beats: Floats, compound: bool | None) -> float:
    """What the rhythm costs in these beats, simple or compound."""
    costs = []
    if not compound:
        costs.append(quantise_events(events.time_s, beats, SIMPLE)[2])
    if compound is not False:
        costs.append(quantise_events(events.time_s, beats, COMPOUND)[2] + _PER_BEAT_COMPOUND * len(beats))
    changes = np.diff(np.log2(np.diff(beats)))
    return min(costs) + _PER_BEAT * len(beats) + _PER_SQUARED_OCTAVE * float(np.sum(changes**2))


def _unusual(period: float) -> float:
    return float((np.log2(period / PREFERRED_S) / _USUAL_OCTAVES) ** 2) / 2
