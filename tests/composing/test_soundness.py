"""What is measured, mended and composed again before a piece is delivered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer import composing
from composer.analysis.quality import clash_share, has_one_velocity, melody_silence, pitched_silence
from composer.brief import Brief
from composer.composing import composition
from composer.composing.finishing import mended, phrase_levels, with_third
from composer.composing.soundness import faults, measure_soundness
from composer.plan import make_plan
from composer.rework import replay
from composer.score import Note, Part, Score

PLAN = make_plan(Brief.from_dict({"style": "hymn", "key": "C major", "meter": "4/4", "bars": 8}))


def choir(*lines: tuple[Note, ...]) -> Score:
    parts = tuple(Part(part.name, part.program, line) for part, line in zip(PLAN.parts, lines, strict=True))
    return Score(parts, end_ticks=8 * 1920)


def chord(*pitches: int) -> Score:
    """Eight bars of one chord, a note a bar and part, top part first."""
    return choir(*(tuple(Note(1920 * bar, pitch, 1920) for bar in range(8)) for pitch in pitches))


def test_drums_do_not_hide_pitched_silence() -> None:
    drums = Part("Drums", 0, tuple(Note(1920 * bar, 38, 240) for bar in range(8)), is_drum=True)
    score = Score((drums, Part("Bass", 33, (Note(0, 40, 1920),))), end_ticks=8 * 1920)
    assert pitched_silence(score) == pytest.approx(7 / 8)
    assert "pitched_silence" in faults(measure_soundness(PLAN, score))


def test_a_silent_upper_part_and_clashes_are_found() -> None:
    score = choir((Note(0, 72, 480),), *(tuple(Note(1920 * bar, pitch, 1920) for bar in range(8)) for pitch in (60, 49, 48)))
    assert melody_silence(Score((score.parts[0], score.parts[2], score.parts[3]), end_ticks=8 * 1920)) == pytest.approx(7 / 8)
    assert clash_share(score) == pytest.approx(1.0)


def test_missing_dynamics_follow_the_phrases_in_all_parts_alike() -> None:
    score = mended(chord(72, 67, 60, 48), PLAN)
    assert not has_one_velocity(score)
    assert len({tuple(note.velocity for note in part.notes) for part in score.parts}) == 1
    assert all(
        abs(note.velocity - level) <= 5 for note, level in zip(score.parts[0].notes[::4], phrase_levels(PLAN), strict=True)
    )


def test_dynamics_of_the_model_stay() -> None:
    score = chord(72, 67, 60, 48)
    first, *others = score.parts[0].notes
    loud = replace(score.parts[0], notes=(replace(first, velocity=112), *others))
    written = replace(score, parts=(loud, *score.parts[1:]))
    assert [note.velocity for part in mended(written, PLAN).parts for note in part.notes] == [
        note.velocity for part in written.parts for note in part.notes
    ]


def test_a_bare_last_chord_gets_its_third_above_the_bass() -> None:
    last = [part.notes[-1].pitch for part in mended(chord(72, 67, 60, 48), PLAN).parts]
    assert last[-1] == 48
    assert {pitch % 12 for pitch in last} >= {0, 4}
    unfinished = mended(chord(72, 67, 60, 48), PLAN, ended=False)
    assert [part.notes[-1].pitch for part in unfinished.parts] == [72, 67, 60, 48], "its last chord is yet to come"
    full = [part.notes[-1].pitch for part in mended(chord(72, 64, 60, 48), PLAN).parts]
    assert full == [72, 64, 60, 48]


def test_a_broken_last_chord_gets_its_third() -> None:
    written = mended(chord(72, 67, 60, 48), PLAN, ended=False)
    start = written.parts[0].notes[-1].start_ticks
    strokes = (Note(start, 48, 480), Note(start + 480, 60, 480), Note(start + 960, 55, 960))
    hand = replace(written.parts[2], notes=(*written.parts[2].notes[:-1], *strokes))
    ended = with_third(replace(written, parts=(*written.parts[:2], hand, written.parts[3])), PLAN)
    last = {note.pitch % 12 for part in ended.parts for note in part.notes if note.start_ticks >= start}
    assert last == {0, 4, 7}


def test_a_hand_that_doubles_the_last_note_of_the_melody_adds_the_third_below_it() -> None:
    sung = replace(PLAN, tune=((0, 1920, 72),))
    pianist = replace(sung, parts=(sung.parts[0], replace(sung.parts[1], program=0), *sung.parts[2:]))
    bare = chord(72, 72, 72, 48)
    assert [part.notes[-1].pitch for part in with_third(bare, sung).parts] == [72, 72, 72, 48], "singers have one note"
    added = with_third(bare, pianist)
    assert [note.pitch for note in added.parts[1].notes[-2:]] == [64, 72]
    assert [part.notes for part in (added.parts[0], *added.parts[2:])] == [
        part.notes for part in (bare.parts[0], *bare.parts[2:])
    ]
    free = with_third(chord(72, 60, 72, 48), pianist)
    assert [part.notes[-1].pitch for part in free.parts] == [72, 64, 72, 48], "a tone that is not the melody's is led to it"


def test_riffs_and_older_sidecars_keep_their_last_chord() -> None:
    metal = make_plan(Brief.from_dict({"style": "metal", "key": "C minor", "bars": 8}))
    score = chord(72, 67, 60, 48)
    assert [part.notes[-1].pitch for part in mended(score, replace(PLAN, preset="metal", styles=metal.styles)).parts] == [
        72, 67, 60, 48,
    ]  # fmt: skip
    assert mended(score, replace(PLAN, mends=False)) == score


def test_a_piece_with_faults_is_composed_again_and_the_sidecar_says_so(tiny_model, tmp_path, monkeypatch) -> None:
    brief = Brief.from_dict({"ensemble": "piano", "bars": 4, "seed": 3})
    verdicts = iter([("pitched_silence",), (), ()])
    monkeypatch.setattr(composition, "faults", lambda measured: next(verdicts, ()))
    piece = composing.compose(brief, model=str(tiny_model))
    assert piece.tries == {"kept": 2, "faults": [["pitched_silence"], []]}
    sidecar = composing.write(piece, tmp_path / "piece", [])[-1]
    again = replay(sidecar, model=str(tiny_model))
    assert (again.score, again.tries) == (piece.score, piece.tries)
