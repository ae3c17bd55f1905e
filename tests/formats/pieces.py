"""Pieces written by hand, and a hypothesis strategy of random valid scores."""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st

from composer.formats.engraving.layout import Layout
from composer.formats.engraving.meter import UNIT_TICKS
from composer.formats.engraving.notation import lay_out
from composer.records import single_line
from composer.score import (
    CHORD_QUALITIES,
    LOOP_END,
    LOOP_START,
    TICKS_PER_QUARTER,
    Chord,
    ChordSymbol,
    Key,
    KeySignature,
    Marker,
    Note,
    Part,
    Score,
    Tempo,
    TimeSignature,
)

Q = TICKS_PER_QUARTER


def line(start_quarters: float, *notes: tuple[int | None, float], velocity: int = 72) -> tuple[Note, ...]:
    """Consecutive notes as (pitch or `None` for a rest, quarters)."""
    found, now = [], start_quarters
    for pitch, quarters in notes:
        if pitch is not None:
            found.append(Note(round(now * Q), pitch, round((now + quarters) * Q) - round(now * Q), velocity))
        now += quarters
    return tuple(found)


def printed_onsets(score: Score) -> Counter[tuple[int, int]]:
    """(tick, pitch) of every note, from the start of the first printed bar on, which may be an upbeat."""
    silence = lay_out(score, Layout()).upbeat * UNIT_TICKS
    return Counter((note.start_ticks - silence, note.pitch) for _, note in score.notes())


def together(*lines: tuple[Note, ...]) -> tuple[Note, ...]:
    return tuple(sorted(note for notes in lines for note in notes))


def chords(*symbols: tuple[float, str]) -> tuple[ChordSymbol, ...]:
    return tuple(ChordSymbol(round(at * Q), Chord.parse(text)) for at, text in symbols)


def waltz() -> Score:
    """Eight bars for string quartet in D minor, 3/4, with a crescendo and two sections."""
    melody = line(0, (74, 2), (77, 1), (76, 1.5), (74, 0.5), (73, 1), (74, 3), (None, 1), (69, 1), (70, 1), (67, 2), (76, 1))
    melody += line(18, (74, 2), (73, 1), (74, 3), velocity=96)
    second = line(0, (None, 1), *[(p, 1) for p in (65, 65, 69, 69, 69, 65, 65, 65, 62, 65, 64, 64, 64, 64, 65)])
    second += line(16, (64, 1), (65, 1), (65, 1), (64, 1), (64, 1), (62, 3))
    viola = line(0, *[(62, 1), (57, 1), (57, 1)] * 7, (57, 3))
    cello = line(0, (50, 3), (45, 3), (50, 3), (50, 3), (55, 3), (45, 3), (45, 3), (38, 3))
    names = (("Violin I", 40), ("Violin II", 40), ("Viola", 41), ("Cello", 42))
    lines = (melody, second, viola, cello)
    return Score(
        parts=tuple(Part(name, program, notes) for (name, program), notes in zip(names, lines, strict=True)),
        tempos=(Tempo(0, 84.0), Tempo(21 * Q, 72.0)),
        time_signatures=(TimeSignature(0, 3, 4),),
        keys=(KeySignature(0, Key(-1, "minor")),),
        chords=chords((0, "Dm"), (3, "A"), (6, "Dm"), (9, "Dm"), (12, "Gm"), (15, "A7"), (18, "A7"), (21, "Dm")),
        markers=(Marker(0, "A"), Marker(12 * Q, "B")),
        title="Kleiner Wälzer",
        end_ticks=24 * Q,
    )


def triplets() -> Score:
    """Four bars for piano with triplets against eighths, chords in the left hand, two voices at the end."""
    triplet = [(p, 1 / 3) for p in (67, 71, 74, 79, 74, 71, 67, 71, 74, 78, 74, 71)]
    right = line(0, *triplet, *triplet, (79, 1.5), (78, 0.25), (76, 0.25), (74, 2)) + line(12, (74, 4))
    right = together(right, line(12, (71, 2), (69, 1), (67, 1)))
    left = together(line(0, (43, 2), (47, 2), (48, 2), (50, 2), (43, 4), (43, 4)), line(0, *[(55, 0.5)] * 16, (50, 4), (47, 4)))
    return Score(
        parts=(Part("Piano (right hand)", 0, right), Part("Piano (left hand)", 0, left)),
        tempos=(Tempo(0, 120.0),),
        time_signatures=(TimeSignature(0, 4, 4),),
        keys=(KeySignature(0, Key(1, "major")),),
        title="Triplets",
        end_ticks=16 * Q,
    )


