"""Chord shapes on fretted instruments."""

from __future__ import annotations

import pytest

from composer.analysis.playability import reach_of
from composer.arranging.frets import other_bass, shape_of
from composer.arranging.voicing import seventh_of, third_of
from composer.presets import instruments
from composer.score import Chord

GUITAR = instruments()["acoustic-guitar-nylon"].strings
QUALITIES = ["maj", "min", "7", "maj7", "min7", "dim", "hdim7", "aug", "sus4", "6", "9", "dim7"]


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("root", range(12))
def test_every_chord_has_a_shape_that_a_hand_can_stop(root: int, quality: str) -> None:
    chord = Chord(root, quality)
    shape = shape_of(chord, GUITAR, 40, 84)
    assert 4 <= len(shape) <= 6
    assert reach_of(24).allows(sorted(shape))
    frets = [pitch - string for pitch, string in zip(shape, GUITAR[-len(shape) :], strict=True)]
    stopped = [fret for fret in frets if fret]
    assert min(frets) >= 0
    assert max(stopped) - min(stopped) <= 3
    above = [fret for fret in stopped if fret > min(stopped)]
    last = next((place for place, fret in enumerate(reversed(frets)) if fret != frets[-1]), len(frets))
    assert len(above) - (max(0, last - 1) if frets[-1] > min(stopped) else 0) <= 3, "a barre and three fingers"
    assert {pitch % 12 for pitch in shape} <= chord.pitch_classes
    needed = {(root + tone) % 12 for tone in (third_of(chord), seventh_of(chord)) if tone is not None}
    assert needed <= {pitch % 12 for pitch in shape}
    assert shape[0] % 12 == root
    assert other_bass(chord, shape) in shape[1:]


def test_guitarists_play_open_chords_where_there_are_some() -> None:
    usual = {"C": "32010", "D": "0232", "Em": "022000", "G": "320003", "Am": "02210", "D/F#": "200232"}
    for symbol, frets in usual.items():
        shape = shape_of(Chord.parse(symbol), GUITAR, 40, 84)
        assert "".join(str(pitch - string) for pitch, string in zip(shape, GUITAR[-len(shape) :], strict=True)) == frets


@pytest.mark.parametrize("name", sorted(name for name, row in instruments().items() if row.strings))
def test_shapes_stay_on_the_instrument(name: str) -> None:
    row = instruments()[name]
    for root in range(12):
        for quality in ("maj", "min", "7"):
            shape = shape_of(Chord(root, quality), row.strings, row.low, row.high)
            assert len(shape) >= 3, (name, root, quality)
            assert all(row.low <= pitch <= row.high for pitch in shape)
            assert reach_of(row.program, row.title).allows(sorted(shape)), (name, root, quality)
