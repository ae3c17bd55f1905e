"""Editing a user's MIDI file: all events other than changed notes are kept."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from pathlib import Path

import mido
import pytest

from composer.composing.source import Source
from composer.errors import BadInputError
from composer.formats.midi.midi_patch import controllers_reset, patch_midi
from composer.formats.midi.midi_score import midi_bytes, read_midi
from composer.formats.provenance import Provenance, find_provenance
from composer.score import Chord, ChordSymbol, Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from tests.rework.checks import missing_notes, written_notes
from tests.rework.odd_files import odd_files


def _file(division: int = 960) -> bytes:
    """Two channels in one track, off the 480 grid, with pedal, bend, lyric and overlapping unisons."""
    file = mido.MidiFile(type=1, ticks_per_beat=division)
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=612_345), mido.MetaMessage("end_of_track")])
    events = [
        (0, mido.Message("program_change", channel=0, program=4)),
        (0, mido.Message("control_change", channel=0, control=64, value=127)),
        (1, mido.Message("note_on", channel=0, note=60, velocity=70)),
        (301, mido.Message("note_on", channel=0, note=60, velocity=71)),
        (333, mido.Message("pitchwheel", channel=0, pitch=1234)),
        (701, mido.Message("note_off", channel=0, note=60, velocity=33)),
        (703, mido.Message("note_on", channel=3, note=67, velocity=90)),
        (905, mido.Message("note_on", channel=0, note=60, velocity=0)),
        (961, mido.MetaMessage("lyrics", text="la")),
        (1401, mido.Message("note_off", channel=3, note=67)),
        (2000, mido.Message("control_change", channel=0, control=64, value=0)),
    ]
    track, last = mido.MidiTrack(), 0
    for tick, message in events:
        track.append(message.copy(time=tick - last))
        last = tick
    file.tracks += [conductor, track]
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def _events(data: bytes) -> Counter[tuple[int, int, str]]:
    """Track, tick and message of everything but the ends of tracks."""
    found: Counter[tuple[int, int, str]] = Counter()
    for index, track in enumerate(mido.MidiFile(file=io.BytesIO(data)).tracks):
        tick = 0
        for message in track:
            tick += message.time
            if message.type != "end_of_track":
                found[index, tick, str(message.copy(time=0))] += 1
    return found


def test_an_unchanged_score_gives_the_same_bytes() -> None:
    data = _file()
    score = read_midi(data)
    assert patch_midi(data, score, score) is data


def test_added_notes_do_not_move_other_events() -> None:
    data = _file()
    score = read_midi(data)
    first = score.parts[0]
    wider = replace(first, notes=tuple(sorted((*first.notes, Note(480, 72, 240)))))
    new = Part("Bass", 33, (Note(0, 40, 960),))
    patched = patch_midi(data, score, replace(score, parts=(wider, *score.parts[1:], new)))
    assert not _events(data) - _events(patched)
    added = [(track, tick, text) for track, tick, text in _events(patched) - _events(data)]
    assert (1, 960, "note_on channel=0 note=72 velocity=72 time=0") in added
    assert (2, 0, "program_change channel=1 program=33 time=0") in added
    assert read_midi(patched).parts[-1] == new


def test_credits_and_names_of_any_language_are_written() -> None:
    data = _file()
    score = read_midi(data)
    changed = replace(score, parts=(*score.parts, Part("小提琴", 40, (Note(0, 60, 960),))))
    provenance = Provenance(credit="© 小提琴 🎻")
    patched = patch_midi(data, score, changed, provenance)
    assert read_midi(patched).parts[-1].name == "小提琴"
    assert "© 小提琴 🎻".encode() in patched


def test_a_removed_note_removes_only_its_two_events() -> None:
    data = _file()
    score = read_midi(data)
    index = next(i for i, part in enumerate(score.parts) if part.notes[0].pitch == 67)
    parts = tuple(replace(part, notes=()) if i == index else part for i, part in enumerate(score.parts))
    patched = patch_midi(data, score, replace(score, parts=parts))
    gone = _events(data) - _events(patched)
    assert sorted(text.split()[0] for _, _, text in gone) == ["note_off", "note_on"]
    assert all("note=67" in text for _, _, text in gone)
    assert not _events(patched) - _events(data)


def test_tempos_after_the_end_are_added() -> None:
    data = _file()
    score = read_midi(data)
    later = replace(score, tempos=(*score.tempos, Tempo(4800, 90.0)))
    assert (0, 9600, "MetaMessage('set_tempo', tempo=666667, time=0)") in _events(patch_midi(data, score, later))


def test_removing_a_missing_note_is_rejected() -> None:
    data = _file()
    score = read_midi(data)
    wrong = replace(score, parts=(replace(score.parts[0], notes=(Note(5, 5, 5),)), *score.parts[1:]))
    with pytest.raises(BadInputError, match="no note 5"):
        patch_midi(data, wrong, score)


def test_the_file_discloses_who_changed_it(tmp_path: Path) -> None:
    data, path, provenance = _file(), tmp_path / "x.mid", Provenance("base", 7, shared=True)
    score = read_midi(data)
    joined = replace(score, parts=(*score.parts, Part("Drone", 19, (Note(0, 36, 480),))))
    for after, said in ((score, None), (joined, provenance)):
        path.write_bytes(patch_midi(data, score, after, provenance))
        assert find_provenance(path) == said


def _odd(name: str) -> tuple[bytes, Score]:
    data = odd_files()[name]
    return data, read_midi(data)


def _without(score: Score, part: int, note: int) -> Score:
    notes = score.parts[part].notes
    lessened = replace(score.parts[part], notes=notes[:note] + notes[note + 1 :])
    return replace(score, parts=(*score.parts[:part], lessened, *score.parts[part + 1 :]))


def test_the_second_of_two_unison_tracks_is_edited_by_itself() -> None:
    data, score = _odd("unisons")
    gone = _events(data) - _events(patch_midi(data, score, _without(score, 1, 3)))
    assert {track for track, _, _ in gone} == {2}
    assert gone.total() == 2


def test_a_part_after_a_change_of_program_stays_on_its_track() -> None:
    data, score = _odd("change of sound")
    assert [part.program for part in score.parts] == [40, 45, 42]
    gone = _events(data) - _events(patch_midi(data, score, _without(score, 1, 0)))
    assert {(track, text.split()[1]) for track, _, text in gone} == {(1, "channel=0")}


def test_overlapping_notes_keep_their_ends() -> None:
    data, score = _odd("equal pitches overlapping")
    patched = patch_midi(data, score, _without(score, 0, 1))
    kept = written_notes(data) - written_notes(patched)
    assert kept.total() == 1
    assert not written_notes(patched) - written_notes(data)


@pytest.mark.parametrize(("start", "length"), [(240, 100), (240, 2000), (0, 3000), (1200, 480)])
def test_new_notes_do_not_end_sounding_notes_of_their_pitch(start: int, length: int) -> None:
    data, score = _odd("equal pitches overlapping")
    [part] = score.parts
    more = replace(part, notes=tuple(sorted((*part.notes, Note(start, part.notes[0].pitch, length, 70)))))
    written = written_notes(patch_midi(data, score, replace(score, parts=(more,))))
    assert not written_notes(data) - written
    assert (written - written_notes(data)).total() == 1


def test_new_parts_take_channels_without_notes() -> None:
    data, score = _odd("volume on all channels")
    parts = (
        Part("Piano", 0, (Note(0, 60, 480),)),
        Part("Piano", 0, (Note(0, 40, 480),)),
        Part("Bass", 33, (Note(0, 30, 480),)),
    )
    added = _events(patch_midi(data, score, replace(score, parts=(*score.parts, *parts)))) - _events(data)
    programs = [text.split()[1:3] for _, _, text in added if text.startswith("program")]
    assert programs == [["channel=1", "program=0"], ["channel=2", "program=0"], ["channel=3", "program=33"]]


def test_new_drums_keep_the_drum_kit() -> None:
    data, score = _odd("drum kit")
    drums = Part("Drums", 0, (Note(0, 36, 30),), is_drum=True)
    added = _events(patch_midi(data, score, replace(score, parts=(*score.parts, drums)))) - _events(data)
    assert not [text for _, _, text in added if text.startswith("program")]


def test_active_controllers_are_reset_only_for_new_bars() -> None:
    data, score = _odd("left standing")
    flute = replace(score.parts[0], notes=(*score.parts[0].notes, Note(15360, 60, 480)))
    longer = replace(score, parts=(flute, *score.parts[1:]))
    patched = patch_midi(data, score, longer)
    assert not _events(data) - _events(patched)
    controls = sorted(text for _, tick, text in _events(patched) - _events(data) if tick == 15360 and "note" not in text)
    assert controls == [
        "control_change channel=0 control=11 value=100 time=0",
        "control_change channel=0 control=64 value=0 time=0",
        "pitchwheel channel=0 pitch=0 time=0",
    ]
    assert controllers_reset(data, score, longer) == ("expression", "pedal", "pitch bend")
    assert controllers_reset(data, score, _without(score, 0, 3)) == ()


def test_a_note_without_an_end_does_not_sound_into_new_bars() -> None:
    data = midi_bytes(Score((Part("Flute", 73, (Note(0, 60, 960),)),)))
    file = mido.MidiFile(file=io.BytesIO(data))
    file.tracks[1].insert(-1, mido.Message("note_on", channel=0, note=40, velocity=90, time=0))
    content = io.BytesIO()
    file.save(file=content)
    score = read_midi(content.getvalue())
    flute = replace(score.parts[0], notes=(*score.parts[0].notes, Note(960, 64, 480)))
    patched = patch_midi(content.getvalue(), score, replace(score, parts=(flute,)))
    sounding = [(tick, text.split()[0]) for _, tick, text in sorted(_events(patched)) if "note=40 " in text]
    assert sounding == [(960, "note_on"), (961, "note_off")]


def test_a_fade_out_is_reset_to_full() -> None:
    message = mido.Message("control_change", channel=0, control=11, value=0, time=960)
    data = midi_bytes(Score((Part("Flute", 73, (Note(0, 60, 960),)),)))
    file = mido.MidiFile(file=io.BytesIO(data))
    file.tracks[1].insert(-1, message)
    content = io.BytesIO()
    file.save(file=content)
    score = read_midi(content.getvalue())
    longer = replace(score, parts=(replace(score.parts[0], notes=(*score.parts[0].notes, Note(1920, 62, 480))),))
    added = _events(patch_midi(content.getvalue(), score, longer)) - _events(content.getvalue())
    assert (1, 1920, "control_change channel=0 control=11 value=127 time=0") in added


def test_meters_keys_tempos_and_chords_are_changed_if_they_differ() -> None:
    data = midi_bytes(
        Score(
            (Part("Flute", 73, (Note(0, 60, 3840),)),),
            (Tempo(0, 90.0), Tempo(1920, 60.0)),
            (TimeSignature(0, 4, 4),),
            (KeySignature(0, Key.parse("F major")),),
            (ChordSymbol(0, Chord.parse("F")), ChordSymbol(1920, Chord.parse("C"))),
        )
    )
    score = read_midi(data)
    after = replace(
        score,
        tempos=score.tempos[:1],
        time_signatures=(*score.time_signatures, TimeSignature(3840, 3, 4)),
        keys=(*score.keys, KeySignature(3840, Key.parse("D minor"))),
        chords=(score.chords[0], ChordSymbol(1920, Chord.parse("Bb")), ChordSymbol(3840, None)),
    )
    patched = patch_midi(data, score, after)
    again = read_midi(patched)
    assert again == replace(after, end_ticks=again.end_ticks)
    assert {tick for _, tick, _ in _events(data) - _events(patched)} == {1920}


def test_a_note_without_an_end_does_not_ring_into_new_bars() -> None:
    data = midi_bytes(Score((Part("Flute", 73, (Note(0, 60, 960), Note(960, 64, 960))),)))
    file = mido.MidiFile(file=io.BytesIO(data))
    file.tracks[1].insert(-1, mido.Message("note_on", channel=0, note=78, velocity=90))
    content = io.BytesIO()
    file.save(file=content)
    score = read_midi(content.getvalue())
    assert 78 not in {note.pitch for _, note in score.notes()}
    longer = replace(score, parts=(replace(score.parts[0], notes=(*score.parts[0].notes, Note(1920 + 960, 62, 480))),))
    added = _events(patch_midi(content.getvalue(), score, longer)) - _events(content.getvalue())
    assert (1, 2880, "note_off channel=0 note=78 velocity=0 time=0") in added
    assert controllers_reset(content.getvalue(), score, longer) == ("notes without an end",)


def test_a_file_without_note_offs_is_rejected() -> None:
    file = mido.MidiFile()
    file.tracks.append(mido.MidiTrack([mido.Message("note_on", note=60, time=480) for _ in range(3)]))
    content = io.BytesIO()
    file.save(file=content)
    with pytest.raises(BadInputError, match="note-ons but no note-offs"):
        read_midi(content.getvalue())


def test_a_part_gets_another_program_and_keeps_all_else() -> None:
    before = read_midi(_file())
    parts = tuple(replace(part, program=52) if part.program == 4 else part for part in before.parts)
    patched = patch_midi(_file(), before, replace(before, parts=parts))
    assert [part.program for part in read_midi(patched).parts] == [part.program for part in parts]
    gone, come = _events(_file()) - _events(patched), _events(patched) - _events(_file())
    assert [message for _, _, message in gone] == ["program_change channel=0 program=4 time=0"]
    assert [message for _, _, message in come] == ["program_change channel=0 program=52 time=0"]


def test_chunks_that_are_no_tracks_are_left_out() -> None:
    original = _file()
    start = original.index(b"MTrk", original.index(b"MTrk") + 1)
    alien = original[:start] + b"MXrk" + (2).to_bytes(4, "big") + b"??" + original[start:]
    before = read_midi(alien)
    first, *others = before.parts
    after = replace(before, parts=(replace(first, notes=(*first.notes, Note(4800, 72, 480, 80))), *others))
    edited = patch_midi(alien, before, after)
    assert not missing_notes(original, edited)
    assert written_notes(edited).total() == written_notes(original).total() + 1


@pytest.mark.parametrize("event", [b"\xff\x51\x01\x05", b"\xff\x59\x02\x20\x00"])
def test_a_file_that_cannot_be_edited_is_refused_when_it_is_read(event: bytes) -> None:
    track = b"\x00" + event + b"\x00\x90\x3c\x40\x60\x80\x3c\x00" + b"\x00\xff\x2f\x00"
    damaged = b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, 1, 1, 224]) + b"MTrk" + len(track).to_bytes(4, "big") + track
    assert read_midi(damaged).parts
    with pytest.raises(BadInputError, match="damaged"):
        Source.of_midi(damaged, "damaged.mid")
