"""No key of a keyboard sounds in both hands at once."""

from __future__ import annotations

import pytest

from composer.arranging import arrange, settle
from composer.arranging.shared_keys import with_free_hands
from composer.brief import Brief
from composer.harmony import with_harmony
from composer.plan import make_plan
from composer.presets import EnsemblePart
from composer.score import TICKS_PER_QUARTER, Note

RIGHT = EnsemblePart("Piano (right hand)", 0, low=55, high=100)
LEFT = EnsemblePart("Piano (left hand)", 0, low=36, high=67)
BASS = EnsemblePart("Bass", 33, low=28, high=50)
Strokes = dict[int, tuple[int, ...]]  # pitches by the half note on which they are struck


def played(strokes: Strokes, halves: int = 1) -> tuple[Note, ...]:
    half = 2 * TICKS_PER_QUARTER
    return tuple(sorted(Note(half * at, pitch, halves * half) for at, struck in strokes.items() for pitch in struck))


def freed(right: Strokes, left: Strokes, *, halves: int = 1, bass: Strokes | None = None) -> list[tuple[Note, ...]]:
    """The hands above a bass, if there is one; the left one holds its notes for some half notes."""
    parts, notes = [RIGHT, LEFT], [played(right), played(left, halves)]
    return with_free_hands([*parts, BASS], [*notes, played(bass)])[:2] if bass else with_free_hands(parts, notes)


def shared(right: tuple[Note, ...], left: tuple[Note, ...]) -> list[tuple[Note, Note]]:
    """Notes of both hands that sound on one key at once."""
    pairs = ((one, other) for one in right for other in left if one.pitch == other.pitch)
    return [(one, other) for one, other in pairs if one.start_ticks < other.end_ticks and other.start_ticks < one.end_ticks]


def test_a_left_hand_leaves_out_a_doubled_tone_above_its_bass() -> None:
    for right in ({0: (60, 64, 67)}, {1: (60, 64, 67)}, {1: (60,)}):
        assert freed(right, {0: (48, 55, 60)}, halves=2) == [played(right), played({0: (48, 55)}, 2)]


def test_a_right_hand_leaves_out_the_bass_of_the_left_hand_below_its_top() -> None:
    assert freed({0: (55, 60, 64)}, {0: (55,)}) == [played({0: (60, 64)}), played({0: (55,)})]


def test_a_bass_ends_where_the_top_of_the_right_hand_is_on_its_key() -> None:
    assert freed({1: (57,)}, {0: (57,)}, halves=2) == [played({1: (57,)}), played({0: (57,)})]


@pytest.mark.parametrize(("bass", "left"), [({0: (40,)}, {0: (45,)}), ({0: (46,)}, {}), (None, {0: (45,)})])
def test_a_bass_goes_below_a_melody_on_its_key_if_that_is_above_the_bass_player(bass: Strokes | None, left: Strokes) -> None:
    assert freed({0: (57,)}, {0: (57,)}, bass=bass) == [played({0: (57,)}), played(left)]


def test_the_lowest_bass_of_a_piece_stays() -> None:
    assert freed({0: (47,)}, {0: (47,)}) == [played({0: (47,)}), played({0: (47,)})]


def test_given_hands_and_hands_on_different_keys_stay() -> None:
    for right, left in (({0: (60, 64)}, {0: (48, 55)}), ({0: (60,), 1: (64,)}, {0: (64,), 1: (60,)})):
        assert freed(right, left) == [played(right), played(left)]
    hands = [played({0: (55, 60)}), played({0: (48, 55, 60)})]
    assert with_free_hands([RIGHT, LEFT], hands, {0, 1}) == hands
    assert with_free_hands([RIGHT, LEFT], hands, {0}) == [hands[0], played({0: (48,)})]
    assert with_free_hands([RIGHT, EnsemblePart("Organ (left hand)", 19)], hands) == hands


@pytest.mark.parametrize("style", ["tango", "pop", "pop-ballad", "jazz-waltz", "swing"])
def test_both_hands_of_a_band_have_different_keys(style: str) -> None:
    met = 0
    for seed in range(1, 5):
        instruments = ("violin", "piano", "acoustic bass")
        brief = Brief.from_dict({"style": style, "bars": 16, "seed": seed, "instruments": instruments})
        plan = settle(with_harmony(make_plan(brief), brief), brief)
        arrangement = arrange(plan)
        assert arrangement is not None
        place = next(index for index, part in enumerate(plan.parts) if part.name == "Piano (right hand)")
        right, left = (arrangement.notes.get(index, ()) for index in (place, place + 1))
        doubled = {note for pair in shared(right, left) for note in pair}
        met += len(doubled)
        notes = arrangement.parts([()] * len(plan.parts))
        assert not shared(notes[place], notes[place + 1])
        for before, after in ((right, notes[place]), (left, notes[place + 1])):
            kept = {(note.start_ticks, note.pitch) for note in after}
            assert {(note.start_ticks, note.pitch) for note in before if note not in doubled} <= kept
    assert met
