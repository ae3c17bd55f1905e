"""The loudness of parts that the network wrote."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

from composer.brief import Brief
from composer.composing.balance import balanced
from composer.composing.finishing import finish, with_dynamics
from composer.guide.frame import skeleton
from composer.plan import Plan, make_plan
from composer.score import Note, Part, Score


def _plan(**options: object) -> Plan:
    return make_plan(Brief.from_dict({"ensemble": "piano", "meter": "4/4", "bars": 8, "form": "AB", **options}))


def _hand(name: str, *velocities: int) -> Part:
    return Part(name, 0, tuple(Note(960 * place, 60, 480, velocity) for place, velocity in enumerate(velocities)))


def _by_bar(part: Part) -> list[float]:
    return [fmean(note.velocity for note in part.notes[place : place + 2]) for place in range(0, len(part.notes), 2)]


def test_neighboring_bars_differ_by_a_step_and_by_two_where_a_phrase_begins() -> None:
    wild = _hand(
        "Piano (right hand)", *(velocity for level in (49, 112, 49, 112, 49, 124, 64, 124) for velocity in (level, level))
    )
    [steady] = balanced([wild], _plan(form="A8"))
    assert _by_bar(steady) == [49, 65, 49, 65, 49, 65, 64, 80]
    [sections] = balanced([wild], _plan())
    assert _by_bar(sections)[4] == 49
    [phrases] = balanced([_hand("Piano (right hand)", *[49] * 8, *[124] * 8)], _plan(form="A8"))
    assert _by_bar(phrases) == [49] * 4 + [81, 97, 113, 124]


def test_a_bar_keeps_its_accents() -> None:
    [part] = balanced([_hand("Piano (right hand)", 49, 49, 112, 120)], _plan())
    assert [note.velocity for note in part.notes] == [49, 49, 61, 69]


def test_a_left_hand_does_not_cover_the_right_one() -> None:
    right, left = _hand("Piano (right hand)", *[49] * 8), _hand("Piano (left hand)", *[49] * 2, *[72] * 6)
    hands = balanced([right, left], _plan())
    assert _by_bar(hands[0]) == [49] * 4
    assert max(_by_bar(hands[1])) == 65


def test_a_hand_lets_go_of_notes_that_are_out_of_reach_of_the_next_stroke() -> None:
    plan = _plan(key="C major")
    notes = (Note(0, 72, 1920, 80), Note(960, 93, 480, 80), Note(1920, 72, 960, 80), Note(2400, 86, 480, 80))
    score = skeleton(plan)
    finished = finish(replace(score, parts=(replace(score.parts[0], notes=notes), score.parts[1])), plan)
    lengths = [note.duration_ticks for note in finished.parts[0].notes]
    assert lengths == [960, 480, 960, 480]


def _player(name: str, pitch: int, *velocities: int) -> Part:
    notes = tuple(Note(960 * place, pitch, 480, velocity) for place, velocity in enumerate(velocities))
    return Part(name, 40, notes)


def test_players_share_their_dynamics_and_the_highest_is_no_softer_than_others() -> None:
    violin, second, cello = (
        _player("Violin 1", 80, *[49] * 4),
        _player("Violin 2", 70, *[96] * 4),
        _player("Cello", 50, *[49] * 4),
    )
    parts = balanced([violin, second, cello], _plan(ensemble="string-trio", form="A8"))
    for bar in range(2):
        levels = [_by_bar(part)[bar] for part in parts]
        assert max(levels) - min(levels) <= 16
        assert levels[0] == max(levels)
    drums = Part("Drums", 0, tuple(Note(960 * place, 38, 120, 30) for place in range(4)), is_drum=True)
    assert balanced([violin, second, drums], _plan(ensemble="string-trio"))[2] == drums


def test_parts_that_are_flat_each_get_phrases_and_flat_drums_accents() -> None:
    plan = _plan(ensemble="rock-band", bars=16, form="A16")
    lead = Part("Lead", 80, tuple(Note(480 * place, 72, 480, 90) for place in range(64)))
    bass = Part("Bass", 38, tuple(Note(480 * place, 40, 480, 80) for place in range(64)))
    drums = Part("Drums", 0, tuple(Note(240 * place, 42, 120, 96) for place in range(128)), is_drum=True)
    first, second, struck = with_dynamics(Score((lead, bass, drums)), plan).parts
    assert len({note.velocity for note in first.notes}) > 8
    assert {a.velocity - b.velocity for a, b in zip(first.notes, second.notes, strict=True)} == {10}
    barline, offbeat, beat, *_ = (note.velocity for note in struck.notes)
    assert barline > beat > offbeat
    phrase = [fmean(note.velocity for note in struck.notes[32 * place : 32 * place + 32]) for place in range(4)]
    assert max(phrase) - min(phrase) > 10
    played = replace(bass, notes=tuple(replace(note, velocity=60 + place) for place, note in enumerate(bass.notes)))
    kept = with_dynamics(Score((lead, played, drums)), plan).parts
    assert kept[:2] == (lead, played)
    assert kept[2] != drums
