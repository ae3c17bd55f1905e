"""When notes begin, in seconds, and how much each beginning weighs: what beats are heard from.

Notes that begin almost together are one event (a chord is never struck in one instant). Events weigh more with more notes,
before a long interval (agogic accent), with loudness and with a low bass (Lerdahl and Jackendoff 1983, metrical preference
rules 4-6; Dixon 2001, "Automatic extraction of tempo and beat from expressive performances").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays

_TOGETHER_S = 0.045  # from the first to the last note of a chord as people play it
_LONG_S = 0.6  # an interval from which on an event weighs no more
_BASS_REACH_S = 2.0  # around an event, for telling whether its lowest note is the bass


@dataclass(frozen=True)
class Events:
    """Onset events of a piece by time, (E,) each, and the event of each note.

    Attributes:
        time_s: mean onset of the event's notes.
        weight: how strong an accent it is, about 1.
        start_s: onset of each note, pitched ones first, then drums, each as `ScoreArrays` has them: (N,).
        event: event of each of these notes: (N,).
    """

    time_s: Floats
    weight: Floats
    start_s: Floats
    event: Ints


def find_events(arrays: ScoreArrays) -> Events:
    """The events of a piece that has notes."""
    tables = (arrays.notes, arrays.drums)
    start = arrays.seconds(np.concatenate([table.start for table in tables]))
    pitch = np.concatenate([arrays.notes.pitch, np.full(len(arrays.drums), 127)])
    velocity = np.concatenate([table.velocity for table in tables])
    order = np.argsort(start, kind="stable")
    event = _clusters(start[order])
    n_events = int(event[-1]) + 1
    count = np.bincount(event)
    time_s = np.bincount(event, start[order]) / count
    loud = np.bincount(event, velocity[order]) / count
    lowest = np.full(n_events, 127)
    np.minimum.at(lowest, event, pitch[order])
    interval = np.minimum(np.diff(time_s, append=time_s[-1] + _LONG_S) / _LONG_S, 1.0)
    weight = np.sqrt(count) * (0.4 + interval) * (0.5 + loud / 128) + 0.7 * _is_bass(time_s, lowest)
    of_note = np.empty(len(start), np.int64)
    of_note[order] = event
    return Events(time_s, weight / max(weight.mean(), 1e-9), start, of_note)


def _clusters(times: Floats) -> Ints:
    """Number of the event of each onset, ascending times given."""
    labels, first, label = [], -np.inf, -1
    for time in times.tolist():
        if time - first > _TOGETHER_S:
            first, label = time, label + 1
        labels.append(label)
    return np.array(labels, np.int64)


def _is_bass(time_s: Floats, lowest: Ints) -> Floats:
    """1 where an event has the lowest pitch within reach (give a third), else 0."""
    low = np.searchsorted(time_s, time_s - _BASS_REACH_S)
    high = np.searchsorted(time_s, time_s + _BASS_REACH_S)
    floor = np.array([lowest[a:b].min() for a, b in zip(low.tolist(), high.tolist(), strict=True)])
    return np.asarray(lowest <= floor + 4, np.float64)
