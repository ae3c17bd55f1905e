"""Arranged pieces through the whole pipeline, with a model that knows nothing."""

from __future__ import annotations

from pathlib import Path

from composer import composing
from composer.arranging import arrange
from composer.brief import Brief
from composer.composing.composition import compose_candidates, compose_together
from composer.composing.report import broken_promises
from composer.formats import read_score
from composer.rework import replay

SWING = {"style": "swing", "key": "Bb major", "tempo": 160, "form": "AABA", "bars": 16, "seed": 3}


def test_a_band_is_replayed_byte_for_byte_and_keeps_all_promises(tiny_model: Path, tmp_path: Path) -> None:
    piece = composing.compose(Brief.from_dict(SWING), model=str(tiny_model))
    assert broken_promises(piece.report) == ()
    arrangement = arrange(piece.plan)
    assert arrangement is not None
    planned = arrangement.parts([()] * len(arrangement.roles))
    for index, (part, role) in enumerate(zip(piece.score.parts, arrangement.roles, strict=True)):
        if role.kind != "lead":
            assert part.notes == planned[index], part.name
        assert {note.start_ticks // 1920 for note in part.notes} >= arrangement.open_bars.get(index, frozenset())
    files = composing.write(piece, tmp_path / "piece", ["mid"])
    assert [part.notes for part in read_score(files[0]).parts] == [part.notes for part in piece.score.parts]
    (tmp_path / "again").mkdir()
    copies = composing.write(replay(files[-1], model=str(tiny_model)), tmp_path / "again" / "piece", ["mid"])
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in copies]


def test_bands_are_composed_in_a_batch_as_one_by_one_and_the_network_is_spared_what_is_given(tiny_model: Path) -> None:
    briefs = [Brief.from_dict(SWING | {"seed": seed}) for seed in (1, 2)]
    together = compose_together(briefs, model=str(tiny_model))
    alone = [composing.compose(brief, model=str(tiny_model)) for brief in briefs]
    assert [piece.score for piece in together] == [piece.score for piece in alone]  # type: ignore[union-attr]
    assert alone[0].score != alone[1].score


def test_each_candidate_is_played_another_way(tiny_model: Path) -> None:
    pieces, verdict = compose_candidates(Brief.from_dict(SWING), 2, model=str(tiny_model))
    assert pieces[0].score.parts[-1] != pieces[1].score.parts[-1]
    assert verdict["count"] == 2
