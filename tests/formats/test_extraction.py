"""Parts for the players of a score."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element, parse

from composer.formats import read_score, write_score
from composer.formats.engraving.extraction import write_parts
from composer.formats.engraving.layout import Layout
from composer.score import Chord, ChordSymbol, Key, KeySignature, Marker, Note, Part, Score, Tempo

BAR = 1920


def a_duo() -> Score:
    """Sixteen bars: the bass plays four bars four times, the flute never repeats any."""
    tune = tuple(Note(bar * BAR + beat * 480, 60 + (bar * 5 + beat * 3) % 17, 480) for bar in range(16) for beat in range(4))
    bass = tuple(Note(bar * BAR, 40 + bar % 4, BAR) for bar in range(16))
    return Score((Part("Flute", 73, tune), Part("Bass", 32, bass)))


def measures(path: Path) -> int:
    return len(re.findall("<measure ", path.read_text()))


def test_all_parts_have_the_bars_of_the_score(tmp_path: Path) -> None:
    written = write_parts(a_duo(), tmp_path / "duo.musicxml")
    assert [measures(path) for path in written] == [16, 16]


def test_chord_symbols_are_printed_where_a_part_plays(tmp_path: Path) -> None:
    violin = tuple(Note(bar * BAR, 72, BAR) for bar in (0, 6, 7))
    keys = tuple(Note(bar * BAR, pitch, BAR) for bar in range(8) for pitch in (48 + bar % 3, 60))
    drums = tuple(Note(bar * BAR, 36, 240) for bar in range(8))
    parts = (Part("Violin", 40, violin), Part("Piano", 0, keys), Part("Drums", 0, drums, is_drum=True))
    symbols = tuple(ChordSymbol(bar * BAR, Chord.parse(name)) for bar, name in enumerate(("C", "F", "G", "Am", "Dm")))
    first, second, third = write_parts(
        Score(parts, chords=symbols), tmp_path / "band.musicxml", layout=Layout(chord_symbols=True)
    )
    bars = [
        [m.get("number") for m in parse(path).iter("measure") if m.find("harmony") is not None]
        for path in (first, second, third)
    ]
    assert bars == [["1", "7"], ["1", "2", "3", "4", "5"], []]
    joined = [
        m.get("number") for m in parse(first).iter("measure") if m.find("attributes/measure-style/multiple-rest") is not None
    ]
    assert joined == ["2"]


def test_a_part_with_a_long_name_is_written(tmp_path: Path) -> None:
    (path,) = write_parts(Score((Part("Flute " * 100, 73, (Note(0, 60, BAR),)),)), tmp_path / f"{'x' * 200}.musicxml")
    assert path.name.startswith(f"{'x' * 200}-1-flute-flute")
    assert len(path.name) <= 255


def test_bars_of_rest_are_joined_up_to_the_next_landmark(tmp_path: Path) -> None:
    played = tuple(Note(bar * BAR, 60, BAR) for bar in range(16))
    resting = tuple(note for note in played if note.start_ticks // BAR in (0, 9))
    duo = Score(
        (Part("Flute", 73, played), Part("Oboe", 68, resting)),
        tempos=(Tempo(0, 90), Tempo(12 * BAR, 120)),
        keys=(KeySignature(0, Key(0, "major")), KeySignature(6 * BAR, Key(1, "major"))),
        markers=(Marker(3 * BAR, "B"),),
    )
    flute, oboe = write_parts(duo, tmp_path / "duo.musicxml", layout=Layout(repeats=False))
    lengths = {m.get("number"): m.findtext("attributes/measure-style/multiple-rest") for m in parse(oboe).iter("measure")}
    assert {number: length for number, length in lengths.items() if length} == {
        "2": "2", "4": "3", "7": "3", "11": "2", "13": "4",
    }  # fmt: skip
    assert len(lengths) == 16
    assert parse(flute).find(".//multiple-rest") is None
    write_score(duo, tmp_path / "whole.musicxml")
    assert parse(tmp_path / "whole.musicxml").find(".//multiple-rest") is None


def test_parts_repeat_what_the_whole_score_repeats(tmp_path: Path) -> None:
    duo = a_duo()
    again = Score(
        tuple(
            Part(p.name, p.program, (*p.notes, *(Note(n.start_ticks + 16 * BAR, n.pitch, n.duration_ticks) for n in p.notes)))
            for p in duo.parts
        )
    )
    write_score(again, tmp_path / "whole.musicxml")
    written = write_parts(again, tmp_path / "duo.musicxml")
    assert measures(tmp_path / "whole.musicxml") == 2 * 16
    assert [measures(path) for path in written] == [16, 16]


def steps(part: Element) -> list[tuple[str | None, str | None]]:
    return [(pitch.findtext("step"), pitch.findtext("alter")) for pitch in part.iter("pitch")]


def test_parts_of_a_read_file_have_the_names_of_its_notes(tmp_path: Path) -> None:
    notes = tuple(Note(beat * 480, pitch, 480) for beat, pitch in enumerate((61, 66, 70, 61)))
    score = Score(
        (Part("Violin", 40, notes), Part("Clarinet", 71, notes), Part("Cello", 42, notes)),
        keys=(KeySignature(0, Key(-2, "minor")),),
        chords=(ChordSymbol(0, Chord.parse("Gb")),),
    )
    write_score(score, tmp_path / "trio.musicxml")
    read = read_score(tmp_path / "trio.musicxml")
    assert not read.chords  # classical scores print none, from which the names would follow
    written = write_parts(read, tmp_path / "part.musicxml")
    whole = [steps(part) for part in parse(tmp_path / "trio.musicxml").getroot().iterfind("part")]
    assert whole[0] == [("D", "-1"), ("G", "-1"), ("B", "-1"), ("D", "-1")]
    assert [steps(parse(path).getroot()) for path in written] == whole


def a_quartet() -> Score:
    """Sixteen bars that grow over four, and fall at the end over two; the first violin is a little louder than the others."""
    loudness = [48, 48, 48, 48, 52, 58, 66, 74, 94, 94, 94, 94, 92, 72, 62, 50]

    def notes(louder: int) -> tuple[Note, ...]:
        return tuple(
            Note(bar * BAR + beat * 480, 60 + (bar + 2 * beat) % 7, 480, velocity + louder + beat)
            for bar, velocity in enumerate(loudness)
            for beat in range(4)
        )

    names = (("Violin 1", 40, 15), ("Violin 2", 40, 0), ("Viola", 41, 0), ("Cello", 42, 3))
    return Score(tuple(Part(name, program, notes(louder)) for name, program, louder in names))


def dynamics(part: Element) -> list[tuple[str | None, str | None]]:
    """(bar, mark or kind of hairpin) of a part."""
    return [
        (measure.get("number"), mark.get("type") or mark.tag)
        for measure in part.iterfind("measure")
        for mark in (*measure.iterfind("direction/direction-type/dynamics/*"), *measure.iter("wedge"))
    ]


def test_parts_have_the_dynamics_of_the_score(tmp_path: Path) -> None:
    write_score(a_quartet(), tmp_path / "whole.musicxml")
    whole = [dynamics(part) for part in parse(tmp_path / "whole.musicxml").getroot().iterfind("part")]
    assert {"p", "f", "crescendo", "diminuendo", "stop"} <= {mark for _, mark in whole[0]}
    written = write_parts(a_quartet(), tmp_path / "part.musicxml")
    assert [dynamics(part) for path in written for part in parse(path).getroot().iterfind("part")] == whole


def test_a_score_read_from_musicxml_has_its_dynamics_again(tmp_path: Path) -> None:
    write_score(a_quartet(), tmp_path / "whole.musicxml")
    read = read_score(tmp_path / "whole.musicxml")
    assert [[n.velocity for n in part.notes] for part in read.parts] == [
        [n.velocity for n in part.notes] for part in a_quartet().parts
    ]
    write_score(read, tmp_path / "again.musicxml")
    assert (tmp_path / "again.musicxml").read_text() == (tmp_path / "whole.musicxml").read_text()


def test_notes_without_dynamics_state_no_velocity(tmp_path: Path) -> None:
    write_score(a_duo(), tmp_path / "duo.musicxml")
    assert "dynamics" not in (tmp_path / "duo.musicxml").read_text()
