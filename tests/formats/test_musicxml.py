from __future__ import annotations

import importlib.util
import io
import re
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import Phase, given, settings

from composer.errors import BadInputError
from composer.formats.engraving.layout import Layout
from composer.formats.engraving.staves import Player, family_runs
from composer.formats.engraving.transposing import TRANSPOSITIONS
from composer.formats.musicxml.musicxml_write import musicxml_bytes, read_musicxml, write_musicxml, write_mxl
from composer.formats.provenance import Provenance
from composer.score import (
    LOOP_END,
    LOOP_START,
    Chord,
    ChordSymbol,
    Key,
    KeySignature,
    Marker,
    Note,
    Part,
    Score,
    Tempo,
    TimeSignature,
)
from tests.formats.pieces import BY_HAND, Q, film_cue, line, loop, printed_onsets, scores, together, triplets, waltz

PLAIN = Layout(chord_symbols=True, concert_pitch=True, repeats=False)


def xml(score: Score, layout: Layout | None = None) -> Element:
    return fromstring(musicxml_bytes(score, layout=layout))


def sounding(score: Score) -> list[Counter[tuple[int, int, int]]]:
    return [Counter((n.start_ticks, n.pitch, n.duration_ticks) for n in part.notes) for part in score.parts]


@pytest.mark.parametrize("name", [name for name in BY_HAND if name != "groove"])
def test_pieces_survive_a_round_trip_except_velocities(name: str, tmp_path: Path) -> None:
    score = BY_HAND[name]()
    write_musicxml(score, tmp_path / "piece.musicxml", layout=Layout(chord_symbols=True))
    back = read_musicxml(tmp_path / "piece.musicxml")
    assert sounding(back) == sounding(score)
    stated = [symbol.chord and replace(symbol.chord, bass=None) for symbol in back.chords]
    assert stated == [symbol.chord for symbol in score.chords], "a sounding bass may have been added"
    assert replace(back, parts=score.parts, chords=score.chords) == score
    assert [(p.name, p.program, p.is_drum) for p in back.parts] == [(p.name, p.program, p.is_drum) for p in score.parts]


def test_drums_keep_their_strokes() -> None:
    score = BY_HAND["groove"]()
    back = read_musicxml(musicxml_bytes(score))
    assert back.parts[0].is_drum
    strokes = [{(note.start_ticks, note.pitch) for note in s.parts[0].notes} for s in (score, back)]
    assert strokes[0] == strokes[1]


def strokes(score: Score) -> Counter[tuple[int, int]]:
    return Counter((note.start_ticks, note.pitch) for part in score.parts if part.is_drum for note in part.notes)


@pytest.mark.parametrize("meter", ["6/8", "7/8", "4/4", "5/4", "2/2"])
def test_long_drum_notes_are_one_stroke(meter: str) -> None:
    """A stroke that lasts across beats and barlines is not struck again."""
    starts = range(0, 3840, 180)
    drums = tuple(Note(start, (36, 38, 42, 49)[i % 4], 700) for i, start in enumerate(starts))
    close = tuple(Note(start, 38, 60) for start in (3900, 3960, 4020, 4080, 4320, 4480))
    score = Score((Part("Drums", 0, (*drums, *close), is_drum=True),), time_signatures=(TimeSignature.parse(meter),))
    assert strokes(read_musicxml(musicxml_bytes(score))) == strokes(score)
    unpitched = fromstring(musicxml_bytes(score)).iter("unpitched")
    assert sum(1 for _ in unpitched) == len(score.parts[0].notes)


@given(scores(max_parts=1, grid=60))
@settings(max_examples=20, phases=[Phase.generate])
def test_random_drum_parts_keep_their_strokes(score: Score) -> None:
    drums = replace(score, parts=tuple(Part("Drums", 0, part.notes, is_drum=True) for part in score.parts))
    assert strokes(read_musicxml(musicxml_bytes(drums))) == strokes(drums)


def assert_voices_fill_their_bars(score: Score) -> None:
    for part in xml(score).iterfind("part"):
        for bar, measure in zip(score.bars, part.iterfind("measure"), strict=True):
            filled: Counter[str] = Counter()
            for note in measure.iterfind("note"):
                if note.find("chord") is None:
                    filled[note.findtext("voice", "")] += int(note.findtext("duration", ""))
            (length,) = set(filled.values())
            full = bar.time_signature.bar_ticks // 20
            assert length == full or (2 * length <= full and measure.get("implicit") == "yes")


def test_every_voice_fills_its_bar() -> None:
    for piece in BY_HAND.values():
        assert_voices_fill_their_bars(piece())


@given(scores(max_parts=3, grid=60))
@settings(max_examples=20, phases=[Phase.generate])
def test_random_scores_keep_their_onsets(score: Score) -> None:
    pitched = replace(
        score, parts=tuple(replace(p, is_drum=False, name=f"P{i}", program=40) for i, p in enumerate(score.parts))
    )
    data = musicxml_bytes(pitched)
    assert data == musicxml_bytes(pitched)
    back = read_musicxml(data)
    assert [b.start_ticks for b in back.bars] == [b.start_ticks for b in pitched.bars]
    for part, read in zip(pitched.parts, back.parts, strict=True):
        assert [(n.start_ticks, n.pitch) for n in part.notes] == [(n.start_ticks, n.pitch) for n in read.notes]


def pitches(element: Element) -> list[str]:
    names = {"-2": "bb", "-1": "b", "1": "#", "2": "##", None: ""}
    return [p.findtext("step", "") + names[p.findtext("alter")] for p in element.iter("pitch")]


