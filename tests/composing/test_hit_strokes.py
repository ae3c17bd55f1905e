"""Big hits: a crescendo into them, a stroke of all players, and a crash cymbal and a roll of the timpani if there are any."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean

import pytest

from composer.arranging import arrange, settle
from composer.brief import Brief
from composer.composing.finishing import finish
from composer.composing.hit_strokes import with_hit_strokes
from composer.guide.frame import skeleton
from composer.harmony import with_harmony
from composer.plan import Plan, make_plan
from composer.score import Chord, Note, Score

CRASH, TIMPANI = 49, 47


def piece(**options: object) -> tuple[Plan, Score]:
    brief = Brief.from_dict({"style": "epic-trailer", "bars": 16, "seed": 2, **options})
    plan = settle(make_plan(brief), brief)
    return plan, finish(skeleton(plan), plan, arrange(plan))


def test_big_hits_have_a_crash_and_a_roll_into_them() -> None:
    plan, score = piece(hits="0:12 big, 0:18 soft", instruments="horns,string-ensemble-1,timpani,contrabass,drums")
    big, soft = (planned.bar * plan.meter.bar_ticks for planned in plan.hits)
    drums = next(part for part in score.parts if part.is_drum)
    timpani = next(part for part in score.parts if part.program == TIMPANI and not part.is_drum)
    assert any(note.start_ticks == big and note.pitch == CRASH and note.velocity >= 100 for note in drums.notes)
    roll = [note for note in timpani.notes if big - plan.meter.bar_ticks // 2 <= note.start_ticks <= big]
    assert len(roll) >= 8
    assert len({note.pitch for note in roll[:-1]}) == 1
    assert [note.velocity for note in roll] == sorted(note.velocity for note in roll)
    assert not [n for n in timpani.notes if soft - 480 <= n.start_ticks < soft and n.duration_ticks < 120]
    planned = plan.parts[score.parts.index(timpani)]
    assert all(planned.low <= note.pitch <= planned.high for note in timpani.notes)


def test_every_big_hit_is_grown_into_and_struck_by_all() -> None:
    plan, score = piece(hits="0:10 big, 0:20 big", bars=16)
    ticks = plan.meter.bar_ticks
    for hit in (planned.bar * ticks for planned in plan.hits):
        assert all(any(note.start_ticks == hit for note in part.notes) for part in score.parts)

        def loud(first: int, end: int) -> float:
            return mean(note.velocity for part in score.parts for note in part.notes if first <= note.start_ticks < end)

        assert loud(hit - ticks // 4, hit) > loud(hit - ticks, hit - 3 * ticks // 4) + 8
        assert loud(hit, hit + ticks) >= loud(hit - 2 * ticks, hit - ticks), "the music does not fall after the hit"


def test_a_player_who_rests_strikes_a_tone_of_the_hit() -> None:
    plan, _ = piece(hits="0:12 big", instruments="horns,string-ensemble-1,contrabass")
    [hit] = (planned.bar * plan.meter.bar_ticks for planned in plan.hits)
    chord = tuple(Note(hit, pitch, 480) for pitch in (60, 64, 67))
    parts = tuple(replace(part, notes=notes) for part, notes in zip(skeleton(plan).parts, ((), chord, ()), strict=True))
    horns, _, bass = with_hit_strokes(parts, plan)
    assert [(note.start_ticks, note.end_ticks, note.pitch % 12 in (0, 4, 7)) for note in horns.notes] == [
        (hit, hit + plan.meter.bar_ticks, True)
    ]
    assert [note.pitch % 12 for note in bass.notes] == [0]


def test_other_ensembles_get_neither() -> None:
    plan, score = piece(hits="0:12 big", instruments="horns,string-ensemble-1,contrabass")
    assert not any(part.is_drum or part.program == TIMPANI for part in score.parts)
    assert plan.hits


def test_a_big_hit_is_a_full_chord_with_a_low_bass_after_its_dominant() -> None:
    brief = Brief.from_dict(
        {"style": "film-cue", "mood_curve": "calm@0 tense@50% triumphant@100%", "hits": "0:14 big", "duration": 50, "seed": 3}
    )
    plan = settle(with_harmony(make_plan(brief), brief), brief)
    plan = replace(plan, tune=tuple((bar * plan.meter.bar_ticks, plan.meter.bar_ticks, 72) for bar in range(plan.bars)))
    score = finish(skeleton(plan), plan, arrange(plan))
    [bar] = (planned.bar for planned in plan.hits)
    hit = bar * plan.meter.bar_ticks
    sounding = {part.name: [n for n in part.notes if n.start_ticks == hit] for part in score.parts}
    assert all(sounding.values()), [name for name, notes in sounding.items() if not notes]
    assert min(len(sounding[name]) for name in ("Brass", "Choir", "Strings")) >= 3
    assert min(note.pitch for note in sounding["Brass"]) <= 48
    assert min(note.pitch for note in sounding["Basses"]) <= 40
    low = {
        note.pitch % 12 for notes in sounding.values() for note in notes if note.pitch < 48 and notes is not sounding["Drums"]
    }
    assert low <= {plan.chords[bar][0].lowest, (plan.chords[bar][0].lowest + 7) % 12}, "no thirds in the low register"
    [before], [chord] = plan.chords[bar - 1], plan.chords[bar][:1]
    assert before
    assert chord
    assert (before.root - chord.root) % 12 == 7
    strings = next(part for part in score.parts if part.name == "Strings")
    rise = [note for note in strings.notes if hit - plan.meter.bar_ticks <= note.start_ticks < hit]
    assert len({note.start_ticks for note in rise}) == plan.meter.bar_ticks // 120, "a tremolo"


def test_a_sudden_hit_comes_out_of_a_rest_without_growth() -> None:
    made = {strength: piece(hits=f"0:10 {strength}", bars=16) for strength in ("sudden", "big")}
    for strength, (plan, score) in made.items():
        ticks = plan.meter.bar_ticks
        [hit] = (planned.bar * ticks for planned in plan.hits)
        assert any(section.start_bar * ticks == hit for section in plan.sections)
        assert all(any(note.start_ticks == hit for note in part.notes) for part in score.parts)
        before = [note for part in score.parts for note in part.notes if hit - ticks <= note.start_ticks < hit]
        silent = not any(note.end_ticks > hit - plan.meter.beat_ticks for note in before)
        assert silent == (strength == "sudden")
        rolls = [note for note in before if note.duration_ticks < 120 and note.start_ticks >= hit - ticks // 2]
        assert bool(rolls) == (strength == "big")
        struck = [note.velocity for part in score.parts for note in part.notes if note.start_ticks == hit]
        assert mean(struck) > mean(note.velocity for note in before) * (1.4 if strength == "sudden" else 1.1)


def test_a_note_held_into_a_sudden_hit_ends_before_it() -> None:
    plan, _ = piece(hits="0:12 sudden", instruments="horns,string-ensemble-1,contrabass")
    [hit] = (planned.bar * plan.meter.bar_ticks for planned in plan.hits)
    held = (Note(hit - 1920, 60, 3840), Note(hit - 240, 62, 240))
    parts = tuple(replace(part, notes=held if index == 0 else ()) for index, part in enumerate(skeleton(plan).parts))
    horns = with_hit_strokes(parts, plan)[0]
    assert [(note.start_ticks, note.end_ticks) for note in horns.notes if note.start_ticks < hit] == [(hit - 1920, hit - 480)]


@pytest.mark.parametrize(
    ("before", "after", "tones"),
    [
        ("F#7", "G", {1}),  # no tone of both but B flat's neighbors: the fifth of F sharp
        ("Em", "G", {7}),  # a tone of both
        ("F#7", "Bm", {11}),  # the tonic under the dominant
        ("G", "F#m", {1, 2, 6, 7, 11}),
    ],
)
def test_a_roll_does_not_clash_with_the_chord_that_it_is_under(before: str, after: str, tones: set[int]) -> None:
    plan, _ = piece(hits="0:12 big", key="B minor", instruments="string-ensemble-1,timpani,contrabass")
    [hit] = [planned.bar for planned in plan.hits]
    chords = [(Chord.parse(before),)] * hit + [(Chord.parse(after),)] * (plan.bars - hit)
    plan = replace(plan, chords=tuple(chords))
    _, timpani, _ = with_hit_strokes(tuple(replace(part, notes=()) for part in skeleton(plan).parts), plan)
    *roll, stroke = timpani.notes
    assert stroke.pitch % 12 == Chord.parse(after).root
    assert {note.pitch % 12 for note in roll} <= tones
