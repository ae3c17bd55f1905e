"""From a stream of base tokens back to a score and its controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from composer.controls import PHRASE_BARS, RECALL_BARS, Controls, Mood
from composer.errors import GrammarError
from composer.score import Chord, ChordSymbol, Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.tokenizer.normal_form import quantise
from composer.tokenizer.vocabulary import (
    DENSITY_BINS,
    DRUM_DURATION_STEPS,
    DYNAMIC_VELOCITIES,
    MOOD_STEPS,
    POLYPHONY_BINS,
    TEMPOS_QPM,
    TICKS_PER_STEP,
    Vocabulary,
)


@dataclass
class _Bar:
    meter: TimeSignature
    qpm: float | None
    valence: float | None = None
    arousal: float | None = None
    recall: int | None = None
    relation: str | None = None
    phrase_end: str | None = None
    chords: list[Chord | None] = field(default_factory=list)
    notes: list[tuple[int, int, int, int, int]] = field(default_factory=list)  # part, position, pitch, steps, velocity


@dataclass
class _Parser:
    """Reads base tokens one by one. One method a token type; state that carries over from bar to bar is kept here."""

    vocabulary: Vocabulary
    styles: list[str] = field(default_factory=list)
    composer: str | None = None
    meter: TimeSignature = field(default_factory=lambda: TimeSignature(0, 4, 4))
    qpm: float | None = None
    mode: str | None = None
    transposition: int | None = None
    density: float | None = None
    polyphony: float | None = None
    programs: dict[int, str] = field(default_factory=dict)
    sections: dict[str, list[_Bar]] = field(default_factory=lambda: {"": [], "HOLE": [], "FILL": []})
    section: str = ""
    part: int = 0
    velocities: dict[int, int] = field(default_factory=dict)
    position: int = 0
    steps: int = 0

    @property
    def bar(self) -> _Bar | None:
        return self.sections[self.section][-1] if self.sections[self.section] else None

    def read(self, token: int) -> None:
        kind, index = self.vocabulary.types[token], self.vocabulary.index(token)
        value = self.vocabulary.groups[kind][index]
        method = getattr(self, f"read_{kind.lower()}", None)
        if method is not None:
            method(index, value)

    def _current(self) -> _Bar:
        if self.bar is None:
            raise GrammarError("a bar's token comes before any bar")
        return self.bar

    def read_style(self, index: int, value: str) -> None:
        self.styles.append(value)

    def read_composer(self, index: int, value: str) -> None:
        self.composer = value

    def read_meter(self, index: int, value: str) -> None:
        self.meter = TimeSignature.parse(value)
        if self.bar is not None:
            self.bar.meter = self.meter

    def read_tempo(self, index: int, value: str) -> None:
        self.qpm = float(TEMPOS_QPM[index])
        if self.bar is not None:
            self.bar.qpm = self.qpm

    def read_mode(self, index: int, value: str) -> None:
        self.mode = value

    def read_transpose(self, index: int, value: str) -> None:
        self.transposition = int(value)

    def read_density(self, index: int, value: str) -> None:
        self.density = DENSITY_BINS[index]

    def read_polyphony(self, index: int, value: str) -> None:
        self.polyphony = POLYPHONY_BINS[index]

    def read_part(self, index: int, value: str) -> None:
        self.part = index

    def read_program(self, index: int, value: str) -> None:
        self.programs[self.part] = value

    def read_hole(self, index: int, value: str) -> None:
        self.section = "HOLE"

    def read_fill(self, index: int, value: str) -> None:
        self.section = "FILL"

    def read_bar(self, index: int, value: str) -> None:
        self.sections[self.section].append(_Bar(self.meter, self.qpm))

    def read_valence(self, index: int, value: str) -> None:
        self._current().valence = int(value) / MOOD_STEPS

    def read_arousal(self, index: int, value: str) -> None:
        self._current().arousal = int(value) / MOOD_STEPS

    def read_recall(self, index: int, value: str) -> None:
        self._current().recall = RECALL_BARS[index]

    def read_relation(self, index: int, value: str) -> None:
        self._current().relation = value

    def read_phraseend(self, index: int, value: str) -> None:
        self._current().phrase_end = value

    def read_chord(self, index: int, value: str) -> None:
        self._current().chords.append(self.vocabulary.chord_of(self.vocabulary.offsets["Chord"] + index))

    def read_chordbass(self, index: int, value: str) -> None:
        chords = self._current().chords
        if chords and (chord := chords[-1]) is not None:
            chords[-1] = replace(chord, bass=None if index == chord.root else index)

    def read_dynamic(self, index: int, value: str) -> None:
        self.velocities[self.part] = DYNAMIC_VELOCITIES[index]

    def read_position(self, index: int, value: str) -> None:
        self.position = int(value)

    def read_duration(self, index: int, value: str) -> None:
        self.steps = int(value)

    def read_pitch(self, index: int, value: str) -> None:
        self._add_note(int(value), self.steps)

    def read_drum(self, index: int, value: str) -> None:
        self._add_note(int(value), DRUM_DURATION_STEPS)

    def _add_note(self, pitch: int, steps: int) -> None:
        velocity = self.velocities.get(self.part, DYNAMIC_VELOCITIES[0])
        self._current().notes.append((self.part, self.position, pitch, steps, velocity))


def decode_tokens(tokens: Sequence[int], vocabulary: Vocabulary) -> tuple[Score, Controls]:
    """Score in normal form (C major or A minor) and controls of a stream of base tokens.

    An unfinished stream gives what there is. Numbers that the stream knows by bin come back as the bin's lower end.

    Raises:
        GrammarError: a note or a bar's control stands before the first bar, or there is no bar.
    """
    parser = _Parser(vocabulary)
    for token in tokens:
        parser.read(token)
    bars = parser.sections[""] + parser.sections["FILL"] + parser.sections["HOLE"]
    if not bars:
        raise GrammarError("the stream holds no bar")
    controls = Controls(
        styles=tuple(parser.styles),
        composer=parser.composer,
        transposition=parser.transposition,
        density=parser.density,
        polyphony=parser.polyphony,
        moods=tuple(_moods(bars)),
        recalls=tuple(bar.recall or 0 for bar in bars) if any(bar.recall is not None for bar in bars) else (),
        relations=tuple(bar.relation or "new" for bar in bars) if any(bar.relation is not None for bar in bars) else (),
        phrase_ends=tuple(bar.phrase_end for bar in bars) if any(bar.phrase_end is not None for bar in bars) else (),
    )
    return quantise(_score(parser, bars)), controls


def _moods(bars: list[_Bar]) -> list[Mood | None]:
    moods = [
        Mood(bar.valence, bar.arousal) if bar.valence is not None and bar.arousal is not None else None
        for bar in bars[::PHRASE_BARS]
    ]
    return moods if any(moods) else []


def _score(parser: _Parser, bars: list[_Bar]) -> Score:
    starts = [0]
    for bar in bars:
        starts.append(starts[-1] + bar.meter.bar_ticks)
    notes: dict[int, list[Note]] = {part: [] for part in parser.programs}
    chords: list[ChordSymbol] = []
    for start, bar in zip(starts, bars, strict=False):
        for tick, chord in zip((start, start + bar.meter.middle_ticks), bar.chords, strict=False):
            chords.append(ChordSymbol(tick, chord))
        for part, position, pitch, steps, velocity in bar.notes:
            begin = start + position * TICKS_PER_STEP
            notes[part].append(Note(begin, pitch, min(steps * TICKS_PER_STEP, starts[-1] - begin), velocity))
    fifths_key = parser.mode and Key(0, "minor" if parser.mode == "minor" else "major")
    return Score(
        parts=tuple(
            Part("", 0 if program == "drums" else int(program), tuple(sorted(notes[index])), program == "drums")
            for index, program in sorted(parser.programs.items())
        ),
        tempos=tuple(Tempo(start, bar.qpm) for start, bar in zip(starts, bars, strict=False) if bar.qpm is not None),
        time_signatures=tuple(
            TimeSignature(start, bar.meter.numerator, bar.meter.denominator) for start, bar in zip(starts, bars, strict=False)
        ),
        keys=(KeySignature(0, fifths_key),) if fifths_key else (),
        chords=tuple(chords),
        end_ticks=starts[-1],
    )
