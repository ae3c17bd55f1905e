from __future__ import annotations

import json
from contextlib import nullcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import options

from composer.brief import METERS, TEMPO_RANGE_QPM, Brief
from composer.controls import PHRASE_BARS, RECALL_BARS
from composer.errors import BadInputError
from composer.plan import Plan, hit_bars, make_plan
from composer.plan.sections import lay_sections, recalls_of
from composer.presets import composers, ensembles, forms, instruments, moods, percussion, resolve_form, style_names, styles
from composer.prompt import parse_prompt
from composer.score import Key
from tests.arranging import plan_of


@given(options())
def test_a_plan_answers_every_brief_and_keeps_its_word(requested):
    brief = Brief.from_dict(requested)
    plan = make_plan(brief)
    assert make_plan(brief) == plan
    assert str(plan.meter) in METERS
    assert TEMPO_RANGE_QPM[0] <= plan.tempo_qpm <= TEMPO_RANGE_QPM[1]
    for asked, planned in ((brief.meter, plan.meter), (brief.key, plan.key), (brief.bars, plan.bars)):
        assert asked is None or asked == planned
    if brief.tempo is not None:
        assert plan.tempo_qpm == brief.tempo
    if brief.duration is not None:
        assert plan.duration_s == pytest.approx(brief.duration, abs=1e-6)
    assert 1 <= len(plan.parts) <= 16
    assert all(part.low < part.high for part in plan.parts)
    assert len({part.name for part in plan.parts}) == len(plan.parts)
    assert set(plan.styles) <= set(style_names())
    assert len(plan.recalls) == plan.bars
    for bar, planned in enumerate(plan.recalls):
        choices = plan.recall_choices(bar)
        assert choices == ((planned if planned in RECALL_BARS else 0,) if planned is not None else choices)
        assert set(choices) <= {distance for distance in RECALL_BARS if distance <= bar}
        assert choices
    assert len(plan.chords) == (plan.bars if brief.chords else 0)
    assert len(plan.moods) in (0, -(-plan.bars // PHRASE_BARS))
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict(), allow_nan=False))) == plan


@settings(max_examples=40)
@given(st.sampled_from(sorted(forms())), st.integers(8, 256))
def test_sections_fill_the_piece_and_recalls_look_at_the_same_letter(name, bars):
    form = resolve_form(name)
    sections = lay_sections(form.letters, form.lengths, bars)
    ends = [0, *(section.start_bar + section.bars for section in sections)]
    assert ends[-1] == bars
    assert [section.start_bar for section in sections] == ends[:-1]
    letter_of = {
        bar: section.letter for section in sections for bar in range(section.start_bar, section.start_bar + section.bars)
    }
    recalls = recalls_of(sections, bars)
    assert recalls[-1] is None
    for bar, distance in enumerate(recalls):
        if distance:
            assert letter_of[bar] == letter_of[bar - distance]


@pytest.mark.parametrize("bars", [16, 24, 32, 48, 64])
@pytest.mark.parametrize("name", ["AABA", "ABA", "binary", "verse-chorus", "theme-and-variations", "loop"])
def test_returns_in_pieces_of_usual_length_can_be_told(name, bars):
    form = resolve_form(name)
    sections = lay_sections(form.letters, form.lengths, bars)
    recalls = recalls_of(sections, bars)
    first = {}
    for section in sections:
        if section.letter in first and section.bars > 1:
            assert recalls[section.start_bar], f"{section} does not return"
        first.setdefault(section.letter, section)


DANCE_TUNES = ("jig", "reel", "hornpipe")  # of 32 bars


def test_a_requested_form_keeps_the_tune_of_a_letter_and_varies_one_with_an_apostrophe():
    returns = [make_plan(Brief(style="lied", form="A8 A8 B8 A'8", seed=seed)).returns for seed in range(12)]
    assert {second for _, second, _, _ in returns} <= {"tune", "literal"}
    assert "varied" in {last for *_, last in returns}
    free = [kind for seed in range(30) for kind in make_plan(Brief(style="lied", bars=32, seed=seed)).returns]
    assert "varied" in free


