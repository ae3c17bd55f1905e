"""Gradual changes of tempo in files: words and metronome marks where a copyist writes them, every step for playback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from composer.formats import read_score
from composer.formats.abc import write_abc
from composer.formats.lilypond import write_lilypond
from composer.formats.midi.midi_score import write_midi
from composer.formats.musicxml.musicxml_write import musicxml_bytes, read_musicxml, write_musicxml
from composer.score import Note, Part, Score, Tempo, TempoRamp, TimeSignature

BAR = 1920


def ramp(start_bar: int, bars: int, first: float, last: float) -> list[Tempo]:
    beats = 4 * bars
    return [Tempo(start_bar * BAR + 480 * beat, first + (last - first) * beat / beats) for beat in range(1, beats + 1)]


def score_with(*tempos: Tempo, bars: int = 12) -> Score:
    notes = tuple(Note(480 * beat, 62 + 7 * beat % 23, 480) for beat in range(4 * bars))
    meter = (TimeSignature(0, 4, 4),)
    return Score((Part("Flute", 73, notes),), (Tempo(0, 80.0), *tempos), meter, end_ticks=bars * BAR)


FASTER = score_with(*ramp(4, 2, 80, 120))
BACK = score_with(*ramp(4, 4, 80, 60)[:-1], Tempo(8 * BAR, 80.0))


def test_a_gradual_change_is_found_and_a_leap_is_none() -> None:
    assert FASTER.tempo_ramps == (TempoRamp(4 * BAR, 6 * BAR, 80.0, 120.0),)
    assert score_with(Tempo(4 * BAR, 100.0), Tempo(6 * BAR, 120.0), Tempo(8 * BAR, 140.0)).tempo_ramps == ()
    both = score_with(*ramp(2, 2, 80, 120), *ramp(4, 2, 120, 80)).tempo_ramps
    assert [(one.start_ticks // BAR, one.end_ticks // BAR, one.slows) for one in both] == [(2, 4, False), (4, 6, True)]


@pytest.mark.parametrize(
    ("score", "printed"),
    [
        (FASTER, [(0, "Andante con moto", "80"), (4, "accel.", ""), (6, "", "120")]),
        (BACK, [(0, "Andante con moto", "80"), (4, "rit.", ""), (8, "a tempo", "80")]),
        (score_with(*ramp(10, 2, 80, 60)[:-1]), [(0, "Andante con moto", "80"), (10, "rit.", "")]),
    ],
)
def test_musicxml_has_words_dashes_and_marks_and_plays_every_step(score: Score, printed: list[tuple[int, str, str]]) -> None:
    found = []
    for bar, measure in enumerate(fromstring(musicxml_bytes(score)).iter("measure")):
        for direction in measure.iter("direction"):
            words = (direction.findtext("direction-type/words") or "").strip()
            beats = direction.findtext(".//per-minute") or ""
            found += [(bar, words, beats)] if words or beats else []
    assert found == printed
    dashes = [each.get("type") for each in fromstring(musicxml_bytes(score)).iter("dashes")]
    assert dashes == ["start", "stop"]
    read = read_musicxml(musicxml_bytes(score)).tempos
    assert [tempo.start_ticks for tempo in read] == [tempo.start_ticks for tempo in score.tempos]
    assert [tempo.qpm for tempo in read] == pytest.approx([tempo.qpm for tempo in score.tempos], abs=1e-5)


def test_lilypond_has_words_and_marks(tmp_path: Path) -> None:
    write_lilypond(BACK, tmp_path / "piece.ly")
    text = (tmp_path / "piece.ly").read_text()
    assert [line for line in ('"rit."', '"a tempo" 4 = 80', "4 = 61") if f"\\tempo {line}" in text] == [
        '"rit."',
        '"a tempo" 4 = 80',
    ]


def test_abc_has_a_tempo_per_bar_and_midi_every_step(tmp_path: Path) -> None:
    write_abc(FASTER, tmp_path / "piece.abc")
    assert (tmp_path / "piece.abc").read_text().count("[Q:") == 2
    write_midi(FASTER, tmp_path / "piece.mid")
    assert len(read_score(tmp_path / "piece.mid").tempos) == len(FASTER.tempos)


@pytest.mark.parametrize("write", [write_musicxml, write_lilypond, write_abc])
def test_a_gradual_change_past_the_last_bar_is_printed_up_to_it(write: Callable[[Score, Path], None], tmp_path: Path) -> None:
    steps = ramp(10, 4, 80, 40)
    write(score_with(*steps), tmp_path / "past")
    write(score_with(*(step for step in steps if step.start_ticks < 12 * BAR)), tmp_path / "within")
    assert (tmp_path / "past").read_text() == (tmp_path / "within").read_text()
