"""Malicious files, which try to run code or exhaust time and memory, are rejected quickly in one line."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import mido
import pytest

from composer.errors import BadInputError
from composer.formats import read_score
from composer.formats.capped import read_bytes, read_stream
from composer.formats.engraving import repeats
from composer.formats.engraving.abbreviations import abbreviated
from composer.formats.midi import midi_score
from composer.formats.midi.midi_score import read_midi
from composer.formats.midi.smf import Limits, check_length
from composer.formats.music21_read import read_abc, read_kern
from composer.formats.musicxml import measures, musicxml_read
from composer.formats.musicxml.musicxml_write import musicxml_bytes, read_musicxml
from composer.score import ChordSymbol, Marker, Note, Part, Score, Tempo
from composer.understanding import understand
from composer.understanding.folding import fold
from tests.formats.pieces import waltz
from tests.formats.test_files import KERN

ON, OFF = b"\x90\x3c\x40", b"\x60\x80\x3c\x00"
LONGEST_DELTA = b"\xff\xff\xff\x7f"


def midi_file(events: bytes, division: int = 480) -> bytes:
    track = events + b"\x00\xff\x2f\x00"
    head = b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, 1]) + division.to_bytes(2, "big")
    return head + b"MTrk" + len(track).to_bytes(4, "big") + track


def test_no_module_of_the_current_folder_is_imported(tmp_path: Path) -> None:
    (tmp_path / "tune.krn").write_text(KERN)
    for module in ("music21", "numpy", "composer", "struct"):
        (tmp_path / f"{module}.py").write_text("open('RUN', 'w').close()\n")
    program = "from pathlib import Path; from composer.formats import read_score; print(read_score(Path('tune.krn')).key)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],  # like the installed command, which is not in the current folder
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "D minor\n"
    assert not (tmp_path / "RUN").exists()


@pytest.mark.parametrize("deltas", [9, 17, 34])  # just beyond 2^31, wrapped once to a positive number, wrapped twice
def test_ticks_beyond_32_bits_are_rejected(deltas: int) -> None:
    with pytest.raises(BadInputError, match="more than 2,147,483,647 ticks"):
        read_midi(midi_file((LONGEST_DELTA + b"\xb0\x01\x01") * deltas + b"\x00" + ON + OFF))


def test_a_track_with_too_many_unread_events_is_rejected() -> None:
    data = midi_file(b"\x00" + ON + OFF + b"\x00\xd0\x10" + b"\x00\x10" * 1_000_000)
    with pytest.raises(BadInputError, match="a track of more than 1,000,000 events"):
        read_midi(data)


@pytest.mark.parametrize("event", [b"\xff\x01\x02Am", b"\xff\x06\x02Am"])  # a text, a marker
def test_too_many_texts_are_rejected_before_they_are_parsed(event: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed(*_: object) -> None:
        raise AssertionError("parsed")

    data = midi_file((b"\x01" + event) * 5_001 + (b"" if event[1] == 1 else b"\x00" + ON + OFF))
    monkeypatch.setattr(midi_score, "read_symbol", parsed)
    monkeypatch.setattr(midi_score, "Marker", parsed)
    with pytest.raises(BadInputError, match="5,001 chord symbols, markers and texts, at most 5,000 can be read"):
        read_midi(data)


def test_too_many_chord_symbols_of_any_file_are_rejected() -> None:
    symbols = tuple(ChordSymbol(tick, None) for tick in range(8))
    with pytest.raises(BadInputError, match="9 chord symbols, markers and texts, at most 8"):
        check_length(Score((), chords=symbols, markers=(Marker(0, "A"),)), Limits(max_texts=8))


def test_negative_times_are_rejected() -> None:
    note, marker = Note(480, 60, 480), Marker(-1, "A")
    for score in (
        Score((Part("", 0, (replace(note, start_ticks=-1),)),)),
        Score((Part("", 0, (replace(note, duration_ticks=-1),)),)),
        Score((Part("", 0, (note,)),), markers=(marker,)),
    ):
        with pytest.raises(BadInputError, match="negative times"):
            check_length(score, Limits())


def test_many_beats_in_a_short_time_is_rejected() -> None:
    tempo, meter = b"\x00\xff\x51\x03\x00\x00\x01", b"\x00\xff\x58\x04\x63\x00\x18\x08"  # 60,000,000 qpm in 99/1
    data = midi_file(tempo + meter + b"\x00" + ON + b"\x83\xff\x7f\x80\x3c\x00", division=1)
    assert len(data) < 64
    with pytest.raises(BadInputError, match="65,535 quarter notes, at most 30,000"):
        read_midi(data)


def test_markers_are_in_time_order_regardless_of_text() -> None:
    marks = b"\x60\xff\x06\x01B" + b"\x00" + ON + OFF
    first = midi_file(marks + b"\x00\xff\x06\x02\xff\xfe")
    assert [marker.start_ticks for marker in read_midi(first).markers] == [96, 192]


def test_the_end_of_the_notes_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tuple(Note(480 * i, 60 + i % 12, 480) for i in range(64))
    tempos = tuple(Tempo(240 * i, 100.0 + i % 7) for i in range(100))
    score, lookups = Score((Part("", 0, notes),), tempos), [0]
    plain = Note.end_ticks.fget

    def counted(note: Note) -> int:
        lookups[0] += 1
        return plain(note)

    monkeypatch.setattr(Note, "end_ticks", property(counted))
    understand(score)
    assert lookups[0] < 40 * len(notes)  # 100 tempos and 64 notes would add 6,400 lookups


def test_empty_bars_are_not_tried_as_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    tried, plain = [0], repeats._Repeat

    def counted(*given: int) -> object:
        tried[0] += 1
        return plain(*given)

    monkeypatch.setattr(repeats, "_Repeat", counted)
    score = Score((Part("", 0, (Note(500 * 1920, 60, 480),)),))
    assert repeats.fold(score, score).signs == {}
    assert tried[0] == 0  # each of 500 bars with 60 lengths would be 30,000
    assert score.bars is score.bars  # laid out and copied once


def test_staves_count_as_parts() -> None:
    notes = [measures.RawNote(0.0, 480.0, 60, staff, False, False) for staff in range(300)]
    bar = measures.Measure(waltz().time_signatures[0], 480.0, notes)
    with pytest.raises(BadInputError, match="300 staves, at most 256"):
        measures.assemble([measures.ReadPart(measures.Sound(), [bar], False)], "", Limits())


def test_folding_does_not_compare_all_pairs_for_each_join() -> None:
    counted = [0]

    class Notes(tuple[Note, ...]):
        def __len__(self) -> int:
            counted[0] += 1
            return super().__len__()

    random_ = random.Random(1)
    parts = [Part("", random_.randrange(128), Notes([Note(0, 60, 480)] * random_.randint(1, 9))) for _ in range(256)]
    folded = fold(parts)
    assert len(folded) == 16
    assert sorted(index for group in folded for index in group) == list(range(256))
    assert counted[0] < 2 * 256 * 256  # all pairs at every join would be millions


def test_joined_parts_are_the_nearest_and_smallest() -> None:
    one, two, three = ((Note(0, 60, 480),) * count for count in (1, 2, 3))
    parts = [Part("", 40, three), Part("", 40, two), Part("", 41, one), Part("", 41, two), Part("", 0, one)]
    assert fold(parts, limit=4) == [(0,), (1,), (3, 2), (4,)]  # one program, three notes
    assert fold(parts, limit=3) == [(0, 1), (3, 2), (4,)]  # one program, five notes, before one family
    assert fold(parts, limit=2) == [(0, 1, 3, 2), (4,)]  # one family


def test_too_many_tags_are_rejected_before_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unparsed(_: bytes) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(musicxml_read, "fromstring", unparsed)
    deep = b"<score-partwise>" + b"<a>" * 1_000_001
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("score.xml", deep)
    for data in (deep, archive.getvalue()):
        with pytest.raises(BadInputError, match="more than 1,000,000 tags"):
            read_musicxml(data)


def test_too_many_measures_are_rejected_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr(musicxml_read, "read_part", started)
    with pytest.raises(BadInputError, match="20,001 bars, at most 20,000 can be read"):
        read_musicxml(b"<score-partwise><part>" + b"<measure/>" * 20_001 + b"</part></score-partwise>")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damaged_archives_are_rejected_in_one_line(method: int) -> None:
    random_ = random.Random(method)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        file.writestr("score.xml", musicxml_bytes(waltz()))
    rejections = []
    for _ in range(40):
        data = bytearray(archive.getvalue())
        data[40 + random_.randrange(60)] ^= 1 << random_.randrange(8)
        try:
            read_musicxml(bytes(data))
        except BadInputError as error:
            rejections.append(str(error))
    assert rejections
    assert not any("\n" in rejection for rejection in rejections)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archives_that_zipfile_unpacks_at_once_are_not_opened(method: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object) -> None:
        raise AssertionError("opened")

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        file.writestr("score.xml", musicxml_bytes(waltz()))
    monkeypatch.setattr(zipfile.ZipFile, "open", opened)
    with pytest.raises(BadInputError, match=f"packed by method {method} of zip, only 0 and 8 can be read"):
        read_musicxml(archive.getvalue())


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero on this system")
@pytest.mark.parametrize("suffix", [".mid", ".musicxml", ".mxl", ".krn", ".abc"])
def test_endless_files_are_rejected(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"x{suffix}").symlink_to("/dev/zero")
    with pytest.raises(BadInputError, match=r"has more than .* bytes, which is the limit"):
        read_score(tmp_path / f"x{suffix}")


def test_size_limits_apply_to_the_bytes_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bytes(tmp_path / "a", 5) == b"12345"
    with pytest.raises(BadInputError, match="a has 5 bytes, at most 4"):
        read_bytes(tmp_path / "a", 4)
    assert read_stream(io.BytesIO(b"12345"), "it", 5) == b"12345"
    with pytest.raises(BadInputError, match="it has more than 4 bytes"):
        read_stream(io.BytesIO(b"12345"), "it", 4)
    with pytest.raises(BadInputError, match="cannot read"):
        read_bytes(tmp_path / "a\0b", 4)


def test_texts_with_too_many_notes_are_rejected_before_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("started")

    monkeypatch.setattr("composer.formats.music21_read.subprocess.run", started)
    for read, data in ((read_kern, b"**kern\n" + b"4c\n" * 100_001), (read_abc, b"X:1\nK:C\n" + b"CDEF|" * 30_000)):
        with pytest.raises(BadInputError, match="notes, at most 100,000 can be read"):
            read(data)


@pytest.mark.parametrize("note", ["B65536", "z780324", "[CEG]00001000", "c'" + "9" * 6_000 + "/2"])
def test_abc_with_an_endless_note_is_rejected_before_parsing(note: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    with pytest.raises(BadInputError, match=r"a note of [\d,]+ units, at most 256 can be read") as refused:
        read_abc(f'X:1\nT:1912345\nM:4/4\nL:1/16\nK:C\n"A65536"C4 {note[:3_000]} D|\n'.encode())
    assert len(str(refused.value)) < 120


@pytest.mark.parametrize("meter", ["M:65536/4\nK:C\n", "M:4/4\nK:C\nC4|[M:0100/8]"])
def test_abc_with_an_endless_meter_is_rejected_before_parsing(meter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    with pytest.raises(BadInputError, match=r"a meter of [\d,]+ beats, at most 99 can be read"):
        read_abc(f"X:1\n{meter}CDEF|\n".encode())


def test_abc_with_too_many_bars_is_rejected_before_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("composer.formats.music21_read.subprocess.run", None)
    for bars in (b"CDEF|" * 3_000, b"|:CDEF:|" * 3_000):
        with pytest.raises(BadInputError, match=r"bars, at most 1,000 can be read: split the piece"):
            read_abc(b"X:1\nM:4/4\nK:C\n" + bars)


@pytest.mark.parametrize("bar", [b"[" + b"CE" * 2_000 + b"]|", b"(" * 4_000 + b"C|", b"[CEG]" * 1_000])
def test_abc_with_an_endless_bar_is_rejected_before_parsing(bar: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("started")

    monkeypatch.setattr("composer.formats.music21_read.subprocess.run", started)
    with pytest.raises(BadInputError, match=r"a bar of [45],00. characters, at most 4,000 can be read: write bar lines"):
        read_abc(b"X:1\nH:" + b"long " * 2_000 + b"\nM:4/4\nK:C\n" + bar)


def test_slurs_without_an_end_do_not_delay_reading() -> None:
    text = b"X:1\nM:4/4\nL:1/4\nK:C\n" + b"(C(D(E(F|" * 300 + b"\n" + b"% comment\n" * 500
    assert len(read_abc(text).parts[0].notes) == 1_200


def test_texts_with_too_many_voices_are_rejected_before_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("started")

    monkeypatch.setattr("composer.formats.music21_read.subprocess.run", started)
    spines = b"\n".join(b"\t".join([token] * 3_000) for token in (b"**kern", b"4c", b"*-"))
    lines = b"X:1\nK:C\n" + b"".join(b"V:%d\nC|\n" % number for number in range(3_000))
    inline = b"X:1\nK:C\n" + b"".join(b"[V:%d] C|\n" % number for number in range(3_000))
    for read, data in ((read_kern, spines), (read_abc, lines), (read_abc, inline)):
        with pytest.raises(BadInputError, match="3,000 voices, at most 255 can be read: merge some"):
            read(data)


def test_a_file_cut_after_its_header_is_truncated() -> None:
    with pytest.raises(BadInputError, match="none of its 3 tracks"):
        read_midi(b"MThd\0\0\0\6\0\1\0\3\1\xe0")


def test_many_notes_without_an_end_are_rejected_by_their_number() -> None:
    track = mido.MidiTrack([mido.Message("note_on", note=20 + place % 100, time=1) for place in range(5_000)])
    track.append(mido.Message("note_off", note=20, time=1))
    file, content = mido.MidiFile(), io.BytesIO()
    file.tracks.append(track)
    file.save(file=content)
    with pytest.raises(BadInputError, match="4,999 notes without an end, at most 1,000: export it again"):
        read_midi(content.getvalue())
    del track[500:-1]
    content = io.BytesIO()
    file.save(file=content)
    assert len(read_midi(content.getvalue()).parts[0].notes) == 1


def test_names_of_parts_and_titles_are_single_lines(tmp_path: Path) -> None:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Violin\n1\x00"), mido.Message("program_change", program=40)])
    track += [mido.Message("note_on", note=60, velocity=64), mido.Message("note_off", note=60, time=480)]
    other = [mido.Message("note_on", channel=1, note=60), mido.Message("note_off", channel=1, note=60, time=9)]
    two = mido.MidiTrack([*track, *other])
    title = mido.MidiTrack([mido.MetaMessage("track_name", name="A\r\ntune")])
    for tracks in ([title, track], [title, two]):  # the second one has several channels
        mido.MidiFile(tracks=tracks).save(tmp_path / "a.mid")
        score = read_midi(tmp_path / "a.mid")
        assert score.title == "A tune"
        assert {part.name for part in score.parts} == {"Violin 1"}
        assert b"<part-name>Violin 1</part-name>" in musicxml_bytes(score)


def test_any_name_of_a_part_is_abbreviated_in_linear_time() -> None:
    for name in ("", " ", "\n", "Violin\n1", "x" + " (a)" * 20_000 + "!", "(" * 20_000, " 1" * 20_000 + "!", "I" * 20_000):
        assert abbreviated(name, 40) == name
    assert abbreviated("Violin 2 (divided in three) IV", 40) == "Vln. 2 (divided in three) IV"
