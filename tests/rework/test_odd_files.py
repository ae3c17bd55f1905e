"""Every odd file is understood or refused with a reason, and comes back with every note of its own in place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.errors import BadInputError
from composer.formats.midi.midi_patch import patch_midi
from composer.formats.midi.midi_score import read_midi
from composer.rework.reducing import reduce
from composer.score import Note, Part
from composer.understanding import restore, understand
from tests.rework.checks import missing_notes, written_notes
from tests.rework.odd_files import FULL, REFUSED, odd_files

_FILES = odd_files()


@pytest.mark.parametrize("name", sorted(_FILES))
def test_given_notes_stay_beside_new_ones(name: str) -> None:
    data = _FILES[name]
    if name in REFUSED:
        with pytest.raises(BadInputError, match=REFUSED[name]):
            understand(read_midi(data))
        return
    user = read_midi(data)
    understood = understand(user)
    assert restore(user, understood, understood.score) == user
    bars = understood.score.bars
    drone = Part("Drone", 19, tuple(Note(bar.start_ticks, 36, bar.time_signature.bar_ticks) for bar in bars))
    result = restore(user, understood, replace(understood.score, parts=(*understood.score.parts, drone)))
    if name in FULL:
        with pytest.raises(BadInputError, match="the file leaves 0 of 15 free"):
            patch_midi(data, user, result)
        return
    written = patch_midi(data, user, result)
    assert not missing_notes(data, written)
    assert (written_notes(written) - written_notes(data)).total() == len(result.parts[-1].notes)


@pytest.mark.parametrize("name", sorted(set(_FILES) - set(REFUSED) - {"drums only"}))
@pytest.mark.parametrize("to", ["piano", "lead-sheet"])
def test_all_with_pitch_reduce(name: str, to: str) -> None:
    reduced = reduce(understand(read_midi(_FILES[name])), to)
    assert any(part.notes for part in reduced.parts)


@pytest.mark.parametrize(
    ("name", "meter"),
    [
        ("performed piano, rubato", "3/4"),
        ("7/8", "7/8"),
        ("5/4", "5/4"),
        ("pickup as a short bar", "3/4"),
        ("pickup, meter repeated", "4/4"),
    ],
)
def test_the_meter_is_understood(name: str, meter: str) -> None:
    assert str(understand(read_midi(_FILES[name])).meter) == meter


def test_the_wrong_key_signature_is_seen_through() -> None:
    assert str(understand(read_midi(_FILES["wrong key signature"])).key) == "A major"
