"""Scores as JSON values for the page: whole, and bar by bar while they are composed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from composer.score import Score


def frame(score: Score) -> dict[str, Any]:
    """A score without its notes: 480 ticks per quarter note, `start_s` in seconds as written."""
    return {
        "title": score.title,
        "key": str(score.key) if score.key else None,
        "end_ticks": max(score.end_ticks, score.bars[-1].end_ticks if score.bars else 0),
        "duration_s": round(score.duration_s, 4),
        "parts": [{"name": part.name, "program": part.program, "is_drum": part.is_drum} for part in score.parts],
        "bars": [
            {"ticks": bar.start_ticks, "start_s": round(score.seconds_at(bar.start_ticks), 4), "meter": str(bar.time_signature)}
            for bar in score.bars
        ],
        "tempos": [{"ticks": tempo.start_ticks, "qpm": tempo.qpm} for tempo in score.tempos] or [{"ticks": 0, "qpm": 120.0}],
        "chords": [
            {"ticks": item.start_ticks, "text": item.chord.symbol(score.key) if item.chord else ""} for item in score.chords
        ],
        "markers": [{"ticks": marker.start_ticks, "text": marker.text} for marker in score.section_markers],
    }


def notes_between(score: Score, first: int, end: int) -> list[list[int]]:
    """Notes that start in bars `first` to `end` (exclusive), as [part, start in ticks, length in ticks, pitch, velocity]."""
    if first >= end or not score.bars:
        return []
    start, stop = score.bars[first].start_ticks, score.bars[end - 1].end_ticks
    if end == len(score.bars):
        stop = max(stop, score.last_note_end_ticks)
    return [
        [part, note.start_ticks, note.duration_ticks, note.pitch, note.velocity]
        for part, note in score.notes()
        if start <= note.start_ticks < stop
    ]


class BarNews:
    """Sends a piece to the page while it is composed.

    An event has the notes that are new or have grown since the one before, and the number of complete bars. The first event and
    every restart have a frame. With 0 complete bars it is a draft, which the next event replaces.

    Args:
        send: called with "bars" and the event.
        plays: whether the bars are those of the finished piece, unless it is composed again; else one of several candidates.
    """

    def __init__(self, send: Callable[[str, Any], None], *, plays: bool) -> None:
        self._send, self._plays = send, plays
        self._complete = 0
        self._sent: dict[tuple[int, int, int], int] = {}

    def send(self, score: Score, complete: int) -> None:
        """Sends what has changed."""
        restarts = complete <= self._complete or not self._complete
        if restarts:  # a draft, the first bars, or composed again because the first attempt has faults
            self._sent = {}
        notes = []
        for note in notes_between(score, 0, len(score.bars)):
            part, start, length, pitch, _ = note
            if self._sent.get((part, start, pitch)) != length:
                self._sent[part, start, pitch] = length
                notes.append(note)
        news = {"complete": complete, "plays": self._plays and complete > 0, "notes": notes}
        self._send("bars", news | {"frame": frame(score)} if restarts else news)
        self._complete = complete
