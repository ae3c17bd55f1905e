import math

import pytest

from composer.analysis.melody import leading_parts, melody_parts
from composer.analysis.meter_estimate import estimate_meter
from composer.analysis.phrasing import detect_cadence
from composer.analysis.texture import (
    bass_part,
    describe_texture,
    measure_density,
    measure_polyphony,
    onset_synchrony,
    voice_count,
)
from composer.score import Key, Note, Part, Score, TimeSignature
from tests.analysis.scores import block_chords, melody

DRUMS = Part("Drums", 0, tuple(Note(240 * i, 42, 120) for i in range(16)), is_drum=True)


def test_density_counts_sounding_parts_only() -> None:
    quarters = melody([60] * 8).parts[0]
    silent = Part("Oboe", 68)
    assert measure_density(Score((quarters, silent))) == 1.0
    assert measure_density(Score((DRUMS,))) == 2.0
    assert measure_density(Score(())) == 0.0


def test_polyphony_ignores_rests_and_drums() -> None:
    part = Part("Organ", 19, (Note(0, 48, 480), Note(0, 60, 480), Note(960, 60, 480)))
    assert measure_polyphony(Score((part, DRUMS))) == 1.5
    assert measure_polyphony(Score((DRUMS,))) is None
    assert voice_count(Score((DRUMS,))) == 0
    assert math.isnan(onset_synchrony(Score((DRUMS,))))


def test_melody_is_on_top_and_bass_below() -> None:
    high, low = melody([76] * 8).parts[0], melody([40] * 8).parts[0]
    assert (melody_parts(Score((low, high)))[0], bass_part(Score((low, high)))) == (1, 0)


def test_a_humanized_lead_is_the_melody_and_not_the_bass() -> None:
    lead = Part("Lead", 80, tuple(Note(480 * i + 15, 76 + i % 3, 440) for i in range(16)))  # always starts alone
    keys = Part("Keys", 0, tuple(Note(960 * i, p, 960) for i in range(8) for p in (55, 60, 64)))
    bass = Part("Bass", 33, tuple(Note(960 * i + 5, 36, 900) for i in range(8)))
    score = Score((lead, keys, bass, DRUMS))
    assert (melody_parts(score)[0], bass_part(score)) == (0, 2)


def test_a_solo_bass_is_not_the_melody() -> None:
    bass = Part("Bass", 33, tuple(Note(480 * i, 36, 480) for i in range(32)))
    flute = Part("Flute", 73, tuple(Note(480 * i, 72, 480) for i in range(4)))
    assert (melody_parts(Score((bass, flute)))[0], bass_part(Score((bass, flute)))) == (1, 0)
    assert (melody_parts(Score((bass,)))[0], bass_part(Score((bass,)))) == (0, 0)


def test_a_quiet_figure_above_is_not_the_melody() -> None:
    horn = Part("Horn", 60, tuple(Note(960 * i, 67 + 2 * (i % 5), 960, 84) for i in range(16)))
    figure = Part("Piano", 0, tuple(Note(240 * i, (72, 75, 79, 75)[i % 4], 200, 54) for i in range(64)))
    score = Score((horn, figure))
    assert set(leading_parts(score).tolist()) == {0}
    assert melody_parts(score) == (0,)


def test_textures_are_named() -> None:
    melody_line = Part("Flute", 73, tuple(Note(240 * i, 72 + i % 5, 240) for i in range(16)))
    held = Part("Piano", 0, tuple(Note(1920 * b, p, 1920) for b in range(2) for p in (48, 55, 64)))
    other_line = Part("Cello", 42, tuple(Note(480 * i, 48 + i % 5, 480) for i in range(8)))
    assert describe_texture(Score((melody_line,))) == "monophony"
    assert describe_texture(block_chords("C F G C")) == "homophony"
    assert describe_texture(Score((melody_line, held))) == "accompanied melody"
    assert (
        describe_texture(Score((melody_line, Part("Cello", 42, tuple(Note(720 * i + 120, 48, 720) for i in range(5))))))
        == "polyphony"
    )
    assert describe_texture(Score((other_line, DRUMS))) == "monophony"
    assert describe_texture(Score((DRUMS,))) == "silence"


@pytest.mark.parametrize(
    ("chords", "key", "cadence"),
    [
        ("C F G7 C", "C", "authentic"), ("C F C", "C", "plagal"), ("C F G", "C", "half"), ("C G F", "C", "none"),
        ("Am Dm E7 Am", "Am", "authentic"), ("Am E7 A", "Am", "authentic"), ("Am Dm Am", "Am", "plagal"),
        ("Am Dm E", "Am", "half"), ("G7 C Am", "C", "none"), ("Dm Bdim C", "C", "authentic"),
    ],
)  # fmt: skip
def test_cadences_are_distinguished(chords: str, key: str, cadence: str) -> None:
    assert detect_cadence(block_chords(chords), Key.parse(key)) == cadence


def test_a_tonic_may_have_a_sixth() -> None:
    dominant, sixth = (43, 53, 59, 62), (48, 57, 64, 67, 69)
    notes = tuple(Note(960 * i, pitch, 960) for i, chord in enumerate((dominant, sixth)) for pitch in chord)
    assert detect_cadence(Score((Part("Piano", 0, notes),)), Key.parse("C")) == "authentic"


def test_a_piece_of_drums_has_no_cadence() -> None:
    assert detect_cadence(Score((DRUMS,))) == "none"


@pytest.mark.parametrize(
    ("meters", "accents"),
    [({"2/4", "4/4"}, [4, 1, 2, 1, 3, 1, 2, 1]), ({"3/4"}, [4, 1, 2, 1, 2, 1]), ({"6/8"}, [4, 1, 1, 3, 1, 1])],
)
def test_meters_follow_long_and_low_notes(meters: set[str], accents: list[int]) -> None:
    notes = []
    for i in range(len(accents) * 12):
        accent = accents[i % len(accents)]
        notes += [Note(240 * i, 72, 60 * accent)] + [Note(240 * i, 40, 240)] * (accent >= 2)
    score = Score((Part("Piano", 0, tuple(sorted(notes))),), time_signatures=(TimeSignature(0, 4, 4),))
    assert str(estimate_meter(score).time_signature) in meters


def test_meter_of_an_empty_score_is_common_time_without_margin() -> None:
    estimate = estimate_meter(Score(()))
    assert (str(estimate.time_signature), estimate.margin) == ("4/4", 0.0)
