"""From a brief to files and back, with a model that knows nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from composer import composing
from composer.brief import Brief
from composer.composing.record import PieceRecord
from composer.controls import DYNAMICS
from composer.errors import BadInputError, ModelNotFoundError
from composer.formats import read_score
from composer.guide.guidance import branches_of
from composer.performance import profile_for
from composer.plan import make_plan
from composer.rework import replay
from composer.training.data.build import base_tokenizer

QUARTET = {"style": "string-quartet", "key": "D minor", "meter": "3/4", "tempo": 84, "bars": 5, "seed": 7}


@pytest.fixture(scope="module")
def quartet(tiny_model: Path) -> PieceRecord:
    return composing.compose(Brief.from_dict(QUARTET), model=str(tiny_model))


def test_report_finds_what_was_asked(quartet: PieceRecord) -> None:
    exact = {name: entry for name, entry in quartet.report.items() if entry["ok"] is not None}
    assert set(exact) >= {"key", "meter", "tempo_qpm", "bars", "duration_s", "programs"}
    assert all(entry["ok"] for entry in exact.values()), exact


def test_same_seed_same_piece(quartet: PieceRecord, tiny_model: Path) -> None:
    assert composing.compose(Brief.from_dict(QUARTET), model=str(tiny_model)).ids == quartet.ids
    assert composing.compose(Brief.from_dict(QUARTET | {"seed": 8}), model=str(tiny_model)).ids != quartet.ids


def test_files_hold_the_score_and_replay_gives_the_same_bytes(quartet: PieceRecord, tiny_model: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    files = composing.write(quartet, first / "piece", ["mid"])
    assert [path.name for path in files] == ["piece.mid", "piece.json"]
    read = read_score(files[0])
    assert [part.notes for part in read.parts] == [part.notes for part in quartet.score.parts]
    assert read.key == quartet.score.key
    again = replay(files[-1], model=str(tiny_model))
    copies = composing.write(again, second / "piece", ["mid"])
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in copies]


def test_long_piece_goes_beyond_the_context(tiny_model: Path) -> None:
    bars = 120
    composition = composing.compose(Brief.from_dict({"ensemble": "piano", "bars": bars, "seed": 1}), model=str(tiny_model))
    assert len(composition.ids) > 2 * 256
    assert len(composition.score.bars) == bars


def test_progress_reaches_the_end(tiny_model: Path) -> None:
    seen: list[float] = []
    composing.compose(Brief.from_dict({"bars": 3, "ensemble": "piano"}), model=str(tiny_model), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.parametrize("content", ["[]", "{}", '{"brief": {}, "ids": [1], "model": 3}', "no json"])
def test_what_is_no_sidecar_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(BadInputError, match=r"x\.json"):
        replay(path)


def test_a_sidecar_of_another_schema_names_the_remedy(quartet: PieceRecord, tmp_path: Path) -> None:
    sidecar = composing.write(quartet, tmp_path / "piece", [])[0]
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"schema": 1}))
    with pytest.raises(BadInputError, match=r"has schema 1, .* replays schema 3: replay it with the version"):
        replay(sidecar)


def test_sidecar_of_another_model_is_refused(quartet: PieceRecord, tiny_model: Path, tmp_path: Path) -> None:
    sidecar = composing.write(quartet, tmp_path / "piece", [])[0]
    content = json.loads(sidecar.read_text())
    content["model"]["fingerprint"] = "0" * 64
    sidecar.write_text(json.dumps(content))
    with pytest.raises(BadInputError, match="another"):
        replay(sidecar, model=str(tiny_model))
    with pytest.raises(ModelNotFoundError):
        replay(sidecar, model=str(tmp_path / "none"))


def test_unknown_format_is_named(quartet: PieceRecord, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="xyz"):
        composing.write(quartet, tmp_path / "piece", ["xyz"])
    assert not list(tmp_path.iterdir())


def test_styles_dials_and_moods_are_guided_away_from_streams_without_them() -> None:
    tokenizer = base_tokenizer()

    def weights(**options: object) -> list[float]:
        plan = make_plan(Brief.from_dict({"ensemble": "piano", "bars": 4} | options))
        return [weight for _, weight in branches_of(tokenizer, plan)]

    assert weights() == []
    assert weights(density=0.3) == weights(polyphony=2) == weights(density=0.3, polyphony=2) == [-2.0]
    assert weights(density=0.3, mood="calm", intensity=1.5) == [-1.5, -2.0]
    assert weights(style="waltz") == weights(style="waltz", density=0.3) == [-2.0], "equally strong ones share a stream"
    assert weights(style="waltz", mood="calm") == [-2.0, -1.0]
    assert weights(style="waltz:3,hymn:1") == [0.75, -2.0], "mixed styles keep their shares"


@pytest.mark.parametrize("options", [{"ensemble": "piano"}, {"style": "swing"}, {"instruments": "drums"}])
@pytest.mark.parametrize("mark", ["pp", "fff"])
def test_the_mean_loudness_is_the_marking(tiny_model: Path, options: dict[str, str], mark: str) -> None:
    piece = composing.compose(Brief(**options, bars=4, dynamic=mark, seed=1), model=str(tiny_model))
    notes = [note for part in piece.score.parts if not part.is_drum for note in part.notes]
    notes = notes or [note for part in piece.score.parts for note in part.notes]
    assert sum(note.velocity for note in notes) / len(notes) == pytest.approx(DYNAMICS[mark], abs=1)
    assert piece.report["dynamic"] == {"requested": mark, "planned": mark, "measured": mark, "ok": True, "distance": None}


@pytest.mark.parametrize("meter", ["7/8", "5/8", "11/8"])
def test_an_uneven_bar_sounds_to_its_end(tiny_model: Path, meter: str) -> None:
    piece = composing.compose(
        Brief.from_dict({"ensemble": "piano", "meter": meter, "bars": 6, "seed": 1}), model=str(tiny_model)
    )
    bar_ticks, beat = piece.plan.meter.bar_ticks, piece.plan.meter.beat_ticks
    assert sum(piece.plan.grouping) == piece.plan.meter.numerator
    for part in piece.score.parts:
        for bar in {note.start_ticks // bar_ticks for note in part.notes} - {5}:
            end = (bar + 1) * bar_ticks
            assert any(note.start_ticks < end and note.end_ticks > end - beat for note in part.notes), (part.name, bar)


@pytest.mark.parametrize("mode", ["dorian", "phrygian", "lydian", "mixolydian", "aeolian", "ionian", "locrian"])
def test_a_church_mode_keeps_to_its_scale_and_ends_on_its_tonic(tiny_model: Path, mode: str) -> None:
    asked = {"ensemble": "piano", "key": f"D {mode}", "bars": 4, "seed": 4}
    piece = composing.compose(Brief.from_dict(asked), model=str(tiny_model))
    assert {note.pitch % 12 for part in piece.score.parts for note in part.notes} <= piece.plan.key.scale
    last = max(note.end_ticks for part in piece.score.parts for note in part.notes)
    assert min(note.pitch for part in piece.score.parts for note in part.notes if note.end_ticks == last) % 12 == 2
    assert piece.report["key"]["measured"] == f"D {mode}"


def test_swing_is_played_with_swing(tiny_model: Path) -> None:
    piece = composing.compose(Brief.from_dict({"style": "swing", "bars": 2}), model=str(tiny_model))
    assert profile_for(piece.style).swing > 0
    assert piece.score.title.startswith("Swing in")
