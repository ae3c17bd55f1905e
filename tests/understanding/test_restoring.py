"""User notes outside the changed region are kept to the tick."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import BadInputError
from composer.score import Chord, ChordSymbol, Note, Part, Score, Tempo, TimeSignature
from composer.understanding import EVERYTHING, NOTHING, Region, restore, understand
from tests.tokenizer.strategies import scores

_SOUNDING = scores(max_parts=20).filter(lambda score: any(part.notes for part in score.parts))


@settings(max_examples=20, deadline=None)
@given(_SOUNDING)
def test_unchanged_scores_are_restored_exactly(score: Score) -> None:
    understood = understand(score)
    assert restore(score, understood, understood.score) == score
    assert restore(score, understood, understood.score.transposed(0), NOTHING) == score


@settings(max_examples=20, deadline=None)
@given(_SOUNDING)
def test_every_note_has_one_origin(score: Score) -> None:
    understood = understand(score)
    placed = Counter(origin for source in understood.parts for origins in source.notes for origin in origins)
    every = {(index, number) for index, part in enumerate(score.parts) for number in range(len(part.notes))}
    assert placed == Counter(every)
    assert len(understood.parts) == len(understood.score.parts) <= 16
    for part, source in zip(understood.score.parts, understood.parts, strict=True):
        assert part.is_drum == score.parts[source.home].is_drum
        assert len(part.notes) == len(source.notes)
        for note, origins in zip(part.notes, source.notes, strict=True):
            assert all(score.parts[index].notes[number].pitch == note.pitch for index, number in origins)


@settings(max_examples=20, deadline=None)
@given(_SOUNDING, st.data())
def test_only_the_region_changes(score: Score, data: st.DataObject) -> None:
    understood = understand(score)
    first = data.draw(st.integers(0, len(understood.bar_starts)))
    parts = data.draw(st.none() | st.frozensets(st.integers(0, len(understood.parts) - 1)))
    region = Region(first, data.draw(st.none() | st.integers(first, first + 3)), parts)
    emptied = replace(understood.score, parts=tuple(replace(part, notes=()) for part in understood.score.parts))
    result = restore(score, understood, emptied, region)
    inside = {
        origin
        for index, source in enumerate(understood.parts)
        for note, origins in zip(understood.score.parts[index].notes, source.notes, strict=True)
        for origin in origins
        if region.contains(index, understood.bar_of(note.start_ticks))
    }
    for index, part in enumerate(score.parts):
        assert list(result.parts[index].notes) == [n for i, n in enumerate(part.notes) if (index, i) not in inside]
    assert replace(result, parts=score.parts) == score


def test_the_users_chord_symbols_are_kept_to_the_tick() -> None:
    """With notes one tick apart, a round trip through the warp rounds to another tick."""
    starts = ((0, 0, 1), (1, 0, 1), (2, 0, 1), (3, 89, 68), (4, 3, 1), (5, 0, 1), (123, 0, 1), (1216, 0, 16))
    notes = tuple(Note(tick, pitch, length, 1) for tick, pitch, length in starts)
    signatures = (TimeSignature(0, 4, 4), TimeSignature(1920, 4, 4))
    chords = (ChordSymbol(3, Chord(0, "min")),)
    user = Score((Part("", 0, notes),), (Tempo(0, 285.0),), signatures, chords=chords, end_ticks=3840)
    understood = understand(user)
    emptied = replace(understood.score, parts=tuple(replace(part, notes=()) for part in understood.score.parts))
    assert restore(user, understood, emptied, Region(0)).chords == chords


def test_new_bars_and_parts_are_placed_correctly_after_an_upbeat() -> None:
    melody = tuple(Note(480 * i, 60 + i, 480) for i in range(7))
    signatures = (TimeSignature(0, 1, 4), TimeSignature(480, 3, 4))
    user = Score((Part("Flute", 73, melody),), time_signatures=signatures)
    understood = understand(user)
    assert [bar.start_ticks for bar in understood.score.bars] == [0, 1440, 2880]
    longer = replace(
        understood.score,
        parts=(
            replace(understood.score.parts[0], notes=(*understood.score.parts[0].notes, Note(4320, 72, 480))),
            Part("Bass", 32, (Note(1440, 40, 1440),)),
        ),
        end_ticks=5760,
    )
    result = restore(user, understood, longer)
    assert result.parts[0].notes == (*melody, Note(3360, 72, 480))
    assert result.parts[1].notes == (Note(480, 40, 1440),)
    assert result.time_signatures == signatures
    assert result.end_ticks == 4800


def test_a_new_note_does_not_overlap_a_kept_note_of_its_pitch() -> None:
    notes = (Note(0, 60, 2400), Note(1920, 64, 480), Note(3840, 64, 480))
    user = Score((Part("Organ", 19, notes),), time_signatures=(TimeSignature(0, 4, 4),))
    understood = understand(user)
    notes = (Note(1920, 60, 960), Note(2880, 64, 1920))
    written = replace(understood.score, parts=(replace(understood.score.parts[0], notes=notes),))
    result = restore(user, understood, written, Region(1, 2))
    assert result.parts[0].notes == (Note(0, 60, 2400), Note(2880, 64, 960), Note(3840, 64, 480))


def test_everything_can_be_changed() -> None:
    user = Score((Part("Flute", 73, (Note(3, 60, 477), Note(481, 62, 470))),))
    understood = understand(user)
    result = restore(user, understood, understood.score, EVERYTHING)
    assert result.parts[0].notes == (Note(0, 60, 480), Note(480, 62, 480))


def test_without_notes_there_is_nothing_to_understand() -> None:
    with pytest.raises(BadInputError, match="no notes"):
        understand(Score((Part("Flute", 73),)))


def _chorale(*bars: str) -> tuple[Part, tuple[ChordSymbol, ...]]:
    """One chord per bar, with symbols."""
    chords = [Chord.parse(name) for name in bars]
    notes = [Note(1920 * i, 48 + pitch, 1920) for i, chord in enumerate(chords) for pitch in sorted(chord.pitch_classes)]
    return Part("Organ", 19, tuple(notes)), tuple(ChordSymbol(1920 * i, chord) for i, chord in enumerate(chords))


def _names(chords: tuple[ChordSymbol, ...]) -> list[tuple[int, str]]:
    return [(symbol.start_ticks // 1920, symbol.chord.symbol()) for symbol in chords if symbol.chord]


def test_chord_symbols_follow_the_notes_of_changed_and_new_bars() -> None:
    organ, chords = _chorale("C", "F", "Dm", "G", "C")
    chords = (*chords[:1], *chords[2:])  # F is missing: C is in force in the second bar
    user = Score((organ,), time_signatures=(TimeSignature(0, 4, 4),), chords=chords)
    understood = understand(user)
    assert understood.states_chords
    other = (*understood.score.chords[:1], ChordSymbol(1920, Chord.parse("Am")), ChordSymbol(9600, Chord.parse("F")))
    written = replace(understood.score, chords=other, end_ticks=11520)
    changed = restore(user, understood, written, Region(1, 3))
    assert _names(changed.chords) == [(0, "C"), (1, "Am"), (3, "G"), (4, "C"), (5, "F")]
    unstated = replace(user, chords=())
    assert restore(unstated, understand(unstated), written, Region(1, 3)).chords == ()


def test_the_chord_in_force_is_restated_after_a_change() -> None:
    organ, chords = _chorale("C", "C", "C", "G")
    user = Score((organ,), time_signatures=(TimeSignature(0, 4, 4),), chords=(chords[0], chords[3]))
    understood = understand(user)
    other = (chords[0], ChordSymbol(1920, Chord.parse("Am")), ChordSymbol(3840, Chord.parse("C")), chords[3])
    written = replace(understood.score, chords=other)
    changed = restore(user, understood, written, Region(1, 2))
    assert _names(changed.chords) == [(0, "C"), (1, "Am"), (2, "C"), (3, "G")]


def test_new_bars_replace_events_after_the_last_note() -> None:
    organ, _ = _chorale("C", "G", "C")
    late = (TimeSignature(0, 4, 4), TimeSignature(5760, 3, 4))
    user = Score((organ,), (Tempo(0, 90.0), Tempo(5760, 40.0), Tempo(7000, 200.0)), late)
    understood = understand(user)
    assert restore(user, understood, understood.score) == user
    result = restore(user, understood, replace(understood.score, end_ticks=9600))
    assert (result.tempos, result.time_signatures, len(result.bars)) == (user.tempos[:1], late[:1], 5)
