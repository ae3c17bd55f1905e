"""Each defect is found where it was put, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.analysis.character import strangeness
from composer.composing.critic import Candidate, Forecast, choose, measure_defects
from composer.score import Chord, ChordSymbol, Key, KeySignature, Note, Part, Score

HARMONY = ((0, "C"), (1920, "G"), (3840, "C"), (5760, "C"))


def line(*pitches: int, step: int = 480) -> tuple[Note, ...]:
    return tuple(Note(step * index, pitch, step) for index, pitch in enumerate(pitches))


SOUND = Score(
    (
        Part("Soprano", 52, line(72, 74, 76, 77, 79, 77, 74, 71, 72, 74, 76, 74, 76, 74, 72, 72)),
        Part("Alto", 52, line(67, 67, 67, 69, 71, 69, 67, 67, 67, 67, 67, 65, 67, 65, 64, 64)),
        Part("Bass", 42, line(48, 47, 48, 53, 55, 53, 55, 55, 52, 55, 48, 50, 48, 50, 48, 48)),
    ),
    keys=(KeySignature(0, Key(0, "major")),),
    chords=tuple(ChordSymbol(start, Chord.parse(symbol)) for start, symbol in HARMONY),
)


def with_part(index: int, notes: tuple[Note, ...], program: int | None = None) -> Score:
    part = SOUND.parts[index]
    part = replace(part, notes=notes, program=part.program if program is None else program)
    return replace(SOUND, parts=(*SOUND.parts[:index], part, *SOUND.parts[index + 1 :]))


def piano(right: tuple[Note, ...], left: tuple[Note, ...]) -> Score:
    return replace(SOUND, parts=(Part("Piano (right hand)", 0, right), Part("Piano (left hand)", 0, left)))


FAULTS = {
    "crossed hands": piano(line(60, 62, 64, 65), line(67, 65, 55, 53)),
    "parallels": with_part(2, line(*(pitch - 19 for pitch in (72, 74, 76, 77)), *(55, 53, 55, 55) * 3)),
    "leaps": with_part(0, line(72, 91, 60, 84, 62, 90, *([72] * 10))),
    "dead bars": replace(SOUND, parts=tuple(replace(p, notes=(*p.notes[:4], *p.notes[12:])) for p in SOUND.parts)),
    "loose leading notes": with_part(0, line(72, 71, 64, 71, 67, 71, 79, 71, 64, 74, 76, 74, 76, 74, 72, 72)),
    "monotony": replace(SOUND, parts=(Part("Flute", 73, line(*([72, 74, 76, 74] * 8))),)),
    "unexplained notes": with_part(0, line(73, 68, 73, 78, 73, 68, 78, 73, 68, 73, 78, 73, 68, 73, 78, 73)),
    "unplayable": with_part(0, (Note(0, 72, 480), Note(0, 76, 480)), program=73),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name: str) -> None:
    assert measure_defects(FAULTS[name])[name] > measure_defects(SOUND)[name]


def test_sound_voice_leading_has_few_defects() -> None:
    assert sum(measure_defects(SOUND).values()) < 0.2


def test_the_better_of_two_is_chosen_and_said_why() -> None:
    faulty = Candidate(FAULTS["dead bars"], -150.0, 100, 0.0)
    sound = Candidate(SOUND, -150.0, 100, 0.0)
    chosen, verdicts = choose([faulty, sound])
    assert chosen == 1
    assert verdicts[0].to_dict()["defects"]["dead bars"] > 0


def test_likelihood_like_human_music_and_adherence_count() -> None:
    wild, dull, typical = (Candidate(SOUND, nats, 100, 0.0, human_likelihood=-1.3) for nats in (-250.0, -30.0, -130.0))
    assert choose([wild, dull, typical])[0] == 2
    unknown = [replace(each, human_likelihood=None) for each in (wild, dull, typical)]
    assert choose(unknown)[0] == 0  # equal where nobody measured what human music has
    assert choose([replace(typical, distance=2.5), dull])[0] == 1


def test_what_is_unlike_human_music_loses() -> None:
    drone = replace(SOUND, parts=tuple(replace(part, notes=line(*[part.notes[0].pitch] * 16)) for part in SOUND.parts))
    assert strangeness(drone, ("hymn",)) > strangeness(SOUND, ("hymn",))
    assert strangeness(SOUND, ("no such style",)) == strangeness(SOUND)
    assert strangeness(Score(())) == 0.0
    chosen, verdicts = choose([Candidate(each, -150.0, 100, 0.0, ("hymn",)) for each in (drone, SOUND)])
    assert chosen == 1
    assert verdicts[0].strangeness > verdicts[1].strangeness


def test_drums_alone_are_judged() -> None:
    beat = tuple(Note(480 * index, 36 + 2 * (index % 2), 120) for index in range(16))
    assert measure_defects(Score((Part("Drums", 0, beat, is_drum=True),)))["leaps"] == 0.0


def test_the_marks_that_are_foreseen_replace_the_defects() -> None:
    forecasts = Forecast(0.5, 0.4, -1.0), Forecast(0.5, 0.4, 1.0), Forecast(0.1, 0.4, 1.0)
    chosen, verdicts = choose([Candidate(SOUND, -150.0, 100, 0.0, forecast=forecast) for forecast in forecasts])
    assert chosen == 2
    assert [verdict.mark for verdict in verdicts] == sorted(forecast.mark for forecast in forecasts)
    assert verdicts[1].to_dict()["mark"] == round(forecasts[1].mark, 4)
    far = choose([Candidate(SOUND, -150.0, 100, 2.0 * place, forecast=each) for place, each in enumerate(forecasts)])
    assert far[0] == 0, "a broken promise counts more"
