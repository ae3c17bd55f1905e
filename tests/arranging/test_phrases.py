"""What the arranger promises of styles whose melodies are written by phrases over planned harmony."""

from __future__ import annotations

from itertools import pairwise

import pytest

from composer.arranging import Arrangement, arrange
from composer.arranging.four_parts import set_parts
from composer.arranging.phrase_map import phrases_of
from composer.score import Chord, Note
from tests.arranging import plan_of

STYLES = ("waltz", "hymn", "lied", "string-quartet", "symphony", "nocturne")


def arranged(style: str, seed: int = 1, **options: object) -> Arrangement:
    result = arrange(plan_of(style, seed, bars=16, **options))
    assert result is not None
    return result


@pytest.mark.parametrize("style", STYLES)
def test_the_melody_is_one_line_that_ends_on_the_tonic(style: str) -> None:
    tune = sorted(arranged(style).setting.tune)
    assert all(before.end_ticks <= after.start_ticks for before, after in pairwise(tune))
    assert tune[-1].pitch % 12 == plan_of(style, bars=16).key.tonic
    assert max(abs(after.pitch - before.pitch) for before, after in pairwise(tune)) <= 12


def test_long_notes_belong_to_their_chord() -> None:
    long = foreign = 0
    for style in STYLES:
        setting = arranged(style).setting
        ticks = setting.plan.meter.bar_ticks
        for note in setting.tune:
            if note.duration_ticks >= 2 * setting.plan.meter.beat_ticks:
                chord = setting.bars[note.start_ticks // ticks].chord_at(note.start_ticks % ticks)
                long += 1
                foreign += note.pitch % 12 not in chord.pitch_classes
    assert long >= 15
    assert foreign <= long / 5  # the better of two lines; composing draws twelve


def test_equal_plans_give_equal_melodies_and_other_seeds_others() -> None:
    assert arranged("waltz", 3).setting.tune == arranged("waltz", 3).setting.tune
    assert arranged("waltz", 3).setting.tune != arranged("waltz", 4).setting.tune


def test_the_network_writes_what_is_not_the_melody() -> None:
    song, waltz, symphony = arranged("lied"), arranged("waltz"), arranged("symphony")
    lead, *_ = song.carriers
    assert set(song.open_bars) == {1, 2}
    assert song.notes[lead] == song.setting.tune
    waltzes = [waltz, *(arranged("waltz", seed) for seed in range(2, 9))]
    assert {frozenset(each.open_bars) for each in waltzes} == {frozenset({0, 1}), frozenset({1})}  # chords may join the melody
    assert not symphony.open_bars


def test_in_some_phrases_of_songs_a_right_hand_plays_the_melody_along() -> None:
    songs = [arranged("lied", seed) for seed in range(1, 13)]
    shares = []
    for song in songs:
        bars, ticks = song.carriers.get(1, frozenset()), song.setting.plan.meter.bar_ticks
        shares.append(len(bars) / song.setting.plan.bars)
        starts = [note.start_ticks for note in song.setting.tune if note.start_ticks // ticks in bars]
        written = tuple(Note(start, 57, 120) for start in starts)
        sung, hand = song.part(0, ()), song.part(1, written)
        along = {(note.start_ticks, note.pitch) for note in hand} - {(start, 57) for start in starts}
        assert along == {(n.start_ticks, n.pitch) for n in sung if n.start_ticks // ticks in bars}
        assert all(note.velocity < sung[0].velocity for note in hand if note.start_ticks == sung[0].start_ticks)
        for phrase in phrases_of(song.setting)[song.setting.plan.upbeat_bars :]:
            assert bars.issuperset(phrase.range) or bars.isdisjoint(phrase.range)
    assert 0.0 in shares
    assert 0.2 < sum(shares) / len(shares) < 0.6
    assert any(0.0 < share < 1.0 for share in shares)
    assert all(len(arranged("chamber-music", seed).carriers) == 1 for seed in range(1, 5))


RANGES = ((55, 74), (48, 67), (40, 57))


def test_four_parts_do_not_cross_nor_move_in_parallel_octaves() -> None:
    for seed in range(1, 5):
        setting = arranged("hymn", seed).setting
        events = set_parts(setting, setting.tune, RANGES)
        crossed = [event for event in events if list(event.pitches) != sorted(event.pitches, reverse=True)]
        assert len(crossed) <= len(events) / 20
        parallel = 0
        for before, after in pairwise(events):
            for upper, lower in (("alto", "tenor"), ("alto", "bass"), ("tenor", "bass")):
                now, then = [(e.voices[upper], e.voices[lower]) for e in (before, after)]
                moves = now[0] != then[0] and now[1] != then[1]
                parallel += moves and (now[0] - now[1]) % 12 == (then[0] - then[1]) % 12 in (0, 7)
        assert parallel <= len(events) / 20


@pytest.mark.parametrize("seed", range(1, 5))
def test_four_voices_that_sing_together_are_complete_and_close(seed: int) -> None:
    found = arranged("hymn", seed)
    assert not found.open_bars
    assert set(found.notes) == {0, 1, 2, 3}
    setting = found.setting
    events = set_parts(setting, setting.tune, RANGES, harmonize=True)
    wide = [event for event in events if any(upper - lower > 12 for upper, lower in pairwise(event.pitches[:3]))]
    bare = [event for event in events if len({pitch % 12 for pitch in event.pitches}) < 3]
    foreign = [event for event in events if event.soprano % 12 not in event.chord.pitch_classes]
    assert not wide
    assert len(bare) <= len(events) / 6
    assert len(foreign) <= len(events) / 10


def test_a_choir_sings_the_chords_of_a_user() -> None:
    setting = arranged("hymn", chords="C | F | G7 | C | Am | Dm | G | C", key="C major").setting
    for event in set_parts(setting, setting.tune, RANGES):
        bar = setting.bars[event.start // setting.plan.meter.bar_ticks]
        assert event.chord == bar.chord_at(event.start - bar.start)


def test_a_choir_does_not_contradict_an_altered_chord() -> None:
    setting = arranged("hymn", chords="Bb | C7 | C7 | F | Bb | C7 | F | Bb", key="Bb major").setting
    tune = [Note(tick, 70 if tick % 960 else 72, 480) for tick in range(0, 8 * setting.plan.meter.bar_ticks, 480)]
    events = set_parts(setting, tune, RANGES, harmonize=True)
    ticks = setting.plan.meter.bar_ticks
    altered = [event for event in events if event.start // ticks in (1, 2, 5)]
    assert altered
    assert not [event for event in altered if 3 in {pitch % 12 for pitch in event.pitches[1:]}]


@pytest.mark.parametrize("meter", ["3/4", "6/8"])
def test_voices_of_a_choir_are_lines_that_rest_with_the_melody(meter: str) -> None:
    found = arranged("hymn", 2, meter=meter)
    unit = found.setting.plan.meter.beat_ticks // (3 if meter == "6/8" else 2)
    for part, notes in found.notes.items():
        if part:
            assert all(before.end_ticks <= after.start_ticks for before, after in pairwise(notes))
            assert all(note.start_ticks % unit == 0 for note in notes)


def test_planned_closes_have_their_chords() -> None:
    for seed in range(1, 6):
        plan = plan_of("sonata", seed, bars=16, key="G major", form="ABA")
        chords = [chord for bar in plan.chords for chord in bar]
        assert chords[-1] == Chord(7, "maj")
        for bar, kind in enumerate(plan.closes):
            if kind == "half":
                assert plan.chords[bar][-1].lowest == 2


def test_chords_of_a_user_are_played_as_they_are() -> None:
    plan = plan_of("waltz", chords="Cmaj9 | F#m7b5 | G7 | C", key="C major", bars=4)
    assert [bar[0] for bar in plan.chords] == [Chord.parse(name) for name in ("Cmaj9", "F#m7b5", "G7", "C")]


def test_parts_stay_within_their_ranges_whatever_the_melody() -> None:
    setting = arranged("hymn").setting
    for event in set_parts(setting, setting.tune, RANGES):
        for pitch, (low, high) in zip(event.pitches[1:], RANGES, strict=True):
            assert low <= pitch <= high


@pytest.mark.parametrize("meter", ["2/4", "3/4", "4/4", "6/8"])
def test_drums_that_join_a_written_style_play_in_most_bars(meter: str) -> None:
    found = arranged("folk", meter=meter, instruments=("violin", "accordion", "bass", "drums"))
    drums = next(index for index, part in enumerate(found.setting.plan.parts) if part.is_drum)
    ticks = found.setting.plan.meter.bar_ticks
    assert len({note.start_ticks // ticks for note in found.notes[drums]}) >= 12
