"""The close of a harmony that the model finds for given parts: a dominant, then the tonic."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from composer.rework.final_close import close_on_tonic
from composer.rework.material import partial_piece_of, understand_material
from composer.score import Chord, Key, KeySignature, Note, Part, Score, TimeSignature
from composer.tokenizer.vocabulary import Vocabulary
from composer.training.data.build import base_tokenizer
from composer.understanding import Assumptions

TUNE = (64, 67, 65, 69, 67, 64, 60, 64)  # two bars that are followed by a close
MINOR = (64, 60, 62, 65, 64, 60, 57, 60)


def closed(close: Sequence[int], chords: Sequence[Sequence[str]], key: str = "C major") -> list[list[str]]:
    """The chords of the last two bars under a bar of quarters and a last note, where the model found others."""
    pitches = [*(TUNE if key == "C major" else MINOR), *close[:-1]]
    notes = [Note(480 * beat, pitch, 480) for beat, pitch in enumerate(pitches)]
    tune = Part("Flute", 73, (*notes, Note(480 * len(pitches), close[-1], 1920)))
    score = Score((tune,), time_signatures=(TimeSignature(0, 4, 4),), keys=(KeySignature(0, Key.parse(key)),))
    piece = partial_piece_of(understand_material(score, Assumptions(key=Key.parse(key))), base_tokenizer())
    vocabulary = piece.tokenizer.vocabulary
    rows = [["C"], ["C"], *chords] if key == "C major" else [["Am"], ["Am"], *chords]
    piece.chords = {bar: tuple(vocabulary.chord(Chord.parse(name)) for name in row) for bar, row in enumerate(rows)}
    piece.repeats = {2: 0}
    close_on_tonic(piece)
    assert (2 in piece.repeats) == (rows[2] == names(piece.chords[2], vocabulary))
    return [names(piece.chords[bar], vocabulary) for bar in (2, 3)]


def names(tokens: Sequence[int], vocabulary: Vocabulary) -> list[str]:
    """The symbols of chord ids."""
    return [chord.symbol() for token in tokens if (chord := vocabulary.chord_of(token))]


@pytest.mark.parametrize(
    ("close", "chords", "expected"),
    [
        ((62, 64, 62, 59, 60), (["E7"], ["C"]), [["G"], ["C"]]),
        ((64, 67, 62, 59, 60), (["C", "Bm"], ["Am"]), [["C", "G"], ["C"]]),
        ((69, 65, 64, 62, 60), (["F", "Em"], ["Em"]), [["F", "G"], ["C"]]),
        ((65, 62, 62, 59, 60), (["Bm", "E7"], ["C"]), [["G7"], ["C"]]),
        ((69, 72, 69, 69, 72), (["Am", "Em"], ["Am"]), [["Am", "F"], ["C"]]),
        ((64, 67, 67, 64, 64), (["Em"], ["Am"]), [["Em"], ["Am"]]),  # no end on the tonic
    ],
)
def test_a_tune_closes_on_the_tonic_after_a_dominant(
    close: Sequence[int], chords: Sequence[Sequence[str]], expected: list[list[str]]
) -> None:
    assert closed(close, chords) == expected


def test_a_seventh_degree_that_is_not_raised_has_no_dominant() -> None:
    assert closed((64, 62, 59, 56, 57), (["C"], ["F"]), "A minor") == [["E7"], ["Am"]]
    assert closed((64, 62, 62, 55, 57), (["C", "G"], ["F"]), "A minor") == [["C", "G"], ["Am"]]
