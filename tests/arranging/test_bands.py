"""What the arranger promises of a band, by rules on its notes; no model is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.arranging import Arrangement, arrange, bands, settle
from composer.arranging.progressions import idiom_of, progressions
from composer.arranging.tables import DRUM_KEYS, basses, figures, grooves, touches, tunes
from composer.brief import Brief
from composer.composing.describe import describe
from composer.plan import make_plan
from composer.presets import features, styles
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
        assert band.bass in {*basses(), "frame"}
        assert band.tune in tunes() or band.lead == "phrases"
        assert band.idiom in progressions() or band.lead == "phrases"
        assert {name for names in band.figures.values() for name in names.split("|")} <= set(figures())
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
            for texts in (row["verse"], row.get("chorus", []), row.get("bridge", []), [row["end"]]):
                assert all(Chord.parse(symbol) for text in texts for symbol in text.replace("|", " ").split())


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
        first = [note for note in bass if note.start_ticks == bar.start]
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


def test_features_change_who_plays_what() -> None:
    walking = of_role(arranged("bossa", bars=16, features="walking bass"), "bass")
    assert sum(note.duration_ticks == 480 for note in walking) > 0.8 * len(walking)
    plain = arranged("rock", bars=16)
    calm = arranged("rock", bars=16, features="no fills")
    toms = {DRUM_KEYS[name] for name in ("tom_high", "tom_mid", "tom_floor", "tom_low")}
    assert any(note.pitch in toms for note in of_role(plain, "drums"))
    assert not any(note.pitch in toms for note in of_role(calm, "drums"))


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


def test_what_only_the_network_can_follow_stays_with_it() -> None:
    assert plan_of("fugue").band == ""
    assert plan_of("nocturne").band == "nocturne"
    assert plan_of("nocturne", density=0.9).band == ""
    assert plan_of("nocturne", key="D dorian").band == ""
    assert plan_of("rock", ensemble="string-quartet").band == ""
    assert plan_of("rock").band == "rock"


def test_the_network_may_write_the_melody(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {**bands(), "pop": replace(bands()["pop"], lead="network")}
    monkeypatch.setattr("composer.arranging.arrangement.bands", lambda: table)
    arrangement = arranged("pop")
    lead = next(i for i, role in enumerate(arrangement.roles) if role.kind == "lead")
    assert arrangement.open_bars[lead]
    assert all(note.start_ticks // 1920 not in arrangement.open_bars[lead] for note in arrangement.notes[lead])


def test_the_style_that_a_mood_alone_gets_is_arranged_and_named_like_a_style_of_the_brief() -> None:
    for seed in range(4):
        brief = Brief.from_dict({"mood": "hopeful", "bars": 16, "seed": seed})
        plan = settle(make_plan(brief), brief)
        assert plan.band == plan.preset
        assert describe(brief, plan).startswith(f"{plan.preset}, ")
