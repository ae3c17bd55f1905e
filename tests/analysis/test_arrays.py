import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.analysis import score_arrays
from composer.score import Note, Part, Score, Tempo, TimeSignature

NOTES = st.lists(st.builds(Note, st.integers(0, 6000), st.integers(20, 100), st.integers(1, 3000)), min_size=1, max_size=12)


@given(NOTES, st.sampled_from(["4/4", "3/4", "6/8", "7/8", "1/4"]))
def test_the_roll_contains_every_tick_of_every_note(notes: list[Note], meter: str) -> None:
    arrays = score_arrays(Score((Part("Harp", 46, tuple(sorted(notes))),), time_signatures=(TimeSignature.parse(meter),)))
    for pitch in {note.pitch for note in notes}:
        assert arrays.roll[:, pitch].sum() == sum(note.duration_ticks for note in notes if note.pitch == pitch)
    expected = np.zeros_like(arrays.roll)
    for note in notes:
        starts, ends = np.maximum(arrays.beat_start[:-1], note.start_ticks), np.minimum(arrays.beat_start[1:], note.end_ticks)
        expected[:, note.pitch] += np.maximum(ends - starts, 0)
    assert arrays.roll == pytest.approx(expected)


@pytest.mark.parametrize(
    ("meter", "segments"), [("4/4", [0, 960]), ("3/4", [0, 960]), ("6/8", [0, 720]), ("5/4", [0, 1440]), ("1/4", [0, 240])]
)
def test_segments_are_split_at_a_bars_second_chord(meter: str, segments: list[int]) -> None:
    signature = TimeSignature.parse(meter)
    arrays = score_arrays(Score((Part("Harp", 46, (Note(0, 60, signature.bar_ticks),)),), time_signatures=(signature,)))
    assert arrays.segment_start.tolist() == [*segments, signature.bar_ticks]
    assert set(arrays.segment_start.tolist()) <= set(arrays.beat_start.tolist())


def test_seconds_follow_the_tempo_map() -> None:
    score = Score((Part("Harp", 46, (Note(0, 60, 5760),)),), tempos=(Tempo(0, 60.0), Tempo(1920, 120.0)))
    assert score_arrays(score).bar_seconds.tolist() == pytest.approx([score.seconds_at(t) for t in (0, 1920, 3840, 5760)])


def test_bass_ignores_very_short_notes() -> None:
    arrays = score_arrays(Score((Part("Piano", 0, (Note(0, 30, 60), Note(0, 48, 480))),)))
    assert arrays.bass.tolist() == [48, -1, -1, -1]


def test_a_doubled_pitch_does_not_hide_the_bass() -> None:
    violins = tuple(Part(f"Violin {n}", 40, (Note(0, 71, 480),)) for n in range(4))
    assert score_arrays(Score((*violins, Part("Contrabass", 43, (Note(0, 40, 480),))))).bass.tolist() == [40, -1, -1, -1]