@pytest.mark.parametrize("form", ["A10 B10 A10", "A5 B9 A5 C3 A5", "A7 A'7 B6 A7", "A4 B3 A8"])
def test_returns_of_counted_sections_come_back_at_any_distance(form):
    plan = make_plan(Brief.from_dict({"form": form}))
    for index, section in enumerate(plan.sections):
        sources = [earlier for earlier in plan.sections[:index] if earlier.letter == section.letter]
        if sources:
            recalled = set(plan.recalls[section.start_bar : min(section.start_bar + 2, plan.bars - 2)])
            assert len(recalled) == 1, section
            assert recalled <= {section.start_bar - source.start_bar for source in sources}


def test_a_pianist_who_accompanies_reaches_below_the_melody():
    duo, alone = (make_plan(Brief.from_dict({"instruments": players})) for players in ("voice,piano", "piano"))
    assert [part.low for part in duo.parts if part.name.endswith("(right hand)")] == [47]
    assert [part.low for part in alone.parts if part.name.endswith("(right hand)")] == [55]


def test_hands_have_the_same_ranges_by_name_and_in_an_ensemble():
    for level in (None, "beginner", "easy"):
        named, known = (
            make_plan(Brief.from_dict({**players, "level": level}))
            for players in ({"instruments": "clarinet,piano"}, {"ensemble": "clarinet-piano"})
        )
        ranges = [[(part.low, part.high) for part in plan.parts[1:]] for plan in (named, known)]
        assert ranges[0] == ranges[1]


@pytest.mark.parametrize("players", [{"ensemble": "piano"}, {"instruments": "flute,piano"}])
def test_hands_in_five_finger_position_have_five_notes_each(players):
    for tonic in range(12):
        key = str(Key.from_tonic(tonic, "minor" if tonic % 2 else "major"))
        plan = make_plan(Brief.from_dict({**players, "level": "five-finger", "key": key}))
        right, left = ((part.low, part.high) for part in plan.parts[-2:])
        assert left[0] % 12 == tonic
        assert left[1] == left[0] + 7, "from the tonic to the dominant"
        assert right == (left[0] + 12, left[1] + 12), "an octave above the left hand, no key shared"


def test_the_melody_of_a_piece_in_five_finger_position_stays_in_it():
    for seed in range(1, 4):
        plan = plan_of("folk", seed, level="five-finger", ensemble="piano", key="G major", bars=8)
        assert {pitch for _, _, pitch in plan.tune} <= {67, 69, 71, 72, 74}


def test_limits_of_a_brief_stay_at_every_level():
    for level in (None, "beginner", "five-finger"):
        plan = make_plan(Brief.from_dict({"instruments": "voice,piano:C4-C6", "level": level}))
        assert {(part.low, part.high) for part in plan.parts[1:]} <= {(60, 84), (60, 67)}


@pytest.mark.parametrize("name", sorted(styles()))
def test_every_style_has_a_plan_within_its_habits(name):
    style = styles()[name]
    plan = make_plan(Brief(style=name, seed=3))
    assert str(plan.meter) in style.meters
    assert style.tempo_qpm[0] <= plan.tempo_qpm <= style.tempo_qpm[1]
    if style.ensemble:
        usual = ensembles()[style.ensemble].parts
        assert name == "fugue" or [part.name for part in plan.parts] == [part.name for part in usual]


@pytest.mark.parametrize("name", sorted(instruments().keys() - percussion().keys()))
def test_every_instrument_is_planned_with_its_program_and_range(name):
    row = instruments()[name]
    parts = make_plan(Brief(instruments=(name, name), bars=8)).parts
    assert {part.program for part in parts} == {row.program}
    assert all(row.low <= part.low < part.high <= row.high for part in parts)


def test_one_answer_does_not_move_another():
    open_plan = make_plan(Brief(style="waltz", seed=11))
    fixed_key = make_plan(Brief.from_dict({"style": "waltz", "seed": 11, "key": "E minor"}))
    assert (open_plan.tempo_qpm, open_plan.bars, open_plan.meter) == (fixed_key.tempo_qpm, fixed_key.bars, fixed_key.meter)


