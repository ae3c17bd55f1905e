import numpy as np
import pytest

from composer.analysis.structure import bar_similarity, find_sections, measure_recalls, recall_overlaps
from composer.controls import RECALL_BARS
from composer.errors import BadInputError
from composer.score import Note, Part, Score
from tests.analysis.scores import melody

RNG = np.random.default_rng(5)
A, B, C = ([int(p) for p in RNG.integers(55, 80, 32)] for _ in range(3))  # eight bars of quarters each


def letters(*sections: list[int]) -> str:
    return "".join(section.letter for section in find_sections(melody([p for s in sections for p in s])))


def test_recalls_are_distances_to_equal_bars() -> None:
    assert measure_recalls(melody(A + B + A)) == (0,) * 16 + (16,) * 8


def test_a_distance_without_a_control_is_new() -> None:
    assert 20 not in RECALL_BARS
    bars = A[:4] + [int(p) for p in RNG.integers(40, 54, 19 * 4)] + A[:4]
    assert measure_recalls(melody(bars))[-1] == 0


def test_the_nearest_of_equal_recalls_wins() -> None:
    assert measure_recalls(melody([60, 64, 67, 64] * 4)) == (0, 1, 1, 1)


def test_a_varied_bar_is_recalled_and_a_transposed_one_is_new() -> None:
    varied = [60, 64, 67, 72, 60, 64, 67, 71]
    assert measure_recalls(melody(varied)) == (0, 1)
    assert measure_recalls(melody([60, 64, 67, 72, 62, 66, 69, 74])) == (0, 0)


def test_rests_are_not_recalled() -> None:
    notes = (Note(0, 60, 1920), Note(5760, 62, 1920))
    assert measure_recalls(Score((Part("Flute", 73, notes),))) == (0, 0, 0, 0)


def test_overlap_is_relative_to_the_fuller_bar() -> None:
    notes = [Note(0, 60, 480), Note(1920, 60, 480), *(Note(1920 + 480 * i, 64, 480) for i in range(1, 4))]
    assert recall_overlaps(Score((Part("Flute", 73, tuple(notes)),)))[0].tolist() == [0.0, 0.25]


@pytest.mark.parametrize(("form", "expected"), [((A, A, B, A), "AABA"), ((A, B, A, C, A), "ABACA"), ((A, B, A, B), "ABAB")])
def test_forms_are_found(form: tuple[list[int], ...], expected: str) -> None:
    found = letters(*form)
    assert found == expected or (expected == "ABAB" and found == "AA")  # AB twice is also one section twice


def test_sections_cover_the_piece() -> None:
    sections = find_sections(melody(A + B + A))
    assert [s.start_bar for s in sections] == [0, *(s.end_bar for s in sections[:-1])]
    assert sections[-1].end_bar == 24


def test_similarity_is_symmetric_and_ignores_octaves() -> None:
    similarity = bar_similarity(melody(A[:4] + [p + 12 for p in A[:4]]))
    assert similarity == pytest.approx(np.ones((2, 2)))
    assert bar_similarity(melody(A)) == pytest.approx(bar_similarity(melody(A)).T)


def test_too_many_bars_are_rejected_with_a_remedy() -> None:
    with pytest.raises(BadInputError, match="cut the piece to at most 4096"):
        bar_similarity(melody([60] * 5000, 1920))