@pytest.mark.parametrize(
    ("key", "chord", "notes", "expected"),
    [
        ("F minor", None, (65, 68, 72, 73), ["F", "Ab", "C", "Db"]),
        ("A minor", "E7", (64, 68, 71, 74), ["E", "G#", "B", "D"]),
        ("C major", "Db", (61, 65, 68), ["Db", "F", "Ab"]),
        ("C major", None, (60, 61, 62), ["C", "C#", "D"]),
        ("C major", None, (64, 63, 62), ["E", "Eb", "D"]),
        ("Gb major", "Cb", (59, 63, 66), ["Cb", "Eb", "Gb"]),
        ("D minor", "C#dim7", (61, 64, 67, 70), ["C#", "E", "G", "Bb"]),
        ("G# minor", None, (68, 70, 71), ["G#", "A#", "B"]),
        ("D major", "D6", (62, 66, 69, 71), ["D", "F#", "A", "B"]),
        ("G major", "G6", (67, 71, 74, 76), ["G", "B", "D", "E"]),
        ("A minor", "Am6", (69, 72, 76, 78), ["A", "C", "E", "F#"]),
        ("Bb major", "Eb13", (63, 67, 70, 72, 73), ["Eb", "G", "Bb", "C", "Db"]),
        ("F minor", "C7#9", (60, 64, 70, 75), ["C", "E", "Bb", "Eb"]),
        ("C major", "C7#9", (60, 64, 70, 75), ["C", "E", "Bb", "D#"]),
        ("C major", "G7b13", (67, 71, 75, 77), ["G", "B", "Eb", "F"]),
        ("F major", "Bb7#11", (70, 74, 76, 80), ["Bb", "D", "E", "Ab"]),
        ("C major", "Db7", (61, 65, 68), ["Db", "F", "Ab"]),
        ("A major", "Fm", (65, 68, 72), ["F", "Ab", "C"]),
        ("C minor", "Fdim7", (71, 74, 65, 68), ["B", "D", "F", "Ab"]),
        ("C# minor", "Gdim7", (67, 70, 73, 76), ["F##", "A#", "C#", "E"]),
        ("D major", None, (61, 60, 61), ["C#", "C", "C#"]),
    ],
)
def test_spelling_follows_key_chord_and_line(key: str, chord: str | None, notes: tuple[int, ...], expected: list[str]) -> None:
    named = {"Cb": Chord(11, "maj"), "Db": Chord(1, "maj")}
    symbols = (ChordSymbol(0, named.get(chord) or Chord.parse(chord)),) if chord else ()
    part = Part("Flute", 73, line(0, *[(p, 1) for p in notes]))
    assert pitches(xml(Score((part,), keys=(KeySignature(0, Key.parse(key)),), chords=symbols))) == expected


def test_accidentals_last_to_the_barline() -> None:
    part = Part("Flute", 73, line(0, (61, 0.5), (62, 0.5), (61, 0.5), (62, 0.5), (60, 2), (60, 4)))
    printed = [note.findtext("accidental") for note in xml(Score((part,))).iter("note")]
    assert printed == ["sharp", None, None, None, "natural", None]


def test_courtesy_after_the_barline() -> None:
    part = Part("Flute", 73, line(0, (66, 2), (67, 2), (65, 4)))
    notes = list(xml(Score((part,))).iter("note"))
    assert notes[2].findtext("accidental") == "natural"
    assert notes[2].find("accidental").get("cautionary") == "yes"


def test_triplets_are_marked_and_beamed() -> None:
    notes = [n for n in xml(triplets()).find("part").find("measure").iterfind("note") if n.findtext("staff") == "1"]
    assert [n.findtext("time-modification/actual-notes") for n in notes] == ["3"] * 12
    assert [n.findtext("type") for n in notes] == ["eighth"] * 12
    assert [n.findtext("beam") for n in notes] == ["begin", "continue", "end"] * 4
    assert [n.find("notations/tuplet").get("type") for n in notes if n.find("notations/tuplet") is not None] == [
        "start",
        "stop",
    ] * 4


def test_sextuplets_and_pairs_of_triplets_are_distinguished() -> None:
    def tuplets(*lengths: int) -> list[tuple[str, list[str]]]:
        starts = [sum(lengths[:i]) for i in range(len(lengths))]
        notes = tuple(Note(start, 72, length) for start, length in zip(starts, lengths, strict=True))
        found = list(xml(Score((Part("Flute", 73, notes),), end_ticks=1920)).iter("note"))[: len(lengths)]
        ends = [[t.get("type", "") for t in note.iter("tuplet")] for note in found]
        return [(note.findtext("time-modification/actual-notes", ""), end) for note, end in zip(found, ends, strict=True)]

    assert tuplets(*[80] * 6) == [("6", ["start"]), *[("6", [])] * 4, ("6", ["stop"])]
    assert tuplets(160, 80, 160, 80) == [("3", ["start"]), ("3", ["stop"])] * 2
    assert tuplets(160, 160, 160) == [("3", ["start"]), ("3", []), ("3", ["stop"])]


def test_a_rest_is_hidden_where_another_voice_sounds_through_it() -> None:
    held, moving = Note(0, 60, 4 * Q), (Note(0, 72, Q), Note(2 * Q, 74, 2 * Q))
    [measure] = xml(Score((Part("Violin", 40, (held, *moving)),))).iter("measure")
    rests = [note for note in measure.iter("note") if note.find("rest") is not None]
    assert [rest.get("print-object") for rest in rests] == ["no"]
    alone = Part("Violin", 40, moving)
    [measure] = xml(Score((alone,))).iter("measure")
    assert [note.get("print-object") for note in measure.iter("note") if note.find("rest") is not None] == [None]


