"""Tests of pieces in pentatonic scales, hirajoshi and hijaz, from the brief to the files and the report."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from composer.brief import Brief
from composer.composing.composition import compose
from composer.composing.output import write
from composer.composing.record import PieceRecord
from composer.composing.report import summarize_report
from composer.formats import read_score
from composer.rework import replay
from composer.score import Key

_SCALES = ("C major pentatonic", "A minor pentatonic", "D hirajoshi", "D hijaz")


def _composed(model: object, **options: Any) -> PieceRecord:
    return compose(Brief.from_dict({"bars": 8, "seed": 3, "quality": "draft", **options}), model=str(model))


def _classes(piece: PieceRecord) -> set[int]:
    return {note.pitch % 12 for part in piece.score.parts if not part.is_drum for note in part.notes}


@pytest.mark.parametrize("key", _SCALES)
@pytest.mark.parametrize(
    "options",
    [
        {"instruments": "shakuhachi,koto", "style": "chamber-music"},
        {"style": "string-quartet"},
        {"ensemble": "piano"},
        {"style": "funk"},
        {"style": "lo-fi"},
        {"style": "round", "instruments": "recorder,recorder,recorder"},
        {"style": "folk", "instruments": "violin,cello", "features": "drone"},
    ],
)
def test_all_notes_are_on_the_scale(tiny_model: Path, key: str, options: dict[str, Any]) -> None:
    piece = _composed(tiny_model, key=key, **options)
    assert _classes(piece) <= Key.parse(key).scale
    assert piece.report["scale"]["ok"]
    assert "scale" in summarize_report(piece.report)


def test_the_melody_closes_on_the_tonic_and_moves(tiny_model: Path) -> None:
    tune = [pitch for _, _, pitch in _composed(tiny_model, key="A minor pentatonic", style="folk", bars=16).plan.tune]
    assert tune[-1] % 12 == Key.parse("A minor").tonic
    assert len(set(tune)) >= 5
    assert sum(one == other for one, other in pairwise(tune)) < len(tune) / 2


@pytest.mark.parametrize("instruments", ["shakuhachi,koto", "flute", "piano"])
def test_pieces_without_a_style_have_a_melody_by_phrases(tiny_model: Path, instruments: str) -> None:
    piece = _composed(tiny_model, key="D hijaz", instruments=instruments)
    assert piece.plan.tune
    assert not _composed(tiny_model, key="D minor", instruments=instruments).plan.tune


def test_chords_that_are_given_count_as_missed(tiny_model: Path) -> None:
    piece = _composed(tiny_model, key="A minor pentatonic", chords="Dm Bb A7 Dm", ensemble="piano")
    assert piece.report["scale"]["ok"] is False
    assert "of the notes are off the scale of A minor pentatonic" in summarize_report(piece.report)


def test_files_have_the_nearest_signature_and_replay_is_exact(tiny_model: Path, tmp_path: Path) -> None:
    piece = _composed(tiny_model, key="D hijaz", ensemble="piano")
    (tmp_path / "again").mkdir()
    write(piece, tmp_path / "a", ("mid", "musicxml", "abc", "ly"))
    again = replay(tmp_path / "a.json", model=str(tiny_model))
    assert again.score == piece.score
    assert "<mode>phrygian</mode>" in (tmp_path / "a.musicxml").read_text(encoding="utf-8")
    assert "K:Dphr" in (tmp_path / "a.abc").read_text(encoding="utf-8")
    assert "\\key d \\phrygian" in (tmp_path / "a.ly").read_text(encoding="utf-8")
    assert str(read_score(tmp_path / "a.mid").keys[0].key) == "D hijaz"


def test_a_title_of_a_prompt_is_that_of_the_piece_also_in_a_replay(tiny_model: Path, tmp_path: Path) -> None:
    brief = Brief.from_dict({"bars": 4, "seed": 1, "ensemble": "piano"})
    piece = compose(brief, model=str(tiny_model), prompt={"text": "...", "title": "The Little Sailboat"})
    write(piece, tmp_path / "a", ("mid",))
    assert piece.score.title == replay(tmp_path / "a.json", model=str(tiny_model)).score.title == "The Little Sailboat"
