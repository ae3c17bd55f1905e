"""The melody: finds the leading part in every bar and takes its top line.

A part leads if it is high, moves, is loud, is a single voice, and strikes where others do not. The highest notes ("skyline")
are the best simple estimate (Uitdenbogerd and Zobel 1998), which misses a voice or a louder solo below them. A change of the
leading part has a cost, so that a figure of one bar above it does not take over (Viterbi). Knows no phrases and no imitation:
of two equal voices, the upper leads.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from composer.analysis.arrays import Floats, Ints, ScoreArrays, score_arrays
from composer.analysis.key import best_path
from composer.presets import programs_of
from composer.score import Note, Score

_VOICES = programs_of("voice", "synth-voice")  # a singer has the tune
_VOICE_BONUS = 3.0
_SINGLE = 0.8  # share of onsets to notes from which a voice is a line: a choir that sings chords accompanies
_STATIC = -1.5  # for a bar with one chord or one repeated note: a pad or after-beats above a theme in the horns
_FIGURE = -3.0  # for a bar of a figure that is played again and again, an ostinato or broken chord, however high and lively
_APART = 1.0  # for a bar in which a part strikes alone: a low tune under chords that strike together
_STAB, _SHORT = -2.5, 0.4  # for a bar of which a part sounds for this share at most: a stab or an after-beat
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


def melody_parts(score: Score | ScoreArrays) -> tuple[int, ...]:
    """Indices of the parts that have the melody in bars in which they play, the one with the most bars first; empty without.

    Counts only bars in which several parts play, if there are any.

    >>> from composer.score import Note, Part, Score
    >>> cello, flute = Part("Cello", 42, (Note(0, 48, 1920),)), Part("Flute", 73, (Note(0, 72, 960), Note(960, 76, 960)))
    >>> melody_parts(Score((cello, flute)))
    (1,)
    """
    arrays = score_arrays(score)
    played = set(zip(arrays.notes.bar.tolist(), arrays.notes.part.tolist(), strict=True))
    players = Counter(bar for bar, _ in played)
    fewest = min(2, max(players.values(), default=0))
    counted = {bar for bar, count in players.items() if count >= fewest}
    leads = [part for bar, part in enumerate(leading_parts(arrays).tolist()) if (bar, part) in played and bar in counted]
    return tuple(sorted(set(leads), key=lambda part: (-leads.count(part), part)))


def _salience(arrays: ScoreArrays, part: int) -> Floats:
    """How strongly a part leads in each bar, by its top line's height, movement, loudness, voice and rhythm: (bars,)."""
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
    lengths = np.bincount(bar, (notes.end - notes.start)[rows], bars)
    static += np.where(lengths <= _SHORT * np.diff(arrays.bar_start), _STAB, 0.0)
    static += np.where(_repeats(arrays, rows), _FIGURE, 0.0)
    apart = _APART * np.bincount(bar, _struck_alone(notes.start, notes.part)[rows], bars) / sounding
    value = (height - 60) / 6 + 0.25 * np.minimum(moves, 6) + loud / 24 + sings + static + apart
    return np.asarray(np.where(count > 0, value, _SILENT), np.float64)


def _struck_alone(starts: Ints, parts: Ints) -> NDArray[np.bool_]:
    """Whether no other part strikes with each note: (N,)."""
    struck = np.unique(np.stack((starts, parts)), axis=1)[0]
    ticks, players = np.unique(struck, return_counts=True)
    return np.asarray(players[np.searchsorted(ticks, starts)] == 1)


def _repeats(arrays: ScoreArrays, rows: Ints) -> NDArray[np.bool_]:
    """Whether a line repeats a figure in each bar: (bars,); it has two or more pitches and fills an equal share of the bar.

    Args:
        arrays: of the score.
        rows: of the line's notes, one at a time, in order.
    """
    notes, found = arrays.notes, np.zeros(arrays.n_bars, bool)
    edges = np.searchsorted(notes.bar[rows], np.arange(arrays.n_bars + 1))
    for bar, (first, end) in enumerate(pairwise(edges.tolist())):
        pitch, start = notes.pitch[rows[first:end]], notes.start[rows[first:end]] - arrays.bar_start[bar]
        length = int(arrays.bar_start[bar + 1] - arrays.bar_start[bar])
        for times in range(2, len(pitch) // 2 + 1):
            if len(pitch) % times or length % times:
                continue
            size, later = len(pitch) // times, length // times
            again = np.array_equal(pitch[size:], pitch[:-size]) and np.array_equal(start[size:], start[:-size] + later)
            if again and len(np.unique(pitch)) > 1:
                found[bar] = True
                break
    return found


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
