from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import mido
import pytest
from hypothesis import Phase, given, settings

from composer.errors import BadInputError
from composer.formats.midi.channels import assign_channels, channel_notice
from composer.formats.midi.midi_score import midi_bytes, read_midi, write_midi
from composer.formats.midi.smf import Limits
from composer.formats.provenance import Provenance
from composer.score import Key, KeySignature, Note, Part, Score, Tempo
from tests.formats.pieces import BY_HAND, orchestra, scores, waltz


def messages(score: Score) -> list[list[tuple[int, mido.Message]]]:
    """Each track's messages at absolute ticks."""
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(score)), charset="utf-8")
    tracks = []
    for track in file.tracks:
        now, events = 0, []
        for message in track:
            now += message.time
            events.append((now, message))
        tracks.append(events)
    return tracks


@pytest.mark.parametrize("name", BY_HAND)
def test_pieces_survive_a_round_trip_exactly(name: str, tmp_path: Path) -> None:
    score = BY_HAND[name]()
    path = tmp_path / "piece.mid"
    write_midi(score, path)
    assert read_midi(path) == score
    assert read_midi(path.read_bytes()) == score
    assert [file.name for file in tmp_path.iterdir()] == ["piece.mid"]


@given(scores())
@settings(max_examples=40, phases=[Phase.generate])
def test_random_scores_survive_a_round_trip_exactly(score: Score) -> None:
    data = midi_bytes(score)
    assert read_midi(data) == score
    assert midi_bytes(read_midi(data)) == data


def test_every_key_keeps_its_spelling() -> None:
    for fifths in range(-7, 8):
        for mode in ("major", "minor"):
            score = replace(waltz(), keys=(KeySignature(0, Key(fifths, mode)),))
            assert read_midi(midi_bytes(score)).keys == score.keys


def test_tempos_are_exact_to_the_microsecond() -> None:
    for qpm in (20.0, 33.3, 84.0, 96.25, 100.0, 132.5, 299.0):
        assert read_midi(midi_bytes(replace(waltz(), tempos=(Tempo(0, qpm),)))).tempos == (Tempo(0, qpm),)


def test_a_missing_tempo_is_written_as_the_default() -> None:
    assert read_midi(midi_bytes(replace(waltz(), tempos=()))).tempos == (Tempo(0, 100.0),)


def test_a_file_without_a_tempo_gets_the_midi_default() -> None:
    file = mido.MidiFile()
    file.tracks.append(mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=96)]))
    content = io.BytesIO()
    file.save(file=content)
    score = read_midi(content.getvalue())
    assert score.tempos == (Tempo(0, 120.0),)
    assert score.title == ""


def test_tracks_follow_the_rules_of_daws() -> None:
    conductor, *parts = messages(waltz())
    assert all(message.is_meta for _, message in conductor)
    assert conductor[0][1].name == "Kleiner Wälzer"
    assert [tick for tick, m in conductor if m.type == "marker"] == [0, 12 * 480]
    for channel, events in enumerate(parts):
        assert [m.type for _, m in events[:6]] == [
            "track_name",
            *["control_change"] * 2,
            "program_change",
            *["control_change"] * 2,
        ]
        assert [m.control for _, m in events if m.type == "control_change"] == [0, 32, 7, 10]
        assert {m.channel for _, m in events if not m.is_meta} == {channel}
        assert events[-1][0] == 24 * 480
        offs_after_ons = [
            (tick, m) for (tick, m), (before, n) in zip(events[1:], events, strict=False)
            if tick == before and m.type == "note_off" and n.type == "note_on"
        ]  # fmt: skip
        assert offs_after_ons == []


def test_drums_play_on_channel_ten_without_a_bank() -> None:
    _, drums, bass = messages(BY_HAND["groove"]())
    assert {m.channel for _, m in drums if not m.is_meta} == {9}
    assert 0 not in {m.control for _, m in drums if m.type == "control_change"}
    assert {m.channel for _, m in bass if not m.is_meta} == {0}


def test_parts_beyond_fifteen_share_channels_by_program() -> None:
    parts = orchestra().parts
    places = assign_channels(parts)
    assert len(set(places)) == 15
    by_place = {place: {part.program for part, p in zip(parts, places, strict=True) if p == place} for place in places}
    assert all(len(programs) == 1 for programs in by_place.values())
    assert channel_notice(parts) is not None
    assert channel_notice(parts[:15]) is None
    setups = [m for track in messages(orchestra())[1:] for _, m in track if m.type == "control_change" and m.control == 7]
    assert len({m.channel for m in setups}) == len(setups) == 15


def test_more_than_fifteen_programs_take_a_second_port() -> None:
    parts = tuple(Part(f"P{i}", i, (Note(0, 60, 480),)) for i in range(20))
    score = Score(parts, tempos=(Tempo(0, 100.0),), end_ticks=1920)
    assert len(set(assign_channels(parts))) == 20
    assert read_midi(midi_bytes(score)) == score
    assert [m.port for track in messages(score) for _, m in track if m.type == "midi_port"] == [1] * 5


def test_overlaps_and_empty_notes_are_repaired() -> None:
    notes = (Note(0, 60, 960), Note(480, 60, 480), Note(480, 64, 0), Note(480, 67, 240), Note(480, 67, 480))
    back = read_midi(midi_bytes(Score((Part("P", 0, notes),), end_ticks=1920)))
    assert back.parts[0].notes == (Note(0, 60, 480), Note(480, 60, 480), Note(480, 67, 480))


