"""From a stream of base tokens back to a score and its controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from composer.controls import PHRASE_BARS, Controls, Mood
from composer.errors import GrammarError
from composer.score import Chord, ChordSymbol, Key, KeySignature, Note, Part, Score, Tempo, TimeSignature
from composer.tokenizer.normal_form import quantize
from composer.tokenizer.vocabulary import DRUM_DURATION_STEPS, DYNAMIC_VELOCITIES, SPEC, TICKS_PER_STEP, Vocabulary


@dataclass
class _Bar:
    meter: TimeSignature
    qpm: float | None
    valence: float | None = None
    arousal: float | None = None
    controls: dict[str, Any] = field(default_factory=dict)  # values of the per-bar controls, by type
    chords: list[Chord | None] = field(default_factory=list)
    notes: list[tuple[int, int, int, int, int]] = field(default_factory=list)  # part, position, pitch, steps, velocity


@dataclass
class _Parser:
    """Reads base tokens one by one; state that carries over from bar to bar is kept here.

    Controls are read by their `TokenSpec`; every other type has a method.
    """

    vocabulary: Vocabulary
    header: dict[str, list[Any]] = field(default_factory=dict)  # values of the controls of the header, by type
    meter: TimeSignature = field(default_factory=lambda: TimeSignature(0, 4, 4))
    qpm: float | None = None
    mode: str | None = None
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
        kind, value = self.vocabulary.kind(token), self.vocabulary.value(token)
        if SPEC[kind].control and "header" in SPEC[kind].scopes:
            self.header.setdefault(kind, []).append(value)
        elif SPEC[kind].control:
            self._current().controls[kind] = value
        elif (method := getattr(self, f"read_{kind.lower()}", None)) is not None:
            method(token, value)

    def _current(self) -> _Bar:
        if self.bar is None:
            raise GrammarError("a bar's token comes before any bar")
        return self.bar

    def read_meter(self, token: int, value: str) -> None:
        self.meter = self.vocabulary.meter_of(token)
        if self.bar is not None:
            self.bar.meter = self.meter

    def read_tempo(self, token: int, value: str) -> None:
        self.qpm = float(value)
        if self.bar is not None:
            self.bar.qpm = self.qpm

    def read_mode(self, token: int, value: str) -> None:
        self.mode = value

    def read_part(self, token: int, value: str) -> None:
        self.part = self.vocabulary.part_of(token)

    def read_program(self, token: int, value: str) -> None:
        self.programs[self.part] = value

    def read_hole(self, token: int, value: str) -> None:
        self.section = "HOLE"

    def read_fill(self, token: int, value: str) -> None:
        self.section = "FILL"

    def read_bar(self, token: int, value: str) -> None:
        self.sections[self.section].append(_Bar(self.meter, self.qpm))

    def read_valence(self, token: int, value: str) -> None:
        self._current().valence = self.vocabulary.affect_of(token)

    def read_arousal(self, token: int, value: str) -> None:
        self._current().arousal = self.vocabulary.affect_of(token)

    def read_chord(self, token: int, value: str) -> None:
        self._current().chords.append(self.vocabulary.chord_of(token))

    def read_chordbass(self, token: int, value: str) -> None:
        chords, bass = self._current().chords, int(value)
        if chords and (chord := chords[-1]) is not None:
            chords[-1] = replace(chord, bass=None if bass == chord.root else bass)

    def read_dynamic(self, token: int, value: str) -> None:
        self.velocities[self.part] = self.vocabulary.velocity_of(token)

    def read_position(self, token: int, value: str) -> None:
        self.position = int(value)

    def read_duration(self, token: int, value: str) -> None:
        self.steps = int(value)

    def read_pitch(self, token: int, value: str) -> None:
        self._add_note(int(value), self.steps)

    def read_drum(self, token: int, value: str) -> None:
        self._add_note(int(value), DRUM_DURATION_STEPS)

    def _add_note(self, pitch: int, steps: int) -> None:
        velocity = self.velocities.get(self.part, DYNAMIC_VELOCITIES[0])
        self._current().notes.append((self.part, self.position, pitch, steps, velocity))


def decode_tokens(tokens: Sequence[int], vocabulary: Vocabulary) -> tuple[Score, Controls]:
    """Score in normal form (C major or A minor) and controls of a stream of base tokens.

    An unfinished stream gives what there is. Numbers that a token states by bin become the bin's lower end.

    Raises:
        GrammarError: a note or a bar's control comes before the first bar, or there is no bar.
    """
    parser = _Parser(vocabulary)
    for token in tokens:
        parser.read(token)
    bars = parser.sections[""] + parser.sections["FILL"] + parser.sections["HOLE"]
    if not bars:
        raise GrammarError("the stream holds no bar")
    controls = Controls(moods=tuple(_moods(bars)), **_controls(parser, bars))
    return quantize(_score(parser, bars)), controls


def _controls(parser: _Parser, bars: list[_Bar]) -> dict[str, Any]:
    """The fields of `Controls` that a row of `TOKEN_SPECS` carries; those that no token states are left out."""
    fields: dict[str, Any] = {
        SPEC[kind].control: values[-1] if SPEC[kind].most == 1 else tuple(values) for kind, values in parser.header.items()
    }
    for kind in sorted({kind for bar in bars for kind in bar.controls}):
        fields[SPEC[kind].control] = tuple(bar.controls.get(kind, SPEC[kind].absent) for bar in bars)
    return fields


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