@pytest.mark.parametrize(
    ("program", "pitches", "signs"),
    [
        (41, (65, 72, 76, 76, 69, 60, 57, 55), "CCCCCCCC"),  # a viola keeps its alto clef for a few high notes
        (41, (84,) * 8, "GGGGGGGG"),
        (42, (50, 62, 65, 57, 50, 45, 40, 36), "FFFFFFFF"),
        (60, (53, 58, 53, 65, 67, 70, 65, 60), "GGGGGGGG"),
    ],
)
def test_players_stay_in_their_usual_clef(program: int, pitches: tuple[int, ...], signs: str) -> None:
    root = xml(Score((Part("Player", program, line(0, *[(pitch, 4) for pitch in pitches])),)), PLAIN)
    sign, found = "", ""
    for measure in root.iter("measure"):
        sign = measure.findtext("attributes/clef/sign") or sign
        found += sign
    assert found == signs


@pytest.mark.parametrize(
    ("name", "program", "sign"),
    [("Violins", 48, "G"), ("Violins II", 44, "G"), ("Violas", 49, "C"), ("Cellos", 45, "F"), ("Strings", 48, "F")],
)
def test_a_section_of_strings_reads_the_clef_of_the_instrument_in_its_name(name: str, program: int, sign: str) -> None:
    root = xml(Score((Part(name, program, line(0, *[(pitch, 4) for pitch in (56, 60, 55, 58) * 2])),)), PLAIN)
    assert [clef.text for clef in root.iter("sign")] == [sign]


@pytest.mark.parametrize(("program", "lowest"), [(66, 44), (67, 36)])
def test_saxophones_that_are_written_transposed_have_no_bass_clef(program: int, lowest: int) -> None:
    low = Score((Part("Player", program, line(0, *[(lowest + step, 4) for step in (0, 2, 1, 0, 2, 24, 22, 24)])),))
    assert {sign.text for sign in xml(low).iter("sign")} == {"G"}
    assert "F" in {sign.text for sign in xml(low, PLAIN).iter("sign")}, "at concert pitch"


def test_singers_read_one_clef() -> None:
    low, high = line(0, *[(50, 4)] * 4), line(0, *[(57, 4)] * 2, *[(53, 4)] * 6)
    parts = (
        Part("Alto", 52, high),
        Part("Tenor 2", 52, low),
        Part("Bass", 52, high),
        Part("Choir", 52, low),
        Part("Voice", 53, high),
    )
    signs = [[clef.text for clef in part.iter("sign")] for part in xml(Score(parts)).iterfind("part")]
    assert signs == [["G"], ["G"], ["F"], ["F"], ["F"]]


def test_a_pianist_keeps_the_treble_clef_down_to_the_g_below_middle_c() -> None:
    chords = together(*(line(0, *[(pitch, 4)] * 8) for pitch in (55, 58, 63)))
    hands = Part("Piano (right hand)", 0, chords), Part("Piano (left hand)", 0, line(0, *[(43, 4)] * 8))
    assert [clef.text for clef in xml(Score(hands)).iter("sign")] == ["G", "F"]


def test_the_horn_of_a_wind_quintet_shares_the_bracket() -> None:
    def brackets(*programs: int) -> list[tuple[int, int]]:
        return family_runs([Player("", program, False, ((),)) for program in programs])

    assert brackets(73, 68, 71, 60, 70) == [(0, 4)]
    assert brackets(71, 71, 70, 60, 60) == [(0, 2), (3, 4)]
    assert brackets(60, 73, 68) == [(1, 2)]


def test_sections_of_strings_share_the_bracket() -> None:
    players = [Player("", program, False, ((),)) for program in (46, 48, 48, 42, 43)]
    assert family_runs(players) == [(1, 4)]


def test_metronome_marks_are_whole_numbers() -> None:
    score = Score(
        (Part("Flute", 73, (Note(0, 72, 720),)),), tempos=(Tempo(0, 62.0),), time_signatures=(TimeSignature(0, 6, 8),)
    )
    assert xml(score).findtext(".//per-minute") == "41"
    assert read_musicxml(musicxml_bytes(score)).tempos[0].qpm == 62.0


def test_tempos_of_three_eighths_are_counted_in_bars() -> None:
    score = Score(
        (Part("Flute", 73, (Note(0, 72, 720),)),), tempos=(Tempo(0, 129.0),), time_signatures=(TimeSignature(0, 3, 8),)
    )
    root = xml(score)
    assert (root.findtext(".//beat-unit"), root.find(".//beat-unit-dot") is None, root.findtext(".//per-minute")) == (
        "quarter",
        False,
        "86",
    )
    assert root.findtext(".//words") == "Allegro "
    assert read_musicxml(musicxml_bytes(score)).tempos[0].qpm == 129.0


def test_keys_in_titles_are_printed_with_signs() -> None:
    root = xml(Score((Part("Flute", 73, (Note(0, 72, 720),)),), title="Trio in Eb minor"))
    assert (root.findtext(".//credit-words"), root.findtext(".//work-title")) == ("Trio in E♭ minor", "Trio in Eb minor")


def test_hands_share_one_part_and_single_piano_parts_are_split() -> None:
    assert [p.findtext("part-name") for p in xml(triplets()).iter("score-part")] == ["Piano"]
    wide = Part("Piano", 0, together(line(0, *[(72 + i, 1) for i in range(8)]), line(0, *[(43, 2), (50, 2)] * 2)))
    root = xml(Score((wide,)))
    assert root.findtext("part/measure/attributes/staves") == "2"
    upper = [n for n in root.iter("note") if n.findtext("staff") == "1" and n.find("pitch") is not None]
    assert len(upper) == 8


