"""The bass of a group of single lines does not move in parallel fifths and octaves with the melody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.arranging.outer_voices import bass_apart, with_inversions
from composer.arranging.setting import Setting
from composer.arranging.tables import bands
from composer.brief import Brief
from composer.plan import Plan, make_plan
from composer.score import Chord, Note

CELLO = (36, 76)
BAR = 1920


def planned(tune: tuple[int, ...], ensemble: str = "string-quartet") -> Plan:
    """A melody of whole notes over C Dm C G C."""
    options = {"style": "string-quartet", "ensemble": ensemble, "bars": 5, "meter": "4/4", "key": "C major"}
    chords = tuple((Chord.parse(name),) for name in ("C", "Dm", "C", "G", "C"))
    notes = tuple((BAR * bar, BAR, pitch) for bar, pitch in enumerate(tune))
    return replace(
        make_plan(Brief.from_dict(options)), band="string-quartet", chords=chords, sections=(), closes=(), tune=notes
    )


def symbols(plan: Plan) -> list[str]:
    return [chord.symbol() for bar in plan.chords for chord in bar if chord]


def bass(*pitches: int, starts: tuple[int, ...] = ()) -> list[Note]:
    onsets = starts or tuple(BAR * bar for bar in range(len(pitches)))
    ends = (*onsets[1:], 5 * BAR)
    return [Note(start, pitch, end - start) for start, pitch, end in zip(onsets, pitches, ends, strict=True)]


def test_a_chord_takes_its_third_where_its_root_moves_in_octaves_with_the_melody() -> None:
    assert symbols(with_inversions(planned((72, 74, 76, 74, 72)))) == ["C", "Dm/F", "C", "G", "C"]


@pytest.mark.parametrize("change", [{"chords_given": True}, {"closes": (None, "half", None, None, None)}, {"tune": ()}])
def test_stated_chords_and_closes_stay(change: dict[str, object]) -> None:
    plan = replace(planned((72, 74, 76, 74, 72)), **change)  # type: ignore[arg-type]
    assert with_inversions(plan) == plan


def test_chords_with_a_keyboard_stay() -> None:
    plan = planned((72, 74, 76, 74, 72), "piano-trio")
    assert with_inversions(plan) == plan


def test_the_bass_falls_where_the_melody_rises_at_a_close() -> None:
    setting = Setting(planned((76, 77, 79, 79, 84)), bands()["string-quartet"])
    setting = replace(setting, tune=tuple(Note(*each[:1], each[2], each[1]) for each in setting.plan.tune))
    lower = bass(48, 50, 52, 43, 48)
    found = bass_apart(setting, [list(setting.tune), lower], 1, range(5), CELLO)
    assert [note.pitch for note in found] == [48, 50, 52, 55, 48]
    assert bass_apart(setting, [list(setting.tune), lower], 1, range(3), CELLO) == lower


def test_a_tone_between_the_chords_changes_rather_than_the_bass_of_the_next() -> None:
    setting = Setting(planned((74, 72, 74, 79, 76)), bands()["string-quartet"])
    tune = (*bass(74, 67, 69, starts=(0, 960, BAR)),)
    setting = replace(setting, tune=tune)
    found = bass_apart(setting, [list(tune), bass(48, 43, 45, starts=(0, 960, BAR))], 1, range(5), CELLO)
    assert found[1].pitch % 12 in (0, 4)
    assert (found[0].pitch, found[2].pitch) == (48, 45)
