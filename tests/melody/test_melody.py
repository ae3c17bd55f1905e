"""The melody writer's promises hold whatever its network says: a random one is as good as any for these."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np
import pytest

from composer.arranging import lead_of, settle
from composer.brief import Brief
from composer.harmony.chord_vocabulary import chord_name
from composer.melody import writer
from composer.melody.faults import Tone, faults_of
from composer.melody.line_guide import Frame, MelodyGuide
from composer.melody.line_vocabulary import MelodyVocabulary, is_like, lead_family, relations
from composer.melody.writer import MelodyNetwork, draw_melodies
from composer.model.checkpoint import expected_shapes
from composer.model.config import ModelConfig
from composer.model.engines.numpy_engine import CpuEngine
from composer.model.sampling import Request, Settings, generate
from composer.plan import Plan, make_plan
from composer.plan.sections import Section
from composer.score import TICKS_PER_QUARTER, Chord

_SYMBOLS = "C Dm Em F G Am G7 C/E D7 E7 E"


@pytest.fixture(scope="module")
def network() -> MelodyNetwork:
    names = (*sorted(chord_name(Chord.parse(symbol)) for symbol in _SYMBOLS.split()), "none")
    vocabulary = MelodyVocabulary(("hymn", "waltz"), names)
    config = ModelConfig(len(vocabulary), 16, 32, 1, 2, 2, 1024)
    random = np.random.default_rng(1)
    weights = {name: random.normal(0, 0.1, shape).astype(np.float32) for name, shape in expected_shapes(config).items()}
    return MelodyNetwork(CpuEngine(weights, config), vocabulary)


def plan_of(**fields: object) -> Plan:
    brief = Brief.from_dict({"style": "waltz", "bars": 16, "key": "D major", "chords": "D G A7 D", "seed": 4, **fields})
    return settle(make_plan(brief), brief)


def draw(plan: Plan, network: MelodyNetwork, seed: int = 3, drawn: int = 3):
    lead = lead_of(plan)
    assert lead is not None
    return draw_melodies(plan, lead, seed, drawn, network)


@pytest.mark.parametrize("key", ["D major", "B minor", "Ab major"])
def test_melodies_stay_in_their_span_do_not_overlap_and_end_on_the_tonic(network, key):
    tonic, mode = key.split()
    home = tonic if mode == "major" else f"{tonic}m"
    plan = plan_of(key=key, chords=home)
    lead = lead_of(plan)
    for line in draw(plan, network):
        assert all(lead.span[0] <= tone.pitch <= lead.span[1] for tone in line.tones)
        ends = [tone.start + tone.ticks for tone in line.tones]
        assert all(end <= tone.start for end, tone in zip(ends, line.tones[1:], strict=False))
        assert (line.tones[-1].start, ends[-1]) == (15 * plan.meter.bar_ticks, 16 * plan.meter.bar_ticks)
        assert line.tones[-1].pitch % 12 == plan.key.tonic


def test_notes_on_beats_belong_to_the_chord_or_its_scale(network):
    plan = plan_of()
    scale = {2, 4, 6, 7, 9, 11, 1}
    for line in draw(plan, network):
        assert all(tone.pitch % 12 in scale for tone in line.tones if tone.start % plan.meter.beat_ticks == 0)


def test_equal_seeds_give_equal_melodies_and_others_give_others(network):
    plan = plan_of()
    first, again, other = (draw(plan, network, seed) for seed in (5, 5, 6))
    assert first == again != other
    half = -(-len(first) // 2)  # of them first those about as fast as the first one drawn
    for group in (first[:half], first[half:]):
        assert [line.mark for line in group] == sorted((line.mark for line in group), reverse=True)


def test_a_literal_return_brings_the_melody_back(network):
    plan = plan_of(bars=24, form="ABA")
    plan = replace(plan, returns=())
    line = draw(plan, network)[0]
    ticks = plan.meter.bar_ticks
    span = [(tone.start % (16 * ticks), tone.pitch) for tone in line.tones if 16 * ticks <= tone.start < 22 * ticks]
    assert span == [(tone.start, tone.pitch) for tone in line.tones if tone.start < 6 * ticks]


def test_a_line_settles_on_a_tone_of_the_triad_at_each_close(network):
    plan = plan_of(chords="D", form="through-composed")
    closes = tuple("half" if bar % 4 == 3 and bar < 15 else None for bar in range(15))
    plan = replace(plan, closes=(*closes, "authentic"), recalls=(0,) * 16)
    ticks, beat = plan.meter.bar_ticks, plan.meter.beat_ticks
    for line in draw(plan, network, drawn=24):
        for bar in (3, 7, 11):
            after = [tone for tone in line.tones if tone.start + tone.ticks > bar * ticks]
            settled = next(tone for tone in after if tone.start >= bar * ticks or tone.start + tone.ticks > bar * ticks + beat)
            if settled.start < bar * ticks:  # held over the barline
                continue
            assert settled.start - bar * ticks in (0, beat)
            assert settled.ticks >= 2 * beat
            assert settled.pitch % 12 in {2, 6, 9}


@pytest.mark.parametrize(
    ("style", "ensemble", "breathes"),
    [("folk", "satb-choir", True), ("mass", "satb-choir", False), ("hymn", "satb-choir", False), ("waltz", "piano", False)],
)
def test_choirs_of_several_lines_breathe_at_most_closes(network, style: str, ensemble: str, breathes: bool) -> None:
    plan = plan_of(style=style, ensemble=ensemble, meter="3/4", chords="D", form="through-composed")
    closes = tuple("half" if bar % 4 == 3 and bar < 15 else None for bar in range(15))
    plan = replace(plan, closes=(*closes, "authentic"), recalls=(0,) * 16)
    ticks, beat = plan.meter.bar_ticks, plan.meter.beat_ticks
    rests = held = 0
    for seed in range(12):
        for line in draw(plan, network, seed, 1):
            for tone, after in pairwise(line.tones):
                if tone.start // ticks in (3, 7, 11) and after.start - tone.start > beat:
                    held += 1
                    rests += tone.start + tone.ticks < after.start
    assert held >= 8
    assert (rests > held / 2) is breathes


def test_a_line_never_rests_for_longer_than_half_a_bar(network):
    plan = plan_of(form="through-composed")
    plan = replace(plan, recalls=(0,) * 16)
    longest = max(plan.meter.bar_ticks // 2, plan.meter.beat_ticks)
    for line in draw(plan, network, drawn=6):
        gaps = [after.start - before.start - before.ticks for before, after in pairwise(line.tones)]
        assert max(gaps) <= longest


def test_an_upbeat_that_comes_back_follows_an_arrival(network):
    plan = plan_of(style="hymn", meter="4/4", chords="D", form="A4 A4 A4 A4")
    plan = replace(plan, returns=())
    guide = MelodyGuide(network.table, Frame(plan, ((Chord.parse("C"),),) * 16, "keyboard", 60, 80))
    guide.bars = [[(0, None), (72, 67)], [(0, 72)], [(0, 71)], [(0, 65)], []]
    assert guide.given(4) == ("Relation_new", [(0, 64), (72, 67)])
    guide.bars[3] = [(0, 62)]  # next to the third that C major lacks
    assert guide.given(4) == ("Relation_new", [(0, 60), (72, 67)])


def test_the_first_section_returns_with_its_upbeat(network):
    plan = plan_of(chords="D", bars=17)
    sections = (Section("Upbeat", 0, 1), Section("A", 1, 4), Section("B", 5, 8), Section("A'", 13, 4))
    closes = tuple("half" if bar in (4, 12) else None for bar in range(16))
    plan = replace(plan, sections=sections, closes=(*closes, "authentic"), recalls=(None,) * 17, returns=("", "", "", "varied"))
    bar, beat = plan.meter.bar_ticks, plan.meter.beat_ticks
    for line in draw(plan, network, drawn=24):
        if upbeat := [tone.start for tone in line.tones if 2 * beat <= tone.start < bar]:
            before = [tone.start - 12 * bar for tone in line.tones if 12 * bar <= tone.start < 13 * bar]
            assert before == [0, *upbeat], "the line settles before"


def test_silent_bars_stay_silent(network):
    plan = plan_of(form="through-composed")
    plan = replace(plan, sections=(Section("intro", 0, 4), Section("A", 4, 12)), recalls=(0,) * 16)
    lead = lead_of(plan)
    assert lead.silent == frozenset(range(4))
    assert all(tone.start >= 4 * plan.meter.bar_ticks for line in draw(plan, network) for tone in line.tones)


def test_a_bar_is_like_the_nearest_bar_with_its_notes_its_shape_or_its_rhythm():
    same, moved = [(0, 60), (24, 64)], [(0, 62), (24, 65)]
    assert relations([same, moved, same, [(0, 72), (24, 60)], [(0, None)]]) == [
        "Relation_new",
        "Relation_moved_1",
        "Relation_same_2",
        "Relation_rhythm_1",
        "Relation_new",
    ]


def test_leading_instruments_have_families():
    assert [lead_family(program) for program in (0, 40, 53, 73, 60, 24, 81)] == [
        "keyboard", "strings", "voice", "woodwind", "brass", "plucked", "other",
    ]  # fmt: skip


def test_the_first_melody_is_shown_while_it_is_drawn(network):
    plan, shown = plan_of(bars=16), []
    lead = lead_of(plan)
    [line] = draw_melodies(plan, lead, 3, 1, network, on_first=shown.append)
    ends = [tones[-1].start + tones[-1].ticks for tones in shown]
    assert [-(-end // plan.meter.bar_ticks) for end in ends] == [1, 2, 4, 8, 16]  # in bars; a line may rest at the end of one
    for tones in shown:
        assert [(tone.start, tone.pitch) for tone in tones] == [(tone.start, tone.pitch) for tone in line.tones[: len(tones)]]


def chord_of(plan: Plan, tick: int) -> Chord:
    bar = plan.chords[min(tick // plan.meter.bar_ticks, plan.bars - 1)]
    starts = plan.meter.chord_ticks(len(bar))
    return [chord for start, chord in zip(starts, bar, strict=True) if start <= tick % plan.meter.bar_ticks][-1]


def test_dissonances_on_beats_are_prepared_and_left_by_step(network):
    plan, leapt, foreign = plan_of(chords="D G A7 D"), 0, 0
    for line in draw(plan, network, drawn=48):
        for before, tone, after in zip(line.tones, line.tones[1:], line.tones[2:], strict=False):
            if tone.start % plan.meter.beat_ticks or tone.pitch % 12 in chord_of(plan, tone.start).pitch_classes:
                continue
            foreign += 1
            leapt += abs(tone.pitch - before.pitch) > 2
            leapt += abs(after.pitch - tone.pitch) > 2
    assert foreign > 10
    assert leapt <= foreign / 3  # of twice as many intervals: a close, a return, or the end of a line's span, may need a leap


def test_chords_of_a_user_begin_with_their_tones(network):
    plan = plan_of(chords="D G A7 D")

    def foreign(plan: Plan) -> int:
        struck = [
            tone for line in draw(plan, network, drawn=48) for tone in line.tones if tone.start % plan.meter.bar_ticks == 0
        ]
        return sum(tone.pitch % 12 not in chord_of(plan, tone.start).pitch_classes for tone in struck)

    assert foreign(plan) == 0
    assert foreign(replace(plan, chords_given=False)) > 10


def test_a_choir_sings_the_first_of_several_chords_in_a_bar(network):
    plan = plan_of(
        style="hymn", key="C major", meter="4/4", bars=8, chords="C F G7 C | Am F | Dm G7 | C", ensemble="satb-choir"
    )
    starts = [min(tone.start for tone in line.tones) for seed in range(8) for line in draw(plan, network, seed)]
    assert set(starts) == {0}
    alone = replace(plan, chords=((Chord.parse("C"),), *plan.chords[1:]))
    assert any(line.tones[0].start for seed in range(8) for line in draw(alone, network, seed)), (
        "one chord waits for the voices"
    )


def parallels(plan: Plan, line) -> int:
    """Moves of a melody in fifths and octaves with the basses of the chords."""
    found = 0
    for before, after in pairwise(line.tones):
        low, lower = (chord_of(plan, tick).lowest for tick in (after.start - 1, after.start))
        interval = (before.pitch - low) % 12
        found += low != lower and before.pitch != after.pitch and interval in (0, 7) and interval == (after.pitch - lower) % 12
    return found


def test_the_melody_of_a_choir_does_not_move_in_parallel_with_given_basses(network):
    chords = "Eb Bb7 Cm Ab | Eb/G Bb Eb Fm7 | Bb7 Cm"
    plan = plan_of(style="hymn", key="Eb major", meter="4/4", chords=chords, ensemble="satb-choir")
    counts = [
        sum(parallels(each, line) for seed in range(4) for line in draw(each, network, seed))
        for each in (plan, replace(plan, chords_given=False))
    ]
    assert 4 * counts[0] < counts[1]


def test_no_note_is_foreign_to_the_harmony_for_more_than_a_beat(network):
    plan = plan_of(chords="D G A7 D")
    beat, end = plan.meter.beat_ticks, plan.bars * plan.meter.bar_ticks
    for line in draw(plan, network, drawn=48):
        for tone in line.tones:
            clashes = [
                tone.pitch % 12 not in chord_of(plan, tick).pitch_classes
                for tick in range(tone.start, min(end, tone.start + tone.ticks), TICKS_PER_QUARTER // 4)
            ]
            longest = max(sum(1 for _ in stretch) if foreign else 0 for foreign, stretch in groupby(clashes))
            assert longest * TICKS_PER_QUARTER // 4 <= beat, tone


def test_a_sequence_moves_every_note_along_the_scale(network):
    plan = plan_of(chords="D")
    frame = Frame(plan, tuple((Chord.parse("C13"),) * 2 for _ in range(16)), "other", 60, 84)
    guides = [MelodyGuide(network.table, frame, {1: ("moved", 1)}) for _ in range(80)]
    generate(network.engine, [Request(guide, (3, seed)) for seed, guide in enumerate(guides)], Settings(window=960), rows=40)
    results = [guide.result() for guide in guides]
    rich = [bars for bars in results if sum(pitch is not None for _, pitch in bars[0]) > 1]
    moved = [is_like(bars[1], bars[0], "moved") for bars in rich]
    assert len(rich) > 4
    assert sum(moved) > len(moved) / 2  # the others would leave the span or the chord


def test_a_line_neither_stays_on_a_pitch_nor_circles_nor_leaps_by_sevenths(network):
    plan = plan_of(chords="D")
    frame = Frame(plan, tuple((Chord.parse("G7"),) * 2 for _ in range(16)), "other", 60, 84)
    guides = [MelodyGuide(network.table, frame) for _ in range(20)]
    generate(network.engine, [Request(guide, (5, seed)) for seed, guide in enumerate(guides)], Settings(window=960), rows=20)
    lines = [[pitch for bar in guide.result() for _, pitch in bar if pitch is not None] for guide in guides]
    stretches = [line[start : start + 9] for line in lines for start in range(len(line) - 8)]
    moves = [abs(after - before) for line in lines for before, after in pairwise(line)]
    assert len(stretches) > 200
    assert sum(len(set(stretch)) <= 3 for stretch in stretches) <= 0.02 * len(stretches)  # returns and sequences
    assert sum(len(set(stretch[:5])) == 1 for stretch in stretches) <= 0.02 * len(stretches)
    assert sum(move in (6, 10, 11) for move in moves) <= 0.06 * len(moves)


def test_lines_settle_on_the_root_at_half_of_the_closes(network):
    found = []
    for seed in range(16):
        plan = plan_of(chords="D", seed=seed)
        plan = replace(plan, closes=(*("half" if bar % 4 == 3 else None for bar in range(15)), "authentic"))
        bar = plan.meter.bar_ticks
        for line in draw(plan, network):
            bars = [[tone.pitch % 12 for tone in line.tones if tone.start // bar == place] for place in (3, 7, 11)]
            found += [pitches[0] == 2 for pitches in bars if pitches]
    assert len(found) > 20
    assert 0.4 <= sum(found) / len(found) <= 0.9  # a third of the others are on it by chance; dissonances resolve by step first


def test_a_piece_may_state_its_first_two_bars_again(monkeypatch):
    plan = plan_of()
    monkeypatch.setattr(writer, "_SENTENCES", 1.0)
    found = {kind for seed in range(9) for kind, _ in [writer._drawn_relations(replace(plan, band_seed=seed), "1")[2]]}
    assert found == {"moved", "rhythm"}
    assert all(writer._drawn_relations(plan, "1")[bar][1] == 2 for bar in (2, 3))


def test_lines_have_about_the_pace_of_the_style(network):
    plan = plan_of(chords="D", tempo=90)
    lines = draw(plan, network, drawn=12)
    assert len(writer._ranked(lines, 0)[0].tones) < len(writer._ranked(lines, 1000)[0].tones)
    chords, first = ((Chord.parse("C"),),) * 16, network.table.first_pace
    paces = [
        np.flatnonzero(MelodyGuide(network.table, Frame(plan, chords, "other", 60, 84, pace=p)).mask()) for p in (0.8, 1.3)
    ]
    assert [(mask - first).tolist() for mask in paces] == [[2], [4]], "one pace each, faster than the one that lines will have"


def test_a_line_that_stands_on_one_pitch_is_worse():
    plan = plan_of(chords="D")
    frame = Frame(plan, tuple((Chord.parse("C"),) * 2 for _ in range(16)), "other", 60, 84)
    beat, pitches = plan.meter.beat_ticks, (64, 67, 72, 67)
    moving = [Tone(place * beat, beat, pitches[place % 4]) for place in range(48)]
    standing = [replace(tone, pitch=72) if 8 <= place < 18 else tone for place, tone in enumerate(moving)]
    hammered = [replace(tone, pitch=72) if 8 <= place < 14 else tone for place, tone in enumerate(moving)]
    bars = [[(0, 60)]] * 16
    costs = [faults_of(tones, bars, frame)["stalls"] for tones in (moving, hammered, standing)]
    assert costs[0] == 0.0
    assert 0.1 < costs[1] < costs[2]


def test_a_dissonance_resolves_over_its_chord():
    plan = plan_of(chords="D")
    chords = tuple((Chord.parse("C" if bar < 2 else "Am"),) * 2 for bar in range(16))
    frame, ticks, beat = Frame(plan, chords, "other", 60, 84), plan.meter.bar_ticks, plan.meter.beat_ticks
    within = [Tone(0, ticks, 67), Tone(ticks, beat, 65), Tone(ticks + beat, ticks - beat, 64), Tone(2 * ticks, ticks, 64)]
    across = [Tone(0, ticks, 67), Tone(ticks, ticks - beat, 67), Tone(2 * ticks - beat, beat, 65), Tone(2 * ticks, ticks, 64)]
    bars = [[(0, 60)]] * 16
    assert 0 < faults_of(within, bars, frame)["rubs"] < faults_of(across, bars, frame)["rubs"]


@pytest.mark.parametrize(
    ("fault", "better", "worse"),
    [
        ("unfilled", (60, 72, 71, 67, 64, 65), (60, 72, 76, 67, 64, 65)),  # a leap and a step back; two leaps upwards
        ("turns", (60, 62, 64, 65, 67, 65), (60, 64, 62, 65, 64, 67)),  # one direction; up and down
        ("zigzags", (60, 65, 69, 72, 67, 64), (60, 65, 60, 67, 62, 67)),  # leaps through a chord; up and down in turn
        ("circling", (60, 62, 64, 65, 67, 64), (60, 62, 60, 64, 62, 60)),  # five pitches; three
    ],
)
def test_a_line_is_worse_that_wanders(fault: str, better: tuple[int, ...], worse: tuple[int, ...]):
    plan = plan_of(chords="D")
    frame = Frame(plan, ((Chord.parse("C"),),) * 16, "other", 60, 84)
    beat, bars = plan.meter.beat_ticks, [[(0, 60)]] * 16
    costs = [
        faults_of([Tone(place * beat, beat, pitches[place % 6]) for place in range(48)], bars, frame)[fault]
        for pitches in (better, worse)
    ]
    assert costs[0] < costs[1]


def test_a_line_is_worse_whose_bars_have_one_rhythm():
    frame = Frame(plan_of(chords="D"), ((Chord.parse("C"),),) * 16, "other", 60, 84)
    rhythms = (0, 24), (0, 48), (12, 36)
    one, several = ([[(step, 60) for step in rhythms[bar % many]] for bar in range(16)] for many in (1, 3))
    assert faults_of([], several, frame)["uniform"] == 0.0 < faults_of([], one, frame)["uniform"]


def test_a_line_is_worse_whose_rhythms_alternate():
    frame = Frame(plan_of(chords="D"), ((Chord.parse("C"),),) * 16, "other", 60, 84)
    rhythms = (0, 24), (0, 48), (12, 36)
    two, three = ([[(step, 60) for step in rhythms[bar % many]] for bar in range(16)] for many in (2, 3))
    assert faults_of([], three, frame)["alternating"] == 0.0 < faults_of([], two, frame)["alternating"]


def test_a_line_is_worse_with_many_rests():
    plan = plan_of(chords="D")
    frame, beat, bars = Frame(plan, ((Chord.parse("C"),),) * 16, "other", 60, 84), plan.meter.beat_ticks, [[(0, 60)]] * 16
    held, broken = ([Tone(place * beat, ticks, 60) for place in range(48)] for ticks in (beat, beat // 2))
    assert faults_of(held, bars, frame)["rests"] == 0.0 < faults_of(broken, bars, frame)["rests"]


@pytest.mark.parametrize(
    ("fault", "lead", "units"),
    [
        ("divisions", "other", (TICKS_PER_QUARTER // 3, TICKS_PER_QUARTER // 4)),  # triplets before sixteenths
        ("sung runs", "voice", (TICKS_PER_QUARTER // 4,)),
    ],
)
def test_a_line_is_worse_that_mixes_divisions_or_has_runs_in_a_song(fault: str, lead: str, units: tuple[int, ...]):
    plan = plan_of(chords="D")
    frame, bars = Frame(plan, ((Chord.parse("C"),),) * 16, lead, 60, 84), [[(0, 60)]] * 16
    even, uneven = (
        [
            Tone(quarter * TICKS_PER_QUARTER + place, unit, 60)
            for quarter in range(16)
            for unit in (each[quarter * len(each) // 16],)
            for place in range(0, TICKS_PER_QUARTER, unit)
        ]
        for each in ((TICKS_PER_QUARTER // 2,), units)
    )
    assert faults_of(even, bars, frame)[fault] == 0.0 < faults_of(uneven, bars, frame)[fault]
    assert faults_of(uneven, bars, replace(frame, lead="other", pace=1.0))["sung runs"] == 0.0, "players have runs"


def test_a_line_is_worse_whose_phrases_have_one_highest_pitch():
    plan = plan_of(chords="D")
    frame, ticks = Frame(plan, ((Chord.parse("C"),),) * 16, "other", 60, 84), plan.meter.bar_ticks
    level, rising = ([Tone(bar * ticks, ticks, 60 + step * (bar // 4)) for bar in range(16)] for step in (0, 2))
    bars = [[(0, 60)]] * 16
    assert faults_of(rising, bars, frame)["peaks"] == 0.0 < faults_of(level, bars, frame)["peaks"]


def test_melodies_in_a_church_mode_keep_to_its_scale_and_prefer_its_characteristic_tone(network):
    plan = plan_of(key="D mixolydian", chords="D C G D")
    lines = draw(plan, network, drawn=6)
    assert all(tone.pitch % 12 in plan.key.scale for line in lines for tone in line.tones)
    shares = [sum(tone.pitch % 12 == 0 for tone in line.tones) / len(line.tones) for line in lines]
    assert [line.faults["colorless"] == 0 for line in lines] == [share >= 0.04 for share in shares]