def test_words_tempo_and_symbols() -> None:
    root = xml(waltz(), PLAIN)
    measure = root.find("part/measure")
    assert measure.findtext("direction/direction-type/words", "").strip() == "Andante con moto"
    assert measure.find("direction/sound").get("tempo") == "84"
    assert [r.text for r in root.iter("rehearsal")] == ["A", "B"]
    assert [k.text for k in root.iter("kind")][:3] == ["minor", "major", "minor"]
    assert len(root.find("part[2]").findall(".//harmony")) == 0
    assert [d[0].tag for d in root.find("part").iter("dynamics")] == ["mf", "f"]


def test_a_loop_has_repeat_signs_in_every_part() -> None:
    for part in xml(loop()).iterfind("part"):
        signs = [
            (measure.get("number"), barline.get("location"), repeat.get("direction"))
            for measure in part.iter("measure")
            for barline in measure.iterfind("barline")
            for repeat in barline.iterfind("repeat")
        ]
        assert signs == [("2", "left", "forward"), ("4", "right", "backward")]
        assert part.find("measure[2]")[0].tag == "barline"
    assert [r.text for r in xml(loop()).iter("rehearsal")] == ["A", "B"]


def test_music21_and_verovio_repeat_a_loop() -> None:
    from music21 import converter

    stream = converter.parseData(musicxml_bytes(loop()), format="musicxml")
    assert [len(part.expandRepeats().getElementsByClass("Measure")) for part in stream.parts] == [7, 7]
    mei = fromstring(engraver(loop()).getMEI())
    measures = list(mei.iter("{http://www.music-encoding.org/ns/mei}measure"))
    assert [(m.get("left"), m.get("right")) for m in measures[1:]] == [("rptstart", None), (None, None), (None, "rptend")]


def test_only_a_sign_at_the_very_end_makes_a_loop() -> None:
    signs = b'<repeat direction="backward" />'
    for data in (musicxml_bytes(loop()).replace(b'direction="forward"', b'direction="backward"'),
                 musicxml_bytes(loop()).replace(signs, b""),
                 musicxml_bytes(replace(loop(), markers=(Marker(0, LOOP_START), Marker(8 * Q, LOOP_END))))):  # fmt: skip
        assert not read_musicxml(data).is_loop


def test_hits_are_words_and_accents_but_not_sections() -> None:
    root = xml(film_cue())
    assert [r.text for r in root.iter("rehearsal")] == ["A", "B"]
    words = {direction.findtext("direction-type/words"): direction for direction in root.iter("direction")}
    assert {"hit 0:04 big", "hit 0:06 soft"} <= set(words)
    assert words["hit 0:04 big"].get("placement") == "above"
    accents = [
        [
            (measure.get("number"), sign.tag)
            for measure in part.iter("measure")
            for sign in measure.findall(".//articulations/*")
        ]
        for part in root.iterfind("part")
    ]
    strong, soft = ("3", "strong-accent"), ("4", "accent")
    assert accents == [[strong], [strong, soft], [strong, soft]], "notes that start on the hit, not held notes"


def test_the_machine_is_named_only_for_its_own_music() -> None:
    assert xml(waltz()).find("identification/creator") is None
    root = fromstring(musicxml_bytes(waltz(), Provenance("base", 7)))
    assert root.findtext("identification/creator", "").startswith("Cantilena")
    assert "composed by AI (model base, seed 7)" in root.findtext("identification/encoding/encoding-description", "")
    assert root.find("identification/rights") is None


def read_by_music21(score: Score) -> Counter[int]:
    """How often each pitch is struck; the end of a tie does not count."""
    from music21 import converter

    found = converter.parseData(musicxml_bytes(score), format="musicxml").toSoundingPitch().recurse().notes
    chords = [note for note in found if "ChordSymbol" not in note.classes]
    notes = [note for chord in chords for note in (chord.notes if chord.isChord else (chord,)) if note.isNote]
    return Counter(note.pitch.midi for note in notes if note.tie is None or note.tie.type == "start")


def engraver(score: Score, layout: Layout | None = None) -> Any:
    """verovio with the score loaded."""
    verovio = pytest.importorskip("verovio")
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.loadData(musicxml_bytes(score, layout=layout).decode())
    return toolkit


def read_by_verovio(score: Score) -> Counter[tuple[int, int]]:
    """(tick, pitch) of every printed pitched note; tied notes count twice. Loops are not repeated; pitches are as written."""
    toolkit = engraver(replace(score, markers=tuple(m for m in score.markers if m.text not in (LOOP_START, LOOP_END))), PLAIN)
    return Counter(
        (round(event["qstamp"] * Q), toolkit.getMIDIValuesForElement(note)["pitch"])
        for event in toolkit.renderToTimemap()
        for note in event.get("on", ())
    )


def struck(score: Score) -> Counter[tuple[int, int]]:
    return printed_onsets(replace(score, parts=tuple(part for part in score.parts if not part.is_drum)))


@pytest.mark.parametrize("name", BY_HAND)
def test_music21_reads_the_same_notes(name: str) -> None:
    from music21 import converter

    score = BY_HAND[name]()
    stream = converter.parseData(musicxml_bytes(score), format="musicxml").toSoundingPitch()
    theirs = Counter(
        (round(float(note.getOffsetInHierarchy(stream)) * Q), pitch.midi)
        for note in stream.stripTies().recurse().notes
        if "ChordSymbol" not in note.classes and not note.classes[0].startswith(("Unpitched", "Percussion"))
        for pitch in note.pitches
    )
    assert theirs == struck(score)


