"""Events of lines."""

from __future__ import annotations

from composer.melody.line_events import events_of
from composer.score import Note, TimeSignature


def test_a_line_of_ornaments_alone_has_no_events() -> None:
    assert events_of([Note(0, 60, 1)], [0, 1920], TimeSignature(0, 4, 4)) == [[], []]
