"""Understanding: performances with known truth, upbeats, meters, keys, folding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from composer.analysis.key import estimate_key
from composer.analysis.overview import survey
from composer.formats.midi.midi_score import read_midi
from composer.score import Chord, ChordSymbol, Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.understanding import restore, understand
from tests.rework.odd_files import odd_files
from tests.understanding.performances import record

_MINUET = [67, 60, 62, 64, 65, 67, 60, 60, 69, 65, 67, 69, 71, 72, 60, 60]  # the rhythm below, twice
_RHYTHM = [480, 240, 240, 240, 240, 480, 480, 480]
_BASS = [48, 52, 53, 48]


def _waltz(bars: int = 16) -> Score:
    """3/4: a bass on the downbeat, a melody of quarters and eighths above."""
    melody, tick = [], 0
    for index in range(bars // 2 * 8):
        melody.append(Note(tick, 12 + _MINUET[index % 16], _RHYTHM[index % 8]))
        tick += _RHYTHM[index % 8]
    bass = [Note(1440 * bar, _BASS[bar % 4], 1440) for bar in range(bars)]
    parts = (Part("Right", 0, tuple(melody)), Part("Left", 0, tuple(bass)))
    return Score(parts, (Tempo(0, 104.0),), (TimeSignature(0, 3, 4),))


@pytest.mark.parametrize("wander", [0.0, 0.1])
def test_a_performed_waltz_is_understood_as_written(wander: float) -> None:
    waltz = _waltz()
    recording = record(waltz, expression=0.8, wander=wander, seed=1)
    understood = understand(recording.score)
    assert understood.timing == "performed"
    assert str(understood.meter) == "3/4"
    for part, written in zip(understood.score.parts, waltz.parts, strict=True):
        assert [note.start_ticks for note in part.notes] == [note.start_ticks for note in written.notes]
        lengths = [note.duration_ticks for note in part.notes[:-1]]  # the last note may ring
        assert lengths == [note.duration_ticks for note in written.notes[:-1]]
    assert understood.score.tempos[0].qpm == pytest.approx(104, rel=0.12)
    beats = [understood.warp.to_user(tick) for tick in range(0, 16 * 1440, 480)]
    truth = [recording.tick_of(tick) for tick in range(0, 16 * 1440, 480)]
    assert np.max(np.abs(np.array(beats) - np.array(truth))) < 67  # 70 ms, the tolerance of beat tracking evaluations
    assert restore(recording.score, understood, understood.score) == recording.score


def test_new_notes_follow_the_performers_timing() -> None:
    recording = record(_waltz(), expression=0.8, wander=0.1, seed=2)
    understood = understand(recording.score)
    bass = Part("Cello", 42, tuple(Note(1440 * bar, 36, 1440) for bar in range(16)))
    result = restore(recording.score, understood, replace(understood.score, parts=(*understood.score.parts, bass)))
    assert result.parts[:2] == recording.score.parts
    onsets = {note.start_ticks for note in result.parts[0].notes}
    misses = [min(abs(note.start_ticks - tick) for tick in onsets) for note in result.parts[2].notes]
    assert max(misses) < 40  # a cello on the pianist's downbeats, within 40 ms


def test_triplets_stay_triplets() -> None:
    starts = [1920 * bar + tick for bar in range(8) for tick in (0, 160, 320, 480, 720, 960, 1120, 1280, 1440)]
    ends = [*starts[1:], 8 * 1920]
    melody = tuple(Note(start, 60 + (7 * i) % 12, end - start) for i, (start, end) in enumerate(zip(starts, ends, strict=True)))
    chords = tuple(Note(1920 * bar, pitch, 1920) for bar in range(8) for pitch in (36 + 5 * (bar % 2), 52))
    score = Score((Part("Right", 0, melody), Part("Left", 0, chords)), (Tempo(0, 90.0),), (TimeSignature(0, 4, 4),))
    understood = understand(record(score, expression=0.5, seed=3).score)
    assert [note.start_ticks for note in understood.score.parts[0].notes] == starts


def test_playing_to_a_click_keeps_the_files_bars() -> None:
    shaken = [5, -9, 12, 0, -14, 8, 3, -6]
    melody = tuple(Note(480 + 240 * i + shaken[i % 8], 60 + i % 5, 230) for i in range(64))
    user = Score((Part("Piano", 0, melody),), (Tempo(0, 120.0),), (TimeSignature(0, 4, 4),))
    understood = understand(user)
    assert understood.timing == "played"
    assert understood.warp.to_score(960) == 960
    assert [note.start_ticks for note in understood.score.parts[0].notes] == [480 + 240 * i for i in range(64)]


def test_the_user_may_specify_meter_and_key() -> None:
    recording = record(_waltz(), expression=0.8, seed=1)
    understood = understand(recording.score, meter=TimeSignature(0, 4, 4), key=Key.parse("F major"))
    assert str(understood.meter) == "4/4"
    assert str(understood.key) == "F major"
    notated = understand(_waltz(), meter=TimeSignature(0, 6, 8))
    assert str(notated.meter) == "6/8"
    assert len(notated.score.bars) == 16


def test_a_meter_that_starts_within_a_bar_shortens_it() -> None:
    notes = tuple(Note(480 * i, 60, 480) for i in range(12))
    meters = (TimeSignature(0, 4, 4), TimeSignature(2880, 3, 4))
    understood = understand(Score((Part("Flute", 73, notes),), time_signatures=meters))
    assert [bar.start_ticks for bar in understood.score.bars] == [0, 1920, 2880, 4320]


def test_a_wrong_key_signature_is_overridden_and_reported() -> None:
    scale = [69, 71, 73, 74, 76, 78, 80, 81, 73, 76, 69, 69]
    notes = tuple(Note(480 * i, pitch, 480) for i, pitch in enumerate(scale * 4))
    wrong = Score((Part("Flute", 73, notes),), keys=(KeySignature(0, Key.parse("Eb major")),))
    understood = understand(wrong)
    assert str(understood.key) == "A major"
    assert any("Eb major" in remark for remark in understood.notes)


_CUE = "Dm Am Bb F Gm Dm Bb A7 Bb F Bb F Eb Bb F Eb Bb F Bb Eb Bb F C F"  # F major from bar 9


def _cue(later: str) -> Score:
    """Chords that begin in D minor, stated in this key and a later one."""
    chords = [Chord.parse(name) for name in _CUE.split()]
    notes = [Note(1920 * bar, 48 + tone, 1920) for bar, chord in enumerate(chords) for tone in sorted(chord.pitch_classes)]
    bass = [Note(1920 * bar, 36 + chord.root, 1920) for bar, chord in enumerate(chords)]
    keys = (KeySignature(0, Key.parse("D minor")), KeySignature(8 * 1920, Key.parse(later)))
    symbols = tuple(ChordSymbol(1920 * bar, chord) for bar, chord in enumerate(chords))
    return Score((Part("Strings", 48, tuple(notes)), Part("Bass", 43, tuple(bass))), keys=keys, chords=symbols)


def test_a_stated_plan_of_keys_is_believed_unless_the_notes_contradict() -> None:
    assert str(estimate_key(_cue("F major")).key) == "Bb major"  # of the whole piece
    understood = understand(_cue("F major"))
    assert [str(change.key) for change in understood.score.keys] == ["D minor", "F major"]
    assert understood.notes == ("file has no meter: 4/4 estimated",)
    found = survey(_cue("F major"))
    assert [str(change.key) for change in found.local_keys] == ["D minor", "F major"]
    assert found.cadence == "authentic"  # in F
    assert [str(change.key) for change in understand(_cue("B major")).score.keys] == ["Bb major"]
    assert [str(change.key) for change in survey(_cue("B major")).local_keys] != ["D minor", "B major"]


def test_thirty_tracks_fold_by_family() -> None:
    parts = [Part(f"Track {i}", (40, 56, 73)[i % 3], (Note(480 * i, 60 + i % 12, 480),)) for i in range(30)]
    drums = [Part("Kit", 0, (Note(0, 36, 10),), is_drum=True), Part("Toms", 0, (Note(480, 45, 10),), is_drum=True)]
    understood = understand(Score((*parts, *drums, Part("Empty", 0))))
    assert len(understood.score.parts) <= 16
    assert sum(part.is_drum for part in understood.score.parts) == 1
    assert "folded 32 tracks into 16 parts" in understood.notes
    for part, source in zip(understood.score.parts, understood.parts, strict=True):
        programs = {parts[index].program for index in source.parts if index < 30}
        assert part.is_drum or programs == {part.program}


def test_drums_only_have_no_key() -> None:
    kit = Part("Kit", 0, tuple(Note(240 * i, 42 if i % 4 else 36, 20) for i in range(64)), is_drum=True)
    understood = understand(Score((kit,), time_signatures=(TimeSignature(0, 4, 4),)))
    assert understood.key is None
    assert understood.chords == ()


def test_an_requested_meter_keeps_the_upbeat() -> None:
    notes = tuple(Note(480 * i, 60 + i % 5, 480) for i in range(13))
    for first, tick in ((TimeSignature(0, 1, 4), 480), (TimeSignature(0, 4, 4), 480)):
        user = Score((Part("Flute", 73, notes),), time_signatures=(first, TimeSignature(tick, 4, 4)))
        understood = understand(user, meter=TimeSignature(0, 3, 4))
        assert understood.score.parts[0].notes[0].start_ticks == 960
        assert [bar.start_ticks for bar in understood.score.bars] == [0, 1440, 2880, 4320, 5760]


def test_steady_playing_off_the_files_beat_is_a_performance() -> None:
    """At 120 qpm, the default of the clock, but started at an arbitrary time."""
    recording = record(replace(_waltz(), tempos=(Tempo(0, 120.0),)), expression=0.2, seed=4)
    understood = understand(recording.score)
    assert understood.timing == "performed"
    assert str(understood.meter) == "3/4"
    assert [note.start_ticks for note in understood.score.parts[1].notes] == [1440 * bar for bar in range(16)]


@pytest.mark.parametrize("division", [24, 48, 96])
def test_a_performance_on_a_coarse_clock_is_not_notated(division: int) -> None:
    exact = record(_waltz(), expression=0.8, wander=0.1, seed=5).score
    unit = 480 // division

    def coarse(note: Note) -> Note:
        start, end = (round(tick / unit) * unit for tick in (note.start_ticks, note.end_ticks))
        return replace(note, start_ticks=start, duration_ticks=max(unit, end - start))

    parts = tuple(replace(part, notes=tuple(sorted(map(coarse, part.notes)))) for part in exact.parts)
    understood = understand(replace(exact, parts=parts))
    assert understood.timing == "performed"
    assert str(understood.meter) == "3/4"


@pytest.mark.parametrize("bar", [5, 7])
def test_odd_meters_are_estimated(bar: int) -> None:
    melody = tuple(Note(480 * i, 72 + (0, 4, 2, 5, 7, 4, 2)[i % bar], 480) for i in range(16 * bar))
    chords = [(0, 48, 60, 64), (0, 43, 59, 62), (0, 45, 57, 64), (0, 41, 57, 65)]
    left = tuple(Note(480 * bar * i, pitch, 480 * bar) for i in range(16) for pitch in chords[i % 4][1:])
    score = Score((Part("Right", 0, melody), Part("Left", 0, left)), (Tempo(0, 132.0),), (TimeSignature(0, bar, 4),))
    understood = understand(record(score, expression=0.6, seed=6).score)
    assert str(understood.meter) == f"{bar}/4"


def test_a_player_who_changes_instruments_is_one_part() -> None:
    understood = understand(read_midi(odd_files()["change of sound"]))
    assert [(part.name, len(part.notes)) for part in understood.score.parts] == [("Fiddle", 32), ("", 24)]
    assert understood.parts[0].parts == (0, 1)


def _hymn(chords: str) -> Score:
    """Eight bars of C major, with one chord symbol per bar."""
    played = [Chord.parse(name).pitch_classes for name in ("C", "F", "G", "C", "Am", "Dm", "G", "C")]
    notes = tuple(Note(1920 * i, 48 + pitch, 1920) for i, chord in enumerate(played) for pitch in sorted(chord))
    symbols = tuple(ChordSymbol(1920 * i, Chord.parse(name)) for i, name in enumerate(chords.split()))
    return Score((Part("Organ", 19, notes),), time_signatures=(TimeSignature(0, 4, 4),), chords=symbols)


def test_rehearsal_letters_are_not_chords() -> None:
    true, letters = understand(_hymn("C F G C Am Dm G C")), understand(_hymn("A B C D"))
    assert true.chords == _hymn("C F G C Am Dm G C").chords
    assert letters.chords == understand(_hymn("")).chords
    assert (true.states_chords, letters.states_chords) == (True, False)
    assert "the file's chord symbols do not fit the notes: harmony estimated" in letters.notes


def _head(chords: str, pitches: str) -> Score:
    """A melody of a note a bar with a chord symbol each, in a file that says C major."""
    notes = tuple(Note(1920 * i, int(pitch), 1920) for i, pitch in enumerate(pitches.split()))
    symbols = tuple(ChordSymbol(1920 * i, Chord.parse(name)) for i, name in enumerate(chords.split()))
    return Score((Part("", 0, notes),), time_signatures=(TimeSignature(0, 4, 4),), chords=symbols)


def test_chords_under_a_melody_on_ninths_are_used() -> None:
    head = _head("Dm7 G7 Cmaj7 Am7 Dm7 G7 Fmaj7 C6", "76 69 74 71 76 69 67 74")
    understood = understand(head)
    assert understood.states_chords
    assert understood.score.chords == head.chords
    only_drums = replace(head, parts=(replace(head.parts[0], is_drum=True),))
    assert not understand(only_drums).states_chords
    foreign = understand(replace(head, chords=replace(head, parts=()).transposed(6).chords))
    assert not foreign.states_chords


def test_chords_tell_the_key_of_a_melody() -> None:
    tune = "74 70 77 74 72 76 69 74 74 70 77 74 72 76 65 65"
    assert str(understand(_head("", tune)).key) == "Bb major"
    assert str(understand(_head("Gm7 Gm7 C7 C7 Fmaj7 Fmaj7 F D7 Gm7 Gm7 C7 C7 F C7 F F", tune)).key) == "F major"


def test_harmony_is_estimated_after_the_last_stated_chord() -> None:
    chords = understand(_hymn("C F G")).chords
    assert chords[:3] == _hymn("C F G").chords
    assert [str(symbol.chord.symbol()) for symbol in chords[3:] if symbol.chord] == ["C", "Am/C", "Dm", "G/D", "C"]
    assert understand(_hymn("C F G C Am Dm G C")).chords[-1].start_ticks == 7 * 1920


def test_harmony_is_estimated_before_the_first_stated_chord() -> None:
    late = replace(_hymn("C F G C Am Dm G C"), chords=_hymn("C F G C Am Dm G C").chords[3:])
    chords = understand(late).chords
    assert [symbol.chord.root for symbol in chords[:3] if symbol.chord] == [0, 5, 7]
    assert chords[-5:] == late.chords


def test_one_beat_bars_are_ignored() -> None:
    beats = replace(_waltz(), time_signatures=(TimeSignature(0, 1, 4),))
    found = understand(beats)
    assert (str(found.meter), len(found.score.bars)) == ("3/4", 16)
    assert "file has one-beat bars: 3/4 estimated" in found.notes
    upbeat = replace(_waltz(), time_signatures=(TimeSignature(0, 1, 4), TimeSignature(480, 3, 4)))
    assert str(understand(upbeat).meter) == "3/4"


def test_a_written_church_mode_is_the_key_of_the_piece() -> None:
    """Its notes fit the major key with the same signature best, which no estimate tells from it."""
    tune = [62, 66, 67, 69, 72, 71, 69, 67, 66, 67, 69, 72, 71, 67, 66, 62]
    flute = Part("Flute", 73, tuple(Note(480 * i, pitch, 480) for i, pitch in enumerate(tune)))
    written = Score((flute,), keys=(KeySignature(0, Key.parse("D mixolydian")),))
    assert str(understand(written).key) == "D mixolydian"