def schema() -> object:
    """The MusicXML 4.0 schema, from the test dependency `musicxml`."""
    etree = pytest.importorskip("lxml.etree")
    package = importlib.util.find_spec("musicxml")
    if package is None or package.origin is None:
        pytest.skip("no MusicXML schema: pip install musicxml")
    stub = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/{}">{}</xs:schema>'

    class Offline(etree.Resolver):  # type: ignore[misc, name-defined]
        def resolve(self, url: str, _: object, context: object) -> object:
            names = ("lang", "space") if url.endswith("xml.xsd") else ("href", "type", "role", "title", "show", "actuate")
            attributes = "".join(f'<xs:attribute name="{name}" type="xs:string"/>' for name in names)
            space = "XML/1998/namespace" if url.endswith("xml.xsd") else "1999/xlink"
            return self.resolve_string(stub.format(space, attributes), context) if url.startswith("http") else None

    parser = etree.XMLParser()
    parser.resolvers.add(Offline())
    path = Path(package.origin).parent / "generate_classes" / "musicxml_4_0.xsd"
    return etree.XMLSchema(etree.parse(str(path), parser))


def assert_valid(score: Score, rules: object) -> None:
    etree = pytest.importorskip("lxml.etree")
    rules.assertValid(etree.fromstring(musicxml_bytes(score, Provenance("base", 1))))  # type: ignore[attr-defined]


def test_files_are_valid_musicxml() -> None:
    rules = schema()
    for piece in BY_HAND.values():
        assert_valid(piece(), rules)


def assert_readers_agree(score: Score) -> None:
    """Two independent readers agree with the score: music21 every pitch, verovio every onset."""
    pitched = replace(score, parts=tuple(replace(part, is_drum=False, name=f"P{i}") for i, part in enumerate(score.parts)))
    expected = struck(pitched)
    assert read_by_music21(pitched) == Counter(pitch for _, pitch in expected.elements())
    assert not expected - read_by_verovio(pitched)


@given(scores(max_parts=4, grid=60))
@settings(max_examples=10, phases=[Phase.generate], deadline=None)
def test_random_scores_are_read_by_others(score: Score) -> None:
    assert_voices_fill_their_bars(score)
    assert_readers_agree(score)


LOWEST = 13  # readers accept octave -1, the schema starts at 0


@pytest.mark.long
def test_a_thousand_random_scores_are_valid_and_read_by_others() -> None:
    rules = schema()

    @given(scores(max_parts=4, grid=60))
    @settings(max_examples=1000, phases=[Phase.generate], deadline=None)
    def check(score: Score) -> None:
        parts = [replace(part, notes=tuple(note for note in part.notes if note.pitch >= LOWEST)) for part in score.parts]
        assert_valid(replace(score, parts=tuple(parts)), rules)
        assert_voices_fill_their_bars(score)
        assert_readers_agree(score)

    check()


def _mxl(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("score.xml", content)
    return packed.getvalue()


def test_compressed_files_are_read() -> None:
    assert sounding(read_musicxml(_mxl(musicxml_bytes(waltz())))) == sounding(waltz())


def _declaring(declaration: str) -> bytes:
    return f'<?xml version="1.0"?><!DOCTYPE s [{declaration}]><score-partwise><x/><x/></score-partwise>'.encode()


ENTITY, DEFAULT = '<!ENTITY a "aaaaaaaa">', '<!ATTLIST x y CDATA "aaaaaaaa">'


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not a MusicXML file"),
        (b"<score-partwise>", "not a MusicXML file"),
        (b"<html/>", "root is <html>"),
        (b"<score-timewise/>", "timewise"),
        (b"<score-partwise/>", "no parts"),
        (_declaring(ENTITY), "document type with <!ENTITY"),
        (_declaring(ENTITY).decode().encode("utf-16"), "document type with <!ENTITY"),
        (_declaring(DEFAULT), "document type with <!ATTLIST"),
        (_mxl(_declaring(DEFAULT)), "document type with <!ATTLIST"),
        (_declaring(DEFAULT).decode().encode("utf-16"), "document type with <!ATTLIST"),
        (_declaring("<!ELEMENT x (y)>"), "document type with <!ELEMENT"),
        (b"PK\x03\x04 nothing", "MXL file is broken"),
        (_mxl(b" " * 16_000_000), "15,000,000"),
        (musicxml_bytes(waltz()).replace(b"<duration>48<", b"<duration>many<"), "measure 1: duration 'many' is not a number"),
        *(
            (musicxml_bytes(waltz()).replace(b"<divisions>24<", b"<divisions>%s<" % text), f"measure 1: divisions {said}")
            for text, said in [
                (b"0", "0 is not above 0 and at most 1,000,000"),
                (b"-24", "-24 is not above 0"),
                (b"1e300", "1e300 is not above 0 and at most"),
                (b"nan", "'nan' is not a number"),
            ]
        ),
        *(
            (musicxml_bytes(waltz()).replace(b"<beats>3<", b"<beats>%s<" % beats), f"measure 1: {said}")
            for beats, said in [
                (b"0", "meter 0/4 is not 1 to 99 over 1, 2, 4, 8, 16, 32"),
                (b"1000", "meter 1000/4 is not"),
                (b"2+x", "beats 'x' is not a number"),
            ]
        ),
        (musicxml_bytes(waltz()).replace(b"<beat-type>4<", b"<beat-type>3<"), "meter 3/3 is not 1 to 99"),
        (
            re.sub(rb"<fifths>-?\d+<", b"<fifths>40<", musicxml_bytes(waltz())),
            "measure 1: fifths 40 of the key is not from -7 to 7",
        ),
        (musicxml_bytes(waltz()).replace(b"<duration>48<", b"<duration>4e12<"), "out of range"),
    ],
)
def test_bad_files_are_rejected_in_one_line(data: bytes, word: str) -> None:
    with pytest.raises(BadInputError, match=word) as caught:
        read_musicxml(data)
    assert "\n" not in str(caught.value)


