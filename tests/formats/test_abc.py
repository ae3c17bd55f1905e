"""ABC files, read back with music21 and with our reader."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from composer.errors import BadInputError
from composer.formats import read_score, write_score
from composer.formats.abc import abc_text
from composer.formats.engraving.layout import Layout
from composer.formats.lilypond import lilypond_text
from composer.formats.music21_read import read_abc, read_kern
from composer.formats.provenance import Provenance
from composer.score import CHURCH_MODES, Key, KeySignature, Note, Part, Score
from tests.formats.pieces import BY_HAND, Q, printed_onsets, scores, waltz


def theirs(score: Score) -> Counter[tuple[int, int]]:
    """(tick, pitch) of each note that music21 reads."""
    from music21 import converter

    stream = converter.parse(abc_text(score), format="abc")
    return Counter(
        (round(float(note.getOffsetInHierarchy(stream)) * Q), pitch.midi)
        for note in stream.stripTies().recurse().notes
        if "ChordSymbol" not in note.classes
        for pitch in note.pitches
    )


def ours(score: Score) -> Counter[tuple[int, int]]:
    return Counter((note.start_ticks, note.pitch) for _, note in score.notes())


@pytest.mark.parametrize("name", BY_HAND)
def test_music21_reads_the_notes(name: str) -> None:
    assert theirs(BY_HAND[name]()) == printed_onsets(BY_HAND[name]())


@pytest.mark.parametrize("fifths", [-6, -3, 0, 4, 7])
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_chromatic_notes_in_all_keys(fifths: int, mode: str) -> None:
    notes = tuple(Note(i * Q // 2, pitch, Q // 2) for i, pitch in enumerate([*range(36, 90), *range(89, 35, -2)]))
    score = Score((Part("Violin", 40, notes),), keys=(KeySignature(0, Key(fifths, mode)),))  # type: ignore[arg-type]
    assert theirs(score) == ours(score)


def test_our_reader_finds_meter_key_tempo_and_chords(tmp_path: Path) -> None:
    write_score(waltz(), tmp_path / "waltz.abc", None, Layout(chord_symbols=True))
    back = read_score(tmp_path / "waltz.abc")
    assert str(back.time_signatures[0]) == "3/4"
    assert back.keys[0].key == waltz().keys[0].key
    assert back.tempos[0].qpm == pytest.approx(84)
    assert ours(back) == ours(waltz())
    assert [c.chord and c.chord.symbol() for c in back.chords][:3] == ["Dm", "A/C#", "Dm"] or len(back.chords) >= 7


def test_our_reader_keeps_names_programs_and_drums(tmp_path: Path) -> None:
    parts = (
        Part("Flute", 73, (Note(0, 72, 4 * Q),)),
        Part('Bass "slap"', 36, (Note(0, 40, 4 * Q),)),
        Part("Drums", 0, (Note(0, 36, Q),), is_drum=True),
    )
    write_score(Score(parts), tmp_path / "band.abc")
    back = read_score(tmp_path / "band.abc").parts
    assert list(dict.fromkeys((part.name, part.program, part.is_drum) for part in back)) == [  # drums have two voices
        ("Flute", 73, False),
        ("Bass 'slap'", 36, False),
        ("Drums", 0, True),
    ]
    assert [note.pitch for part in back[2:] for note in part.notes] == [36]


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("K:C\n%%MIDI program 2 40\nC8 |]\nX:2\n%%MIDI program 5\n", [("Violin", 40)]),
        (
            '%%MIDI program 24\nK:C\nV:1 nm="Alto"\nV:2 name="Tenor"\n%%MIDI program 42\nV:1\nc8 |]\nV:2\nC8 |]\n',
            [("Alto", 24), ("Tenor", 42)],
        ),
        ("K:C\nC8 |]\n", [("Melody", 0)]),
        ("K:C\nV:1\nc8 |]\nV:2\nC8 |]\n", [("Part 1", 0), ("Part 2", 0)]),
        ('K:C\nV:A name="Alto"\n%%MIDI program 99999999\nC8 |]\n', [("Alto", 52)]),
    ],
)
def test_other_ways_to_state_instruments(text: str, sounds: list[tuple[str, int]]) -> None:
    back = read_abc(f"X:1\nT:x\nM:4/4\nL:1/8\n{text}".encode())
    assert [(part.name, part.program) for part in back.parts if part.notes] == sounds


@pytest.mark.parametrize(
    "voices",
    [
        "K:C\nV:1\nc8 | d8 |\nV:2\nC8 | D8 |\nV:1\ne8 |]\nV:2\nE8 |]\n",
        "K:C\n[V:1] c8 | d8 |\n[V:2 clef=bass] C8 | D8 |\n[V:1] e8 |]\n[V:2] E8 |]\n",
        'V:T name="Tune"\nV:B\nK:C\nV:T\nc8 | d8 | e8 |]\nV:B\nC8 | D8 | E8 |]\n',
        "K:C\nV:1\nc8 | d8 | e8 |]\n[V:2] C8 | D8 | [V:2] E8 |]\n",
    ],
)
def test_voices_that_take_turns_are_parts(voices: str) -> None:
    back = read_abc(f"X:1\nT:x\nM:4/4\nL:1/8\n{voices}".encode())
    tune, bass = back.parts
    assert [(note.start_ticks, note.pitch) for note in tune.notes] == [(0, 72), (1920, 74), (3840, 76)]
    assert [(note.start_ticks, note.pitch) for note in bass.notes] == [(0, 60), (1920, 62), (3840, 64)]
    assert (tune.name, bass.name) == (("Tune", "B") if "V:T" in voices else ("Part 1", "Part 2"))


def test_the_tune_that_comes_first_is_read_whatever_its_number() -> None:
    tunes = "".join(f"X:{number}\nT:x\nM:4/4\nL:1/4\nK:C\n{note}4 |]\n\n" for number, note in ((7, "G"), (1, "C")))
    assert [note.pitch for part in read_abc(f"% a book\n\n{tunes}".encode()).parts for note in part.notes] == [67]


@given(scores(max_parts=2, grid=120))
@settings(max_examples=10, phases=[Phase.generate], deadline=None)
def test_random_scores_keep_their_onsets(score: Score) -> None:
    parts = tuple(Part(f"P{i}", 40, tuple(n for n in part.notes if 24 <= n.pitch <= 108)) for i, part in enumerate(score.parts))
    plain = replace(score, parts=parts, title="", markers=(), chords=(), tempos=score.tempos[:1])
    assert not printed_onsets(plain) - theirs(plain), "music21 reads some ties over key changes as new notes"


def test_a_held_note_keeps_its_voice() -> None:
    """A note that begins above a held one would take its place; music21 would take its pitch for the tied one and lose it."""
    held, above = Note(Q, 50, 9 * Q), Note(4 * Q, 66, Q)
    score = Score((Part("Violin", 40, (held, above)),))
    assert theirs(score) == ours(score)


def test_a_note_that_leaves_its_chord_is_not_tied() -> None:
    """Of two notes on a stem that end at different times in the next bar, one changes voice, where ABC has no tie."""
    score = Score((Part("Violin", 40, (Note(0, 60, 5 * Q), Note(0, 64, 6 * Q))),))
    assert "[CE-]8 |" in abc_text(score)


@pytest.mark.parametrize(
    ("field", "key"),
    [
        *((f"D{name[:3]}", f"D {name}") for name in CHURCH_MODES),
        ("D Mix", "D mixolydian"),
        ("D MIXOLYDIAN clef=treble", "D mixolydian"),
        ("f#dor", "F# dorian"),
        ("Dmaj", "D major"),
        ("Dmin", "D minor"),
        ("HP", "A mixolydian"),
        ("Hp", "A mixolydian"),
        ("D exp ^f", "D mixolydian"),
        ("none", "C major"),
    ],
)
def test_keys_of_the_standard_are_read_with_their_signature(field: str, key: str) -> None:
    read = read_abc(f"X:1\nT:x\nM:4/4\nL:1/4\nK:{field}\nFGAB | cdef |]\n".encode())
    assert str(read.key) == key
    sounds = {pitch % 12 for pitch in (note.pitch for note in read.parts[0].notes)}
    assert sounds <= Key.parse(key).scale


def test_a_key_signature_of_no_mode_is_refused_in_one_line() -> None:
    with pytest.raises(BadInputError, match="'D phr \\^f' is not major, minor or a church mode: write its accidentals"):
        read_abc(b"X:1\nT:x\nM:4/4\nL:1/4\nK:D phr ^f\nFGAB |]\n")


@pytest.mark.parametrize("mode", CHURCH_MODES)
def test_church_modes_keep_notes_and_name_in_every_format(mode: str, tmp_path: Path) -> None:
    key = Key.parse(f"D {mode}")
    scale = [pitch for pitch in range(62, 75) if pitch % 12 in key.scale]
    score = Score(
        (Part("Flute", 73, tuple(Note(i * Q, pitch, Q) for i, pitch in enumerate(scale))),), keys=(KeySignature(0, key),)
    )
    for suffix in ("abc", "musicxml", "mid"):
        write_score(score, tmp_path / f"tune.{suffix}")
        back = read_score(tmp_path / f"tune.{suffix}")
        assert (back.key, ours(back)) == (key, ours(score)), suffix
    assert f"K:D{mode[:3]}\n" in abc_text(score)
    assert re.search(rf"\\key d \\{mode}\b", lilypond_text(score))


def test_kern_names_church_modes() -> None:
    kern = b"!!!COM: Smith, Ada\n**kern\n*clefG2\n*k[f#]\n*D:mix\n*M4/4\n4d\n4e\n4f#\n4cc\n==\n*-\n"
    read = read_kern(kern)
    assert (str(read.key), read.composer) == ("D mixolydian", "Smith, Ada")


def test_the_composer_of_a_file_is_kept_where_files_have_a_place_for_one(tmp_path: Path) -> None:
    (tmp_path / "tune.abc").write_text("X:1\nT:x\nC:Ada Lovelace\nM:4/4\nL:1/4\nK:D\nFGAB |]\n")
    read_back = read_score(tmp_path / "tune.abc")
    for suffix in ("musicxml", "mid", "abc"):
        write_score(read_back, tmp_path / f"back.{suffix}", Provenance(shared=True))
        read_back = read_score(tmp_path / f"back.{suffix}")
        assert read_back.composer == "Ada Lovelace", suffix
    assert 'composer = "Ada Lovelace"' in lilypond_text(read_back)
    assert "C:Ada Lovelace" in abc_text(read_back, Provenance("base", 1))
    assert "C:Cantilena" in abc_text(replace(read_back, composer=""), Provenance("base", 1))
    assert "C:Bob" in abc_text(read_back, Provenance("base", 1, author="Bob"))
