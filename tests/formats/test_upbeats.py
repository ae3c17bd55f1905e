"""Sheet music of pieces that begin with an upbeat: an incomplete first bar, without a number of its own."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from composer.formats import read_score, write_score
from composer.formats.abc import abc_text
from composer.formats.engraving.extraction import write_parts
from composer.formats.lilypond import lilypond_text
from composer.formats.musicxml.musicxml_write import musicxml_bytes, read_musicxml
from composer.score import LOOP_END, LOOP_START, Key, KeySignature, Marker, Note, Part, Score, Tempo, TimeSignature
from tests.formats.pieces import Q, chords, line


def led_in(meter: str, upbeat: tuple[Note, ...], bars: int = 9) -> Score:
    """A flute with an upbeat over a cello that begins in the second bar."""
    signature = TimeSignature.parse(meter)
    bar, begun = signature.bar_ticks, upbeat[-1].end_ticks
    starts = [max(begun, bar), *(bar * index for index in range(2, bars)), bar * bars]
    tune = tuple(Note(start, 68 + index, end - start) for index, (start, end) in enumerate(pairwise(starts)))
    bass = tuple(Note(bar * index, 43, bar) for index in range(1, bars))
    return Score(
        parts=(Part("Flute", 73, (*upbeat, *tune)), Part("Cello", 42, bass)),
        tempos=(Tempo(0, 96.0),),
        time_signatures=(signature,),
        keys=(KeySignature(0, Key(1, "major")),),
        chords=chords((0, "G"), (bar / Q, "C")),
        markers=(Marker(bar, "A"), Marker(5 * bar, "B")),
        end_ticks=bars * bar,
    )


def waltz() -> Score:
    return led_in("3/4", line(2, (67, 0.5), (69, 0.5)))


def numbers(score: Score) -> list[str]:
    return [measure.get("number", "") for measure in fromstring(musicxml_bytes(score)).iterfind("part[1]/measure")]


UPBEATS = {
    "a quarter": ("3/4", line(2, (67, 1))),
    "a sixteenth": ("4/4", line(3.75, (67, 0.25))),
    "half a bar": ("4/4", line(2, (67, 1.5), (69, 0.5))),
    "three eighths of six": ("6/8", line(1.5, (67, 0.5), (69, 1))),
    "five sixteenths": ("4/4", line(2.75, (67, 0.25), (69, 1))),
    "two notes of a triplet": ("4/4", line(3, (None, 1 / 3), (67, 1 / 3), (69, 1 / 3))),
    "into the bar": ("3/4", line(2, (67, 0.5), (69, 0.75))),
}


@pytest.mark.parametrize(
    ("name", "suffix"), [*((name, "musicxml") for name in UPBEATS), ("a quarter", "abc"), ("two notes of a triplet", "abc")]
)
def test_an_upbeat_is_read_as_it_was_written(name: str, suffix: str, tmp_path: Path) -> None:
    meter, upbeat = UPBEATS[name]
    score = led_in(meter, upbeat)
    write_score(score, tmp_path / f"piece.{suffix}")
    back = read_score(tmp_path / f"piece.{suffix}")
    played = [[(note.start_ticks, note.pitch) for note in part.notes] for part in back.parts if part.notes]
    assert played == [[(note.start_ticks, note.pitch) for note in part.notes] for part in score.parts]
    assert len(back.bars) == len(score.bars)
    assert back.time_signatures == score.time_signatures
    if suffix == "musicxml":
        assert replace(back, parts=score.parts, chords=score.chords) == score
        assert 'number="0" implicit="yes"' in (tmp_path / f"piece.{suffix}").read_text()


def test_numbers_count_from_the_first_full_bar() -> None:
    assert numbers(waltz()) == [str(number) for number in range(9)]
    first = fromstring(musicxml_bytes(waltz())).find("part[2]/measure")
    assert first is not None
    assert first.get("implicit") == "yes"
    assert [note.findtext("type") for note in first.iterfind("note")] == ["quarter"], "who has no upbeat rests as long"


@pytest.mark.parametrize(
    "changes",
    [
        {"markers": (Marker(0, LOOP_START), Marker(27 * Q, LOOP_END))},
        {"chords": chords((0, "G"), (1, "D"))},
        {"tempos": (Tempo(0, 96.0), Tempo(Q, 60.0))},
        {"parts": (Part("Flute", 73, line(1, (67, 2), (69, 3))),)},
    ],
)
def test_other_first_bars_are_written_whole(changes: dict[str, object]) -> None:
    score = replace(waltz(), **changes)  # type: ignore[arg-type]
    assert numbers(score) == [str(number) for number in range(1, 10)]
    assert "\\partial" not in lilypond_text(score)


def test_a_repeat_begins_after_the_upbeat() -> None:
    score = waltz()
    verse = line(0, *[(pitch, 3) for pitch in (67, 71, 74, 79)])
    twice = [replace(note, start_ticks=note.start_ticks + at * Q) for at in (3, 15) for note in verse]
    flute = replace(score.parts[0], notes=(*line(2, (67, 1)), *twice))
    score = replace(score, parts=(flute, Part("Cello", 42, line(3, *[(43, 3)] * 8))), markers=(), chords=(), end_ticks=27 * Q)
    measures = list(fromstring(musicxml_bytes(score)).iterfind("part[1]/measure"))
    signs = [(measure.get("number"), sign.get("direction")) for measure in measures for sign in measure.iterfind(".//repeat")]
    assert signs == [("1", "forward"), ("4", "backward")]
    assert read_musicxml(musicxml_bytes(score)).parts[0].notes == flute.notes


def test_parts_have_the_bars_of_the_score(tmp_path: Path) -> None:
    for path in write_parts(waltz(), tmp_path / "piece.musicxml"):
        root = fromstring(path.read_bytes())
        assert [measure.get("number") for measure in root.iterfind("part/measure")] == numbers(waltz())
        marks = [(bar.get("number"), mark.text) for bar in root.iterfind("part/measure") for mark in bar.iter("rehearsal")]
        assert marks == [("1", "A"), ("5", "B")]


def test_lilypond_and_abc_begin_with_a_short_bar() -> None:
    text = lilypond_text(waltz())
    assert text.count("\\partial 1*1/4") == 2
    assert "R1*24/96" not in text
    lines = abc_text(waltz()).splitlines()
    assert [lines[lines.index(line) + 2].partition(" |")[0] for line in lines if line.startswith("V:")] == ["(G A", "z2"]


def test_pictures_count_from_the_first_full_bar() -> None:
    pytest.importorskip("verovio")
    from composer.formats.pictures.engraved import engrave

    pages = engrave(led_in("3/4", line(2, (67, 1)), bars=41))
    found = re.findall(r'class="measure"[^>]*?data-n="(\d+)"', "".join(pages))
    assert found == [str(number) for number in range(41)]


def test_the_page_of_the_studio_plays_an_upbeat_in_time() -> None:
    pytest.importorskip("verovio")
    from composer.server.engraving import engrave

    timemap = engrave(musicxml_bytes(waltz()).decode())["timemap"]
    assert [(quarters, len(on)) for quarters, on, _, _ in timemap[:3]] == [(2.0, 1), (2.5, 1), (3.0, 2)]
