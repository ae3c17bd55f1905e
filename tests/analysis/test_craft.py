"""Measures of craft on scores whose faults are known."""

import pytest

from composer.analysis.craft import measure_craft
from composer.score import Note, Part, Score

_BAR = 1920


def song(*rhythm: int) -> Score:
    """Eight bars over C and G, each fourth one with some lengths of notes in ticks, the others with eighths."""
    tune: list[Note] = []
    for bar in range(8):
        start = bar * _BAR
        for place, length in enumerate(rhythm if bar % 4 == 3 else [240] * 8):
            tune.append(Note(start, 72 + (place + bar) % 5, length))
            start += length
    roots = (48, 43, 43, 48) * 2
    chords = tuple(Note(bar * _BAR, pitch, _BAR) for bar, root in enumerate(roots) for pitch in (root, root + 4, root + 7))
    return Score((Part("Voice", 52, tuple(tune)), Part("Piano", 0, chords)))


@pytest.mark.parametrize(
    ("rhythm", "breathless"),
    [((960, 960), 0.0), ((240,) * 8, 1.0), ((1680, 240), 0.0), ((240, 240, 1200, 240), 0.0)],
    ids=["held", "eighths", "held before an upbeat", "held late before an upbeat"],
)
def test_a_melody_breathes_where_it_holds_a_note_before_the_next_phrase(rhythm: tuple[int, ...], breathless: float) -> None:
    assert measure_craft(song(*rhythm))["breathless phrases"] == breathless


def test_short_notes_in_turn_do_not_clash() -> None:
    turn = tuple(Note(80 * place, 72 + place % 2, 80) for place in range(96))
    assert measure_craft(Score((Part("Flute", 73, turn),)))["semitone clashes"] == 0.0
