from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import mido
import pretty_midi
import pytest

from composer.formats.performance_midi import write_performance_midi
from composer.formats.provenance import Provenance
from composer.performance import Performance, PerformedNote, PerformedPart

PART = PerformedPart(
    "Piano", 0, (PerformedNote(0.013, 0.51, 60, 70), PerformedNote(0.51, 1.2, 60, 90), PerformedNote(0.52, 0.5204, 64, 30)),
    pan=-0.5, pedals=((0.1, 0.5), (0.6, 1.4)), swells=((0.2, 1.0), (0.4, 0.5), (0.8, 1.0)),
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "performance.mid"
    write_performance_midi(Performance((PART,), 2.0, "Étude"), found, Provenance("base", 7))
    return found


def test_times_are_kept_to_a_millisecond(path: Path) -> None:
    heard = sorted(pretty_midi.PrettyMIDI(str(path)).instruments[0].notes, key=lambda note: note.start)
    for note, performed in zip(heard, PART.notes[:2], strict=False):
        assert (note.pitch, note.velocity) == (performed.pitch, performed.velocity)
        assert note.start == pytest.approx(performed.start_s, abs=0.001)
        assert note.end == pytest.approx(performed.end_s, abs=0.001)
    assert len(heard) == 3


def test_pedal_is_closed_and_swells_are_smooth(path: Path) -> None:
    track = mido.MidiFile(path).tracks[1]
    controls = [(m.control, m.value) for m in track if m.type == "control_change"]
    assert [value for control, value in controls if control == 64] == [127, 0, 127, 0]
    swell = [value for control, value in controls if control == 11]
    assert swell[0] == swell[-1] == 127
    assert min(swell) == 64
    assert all(abs(a - b) <= 1 for a, b in pairwise(swell))
    assert [value for control, value in controls if control == 10] == [32]


def test_the_performance_is_as_long_as_it_says_and_discloses(path: Path) -> None:
    file = mido.MidiFile(path, charset="utf-8")
    assert file.length == pytest.approx(2.0, abs=0.001)
    assert any("composed by AI" in m.text for m in file.tracks[0] if m.type == "text")
    assert file.tracks[0].name == "Étude"