def groove() -> Score:
    """Two bars of rock drums and bass."""
    hats = line(0, *[(42, 0.5)] * 16, velocity=60)
    kick = line(0, *[(36, 1), (None, 1), (36, 0.5), (36, 0.5), (None, 1)] * 2, velocity=110)
    snare = line(0, *[(None, 1), (38, 1)] * 4, velocity=100)
    bass = line(0, *[(40, 0.5)] * 8, *[(45, 0.5)] * 8)
    return Score(
        parts=(Part("Drums", 0, together(hats, kick, snare), is_drum=True), Part("Bass", 33, bass)),
        tempos=(Tempo(0, 132.5),),
        time_signatures=(TimeSignature(0, 4, 4),),
        keys=(KeySignature(0, Key(1, "minor")),),
        end_ticks=8 * Q,
    )


def orchestra() -> Score:
    """Twenty parts with fifteen programs, one of them silent."""
    programs = (73, 73, 68, 68, 71, 71, 70, 60, 60, 56, 57, 58, 47, 46, 40, 40, 41, 42, 43, 52)
    parts = tuple(
        Part(f"Part {i + 1}", program, () if i == 3 else line(i % 4, (84 - 2 * i, 4), (83 - 2 * i, 4)))
        for i, program in enumerate(programs)
    )
    return Score(
        parts=parts,
        tempos=(Tempo(0, 100.0),),
        time_signatures=(TimeSignature(0, 4, 4),),
        keys=(KeySignature(0, Key(-6, "major")), KeySignature(4 * Q, Key(6, "major"))),
        title="Tutti",
        end_ticks=12 * Q,
    )


def pickup() -> Score:
    """An upbeat padded to a full bar, as in the corpus."""
    tune = line(3, (67, 0.5), (69, 0.5), (71, 1), (71, 1), (72, 1), (74, 1), (74, 3))
    return Score(
        parts=(Part("Flute", 73, tune),),
        tempos=(Tempo(0, 96.0),),
        time_signatures=(TimeSignature(0, 4, 4),),
        keys=(KeySignature(0, Key(1, "major")),),
        end_ticks=12 * Q,
    )


def seven_eight() -> Score:
    """7/8, then one bar of 5/4, for clarinet and accordion; N.C. at the end."""
    tune = line(0, *[(62, 0.5), (65, 0.5), (69, 0.5), (68, 0.5), (69, 0.5), (65, 0.5), (62, 0.5)] * 2) + line(7, (74, 5))
    bass = line(0, (38, 1), (45, 1), (45, 1.5), (38, 1), (45, 1), (45, 1.5), (38, 5))
    return Score(
        parts=(Part("Clarinet", 71, tune), Part("Accordion", 21, bass)),
        tempos=(Tempo(0, 160.0),),
        time_signatures=(TimeSignature(0, 7, 8), TimeSignature(7 * Q, 5, 4)),
        keys=(KeySignature(0, Key(-1, "minor")),),
        chords=(*chords((0, "Dm"), (3.5, "Bbmaj7")), ChordSymbol(7 * Q, None)),
        end_ticks=12 * Q,
    )


def loop() -> Score:
    """A bar that leads into a loop of three bars for a game."""
    tune = line(0, (76, 1), (74, 1), (72, 1), (74, 1), *[(p, 0.5) for p in (76, 79, 77, 76, 74, 72, 71, 74)] * 3)
    bass = line(0, (None, 4), (48, 4), (43, 4), (47, 4))
    return Score(
        parts=(Part("Square lead", 80, tune), Part("Synth bass", 38, bass)),
        tempos=(Tempo(0, 140.0),),
        time_signatures=(TimeSignature(0, 4, 4),),
        keys=(KeySignature(0, Key(0, "major")),),
        markers=(Marker(0, "A"), Marker(4 * Q, LOOP_START), Marker(4 * Q, "B"), Marker(16 * Q, LOOP_END)),
        end_ticks=16 * Q,
    )


