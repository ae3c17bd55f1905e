"""Parts for the players of a score."""

from __future__ import annotations

import re
from pathlib import Path

from composer.formats import write_score
from composer.formats.engraving.extraction import write_parts
from composer.score import Note, Part, Score

BAR = 1920


def a_duo() -> Score:
    """Sixteen bars: the bass plays four bars four times, the flute never repeats any."""
    tune = tuple(Note(bar * BAR + beat * 480, 60 + (bar * 5 + beat * 3) % 17, 480) for bar in range(16) for beat in range(4))
    bass = tuple(Note(bar * BAR, 40 + bar % 4, BAR) for bar in range(16))
    return Score((Part("Flute", 73, tune), Part("Bass", 32, bass)))


def measures(path: Path) -> int:
    return len(re.findall("<measure ", path.read_text()))


def test_all_parts_have_the_bars_of_the_score(tmp_path: Path) -> None:
    written = write_parts(a_duo(), tmp_path / "duo.musicxml")
    assert [measures(path) for path in written] == [16, 16]


def test_parts_repeat_what_the_whole_score_repeats(tmp_path: Path) -> None:
    duo = a_duo()
    again = Score(
        tuple(
            Part(p.name, p.program, (*p.notes, *(Note(n.start_ticks + 16 * BAR, n.pitch, n.duration_ticks) for n in p.notes)))
            for p in duo.parts
        )
    )
    write_score(again, tmp_path / "whole.musicxml")
    written = write_parts(again, tmp_path / "duo.musicxml")
    assert measures(tmp_path / "whole.musicxml") == 2 * 16
    assert [measures(path) for path in written] == [16, 16]
