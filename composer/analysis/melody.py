"""The melody: finds the leading part in every bar and takes its top line.

A part leads if it is high, moves, is loud, and is a single voice. The highest notes ("skyline") are the best simple estimate
(Uitdenbogerd and Zobel 1998), which misses a voice or a louder solo below them. A change of the leading part has a cost, so
that a figure of one bar above it does not take over (Viterbi). Knows no phrases and no imitation: of two equal voices, the
upper leads.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.analysis.key import best_path
from composer.presets import programs_of
from composer.score import Note, Score

_VOICES = programs_of("voice", "synth-voice")  # a singer has the tune
_VOICE_BONUS = 3.0
_SINGLE = 0.8  # share of onsets to notes from which a voice is a line: a choir that sings chords accompanies
_STATIC = -1.5  # for a bar with one chord or one repeated note: a pad or after-beats above a theme in the horns
_FAR_BELOW = 4  # a shorter note this many semitones below a held note is an inner voice
_HAND_ON_COST = 1.2
_SILENT = -6.0


def melody_line(score: Score | ScoreArrays) -> tuple[Note, ...]:
    """The melody as a single line without overlaps. Empty without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> tune = Part("Flute", 73, tuple(Note(480 * i, 72 + i % 5, 480) for i in range(8)))
    >>> chords = Part("Piano", 0, tuple(Note(960 * i, p, 960) for i in range(4) for p in (48, 55, 64)))
    >>> melody_line(Score((chords, tune))) == tune.notes
    True
    """
    arrays = score_arrays(score)
    leader = leading_parts(arrays)
    table = arrays.notes
    lead = leader[table.bar] == table.part if len(table) else np.zeros(0, bool)
    rows = np.flatnonzero(lead)
    columns = (table.start[rows], table.pitch[rows], (table.end - table.start)[rows], table.velocity[rows])
    return _top_line([Note(*row) for row in zip(*(column.tolist() for column in columns), strict=True)])


def leading_parts(score: Score | ScoreArrays) -> Ints:
    """Index of the part with the melody in each bar: (bars,); silent bars have the previous or next leading part.

    All -1 without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> first, then = (tuple(Note(start + 480 * i, 72 + i % 3, 480) for i in range(8)) for start in (0, 3840))
    >>> pedal = Note(0, 60, 7680)
    >>> leading_parts(Score((Part("Violin", 40, first), Part("Oboe", 68, then), Part("Horn", 60, (pedal,))))).tolist()
    [0, 0, 1, 1]
    """
    arrays = score_arrays(score)
    parts = [index for index, part in enumerate(arrays.score.parts) if not part.is_drum]
    if not parts or not len(arrays.notes):
        return np.full(arrays.n_bars, -1, np.int64)
    salience = np.stack([_salience(arrays, index) for index in parts], axis=1)  # (bars, parts)
    return np.asarray(np.array(parts, np.int64)[best_path(salience, _HAND_ON_COST)], np.int64)


def _salience(arrays: ScoreArrays, part: int) -> Floats:
    """How strongly a part leads in each bar, by its top line's height, movement, loudness and voice: (bars,)."""
    notes, bars = arrays.notes, arrays.n_bars
    mine = notes.part == part
    _, top = np.unique(notes.start[mine][::-1], return_index=True)  # the last note of a start is the highest
    rows = np.flatnonzero(mine)[::-1][top]
    bar, pitch = notes.bar[rows], notes.pitch[rows]
    count = np.bincount(bar, minlength=bars)
    sounding = np.maximum(count, 1)
    height = np.bincount(bar, pitch, bars) / sounding
    loud = np.bincount(bar, notes.velocity[rows], bars) / sounding
    moves = np.bincount(bar[1:], (np.diff(pitch) != 0) & (np.diff(bar) == 0), bars) if len(rows) else np.zeros(bars)
    is_line = len(rows) >= _SINGLE * np.count_nonzero(mine)
    sings = _VOICE_BONUS if arrays.score.parts[part].program in _VOICES and is_line else 0.0
    struck = np.bincount(notes.bar[mine], minlength=bars)
    static = np.where((struck > 1) & (moves == 0), _STATIC, 0.0)
    value = (height - 60) / 6 + 0.25 * np.minimum(moves, 6) + loud / 24 + sings + static
    return np.asarray(np.where(count > 0, value, _SILENT), np.float64)


def _top_line(notes: list[Note]) -> tuple[Note, ...]:
    """The highest note of each onset, without inner notes below a held one; each note ends where the next starts."""
    highest: dict[int, Note] = {}
    for note in notes:
        if note.start_ticks not in highest or note.pitch > highest[note.start_ticks].pitch:
            highest[note.start_ticks] = note
    line: list[Note] = []
    for start in sorted(highest):
        note = highest[start]
        held = line[-1] if line else None
        if held and held.end_ticks >= note.end_ticks and note.pitch <= held.pitch - _FAR_BELOW:
            continue
        line.append(note)
    cut = [replace(a, duration_ticks=min(a.duration_ticks, b.start_ticks - a.start_ticks)) for a, b in pairwise(line)]
    return (*cut, *line[-1:])