def test_halves_of_a_bar_are_joined_and_irregular_bars_kept() -> None:
    def measure(quarters: int, attributes: str = "") -> str:
        note = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note>"
        return f"<measure>{attributes}{note * quarters}</measure>"

    time = "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    measures = measure(1, time) + measure(4) + measure(3) + measure(1) + measure(5) + measure(3)
    back = read_musicxml(f"<score-partwise><part id='P1'>{measures}</part></score-partwise>".encode())
    assert [(m.start_ticks // Q, str(m)) for m in back.time_signatures] == [(0, "4/4"), (12, "5/4"), (17, "4/4")]
    assert back.parts[0].notes[0].start_ticks == 3 * Q
    assert back.end_ticks == 21 * Q
    assert back.time_signatures[0] == TimeSignature(0, 4, 4)


def test_notes_that_midi_cannot_hold_are_counted_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    score = Score((Part("Flute", 73, tuple(Note(480 * i, pitch, 480) for i, pitch in enumerate((60, 108, 120, 62)))),))
    text = (
        musicxml_bytes(score)
        .replace(b"<octave>8</octave>", b"<octave>10</octave>")
        .replace(b"<octave>9</octave>", b"<octave>11</octave>")
    )
    (part,) = read_musicxml(text).parts
    assert [note.pitch for note in part.notes] == [60, 62]
    assert [record.getMessage() for record in caplog.records] == [
        "warning: the MusicXML file: notes outside MIDI pitches 0 to 127 are omitted, 2 here: transpose them"
    ]


def test_transposing_parts_are_read_at_concert_pitch() -> None:
    transpose = "<transpose><chromatic>-2</chromatic></transpose>"
    data = musicxml_bytes(Score((Part("Flute", 73, (Note(0, 62, Q),)),), keys=(KeySignature(0, Key(2, "major")),)))
    back = read_musicxml(data.replace(b"<clef>", transpose.encode() + b"<clef>", 1))
    assert back.parts[0].notes[0].pitch == 60
    assert back.keys[0].key == Key(0, "major")


@pytest.mark.parametrize(
    ("alter", "octave", "name"), [(3, 4, ("E", "-1", "4")), (50, 0, ("D", None, "4")), (-30, 7, ("F", "1", "4"))]
)
def test_names_with_more_than_two_accidentals_are_spelled_again(alter: int, octave: int, name: tuple[str, str, str]) -> None:
    data = musicxml_bytes(Score((Part("Flute", 73, (Note(0, 60, Q),)),)))
    data = data.replace(b"<step>C</step>", b"<step>C</step><alter>%d</alter>" % alter, 1)
    score = read_musicxml(data.replace(b"<octave>4</octave>", b"<octave>%d</octave>" % octave, 1))
    pitch = fromstring(musicxml_bytes(score)).find(".//pitch")
    assert pitch is not None
    assert (pitch.findtext("step"), pitch.findtext("alter"), pitch.findtext("octave")) == name


@pytest.mark.parametrize(("program", "is_drum"), [(47, False), (0, True)])
def test_rolls_are_read_as_strokes(program: int, is_drum: bool) -> None:
    roll = tuple(Note(start, 38, 60) for start in range(480, 1920, 60))
    score = Score((Part("Roll", program, roll, is_drum),))
    assert [tremolo.text for tremolo in xml(score).iter("tremolo")] == ["3"]
    back = read_musicxml(musicxml_bytes(score))
    assert [(n.start_ticks, n.pitch) for n in back.parts[0].notes] == [(n.start_ticks, n.pitch) for n in roll]


@pytest.mark.parametrize("program", TRANSPOSITIONS)
@pytest.mark.parametrize("fifths", [-7, -3, 0, 5, 7])
def test_transposing_instruments_are_written_transposed_and_read_at_concert_pitch(program: int, fifths: int) -> None:
    from music21 import converter

    part = Part("Player", program, line(0, (60, 1), (63, 1), (66, 2), (71, 4)))
    key = Key(fifths, "major")
    score = Score((part, Part("Flute", 73, part.notes)), keys=(KeySignature(0, key),), end_ticks=8 * Q)
    data = musicxml_bytes(score)
    assert sounding(read_musicxml(data)) == sounding(score)
    assert read_musicxml(data).keys[0].key.tonic == key.tonic
    stream = converter.parseData(data, format="musicxml").toSoundingPitch()
    assert [note.pitch.midi for note in stream.parts[0].recurse().notes] == [60, 63, 66, 71]
    tuning = TRANSPOSITIONS[program]
    written = fromstring(data).findall("part[@id='P1']//pitch")
    assert len(written) == 4
    assert fromstring(data).findtext("part/measure/attributes/transpose/chromatic") == str(-(-tuning.semitones % 12) or 0)
    plain = fromstring(musicxml_bytes(score, layout=Layout(concert_pitch=True)))
    assert plain.find(".//transpose") is None


@pytest.mark.parametrize(
    ("name", "program", "pitch", "written", "octave"),
    [
        ("Bass Clarinet", 71, 48, "D4", ""),
        ("Clarinet 2", 71, 60, "D4", ""),
        ("Ukulele", 24, 60, "C4", ""),
        ("Guitar", 24, 60, "C4", "-1"),
    ],
)
def test_instruments_that_share_a_sound_are_written_each_in_its_way(name, program, pitch, written, octave) -> None:
    root = xml(Score((Part(name, program, (Note(0, pitch, Q),)),), keys=(KeySignature(0, Key(0, "major")),)))
    assert root.findtext(".//step") + root.findtext(".//octave") == written
    assert root.findtext(".//clef-octave-change", default="") == octave


def test_clarinet_reads_d_for_c() -> None:
    root = xml(Score((Part("Clarinet", 71, (Note(0, 60, Q),)),), keys=(KeySignature(0, Key(0, "major")),)))
    assert (root.findtext(".//step"), root.findtext(".//fifths")) == ("D", "2")
    assert root.findtext(".//display-text") == "Clarinet in B♭"


def test_basses_and_piccolos_are_written_in_plain_clefs() -> None:
    low = Part("Contrabass", 43, line(0, (28, 4))), Part("Bass", 33, line(0, (40, 4)))
    parts = (*low, Part("Piccolo", 72, line(0, (86, 4))))
    for concert, octaves in ((False, ["2", "3", "5"]), (True, ["1", "2", "6"])):
        root = xml(Score(parts), Layout(concert_pitch=concert))
        assert [octave.text for octave in root.iter("octave")] == octaves
        assert [clef.text for clef in root.iter("sign")] == ["F", "F", "G"]
        assert (root.find(".//clef-octave-change") is None) == (not concert)
        assert root.find(".//display-text") is None


def verse(shift: int = 0) -> tuple[Note, ...]:
    """Eight bars for a flute."""
    tune = [(72, 1), (74, 1), (76, 2), (77, 1), (76, 1), (74, 2), (79, 2), (77, 2), (76, 4)]
    return line(0, *tune, *[(pitch + 1, length) for pitch, length in tune[:-1]], (72 + shift, 4))


def song(*verses: tuple[Note, ...]) -> Score:
    length = 32 * Q
    notes = [replace(n, start_ticks=n.start_ticks + i * length) for i, tune in enumerate(verses) for n in tune]
    bass = [Note(i * 4 * Q, 36 + i % 8 // 2, 4 * Q) for i in range(8 * len(verses))]
    markers = tuple(Marker(i * length, "A") for i in range(len(verses)))
    parts = (Part("Flute", 73, tuple(notes)), Part("Bass", 33, tuple(bass)))
    return Score(parts, tempos=(Tempo(0, 100.0),), time_signatures=(TimeSignature(0, 4, 4),), markers=markers,
                 end_ticks=length * len(verses))  # fmt: skip


@pytest.mark.parametrize(
    ("verses", "measures"),
    [((0, 0), 8), ((0, 5), 9), ((0, 0, 7), 16), ((1, 0, 0), 16), ((0, 0, 4, 4), 16)],
)
def test_repeats_are_printed_once_and_played_in_full(verses: tuple[int, ...], measures: int) -> None:
    from music21 import converter

    score = song(*map(verse, verses))
    data = musicxml_bytes(score)
    root = fromstring(data)
    numbers = [measure.get("number") for measure in root.findall("part[@id='P1']/measure")]
    assert numbers == [str(i + 1) for i in range(measures)]
    back = read_musicxml(data)
    assert sounding(back) == sounding(score)
    assert back.end_ticks == score.end_ticks
    assert [marker.start_ticks for marker in back.markers] == [marker.start_ticks for marker in score.markers]
    assert not back.is_loop
    theirs = converter.parseData(data, format="musicxml").parts[0].expandRepeats().recurse().notes
    assert [note.pitch.midi for note in theirs if note.tie is None or note.tie.type == "start"] == [
        note.pitch for note in score.parts[0].notes
    ]
    whole = fromstring(musicxml_bytes(score, layout=Layout(repeats=False)))
    assert len(whole.findall("part[@id='P1']/measure")) == len(score.bars)
    assert whole.find(".//repeat") is None


def test_rehearsal_marks_are_unique() -> None:
    score = song(verse(), verse(1), verse(2))
    assert [r.text for r in xml(score, PLAIN).iter("rehearsal")] == ["A", "A2", "A3"]


def test_compressed_files_are_written(tmp_path: Path) -> None:
    write_mxl(waltz(), tmp_path / "one.mxl")
    write_mxl(waltz(), tmp_path / "two.mxl")
    assert (tmp_path / "one.mxl").read_bytes() == (tmp_path / "two.mxl").read_bytes()
    assert sounding(read_musicxml(tmp_path / "one.mxl")) == sounding(waltz())


def test_swung_eighths_are_written_straight_and_marked_swing() -> None:
    notes = tuple(Note(beat * Q + late, 60 + beat % 5, length) for beat in range(32) for late, length in ((0, 320), (320, 160)))
    root = xml(Score((Part("Piano", 0, notes),)), PLAIN)
    assert root.find(".//time-modification") is None
    assert {note.findtext("type") for note in root.iter("note")} == {"eighth"}
    assert [words.text for words in root.iter("words")] == ["Swing"]
    assert root.findtext(".//swing/swing-type") == "eighth"
    fast = xml(Score((Part("Piano", 0, notes),), tempos=(Tempo(0, 145.0), Tempo(960, 150.0))), PLAIN)
    assert [words.text for words in fast.iter("words")] == ["Swing "]
    assert len(list(fast.iter("swing"))) == 1
    straight = xml(Score((Part("Piano", 0, line(0, *[(60, 0.5)] * 64)),)), PLAIN)
    assert straight.find(".//swing") is None


def test_phrases_are_slurred_and_dynamics_joined() -> None:
    first, second = verse()[:9], tuple(replace(n, start_ticks=n.start_ticks + 16 * Q, velocity=112) for n in verse(5))
    parts = (Part("Flute", 73, (*first, *second)), Part("Oboe", 68, (*first, *second)), Part("Piano", 0, (*first, *second)))
    root = xml(Score(parts), PLAIN)
    for number in (1, 2, 3):
        part = root.find(f"part[@id='P{number}']")
        slurs = [slur.get("type") for slur in part.iter("slur")]
        assert slurs == (["start", "stop"] * (len(slurs) // 2) if number < 3 else [])
        assert bool(slurs) == (number < 3)
        assert [d[0].tag for d in part.iter("dynamics")] == ["mf", "ff"]
        assert [w.get("type") for w in part.iter("wedge")] == ["crescendo", "stop"]


def marks_and_wedges(velocities: tuple[int, ...], *markers: Marker) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Bar numbers and names of the dynamics, and of the ends of hairpins, for one whole note in each bar."""
    notes = tuple(Note(4 * Q * bar, 72, 4 * Q, velocity) for bar, velocity in enumerate(velocities))
    measures = list(xml(Score((Part("Flute", 73, notes),), markers=markers), PLAIN).iter("measure"))
    marks = [(m.get("number", ""), found[0].tag) for m in measures for found in m.iter("dynamics")]
    return marks, [(m.get("number", ""), found.get("type", "")) for m in measures for found in m.iter("wedge")]


def test_dynamics_follow_phrases_not_bars() -> None:
    restless = (96, 80, 96, 112, 96, 80, 124, 96)
    assert marks_and_wedges(restless) == ([("1", "f")], [])
    marks, _ = marks_and_wedges((*(49,) * 4, *(96,) * 4, *(96,) * 4, *(64,) * 4))
    assert marks == [("1", "p"), ("5", "f"), ("13", "mp")]
    hit = marks_and_wedges((*(64,) * 5, 85, *(64,) * 2), Marker(5 * 4 * Q, "hit 0:10 big"))
    assert hit == ([("1", "mp")], [])


def test_hairpins_avoid_rests_and_choirs_share_their_marks() -> None:
    soft = line(0, *[(72, 2), (None, 2)] * 4, velocity=49)
    loud = line(16, *[(72, 4)] * 4, velocity=96)
    root = xml(Score((Part("Flute", 73, (*soft, *loud)),)), PLAIN)
    assert [mark[0].tag for mark in root.iter("dynamics")] == ["p", "f"]
    assert root.find(".//wedge") is None
    levels = (110, 70, 72, 74)
    choir = tuple(Part(f"Voice {i}", 52, line(0, (60, 4), velocity=v)) for i, v in enumerate(levels))
    assert [part.find(".//dynamics")[0].tag for part in xml(Score(choir)).iterfind("part")] == ["mf"] * 4


def test_bands_have_no_slurs_and_orchestras_with_drums_no_symbols() -> None:
    tune = line(0, *[(60 + (i * 7) % 12, 1) for i in range(16)])
    flute, violin, piano, drums = (
        Part("Flute", 73, tune),
        Part("Violin", 40, tune),
        Part("Piano", 0, tune),
        Part("Drums", 0, tune, True),
    )
    guitar = Part("Guitar", 27, tune)
    symbols = (ChordSymbol(0, Chord(0, "maj")),)
    orchestra, band = (xml(Score(parts, chords=symbols)) for parts in ((flute, violin, drums), (flute, guitar, drums)))
    assert (orchestra.find(".//slur") is None, orchestra.find(".//harmony") is None) == (False, True)
    assert (band.find(".//slur") is None, band.find(".//harmony") is None) == (True, False)
    assert xml(Score((piano, drums), chords=symbols)).find(".//harmony") is not None


def test_a_gradual_change_is_a_hairpin() -> None:
    marks, wedges = marks_and_wedges((49, 49, 60, 74, 90, 96, 96, 96, 96, 96, 96, 96))
    assert marks == [("1", "p"), ("5", "f")]
    assert wedges == [("3", "crescendo"), ("4", "stop")]


def test_voices_have_no_slurs() -> None:
    tune = line(0, *[(60 + (i * 7) % 12, 1) for i in range(16)])
    parts = (Part("Soprano", 52, tune), Part("Voice", 53, tune), Part("Flute", 73, tune))
    assert [part.find(".//slur") is not None for part in xml(Score(parts)).iterfind("part")] == [False, False, True]


def test_names_are_abbreviated_in_scores_and_not_in_parts() -> None:
    tune = line(0, (60, 4))
    parts = (Part("Violin 1", 40, tune), Part("Bass", 52, tune), Part("Horn 2", 60, tune), Part("Lead guitar", 29, tune))
    root = xml(Score(parts))
    assert [short.text for short in root.iter("part-abbreviation")] == ["Vln. 1", "B.", "Hn. 2", "Lead Gtr."]
    assert root.findtext(".//part-abbreviation-display/display-text") == "Hn. 2 in F"
    assert xml(Score(parts[:1])).find(".//part-abbreviation") is None


def test_a_family_shares_its_dynamics() -> None:
    loudness = (60, 70, 74, 110)
    parts = tuple(Part(f"Violin {i}", 40, line(0, (72, 4), velocity=v)) for i, v in enumerate(loudness))
    marks = [part.find(".//dynamics")[0].tag for part in xml(Score(parts)).iterfind("part")]
    assert marks == ["mf", "mf", "mf", "ff"]
