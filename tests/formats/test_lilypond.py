"""LilyPond files: their structure, and their playback by LilyPond if it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from composer.formats import read_score
from composer.formats.lilypond import lilypond_text, write_lilypond
from composer.score import Score
from tests.formats.pieces import BY_HAND, triplets

_WORDS = r'\\(time|tempo|mark|key|clef|bar) (?:"[^"]*"|4 = \d+|\S+(?: \\(?:major|minor))?)'
_VALUE = {"\\longa": Fraction(4), "\\breve": Fraction(2)}


def voices(text: str) -> list[list[str]]:
    """The bars of each voice."""
    return [
        re.findall(r"^ {8}(.*) \|$", voice, re.MULTILINE)
        for voice in text.split("\\new ")[1:]
        if re.match("(Drum)?Voice", voice)
    ]


def length(bar: str) -> Fraction:
    """The sounding length of a bar in whole notes."""
    total, factor = Fraction(0), Fraction(1)
    for actual, normal, value, dots, times in re.findall(
        r"\\tuplet (\d)/(\d)|(?:^|(?<=[\s{]))(?:[a-zR',~]+|<[^>]*>)(\d+|\\longa|\\breve)(\.*)(?:\*(\d+/\d+))?|(?<=\s)\}", bar
    ):
        if actual:
            factor = Fraction(int(normal), int(actual))
        elif not value:
            factor = Fraction(1)
        else:
            whole = _VALUE.get(value) or Fraction(1, int(value))
            total += factor * whole * (2 - Fraction(1, 2 ** len(dots))) * (Fraction(times) if times else 1)
    return total


@pytest.mark.parametrize("name", BY_HAND)
def test_every_voice_fills_its_bars(name: str) -> None:
    score = BY_HAND[name]()
    text = lilypond_text(score)
    assert text.count("{") == text.count("}")
    assert text.count("<<") == text.count(">>")
    assert len(voices(text)) >= len(score.parts)
    for voice in voices(text):
        first, *rest = [length(re.sub(_WORDS, "", bar)) for bar in voice]
        assert first == (Fraction(1, 4) if name == "pickup" else Fraction(score.bars[0].time_signature.bar_ticks, 1920))
        assert rest == [Fraction(bar.time_signature.bar_ticks, 1920) for bar in score.bars[1:]]


def onsets(score: Score) -> Counter[tuple[int, int]]:
    return Counter((note.start_ticks, note.pitch) for _, note in score.notes())


@pytest.mark.long
@pytest.mark.parametrize("name", BY_HAND)
def test_lilypond_plays_the_notes(name: str, tmp_path: Path) -> None:
    program = shutil.which("lilypond")
    if program is None:
        pytest.skip("LilyPond is not installed")
    score = BY_HAND[name]()
    write_lilypond(score, tmp_path / "piece.ly")
    done = subprocess.run([program, "-s", "-o", "piece", "piece.ly"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    back = read_score(tmp_path / "piece.midi")
    assert set(onsets(back)) == set(onsets(score))


def test_output_is_deterministic() -> None:
    assert lilypond_text(triplets()) == lilypond_text(triplets())
