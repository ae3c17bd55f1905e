"""Rules for lines and hands that accompany a melody, each by itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from composer.guide.hand_rules import RoomAbove, SameChords, SteadyFigure, Strokes, Unclouded
from composer.guide.line_rules import Clear, Complete, Independent, SmallLeaps, Tessitura
from composer.guide.note_bounds import Bounds
from composer.guide.played import Line
from composer.guide.rule import Within
from composer.guide.tune_rules import GivenMelody, clear_pairs
from composer.score import Chord, Key, Note, TimeSignature
from composer.tokenizer import Grammar, functional_shift
from composer.training.data.build import base_tokenizer

_STEPS = 96  # of a bar
_ALTO, _TENOR, _BASS = 1, 2, 3
_LINES = (_ALTO, _TENOR, _BASS)
_SCALE = frozenset((0, 2, 4, 5, 7, 9, 11))


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return base_tokenizer().grammar


def walk(part: int, *symbols: str, **lines: Line) -> Any:
    """The state before the first note of a line in a bar of 4/4 over some chords."""
    played = {_ALTO: Line(), _TENOR: Line(), _BASS: Line()} | {int(name[-1]): line for name, line in lines.items()}
    bar = SimpleNamespace(index=0, harmony=tuple(Chord.parse(symbol) for symbol in symbols), given={})
    return SimpleNamespace(
        state=SimpleNamespace(part=part, position=-1),
        bar=bar,
        place=0,
        script=SimpleNamespace(bars=[bar, bar]),
        meter=TimeSignature(0, 4, 4),
        lines=played,
        line=played[part],
        ranges={_BASS: (43, 60)},
    )


def melody(*pitches: int) -> GivenMelody:
    """Two bars of half notes."""
    return GivenMelody([Note(960 * place, pitch, 960) for place, pitch in enumerate(pitches)], [_STEPS, _STEPS])


def test_a_line_does_not_strike_or_hold_a_note_against_the_melody(grammar: Grammar) -> None:
    bounds = Bounds.free(_STEPS)
    Clear(grammar, melody(77, 76, 77, 76), _LINES, _SCALE).shape(bounds, walk(_ALTO, "C"))
    assert not bounds.latest[:48, 64].any()  # E under F
    assert bounds.latest[48, 64] == _STEPS  # E under E, up to the F of the next bar
    assert bounds.latest[0, 65] == 48  # F, up to the E
    assert bounds.latest[0, 67] > _STEPS


def test_foreign_tones_of_lines_are_on_the_scale(grammar: Grammar) -> None:
    bounds = Bounds.free(_STEPS)
    Clear(grammar, melody(72, 72, 72, 72), _LINES, _SCALE).shape(bounds, walk(_ALTO, "F", "D7"))
    assert [bool(bounds.latest[step, 54]) for step in (12, 60)] == [False, True]  # F sharp


def test_tones_of_a_chord_may_clash(grammar: Grammar) -> None:
    bounds = Bounds.free(_STEPS)
    Clear(grammar, melody(71, 71, 69, 69), _LINES, _SCALE).shape(bounds, walk(_ALTO, "Cmaj7"))
    assert bounds.latest[0, 60] > _STEPS


@pytest.mark.parametrize(("alto", "wanted"), [(67, 4), (64, 7)])
def test_the_last_inner_line_completes_the_chord(grammar: Grammar, alto: int, wanted: int) -> None:
    bounds, above = Bounds.free(_STEPS), Line()
    above.duration = 48
    above.strike(0, alto)
    state = walk(_TENOR, "C", part_1=above)
    Complete(grammar, melody(72, 72, 72, 72), _LINES).narrow(bounds, state)
    assert bounds.barred is not None
    allowed = np.flatnonzero(~bounds.barred[0])
    assert {int(pitch) % 12 for pitch in allowed} == {wanted}


def test_a_line_completes_chords_only_with_tones_that_are_near(grammar: Grammar) -> None:
    bounds, state = Bounds.free(_STEPS), walk(_TENOR, "C")
    state.line.pitches = [60]
    Complete(grammar, melody(79, 79, 79, 79), _LINES).narrow(bounds, state)
    assert bounds.barred is not None
    assert np.flatnonzero(~bounds.barred[0]).tolist() == [64]


def test_voices_of_a_choir_do_not_move_in_parallel(grammar: Grammar) -> None:
    state = walk(_TENOR, "G", "C")
    for line, pitches in ((state.line, [55]), (state.lines[_BASS], [48])):  # G over C
        line.onset, line.pitches, line.carried = -48, pitches, (-48, pitches)
    bounds = Bounds.free(_STEPS)
    Independent(grammar, melody(79, 79, 76, 79), _LINES).narrow(bounds, state)
    assert bounds.barred is not None
    assert np.flatnonzero(bounds.barred[0]).tolist() == [pitch for pitch in range(128) if pitch % 12 == 2]  # D over G
    state.line.pitches, state.line.onset = [67], 0  # an octave below the melody, which moves on in the middle of the bar
    bounds = Bounds.free(_STEPS)
    Independent(grammar, melody(79, 77, 76, 79), _LINES).narrow(bounds, state)
    assert bounds.barred is not None
    assert bounds.barred[48, 65]
    assert not bounds.barred[48, 64]


def test_inner_lines_leave_room_for_the_bass(grammar: Grammar) -> None:
    bounds = Bounds.free(_STEPS)
    rule = Tessitura(grammar, melody(60, 60, 60, 60), _LINES, [48.0, 48.0], {})
    rule.shape(bounds, walk(_TENOR, "F", part_1=Line()))
    assert not bounds.latest[0, :54].any()  # 53 is the lowest F of the bass
    assert bounds.latest[0, 57]


def test_a_line_leaps_where_nothing_is_near(grammar: Grammar) -> None:
    bounds, state = Bounds.free(_STEPS), walk(_ALTO, "C")
    state.line.pitches = [60]
    bounds.forbid(slice(0, 1), np.arange(128) != 67)
    SmallLeaps({_ALTO}, 4).narrow(bounds, state)
    assert bounds.latest[0, 67]
    assert not bounds.latest[24, 67]


def test_no_hand_strikes_a_semitone() -> None:
    assert not clear_pairs(0)[67, 68]
    assert clear_pairs(0)[67, 69]


def test_close_low_notes_are_those_of_the_key_that_is_heard() -> None:
    shift = functional_shift(Key.parse("E minor"))  # G2 and B2 are written as C3 and E3
    pair, fifth = (43 + shift, 47 + shift), (43 + shift, 50 + shift)
    assert not clear_pairs(shift)[pair]
    assert clear_pairs(shift)[fifth]
    assert clear_pairs(0)[48, 52]


def test_a_hand_strikes_no_tone_on_which_a_foreign_tone_of_the_melody_resolves(grammar: Grammar) -> None:
    tune = melody(77, 76, 77, 76)  # F, E, F, E over C
    bounds = Bounds.free(_STEPS)
    Unclouded(grammar, [_ALTO], tune).shape(bounds, walk(_ALTO, "C"))
    assert not bounds.latest[:48, [52, 64]].any()
    assert bounds.latest[48:, [52, 64]].all()
    assert bounds.latest[:, [48, 55]].all()
    of_bass = Bounds.free(_STEPS)
    of_bass.begin_on(slice(0, 1), np.arange(128) == 52)
    Unclouded(grammar, [_ALTO], tune).shape(of_bass, walk(_ALTO, "C/E"))
    assert of_bass.latest[0, 52]
    assert not of_bass.latest[12, 52]


def test_a_rule_holds_within_its_bars(grammar: Grammar) -> None:
    rule = Unclouded(grammar, [_ALTO], melody(77, 76, 77, 76))
    for bars, forbidden in (({0}, True), ({1}, False)):
        bounds = Bounds.free(_STEPS)
        Within(bars, rule).shape(bounds, walk(_ALTO, "C"))
        assert bounds.latest[0, 64] == (0 if forbidden else bounds.latest[0, 60])


def test_a_chord_is_struck_again_from_its_lowest_tone(grammar: Grammar) -> None:
    bounds, state, chord = Bounds.free(_STEPS), walk(_ALTO, "C"), Line()
    chord.duration = 12
    for pitch in (64, 67, 72):
        chord.strike(0, pitch)
    state.line, state.state.position = chord, 0
    SameChords(grammar, [_ALTO], [0]).narrow(bounds, state)
    assert bounds.barred_lowest is not None
    assert np.flatnonzero(~bounds.barred_lowest[12]).tolist() == [64]
    assert not bounds.barred_lowest[0].any()


def test_strokes_of_several_notes_begin_with_tones_of_the_chord(grammar: Grammar) -> None:
    bounds, state = Bounds.free(_STEPS), walk(_ALTO, "C")
    figure = SteadyFigure(grammar, [_ALTO], {0: Strokes((2, 3), (2, 3), 12, 12)}, (), {})
    figure.begin_bar(state)
    RoomAbove(grammar, figure).shape(bounds, state)
    assert {int(pitch) % 12 for pitch in np.flatnonzero(bounds.begins(slice(12, 13))[0])} == {0, 4, 7}


def test_a_melody_beyond_midi_is_an_octave_nearer() -> None:
    assert {*melody(129, -3).pitches(0).tolist(), *melody(129, -3).pitches(1).tolist()} == {117, 9}
