"""Separates notes of equal pitch: a key can be down only once. Knows only notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from composer.score import Note

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Column = NDArray[np.int64]


def separate_unisons(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Sorts notes, drops empty ones, and ends each note where the next of equal pitch starts.

    >>> [(note.start_ticks, note.duration_ticks) for note in separate_unisons([Note(0, 60, 480), Note(240, 60, 480)])]
    [(0, 240), (240, 480)]
    """
    import numpy as np

    columns = np.array([(n.start_ticks, n.pitch, n.duration_ticks, n.velocity) for n in notes], dtype=np.int64).reshape(-1, 4)
    written = {(n.start_ticks, n.pitch): n for n in notes if n.spelled is not None or n.marks}
    separate = notes_from_columns(*columns.T)
    if not written:
        return separate
    found = ((n, written.get((n.start_ticks, n.pitch), n)) for n in separate)
    return tuple(replace(n, spelled=as_written.spelled, marks=as_written.marks) for n, as_written in found)


def notes_from_columns(start: Column, pitch: Column, duration: Column, velocity: Column) -> tuple[Note, ...]:
    """Notes from integer columns (n,) with unisons separated: of notes that start together, the longest is kept."""
    import numpy as np

    order = np.lexsort((duration, start, pitch))
    order = order[duration[order] > 0]
    same = (pitch[order][1:] == pitch[order][:-1]) & (start[order][1:] == start[order][:-1])
    order = order[~np.append(same, False)] if len(order) else order
    length = duration[order]
    room = np.where(np.diff(pitch[order]) == 0, np.diff(start[order]), length[:-1])  # up to the next of equal pitch
    length[:-1] = np.minimum(length[:-1], room)
    by_time = np.lexsort((pitch[order], start[order]))
    columns = (start[order], pitch[order], length, velocity[order])
    return tuple(map(Note, *(column[by_time].tolist() for column in columns)))
