"""What the voices of a choir sing between the chords of four-part writing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, pairwise

import pytest

from composer.arranging import Arrangement, arrange
from composer.arranging.choir_lines import choir_lines
from composer.arranging.consort import consort_lines
from composer.arranging.fifth_voice import fifth_voice
from composer.arranging.four_parts import Event, set_parts
from composer.arranging.phrase_map import phrases_of
from composer.arranging.setting import Setting
from composer.arranging.staging import lower_singers
from composer.score import Chord, Note
from tests.arranging import plan_of

RANGES = ((55, 74), (48, 67), (40, 60))
BEAT = 480
FOUR = ("soprano", "alto", "tenor", "bass")


def arranged(style: str, seed: int = 1, **options: object) -> Arrangement:
    result = arrange(plan_of(style, seed, bars=16, **options))
    assert result is not None
    return result


def chords(*voicings: tuple[str, int, int, int, int], beats: int = 2) -> list[Event]:
    return [
        Event(index * beats * BEAT, beats * BEAT, Chord.parse(name), tuple(pitches))
        for index, (name, *pitches) in enumerate(voicings)
    ]


def tune_of(events: list[Event]) -> list[Note]:
    return [Note(event.start, event.soprano, event.ticks) for event in events]


@lru_cache
def written(style: str, key: str) -> Setting:
    return arranged(style, key=key, meter="4/4").setting


def settings_of(style: str, key: str = "C major") -> Iterator[Setting]:
    """Settings that differ in what is drawn."""
    for seed in range(12):
        setting = written(style, key)
        yield replace(setting, plan=replace(setting.plan, band_seed=seed))


@pytest.mark.parametrize("seed", [1, 2])
def test_voices_of_a_mass_move_while_the_melody_holds_and_hold_while_it_moves(seed: int) -> None:
    found = arranged("mass", seed)
    assert not found.open_bars
    melody = {note.start_ticks for note in found.setting.tune}
    lower = [found.notes[part] for part in (1, 2, 3)]
    alone = {note.start_ticks for line in lower for note in line} - melody
    held = sum(start not in {note.start_ticks for note in line} for line in lower for start in melody)
    assert len(alone) >= found.setting.plan.bars / 4
    assert held >= len(melody) / 4
    for line in lower:
        assert all(before.end_ticks <= after.start_ticks for before, after in pairwise(line))


def test_voices_of_hymns_go_along_with_the_melody_between_beats() -> None:
    events = chords(("C", 76, 67, 60, 48), ("C", 76, 67, 60, 48), ("F", 77, 69, 60, 53), beats=1)
    tune = [Note(0, 76, 240), Note(240, 77, 240), Note(480, 76, 480), Note(960, 77, 480)]
    lines = [choir_lines(setting, events, tune)["alto"] for setting in settings_of("hymn")]
    along = [note.pitch for line in lines for note in line if note.start_ticks == 240]
    assert set(along) == {69}
    assert len(along) >= len(lines) / 2


def test_a_passing_note_in_minor_is_not_an_augmented_second_away() -> None:
    found: set[int] = set()
    for setting in settings_of("mass", "D minor"):
        events = chords(("Dm", 77, 69, 62, 50), ("Gm", 74, 70, 58, 55), ("Dm", 74, 69, 62, 53))
        line = choir_lines(setting, events, tune_of(events))["tenor"]
        found |= {note.pitch for note in line if 0 < note.start_ticks < 2 * BEAT}
    assert found == {60}


def test_suspensions_are_dissonant_and_resolve_down_by_step() -> None:
    waited = 0
    for setting in settings_of("mass"):
        events = chords(("F", 72, 65, 57, 53), ("F", 72, 65, 57, 53), ("C", 72, 64, 55, 48), ("C", 72, 64, 55, 48))
        line = choir_lines(setting, events, tune_of(events))["alto"]
        at = next(note for note in line if note.start_ticks <= 4 * BEAT < note.end_ticks)
        if at.start_ticks < 4 * BEAT:
            after = next(note for note in line if note.start_ticks == at.end_ticks)
            waited += 1
            assert (at.pitch, after.pitch, after.start_ticks) == (65, 64, 5 * BEAT)
        events = chords(("F", 72, 69, 65, 53), ("F", 72, 69, 65, 53), ("C", 72, 67, 64, 48), ("C", 72, 67, 64, 48))
        alto = choir_lines(setting, events, tune_of(events))["alto"]
        assert any(note.start_ticks == 4 * BEAT for note in alto), "a sixth that falls to the fifth is not a suspension"
    assert waited >= 3


@pytest.mark.parametrize("seed", [6, 104])
def test_a_mens_choir_has_room_below_its_melody(seed: int) -> None:
    found = arranged("part-song", seed, ensemble="mens-choir")
    voices = [found.notes[index] for index in range(4)]
    assert max(note.pitch for note in voices[0]) >= 66
    for tick in {note.start_ticks for voice in voices for note in voice}:
        struck = [note.pitch for voice in voices for note in voice if note.start_ticks <= tick < note.end_ticks]
        assert max(map(struck.count, struck)) < 3
    chord = found.setting.bars[-1].spans[-1].chord
    assert {(voice[-1].pitch - chord.root) % 12 for voice in voices} & {3, 4}, "the last chord has its third"


def test_voices_of_hymns_in_half_notes_strike_with_quarters() -> None:
    setting = arranged("hymn", key="C major", meter="2/2").setting
    tune = [Note(quarter * BEAT, 72 - quarter % 3, BEAT) for quarter in range(64)]
    events = set_parts(setting, tune, RANGES, harmonize=True)
    assert [event.start for event in events] == [note.start_ticks for note in tune]


def test_a_melody_that_returns_gets_other_chords() -> None:
    setting = written("hymn", "C major")
    ticks = setting.plan.meter.bar_ticks
    tune = [
        Note(bar * ticks + beat * BEAT, pitch, BEAT)
        for bar in range(16)
        for beat, pitch in enumerate((72, 71, 69, 67) if bar % 4 == 1 else (64, 65, 67, 69 + bar % 3))
    ]
    events = {event.start: event for event in set_parts(setting, tune, RANGES, harmonize=True)}

    def sung(bar: int) -> list[tuple[Chord, int]]:
        return [
            (events[bar * ticks + beat * BEAT].chord, events[bar * ticks + beat * BEAT].voices["bass"] % 12)
            for beat in range(4)
        ]

    closing = {bar for bar, kind in enumerate(setting.plan.closes) if kind}
    returns = [bar for bar in (5, 9) if bar not in closing]
    assert returns
    assert all(sung(bar) != sung(1) for bar in returns)


@pytest.mark.parametrize("seed", [1, 2])
def test_passing_notes_of_the_melody_make_no_parallels_with_lower_voices(seed: int) -> None:
    setting = arranged("hymn", seed, key="C major", meter="4/4").setting
    scale = (72, 71, 69, 67, 65, 64, 65, 67, 69, 71)
    tune = [Note(index * 240, scale[index % 10], 240) for index in range(16 * 8)]
    events = set_parts(setting, tune, RANGES, harmonize=True)
    parallel = 0
    for before, after in pairwise(events):
        last = next(note.pitch for note in tune if note.end_ticks == after.start)
        for lower in ("alto", "tenor", "bass"):
            now, then = before.voices[lower], after.voices[lower]
            moves = now != then and last != after.soprano
            parallel += moves and (last - now) % 12 == (after.soprano - then) % 12 in (0, 7)
    assert parallel <= len(events) / 30


@pytest.mark.parametrize(
    "players",
    [
        {"ensemble": "brass-quintet"},
        {"ensemble": "wind-quintet"},
        {"ensemble": "harmonie"},
        {"ensemble": "string-quintet"},
        {"instruments": "soprano-sax,alto-sax,tenor-sax,baritone-sax"},
        {"instruments": "recorder,recorder,recorder,recorder"},
        {"instruments": "oboe,clarinet,clarinet,french-horn,bassoon,bassoon"},
        {"instruments": "soprano,trumpet,trumpet,french-horn,trombone,tuba"},
    ],
)
def test_players_of_a_hymn_share_four_voices(players: dict[str, str]) -> None:
    found = arranged("hymn", **players)
    plan, ticks = found.setting.plan, found.setting.plan.meter.bar_ticks
    assert not found.open_bars
    late = []
    for index, part in enumerate(plan.parts):
        line = found.notes[index]
        assert all(part.low <= note.pitch <= part.high for note in line)
        assert all(note.end_ticks <= after.start_ticks for note, after in pairwise(line))
        held = {bar for note in line for bar in range(note.start_ticks // ticks, -(-note.end_ticks // ticks))}
        if held != set(range(plan.bars)):
            late.append(index)
            assert held >= set(range(phrases_of(found.setting)[1].start, plan.bars))
    lead = next(index for index, role in enumerate(found.roles) if role.kind == "lead")
    order = sorted(range(len(plan.parts)), key=lambda index: (index != lead, -plan.parts[index].low - plan.parts[index].high))
    if len(order) == 6:
        along = found.notes[order.pop(1)]
        assert {(note.start_ticks, note.pitch % 12) for note in along} == {
            (note.start_ticks, note.pitch % 12) for note in found.setting.tune
        }
    assert len(late) <= len(order) - 4
    if len(order) == 5:  # the fifth player seldom doubles the bass
        inner, bass = (found.notes[index] for index in order[3:])
        starts = {note.start_ticks: note.pitch for note in bass}
        met = [note.pitch - starts[note.start_ticks] for note in inner if note.start_ticks in starts]
        assert met.count(0) <= len(met) / 20
        assert sum(interval % 12 == 0 for interval in met) <= 0.7 * len(met)


def test_a_wind_quintet_ends_a_hymn_with_its_melody_in_octaves() -> None:
    found = arranged("hymn", ensemble="wind-quintet")
    first = phrases_of(found.setting)[-1].start * found.setting.plan.meter.bar_ticks
    tune = {note.start_ticks: note.pitch for note in found.setting.tune if note.start_ticks >= first}
    flute, oboe = ({note.start_ticks: note.pitch for note in found.notes[index]} for index in (0, 1))
    assert all(flute[start] == pitch + 12 and oboe[start] == pitch for start, pitch in tune.items())


def test_a_melody_stays_in_the_octave_of_a_user_and_of_players_named_by_settings() -> None:
    setting = arranged("hymn", ensemble="wind-quintet").setting
    given = replace(setting, plan=replace(setting.plan, lead=0))
    named = replace(setting, leads=((0,),) * setting.plan.bars)
    for kept in (given, named):
        assert consort_lines(kept, 0)[0] == setting.tune
    assert consort_lines(setting, 0)[0] != setting.tune


def test_a_fifth_voice_keeps_apart_from_the_others() -> None:
    setting = written("hymn", "C major")
    events = chords(
        ("C", 72, 67, 64, 48), ("F", 72, 69, 65, 53), ("G7", 71, 67, 65, 43), ("C", 72, 67, 64, 48), ("Am", 72, 69, 64, 45)
    )
    voices = [[Note(event.start, event.voices[name], event.ticks) for event in events] for name in FOUR]
    line = fifth_voice(setting, events, voices, (41, 72), ())
    sounding = {tick: note.pitch for note in line for tick in range(note.start_ticks, note.end_ticks, BEAT)}
    pitches = [sounding[event.start] for event in events]
    for event, pitch in zip(events, pitches, strict=True):
        assert event.voices["bass"] < pitch < event.voices["alto"]
        assert pitch != event.voices["tenor"]
        assert pitch % 12 in event.chord.pitch_classes
    assert pitches[2] % 12 not in (11, 5)  # neither the leading note nor the seventh again
    for (before, pitch), (event, after) in pairwise(zip(events, pitches, strict=True)):
        for name in FOUR:
            first, then = before.voices[name], event.voices[name]
            assert pitch == after or first == then or not (first - pitch) % 12 == (then - after) % 12 in (0, 7)


def test_a_fifth_voice_holds_a_tone_up_to_a_joint() -> None:
    setting = written("hymn", "C major")
    events = chords(*[("C", 72, 67, 64, 48)] * 2, beats=1)
    voices = [[Note(event.start, event.voices[name], event.ticks) for event in events] for name in FOUR]
    held, cut = (fifth_voice(setting, events, voices, (55, 55), joints) for joints in ((), (BEAT,)))
    assert [note.duration_ticks for note in held] == [2 * BEAT]
    assert [note.duration_ticks for note in cut] == [BEAT, BEAT]


@pytest.mark.parametrize(
    ("style", "singers"),
    [
        ("part-song", {"ensemble": "womens-choir"}),
        ("mass", {"instruments": ("soprano", "alto", "baritone")}),
        ("madrigal", {"ensemble": "madrigal-choir"}),
    ],
)
def test_three_or_five_voices_keep_their_order_and_seldom_move_in_parallels(style: str, singers: dict[str, object]) -> None:
    moments = crossed = parallel = 0
    for seed in range(1, 5):
        found = arranged(style, seed, **singers)
        assert not found.open_bars
        lines = [found.notes[index] for index in range(len(found.setting.plan.parts))]
        ticks = sorted({note.start_ticks for line in lines for note in line})
        heard = [
            [next((n.pitch for n in line if n.start_ticks <= tick < n.end_ticks), None) for line in lines] for tick in ticks
        ]
        sung = [voices for voices in heard if None not in voices]
        moments += len(sung)
        crossed += sum(voices != sorted(voices, reverse=True) for voices in sung)
        for before, after in pairwise(sung):
            for (upper, high), (lower, deep) in combinations(zip(before, after, strict=True), 2):
                moves = upper != high and lower != deep
                parallel += moves and (upper - lower) % 12 == (high - deep) % 12 in (0, 7)
    assert crossed <= moments / 20
    assert parallel <= moments / 20


@pytest.mark.parametrize("style", ["hymn", "mass"])
def test_a_choir_with_an_organ_is_written_in_voices_and_leaves_the_organ_open(style: str) -> None:
    found = arranged(style, 2, ensemble="choir-organ")
    assert set(found.open_bars) == {4, 5}
    crossed = 0
    for note in found.notes[1]:
        lower = next((n.pitch for n in found.notes[3] if n.start_ticks <= note.start_ticks < n.end_ticks), 0)
        crossed += note.pitch < lower
    assert found.notes[2]
    assert not crossed


def test_singers_beyond_five_sing_along_with_a_lower_voice() -> None:
    names = ("soprano", "soprano", "alto", "alto", "tenor", "tenor", "bass-voice", "bass-voice")
    found = arranged("motet", 5, instruments=names)
    assert not found.open_bars
    lines = [[note.pitch for note in found.notes[index]] for index in range(len(names))]
    assert all(lines[index] == lines[index + 1] for index in (2, 4, 6))
    assert len({tuple(line) for line in lines}) == 5


def test_singers_below_the_melody_of_a_player_are_written_in_voices() -> None:
    plan = plan_of("madrigal", 2, bars=8, instruments=("flute", "soprano", "alto", "baritone"))
    assert lower_singers(plan, 0) == [1, 2, 3]
    assert lower_singers(plan_of("madrigal", 2, bars=8, instruments=("flute", "soprano")), 0) == []
    assert lower_singers(plan_of("lied", 2, bars=8, ensemble="satb-choir")) == []
