from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import mido
import pretty_midi
import pytest

from composer.formats import read_score
from composer.formats.midi.performance_midi import write_performance_midi
from composer.formats.provenance import Provenance
from composer.performance import Gestures, WrittenPerformance, perform, written_performance
from composer.score import Chord, ChordSymbol, Key, KeySignature, Marker, Note, Part, Score, Tempo, TimeSignature

NOTES = (Note(13, 60, 490, 70), Note(510, 60, 700, 90), Note(520, 64, 1, 30))
PLAYED = WrittenPerformance(
    Score((Part("Piano", 0, NOTES),), title="Étude", end_ticks=1920),
    (Gestures(-0.5, ((100, 500), (600, 2400)), ((200, 1.0), (400, 0.5), (800, 1.0))),),
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "piece.performance.mid"
    write_performance_midi(PLAYED, found, Provenance("base", 7))
    return found


def test_the_pedal_is_released_and_swells_are_smooth(path: Path) -> None:
    track = mido.MidiFile(path).tracks[1]
    controls = [(m.control, m.value) for m in track if m.type == "control_change"]
    assert [value for control, value in controls if control == 64] == [127, 0, 127, 0]
    swell = [value for control, value in controls if control == 11]
    assert swell[0] == swell[-1] == 127
    assert min(swell) == 64
    assert all(abs(a - b) <= 1 for a, b in pairwise(swell))
    assert [value for control, value in controls if control == 10] == [32]
    assert sum(message.time for message in track) == 2400  # the pedal is the last to end


def test_it_discloses_who_made_it(path: Path) -> None:
    conductor = mido.MidiFile(path, charset="utf-8").tracks[0]
    assert any("composed by AI" in m.text for m in conductor if m.type == "text")
    assert conductor.name == "Étude"


def test_a_sequencer_plays_the_performance_on_the_scores_bars(tmp_path: Path) -> None:
    score = Score(
        (
            Part("Piano", 0, tuple(Note(480 * i, 60 + i % 5, 480, 64) for i in range(24))),
            Part("Violin", 40, tuple(Note(1440 * i, 76, 1440, 64) for i in range(8))),
        ),
        tempos=(Tempo(0, 96.0),),
        time_signatures=(TimeSignature(0, 3, 4),),
        keys=(KeySignature(0, Key(-1, "minor")),),
        chords=tuple(ChordSymbol(1440 * i, Chord(2, "min")) for i in range(8)),
        markers=(Marker(0, "A"), Marker(1440 * 4, "B")),
    )
    path = tmp_path / "piece.performance.mid"
    write_performance_midi(written_performance(score, expression=1.0, style="romantic", seed=3), path)
    played = perform(score, expression=1.0, style="romantic", seed=3)
    read = pretty_midi.PrettyMIDI(str(path))
    for part, instrument in zip(played.parts, read.instruments, strict=True):
        found = sorted((n.start, n.pitch, n.end, n.velocity) for n in instrument.notes)
        for note, (start, pitch, end, velocity) in zip(part.notes, found, strict=True):
            assert (pitch, velocity) == (note.pitch, note.velocity)
            assert start == pytest.approx(note.start_s, abs=0.004)
            assert end == pytest.approx(note.end_s, abs=0.006)
    pedal = [(change.time, change.value) for change in read.instruments[0].control_changes if change.number == 64]
    assert [time for time, _ in pedal] == pytest.approx([t for span in played.parts[0].pedals for t in span], abs=0.006)
    assert [value for _, value in pedal] == [127, 0] * (len(pedal) // 2)
    back = read_score(path)
    assert len(back.tempos) > 8
    assert (back.markers, back.chords, back.keys, back.time_signatures) == (
        score.markers, score.chords, score.keys, score.time_signatures,
    )  # fmt: skip
