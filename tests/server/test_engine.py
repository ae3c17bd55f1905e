"""Jobs of the studio without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import composer.formats
from composer.formats import read_score
from composer.score import Score
from composer.server.engine import JOBS, Bench
from composer.server.versions import Store


def test_the_pdf_of_a_composed_piece_has_its_pedal(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(Store(tmp_path), lambda kind, content: None, str(tiny_model))
    brief = {"style": "nocturne", "ensemble": "piano", "bars": 4, "seed": 3}
    version = JOBS["compose"](None, brief, bench)["version"]["id"]
    as_written = read_score(bench.store.path(version) / "piece.mid")
    printed: list[Score] = []
    monkeypatch.setattr(composer.formats, "write_score", lambda score, path: printed.append(score))
    JOBS["render"](version, {"format": "pdf"}, bench)
    assert not as_written.is_pedaled
    assert [part.notes for part in printed[-1].parts] == [part.notes for part in as_written.parts]
    assert printed[-1].is_pedaled


def test_a_variation_of_a_selection_has_its_seed(tiny_model: Path, tmp_path: Path) -> None:
    bench = Bench(Store(tmp_path), lambda kind, content: None, str(tiny_model))
    version = JOBS["compose"](None, {"ensemble": "flute", "bars": 2, "seed": 3}, bench)["version"]["id"]
    seed = 2**32 + 5
    varied = JOBS["vary"](version, {"bars": "1", "amount": 1, "seed": seed}, bench)["version"]["id"]
    sidecar = json.loads((bench.store.path(varied) / "piece.json").read_text())
    assert seed <= sidecar["brief"]["seed"] < seed + 3
