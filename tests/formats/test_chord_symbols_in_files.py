"""All chord symbols, with and without a bass, through MusicXML, MIDI and music21."""

from __future__ import annotations

import pytest

from composer.formats.midi.midi_score import midi_bytes, read_midi
from composer.formats.musicxml.musicxml_directions import KINDS
from composer.formats.musicxml.musicxml_write import musicxml_bytes, read_musicxml
from composer.score import CHORD_QUALITIES, Chord, ChordSymbol, Key, KeySignature, Note, Part, Score, spell_fifths
from tests.formats.pieces import Q


def sheet(key: Key, bass: int | None) -> Score:
    """A bar for each quality, with the interval `bass` above the root in the bass."""
    chords = [Chord(i % 12, q, None if bass is None else (i + bass) % 12) for i, q in enumerate(CHORD_QUALITIES)]
    return Score(
        (Part("Flute", 73, tuple(Note(4 * Q * i, 72, 4 * Q) for i in range(len(chords)))),),
        keys=(KeySignature(0, key),),
        chords=tuple(ChordSymbol(4 * Q * i, chord) for i, chord in enumerate(chords)),
    )


@pytest.mark.parametrize("bass", [None, 4, 7])
@pytest.mark.parametrize("key", [Key(0, "major"), Key(6, "major"), Key(-5, "minor")])
def test_all_symbols_survive_a_round_trip(key: Key, bass: int | None) -> None:
    score = sheet(key, bass)
    assert read_musicxml(musicxml_bytes(score)).chords == score.chords
    assert read_midi(midi_bytes(score)).chords == score.chords


@pytest.mark.parametrize("bass", [None, 7])
def test_music21_finds_root_bass_and_kind(bass: int | None) -> None:
    from music21 import converter, harmony

    score = sheet(Key(0, "major"), bass)
    stream = converter.parseData(musicxml_bytes(score), format="musicxml")
    found = list(stream.recurse().getElementsByClass(harmony.ChordSymbol))
    assert len(found) == len(score.chords)
    for symbol, theirs in zip(score.chords, found, strict=True):
        chord = symbol.chord
        assert chord is not None
        assert theirs.root().pitchClass == chord.root
        assert theirs.bass().pitchClass == chord.lowest, chord.symbol()
        kind, degrees = KINDS[chord.quality]
        assert theirs.chordKind.startswith(kind.split("-")[0]) or kind == "major-minor"
        assert len(theirs.chordStepModifications) == len(degrees)


@pytest.mark.parametrize("fifths", range(-7, 8))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_roots_have_one_accidental_and_unusual_names_only_in_their_keys(fifths: int, mode: str) -> None:
    key = Key(fifths, mode)  # type: ignore[arg-type]
    for root in range(12):
        for quality in CHORD_QUALITIES:
            name = spell_fifths(Chord(root, quality).spelled(key)[0])
            assert len(name) <= 2
            if name in ("Fb", "Cb", "E#", "B#"):
                assert abs(fifths) >= 6
