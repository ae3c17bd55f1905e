"""Marks that tell players how to play, in MusicXML, LilyPond and pictures: pedal, breaths, pizzicato."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from fractions import Fraction
from xml.etree.ElementTree import Element, fromstring

import pytest

from composer.formats.engraving.layout import Layout
from composer.formats.engraving.notation import lay_out
from composer.formats.lilypond import lilypond_text
from composer.formats.musicxml.musicxml_write import musicxml_bytes, read_musicxml
from composer.formats.pictures.loading import for_verovio, load
from composer.score import BREATH, Marker, Note, NoteMarks, Part, Score, Syllable, TimeSignature
from tests.formats.pieces import Q, line
from tests.formats.test_musicxml import assert_valid, schema

BAR = 4 * Q
RIGHT = tuple(Note(Q * beat, 72 + beat % 5, Q) for beat in range(16))
LEFT = tuple(Note(2 * Q * half, 48 + half % 5, 2 * Q) for half in range(8))
# As played: pressed after the beat and lifted for a moment where the harmony changes; silent in the third bar.
PLAYED = ((40, 950), (1000, BAR - 5), (BAR + 50, 2 * BAR), (3 * BAR + 30, 4 * BAR))
PIANO = Score(
    (Part("Piano (right hand)", 0, RIGHT), Part("Piano (left hand)", 0, LEFT, pedals=PLAYED)),
    time_signatures=(TimeSignature(0, 4, 4),),
)
PEDAL = [(0, "start"), (2 * Q, "change"), (BAR, "change"), (2 * BAR, "stop"), (3 * BAR, "start"), (4 * BAR, "stop")]


def root(score: Score, layout: Layout | None = None) -> Element:
    return fromstring(musicxml_bytes(score, None, layout))


def pedal_signs(score: Score) -> list[tuple[str, str]]:
    """Measure number and kind of each pedal mark."""
    return [(m.get("number", ""), p.get("type", "")) for m in root(score).iter("measure") for p in m.iter("pedal")]


def breaths(part: Part, *markers: Marker, meter: tuple[int, int] = (4, 4)) -> list[int]:
    """The start of each note after which the player breathes, in quarter notes."""
    score = Score((part,), time_signatures=(TimeSignature(0, *meter),), markers=markers)
    again = read_musicxml(musicxml_bytes(score)).parts[0].notes
    return [note.start_ticks // Q for note in again if note.marks and BREATH in note.marks.articulations]


def test_the_pedal_is_pressed_changed_and_released_on_the_beat() -> None:
    assert list(lay_out(PIANO, Layout()).parts[0].pedals) == PEDAL
    assert pedal_signs(PIANO) == [
        ("1", "start"),
        ("1", "change"),
        ("2", "change"),
        ("2", "stop"),
        ("4", "start"),
        ("4", "stop"),
    ]
    for direction in (each for each in root(PIANO).iter("direction") if each.find(".//pedal") is not None):
        assert direction.get("placement") == "below"
        assert direction.findtext("staff") == "2"
        assert direction.find(".//pedal").get("line") == "yes"


def test_only_pianists_who_play_have_a_pedal_and_not_in_charts() -> None:
    harpsichord = replace(PIANO, parts=tuple(replace(part, program=6) for part in PIANO.parts))
    assert pedal_signs(harpsichord) == []
    silent = replace(PIANO.parts[0], notes=RIGHT[12:])
    second_bar = replace(PIANO, parts=(replace(silent, pedals=PLAYED),))
    assert pedal_signs(second_bar) == [("4", "start"), ("4", "stop")]
    band = replace(PIANO, parts=(*PIANO.parts, Part("Bass", 33, LEFT), Part("Drums", 0, (Note(0, 36, Q),), is_drum=True)))
    assert pedal_signs(band) == []
    assert pedal_signs(replace(PIANO, parts=tuple(replace(part, pedals=()) for part in PIANO.parts))) == []


def test_bars_that_are_printed_once_keep_their_pedal() -> None:
    twice = [replace(note, start_ticks=note.start_ticks + 4 * BAR) for note in RIGHT]
    after = [replace(note, start_ticks=note.start_ticks + 8 * BAR, pitch=note.pitch + 2) for note in RIGHT]
    spans = [(BAR * bar, BAR * bar + BAR // 2) for bar in (0, 3, 4, 7, 8)]
    score = Score((Part("Piano", 0, (*RIGHT, *twice, *after), pedals=tuple(spans)),), time_signatures=(TimeSignature(0, 4, 4),))
    assert len(lay_out(score, Layout()).score.bars) == 8
    assert lay_out(score, Layout()).parts[0].pedals == tuple(
        (BAR * bar + (BAR // 2 if sign == "stop" else 0), sign) for bar in (0, 3, 4) for sign in ("start", "stop")
    )


def test_pictures_have_a_bracket_for_each_change_of_pedal() -> None:
    verovio = pytest.importorskip("verovio")
    xml = for_verovio(musicxml_bytes(PIANO).decode())
    signs = re.findall(r'<pedal type="(\w+)" line="yes"', xml)
    assert signs == ["start", "stop", "start", "stop", "start", "stop", "start", "stop"]
    assert [measure.count('type="stop"') for measure in xml.split("</measure>")[:4]] == [2, 1, 0, 1]
    toolkit = verovio.toolkit()
    assert load(toolkit, xml)
    assert toolkit.renderToSVG(1).count('class="pedal') >= 4


def test_players_breathe_at_the_ends_of_phrases() -> None:
    sung = line(0, *[(60 + i % 5, 1) for i in range(12)], (67, 4), *[(60 + i % 5, 1) for i in range(12)], (60, 4), (62, 4))
    for name, program in (("Soprano", 52), ("Flute", 73), ("Trumpet", 56), ("Clarinet", 71)):
        assert breaths(Part(name, program, sung)) == [12], name
    for name, program in (("Violin", 40), ("Piano", 0), ("Guitar", 24)):
        assert breaths(Part(name, program, sung)) == [], name
    assert [mark.text for mark in root(Score((Part("Soprano", 52, sung),))).iter("breath-mark")] == ["comma"]


def test_a_breath_comes_before_an_upbeat_and_not_before_a_rest_or_within_a_run() -> None:
    first, second = [(60 + i % 5, 1) for i in range(12)], [(62 + i % 5, 2) for i in range(10)]
    assert breaths(Part("Flute", 73, line(0, *first, (67, 3), (65, 1), *second))) == [12]
    assert breaths(Part("Flute", 73, line(0, *first, (67, 3), (None, 1), *second))) == []
    assert breaths(Part("Flute", 73, line(0, *first, (67, 2), (65, 1), (None, 1), *second))) == []
    assert breaths(Part("Flute", 73, line(0, *first, *[(67 - i % 3, 0.5) for i in range(8)], *second))) == []
    assert breaths(Part("Flute", 73, line(0, *first, (67, 6), (65, 2), *second[2:]))) == [], "held over the barline"


def test_a_player_has_two_bars_for_each_breath() -> None:
    steady = line(0, *[(60 + i * 7 % 11, 4) for i in range(12)])
    names = [Marker(BAR * bar, name) for bar, name in ((0, "A"), (4, "B"), (6, "C"), (7, "D"))]
    assert breaths(Part("Oboe", 68, steady), *names[:3]) == [12, 20, 36]
    assert breaths(Part("Oboe", 68, steady), *names) == [12, 20]
    assert breaths(Part("Oboe", 68, (*steady[:4], *line(16, (60, 2)), *steady[6:]))) == [28], (
        "rests in the bar after the phrase"
    )
    rested = (*steady[:2], *steady[3:])
    assert breaths(Part("Oboe", 68, rested), *names[:2]) == [28]


def test_a_breath_follows_the_last_of_tied_notes_and_ends_a_slur() -> None:
    notes = line(0, *[(60 + i % 5, 1) for i in range(11)], (67, 5), *[(60 + i % 5, 1) for i in range(16)])
    measures = list(root(Score((Part("Flute", 73, notes),))).iter("measure"))
    [breath] = [(m.get("number"), note) for m in measures for note in m.iter("note") if note.find(".//breath-mark") is not None]
    assert breath[0] == "4"
    assert breath[1].find("tie").get("type") == "stop"
    assert [slur.get("type") for slur in breath[1].iter("slur")] == ["stop"]


def test_breaths_of_a_file_stay_and_no_others_are_added() -> None:
    notes = list(line(0, *[(60 + i * 7 % 11, 4) for i in range(12)]))
    notes[1] = replace(notes[1], marks=NoteMarks((), ("accent", BREATH)))
    assert breaths(Part("Flute", 73, tuple(notes))) == [4]
    notes[1] = replace(notes[1], marks=NoteMarks((Syllable("la"),)))
    assert breaths(Part("Soprano", 52, tuple(notes))) == []


def test_plucked_strings_have_the_word_at_their_first_note() -> None:
    notes = line(4, (60, 1), (62, 1), (64, 1), (65, 1))
    score = Score((Part("Pizzicato Strings", 45, notes), Part("Violin", 40, notes)), time_signatures=(TimeSignature(0, 4, 4),))
    found = [
        (part.get("id"), measure.get("number"), direction)
        for part in root(score).iterfind("part")
        for measure in part.iter("measure")
        for direction in measure.iter("direction")
        if direction.findtext("direction-type/words") == "pizz."
    ]
    assert [each[:2] for each in found] == [("P1", "2")]
    assert found[0][2].find("sound").get("pizzicato") == "yes"
    assert lilypond_text(score).count('^"pizz."') == 1


def test_lilypond_has_the_pedal_and_breaths() -> None:
    text = lilypond_text(PIANO)
    [pedal] = re.findall(r"\\new Dynamics.*?\n +\}", text, re.DOTALL)
    assert re.findall(r"(?:\\sustain\w+)+", pedal) == [
        "\\sustainOn", "\\sustainOff\\sustainOn", "\\sustainOff\\sustainOn", "\\sustainOff", "\\sustainOn", "\\sustainOff",
    ]  # fmt: skip
    bars = [sum(map(Fraction, re.findall(r"s1\*(\S+?)(?=[\s\\])", bar))) for bar in re.findall(r"s1.*\|", pedal)]
    assert bars == [1, 1, 1, 1]
    sung = line(0, *[(60 + i * 7 % 11, 4) for i in range(12)])
    bars = re.findall(r".* \|\n", lilypond_text(Score((Part("Soprano", 52, sung),))))
    assert [number for number, bar in enumerate(bars) if bar.endswith("1 \\breathe |\n")] == [3, 7]


def test_lilypond_presses_the_pedal_at_the_upbeat() -> None:
    notes = tuple(Note(3 * Q + Q * beat, 60 + beat % 5, Q) for beat in range(17))
    score = Score((Part("Piano", 0, notes, pedals=((0, BAR), (BAR, 2 * BAR))),), time_signatures=(TimeSignature(0, 4, 4),))
    pedal = lilypond_text(score).partition("\\new Dynamics")[2]
    assert re.findall(r"s1.*(?= \|)", pedal)[:2] == ["s1*1/4\\sustainOn", "s1*1\\sustainOff\\sustainOn"]


def test_a_part_has_the_breaths_of_the_score() -> None:
    lead = Part("Flute", 73, line(3, *[(60 + i * 7 % 11, 1) for i in range(49)]))
    follower = Part("Oboe", 68, line(4, *[(60 + i * 5 % 13, 4) for i in range(12)]))
    whole = Score((lead, follower), time_signatures=(TimeSignature(0, 4, 4),))
    in_score = list(root(whole).iterfind("part"))[1]
    alone = root(replace(whole, parts=(follower,), end_ticks=whole.bars[-1].end_ticks), Layout(whole=whole, player=1))
    numbers = [
        [m.get("number") for m in part.iter("measure") if m.find(".//breath-mark") is not None] for part in (in_score, alone)
    ]
    assert numbers == [["4", "8"], ["4", "8"]]


def marked() -> Score:
    sung = line(0, *[(60 + i * 7 % 11, 2) for i in range(24)])
    return replace(PIANO, parts=(Part("Flute", 73, sung), Part("Pizzicato Strings", 45, sung), *PIANO.parts))


def test_files_with_the_marks_are_read_without_loss(caplog: pytest.LogCaptureFixture) -> None:
    score = marked()
    with caplog.at_level(logging.WARNING):
        again = read_musicxml(musicxml_bytes(score))
    assert not caplog.records
    assert [part.notes for part in again.parts] == [part.notes for part in score.parts]
    assert musicxml_bytes(again).count(b"<breath-mark>") == musicxml_bytes(score).count(b"<breath-mark>") == 2


def test_files_with_the_marks_are_valid() -> None:
    assert_valid(marked(), schema())
