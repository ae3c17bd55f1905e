"""Texture: density and fullness of the music, and the part with the bass.

Knows no harmony. Drums count only towards density. Voices within one part (a keyboard fugue on one staff) are not separated.
"""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush
from itertools import pairwise
from typing import Literal

import numpy as np

from composer.analysis.arrays import Ints, ScoreArrays, score_arrays
from composer.presets import find_instrument, fold
from composer.score import TICKS_PER_QUARTER, Score

Texture = Literal["silence", "monophony", "homophony", "accompanied melody", "polyphony"]

_SINGLE_LINE = 1.1  # notes at a time up to which music is one line
_TOGETHER = 0.6  # onset synchrony from which parts move together
_LINE = 1.2  # notes per onset up to which a part is a line, not chords


def measure_density(score: Score | ScoreArrays) -> float:
    """Notes per quarter note and sounding part, including drums; a part sounds in the bars in which one of its notes starts.

    0.0 for a score without notes.

    >>> from composer.score import Note, Part, Score
    >>> eighths = tuple(Note(240 * i, 72, 240) for i in range(8))
    >>> measure_density(Score((Part("Flute", 73, eighths), Part("Cello", 42, (Note(0, 48, 1920),)))))
    1.125
    """
    arrays = score_arrays(score)
    part = np.concatenate([arrays.notes.part, arrays.drums.part])
    bar = np.concatenate([arrays.notes.bar, arrays.drums.bar])
    if not len(part):
        return 0.0
    part_bars = np.unique(part * arrays.n_bars + bar) % arrays.n_bars
    quarters = np.diff(arrays.bar_start)[part_bars].sum() / TICKS_PER_QUARTER
    return float(len(part) / quarters)


def measure_polyphony(score: Score | ScoreArrays) -> float | None:
    """Mean number of pitched notes sounding together, silence excluded, 1 or more; `None` without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> measure_polyphony(Score((Part("Organ", 19, (Note(0, 48, 1920), Note(0, 60, 960))),)))
    1.5
    """
    arrays = score_arrays(score)
    notes = arrays.notes
    if not len(notes):
        return None
    reached = np.maximum.accumulate(notes.end)  # notes are ordered by start
    silence = np.maximum(notes.start[1:] - reached[:-1], 0).sum()
    sounding = int(reached[-1] - notes.start[0] - silence)
    return float(max(1.0, (notes.end - notes.start).sum() / max(sounding, 1)))


def bass_part(score: Score | ScoreArrays) -> int | None:
    """Index of the part that is lowest for the longest time; `None` without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> cello, flute = Part("Cello", 42, (Note(0, 48, 1920),)), Part("Flute", 73, (Note(20, 72, 1900),))
    >>> bass_part(Score((cello, flute)))
    0
    """
    time = _bass_time(score_arrays(score))
    return int(time.argmax()) if len(time) else None


def _bass_time(arrays: ScoreArrays) -> Ints:
    """Ticks for which each part has the lowest note. (parts,)

    Counts only moments at which several parts sound, if there are any: a single part is neither above nor below.
    """
    notes = arrays.notes
    if not len(notes):
        return np.zeros(0, np.int64)
    alone, together = np.zeros((2, int(notes.part.max()) + 1), np.int64)
    starts, ends = notes.start.tolist(), notes.end.tolist()
    pitches, parts = notes.pitch.tolist(), notes.part.tolist()
    ending = sorted(range(len(notes)), key=ends.__getitem__)
    moments = sorted({*starts, *ends})
    edge: list[tuple[int, int]] = []  # a heap of sounding notes; notes below its top may have ended
    voices: Counter[int] = Counter()  # notes sounding by part
    begun = ended = 0
    for moment, following in pairwise(moments):
        while begun < len(notes) and starts[begun] <= moment:
            heappush(edge, (pitches[begun], begun))
            voices[parts[begun]] += 1
            begun += 1
        while ends[ending[ended]] <= moment:
            part = parts[ending[ended]]
            voices[part] -= 1
            if not voices[part]:
                del voices[part]
            ended += 1
        while edge and ends[edge[0][1]] <= moment:
            heappop(edge)
        if edge:
            (together if len(voices) > 1 else alone)[parts[edge[0][1]]] += following - moment
    return together if together.any() else alone


