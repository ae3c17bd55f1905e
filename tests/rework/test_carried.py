"""A melody in another piece: its octave, its loudness, and what the report says of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest

from composer.brief import Brief
from composer.composing.describe import remarks
from composer.rework import accompany, transfer, vary
from composer.rework.carried import in_its_dynamics
from composer.score import Note, Part, Score
from tests.rework.test_continuing import BAR, rhythms, tune
from tests.rework.test_in_style import SONG, TUNE

LOW_TUNE = replace(SONG, parts=(Part("Melody", 0, tuple(replace(note, pitch=note.pitch - 5) for note in TUNE)),))


@pytest.mark.parametrize("style", ["waltz", "mazurka", "swing"])
def test_a_melody_stays_in_its_octave_and_its_dynamics(tiny_model: Path, style: str) -> None:
    louder = tuple(replace(note, velocity=60 if note.start_ticks < 8 * 1920 else 90) for note in LOW_TUNE.parts[0].notes)
    given = replace(LOW_TUNE, parts=(replace(LOW_TUNE.parts[0], notes=louder),))
    done = transfer(given, Brief.from_dict({"style": style, "seed": 1}), model=str(tiny_model))
    [leader] = done.report["notes"]["melody_parts"]
    tops = {note.start_ticks: note for note in done.score.parts[leader].notes}  # the highest comes last
    assert [(tops[n.start_ticks].pitch, tops[n.start_ticks].velocity) for n in louder] == [
        (n.pitch, n.velocity) for n in louder
    ]
    others = [part.notes for index, part in enumerate(done.score.parts) if index != leader and not part.is_drum]
    for first, end in ((0, 8), (8, 16)):
        beside = [n.velocity for notes in others for n in notes if first * 1920 <= n.start_ticks < end * 1920]
        assert fmean(beside) <= (60 if first == 0 else 90)
    assert not any("octave" in warning for warning in done.report["warnings"])


def test_a_player_who_cannot_reach_the_melody_plays_it_an_octave_lower_and_says_so(tiny_model: Path) -> None:
    high = replace(SONG, parts=(Part("Flute", 73, tuple(replace(note, pitch=note.pitch + 12) for note in TUNE)),))
    done = transfer(high, Brief.from_dict({"style": "jazz-ballad", "seed": 1}), model=str(tiny_model))
    assert "the melody is an octave lower, in the range of Tenor saxophone" in done.report["warnings"][0]
    assert [note.pitch for note in done.score.parts[0].notes] == [note.pitch for note in TUNE]


def test_a_requested_mood_decides_the_dynamics(tiny_model: Path) -> None:
    done = transfer(SONG, Brief.from_dict({"style": "swing", "mood": "excited", "seed": 1}), model=str(tiny_model))
    assert len({note.velocity for note in done.score.parts[0].notes}) > 1


def test_the_report_names_the_parts_that_have_the_melody(tiny_model: Path) -> None:
    done = transfer(SONG, Brief.from_dict({"style": "film-cue", "seed": 1}), model=str(tiny_model))
    named = [done.score.parts[part] for part in done.report["notes"]["melody_parts"]]
    for bar in range(16):
        places = {(note.start_ticks, note.pitch % 12) for note in TUNE if note.start_ticks // 1920 == bar}
        assert any(places <= {(note.start_ticks, note.pitch % 12) for note in part.notes} for part in named), bar
    [line] = [line for line in remarks(done) if "the melody is kept" in line]
    assert f"({len(TUNE)} notes, in {', '.join(part.name for part in named)})" in line


def test_lost_notes_of_a_melody_are_counted(tiny_model: Path) -> None:
    done = transfer(SONG, Brief.from_dict({"style": "swing", "seed": 1}), model=str(tiny_model))
    notes = {**done.report["notes"], "melody": len(TUNE) - 2}
    [line] = [line for line in remarks(replace(done, report={**done.report, "notes": notes})) if "the melody is kept" in line]
    assert f"({len(TUNE) - 2} of {len(TUNE)} notes" in line


def test_all_follows_the_loudness_of_a_melody_bar_by_bar() -> None:
    melody = [Note(480 * beat, 72 + beat % 4, 480, 40 if beat < 4 else 80) for beat in range(8)]
    made = (
        Part("Flute", 73, tuple(replace(note, velocity=100) for note in melody)),
        Part("Cello", 42, tuple(Note(1920 * bar, 48, 1920, 50) for bar in range(2))),
        Part("Drums", 0, tuple(Note(1920 * bar, 36, 120, 100) for bar in range(2)), is_drum=True),
    )
    flute, cello, drums = in_its_dynamics(Score(made), melody).parts
    assert flute.notes == tuple(melody)
    assert [note.velocity for note in cello.notes] == [20, 40]
    assert [note.velocity for note in drums.notes] == [40, 80]


@pytest.mark.parametrize("added", [("vibraphone",), ("piano", "bass"), ("piano", "bass", "drums"), ("bass",)])
def test_players_begin_with_a_jig_and_are_softer(tiny_model: Path, added: tuple[str, ...]) -> None:
    done = accompany(tune(), Brief(seed=1), add=added, model=str(tiny_model)).score
    new = done.parts[1:]
    assert all(min(note.start_ticks for note in part.notes) == 0 for part in new)
    assert fmean(note.velocity for part in new if not part.is_drum for note in part.notes) < 81
    if "bass" in added:
        [bass] = [part for part in new if "Bass" in part.name]
        assert fmean(note.pitch for note in bass.notes) <= 50


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_variation_of_a_running_tune_runs_on(tiny_model: Path, seed: int) -> None:
    given = tune()
    done = vary(given, 0.8, Brief(seed=seed), model=str(tiny_model)).score
    before, after = rhythms(given.parts[0], BAR, 0, 16), rhythms(done.parts[0], BAR, 0, 16)
    assert all(new == old for old, new in zip(before, after, strict=True) if len(old) == 6)
    bars = [[n.pitch for n in done.parts[0].notes if n.start_ticks // BAR == bar] for bar in range(16) if len(before[bar]) == 6]
    assert not any(one == other for pitches in bars for one, other in pairwise(pitches))
    assert all(pitch % 12 in {7, 9, 11, 0, 2, 4, 6} for pitches in bars for pitch in pitches)
