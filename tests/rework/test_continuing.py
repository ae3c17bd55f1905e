"""New bars go on as the given ones: in their rhythm, density, register and texture, and a melody over a harmony of its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from composer.brief import Brief
from composer.formats.midi.midi_patch import patch_midi
from composer.formats.midi.midi_score import midi_bytes, read_midi
from composer.rework import accompany, continue_
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
    TimeSignature,
)
from tests.rework.test_in_style import SONG

BAR = 6 * 240
JIG = (  # G major, the last bar of each half rests on its second half
    "67 71 74 79 74 71", "72 76 72 71 67 71", "69 71 72 71 69 67", "69 66 62 62 - 69",
    "67 71 74 79 74 71", "72 76 72 71 67 71", "69 71 72 62 64 66", "69 67 67 67 - -",
)  # fmt: skip


def tune(program: int = 73) -> Score:
    """Sixteen bars of a jig; each note lasts until the next one."""
    line = list[Note]()
    for place, text in enumerate(" ".join(JIG * 2).split()):
        if text == "-":
            line[-1] = Note(line[-1].start_ticks, line[-1].pitch, line[-1].duration_ticks + 240, 90)
        else:
            line.append(Note(240 * place, int(text), 240, 90))
    return Score(
        (Part("Flute", program, tuple(line)),),
        time_signatures=(TimeSignature(0, 6, 8),),
        keys=(KeySignature(0, Key.parse("G major")),),
    )


def rhythms(part: Part, ticks: int, first: int, end: int) -> list[tuple[int, ...]]:
    """The onsets of each bar, in ticks from its barline."""
    starts = sorted({note.start_ticks for note in part.notes})
    return [tuple(start % ticks for start in starts if start // ticks == bar) for bar in range(first, end)]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_lively_tune_goes_on_in_its_rhythm_and_range(tiny_model: Path, seed: int) -> None:
    given = tune()
    done = continue_(given, Brief(bars=8, seed=seed), model=str(tiny_model)).score
    [part] = done.parts
    new = [note for note in part.notes if note.start_ticks >= 16 * BAR]
    known = set(rhythms(part, BAR, 8, 16))
    assert sum(bar in known for bar in rhythms(part, BAR, 16, 23)) >= 5, "closes may settle"
    assert len(new) >= 0.8 * sum(map(len, rhythms(part, BAR, 8, 16)))
    assert min(note.pitch for note in new) >= 60
    assert max(note.pitch for note in new) <= 81
    assert new[-1].pitch % 12 == 7
    assert all(note.velocity == 90 for note in new)
    assert sum(note.pitch % 12 in Key.parse("G major").scale for note in new) >= 0.9 * len(new)


def test_the_opening_comes_back_in_the_rhythm_of_later_bars(tiny_model: Path) -> None:
    given = tune()
    [part] = given.parts
    slow = tuple(Note(BAR * bar + 720 * half, 67 + 2 * half, 720, 90) for bar in range(8) for half in (0, 1))
    later = tuple(note for note in part.notes if note.start_ticks >= 8 * BAR)
    mixed = Score((Part("Flute", 73, (*slow, *later)),), time_signatures=given.time_signatures, keys=given.keys)
    done = continue_(mixed, Brief(bars=16, seed=1), ending=False, model=str(tiny_model)).score
    counts = [len(bar) for bar in rhythms(done.parts[0], BAR, 16, 32)]
    assert sum(counts[:8]) > 30
    assert sum(counts[8:]) < 24


def test_a_tune_with_chord_symbols_goes_on_with_some(tiny_model: Path) -> None:
    symbols = tuple(ChordSymbol(BAR * bar, Chord.parse(name)) for bar, name in enumerate(["G", "C", "D7", "G"] * 4))
    given = Score(tune().parts, time_signatures=tune().time_signatures, keys=tune().keys, chords=symbols)
    done = continue_(given, Brief(bars=4, seed=1), model=str(tiny_model)).score
    assert done.chords[:16] == symbols
    assert {symbol.start_ticks // BAR for symbol in done.chords} & set(range(16, 20))
    requested = continue_(given, Brief.from_dict({"bars": 4, "chords": "Em C Am G"}), model=str(tiny_model)).score
    assert [symbol.chord.symbol() for symbol in requested.chords[-4:] if symbol.chord] == ["Em", "C", "Am", "G"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_part_goes_on_in_its_rhythm_register_and_chords(tiny_model: Path, seed: int) -> None:
    done = continue_(SONG, Brief(bars=8, seed=seed), model=str(tiny_model))
    for part in done.score.parts:
        assert rhythms(part, 1920, 16, 23) == rhythms(part, 1920, 8, 15)
        for bar in range(16, 22):  # the cadence follows
            here, model = ([n for n in part.notes if n.start_ticks // 1920 == each] for each in (bar, bar - 8))
            assert min(n.pitch for n in model) - 4 <= min(n.pitch for n in here)
            assert max(n.pitch for n in here) <= max(n.pitch for n in model) + 4
            assert {n.duration_ticks for n in here} <= {n.duration_ticks for n in model}
    hands = [note for note in done.score.parts[1].notes if 16 * 1920 <= note.start_ticks < 22 * 1920]
    assert len(hands) >= 2 * 6, "chords stay chords"
    line = [note.pitch for note in done.score.parts[0].notes if 16 * 1920 <= note.start_ticks < 22 * 1920]
    assert sum(before == after for before, after in pairwise(line)) <= 5, "notes repeat across barlines at most"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_parts_strike_tones_of_the_new_chords(tiny_model: Path, seed: int) -> None:
    symbols = tuple(ChordSymbol(1920 * bar, Chord.parse(["G", "C", "D7", "G"][bar % 4])) for bar in range(16))
    done = continue_(replace(SONG, chords=symbols), Brief(bars=8, seed=seed), model=str(tiny_model)).score
    starts = {symbol.start_ticks: symbol.chord for symbol in done.chords if symbol.start_ticks >= 16 * 1920 and symbol.chord}
    assert starts
    for note in (note for part in done.parts for note in part.notes if note.start_ticks in starts):
        assert note.pitch % 12 in starts[note.start_ticks].pitch_classes


def test_a_slow_hymn_stays_slow(tiny_model: Path) -> None:
    chords = ((67, 62, 59, 43), (69, 64, 60, 45), (66, 62, 57, 50), (67, 62, 59, 43))
    voices = tuple(
        Part(name, 52, tuple(Note(960 * half, chords[half % 4][index], 960) for half in range(32)))
        for index, name in enumerate(("Soprano", "Alto", "Tenor", "Bass"))
    )
    hymn = Score(voices, time_signatures=(TimeSignature(0, 4, 4),), keys=SONG.keys)
    done = continue_(hymn, Brief(bars=8, seed=2), model=str(tiny_model)).score
    soprano = [note for note in done.parts[0].notes if note.start_ticks >= 16 * 1920]
    assert len(soprano) <= 18


THEME = (  # E minor in 3/4, from an upbeat on; lengths in quarter notes
    "71 76 79 78 76:2 71 72 76 74 71:2 71 76 79 83 81 79 78 79 78 75 76:2 71 "
    "79 83 81 79:2 74 76 79 78 78:2 71 76 79 83 81 79 78 79 78 75 76:2"
)


def theme(*, full: bool = False) -> Score:
    """Sixteen bars whose phrases begin with an upbeat; a full last bar has no room for another one."""
    line, tick = list[Note](), 960
    for text in THEME.split():
        pitch, _, quarters = text.partition(":")
        line.append(Note(tick, int(pitch), 480 * int(quarters or 1), 90))
        tick = line[-1].end_ticks
    if full:
        line[-1] = Note(line[-1].start_ticks, line[-1].pitch, 1440, 90)
    meter, key = TimeSignature(0, 3, 4), KeySignature(0, Key.parse("E minor"))
    return Score((Part("Flute", 73, tuple(line)),), time_signatures=(meter,), keys=(key,))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_tune_with_an_upbeat_goes_on_with_one(tiny_model: Path, seed: int) -> None:
    given = theme()
    [part] = continue_(given, Brief(bars=8, seed=seed), model=str(tiny_model)).score.parts
    assert set(given.parts[0].notes) <= set(part.notes)
    upbeat = [note for note in part.notes if given.last_note_end_ticks <= note.start_ticks < 17 * 1440]
    assert [(note.start_ticks, note.duration_ticks) for note in upbeat] == [(16 * 1440 + 960, 480)]
    full = theme(full=True)
    [part] = continue_(full, Brief(bars=8, seed=seed), model=str(tiny_model)).score.parts
    assert not [note for note in part.notes if full.parts[0].notes[-1].start_ticks < note.start_ticks < 17 * 1440]


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_tune_moves_where_the_bars_that_it_follows_move_and_closes_nearby(tiny_model: Path, seed: int) -> None:
    [part] = continue_(theme(), Brief(bars=8, seed=seed), model=str(tiny_model)).score.parts
    new = [note.pitch for note in part.notes if note.start_ticks >= 17 * 1440]
    assert sum(before == after for before, after in pairwise(new)) <= 3
    assert new[-1] % 12 == 4
    assert abs(new[-1] - new[-2]) <= 7


@pytest.mark.parametrize("seed", range(1, 6))
def test_no_tone_foreign_to_its_chord_is_held(tiny_model: Path, seed: int) -> None:
    symbols = tuple(ChordSymbol(1440 * (bar + 1), Chord.parse(["Em", "Em", "Am", "B7"][bar % 4])) for bar in range(16))
    given = theme()
    stated = Score(given.parts, time_signatures=given.time_signatures, keys=given.keys, chords=symbols)
    done = continue_(stated, Brief(bars=8, seed=seed), model=str(tiny_model)).score
    ends = [*(symbol.start_ticks for symbol in done.chords[1:]), done.end_ticks or 10**9]
    for note in done.parts[0].notes:
        for symbol, end in zip(done.chords, ends, strict=True):
            sounds = min(end, note.end_ticks) - max(symbol.start_ticks, note.start_ticks)
            if note.start_ticks >= 17 * 1440 and sounds >= 960:
                assert symbol.chord is not None
                assert note.pitch % 12 in symbol.chord.pitch_classes


def test_new_bars_have_the_pedal_of_those_that_they_follow(tiny_model: Path) -> None:
    voice, piano = SONG.parts
    pedals = tuple((1920 * bar + 60, 1920 * bar + 1860) for bar in range(16))
    given = Score((voice, replace(piano, pedals=pedals)), time_signatures=SONG.time_signatures, keys=SONG.keys)
    done = continue_(given, Brief(bars=4, seed=1), model=str(tiny_model)).score
    assert done.parts[0].pedals == ()
    held = done.parts[1].pedals
    assert held[:16] == pedals
    assert {down // 1920 for down, _ in held[16:]} == {16, 17, 18}, "not in the last bar"
    for symbol in done.chords:
        assert not any(down + 60 < symbol.start_ticks < up for down, up in held[16:]), "lifted at changes of chord"
    original = midi_bytes(given)
    edited = read_midi(patch_midi(original, read_midi(original), replace(read_midi(original), parts=done.parts)))
    assert edited.parts[1].pedals[16:] == held[16:]


def test_music_with_an_upbeat_goes_on_with_it(tiny_model: Path) -> None:
    tune = tuple(Note(1440 + 480 * beat, (60, 65, 69, 67)[beat % 4], 480, 90) for beat in range(32))
    chords = tuple(Note(1920 * (bar + 1), pitch, 1920, 60) for bar in range(8) for pitch in (41, 57, 60))
    parts = (Part("Voice", 52, tune), Part("Piano", 0, chords))
    key = KeySignature(0, Key.parse("F major"))
    given = Score(parts, time_signatures=(TimeSignature(0, 4, 4),), keys=(key,))
    voice, piano = continue_(given, Brief(bars=4, seed=1), model=str(tiny_model)).score.parts
    assert [(n.start_ticks, n.pitch) for n in voice.notes if 16800 <= n.start_ticks < 17280] == [(16800, 60)]
    assert {n.start_ticks for n in piano.notes if n.start_ticks < 17280} == {n.start_ticks for n in chords}
    full = replace(given, parts=(replace(parts[0], notes=(*tune, Note(16800, 65, 480, 90))), parts[1]))
    voice, _ = continue_(full, Brief(bars=4, seed=1), model=str(tiny_model)).score.parts
    assert [n.pitch for n in voice.notes if n.start_ticks == 16800] == [65]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_added_bass_lies_below_the_hands_of_a_piano(tiny_model: Path, seed: int) -> None:
    done = accompany(theme(), Brief(seed=seed), add=["piano", "bass"], model=str(tiny_model)).score
    _, right, left, bass = done.parts
    highest = max(note.pitch for note in bass.notes)
    assert highest <= 50
    assert highest <= min(note.pitch for note in (*left.notes, *right.notes))


def cue() -> Score:
    """Eight bars in C minor: a horn over held strings, and above them an ostinato of broken chords."""
    chords = ((60, 63, 67), (60, 63, 68), (60, 65, 68), (59, 62, 67)) * 2
    heads = (67, 72, 65, 67, 72, 74, 68, 72)
    ticks = 4 * 480
    horn = [Note(ticks * bar + 960 * half, pitch - 3 * half, 960, 84) for bar, pitch in enumerate(heads) for half in (0, 1)]
    strings = [Note(ticks * bar, pitch, ticks, 60) for bar, chord in enumerate(chords) for pitch in chord]
    basses = [Note(ticks * bar, root, ticks, 64) for bar, root in enumerate((36, 32, 41, 43) * 2)]
    turns = (0, 1, 2, 1) * 2
    piano = [
        Note(ticks * bar + 240 * eighth, chords[bar][tone] + 12, 190, 53)
        for bar in range(8)
        for eighth, tone in enumerate(turns)
    ]
    parts = [("Horn", 60, horn), ("Violins", 48, strings), ("Cellos", 42, basses), ("Piano", 0, piano)]
    return Score(
        tuple(Part(name, program, tuple(sorted(notes))) for name, program, notes in parts),
        time_signatures=(TimeSignature(0, 4, 4),),
        keys=(KeySignature(0, Key.parse("C minor")),),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_ostinato_goes_on_over_the_new_chords_in_its_loudness(tiny_model: Path, seed: int) -> None:
    given, names = cue(), ("Cm", "Ab", "Fm", "G")
    brief = Brief.from_dict({"bars": 8, "seed": seed, "chords": "Cm Ab Fm G Cm Eb Bb Cm"})
    piano = continue_(given, brief, model=str(tiny_model)).score.parts[3]
    assert rhythms(piano, 4 * 480, 8, 14) == rhythms(piano, 4 * 480, 0, 6)
    chords = [Chord.parse(name) for name in (*names, "Cm", "Eb")]
    for bar, chord in enumerate(chords):
        notes = [note for note in piano.notes if note.start_ticks // (4 * 480) == 8 + bar]
        assert {note.pitch % 12 for note in notes} == chord.pitch_classes
        assert {note.velocity for note in notes} == {53}
        pitches = [note.pitch for note in notes]
        assert pitches[:4] == pitches[4:]
        assert pitches[1] == pitches[3]


def test_an_ostinato_goes_on_where_the_model_names_no_chord(tiny_model: Path) -> None:
    for seed in range(1, 5):
        piano = continue_(cue(), Brief(bars=8, seed=seed), model=str(tiny_model)).score.parts[3]
        for bar in range(8, 15):
            pitches = [note.pitch for note in piano.notes if note.start_ticks // (4 * 480) == bar]
            assert len({pitch % 12 for pitch in pitches[:4]}) == 3
            assert pitches[1] == pitches[3]


def test_a_loop_ends_with_the_new_bars(tiny_model: Path) -> None:
    given = tune()
    marked = replace(given, markers=(Marker(0, LOOP_START), Marker(16 * BAR, LOOP_END)))
    record = continue_(marked, Brief(bars=4, seed=1), model=str(tiny_model))
    assert record.score.loop_ticks == (0, 20 * BAR)
    assert any("loopEnd is now after bar 20" in remark for remark in record.report["warnings"])
    inner = replace(given, markers=(Marker(0, LOOP_START), Marker(8 * BAR, LOOP_END)))
    assert continue_(inner, Brief(bars=4, seed=1), model=str(tiny_model)).score.loop_ticks == (0, 8 * BAR)