def onset_synchrony(score: Score | ScoreArrays) -> float:
    """Share of the notes sounding at onsets that start there, 0..1; 1 for block chords (Huron 1989).

    nan without pitched notes.

    >>> from composer.score import Note, Part, Score
    >>> held = Part("Cello", 42, (Note(0, 48, 1920),))
    >>> onset_synchrony(Score((Part("Flute", 73, tuple(Note(480 * i, 72, 480) for i in range(4))), held)))
    0.625
    """
    notes = score_arrays(score).notes
    if not len(notes):
        return float("nan")
    moments, starting = np.unique(notes.start, return_counts=True)
    sounding = np.cumsum(starting) - np.searchsorted(np.sort(notes.end), moments, side="right")
    return float(starting.sum() / sounding.sum())


def voice_count(score: Score | ScoreArrays) -> int:
    """Number of simultaneous pitched notes that lasts longest in total; 0 without notes.

    >>> from composer.score import Note, Part, Score
    >>> voice_count(Score((Part("Organ", 19, (Note(0, 48, 1920), Note(0, 60, 1440), Note(0, 64, 1440))),)))
    3
    """
    notes = score_arrays(score).notes
    if not len(notes):
        return 0
    moments = np.unique(np.concatenate([notes.start, notes.end]))
    started = np.searchsorted(notes.start, moments, side="right")
    sounding = started - np.searchsorted(np.sort(notes.end), moments, side="right")
    return int(np.bincount(sounding[:-1], np.diff(moments))[1:].argmax()) + 1


def describe_texture(score: Score | ScoreArrays) -> Texture:
    """Textbook name of the texture.

    "monophony": one line; "homophony": notes mostly start together; "polyphony": two or more parts that are lines and start
    separately; else "accompanied melody".

    >>> from composer.score import Note, Part, Score
    >>> chorale = tuple(Part("Choir", 52, tuple(Note(480 * i, p, 480) for i in range(4))) for p in (48, 60, 64, 67))
    >>> describe_texture(Score(chorale)), describe_texture(Score(chorale[:1]))
    ('homophony', 'monophony')
    """
    arrays = score_arrays(score)
    polyphony = measure_polyphony(arrays)
    if polyphony is None:
        return "silence"
    if polyphony <= _SINGLE_LINE:
        return "monophony"
    if onset_synchrony(arrays) >= _TOGETHER:
        return "homophony"
    lines = [_is_line(arrays, part) for part in np.unique(arrays.notes.part).tolist()]
    return "polyphony" if len(lines) >= 2 and all(lines) else "accompanied melody"


def is_line(notes: int, onsets: int) -> bool:
    """Whether a part with that many notes at that many onsets is a line: one note at a time, except for a few chords.

    >>> is_line(12, 10), is_line(13, 10), is_line(0, 0)
    (True, False, False)
    """
    return 0 < notes <= _LINE * onsets


def is_bare_tune(score: Score) -> bool:
    """Whether a score is a single line for no instrument in particular: on the default program, with no instrument's name.

    >>> from composer.score import Note, Part, Score
    >>> line = (Note(0, 67, 480), Note(480, 71, 480))
    >>> [is_bare_tune(Score((Part(name, program, line),))) for name, program in (("Tune", 0), ("Piano", 0), ("", 73))]
    [True, False, False]
    """
    sounding = [part for part in score.parts if part.notes]
    if len(sounding) != 1 or sounding[0].is_drum or sounding[0].program:
        return False
    [part] = sounding
    is_named = any(find_instrument(word) for word in fold(part.name).split("-"))
    return not is_named and is_line(len(part.notes), len({note.start_ticks for note in part.notes}))


def _is_line(arrays: ScoreArrays, part: int) -> bool:
    starts = arrays.notes.start[arrays.notes.part == part]
    return is_line(len(starts), len(np.unique(starts)))
