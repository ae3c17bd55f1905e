"""What the option `quality` changes, with a model that knows nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from composer import composing
from composer.brief import Brief
from composer.brief.quality_levels import QUALITIES
from composer.composing.composition import compose_together
from composer.errors import BadInputError
from composer.harmony import planner
from composer.plan import make_plan

BY_NETWORK = {"ensemble": "piano", "chords": "C G", "bars": 2, "seed": 5}


def test_an_unknown_quality_is_refused_and_the_default_is_not_recorded() -> None:
    with pytest.raises(BadInputError, match="quality 'best' is not known: choose one of draft normal high"):
        Brief(quality="best")
    assert "quality" not in Brief().to_dict()
    assert Brief.from_dict(Brief(quality="high").to_dict()).draws == QUALITIES["high"]


def test_a_higher_quality_draws_more_of_everything() -> None:
    draft, normal, high = (QUALITIES[name] for name in ("draft", "normal", "high"))
    for name in ("harmonies", "melodies"):
        assert getattr(draft, name) < getattr(normal, name) <= getattr(high, name)
    assert draft.candidates == normal.candidates < high.candidates


@pytest.mark.parametrize("quality", QUALITIES)
def test_the_planner_draws_as_many_plans_as_the_quality_says(quality: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(planner, "PLANNER", SimpleNamespace(installed=None))
    monkeypatch.setattr(planner, "draw_chords", lambda plan, seed, network, count, on_step: drawn.append(count) or ((), ()))
    brief = Brief(style="hymn", bars=4, quality=quality)
    planner.with_harmony(make_plan(brief), brief)
    assert drawn == [QUALITIES[quality].harmonies]


def test_high_quality_writes_candidates_by_the_network_alone_and_in_a_batch(tiny_model: Path) -> None:
    brief = Brief.from_dict(BY_NETWORK | {"quality": "high"})
    alone = composing.compose(brief, model=str(tiny_model))
    assert alone.candidates
    assert alone.candidates["count"] == QUALITIES["high"].candidates
    together = compose_together([brief, Brief.from_dict(BY_NETWORK)], model=str(tiny_model))
    normal = composing.compose(Brief.from_dict(BY_NETWORK), model=str(tiny_model))
    assert [piece.ids for piece in together] == [alone.ids, normal.ids]  # type: ignore[union-attr]
    assert normal.candidates is None
    given = composing.compose(brief, model=str(tiny_model), candidates=1)
    assert given.candidates is None


def test_an_arranged_piece_of_high_quality_has_one_candidate(tiny_model: Path) -> None:
    piece = composing.compose(Brief(style="swing", bars=4, quality="high"), model=str(tiny_model))
    assert piece.plan
    assert piece.plan.band
    assert piece.candidates is None


def test_high_quality_keeps_the_best_of_several_pieces_with_harmonies_of_their_own(tiny_model: Path) -> None:
    request = {"style": "lied", "bars": 4, "seed": 5}
    piece = composing.compose(Brief.from_dict(request | {"quality": "high"}), model=str(tiny_model))
    assert piece.candidates
    verdicts = piece.candidates["verdicts"]
    assert len(verdicts) == QUALITIES["high"].candidates
    assert len({verdict["mark"] for verdict in verdicts}) > 4
    merits = [verdict["merit"] for verdict in verdicts]
    assert merits.index(max(merits)) == piece.candidates["chosen"] - 1
    chords = {
        planner.with_harmony(make_plan(Brief.from_dict(request)), Brief.from_dict(request), take).chords for take in range(3)
    }
    assert len(chords) == 3
