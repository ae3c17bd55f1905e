"""What the arranger promises of a band, by rules on its notes; no model is needed."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean

import pytest

from composer.arranging import Arrangement, arrange, bands, played_features, settle
from composer.arranging.casting import cast
from composer.arranging.progressions import idiom_of, progressions
from composer.arranging.tables import DRUM_KEYS, basses, figures, grooves, touches, tunes
from composer.arranging.voicing import third_of, tones_of, voice
from composer.brief import Brief
from composer.composing.describe import describe
from composer.composing.finishing import finish
from composer.composing.report import make_report, summarize_report
from composer.controls import FAINTEST
from composer.errors import BadInputError
from composer.guide.frame import skeleton
from composer.plan import make_plan
from composer.presets import features, resolve_feature, styles
from composer.score import Chord
from tests.arranging import plan_of

STYLES = sorted(name for name, band in bands().items() if name in styles() and (band.lead != "phrases" or band.orchestral))


def arranged(style: str, seed: int = 1, **options: object) -> Arrangement:
    result = arrange(plan_of(style, seed, **options))
    assert result is not None
    return result


def of_role(arrangement: Arrangement, kind: str) -> list:
    index = next((i for i, role in enumerate(arrangement.roles) if role.kind == kind), None)
    return [] if index is None else list(arrangement.notes.get(index, ()))


def in_bar(notes: list, bar, ticks: int) -> list:
    return [note for note in notes if bar.start <= note.start_ticks < bar.start + ticks]


def test_tables_refer_to_rows_that_exist() -> None:
    for band in bands().values():
        assert not band.groove or band.groove in grooves()
        assert set(band.bass.split("|")) <= set(basses())
        assert band.tune in tunes() or band.lead == "phrases"
        assert band.idiom in progressions() or band.lead in ("phrases", "fugue")
        assert {name for names in band.figures.values() for name in names.split("|")} <= set(figures())
        assert set(band.moods) <= {"calm", "sad", "excited", "tense"}
        for changes in band.moods.values():
            assert changes.get("groove", band.groove) in {"", *grooves()}
            assert changes.get("bass", band.bass) in basses()
            assert changes.get("tune", band.tune) in {"", *tunes()}
            assert {name for names in changes.get("figures", {}).values() for name in names.split("|")} <= set(figures())
    for groove in grooves().values():
        names = {*groove.lines, *groove.low, *groove.high, *(name for each in groove.keeps for name in each.split("|"))}
        assert names <= set(DRUM_KEYS), groove.name
        assert not groove.touch or groove.touch in touches()
    for feature in features().values():
        assert not feature.bass or feature.bass in basses()
        assert set(feature.figures.values()) <= set(figures())


def test_styles_without_a_band_have_progressions_that_exist() -> None:
    idioms = {style: idiom_of(style) for style in ("game-action", "film-cue", "fantasy", "minimal-piano", "electronic-rock")}
    assert set(idioms) <= set(styles())
    assert set(idioms.values()) <= set(progressions())
    assert not idiom_of("string-quartet")


def test_every_progression_is_made_of_known_chords() -> None:
    for idiom in progressions().values():
        for row in idiom.values():
            for texts in (row["verse"], row.get("chorus", []), row.get("bridge", []), [row["end"], row.get("final", "C")]):
                assert all(Chord.parse(symbol) for text in texts for symbol in text.replace("|", " ").split())


def brightness(style: str, **options: object) -> float:
    """Chords with a major third less those with a minor one, as a share of the chords of six pieces."""
    plans = [plan_of(style, seed, bars=16, **options) for seed in range(1, 7)]
    chords = [chord for plan in plans for bar in plan.chords for chord in bar if chord]
    return mean((4 in tones_of(chord)) - (3 in tones_of(chord)) for chord in chords)


@pytest.mark.parametrize("style", ["bossa", "swing", "lo-fi", "pop-ballad", "house", "samba"])
def test_calm_and_happy_bands_choose_bright_chords(style: str) -> None:
    usual = brightness(style, key="C major")
    assert brightness(style, mood="calm") > max(0.3, usual)
    assert brightness(style, mood="happy") > max(0.3, usual)


@pytest.mark.parametrize("style", STYLES)
def test_a_band_keeps_its_groove_its_harmony_and_its_ranges(style: str) -> None:
    arrangement = arranged(style)
    setting, plan = arrangement.setting, arrangement.setting.plan
    ticks = plan.meter.bar_ticks
    for index, part in enumerate(plan.parts):
        notes = arrangement.notes.get(index, ())
        assert notes or index in arrangement.open_bars, part.name
        assert all(note.start_ticks >= 0 and note.end_ticks <= plan.bars * ticks + 480 for note in notes)
        assert part.is_drum or all(part.low <= note.pitch <= part.high for note in notes), part.name
    bass = of_role(arrangement, "bass")
    for bar in setting.bars:
        led = {note.pitch % 12 for note in setting.tune if note.start_ticks == bar.start}  # cellos may have the melody
        first = [note for note in bass if note.start_ticks == bar.start and note.pitch % 12 not in led]
        assert all(note.pitch % 12 in bar.spans[0].chord.pitch_classes for note in first), (style, bar.index)
    if setting.groove is None:
        return
    drums = of_role(arrangement, "drums")
    assert len({note.velocity for note in drums}) >= 12
    for bar in setting.bars:
        played = {note.pitch for note in in_bar(drums, bar, ticks)}
        if played and not bar.is_fill and not bar.is_last:
            for alternatives in setting.groove.keeps:
                assert played & {DRUM_KEYS[name] for name in alternatives.split("|")}, (style, bar.index, alternatives)


@pytest.mark.parametrize("meter", ["3/4", "6/8", "7/8", "5/4", "12/8", "2/2"])
@pytest.mark.parametrize("style", ["rock", "swing", "bossa", "cinematic"])
def test_bands_play_in_any_meter(style: str, meter: str) -> None:
    arrangement = arranged(style, meter=meter, bars=12)
    ticks = arrangement.setting.plan.meter.bar_ticks
    sounding = [note for notes in arrangement.notes.values() for note in notes]
    assert all(in_bar(sounding, bar, ticks) for bar in arrangement.setting.bars)
    assert all(note.start_ticks % 20 == 0 for note in sounding)  # on the grid of the token stream


def test_the_same_plan_and_seed_give_the_same_notes_and_another_seed_others() -> None:
    assert arranged("funk", 3).notes == arranged("funk", 3).notes
    assert of_role(arranged("funk", 3), "drums") != of_role(arranged("funk", 4), "drums")


@pytest.mark.parametrize(("style", "qualities"), [("swing", {"6", "min6"}), ("blues", {"7", "min7"}), ("pop", {"maj", "min"})])
def test_a_piece_ends_on_the_tonic_chord_of_its_style(style: str, qualities: set[str]) -> None:
    for seed in range(4):
        plan = plan_of(style, seed)
        (last,) = plan.chords[-1]
        assert last.root == plan.key.tonic
        assert last.quality in qualities


def test_chords_that_are_asked_for_are_played() -> None:
    plan = plan_of("pop", chords="Dm Bb F C", bars=16)
    assert [bar[0].symbol() for bar in plan.chords[:4]] == ["Dm", "Bb", "F", "C"]
    bass = of_role(arranged("pop", chords="Dm Bb F C", bars=16), "bass")
    assert [note.pitch % 12 for note in bass if note.start_ticks % 1920 == 0][:4] == [2, 10, 5, 0]


def test_sections_that_return_bring_their_tune_back() -> None:
    arrangement = arranged("pop-ballad")
    tune = of_role(arrangement, "lead")
    first, second = (s for s in arrangement.setting.plan.sections if s.name == "Chorus")
    ticks = arrangement.setting.plan.meter.bar_ticks

    def contents(section) -> list:
        start = section.start_bar * ticks
        return [(n.start_ticks - start, n.pitch) for n in tune if start <= n.start_ticks < start + (section.bars - 1) * ticks]

    assert contents(first) == contents(second) != []


@pytest.mark.parametrize("style", ["pop", "rock", "cinematic"])
def test_choruses_are_sung_higher_than_verses(style: str) -> None:
    arrangement = arranged(style)
    bars, tune = arrangement.setting.bars, of_role(arrangement, "lead")
    heights: dict[str, list[int]] = {}
    for note in tune:
        heights.setdefault(bars[note.start_ticks // 1920].kind, []).append(note.pitch)
    assert mean(heights["chorus"]) >= mean(heights["verse"]) + 2


def test_a_melody_of_a_band_moves_by_small_intervals_and_leaves_foreign_notes_by_step() -> None:
    arrangement = arranged("swing")
    tune = of_role(arrangement, "lead")
    sizes = [abs(other.pitch - note.pitch) for note, other in pairwise(tune)]
    assert sum(size <= 5 for size in sizes) > 0.9 * len(sizes)
    for note, other in pairwise(tune):
        chord = arrangement.setting.bars[note.start_ticks // 1920].chord_at(note.start_ticks % 1920)
        if note.pitch % 12 not in chord.pitch_classes and note.start_ticks // 3840 == other.start_ticks // 3840:
            assert 0 < abs(other.pitch - note.pitch) <= 2


def test_varied_sections_of_bands_that_improvise_are_solos() -> None:
    arrangement = arranged("swing")
    tune, sections = of_role(arrangement, "lead"), arrangement.setting.plan.sections

    def bars_of(name: str) -> list[set]:
        found = []
        for section in sections:
            if section.name == name:
                for bar in range(section.start_bar, section.start_bar + section.bars):
                    found.append({(n.start_ticks % 1920, n.pitch) for n in tune if n.start_ticks // 1920 == bar})
        return found

    theme, solo = bars_of("A"), bars_of("A'")
    assert solo
    assert not any(bar in theme for bar in solo if len(bar) > 3)


def test_a_pianist_comps_with_both_hands_together_and_strikes_chords_early() -> None:
    arrangement = arranged("swing")
    right, left = ([n.start_ticks for n in arrangement.notes[index]] for index in (1, 2))
    assert sorted(set(right)) == sorted(set(left))
    bars = arrangement.setting.bars
    early = [n for n in arrangement.notes[1] if n.start_ticks % 1920 == 1680 and n.duration_ticks > 240]
    assert len(early) > 4
    for note in early:
        assert note.pitch % 12 in bars[note.start_ticks // 1920 + 1].spans[0].chord.pitch_classes
    rhythms = [tuple(sorted({start % 1920 for start in right if start // 1920 == bar.index})) for bar in bars]
    assert sum(one == other for one, other in pairwise(rhythms)) < len(bars) // 4


def test_strings_and_organs_wait_for_the_refrain_unless_nobody_else_accompanies() -> None:
    def sections_of(arrangement: Arrangement, index: int) -> set[str]:
        bars = arrangement.setting.bars
        return {bars[note.start_ticks // 1920].kind for note in arrangement.notes[index]}

    pop = arranged("pop")
    strings = next(i for i, part in enumerate(pop.setting.plan.parts) if part.name == "Strings")
    assert "chorus" in sections_of(pop, strings)
    assert "intro" not in sections_of(pop, strings)
    alone = arranged("pop", instruments="voice,strings,bass,drums")
    assert "verse" in sections_of(alone, 1)


def test_a_break_of_a_dance_style_has_neither_bass_nor_stabs_and_its_build_no_lead() -> None:
    arrangement = arranged("house")
    by_kind = {
        (role.figure or role.kind): {arrangement.setting.bars[n.start_ticks // 1920].kind for n in arrangement.notes[index]}
        for index, role in enumerate(arrangement.roles)
    }
    assert "break" not in by_kind["bass"] | by_kind["house-stabs"]
    assert "break" in by_kind["pad"]
    assert "build" not in by_kind["lead"]
    assert "chorus" in by_kind["lead"]


def test_horns_of_a_cue_and_strings_of_disco_have_a_line_of_their_own() -> None:
    for style, name in (("cinematic", "Horns"), ("disco", "Strings")):
        arrangement = arranged(style)
        setting = arrangement.setting
        index = next(i for i, part in enumerate(setting.plan.parts) if part.name == name)
        line = arrangement.notes[index]
        starts = [note.start_ticks for note in line]
        assert len(starts) == len(set(starts)), "one note at a time"
        assert len({note.duration_ticks for note in line}) > 2
        strong = [note for note in line if note.start_ticks % 960 == 0]
        for note in strong:
            chord = setting.bars[note.start_ticks // 1920].chord_at(note.start_ticks % 1920)
            assert note.pitch % 12 in chord.pitch_classes
        assert sum(one.pitch == other.pitch for one, other in pairwise(line)) < len(line) // 4


def test_the_bass_of_metal_plays_the_strokes_of_the_guitars() -> None:
    arrangement = arranged("metal")
    guitar = next(i for i, role in enumerate(arrangement.roles) if role.figure == "power")
    starts = [{note.start_ticks for note in notes} for notes in (arrangement.notes[guitar], of_role(arrangement, "bass"))]
    assert starts[0] == starts[1]


def test_a_bass_guitar_stays_on_four_strings_unless_its_range_has_no_room() -> None:
    chords = {"key": "C major", "chords": "C B7 Eb D", "bars": 16}
    players = ("flute", "acoustic-grand-piano", "electric-bass-finger", "drums")
    line = of_role(arranged("pop", instruments=players, **chords), "bass")
    assert min(note.pitch for note in line) >= 28
    low = ("flute", "acoustic-grand-piano", "electric-bass-finger:B0-F#1", "drums")
    assert min(note.pitch for note in of_role(arranged("pop", instruments=low, **chords), "bass")) == 23


def test_accompaniments_lie_below_the_melody_and_beside_each_other() -> None:
    arrangement = arranged("soul")
    bars, tune = arrangement.setting.bars, of_role(arrangement, "lead")
    organ = next(i for i, part in enumerate(arrangement.setting.plan.parts) if part.name == "Organ")
    below = []
    for bar in bars:
        melody = [note.pitch for note in in_bar(tune, bar, 1920)]
        chords = [note.pitch for note in in_bar(list(arrangement.notes[organ]), bar, 1920)]
        below += [max(chords) < min(melody)] if melody and chords else []
    assert mean(below) > 0.75
    alone = voice(Chord.parse("C"), "triad", 55, 76, ())
    assert alone == (60, 64, 67)
    assert max(voice(Chord.parse("C"), "triad", 55, 76, (), ceiling=66)) < 66
    assert not set(voice(Chord.parse("C"), "triad", 48, 76, (), taken=alone)) >= set(alone)


def test_sections_grow_as_they_return() -> None:
    bars = arranged("pop").setting.bars
    choruses = sorted({(bar.section.start_bar, bar.energy) for bar in bars if bar.kind == "chorus"})
    assert len(choruses) > 1
    assert [energy for _, energy in choruses] == sorted({energy for _, energy in choruses})


def test_cymbals_crash_in_rock_and_not_in_swing() -> None:
    crash = DRUM_KEYS["crash"]
    assert any(note.pitch == crash for note in of_role(arranged("rock"), "drums"))
    assert not any(note.pitch == crash for note in of_role(arranged("swing"), "drums"))


def test_features_change_who_plays_what() -> None:
    walking = of_role(arranged("bossa", bars=16, features="walking bass"), "bass")
    assert sum(note.duration_ticks == 480 for note in walking) > 0.8 * len(walking)
    plain = arranged("rock", bars=16)
    calm = arranged("rock", bars=16, features="no fills")
    toms = {DRUM_KEYS[name] for name in ("tom_high", "tom_mid", "tom_floor", "tom_low")}
    assert any(note.pitch in toms for note in of_role(plain, "drums"))
    assert not any(note.pitch in toms for note in of_role(calm, "drums"))


@pytest.mark.parametrize(
    ("style", "features", "instruments"),
    [
        ("reggae", "skank", "drawbar-organ,electric-bass-finger,drums"),
        ("country", "strumming", "acoustic-guitar-steel,acoustic-bass,drums"),
    ],
)
def test_the_only_player_of_a_requested_figure_does_not_lead(style: str, features: str, instruments: str) -> None:
    options = {"style": style, "bars": 16, "instruments": instruments}
    assert of_role(arranged(**options), "lead")
    assert "lead" not in {role.kind for role in arranged(features=features, **options).roles}
    assert played_features(plan_of(features=features, **options), [resolve_feature(features).name])


@pytest.mark.parametrize("style", ["soul", "funk"])
def test_ghost_notes_are_audible(style: str) -> None:
    softest = [min(note.velocity for note in of_role(arranged(style, seed, mood="calm", bars=8), "drums")) for seed in range(4)]
    assert min(softest) >= FAINTEST


def test_no_fill_leads_into_a_section_without_drums() -> None:
    texts, form = ("verse: no drums", "verse: no strings"), "Intro Verse Chorus"
    first = [of_role(arranged("pop-ballad", 9, sections=text, form=form, bars=24), "drums")[0] for text in texts]
    assert [note.start_ticks // 1920 for note in first] == [16, 7]


def test_features_leave_players_out_in_any_style() -> None:
    trio = {"ensemble": "jazz-trio", "bars": 8}
    assert [part.name for part in plan_of("jazz-ballad", features="no drums", **trio).parts][2:] == ["Bass"]
    assert [part.name for part in plan_of("jazz-ballad", features="no bass", **trio).parts][2:] == ["Drums"]
    assert not any(part.is_bass for part in plan_of("symphony", bars=8, features="no bass").parts)
    hands = [part.name for part in plan_of("organ", bars=8, ensemble="organ", features="manuals only").parts]
    assert hands == ["Organ (right hand)", "Organ (left hand)"]
    with pytest.raises(BadInputError, match=r"features 'no-drums' leave out all parts, Drums"):
        make_plan(Brief(instruments="drums", features="no drums"))
    with pytest.raises(BadInputError, match="feature 'no melody' is not known: `--sections \"all: no melody\"`"):
        Brief(features="no melody")


@pytest.mark.parametrize(
    ("style", "features", "line"),
    [
        ("jazz-ballad", "walking bass, sparse, no drums", "kept as requested: number of bars, features"),
        ("jazz-ballad", "palm mutes", "no part plays power-chords in this style"),
        ("string-quartet", "walking bass, no drums", "no part plays walking-bass in this style"),
    ],
)
def test_the_report_names_features_that_no_part_plays(style: str, features: str, line: str) -> None:
    plan = plan_of(style, bars=8, features=features)
    brief = Brief.from_dict({"style": style, "seed": 1, "bars": 8, "features": features})
    assert line in summarize_report(make_report(brief, plan, finish(skeleton(plan), plan, arrange(plan))))


@pytest.mark.parametrize("style", ["bossa", "rock", "swing", "lo-fi", "pop"])
def test_a_band_plays_fewer_strokes_and_a_lower_softer_melody_in_a_calm_mood_than_in_an_excited_one(style: str) -> None:
    calm, excited = (arranged(style, bars=24, key="C major", mood=mood) for mood in ("calm", "excited"))
    assert len(of_role(calm, "drums")) < 0.9 * len(of_role(excited, "drums"))
    for role in ("drums", "lead"):
        soft, loud = (mean(note.velocity for note in of_role(played, role)) for played in (calm, excited))
        assert soft < loud - 6, role
    assert mean(note.pitch for note in of_role(calm, "lead")) < mean(note.pitch for note in of_role(excited, "lead"))


def test_a_dark_mood_has_rows_of_its_own_where_a_band_has_them() -> None:
    band = bands()["bossa"]
    assert band.in_mood(0.0, 0.0) == band
    assert band.in_mood(-0.6, -0.4) == band.in_mood(0.5, -0.6)
    assert band.in_mood(-0.4, 0.6).bass == "eighths"
    assert band.in_mood(0.6, 0.7).bass == "samba"


def test_a_loop_has_no_ending_and_a_scale_floor_holds() -> None:
    loop = arranged("house", bars=8, loop=True)
    assert not any(bar.is_last for bar in loop.setting.bars)
    plan = plan_of("swing", scale=1.0, bars=16)
    notes = arrange(plan)
    assert notes is not None
    scale = plan.key.scale
    assert all(n.pitch % 12 in scale for i, ns in notes.notes.items() if not plan.parts[i].is_drum for n in ns)


def test_tones_of_given_chords_may_leave_the_scale() -> None:
    arrangement = arranged("ambient", key="A major", chords="Em | Am B7 | Em | B7", scale=0.7, bars=8)
    pitched = [n for i, ns in arrangement.notes.items() if not arrangement.setting.plan.parts[i].is_drum for n in ns]
    strong = [(note, arrangement.setting.bars[note.start_ticks // 1920]) for note in pitched if note.start_ticks % 1920 == 0]
    assert all(note.pitch % 12 in bar.chord_at(0).pitch_classes for note, bar in strong)
    assert any(note.pitch % 12 == 7 for note in pitched)  # G natural over E minor


@pytest.mark.parametrize(
    ("style", "options"),
    [
        ("jazz-waltz", {"bars": 33, "key": "C major", "chords": "C5 G5"}),
        ("punk", {"meter": "3/4", "chords": "N.C. | C | F", "bars": 24}),
        ("christmas", {"bars": 33, "loop": True, "chords": "Fmaj9 E7#9 Am6/C"}),
        ("chiptune", {"scale": 1.0, "meter": "3/4", "ensemble": "choir-organ", "bars": 16}),
        ("house", {"bars": 3}),
    ],
)
def test_unusual_requests_are_played_within_ranges(style: str, options: dict) -> None:
    for seed in range(3):
        arrangement = arranged(style, seed, **options)
        for index, part in enumerate(arrangement.setting.plan.parts):
            notes = arrangement.notes[index]
            assert notes
            assert part.is_drum or all(part.low <= note.pitch <= part.high for note in notes), part.name


def test_what_only_the_network_can_follow_stays_with_it() -> None:
    assert plan_of("fugue", bars=6).band == ""
    assert plan_of("nocturne").band == "nocturne"
    assert plan_of("nocturne", density=0.9).band == ""
    assert plan_of("nocturne", key="D dorian").band == "nocturne"
    assert plan_of("rock", ensemble="string-quartet").band == ""
    assert plan_of("rock").band == "rock"


def test_the_style_that_a_mood_alone_gets_is_arranged_and_named_like_a_style_of_the_brief() -> None:
    for seed in range(4):
        brief = Brief.from_dict({"mood": "hopeful", "bars": 16, "seed": seed})
        plan = settle(make_plan(brief), brief)
        assert plan.band == plan.preset
        assert describe(brief, plan).startswith(f"{plan.preset}, ")


@pytest.mark.parametrize("style", ["swing", "salsa", "funk"])
def test_winds_that_join_a_band_play_one_note_at_a_time(style: str) -> None:
    found = arranged(style, instruments=("trumpet", "tenor-sax", "trombone", "piano", "acoustic-bass", "drums"))
    for index in (1, 2):
        starts = [note.start_ticks for note in found.notes[index]]
        assert starts
        assert len(starts) == len(set(starts))


def test_the_left_hand_of_a_jazz_pianist_plays_on_where_it_leaves_keys_to_the_right_one() -> None:
    left_out = struck = 0
    for seed in range(1, 13):
        found = arranged("swing", seed, instruments=("trumpet", "tenor-sax", "piano", "acoustic-bass", "drums"))
        left, played = found.notes[3], found.parts([()] * len(found.roles))[3]
        left_out, struck = left_out + len(left) - len(played), struck + len(left)
        assert {note.start_ticks for note in left} == {note.start_ticks for note in played}
    assert struck / 10 < left_out < struck / 2


def test_a_singer_has_the_melody_and_not_the_bass_of_a_band() -> None:
    for seed in range(1, 4):
        arrangement = arranged("pop", seed, instruments=("ukulele", "voice-oohs"), bars=8)
        roles = {part.program: role.kind for part, role in zip(arrangement.setting.plan.parts, arrangement.roles, strict=True)}
        assert roles == {24: "figure", 53: "lead"}


@pytest.mark.parametrize(
    "instruments", ["trumpet,alto-sax,tenor-sax,trombone", "trumpet,trumpet,trumpet,alto-sax,tenor-sax,trombone"]
)
def test_horns_of_a_swing_band_play_close_chords_together(instruments: str) -> None:
    arrangement = arranged("swing", 3, instruments=f"{instruments},piano,acoustic-bass,drums", bars=32)
    section = [
        arrangement.notes[index]
        for index, role in enumerate(arrangement.roles)
        if role.kind == "figure" and len(role.section) > 1
    ]
    assert len(section) == instruments.count(",")
    assert len({tuple(note.start_ticks for note in part) for part in section}) == 1, "they share their rhythm"
    chords = list(zip(*section, strict=True))
    assert len(chords) >= 16
    for chord in chords:
        pitches = sorted({note.pitch for note in chord}, reverse=True)
        assert len(pitches) == len(chord)
        assert all(1 <= upper - lower <= 7 for upper, lower in pairwise(pitches))


@pytest.mark.parametrize("style", ["jazz-ballad", "pop", "samba", "bossa", "techno", "country"])
@pytest.mark.parametrize(
    "instruments",
    [
        "trumpet, horn, trombone, tuba",
        "clarinet, alto sax, trombone, contrabass",
        "soprano sax, alto sax, tenor sax, baritone sax",
        "violin, violin, viola, cello",
    ],
)
def test_players_of_single_lines_hold_the_harmony_below_the_melody_where_nobody_else_does(style: str, instruments: str) -> None:
    arrangement = arranged(style, 2, instruments=instruments, bars=12)
    ticks = arrangement.setting.plan.meter.bar_ticks
    lead, *inner = (arrangement.notes[i] for i, role in enumerate(arrangement.roles) if role.kind != "bass")
    assert len(inner) == 2
    above = unisons = 0
    for bar in arrangement.setting.bars:
        struck = [note for part in inner for note in in_bar(list(part), bar, ticks)]
        third = third_of(bar.spans[0].chord)
        assert third is None or any((note.pitch - bar.spans[0].chord.root - third) % 12 == 0 for note in struck)
        tune = in_bar(list(lead), bar, ticks)
        above += any(
            n.pitch > t.pitch and n.start_ticks < t.end_ticks and t.start_ticks < n.end_ticks for n in struck for t in tune
        )
        unisons += len(struck) > len({(note.start_ticks, note.pitch) for note in struck})
    assert above <= 1
    assert unisons == 0


BIG_BAND = (
    "alto-sax, alto-sax, tenor-sax, tenor-sax, baritone-sax, trumpet, trumpet, trumpet, trumpet, trombone, trombone, trombone, "
    "piano, acoustic-bass, drums"
)


@pytest.mark.parametrize("options", [{}, {"form": "AABA", "sections": "B: melody tenor sax"}])
@pytest.mark.parametrize("family", [("Alto", "Tenor", "Baritone"), ("Trumpet",), ("Trombone",)])
def test_the_chairs_of_a_big_band_are_voiced_downwards(family: tuple[str, ...], options: dict[str, str]) -> None:
    arrangement = arranged("swing", instruments=BIG_BAND, bars=32, seed=4, **options)
    plan, leads = arrangement.setting.plan, arrangement.setting.leads
    chords: dict[int, list[int]] = {}
    chairs = [index for index, part in enumerate(plan.parts) if part.name.startswith(family)]
    for index in chairs:
        for note in arrangement.notes[index]:
            if index not in (leads[note.start_ticks // plan.meter.bar_ticks] or (0,)):
                chords.setdefault(note.start_ticks, []).append(note.pitch)
    chords = {start: chord for start, chord in chords.items() if len(chord) >= len(chairs) - 1}
    assert len(chords) > 20
    for chord in chords.values():
        steps = [upper - lower for upper, lower in pairwise(chord)]
        assert steps[0] > 2, chord
        assert min(steps) > 1, chord
        assert chord[0] - chord[-1] <= 19, "they are in close position"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_second_trumpet_of_a_big_band_plays_below_the_first_one_that_leads(seed: int) -> None:
    players = "trumpet, trumpet, trombone, trombone, alto sax, tenor sax, baritone sax, piano, contrabass, drums"
    notes = arranged("swing", instruments=players, bars=16, seed=seed).notes
    together = [
        (note.pitch, other.pitch)
        for note in notes[1]
        for other in notes[0]
        if note.start_ticks < other.end_ticks and other.start_ticks < note.end_ticks
    ]
    assert len(together) > 10
    assert sum(note > other for note, other in together) < len(together) / 5


@pytest.mark.parametrize("seed", [1, 2])
def test_seven_horns_share_a_chord_without_unisons_near_the_melody(seed: int) -> None:
    players = "trumpet, trumpet, alto sax, tenor sax, baritone sax, trombone, trombone, piano, contrabass, drums"
    arrangement = arranged("swing", instruments=players, bars=16, seed=seed)
    horns = [arrangement.notes[index] for index in (1, 2, 3, 5, 6, 4)]  # the baritone is the lowest
    chords = list(zip(*([note.pitch for note in horn] for horn in horns), strict=True))
    assert len(chords) > 16
    for chord in chords:
        assert all(upper > lower for upper, lower in pairwise(chord)), "each has a tone to itself, in order"
    assert mean(chord[0] for chord in chords) >= 64, "the second trumpet stays in its register"


@pytest.mark.parametrize("style", ["pop", "cinematic"])
def test_voices_of_a_choir_beside_a_band_sing_one_line_each(style: str) -> None:
    arrangement = arranged(style, instruments="flute, piano, contrabass, choir, choir, choir, choir", bars=12)
    voices = [i for i, part in enumerate(arrangement.setting.plan.parts) if part.name.startswith("Choir")]
    assert len(voices) == 4
    chords = list(zip(*([note.pitch for note in arrangement.notes[index]] for index in voices), strict=True))
    starts = [note.start_ticks for note in arrangement.notes[voices[0]]]
    assert len(starts) == len(set(starts)) > 0
    assert all(upper > lower for chord in chords for upper, lower in pairwise(chord))


def test_a_choir_on_one_staff_sings_chords_beside_a_soloist() -> None:
    arrangement = arranged("pop", instruments="voice, piano, bass, drums, choir", bars=12)
    choir = arrangement.notes[[part.name for part in arrangement.setting.plan.parts].index("Choir Aahs")]
    assert len(choir) > 2 * len({note.start_ticks for note in choir}) > 0


def test_four_trumpets_alone_keep_their_order_within_their_range() -> None:
    arrangement = arranged("pop", instruments="voice, trumpet, trumpet, trumpet, trumpet, piano, bass, drums", bars=16)
    trumpets = [i for i, part in enumerate(arrangement.setting.plan.parts) if part.name.startswith("Trumpet")]
    chords = list(zip(*([note.pitch for note in arrangement.notes[index]] for index in trumpets), strict=True))
    assert chords
    assert all(upper > lower for chord in chords for upper, lower in pairwise(chord))


@pytest.mark.parametrize(
    ("style", "rhythm"),
    [("tango", {0, 480, 960, 1440}), ("habanera", {0, 360, 480, 720}), ("polka", {0, 240, 480, 720})],
)
def test_dances_have_their_rhythm(style: str, rhythm: set[int]) -> None:
    """The piano of a tango marks the beats or 3 + 3 + 2, that of a habanera has a dotted bass, a polka chords after beats."""
    found = set()
    for seed in (1, 2):
        options = {"meter": "2/4"} if style != "tango" else {}
        arrangement = arrange(plan_of(style, seed, bars=8, ensemble="violin-piano", **options))
        assert arrangement is not None
        ticks = arrangement.setting.plan.meter.bar_ticks
        left = arrangement.notes[2]
        found |= {frozenset(n.start_ticks % ticks for n in left if n.start_ticks // ticks == bar) for bar in range(1, 7)}
    assert rhythm in found
    assert len(found) <= 4


@pytest.mark.parametrize(
    ("style", "meter", "basses", "chords"),
    [
        ("reel", "4/4", {0, 960}, {480, 1440}),
        ("hornpipe", "4/4", {0, 960}, {480, 1440}),
        ("jig", "6/8", {0, 720}, {480, 1200}),
        ("jig", "9/8", {0, 720, 1440}, {480, 1200, 1920}),
    ],
)
def test_a_pianist_vamps_below_a_fiddler(style: str, meter: str, basses: set[int], chords: set[int]) -> None:
    for seed in (1, 2):
        found = arranged(style, seed, meter=meter, bars=16, instruments="fiddle,piano")
        ticks = found.setting.plan.meter.bar_ticks
        for part, strokes in ((1, chords), (2, basses)):
            bars = [{n.start_ticks % ticks for n in found.notes[part] if n.start_ticks // ticks == bar} for bar in range(15)]
            assert all(strokes <= bar for bar in bars)
            assert sum(strokes == bar for bar in bars) >= 8


def test_a_guitarist_strums_a_long_and_a_short_stroke_for_each_beat_of_a_jig() -> None:
    for seed in (1, 2, 3):
        found = arranged("jig", seed, meter="6/8", bars=16, instruments="fiddle,flute,acoustic-guitar-steel")
        for bar in range(15):
            strokes = {n.start_ticks % 1440 for n in found.notes[2] if n.start_ticks // 1440 == bar}
            assert {0, 480, 720} <= strokes
            assert len({n.pitch % 12 for n in found.notes[2] if n.start_ticks // 1440 == bar}) >= 3


@pytest.mark.parametrize(("player", "octaves"), [("flute", 0), ("tin-whistle", 1)])
def test_winds_play_the_tune_of_a_reel_along_in_an_octave_that_they_have(player: str, octaves: int) -> None:
    found = arranged("reel", 1, bars=16, instruments=f"fiddle,{player},piano")
    tune = {(note.start_ticks, note.pitch + 12 * octaves) for note in found.setting.tune}
    along = {(note.start_ticks, note.pitch) for note in found.notes[1]}
    assert len(along & tune) >= 0.9 * len(tune)


def test_an_accordionist_alone_accompanies_a_dance_with_chords_and_beside_others_plays_the_tune() -> None:
    alone, band = (arranged("reel", 1, bars=16, instruments=f"flute,accordion{more}") for more in ("", ",piano"))
    struck = [note.start_ticks for note in alone.notes[1]]
    assert all(struck.count(start) == 3 for start in struck if start < 15 * 1920)
    tune = [(note.start_ticks, note.pitch % 12) for note in band.setting.tune]
    assert [(note.start_ticks, note.pitch % 12) for note in band.notes[1]] == tune


def test_a_bouzouki_plays_whole_chords() -> None:
    found = arranged("reel", 2, bars=16, instruments="fiddle,bouzouki")
    tones = [{n.pitch % 12 for n in found.notes[1] if n.start_ticks // 1920 == bar} for bar in range(15)]
    assert all(len(pitches) >= 3 for pitches in tones)


@pytest.mark.parametrize("style", ["chiptune", "disco", "folk-rock", "synth-pop", "epic-trailer"])
def test_calm_moods_and_slow_tempi_make_every_band_play_fewer_notes(style: str) -> None:
    def onsets_per_bar(**options: object) -> float:
        found = arranged(style, 2, bars=16, **options)
        players = [len({note.start_ticks for note in notes}) for notes in found.notes.values()]
        return mean(players) / found.setting.plan.bars

    usual = onsets_per_bar()
    assert onsets_per_bar(mood="calm") < 0.8 * usual
    assert onsets_per_bar(mood="mysterious", tempo=styles()[style].tempo_qpm[0] / 1.25) < 0.8 * usual
    assert onsets_per_bar(mood="mysterious") > 0.9 * usual


def test_a_cello_with_a_piano_has_the_melody_also_where_the_left_hand_stays_above_it() -> None:
    for level in (None, "beginner"):
        plan = make_plan(Brief.from_dict({"style": "folk", "ensemble": "cello-piano", "level": level}))
        assert [role.kind for role in cast(plan.parts, bands()["folk"])] == ["lead", "figure", "figure"]


@pytest.mark.parametrize(
    ("style", "options", "fifth"),
    [
        ("ambient", {}, True),
        ("klezmer", {}, False),  # a double bass plays single notes
        ("ambient", {"ensemble": "piano"}, True),
        ("ambient", {"instruments": "sitar,sitar"}, True),
        ("folk", {"instruments": "fiddle,cello", "bars": 16}, True),
        ("folk", {"instruments": "whistle,bagpipe", "bars": 16}, False),
    ],
)
def test_a_drone_holds_the_tonic_through_the_piece(style, options, fifth) -> None:
    arrangement = arranged(style, key="D minor", features="drone", **options)
    plan, held = arrangement.setting.plan, of_role(arrangement, "bass")
    assert {note.pitch % 12 for note in held} == ({2, 9} if fifth else {2})
    assert played_features(plan, ["drone"]) == ("drone",)
    lows = [note for note in held if note.pitch % 12 == 2]
    ends = [note.start_ticks + note.duration_ticks for note in lows]
    assert [0, *ends] == [*(note.start_ticks for note in lows), plan.bars * plan.meter.bar_ticks]


def test_a_drone_follows_the_key_of_a_section() -> None:
    arrangement = arranged("ambient", key="D minor", features="drone", form="ABA", sections="b: key A minor")
    bars, ticks = arrangement.setting.plan.composed_keys(), arrangement.setting.plan.meter.bar_ticks
    held = of_role(arrangement, "bass")
    assert {(bars[note.start_ticks // ticks].tonic - note.pitch) % 12 for note in held} == {0, 5}


def test_the_basses_of_an_orchestra_hold_no_drone() -> None:
    assert played_features(plan_of("symphony", bars=16, ensemble="orchestra", features="drone"), ["drone"]) == ()
