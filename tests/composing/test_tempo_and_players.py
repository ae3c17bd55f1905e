"""A piece whose tempo and players change by section: what is written, reported, performed and replayed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from composer import composing
from composer.brief import Brief
from composer.composing.record import PieceRecord
from composer.composing.report import broken_promises, make_report, summarize_report
from composer.formats import read_score
from composer.performance import perform, written_performance
from composer.rework import replay
from composer.score import Score

FASTER = {"instruments": "flute,oboe,cello", "form": "A4 B4 A4", "duration": 32, "tempo_curve": "100%@0 100%@bar 5 150%@end"}
SECTIONS = {
    "instruments": "oboe,violin,viola,cello",
    "form": "A4 B4 A4",
    "tempo": 90,
    "sections": "start: only cello; b: tempo 60%",
}


def composed(tiny_model: Path, **options: Any) -> PieceRecord:
    return composing.compose(Brief.from_dict({"seed": 3, "meter": "4/4", **options}), model=str(tiny_model))


@pytest.fixture(scope="module")
def faster(tiny_model: Path) -> PieceRecord:
    return composed(tiny_model, **FASTER)


@pytest.fixture(scope="module")
def by_section(tiny_model: Path) -> PieceRecord:
    return composed(tiny_model, **SECTIONS)


def bars_of(score: Score, part: str) -> set[int]:
    [found] = [each for each in score.parts if each.name == part]
    return {note.start_ticks // 1920 for note in found.notes}


def test_the_report_states_the_tempi(faster: PieceRecord, by_section: PieceRecord) -> None:
    assert broken_promises(faster.report) == broken_promises(by_section.report) == ()
    entry = faster.report["tempo_curve"]
    assert entry["requested"] == ["100%@0%", "100%@bar 5", "150%@100%"]
    first, second, last = entry["measured"]
    assert first == second
    assert last == pytest.approx(1.5 * first, rel=0.02)
    assert "tempo curve" in summarize_report(faster.report)
    assert by_section.report["sections"]["measured"]["b"]["tempo"] == 54


def test_a_lost_tempo_is_reported(faster: PieceRecord, by_section: PieceRecord) -> None:
    for piece in (faster, by_section):
        assert piece.plan is not None
        steady = replace(piece.score, tempos=piece.score.tempos[:1])
        assert ("tempo_curve" if piece is faster else "sections") in broken_promises(
            make_report(piece.brief, piece.plan, steady)
        )


def test_the_length_is_exact_in_the_score_the_performance_and_the_midi_file(faster: PieceRecord, tmp_path: Path) -> None:
    assert faster.score.duration_s == pytest.approx(32, abs=1e-9)
    assert perform(faster.score, expression=1, style="romantic").duration_s == pytest.approx(32, rel=1e-6)
    assert written_performance(faster.score, expression=1).score.duration_s == pytest.approx(32, abs=1e-3)
    [path, _] = composing.write(faster, tmp_path / "piece", ["mid"])
    assert read_score(path).duration_s == pytest.approx(32, abs=2e-3)


def test_the_sidecar_replays_the_piece(faster: PieceRecord, by_section: PieceRecord, tiny_model: Path, tmp_path: Path) -> None:
    for name, piece in (("faster", faster), ("sections", by_section)):
        files = composing.write(piece, tmp_path / name, ["mid", "musicxml"])
        content = json.loads(files[-1].read_text())
        assert Brief.from_dict(content["brief"]) == piece.brief
        again = replay(files[-1], model=str(tiny_model))
        assert again.score == piece.score
        copies = composing.write(again, tmp_path / f"{name}-again", ["mid", "musicxml"])
        assert [path.read_bytes() for path in files[:-1]] == [path.read_bytes() for path in copies[:-1]]


def test_players_rest_without_a_band(by_section: PieceRecord) -> None:
    assert by_section.plan is not None
    assert not by_section.plan.band
    for part in ("Oboe", "Violin", "Viola"):
        assert not bars_of(by_section.score, part) & set(range(4))
        assert bars_of(by_section.score, part)
    assert bars_of(by_section.score, "Cello") & set(range(4))


def test_a_player_that_enters_plays_in_a_section_that_returns(tiny_model: Path) -> None:
    piece = composed(tiny_model, instruments="flute,oboe,cello", form="A4 A4 B4", sections="start: no oboe")
    assert not bars_of(piece.score, "Oboe") & set(range(4))
    assert bars_of(piece.score, "Oboe") & set(range(4, 8))


@pytest.mark.parametrize("style", ["symphony", "string-quartet"])
def test_who_plays_alone_has_the_melody(tiny_model: Path, style: str) -> None:
    piece = composed(tiny_model, style=style, form="A4 B4 A4", meter="4/4", sections="start: only cello")
    assert piece.plan is not None
    tune = {(start, pitch % 12) for start, _, pitch in piece.plan.tune if start < 4 * 1920}
    [cello] = [part for part in piece.score.parts if part.name == "Cello"]
    played = {(note.start_ticks, note.pitch % 12) for note in cello.notes}
    assert tune
    assert tune <= played
    assert {part.name for part in piece.score.parts if bars_of(piece.score, part.name) & {0, 1, 2, 3}} == {"Cello"}


def test_the_orchestra_that_is_left_is_scored_for_itself(tiny_model: Path) -> None:
    piece = composed(tiny_model, style="symphony", form="A8 B8 A8", sections="b: no strings")
    middle = {bar for part in piece.score.parts for bar in bars_of(piece.score, part.name) if 8 <= bar < 16}
    assert middle == set(range(8, 16))
    for part in ("Violin 1", "Violin 2", "Viola", "Cello", "Contrabass"):
        assert not bars_of(piece.score, part) & set(range(8, 16))
