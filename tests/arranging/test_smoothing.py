"""What is changed in accompaniments that the network wrote."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from composer.arranging import arrange
from composer.arranging.setting import Setting
from composer.arranging.smoothing import smoothed
from composer.score import Note
from tests.arranging import plan_of


def resting(style: str, **options: object) -> Setting:
    """A setting in C major whose melody rests in the second half of the fourth bar, where a phrase closes."""
    arrangement = arrange(plan_of(style, bars=8, key="C major", meter="4/4", chords="C | F | G | C | F | C | G | C", **options))
    assert arrangement is not None
    plan = replace(arrangement.setting.plan, closes=(None, None, None, "authentic", None, None, None, "authentic"))
    tune = tuple(Note(bar * 1920, 72, 960 if bar == 3 else 1920) for bar in range(8))
    return replace(arrangement.setting, plan=plan, tune=tune)


def test_voices_breathe_with_the_melody_at_closes() -> None:
    setting = resting("folk", ensemble="satb-choir")
    alto = setting.plan.parts[1]
    written = [Note(bar * 1920 + half * 960, 64, 960) for bar in range(8) for half in range(2)]
    sung = smoothed(written, setting, alto)
    assert not [note for note in sung if note.start_ticks < 4 * 1920 and note.end_ticks > 3 * 1920 + 960]
    assert [note for note in sung if note.start_ticks == 2 * 1920 + 960]


def test_a_suspension_resolves_before_voices_breathe() -> None:
    setting = resting("folk", ensemble="satb-choir")
    written = [Note(3 * 1920, 65, 960), Note(3 * 1920 + 960, 64, 480)]  # F over C, then E in the melody's rest
    assert written[1] in smoothed(written, setting, setting.plan.parts[1])


def test_rests_of_a_beat_stay_and_shorter_ones_are_held_over() -> None:
    setting = resting("string-quartet")
    rest, gap = ([Note(1920, 65, 120), Note(1920 + after, 64, 480)] for after in (960, 480))
    assert smoothed(rest, setting, setting.plan.parts[1])[0] == Note(1920, 65, 120)
    assert smoothed(gap, setting, setting.plan.parts[1])[0] == Note(1920, 65, 480)


def setting_of(style: str) -> Setting:
    arrangement = arrange(plan_of(style, 1, bars=8))
    assert arrangement is not None
    return arrangement.setting


def test_a_right_hand_gets_the_third_of_each_chord_that_lacks_it() -> None:
    setting = setting_of("lied")
    added = 0
    for bar in setting.bars:
        for span in bar.spans:
            start, chord = bar.start + span.start, span.chord
            root = next(pitch for pitch in range(55, 67) if pitch % 12 == chord.root)
            hand = smoothed([Note(start, root, 120)], setting, setting.plan.parts[1])
            sung = [tone.pitch for tone in setting.tune if tone.start_ticks <= start < tone.end_ticks]
            third = {(chord.root + size) % 12 for size in (3, 4)} & chord.pitch_classes
            assert Note(start, root, hand[0].duration_ticks) in hand
            assert all(note.pitch % 12 in third for note in hand if note.pitch != root)
            assert all(pitch - note.pitch >= 3 for pitch in sung for note in hand if note.pitch != root)
            assert len(hand) == 1 or not third & {chord.lowest, *(pitch % 12 for pitch in sung)}
            added += len(hand) > 1
    assert added


def test_a_left_hand_gets_no_thirds() -> None:
    setting = setting_of("lied")
    hand = [Note(bar.start, 36 + bar.spans[0].chord.lowest, 120) for bar in setting.bars]
    assert [note.pitch for note in smoothed(hand, setting, setting.plan.parts[2])] == [note.pitch for note in hand]
    assert all(first.end_ticks <= then.start_ticks for first, then in pairwise(hand))


def test_notes_of_a_hand_end_at_its_next_stroke_but_for_some_basses() -> None:
    setting = setting_of("lied")
    left = setting.plan.parts[2]
    written = [Note(0, 45, 960), Note(240, 57, 720), Note(480, 60, 480)]
    plans = [replace(setting.plan, band_seed=seed) for seed in range(40)]
    ends = [[note.end_ticks for note in smoothed(written, replace(setting, plan=plan), left)] for plan in plans]
    assert {each[1] for each in ends} == {480}
    assert 0 < sum(each[0] > 240 for each in ends) < 15


def test_a_voice_of_a_hymn_enters_with_the_melody_if_the_chord_has_its_note() -> None:
    setting = setting_of("hymn")
    ticks, beat = setting.plan.meter.bar_ticks, setting.plan.meter.beat_ticks
    tune = tuple(Note(tick, 72, beat) for tick in range(0, setting.plan.bars * ticks, beat))
    setting = replace(setting, tune=tune)
    tone = next(pitch for pitch in range(55, 67) if pitch % 12 == setting.bars[2].spans[0].chord.root)
    written = [Note(ticks, tone, beat // 2), Note(2 * ticks + beat, tone, beat)]
    sung = smoothed(written, setting, setting.plan.parts[2])
    assert Note(2 * ticks, tone, beat) in sung