def test_keys_suit_the_style_and_one_seed_gives_styles_different_keys():
    def keys(style, seeds):
        return [make_plan(Brief(style=style, seed=seed)).key for seed in seeds]

    assert sum(key.mode == "minor" for key in keys("ragtime", range(100))) < 20
    assert sum(key.mode == "minor" for key in keys("metal", range(100))) > 80
    genres = [name for name, style in styles().items() if style.kind in ("genre", "arranged")]
    assert len({str(key) for name in genres for key in keys(name, [1])}) > 8


def test_dance_tunes_have_strains_of_eight_bars():
    for name in DANCE_TUNES:
        for seed in range(5):
            assert [section.bars for section in make_plan(Brief(style=name, seed=seed)).sections][-4:] == [8, 8, 8, 8]
            assert {section.bars for section in make_plan(Brief(style=name, form="AABB", seed=seed)).sections} == {8}


def test_a_blues_of_whole_choruses_has_choruses_of_twelve_bars():
    for bars in (12, 24, 36, 48):
        sections = make_plan(Brief(style="blues", bars=bars)).sections
        assert [section.bars for section in sections] == [12] * (bars // 12)


def test_a_piece_of_which_nothing_is_asked_lasts_about_a_minute_or_more():
    for name, style in styles().items():
        if name in DANCE_TUNES:
            continue
        for seed in range(5):
            plan = make_plan(Brief(style=name, seed=seed))
            assert 45 <= plan.duration_s <= 160, (style, seed)


def test_the_style_asked_for_stays_in_the_plan_beside_what_it_is_made_of():
    plan = make_plan(Brief.from_dict({"style": "swing"}))
    assert plan.preset == "swing"
    assert "ragtime" in plan.styles


def test_seeds_differ():
    assert len({make_plan(Brief(seed=seed)) for seed in range(8)}) > 4


def test_arousal_drives_an_open_tempo_and_valence_an_open_mode():
    def plan(valence, arousal):
        return make_plan(Brief(style="folk", valence=valence, arousal=arousal, seed=5))

    assert plan(0, -1).tempo_qpm < plan(0, 0).tempo_qpm < plan(0, 1).tempo_qpm
    assert (plan(-0.8, 0).key.mode, plan(0.8, 0).key.mode) == ("minor", "major")


def test_intensity_moves_the_mood_away_from_neutral():
    def moods(intensity):
        return make_plan(Brief(valence=-0.4, arousal=0.3, intensity=intensity, bars=16)).moods

    assert {(mood.valence, mood.arousal) for mood in moods(0)} == {(0.0, 0.0)}
    assert [(mood.valence, mood.arousal) for mood in moods(2)] == [(-0.8, 0.6)] * 4


@pytest.mark.parametrize(
    ("chords", "key"),
    [("Dm Gm A7 Dm", "D minor"), ("C F G C", "C major"), ("Am F C G", "A minor"), ("Bb Eb F7 Bb", "Bb major")],
)
def test_the_key_follows_the_chords(chords, key):
    assert str(make_plan(Brief.from_dict({"chords": chords})).key) == key


def test_a_last_short_round_of_chords_closes_as_written():
    plan = make_plan(Brief.from_dict({"chords": "Dm Gm A7 Dm", "bars": 18}))
    assert [chord.symbol() for bar in plan.chords[-4:] for chord in bar] == ["A7", "Dm", "A7", "Dm"]


@pytest.mark.parametrize("duration", [10.0, 47.5, 60.0, 181.3])
def test_a_duration_is_met_to_the_sample(duration):
    for seed in range(20):
        assert make_plan(Brief(duration=duration, seed=seed)).duration_s == pytest.approx(duration, abs=1e-9)


@pytest.mark.parametrize("requested", [{"duration": 1800}, {"duration": 60, "bars": 10}, {"duration": 400, "tempo": 120}])
def test_an_open_meter_is_one_in_which_the_duration_is_possible(requested):
    for seed in range(12):
        plan = make_plan(Brief.from_dict({"style": "folk", "seed": seed, **requested}))
        assert plan.duration_s == pytest.approx(requested["duration"], abs=1e-6)
    with pytest.raises(BadInputError, match="3/4 are 1800 bars"):
        make_plan(Brief.from_dict({"style": "waltz", "meter": "3/4", "duration": 1800, "tempo": 180}))


def test_a_duration_bends_a_stated_tempo_a_little_or_refuses():
    plan = make_plan(Brief.from_dict({"duration": 47.5, "tempo": 120, "meter": "4/4"}))
    assert plan.bars == 24
    assert plan.tempo_qpm == pytest.approx(120, rel=0.05)
    with pytest.raises(BadInputError, match=r"tempo 60 and 10 s clash in 4/4, where a bar lasts 4 s: give 8 or 12 s"):
        make_plan(Brief.from_dict({"duration": 10, "tempo": 60, "meter": "4/4"}))
    with pytest.raises(BadInputError, match="limit of 256"):
        make_plan(Brief.from_dict({"duration": 1800, "tempo": 300, "meter": "4/4"}))


def test_what_only_the_length_reveals_is_refused():
    with pytest.raises(BadInputError, match=r"8 bars of chords do not fit 2 bars"):
        make_plan(Brief.from_dict({"chords": "C F G C F G C C", "duration": 4, "tempo": 120, "meter": "4/4"}))
    with pytest.raises(BadInputError, match=r"4 sections, the piece 2 bars"):
        make_plan(Brief.from_dict({"form": "AABA", "duration": 4, "tempo": 120, "meter": "4/4"}))
    with pytest.raises(BadInputError, match=r"18 staves, more than the limit of 16"):
        make_plan(Brief(instruments=("piano",) * 9))


def test_markers_stand_on_the_first_ticks_of_sections():
    plan = make_plan(Brief.from_dict({"form": "ABA", "bars": 24, "meter": "6/8"}))
    assert [(marker.start_ticks, marker.text) for marker in plan.markers] == [(0, "A"), (8 * 1440, "B"), (16 * 1440, "A")]


HITS = {"hits": "0:12.5 big, 0:31 soft", "duration": 47.5}


@pytest.mark.parametrize("meter", METERS)
def test_a_barline_falls_on_every_hit_in_every_meter(meter):
    for seed in range(3):
        plan = make_plan(Brief.from_dict(HITS | {"meter": meter, "seed": seed}))
        assert [plan.seconds_at(planned.bar) for planned in plan.hits] == pytest.approx([12.5, 31.0], abs=1e-9)
        assert plan.duration_s == pytest.approx(47.5, abs=1e-9)
        assert plan.hits[0].bar in {section.start_bar for section in plan.sections}
        assert plan.bar_at(31.0) == pytest.approx(plan.hits[1].bar)


@pytest.mark.parametrize("more", [{"bars": 24}, {"tempo": 96}, {"form": "AABA"}, {"form": "A8 B16"}, {"chords": "Am F C G"}])
def test_hits_go_together_with_other_controls(more):
    requested = HITS | more | {"meter": "4/4"}
    if "form" in more and "8" in more["form"]:
        requested["hits"], requested["duration"] = "0:16 big", 47.5
    plan = make_plan(Brief.from_dict(requested))
    wanted = [hit.time_s for hit in Brief.from_dict(requested).hits]
    assert [plan.seconds_at(planned.bar) for planned in plan.hits] == pytest.approx(wanted, abs=1e-9)
    assert plan.bars == more.get("bars", plan.bars)
    tempos = [change.qpm for change in plan.tempos]
    assert max(tempos) <= 1.5 * min(tempos)
    assert all(abs(qpm / more["tempo"] - 1) <= 0.25 for qpm in tempos if "tempo" in more)


def test_a_mood_curve_is_read_off_phrase_by_phrase():
    plan = make_plan(Brief.from_dict({"mood_curve": "-1,-1@0 1,1@bar 9 0,0@end", "bars": 16}))
    assert [round(mood.arousal, 6) for mood in plan.moods] == [-1.0, 0.0, 1.0, 0.0]
    half = make_plan(Brief.from_dict({"mood_curve": "-1,-1@0 1,1@end", "bars": 16, "intensity": 0.5}))
    assert [round(mood.valence, 6) for mood in half.moods] == [-0.5, -0.166667, 0.166667, 0.5]


def test_composers_are_mixed_and_a_genre_goes_with_each():
    plan = make_plan(Brief.from_dict({"style": "bach:0.3,chopin:0.6,waltz"}))
    assert (plan.styles, plan.composer) == (("waltz", "romantic"), "chopin")
    [other] = plan.blend
    assert (other.styles, other.composer, round(other.weight, 6)) == (("waltz", "baroque"), "bach", 0.333333)
    assert make_plan(Brief.from_dict({"style": "waltz,chopin"})).blend == ()


def test_counted_forms_and_ranges_are_kept():
    plan = make_plan(Brief.from_dict({"form": "A8 A8 B6 A8", "instruments": "bassoon:C2-G4, piano:C4-C6"}))
    assert [(s.name, s.start_bar, s.bars) for s in plan.sections] == [("A", 0, 8), ("A", 8, 8), ("B", 16, 6), ("A", 22, 8)]
    first = plan.parts[0]
    assert (first.name, first.low, first.high) == ("Bassoon", 36, 67)
    assert all(60 <= part.low < part.high <= 84 for part in plan.parts[1:])


@pytest.mark.parametrize(
    ("requested", "most"),
    [
        ({"hits": "1:00", "bars": 16, "meter": "4/4"}, 16),
        ({"hits": "10:00"}, 256),
        ({"hits": "0:40, 20:00 soft", "meter": "4/4"}, 256),
        ({"hits": "0:03", "bars": 12, "duration": 60, "meter": "4/4"}, 12),
    ],
)
def test_a_tempo_nobody_stated_makes_way_for_hits(requested, most):
    for seed in range(3):
        plan = make_plan(Brief.from_dict(requested | {"seed": seed}))
        assert plan.bars <= most
        assert [plan.seconds_at(hit.bar) for hit in plan.hits] == pytest.approx([hit.hit.time_s for hit in plan.hits])


def test_a_tempo_that_stays_is_stated_once():
    plan = make_plan(Brief.from_dict({"hits": ",".join(str(2 * n) for n in range(1, 30)), "tempo": 120, "meter": "4/4"}))
    assert len(plan.hits) == 29
    assert plan.tempo_changes == ()


@pytest.mark.parametrize("requested", [{"form": "A1"}, {"duration": 1}, {"bars": 1}])
def test_a_loop_of_one_bar_is_refused_however_it_is_asked_for(requested):
    with pytest.raises(BadInputError, match="a loop of 1 bar is too short"):
        make_plan(Brief.from_dict(requested | {"loop": True, "meter": "4/4"}))


def test_chords_off_the_scale_that_is_asked_for_are_refused():
    requested = {"chords": "F# C# G# C", "key": "C major", "scale": 0.9}
    with pytest.raises(BadInputError, match=r"scale 0\.9 and the chords clash: 3 of 4 .* of C major: give at most 0\.25"):
        make_plan(Brief.from_dict(requested))
    assert make_plan(Brief.from_dict(requested | {"scale": 0.2})).scale == 0.2
    assert make_plan(Brief.from_dict({"chords": "Am F E7 Am", "key": "A minor", "scale": 1.0})).scale == 1.0


def _changed(record, path, value):
    """The record with one value replaced; a path of names and places."""
    copy = json.loads(json.dumps(record))
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("bars",), 2**63), (("bars",), 0), (("bars",), "8"), (("bars",), 8.0), (("bars",), True),
        (("tempo_qpm",), float("inf")), (("tempo_qpm",), 0), (("tempo_qpm",), "90"),
        (("parts",), []), (("parts",), {}), (("parts",), [[]]), (("parts",), 17 * [{}]), (("parts", 0, "program"), 128),
        (("parts", 0, "low"), -1), (("parts", 0, "name"), "a\ud800"), (("parts", 0, "is_drum"), 1), (("parts", 0, "name"), 3),
        (("density",), "x"), (("density",), [1]), (("polyphony",), float("nan")), (("scale",), 2), (("mood_guidance",), None),
        (("chords",), [[]]), (("chords",), 8 * ["Dm"]), (("chords",), 8 * [[[]]]), (("chords",), 8 * [13 * ["C"]]),
        (("recalls",), []), (("recalls",), 8 * [9]), (("recalls", 0), 1), (("recalls", 1), -1),
        (("sections", 0, "start_bar"), 0), (("sections", 0, "bars"), 9),
        (("hits",), [{"bar": 9, "time_s": 1, "strength": "big"}]),
        (("hits",), [{"bar": 1, "time_s": 1, "strength": "huge"}]), (("hits",), 65 * [None]), (("styles",), "waltz"),
        (("styles",), [[]]), (("composer",), []), (("moods",), [{"valence": 2, "arousal": 0}]), (("moods",), [None]),
        (("blend",), [{"styles": [], "composer": None, "weight": 2}]), (("loop",), "yes"), (("meter",), 3), (("key",), None),
        (("tempo_changes",), [{"start_bar": 1, "qpm": 90}]), (("tempo_changes",), 2 * [{"start_bar": 3, "qpm": 90}]),
    ],
)  # fmt: skip
def test_a_plan_changed_by_hand_is_refused(path, value):
    record = make_plan(Brief.from_dict({"form": "ABA", "bars": 8, "meter": "3/4", "mood": "sad", "style": "waltz"}))
    written = record.to_dict()
    assert Plan.from_dict(written) == record
    with pytest.raises(BadInputError, match="the plan is damaged or was edited by hand"):
        Plan.from_dict(_changed(written, path, value))


