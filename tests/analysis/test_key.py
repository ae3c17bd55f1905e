import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.analysis.key import best_path, estimate_key, estimate_local_keys, key_evidence, key_index, key_of_index
from composer.score import Key, Note, Part, Score
from tests.analysis.scores import block_chords, melody

CADENCE = "C F G7 C Am Dm G7 C"
MINOR_CADENCE = "Am Dm E7 Am F Dm E7 Am"


@pytest.mark.parametrize("semitones", range(12))
def test_every_transposition_is_found(semitones: int) -> None:
    major = estimate_key(block_chords(CADENCE).transposed(semitones))
    minor = estimate_key(block_chords(MINOR_CADENCE).transposed(semitones - 9))
    assert (major.key.tonic, major.key.mode) == (semitones, "major")
    assert (minor.key.tonic, minor.key.mode) == (semitones, "minor")
    assert major.majorness > 0.5 > -0.5 > minor.majorness


def test_confidence_is_lower_for_one_note_than_for_a_cadence() -> None:
    assert estimate_key(melody([60])).confidence < estimate_key(block_chords(CADENCE)).confidence <= 1.0


def test_a_piece_without_pitched_notes_has_no_confidence() -> None:
    drums = Part("Drums", 0, (Note(0, 36, 120),), is_drum=True)
    assert estimate_key(Score((drums,))).confidence == 0.0
    assert estimate_local_keys(Score((drums,))) == ()


def test_drums_do_not_change_the_key() -> None:
    score = block_chords(CADENCE)
    drums = Part("Drums", 0, tuple(Note(240 * i, 42, 120) for i in range(32)), is_drum=True)
    assert estimate_key(Score((*score.parts, drums))) == estimate_key(score)


def test_a_modulation_is_found_where_it_happens() -> None:
    keys = estimate_local_keys(block_chords(" ".join([CADENCE] * 3 + ["F# B C#7 F# D#m G#m C#7 F#"] * 3)))
    assert [k.key.tonic for k in keys] == [0, 6]
    assert keys[0].start_ticks == 0
    assert abs(keys[1].start_ticks - 24 * 960) <= 4 * 1920


def test_evidence_rows_are_shares() -> None:
    assert key_evidence(block_chords(CADENCE)).sum(axis=1) == pytest.approx([1.0] * 4)


@given(st.integers(0, 11), st.sampled_from(["major", "minor"]))
def test_key_indices_are_invertible(tonic: int, mode: str) -> None:
    key = Key.from_tonic(tonic, mode)  # type: ignore[arg-type]
    assert key_of_index(key_index(key)) == key


def test_best_path_changes_only_for_a_gain() -> None:
    import numpy as np

    scores = np.array([[1.0, 0.0], [0.0, 0.4], [1.0, 0.0], [0.0, 3.0], [0.0, 3.0]])
    assert best_path(scores, 0.5).tolist() == [0, 0, 0, 1, 1]
    assert best_path(scores, 0.0).tolist() == [0, 1, 0, 1, 1]
