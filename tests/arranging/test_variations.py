"""Theme and variations: each variation has its figuration over the harmony of the theme; no model is needed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from composer.analysis.playability import measure_playability
from composer.arranging import Arrangement, arrange, theme_of, variations_of, varied_tune
from composer.arranging.mode_change import in_other_mode
from composer.arranging.soloist import within_fingers
from composer.arranging.tables import figures
from composer.arranging.variations import variations
from composer.brief import Brief
from composer.plan.styles import choose_style
from composer.presets import EnsemblePart
from composer.score import Note, Part, Score
from tests.arranging import plan_of

FORM = "theme-and-variations"


def arranged(seed: int, **options: object) -> Arrangement:
    plan = plan_of("variations", seed, **{"form": FORM, "bars": 48, **options})
    found = arrange(plan)
    assert found is not None
    return found


def strokes_per_quarter(found: Arrangement, bars: range, part: int | None = None) -> float:
    ticks = found.setting.plan.meter.bar_ticks
    notes = found.setting.tune if part is None else found.notes[part]
    inside = {note.start_ticks for note in notes if note.start_ticks // ticks in list(bars)[:-1]}
    return len(inside) * 480 / ticks / (len(bars) - 1)


def test_rows_name_figures_that_exist() -> None:
    assert {name for row in variations().values() for name in (row.left, row.alone)} <= set(figures())


def test_only_a_theme_with_more_than_two_variations_is_varied_by_figures() -> None:
    assert theme_of(plan_of("variations", 1, form=FORM, bars=48)) is not None
    for form in ("AABA", "strophic"):
        plan = plan_of("variations", 1, form=form, bars=48)
        assert (theme_of(plan), variations_of(plan)) == (None, [])
        assert varied_tune(plan, plan.tune, (), (60, 80)) == plan.tune


@pytest.mark.parametrize("meter", ["2/4", "4/4", "3/4", "6/8"])
def test_every_variation_has_a_figuration_of_its_own(meter: str) -> None:
    found = arranged(1, meter=meter, tempo=80)
    varied = variations_of(found.setting.plan)
    assert [each.row.name.partition("@")[0] for each in varied][-1] == "sixteenths"
    assert len({each.row.name for each in varied}) == 5
    theme = range(found.setting.plan.upbeat_bars, varied[0].bars.start)
    pace = strokes_per_quarter(found, theme)
    by_name = {each.row.name.partition("@")[0]: each.bars for each in varied}
    for name, bars in by_name.items():
        assert strokes_per_quarter(found, bars) > (1.15 * pace if name != "murmuring" else 0.95 * pace)
    assert strokes_per_quarter(found, by_name["sixteenths"]) > 1.8 * pace
    if "murmuring" in by_name:
        assert strokes_per_quarter(found, by_name["murmuring"], 1) >= 3.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_variations_keep_the_harmony_and_the_notes_of_the_theme(seed: int) -> None:
    found = arranged(seed, meter="4/4", tempo=80)
    plan, ticks = found.setting.plan, found.setting.plan.meter.bar_ticks
    theme = theme_of(plan)
    assert theme is not None
    sung = {(start - theme.start_bar * ticks, pitch) for start, _, pitch in plan.tune if theme.start_bar <= start // ticks < 8}
    for each in variations_of(plan):
        last = plan.bars - 2 if each.bars.stop == plan.bars else each.bars.stop
        assert plan.chords[each.bars.start : last] == plan.chords[theme.start_bar : theme.start_bar + last - each.bars.start]
        line = {(note.start_ticks - each.bars.start * ticks, note.pitch) for note in found.setting.tune}
        on_beats = {tone for tone in sung if tone[0] % 480 == 0 and tone[0] < (last - each.bars.start) * ticks}
        assert len(on_beats & line) >= 0.95 * len(on_beats)


def test_figurations_move_in_steps_and_chord_tones_within_the_register() -> None:
    found = arranged(2, meter="4/4", tempo=80)
    *_, last = variations_of(found.setting.plan)
    line = [note.pitch for note in found.setting.tune if note.start_ticks // 1920 in last.bars]
    leaps = [abs(after - before) for before, after in pairwise(line)]
    assert sum(leap > 4 for leap in leaps) <= 0.2 * len(leaps)
    assert sum(leap == 0 for leap in leaps) <= 0.1 * len(leaps)


def test_a_variation_in_the_other_mode_keeps_its_harmony() -> None:
    plan = arranged(1, key="C major", sections="A''': key C minor").setting.plan
    assert plan.chords[24:32] != plan.chords[0:8]
    assert plan.chords[8:16] == plan.chords[0:8]


def test_a_fast_tempo_leaves_out_figurations_that_nobody_can_play() -> None:
    plan = plan_of("variations", 1, form=FORM, bars=48, tempo=180, meter="4/4")
    assert {"sixteenths", "murmuring"}.isdisjoint(each.row.name for each in variations_of(plan))
    assert len(variations_of(replace(plan, tempo_qpm=320.0))) == 5


def test_without_a_pianist_every_variation_changes_the_melody() -> None:
    plan = plan_of("variations", 5, form=FORM, bars=48, ensemble="string-quartet")
    assert all(each.row.rhythm for each in variations_of(plan))


def test_a_theme_and_variations_without_a_style_is_in_that_style() -> None:
    for options in ({"ensemble": "piano"}, {}, {"instruments": "flute,harp"}):
        assert choose_style(Brief.from_dict({"form": FORM, **options})).preset.name == "variations"
    assert choose_style(Brief.from_dict({"form": FORM, "style": "waltz"})).preset.name == "waltz"
    assert choose_style(Brief.from_dict({"form": FORM, "instruments": "electric-guitar-clean,drums"})).preset.name == "pop"


def varied_line(bars: range, found: Arrangement) -> set[tuple[int, int]]:
    """The notes of a melody in some bars: start from their first tick, and pitch class."""
    ticks = found.setting.plan.meter.bar_ticks
    inside = [note for note in found.setting.tune if note.start_ticks // ticks in bars]
    return {(note.start_ticks - bars.start * ticks, note.pitch % 12) for note in inside}


@pytest.mark.parametrize(
    ("key", "other", "degrees", "steps"),
    [("C major", "minor", {4: 3, 9: 8}, 3), ("A minor", "major", {0: 1, 5: 6}, -3)],
)
def test_a_variation_in_the_other_mode_is_the_theme_in_that_mode(
    key: str, other: str, degrees: dict[int, int], steps: int
) -> None:
    found = arranged(1, key=key, meter="4/4", tempo=80, sections="last variation: key parallel")
    plan = found.setting.plan
    *_, last = variations_of(plan)
    theme = theme_of(plan)
    assert theme is not None
    assert [area.key.mode for area in plan.key_areas][-1] == other
    for bar in range(6):
        before, after = plan.chords[bar], plan.chords[last.bars.start + bar]
        assert [chord and chord.transposed(steps) for chord in after] == [
            chord and in_other_mode(chord, plan.key) for chord in before
        ]
    moved = {(tick, (degrees.get(tone, tone) - steps) % 12) for tick, tone in varied_line(range(6), found) if tick % 480 == 0}
    kept = moved & varied_line(range(last.bars.start, last.bars.start + 6), found)
    assert len(kept) >= 0.7 * len(moved)


def test_a_coda_stays_in_the_mode_of_the_last_variation() -> None:
    plan = plan_of("variations", 3, key="D minor", bars=40, sections="last variation: key parallel")
    assert plan.sections[-1].name == "Coda"
    assert [str(area.key) for area in plan.key_areas][-3:] == ["D minor", "D major", "D major"]


@pytest.mark.parametrize("players", ["guitar", "vibraphone", "concertina", "flute", "violin"])
def test_a_lone_player_varies_the_theme(players: str) -> None:
    found = arranged(1, meter="4/4", tempo=80, instruments=players)
    plan, [part] = found.setting.plan, found.setting.plan.parts
    pace = strokes_per_quarter(found, range(plan.upbeat_bars, 8))
    *others, last = variations_of(plan)
    assert strokes_per_quarter(found, last.bars) > 1.8 * pace
    assert len({each.row.name for each in (*others, last)}) > 3
    assert not found.open_bars
    score = Score((Part(part.name, part.program, found.notes[0]),))
    [playable] = measure_playability(score)
    assert (playable.outside, playable.unplayable_chords) == (0.0, 0.0)
    assert (playable.most_at_once > 2) == (players not in ("flute", "violin"))


def test_fingers_play_in_another_octave_or_leave_out_what_they_do_not_reach_beside_the_melody() -> None:
    guitar = EnsemblePart("Guitar", 24, low=40, high=83)
    tune = [Note(0, 79, 480), Note(480, 64, 480)]
    chord = [Note(0, pitch, 960) for pitch in (41, 46, 70)]
    found = within_fingers(chord, tune, guitar)
    assert [(note.pitch, note.duration_ticks) for note in found] == [(53, 960), (70, 480), (58, 960)]
    assert not within_fingers([Note(0, 80, 480)], [Note(0, 42, 480)], guitar)


def test_a_last_variation_of_one_bar_has_its_chord() -> None:
    plan = arranged(1, instruments="harp", form="theme-and-variations", bars=6).setting.plan
    assert len(plan.chords) == 6
    assert all(plan.chords)
