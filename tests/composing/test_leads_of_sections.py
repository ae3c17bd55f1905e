"""Who has the melody in sections: its notes in every way of composing, what others do there, replays and refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from composer import composing
from composer.arranging import melody_of
from composer.brief import Brief
from composer.cli.explain import _rows
from composer.composing.moved_keys import in_one_key
from composer.composing.record import PieceRecord
from composer.composing.report import broken_promises, make_report, summarize_report
from composer.errors import BadInputError
from composer.plan import Plan, make_plan
from composer.rework import replay
from composer.score import Note

BAND = "voice,flute,french horn,piano,bass,drums"


def composed(tiny_model: Path, **options: Any) -> PieceRecord:
    request = {"seed": 3, "form": "A4 B4 A4", "meter": "4/4", **options}
    return composing.compose(Brief.from_dict(request), model=str(tiny_model))


def plan_of(piece: PieceRecord) -> Plan:
    assert piece.plan is not None
    return piece.plan


def notes_of(piece: PieceRecord, part: str, section: int) -> list[Note]:
    """The notes of a part that begin in the section of a number."""
    place, ticks = plan_of(piece).sections[section], plan_of(piece).meter.bar_ticks
    [found] = [each for each in in_one_key(piece.score, plan_of(piece)).parts if each.name == part]
    return [note for note in found.notes if place.start_bar <= note.start_ticks // ticks < place.start_bar + place.bars]


def share_of(piece: PieceRecord, part: str, section: int) -> float:
    """The share of the notes of the melody of a section that a part has, in any octave."""
    setting = melody_of(plan_of(piece))
    assert setting is not None
    place, ticks = plan_of(piece).sections[section], plan_of(piece).meter.bar_ticks
    bars = range(place.start_bar, place.start_bar + place.bars)
    tune = {(note.start_ticks, note.pitch % 12) for note in setting.tune if note.start_ticks // ticks in bars}
    played = {(note.start_ticks, note.pitch % 12) for note in notes_of(piece, part, section)}
    assert tune
    return len(tune & played) / len(tune)


@pytest.mark.parametrize(
    ("options", "player", "usual"),
    [
        ({"style": "string-quartet", "sections": "b: melody cello"}, "Cello", "Violin 1"),
        ({"style": "string-quartet", "sections": "b: melody violin 2"}, "Violin 2", "Violin 1"),
        ({"style": "nocturne", "sections": "b: melody left hand"}, "Piano (left hand)", "Piano (right hand)"),
        ({"style": "folk", "instruments": "fiddle,guitar,bass", "sections": "b: melody guitar"}, "Acoustic Guitar (nylon)", ""),
        ({"style": "symphony", "sections": "b: melody horns"}, "Horn 1", "Violin 1"),
        ({"style": "film-cue", "ensemble": "orchestra", "sections": "b: melody oboe"}, "Oboe 1", "Violin 1"),
        ({"style": "march", "ensemble": "marching-band", "sections": "b: melody trumpets"}, "Trumpets", "Piccolo"),
        ({"style": "pop", "instruments": BAND, "sections": "b: melody flute"}, "Flute", "Voice"),
        ({"style": "swing", "sections": "b: melody piano"}, "Piano (right hand)", "Tenor saxophone"),
        ({"style": "hymn", "sections": "b: melody tenor"}, "Tenor", "Soprano"),
        ({"instruments": "flute,bassoon", "sections": "b: melody bassoon"}, "Bassoon", "Flute"),
        ({"style": "prelude", "sections": "b: melody left hand"}, "Piano (left hand)", "Piano (right hand)"),
    ],
)
def test_the_named_player_has_the_melody_of_the_section(
    tiny_model: Path, options: dict[str, Any], player: str, usual: str
) -> None:
    piece = composed(tiny_model, **options)
    assert share_of(piece, player, 1) == 1.0
    assert not usual or share_of(piece, usual, 1) < 0.8
    [part] = [each for each in plan_of(piece).parts if each.name == player]
    assert all(part.low <= note.pitch <= part.high for note in notes_of(piece, player, 1))
    assert piece.report["sections"]["ok"]
    assert piece.report["sections"]["measured"]["b"]["melody"] == player
    assert piece.report["sections"]["measured"]["b"]["share of the melody"] == 1.0


def test_the_usual_player_has_it_elsewhere_and_accompanies(tiny_model: Path) -> None:
    piece = composed(tiny_model, style="string-quartet", sections="b: melody cello")
    assert share_of(piece, "Violin 1", 0) == share_of(piece, "Violin 1", 2) == 1.0
    assert notes_of(piece, "Violin 1", 1)


def test_other_notes_are_above_a_low_melody_but_for_a_bass(tiny_model: Path) -> None:
    piece = composed(tiny_model, style="string-quartet", sections="b: melody cello")
    middle = {part: [note.pitch for note in notes_of(piece, part, 1)] for part in ("Violin 1", "Violin 2", "Cello")}
    means = {part: sum(pitches) / len(pitches) for part, pitches in middle.items()}
    assert min(means["Violin 1"], means["Violin 2"]) > means["Cello"]


@pytest.mark.parametrize(("style", "player"), [("lied", "piano"), ("pop", "keys")])
def test_a_lone_singer_rests_where_others_have_the_melody(tiny_model: Path, style: str, player: str) -> None:
    piece = composed(tiny_model, style=style, sections=f"b: melody {player}")
    assert not notes_of(piece, "Voice", 1)
    assert notes_of(piece, "Voice", 0)


def test_players_take_turns_by_phrase_and_play_together(tiny_model: Path) -> None:
    piece = composed(tiny_model, instruments="flute,clarinet", form="A4 A4 B4 A4", sections="all: melody flute then clarinet")
    assert [share_of(piece, "Flute", place) == 1.0 for place in range(4)] == [True, False, True, False]
    assert [share_of(piece, "Clarinet", place) == 1.0 for place in range(4)] == [False, True, False, True]
    both = composed(tiny_model, style="symphony", sections="a: melody oboe and cello")
    assert share_of(both, "Oboe 1", 0) == share_of(both, "Cello", 0) == 1.0


def test_the_introduction_of_a_band_has_a_melody_where_somebody_gets_it(tiny_model: Path) -> None:
    form = "Intro4 Verse4 Chorus4"
    piece = composed(tiny_model, style="pop", instruments=BAND, form=form, sections="intro: melody horn, no drums")
    assert share_of(piece, "French Horn", 0) == 1.0
    assert not notes_of(piece, "Drums", 0)


def test_the_sidecar_replays_who_has_the_melody(tiny_model: Path, tmp_path: Path) -> None:
    piece = composed(tiny_model, style="string-quartet", sections="b: key +5, melody viola; end: melody cello")
    assert share_of(piece, "Viola", 1) == share_of(piece, "Cello", 2) == 1.0
    files = composing.write(piece, tmp_path / "piece", ["mid"])
    assert replay(files[-1], model=str(tiny_model)).score == piece.score


def test_a_melody_that_its_player_does_not_have_is_reported(tiny_model: Path) -> None:
    piece = composed(tiny_model, style="symphony", sections="b: melody oboe")
    plan = plan_of(piece)
    bare = tuple(replace(part, notes=() if part.name == "Oboe 1" else part.notes) for part in piece.score.parts)
    report = make_report(piece.brief, plan, replace(piece.score, parts=bare))
    assert "sections" in broken_promises(report)
    assert "Oboe 1 has 0% of the melody of b" in summarize_report(report)


def test_the_dry_run_says_who_has_the_melody_where() -> None:
    brief = Brief.from_dict({"style": "string-quartet", "form": "A4 B4 A4", "sections": "b: melody cello", "seed": 3})
    assert dict(_rows(brief, make_plan(brief)))["melody"] == "Cello 5-8"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style": "pop", "form": "verse-chorus", "sections": "verse: melody drums"}, "'drums' of section 'verse' cannot play"),
        ({"style": "pop", "form": "AB", "sections": "a: melody drum"}, "'drum' of section 'a' cannot play a melody"),
        ({"style": "pop", "form": "AB", "sections": "a: melody kazoo"}, "no part plays 'kazoo', which section 'a' names"),
        (
            {"style": "pop", "form": "AB", "sections": "a: no piano, melody piano"},
            "'piano' rests and has the melody in section",
        ),
        ({"style": "string-quartet", "meter": "5/4", "sections": "b: melody cello"}, "cannot be set in 5/4: leave out one"),
        (
            {"style": "string-quartet", "polyphony": 3, "sections": "b: melody cello"},
            "cannot be set in mixed styles, or at a set",
        ),
        ({"style": "fugue", "form": "ABA", "ensemble": "string-quartet", "sections": "b: melody cello"}, "in a fugue, whose"),
        ({"style": "round", "form": "ABA", "ensemble": "string-quartet", "sections": "b: melody cello"}, "in a round, whose"),
    ],
)
def test_what_cannot_have_the_melody_is_refused_in_one_line(tiny_model: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError) as refused:
        composed(tiny_model, **{"form": "ABA", "bars": 24, "meter": None, **options})
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