@pytest.mark.parametrize(
    ("chords", "key"),
    [
        ("Dm7 G7 Cmaj7 A7", "C major"),
        ("Am F C G", "A minor"),
        ("Em | Am B7 | Em | B7 |", "E minor"),
        ("N.C. | C | G7 | C", "C major"),
        ("C7 F7 C7 G7", "C major"),
    ],
)
def test_the_key_is_where_the_dominant_resolves(chords: str, key: str) -> None:
    assert str(make_plan(Brief.from_dict({"chords": chords})).key) == key


def test_sections_of_an_open_form_are_not_all_of_four_or_eight_bars() -> None:
    plans = [make_plan(Brief.from_dict({"style": "nocturne", "bars": 24, "seed": seed})) for seed in range(30)]
    assert all(sum(section.bars for section in plan.sections) == 24 for plan in plans)
    assert all(section.bars >= 3 for plan in plans for section in plan.sections)
    uneven = sum(any(section.bars % 4 for section in plan.sections) for plan in plans)
    assert 5 < uneven < 28


def test_a_requested_form_keeps_its_proportions() -> None:
    for seed in range(20):
        plan = make_plan(Brief.from_dict({"style": "nocturne", "bars": 24, "seed": seed, "form": "ABA"}))
        assert [section.bars for section in plan.sections] == [8, 8, 8]


