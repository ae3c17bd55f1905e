"""Settings of single sections: who plays and how, intensity, complexity, swing and fills, and what is refused."""

from __future__ import annotations

from statistics import mean

import pytest

from composer.arranging import Arrangement, arrange, set_sections, set_swing
from composer.brief import Brief, parse_sections
from composer.composing.finishing import finish
from composer.composing.report import broken_promises, make_report, summarize_report
from composer.errors import BadInputError
from composer.guide.frame import skeleton
from composer.performance import perform
from composer.plan import Plan
from composer.score import Note
from tests.arranging import plan_of


def arranged(sections: str, style: str = "pop", **options: object) -> Arrangement:
    result = arrange(plan_of(style, 3, sections=sections, **options))
    assert result is not None
    return result


def notes_in(arrangement: Arrangement, part: str, kind: str) -> list[Note]:
    """Notes of a part that begin in sections of a kind."""
    setting = arrangement.setting
    index = next(i for i, each in enumerate(setting.plan.parts) if each.name == part)
    bars = {bar.index for bar in setting.bars if bar.kind == kind}
    return [note for note in arrangement.notes[index] if note.start_ticks // setting.plan.meter.bar_ticks in bars]


def test_players_rest_enter_and_play_alone_where_it_is_set() -> None:
    arrangement = arranged("intro: no drums, with melody; chorus: +strings; bridge: only keys and melody")
    assert not notes_in(arrangement, "Drums", "intro")
    assert notes_in(arrangement, "Drums", "verse")
    assert notes_in(arrangement, "Voice", "intro"), "the melody plays where the style lets it rest"
    assert notes_in(arrangement, "Strings", "chorus")
    assert not notes_in(arrangement, "Strings", "verse")
    assert notes_in(arrangement, "Keys", "bridge")
    assert not notes_in(arrangement, "Bass", "bridge")


def test_a_setting_for_a_section_takes_precedence_over_one_for_all() -> None:
    arrangement = arranged("all: no drums; chorus: +drums")
    assert notes_in(arrangement, "Drums", "chorus")
    assert not notes_in(arrangement, "Drums", "verse")


def test_a_player_who_rests_throughout_is_not_reported_as_silent() -> None:
    brief = Brief.from_dict({"style": "pop", "seed": 3, "sections": "all: no drums"})
    plan = plan_of("pop", 3, sections="all: no drums")
    report = make_report(brief, plan, finish(skeleton(plan), plan, arrange(plan)))
    assert report["silent_parts"]["measured"] == []


def test_held_notes_end_where_their_player_rests() -> None:
    arrangement = arranged("verse: no strings")
    ticks = arrangement.setting.plan.meter.bar_ticks
    verses = [(bar.start, bar.start + ticks) for bar in arrangement.setting.bars if bar.kind == "verse"]
    strings = next(i for i, part in enumerate(arrangement.setting.plan.parts) if part.name == "Strings")
    notes = arrangement.notes[strings]
    assert not any(note.start_ticks < end and note.end_ticks > start for note in notes for start, end in verses)


def test_intensity_complexity_and_fills_shape_a_section() -> None:
    soft, loud = arranged("verse: intensity 0.1"), arranged("verse: intensity 0.95")
    bass = [[note.velocity for note in notes_in(each, "Bass", "verse")] for each in (soft, loud)]
    assert max(bass[0]) < min(bass[1])
    plain, busy = arranged("chorus: complexity 0"), arranged("chorus: complexity 1")
    assert len(notes_in(plain, "Guitar", "chorus")) < len(notes_in(busy, "Guitar", "chorus"))
    toms = {41, 43, 45, 48}
    filled, unfilled = (arranged(f"verse: {what}", features="no fills") for what in ("fills", "no drums"))
    assert any(note.pitch in toms for note in notes_in(filled, "Drums", "verse"))
    assert not any(note.pitch in toms for note in notes_in(unfilled, "Drums", "chorus"))


def test_players_play_high_or_low_and_busy_or_sparse_in_a_section() -> None:
    def pitches(sections: str, part: str) -> float:
        return mean(note.pitch for note in notes_in(arranged(sections), part, "verse"))

    for part, name in (("Voice", "melody"), ("Keys", "keys"), ("Bass", "bass")):
        settings = (f"verse: low {name}", "intro: fills", f"verse: high {name}")
        low, usual, high = (pitches(each, part) for each in settings)
        assert low <= usual + 0.5 < high, part
        assert high >= low + 5, part
    sparse, busy = (arranged(f"verse: {manner} guitar") for manner in ("sparse", "busy"))
    assert len(notes_in(sparse, "Guitar", "verse")) < len(notes_in(busy, "Guitar", "verse"))
    assert notes_in(sparse, "Guitar", "chorus") == notes_in(busy, "Guitar", "chorus")
    assert notes_in(sparse, "Keys", "verse") == notes_in(busy, "Keys", "verse"), "only the named player changes"
    drums = [notes_in(arranged(f"verse: {manner} drums"), "Drums", "verse") for manner in ("sparse", "busy")]
    assert len(drums[0]) < len(drums[1])


def test_a_section_swings_by_its_setting() -> None:
    plan = plan_of("pop", 3, sections="verse: swing 1")
    score = finish(skeleton(plan), plan, arrange(plan))
    spans = set_swing(plan)
    assert len(spans) == sum(bar.kind == "verse" for bar in arrange(plan).setting.bars)
    straight, swung = (perform(score, expression=1.0, style="pop", swing=swing) for swing in ((), spans))
    beat_s = 60 / score.qpm_at(0)
    for part, plain, other in zip(score.parts, straight.parts, swung.parts, strict=True):
        late = [(b.start_s - a.start_s) / beat_s for a, b in zip(plain.notes, other.notes, strict=True)]
        for note, delay in zip(part.notes, late, strict=True):
            inside = any(start <= note.start_ticks < end for start, end, _ in spans)
            if note.start_ticks % 480 == 240:
                assert (delay > 0.1) == inside, part.name
            elif note.start_ticks % 480 == 0 or not inside:
                assert delay == pytest.approx(0.0, abs=0.01)


def test_the_plan_keeps_the_settings_and_says_where_they_apply() -> None:
    plan = plan_of("pop", 3, sections="intro: no drums, intensity 0.3; drop: +strings")
    assert Plan.from_dict(plan.to_dict()) == plan
    intro, drop = set_sections(plan)
    assert intro.bars == frozenset(range(4))
    assert drop.bars
    assert sum(map(len, intro.resting)) == 4 + 4, "drums, and the strings that enter later"


def test_the_report_says_whether_sections_are_as_set() -> None:
    brief = Brief(style="pop", seed=3, sections="intro: no drums; break: no bass")
    plan = plan_of("pop", 3, sections="intro: no drums; break: no bass")
    score = finish(skeleton(plan), plan, arrange(plan))
    report = make_report(brief, plan, score)
    assert report["sections"]["measured"]["intro"]["notes of resting players"] == 0
    assert broken_promises(report) == ("sections",)
    assert "the piece has no break" in summarize_report(report)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ("last: no drums", "Bridge, Outro; its last one is 'end'"),
        ("foo: no drums", "the piece has no section 'foo': it has Intro, Verse"),
        ("intro: no kazoo", "no part plays 'kazoo'"),
        ("intro: intensity 3", "intensity of intro 3.0 is out of range: give a number from 0 to 1"),
        ("intro: intensity high", "intensity of intro 'high' is not a number"),
        ("intro no drums", "section setting 'intro no drums' is not understood: write for example"),
        ("intro: loud", "section setting 'loud' is not understood"),
        ("intro: swing 2", "swing of intro 2.0 is out of range: give a number from 0 to 1"),
        ("intro: high kazoo", "no part plays 'kazoo'"),
        ("intro: no drums; intro: fills", "section 'intro' is set twice"),
        (";", "section setting ';' is not understood"),
    ],
)
def test_what_cannot_be_set_is_refused_in_one_line(sections: str, message: str) -> None:
    with pytest.raises(BadInputError) as refused:
        plan_of("pop", 3, sections=sections)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ("intro: swing 0.5", "swing of section 'intro' is set for styles that a band plays"),
        ("a: no fills", "fills of section 'a' is set for styles that a band plays"),
        ("a: high melody", "high melody of section 'a' is set for styles that a band plays"),
        ("intro: no drums", "no part plays 'drums', which section 'intro' names"),
        ("a: no keys", "all players rest in section A"),
        ("b: only keys", "the piece has no section 'b'"),
    ],
)
def test_what_needs_a_band_and_what_is_missing_is_refused(sections: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        plan_of("fugue", 1, sections=sections, bars=8, form="A8")


def test_players_who_are_no_band_of_the_style_are_named() -> None:
    with pytest.raises(
        BadInputError, match="and Voice cannot play pop-ballad as a band: add drums or a bass to the instruments"
    ):
        plan_of("pop-ballad", 1, instruments="voice", form="Verse8 Chorus8", sections="chorus: intensity 0.9")


def test_the_text_form_reads_back() -> None:
    text = "A: no drums and bass, +Horns, with lead, complexity 1; b': only piano, fills, intensity .25"
    text += "; c: swing 1, low keys and bass"
    settings = parse_sections(text)
    assert parse_sections("; ".join(map(str, settings))) == settings
    brief = Brief(style="pop", sections=settings)
    assert Brief.from_dict(brief.to_dict()) == brief
