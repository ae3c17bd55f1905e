"""The sustain pedal of a composed piece: the marks of its sheet music are the pedal of its performance MIDI."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import parse

import mido
import pytest

from composer import composing
from composer.brief import Brief
from composer.composing.output import printed, write
from composer.composing.record import PieceRecord
from composer.formats.engraving.layout import Layout
from composer.formats.engraving.notation import lay_out
from composer.score import Score

_LATE_TICKS = 120  # at most, from a mark to the press of the pedal
FORMATS = ("performance.mid", "musicxml")


def composed(tiny_model: Path, **options: Any) -> PieceRecord:
    brief = Brief.from_dict({"seed": 3, "bars": 8, "ensemble": "piano", "style": "nocturne", **options})
    return composing.compose(brief, model=str(tiny_model))


@pytest.fixture(scope="module")
def nocturne(tiny_model: Path) -> PieceRecord:
    return composed(tiny_model)


def pressed(path: Path) -> list[tuple[int, int]]:
    """When the pedal is pressed and released by the first part of a MIDI file that has one."""
    for track in mido.MidiFile(path).tracks:
        now, changes = 0, list[tuple[int, int]]()
        for message in track:
            now += message.time
            changes += [(now, message.value)] if message.type == "control_change" and message.control == 64 else []
        if changes:
            assert [value for _, value in changes] == [127, 0] * (len(changes) // 2)
            return [(down, up) for (down, _), (up, _) in list(pairwise(changes))[::2]]
    return []


def marked(score: Score) -> list[tuple[int, int]]:
    """When the pedal is pressed and released by the marks of the first part."""
    [part] = lay_out(score, Layout(repeats=False)).parts
    return [(start, end) for (start, sign), (end, _) in pairwise(part.pedals) if sign != "stop"]


def test_the_marks_are_the_pedal_of_the_performance(nocturne: PieceRecord, tmp_path: Path) -> None:
    performance, *_ = write(nocturne, tmp_path / "piece", FORMATS)
    spans, marks = pressed(performance), marked(printed(nocturne)[0])
    assert len(marks) == len(spans) > 0
    for (start, end), (down, up) in zip(marks, spans, strict=True):
        assert start < down <= start + _LATE_TICKS
        assert up == pytest.approx(end, abs=20)


@pytest.mark.parametrize(
    "change", [{"features": ["no-pedals"]}, {"features": ["no-pedals"], "style": "etude"}, {"style": "ragtime"}]
)
def test_without_pedal_there_are_no_marks(tiny_model: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    performance, sheet, _ = write(composed(tiny_model, **change), tmp_path / "piece", FORMATS)
    assert pressed(performance) == []
    assert parse(sheet).find(".//pedal") is None


def test_as_written_there_is_no_pedal(nocturne: PieceRecord, tmp_path: Path) -> None:
    performance, sheet, _ = write(replace(nocturne, expression=0.0), tmp_path / "piece", FORMATS)
    assert pressed(performance) == []
    assert parse(sheet).find(".//pedal") is None


def test_a_pedal_of_the_users_file_is_not_replaced(nocturne: PieceRecord) -> None:
    given = replace(nocturne.score, parts=tuple(replace(part, pedals=((0, 960),)) for part in nocturne.score.parts))
    assert marked(printed(replace(nocturne, score=given))[0]) == [(0, 960)]
