"""Chord symbols: every quality, with and without a bass, and the notations of jazz charts."""

import pytest

from composer.brief import parse_chords
from composer.errors import BadInputError
from composer.score import BASIC_QUALITIES, CHORD_QUALITIES, Chord


@pytest.mark.parametrize("quality", CHORD_QUALITIES)
@pytest.mark.parametrize("bass", [None, 4])
def test_every_chord_symbol_survives_a_round_trip(quality: str, bass: int | None) -> None:
    chord = Chord(9, quality, bass)
    assert Chord.parse(chord.symbol()) == chord
    assert chord.reduced.quality in BASIC_QUALITIES
    assert chord.transposed(5).transposed(7) == chord


JAZZ = {
    "Cmaj9": "Cmaj7", "Dm11": "Dm7", "G13": "G7", "C6": "C", "C7b9": "C7", "F7#11": "F7", "CΔ7": "Cmaj7", "D-7": "Dm7",
    "Gø": "Gm7b5", "C/E": "C/E", "G7alt": "G7", "Bb6/9": "Bb", "Asus2": "Asus4", "E5": "E", "Cm(maj7)": "Cm", "D9sus4": "Dsus4",
}  # fmt: skip


@pytest.mark.parametrize(("symbol", "reduced"), JAZZ.items())
def test_jazz_symbols_reduce_to_the_qualities_of_the_stream(symbol: str, reduced: str) -> None:
    assert Chord.parse(symbol).reduced.symbol() == reduced


@pytest.mark.parametrize(("text", "numeral"), [("ii V I", "ii"), ("C | bVII F |", "bVII"), ("viio7 I", "viio7")])
def test_roman_numerals_are_named_with_their_remedy(text: str, numeral: str) -> None:
    with pytest.raises(BadInputError, match=f"chord '{numeral}' is a roman numeral: .* a prompt with a key"):
        parse_chords(text)
    with pytest.raises(BadInputError, match="chord 'violin' is not known"):
        parse_chords("violin")
