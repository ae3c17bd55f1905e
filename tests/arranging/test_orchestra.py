"""What an orchestra promises: entries and rests, a melody that changes hands, voices that lead smoothly, brass that waits."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from statistics import mean, median

import pytest

from composer.arranging import arrange, settle
from composer.arranging.chord_voices import ChordVoices
from composer.arranging.orchestra_plan import LOUD_LEVEL, notes_in
from composer.arranging.orchestration import Orchestration
from composer.arranging.seats import is_orchestra, seated
from composer.arranging.tables import DRUM_KEYS
from composer.brief import Brief
from composer.composing.outlines import with_melody
from composer.harmony.planner import with_harmony
from composer.plan import make_plan
from composer.presets import EnsemblePart, ensembles
from composer.score import Chord
from tests.arranging import plan_of

SEEDS = range(1, 6)
ENSEMBLES = (
    ("symphony", "orchestra"), ("wind-serenade", "harmonie"), ("opera", "choir-orchestra"), ("chamber-music", "wind-quintet"),
    ("symphony", "string-orchestra"), ("classical", "piano-orchestra"), ("mass", "choir-strings-organ"),
    ("march", "concert-band"),
)  # fmt: skip


@cache
def arranged(style: str, ensemble: str, seed: int):
    arrangement = arrange(plan_of(style, seed, bars=16, ensemble=ensemble))
    assert arrangement is not None
    return arrangement, Orchestration(arrangement.setting, seated(arrangement.setting.plan.parts))


def sounding(notes, bars: int, ticks: int) -> set[int]:
    return {bar for note in notes for bar in range(note.start_ticks // ticks, min(bars, -(-note.end_ticks // ticks)))}


def seats_of(arrangement, *kinds: str):
    return [seat for seat in seated(arrangement.setting.plan.parts) if seat.kind in kinds]


@pytest.mark.parametrize(("style", "ensemble"), ENSEMBLES)
def test_every_part_sounds_within_its_range_and_single_lines_do_not_overlap(style: str, ensemble: str) -> None:
    for seed in SEEDS:
        arrangement, _ = arranged(style, ensemble, seed)
        for index, part in enumerate(arrangement.setting.plan.parts):
            notes = arrangement.notes[index]
            assert notes, (seed, part.name)
            assert all(part.low <= note.pitch <= part.high for note in notes), (seed, part.name)
        for seat in seated(arrangement.setting.plan.parts):
            line = arrangement.notes[seat.index]
            assert all(before.end_ticks <= after.start_ticks for before, after in pairwise(line)), (seed, seat.kind)


def test_winds_rest_and_enter_and_the_opening_has_fewer_players_than_the_end() -> None:
    shares, opening, ending = [], [], []
    for seed in SEEDS:
        arrangement, _ = arranged("symphony", "orchestra", seed)
        plan = arrangement.setting.plan
        bars = {
            seat.index: sounding(arrangement.notes[seat.index], plan.bars, plan.meter.bar_ticks) for seat in seated(plan.parts)
        }
        shares += [len(bars[seat.index]) / plan.bars for seat in seats_of(arrangement, "flute", "oboe", "clarinet", "horn")]
        opening.append(sum(len(played & set(range(4))) for played in bars.values()))
        ending.append(sum(len(played & set(range(plan.bars - 4, plan.bars))) for played in bars.values()))
    assert 0.3 < sum(shares) / len(shares) < 0.75
    assert sum(opening) < 0.8 * sum(ending)


def test_the_reeds_of_a_concert_band_play_as_the_strings_of_an_orchestra_do() -> None:
    melody, share = [], {"clarinet": [], "trumpet": [], "flute": []}
    for seed in SEEDS:
        arrangement, orchestra = arranged("march", "concert-band", seed)
        plan = arrangement.setting.plan
        melody += [stretch.tune[0].seat.part.name for stretch in orchestra.stretches]
        for seat in seats_of(arrangement, *share):
            played = sounding(arrangement.notes[seat.index], plan.bars, plan.meter.bar_ticks)
            share[seat.kind].append(len(played) / plan.bars)
    assert len(set(melody)) >= 3
    assert mean(share["clarinet"]) > 0.8
    assert mean(share["trumpet"]) < 0.6
    assert 0.15 < mean(share["flute"]) < 0.8


def test_the_melody_changes_hands() -> None:
    holders = [
        {stretch.tune[0].seat.kind for stretch in arranged("symphony", "orchestra", seed)[1].stretches} for seed in SEEDS
    ]
    assert sum(len(kinds) > 1 for kinds in holders) >= 2
    assert len(set.union(*holders)) >= 3


def test_trumpets_and_timpani_play_in_loud_stretches_only() -> None:
    for seed in SEEDS:
        arrangement, orchestra = arranged("symphony", "orchestra", seed)
        ticks = arrangement.setting.plan.meter.bar_ticks
        loud = {bar for one in orchestra.stretches if one.level == LOUD_LEVEL for bar in range(one.start, one.start + one.bars)}
        for seat in seats_of(arrangement, "trumpet", "timpani"):
            played = {note.start_ticks // ticks for note in arrangement.notes[seat.index]}
            assert played <= loud, (seed, seat.kind)


@pytest.mark.parametrize(
    "players", [{"ensemble": "marching-band"}, {"instruments": "trumpet,trumpet,horn,trombone,tuba,drums"}]
)
def test_the_drums_of_a_march_play_in_nearly_all_bars(players: dict[str, str]) -> None:
    for seed in SEEDS:
        plan = plan_of("march", seed, bars=16, **players)
        arrangement = arrange(plan)
        assert arrangement is not None
        strokes = next(arrangement.notes[index] for index, part in enumerate(plan.parts) if part.is_drum)
        for key in (DRUM_KEYS["snare"], DRUM_KEYS["kick"]):
            bars = {note.start_ticks // plan.meter.bar_ticks for note in strokes if note.pitch == key}
            assert len(bars) >= plan.bars - 1, (seed, key)


@pytest.mark.parametrize("meter", ["2/4", "6/8"])
def test_the_bass_drum_of_a_march_marks_both_beats(meter: str) -> None:
    plan = plan_of("march", 2, bars=16, ensemble="marching-band", meter=meter)
    arrangement = arrange(plan)
    assert arrangement is not None
    strokes = next(arrangement.notes[index] for index, part in enumerate(plan.parts) if part.is_drum)
    kicks = {note.start_ticks for note in strokes if note.pitch == DRUM_KEYS["kick"]}
    beats = range(0, (plan.bars - 1) * plan.meter.bar_ticks, plan.meter.beat_ticks)
    assert len(kicks & set(beats)) >= len(beats) - 1


def test_drums_that_a_section_names_play_in_quiet_stretches_too() -> None:
    usual, asked = (
        plan_of("wind-serenade", 2, bars=16, ensemble="marching-band", **sections)
        for sections in ({}, {"sections": "all: with drums"})
    )
    bars = []
    for plan in (usual, asked):
        arrangement = arrange(plan)
        assert arrangement is not None
        strokes = next(arrangement.notes[index] for index, part in enumerate(plan.parts) if part.is_drum)
        bars.append({note.start_ticks // plan.meter.bar_ticks for note in strokes})
    assert len(bars[0]) < usual.bars / 2, "the drums of other styles mark climaxes"
    assert bars[1] == set(range(asked.bars))


def test_timpani_stop_where_the_chord_loses_their_tone() -> None:
    held = 0
    for seed in SEEDS:
        plan = plan_of("symphony", seed, bars=16, ensemble="orchestra")
        bar = (Chord(plan.key.tonic, "maj"), Chord((plan.key.tonic + 2) % 12, "min"))
        arrangement = arrange(replace(plan, chords=(bar,) * 16))
        assert arrangement is not None
        ticks = plan.meter.bar_ticks
        for note in (note for seat in seats_of(arrangement, "timpani") for note in arrangement.notes[seat.index]):
            held += 1
            assert (
                note.pitch % 12
                in arrangement.setting.bars[note.start_ticks // ticks].chord_at((note.end_ticks - 1) % ticks).pitch_classes
            )
    assert held


def test_winds_lead_smoothly_and_stay_out_of_the_highest_register() -> None:
    for seed in SEEDS:
        arrangement, _ = arranged("symphony", "orchestra", seed)
        for seat in seats_of(arrangement, "flute", "oboe", "clarinet", "horn"):
            line = arrangement.notes[seat.index]
            wide = [1 for before, after in pairwise(line) if abs(after.pitch - before.pitch) >= 12]
            assert len(wide) <= 1 + len(line) / 20, (seed, seat.kind)
            assert max(note.pitch for note in line) <= 93


def test_voices_of_a_chord_do_not_cross_and_move_little() -> None:
    voices = ChordVoices([(62, 84), (54, 84), (49, 75), (36, 66)], leading=11)
    before: tuple[int, ...] = ()
    for symbol, ceiling, bass in (("C", 79, 48), ("F", 81, 41), ("G7", 79, 43), ("Am", 76, 45), ("Dm", 77, 50), ("C", 76, 48)):
        chord = Chord.parse(symbol)
        pitches = voices.chord(chord, ceiling, ceiling, bass)
        assert list(pitches) == sorted(pitches, reverse=True)
        assert pitches[0] <= ceiling
        assert {pitch % 12 for pitch in pitches} <= chord.pitch_classes
        assert all(abs(now - then) <= 7 for now, then in zip(pitches, before, strict=False))
        before = pitches


def test_a_chord_has_its_third_whatever_bounds_its_voices() -> None:
    voices = ChordVoices([(57, 90), (57, 90), (52, 75)], leading=1)
    pitches = voices.chord(Chord.parse("D"), 78, 62, 50)  # an F sharp bounds the voices, a D is sung
    assert 6 in {pitch % 12 for pitch in pitches}


def test_the_octave_above_the_bass_is_seldom_empty() -> None:
    empty = []
    for seed in SEEDS:
        arrangement, _ = arranged("symphony", "orchestra", seed)
        notes = [note for seat in seated(arrangement.setting.plan.parts) for note in arrangement.notes[seat.index]]
        for bar in arrangement.setting.bars:
            pitches = sorted({note.pitch for note in notes if note.start_ticks <= bar.start < note.end_ticks})
            empty.append(any(high - low > 12 and high > 55 > low for low, high in pairwise(pitches)))
    assert sum(empty) < 0.3 * len(empty)


def median_pitch(style: str, *kinds: str) -> float:
    return median(
        note.pitch
        for seed in range(1, 10)
        for seat in seats_of(arranged(style, "orchestra", seed)[0], *kinds)
        for note in arranged(style, "orchestra", seed)[0].notes[seat.index]
    )


def test_orchestras_lie_where_human_ones_do() -> None:
    expected = {"flute": 81, "oboe": 74, "horn": 62, "viola": 60, "bassoon": 54, "cello": 50, "bass": 38}
    found = {kind: median_pitch("symphony", kind) for kind in expected}
    assert all(abs(found[kind] - expected[kind]) <= 3 for kind in expected), found


def test_contrabasses_sound_an_octave_below_the_cellos() -> None:
    arrangement, _ = arranged("symphony", "orchestra", 1)
    [cello], [bass] = seats_of(arrangement, "cello"), seats_of(arrangement, "bass")
    above = {note.start_ticks: note.pitch for note in arrangement.notes[cello.index]}
    both = [(above[note.start_ticks], note.pitch) for note in arrangement.notes[bass.index] if note.start_ticks in above]
    assert sum(high - low == 12 for high, low in both) > 0.8 * len(both)


def test_an_organ_is_the_bass_of_an_orchestra_without_one() -> None:
    arrangement, orchestra = arranged("opera", "choir-orchestra", 1)
    [organ] = seats_of(arrangement, "continuo")
    assert all(organ in stretch.bass for stretch in orchestra.stretches)
    line, violas = arrangement.notes[organ.index], [arrangement.notes[seat.index] for seat in seats_of(arrangement, "viola")]
    assert median(note.pitch for note in line) < median(note.pitch for note in violas[0]) - 4


def test_flutes_of_a_tutti_stay_out_of_their_lowest_register() -> None:
    setting = arrange(plan_of("film-cue", 8, bars=24, mood="triumphant")).setting
    lowest = [
        min(note.pitch for note in notes_in(setting, stretch.start, stretch.bars)) + line.shift - line.seat.low
        for stretch in Orchestration(setting, seated(setting.plan.parts)).stretches
        for line in stretch.tune
        if stretch.texture == "tutti" and line.seat.kind == "flute"
    ]
    assert len(lowest) > 2
    assert min(lowest) >= 0


def test_no_player_of_a_film_orchestra_waits_for_the_last_bar() -> None:
    arrangement = arrange(plan_of("cinematic", 3, bars=16))
    assert arrangement is not None
    ticks = arrangement.setting.plan.meter.bar_ticks
    for index, part in enumerate(arrangement.setting.plan.parts):
        if part.name not in ("Timpani",) and index in arrangement.notes:
            assert len({note.start_ticks // ticks for note in arrangement.notes[index]}) >= 4, part.name


def test_tones_that_stay_are_tied_over_barlines() -> None:
    found = 0
    for seed in SEEDS:
        arrangement, _ = arranged("symphony", "orchestra", seed)
        ticks = arrangement.setting.plan.meter.bar_ticks
        for seat in seats_of(arrangement, "oboe", "clarinet", "horn"):
            found += sum(note.start_ticks // ticks < (note.end_ticks - 1) // ticks for note in arrangement.notes[seat.index])
    assert found > 0


def test_a_loud_stretch_is_louder_than_a_quiet_one() -> None:
    by_level: dict[int, list[int]] = {}
    for seed in SEEDS:
        arrangement, orchestra = arranged("symphony", "orchestra", seed)
        ticks = arrangement.setting.plan.meter.bar_ticks
        [violin] = seats_of(arrangement, "violin")[:1]
        for one in orchestra.stretches:
            mine = [
                n.velocity
                for n in arrangement.notes[violin.index]
                if one.start <= n.start_ticks // ticks < one.start + one.bars
            ]
            by_level.setdefault(one.level, []).extend(mine)
    means = [sum(by_level[level]) / len(by_level[level]) for level in sorted(by_level)]
    assert means == sorted(means)
    assert means[-1] - means[0] > 8


def test_quartets_pianos_and_choirs_are_not_orchestras() -> None:
    small = ("string-quartet", "piano", "voice-piano", "satb-choir", "piano-quintet", "madrigal-choir", "choir-organ")
    assert not any(is_orchestra(ensembles()[name].parts) for name in small)
    assert all(is_orchestra(ensembles()[name].parts) for _, name in ENSEMBLES)


def test_second_violins_stay_below_the_melody_of_the_first() -> None:
    above, together = 0, 0
    for seed in range(1, 9):
        arrangement, orchestra = arranged("symphony", "orchestra", seed)
        first, second = (arrangement.notes[seat.index] for seat in seats_of(arrangement, "violin"))
        for tick in range(0, orchestra.stretches[-1].start * arrangement.setting.plan.meter.bar_ticks, 240):
            upper, lower = ([note for note in line if note.start_ticks <= tick < note.end_ticks] for line in (first, second))
            together += bool(upper and lower)
            above += bool(upper and lower and lower[0].pitch > upper[0].pitch)
    assert together > 300
    assert above < 0.03 * together, "human openings: .015"


def test_a_line_in_thirds_has_tones_of_the_chord_but_below_melodies_that_pass_by_step() -> None:
    compared = 0
    for seed in range(1, 13):
        arrangement, orchestra = arranged("symphony", "orchestra", seed)
        setting = arrangement.setting
        ticks, beat = setting.plan.meter.bar_ticks, setting.plan.meter.beat_ticks
        for stretch in orchestra.stretches:
            if stretch.thirds is None:
                continue
            below = {note.start_ticks: note.pitch for note in arrangement.notes[stretch.thirds.index]}
            tune = [note for note in setting.tune if 0 <= note.start_ticks - stretch.start * ticks < stretch.bars * ticks]
            for before, note, after in zip(tune, tune[1:], tune[2:], strict=False):
                place = note.start_ticks % ticks
                steps = max(abs(note.pitch - before.pitch), abs(after.pitch - note.pitch)) <= 2
                if note.start_ticks in below and not (steps and place % beat and note.duration_ticks < beat):
                    compared += 1
                    chord = setting.bars[note.start_ticks // ticks].chord_at(place)
                    allowed = chord.pitch_classes | {note.pitch % 12}  # it doubles a melody below which no tone fits
                    assert below[note.start_ticks] % 12 in allowed, (seed, note)
    assert compared > 40


def test_winds_hold_no_note_longer_than_a_breath() -> None:
    for seed in SEEDS:
        arrangement, _ = arranged("symphony", "orchestra", seed)
        plan = arrangement.setting.plan
        bar_s = plan.duration_s / plan.bars
        held = [
            note.duration_ticks / plan.meter.bar_ticks * bar_s
            for seat in seats_of(arrangement, "flute", "oboe", "clarinet", "bassoon", "horn", "trombone")
            for note in arrangement.notes[seat.index]
        ]
        assert max(held) <= max(4.0, bar_s) + 0.1


@pytest.mark.parametrize(
    "instruments", ["voice,horns,choir,strings,cellos,contrabass,flute", "viola,viola,cello,horn,flute,oboe"]
)
def test_orchestras_without_violins_are_led_by_winds(instruments: str) -> None:
    ensemble = {
        "voice": EnsemblePart("Voice", 52, low=55, high=81), "horns": EnsemblePart("Horns", 60, low=41, high=75),
        "choir": EnsemblePart("Choir", 52, low=43, high=81), "strings": EnsemblePart("Strings", 48, low=40, high=79),
        "cellos": EnsemblePart("Cellos", 42, low=36, high=72), "contrabass": EnsemblePart("Basses", 43, low=28, high=60),
        "flute": EnsemblePart("Flute", 73, low=60, high=96), "viola": EnsemblePart("Viola", 41, low=48, high=84),
        "cello": EnsemblePart("Cello", 42, low=36, high=76), "horn": EnsemblePart("Horn", 60, low=41, high=75),
        "oboe": EnsemblePart("Oboe", 68, low=58, high=86),
    }  # fmt: skip
    parts = tuple(ensemble[name] for name in instruments.split(","))
    arrangement = arrange(replace(plan_of("symphony", 1, bars=16, ensemble="orchestra"), parts=parts))
    assert arrangement is not None
    assert all(arrangement.notes[index] for index in range(len(parts)))


@pytest.mark.parametrize("players", ["strings", "strings,brass,percussion", "winds,strings,choir"])
def test_sections_in_a_list_are_players_who_follow_the_curve(players: str) -> None:
    brief = Brief.from_dict(
        {"instruments": players, "mood_curve": "calm@0 tense@50% triumphant@100%", "bars": 24, "seed": 1, "meter": "4/4"}
    )
    plan = make_plan(brief)
    assert (plan.preset, is_orchestra(plan.parts)) == ("film-cue", True)
    arrangement = arrange(with_melody(settle(with_harmony(plan, brief), brief), 2))
    assert arrangement is not None
    ticks = plan.meter.bar_ticks
    loudness, counts = [], []
    for first in (0, 10, 20):
        notes = [note for part in arrangement.notes.values() for note in part if first <= note.start_ticks // ticks < first + 4]
        loudness.append(mean(note.velocity for note in notes))
        counts.append(len(notes))
    assert loudness[0] + 10 < loudness[1] < loudness[2] + 10
    assert counts[0] < min(counts[1:])
    for index, part in enumerate(plan.parts):
        assert part.is_drum or all(part.low <= note.pitch <= part.high for note in arrangement.notes[index])


def test_a_section_beside_a_band_is_one_staff() -> None:
    for players, count in (("voice,strings,bass,drums", 4), ("voice,horns,choir,strings,cellos,contrabass,flute", 7)):
        assert len(make_plan(Brief.from_dict({"instruments": players, "seed": 1})).parts) == count
