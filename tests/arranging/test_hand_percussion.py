"""Untuned percussion plays the strokes of a kit on its keys, in place of the kit or beside it."""

from __future__ import annotations

import pytest

from composer.analysis.playability import measure_playability
from composer.arranging.hand_percussion import with_percussion
from composer.brief import Brief
from composer.errors import BadInputError
from composer.plan import make_plan
from composer.score import Note, Part, Score

KIT = tuple(Note(480 * place, key, 120, 100) for place, key in enumerate((36, 42, 38, 46, 49)))


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Drums", [36, 42, 38, 46, 49]),
        ("Bongos", [61, 60, 60, 60, 60]),
        ("Shaker", [82, 82, 82, 82]),
        ("Hand Drum & Tambourine", [64, 54, 63, 54, 63]),
        ("Drums & Congas", [36, 64, 42, 63, 38, 46, 63, 49]),
        ("Drums & Hand Claps", [36, 42, 38, 39, 46, 39, 49]),
    ],
)
def test_strokes_of_a_kit_are_those_of_the_percussion(name: str, keys: list[int]) -> None:
    (found,) = with_percussion([Part(name, 0, KIT, is_drum=True)])
    assert [note.pitch for note in found.notes] == keys


def test_a_drum_that_keeps_time_is_softer() -> None:
    (found,) = with_percussion([Part("Bongos", 0, KIT, is_drum=True)])
    assert [note.velocity for note in found.notes] == [100, 60, 100, 60, 100]


def test_tuned_parts_stay_as_they_are() -> None:
    part = Part("Bongos", 12, KIT)
    assert with_percussion([part]) == (part,)


@pytest.mark.parametrize(
    ("instruments", "names"),
    [
        ("flute,bongos,shaker", ["Flute", "Bongos & Shaker"]),
        ("flute,drums,congas", ["Flute", "Drums & Congas"]),
        ("flute,drums", ["Flute", "Drums"]),
        ("fiddle,bodhran", ["Fiddle", "Bodhran"]),
        ("choir-aahs,taiko", ["Choir Aahs", "Taiko Drum"]),
    ],
)
def test_all_untuned_percussion_is_one_part(instruments: str, names: list[str]) -> None:
    parts = make_plan(Brief.from_dict({"instruments": instruments, "bars": 8})).parts
    assert [part.name for part in parts] == names
    assert parts[-1].is_drum


def test_percussion_has_neither_a_range_nor_chords() -> None:
    with pytest.raises(BadInputError, match="bongos have no range: write bongos alone"):
        Brief.from_dict({"instruments": "bongos:C4-G5"})
    with pytest.raises(BadInputError, match="chords needs a part with pitches"):
        Brief.from_dict({"instruments": "bongos", "chords": "C F G C"})


def test_instruments_that_share_a_sound_keep_their_ranges() -> None:
    notes = (Note(0, 40, 480),)
    found, other = measure_playability(Score((Part("Bass Clarinet", 71, notes), Part("Clarinet", 71, notes))))
    assert (found.instrument, found.outside) == ("Bass Clarinet", 0.0)
    assert (other.instrument, other.outside) == ("Clarinet", 1.0)