def test_the_machine_is_named_only_for_its_own_music() -> None:
    texts = [m.text for _, m in messages(waltz())[0] if m.type == "text"]
    assert texts[0].startswith("Written by Cantilena")
    assert not any("AI" in text for text in texts)
    composed = mido.MidiFile(file=io.BytesIO(midi_bytes(waltz(), Provenance("base", 7))), charset="utf-8")
    disclosed = [m.text for m in composed.tracks[0] if m.type == "text" and "composed by AI (model base, seed 7)" in m.text]
    assert len(disclosed) == 1
    assert not any(m.type == "copyright" for track in composed.tracks for m in track)


def test_other_divisions_are_scaled() -> None:
    data = bytearray(midi_bytes(waltz()))
    data[12:14] = (960).to_bytes(2, "big")
    back = read_midi(bytes(data))
    assert back.parts[3].notes[1] == Note(720, 45, 720)
    assert back.end_ticks == 12 * 480


def test_pretty_midi_reads_the_same_notes() -> None:
    pretty = waltz().to_pretty_midi()
    assert [len(instrument.notes) for instrument in pretty.instruments] == [len(part.notes) for part in waltz().parts]
    assert pretty.get_end_time() == pytest.approx(waltz().seconds_at(waltz().last_note_end_ticks))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"parts": (Part("P", 0, (Note(0, 128, 1),)),)}, "pitch 0-127"),
        ({"parts": (Part("P", 0, (Note(-1, 60, 1),)),)}, "start of 0"),
        ({"tempos": (Tempo(0, 2.0),)}, "tempo 2.0"),
        ({"end_ticks": 1 << 29}, "ticks"),
    ],
)
def test_values_that_midi_cannot_hold_are_rejected(change: dict[str, object], word: str) -> None:
    with pytest.raises(BadInputError, match=word):
        midi_bytes(replace(waltz(), **change))


def _smpte() -> bytes:
    return midi_bytes(waltz())[:12] + b"\xe7\x28" + midi_bytes(waltz())[14:]


@pytest.mark.parametrize(
    ("data", "limits", "word"),
    [
        (b"", None, "not a MIDI file"),
        (b"RIFF" + bytes(100), None, "not a MIDI file"),
        (midi_bytes(waltz())[:200], None, "truncated"),
        (midi_bytes(waltz())[:40], None, "truncated"),
        (_smpte(), None, "SMPTE"),
        (midi_bytes(waltz())[:9] + b"\2" + midi_bytes(waltz())[10:], None, "type 2"),
        (midi_bytes(waltz()), Limits(max_bytes=100), "at most 100 can be read"),
        (midi_bytes(waltz()), Limits(max_tracks=3), "more than 3 tracks"),
        (midi_bytes(waltz()), Limits(max_events=50), "at most 50"),
        (midi_bytes(waltz()), Limits(max_minutes=0.1), "0.3 minutes, at most 0.1"),
        (midi_bytes(waltz()), Limits(max_bars=7), "8 bars, at most 7"),
    ],
)
def test_bad_files_are_rejected_in_one_line(data: bytes, limits: Limits | None, word: str) -> None:
    with pytest.raises(BadInputError, match=word) as caught:
        read_midi(data, limits)
    assert "\n" not in str(caught.value)


def test_parts_that_would_overlap_on_a_shared_channel_take_a_second_port() -> None:
    flutes = [Part(f"Flute {i}", 73, (Note(480 * i, 72, 960),)) for i in range(8)]
    violins = [Part(f"Violin {i}", 40, (Note(0, 60 + i, 480),)) for i in range(8)]
    places = assign_channels([*flutes, *violins])
    assert len(set(places)) == 15  # no other part has the last violin's pitch: it may share
    together = [*flutes, *violins[:7], Part("Violin 8", 40, (Note(240, 66, 480),))]
    assert len(set(assign_channels(together))) == 16
    assert "2 MIDI ports" in (channel_notice(together) or "")
    score = Score(tuple(together), tempos=(Tempo(0, 100.0),))
    assert [part.notes for part in read_midi(midi_bytes(score)).parts] == [part.notes for part in together]


def test_lyrics_are_not_a_part_of_their_own() -> None:
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    words, tune = mido.MidiTrack(), mido.MidiTrack()
    words += [
        mido.MetaMessage("track_name", name="Words"),
        *(mido.MetaMessage("lyrics", text="la", time=480) for _ in range(3)),
    ]
    tune += [mido.MetaMessage("track_name", name="Tune"), mido.MetaMessage("lyrics", text="la")]
    tune += [mido.Message("note_on", note=60, velocity=80), mido.Message("note_off", note=60, time=480)]
    file.tracks += [words, tune]
    content = io.BytesIO()
    file.save(file=content)
    assert [(part.name, len(part.notes)) for part in read_midi(content.getvalue()).parts] == [("Tune", 1)]


@pytest.mark.parametrize(("kind", "text"), [("cue_marker", "Chorus"), ("marker", "Einführung")])
def test_cue_points_and_old_encodings_name_sections(kind: str, text: str) -> None:
    file = mido.MidiFile(charset="latin-1")
    conductor, line = mido.MidiTrack(), mido.MidiTrack()
    conductor.append(mido.MetaMessage(kind, text=text, time=960))
    line += [mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=3840)]
    file.tracks += [conductor, line]
    stream = io.BytesIO()
    file.save(file=stream)
    assert [(marker.start_ticks, marker.text) for marker in read_midi(stream.getvalue()).markers] == [(960, text)]