def test_a_listed_coda_is_the_only_one() -> None:
    plan = make_plan(Brief.from_dict({"form": "intro A A B A coda", "bars": 44, "seed": 1}))
    assert [section.name for section in plan.sections].count("Coda") == 1


@pytest.mark.parametrize("tag", [None, *moods()])
def test_without_a_style_no_band_plays(tag) -> None:
    for seed in range(12):
        plan = make_plan(Brief(mood=(tag,) if tag else (), seed=seed))
        assert styles()[plan.preset].family not in ("band", "electronic", "drums") or plan.preset == "ambient"
        allowed = not tag or moods()[tag].arousal > 0.2 or plan.preset == "tense-underscore"
        assert not any(part.is_drum for part in plan.parts) or allowed


def test_the_style_of_a_mood_suits_the_meter_and_tempo() -> None:
    for seed in range(12):
        plan = make_plan(Brief.from_dict({"mood": ["romantic"], "meter": "6/8", "seed": seed}))
        assert plan.preset == "nocturne"


def test_only_songs_whose_melody_is_written_by_phrases_begin_with_the_accompaniment() -> None:
    def first(**options: object) -> set[str]:
        briefs = [Brief.from_dict({"style": "lied", "bars": 32, "seed": seed, **options}) for seed in range(12)]
        return {make_plan(brief).sections[0].name for brief in briefs}

    assert first() == {"Intro", "A"}
    for other in ({"density": 0.5}, {"bars": 16}, {"ensemble": "string-quartet"}, {"meter": "5/8"}):
        assert "Intro" not in first(**other)


