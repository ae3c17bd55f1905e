import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.analysis.chords import QUALITIES, estimate_chords
from composer.analysis.key import estimate_key
from composer.score import Chord, Key, Note, Part, Score, TimeSignature
from tests.analysis.scores import block_chords


def symbols(score: Score, key: Key | None = None) -> list[str]:
    return [c.chord.symbol() if c.chord else "N.C." for c in estimate_chords(score, key)]


@pytest.mark.parametrize("quality", [q for q in QUALITIES if q not in ("aug", "sus4")])
@pytest.mark.parametrize("root", [0, 5, 9])
def test_each_quality_is_estimated_when_it_fills_the_bar(quality: str, root: int) -> None:
    chord = Chord(root, quality)
    assert estimate_chords(block_chords(chord.symbol(), ticks=1920))[0].chord == chord


def test_two_chords_per_bar_are_on_the_barline_and_in_the_middle() -> None:
    found = estimate_chords(block_chords("C F G7 C"))
    assert [(c.start_ticks, c.chord and c.chord.symbol()) for c in found] == [(0, "C"), (960, "F"), (1920, "G7"), (2880, "C")]


def test_the_second_chord_of_a_waltz_is_on_its_third_beat() -> None:
    notes = [Note(0, p, 960) for p in (48, 64, 67)] + [Note(960, p, 480) for p in (43, 59, 65)]
    score = Score((Part("Piano", 0, tuple(notes)),), time_signatures=(TimeSignature(0, 3, 4),))
    assert [c.start_ticks for c in estimate_chords(score)] == [0, 960]


def test_a_silent_bar_has_no_chord_and_a_rest_within_a_bar_keeps_it() -> None:
    notes = [Note(0, p, 480) for p in (48, 64, 67)] + [Note(3840, p, 1920) for p in (48, 64, 67)]
    assert symbols(Score((Part("Piano", 0, tuple(notes)),))) == ["C", "N.C.", "C"]


def test_passing_notes_do_not_make_chords() -> None:
    bass = Part("Piano", 0, tuple(Note(1920 * bar, p, 1920) for bar in range(2) for p in (48, 52, 55)))
    run = Part("Flute", 73, tuple(Note(240 * i, p, 240) for i, p in enumerate([72, 74, 76, 77, 79, 77, 76, 74] * 2)))
    assert symbols(Score((bass, run)), Key(0, "major")) == ["C", "C"]


@given(st.lists(st.sampled_from(["C", "Dm", "Em", "F", "G", "Am", "G7", "Bdim"]), min_size=1, max_size=12))
def test_every_bar_has_a_symbol_and_roots_move_with_the_music(progression: list[str]) -> None:
    score = block_chords(" ".join(progression), ticks=1920)
    key = estimate_key(score).key
    plain = estimate_chords(score, key)
    moved = estimate_chords(score.transposed(2), Key.from_tonic((key.tonic + 2) % 12, key.mode))
    assert {c.start_ticks for c in plain} >= {1920 * bar for bar in range(len(progression))}
    assert [(c.start_ticks, c.chord and ((c.chord.root + 2) % 12, c.chord.quality)) for c in plain] == [
        (c.start_ticks, c.chord and (c.chord.root, c.chord.quality)) for c in moved
    ]
