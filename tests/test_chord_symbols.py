"""Chord symbols: every quality, with and without a bass, the notations of jazz charts, and Roman numerals."""

import re
from itertools import product

import pytest

from composer.brief import Brief, parse_chords
from composer.brief.chords import write_chords
from composer.brief.degrees import PROGRESSION, Degree
from composer.errors import BadInputError
from composer.plan import make_plan
from composer.requests import read_request
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


NUMERALS = [
    ("C major", "ii7 V7 Imaj7 bVII", "Dm7 G7 Cmaj7 Bb"),
    ("C major", "viiø7 V/V #iv° IV/IV V7/ii vii°7/V", "Bm7b5 D F#dim Bb A7 F#dim7"),
    ("C major", "I6 I6/4 I64 V65 V4/3 V42 ii65 vii°6 Imaj42", "C/E C/G C/G G7/B G7/D G7/F Dm7/F Bdim/D Cmaj7/B"),
    ("C major", "IIm7 V7b9 Imaj9 iim7b5 Isus4 I6/9 Iadd6 iiio", "Dm7 G7b9 Cmaj9 Dm7b5 Csus4 C6/9 C6 Edim"),
    ("A minor", "i VI III VII iv V v iiø7", "Am F C G Dm E Em Bm7b5"),
    ("A minor", "bVI bIII bVII bII6 vii°7 vi° #vii° vi vii", "F C G Bb/D G#dim7 F#dim G#dim Fm Gm"),
    ("D dorian", "i IV VII ii", "Dm G C Em"),
    ("G mixolydian", "I VII bVII IV", "G F F C"),
    ("Eb major", "ii-V-I", "Fm Bb Eb"),
    ("E major", "ii, V7, I", "F#m B7 E"),
    ("D minor", "i N.C. A7 | VI C7 |", "Dm N.C. A7 | Bb C7 |"),
]


@pytest.mark.parametrize(("key", "numerals", "symbols"), NUMERALS)
def test_roman_numerals_are_chords_of_the_key(key: str, numerals: str, symbols: str) -> None:
    brief = Brief.from_dict({"chords": numerals, "key": key})
    assert write_chords(brief.chords, brief.key) == symbols
    assert brief == Brief.from_dict({"chords": symbols, "key": key})
    assert Brief.from_dict(brief.to_dict()) == brief


def test_every_numeral_that_prompts_find_is_read() -> None:
    signs, targets = ("", "b", "♭", "#", "♯"), ("", "/V", "/bVI")
    figures = ("", "7", "9", "13", "maj7", "maj9", "sus4", "+", "6", "64", "6/4", "65", "6/5", "43", "4/3", "42", "4/2")
    diminished = tuple(sign + figure for sign in "°oø" for figure in ("", *figures))
    found = 0
    for sign, letters, suffix, target in product(signs, ("II", "ii", "VII", "vii"), (*figures, *diminished), targets):
        numeral = f"{sign}{letters}{suffix}{target}"
        if re.fullmatch(PROGRESSION, f"{numeral} {numeral} {numeral}"):
            found += 1
            assert Degree.read(numeral), numeral
    assert found > 500


@pytest.mark.parametrize(("text", "numeral"), [("ii V I", "ii"), ("C | bVII F |", "bVII"), ("viio7 I", "viio7")])
def test_roman_numerals_without_a_key_are_named_with_their_remedy(text: str, numeral: str) -> None:
    brief = Brief.from_dict({"chords": text})
    assert brief.to_dict()["chords"] == text
    for options in ({"chords": text}, {"sections": f"all: chords {text}"}):
        with pytest.raises(BadInputError, match=f"chord '{numeral}' is a Roman numeral, which needs a key: .*--key 'C major'"):
            make_plan(Brief.from_dict(options))


@pytest.mark.parametrize("numeral", ["I77", "V/X", "V#5", "Imaj7/E", "iM9", "ø", "IIII", "Iv", "violin"])
def test_what_is_no_numeral_is_refused(numeral: str) -> None:
    kind = "chord" if numeral in ("ø", "IIII", "Iv", "violin") else "Roman numeral"
    with pytest.raises(BadInputError, match=f"^{kind} '{re.escape(numeral)}' is not known: "):
        parse_chords(numeral)


def test_roman_numerals_of_sections_are_in_the_key_of_the_piece() -> None:
    brief = Brief.from_dict({"key": "E major", "form": "AB", "sections": "b: chords ii V7 | I |, no drums"})
    assert brief.to_dict()["sections"] == "b: no drums, chords F#m B7 | E |"


def test_the_key_of_a_prompt_counts_for_roman_numerals() -> None:
    options, _ = read_request("a jazz trio in B flat", {"chords": "ii7 V7 Imaj7"})
    assert make_plan(Brief.from_dict(options)).chords[0] == (Chord.parse("Cm7"),)


@pytest.mark.parametrize("chords", ["V/C I", "I viii", "iiii I", "I ivi"])
def test_what_is_no_roman_numeral_is_refused(chords: str) -> None:
    with pytest.raises(BadInputError, match="is not known"):
        Brief.from_dict({"chords": chords, "key": "C major"})