@pytest.mark.parametrize(
    ("style", "bars"), [("sonata", 72), ("folk", 32), ("nocturne", 64), ("ballroom-dance", 24), ("waltz", 16)]
)
def test_a_coda_is_a_phrase_or_a_sixth_of_the_piece_at_most(style: str, bars: int) -> None:
    for seed in range(8):
        last = make_plan(Brief.from_dict({"style": style, "bars": bars, "seed": seed})).sections[-1]
        assert last.letter != "Coda" or last.bars <= max(4, bars // 6)


@pytest.mark.parametrize(
    ("form", "style"),
    [("AABB", "jig"), ("theme-and-variations", "folk"), ("A A A A", "hymn"), ("ABA", "dance-suite"), ("twelve-bar", "blues")],
)
def test_a_requested_form_without_bars_has_whole_sections_and_no_coda(form: str, style: str) -> None:
    for seed in range(5):
        plan = make_plan(Brief.from_dict({"form": form, "style": style, "seed": seed}))
        assert [section.name for section in plan.sections] == list(resolve_form(form).letters)
        assert len({section.bars for section in plan.sections}) == 1
        assert plan.sections[0].bars % 4 == 0


def test_a_requested_form_of_a_duration_has_a_short_coda_at_most() -> None:
    for seed in range(5):
        plan = make_plan(Brief.from_dict({"form": "AABB", "style": "folk", "duration": 60.0, "seed": seed}))
        sizes = {section.letter: section.bars for section in plan.sections}
        assert sizes["A"] == sizes["B"]
        assert sizes.get("Coda", 0) <= 4


def test_strophes_are_equally_long() -> None:
    for seed in range(24):
        plan = make_plan(Brief.from_dict({"style": "hymn", "seed": seed}))
        strophes = [section for section in plan.sections if section.name != "Coda"]
        if {section.letter for section in strophes} == {"A"}:
            assert len({section.bars for section in strophes}) == 1


LATE_HITS = "1.1,5,6.2,7.1,8.4,18.3,29.6,45,46.3,53.7,175.8,260.8,287,394.9,439.9,610.2,1284.2,1293.4,1318.5,1446.1"


@pytest.mark.parametrize(
    ("requested", "line"),
    [
        ({"hits": ",".join(f"{26.5 * n:.1f}" for n in range(1, 65))}, None),
        ({"hits": ",".join(f"{20 * n}" for n in range(1, 64)) + ",1260.02", "meter": "4/4"}, "0.02 s apart"),
        ({"hits": LATE_HITS, "meter": "2/4"}, "at most 256 bars"),
        ({"hits": ",".join(f"{4 * n + 0.3 * (n % 3):.1f}" for n in range(1, 65)), "bars": 250}, None),
        ({"hits": ",".join(f"{28 * n}" for n in range(1, 60)), "form": "A4 B4 " * 30, "duration": 1795}, "on the sections"),
    ],
)
def test_many_hits_are_met_or_refused_without_a_long_search(monkeypatch, requested, line):
    searches = []
    counts = hit_bars._counts
    monkeypatch.setattr(hit_bars, "_counts", lambda *given: searches.append(given) or counts(*given))
    with nullcontext() if line is None else pytest.raises(BadInputError, match=line):
        make_plan(Brief.from_dict({**requested, "seed": 1}))
    assert len(searches) <= 64 * 120  # spans and base tempi


def test_voices_of_a_choir_have_their_names_and_ranges() -> None:
    def voices(prompt: str) -> list[tuple[str, int, int]]:
        parts = make_plan(Brief.from_dict(parse_prompt(prompt).options)).parts
        return [(part.name, part.low, part.high) for part in parts if part.program == 52]

    assert voices("a song for children's choir with piano") == [("Children's Voice 1", 57, 76), ("Children's Voice 2", 57, 76)]
    assert voices("boys choir and organ") == [("Boy Soprano", 60, 79), ("Boy Alto", 55, 74)]
    assert voices("two part choir and piano") == [("Choir Soprano", 60, 79), ("Choir Alto", 55, 74)]
    assert voices("six part choir and piano")[-2:] == [("Choir Bass 1", 40, 62), ("Choir Bass 2", 40, 62)]
    assert voices("TTB and piano") == [("Tenor 1", 48, 69), ("Tenor 2", 48, 69), ("Bass voice", 40, 62)]
    assert voices("men's choir")[0] == ("Tenor 1", 48, 69)
    assert voices("for singer and piano") == [("Voice", 55, 81)]


@pytest.mark.parametrize(
    ("style", "ensemble", "preset", "meter"),
    [
        ("palestrina", None, "mass", "2/2"),
        ("palestrina", "satb-choir", "mass", "2/2"),
        ("joplin", "piano", "ragtime", "2/4"),
        ("grieg", "string-quartet", "string-quartet", None),
        ("bach,chopin", "piano", "prelude", None),
        ("mozart,joplin", "piano", "classical", "4/4"),
    ],
)
def test_a_composer_without_a_genre_writes_one_of_his_own(style, ensemble, preset, meter) -> None:
    plan = make_plan(Brief.from_dict({"style": style, "ensemble": ensemble, "seed": 8}))
    assert plan.preset == preset
    assert meter in (None, str(plan.meter))


def test_the_genres_of_composers_are_learned() -> None:
    assert all(styles()[name].kind == "genre" for composer in composers().values() for name in composer.genres)
    assert all(composer.genres for composer in composers().values())


def test_slow_rounds_of_chords_have_a_bar_for_each_section() -> None:
    asked = {"ensemble": "blues-band", "tempo": 20.0, "meter": "15/8", "chords": "C", "form": "AABA", "key": "C major"}
    plan = make_plan(Brief.from_dict({**asked, "seed": 1}))
    assert plan.bars >= len(plan.sections) == 4


def test_a_hit_that_only_begins_a_section_has_no_accent() -> None:
    plan = make_plan(Brief.from_dict({"style": "film-cue", "seed": 1, "hits": "0:20 section, 0:40 big", "duration": 60}))
    entry, climax = plan.hits
    assert {entry.bar, climax.bar} <= {section.start_bar for section in plan.sections}
    assert plan.attack_bars == {climax.bar}
    assert [marker.text for marker in plan.markers if marker.text.startswith("hit")] == ["hit 0:40 big"]


def test_settings_can_name_shares_of_the_piece() -> None:
    plan = make_plan(Brief.from_dict({"style": "waltz", "form": "AABA", "sections": "until 50%: tempo 50%"}))
    assert plan.qpm_at(0) * 2 == pytest.approx(plan.qpm_at(plan.sections[2].start_bar))


def test_a_march_in_six_eight_has_as_many_beats_a_minute_as_in_two_four() -> None:
    two, six = (make_plan(Brief.from_dict({"style": "march", "meter": meter, "seed": 4})) for meter in ("2/4", "6/8"))
    assert abs(six.tempo_qpm - 1.5 * two.tempo_qpm) <= 1


@pytest.mark.parametrize(
    ("instruments", "keys"),
    [
        ("violin", {"D major", "A major", "G major"}),
        ("alto-sax", {"Eb major", "Bb major", "Ab major"}),
        ("piano", {"C major", "G major", "F major"}),
    ],
)
def test_easy_pieces_are_in_the_keys_that_players_of_the_instrument_learn_first(instruments, keys):
    for seed in range(6):
        brief = {"instruments": instruments, "level": "beginner", "mood": "happy", "seed": seed}
        assert str(make_plan(Brief.from_dict(brief)).key) in keys
