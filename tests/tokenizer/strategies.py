"""Random scores for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from composer.controls import PHRASE_ENDS, RECALL_BARS, RELATIONS, Controls, Mood
from composer.score import (
    BASIC_QUALITIES,
    Chord,
    ChordSymbol,
    Key,
    KeySignature,
    Note,
    Part,
    Score,
    Tempo,
    TimeSignature,
)

METERS = ("4/4", "3/4", "2/4", "6/8", "9/8", "12/8", "5/4", "7/8", "2/2", "3/8", "13/4", "17/16", "5/32", "3/1")


def _chord(root: int, quality: str, bass: int | None) -> Chord:
    """A chord as `Chord.parse` gives it: a bass that is the root is not stated."""
    return Chord(root, quality, None if bass == root else bass)


@st.composite
def scores(draw: st.DrawFn, max_bars: int = 6, max_parts: int = 5, on_grid: bool = False) -> Score:
    """Any valid score: odd meters and meter changes, notes off the grid, overlaps, drums, key, chords and tempi."""
    signatures, start = [], 0
    for meter in draw(st.lists(st.sampled_from(METERS), min_size=1, max_size=max_bars)):
        signature = TimeSignature.parse(meter)
        signatures.append(TimeSignature(start, signature.numerator, signature.denominator))
        start += signature.bar_ticks
    unit = 40 if on_grid else 1
    ticks = st.integers(0, max(0, start // unit - 1)).map(lambda tick: tick * unit)
    notes = st.builds(
        Note,
        start_ticks=ticks,
        pitch=st.integers(0, 127),
        duration_ticks=st.integers(1, 4000 // unit).map(lambda tick: tick * unit),
        velocity=st.integers(1, 127),
    )
    parts = st.builds(
        Part,
        name=st.just(""),
        program=st.integers(0, 127),
        notes=st.lists(notes, max_size=25).map(lambda items: tuple(sorted(items))),
        is_drum=st.sampled_from((False, False, False, True)),
    )
    keys = st.none() | st.builds(Key, fifths=st.integers(-7, 7), mode=st.sampled_from(("major", "minor")))
    chord = st.none() | st.builds(
        _chord, st.integers(0, 11), st.sampled_from(list(BASIC_QUALITIES)), st.none() | st.integers(0, 11)
    )
    key = draw(keys)
    return Score(
        parts=tuple(draw(st.lists(parts, min_size=1, max_size=max_parts))),
        tempos=tuple(sorted(draw(st.lists(st.builds(Tempo, ticks, st.floats(20, 300)), max_size=2)))),
        time_signatures=tuple(signatures),
        keys=(KeySignature(0, key),) if key else (),
        chords=tuple(sorted(draw(st.lists(st.builds(ChordSymbol, ticks, chord), max_size=6)), key=lambda c: c.start_ticks)),
        end_ticks=start,
    )


@st.composite
def controls(draw: st.DrawFn, styles: tuple[str, ...], composers: tuple[str, ...]) -> Controls:
    """Any controls over the given names."""
    quarter = st.integers(-4, 4).map(lambda step: step / 4)
    return Controls(
        styles=tuple(draw(st.lists(st.sampled_from(styles), max_size=2, unique=True))),
        composer=draw(st.none() | st.sampled_from(composers)),
        density=draw(st.none() | st.floats(0, 12)),
        polyphony=draw(st.none() | st.floats(1, 20)),
        moods=tuple(draw(st.lists(st.none() | st.builds(Mood, quarter, quarter), max_size=4))),
        recalls=tuple(draw(st.lists(st.sampled_from(RECALL_BARS), max_size=12))),
        relations=tuple(draw(st.lists(st.sampled_from(RELATIONS), max_size=12))),
        phrase_ends=tuple(draw(st.lists(st.none() | st.sampled_from(PHRASE_ENDS), max_size=12))),
    )