def film_cue() -> Score:
    """Four bars at 120 with a big hit at 4 s, where a section begins, and a soft one at 6 s into a held note."""
    violin, viola = line(0, (69, 4), (68, 4), (64, 8)), line(0, (60, 4), (59, 4), (60, 4), (59, 4))
    horn = line(0, (None, 8), (57, 2), (59, 2), (60, 4))
    return Score(
        parts=(Part("Violin", 40, violin), Part("Viola", 41, viola), Part("French horn", 60, horn)),
        tempos=(Tempo(0, 120.0),),
        time_signatures=(TimeSignature(0, 4, 4),),
        keys=(KeySignature(0, Key(0, "minor")),),
        markers=(Marker(0, "A"), Marker(8 * Q, "B"), Marker(8 * Q, "hit 0:04 big"), Marker(12 * Q, "hit 0:06 soft")),
        end_ticks=16 * Q,
    )


BY_HAND = {piece.__name__: piece for piece in (waltz, triplets, groove, orchestra, pickup, seven_eight, loop, film_cue)}


@st.composite
def scores(draw: st.DrawFn, max_parts: int = 20, grid: int = 20) -> Score:
    """Random valid scores: starts and lengths are multiples of `grid` ticks, meters change at barlines."""
    meters, barlines = _meters(draw)
    end = barlines[-1]
    parts = tuple(draw(_parts(end // grid, grid)) for _ in range(draw(st.integers(1, max_parts))))
    starts = st.lists(st.sampled_from(barlines[:-1]), unique=True, max_size=3).map(sorted)
    key = st.builds(Key, st.integers(-7, 7), st.sampled_from(["major", "minor"]))
    bass = st.none() | st.integers(0, 11)
    chord = st.none() | st.builds(_chord, st.integers(0, 11), st.sampled_from(list(CHORD_QUALITIES)), bass)
    text = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20)
    return Score(
        parts=parts,
        tempos=tuple(Tempo(start, draw(st.integers(30, 300)) * 1.0) for start in sorted({0, *draw(starts)})),
        time_signatures=meters,
        keys=tuple(KeySignature(start, draw(key)) for start in draw(starts)),
        chords=tuple(ChordSymbol(start, draw(chord)) for start in draw(starts)),
        markers=tuple(Marker(start, draw(text)) for start in draw(starts)),
        title=draw(st.just("") | text.map(single_line)),
        end_ticks=end,
    )


def _chord(root: int, quality: str, bass: int | None) -> Chord:
    """A chord that specifies its bass only if it is not the root."""
    return Chord(root, quality, None if bass == root else bass)


def _meters(draw: st.DrawFn) -> tuple[tuple[TimeSignature, ...], list[int]]:
    """One to three meters and all barlines, the last one at the end."""
    meters, barlines = [], [0]
    for _ in range(draw(st.integers(1, 3))):
        meter = TimeSignature(barlines[-1], draw(st.integers(1, 12)), draw(st.sampled_from([2, 4, 8])))
        meters.append(meter)
        barlines += [meter.start_ticks + meter.bar_ticks * (i + 1) for i in range(draw(st.integers(1, 4)))]
    return tuple(meters), barlines


@st.composite
def _parts(draw: st.DrawFn, steps: int, grid: int) -> Part:
    """A part without overlaps of equal pitch."""
    name = draw(st.text("abc äöü♯♭", max_size=8).map(single_line))
    drum = draw(st.booleans()) and draw(st.booleans())
    busy: dict[int, int] = {}
    notes = []
    for start in sorted(draw(st.lists(st.integers(0, steps - 1), max_size=12))):
        pitch, length = draw(st.integers(0, 127)), draw(st.integers(1, max(1, steps - start)))
        if busy.get(pitch, 0) <= start:
            notes.append(Note(start * grid, pitch, length * grid, draw(st.integers(1, 127))))
            busy[pitch] = start + length
    return Part(name, 0 if drum else draw(st.integers(0, 127)), tuple(sorted(notes)), drum)
