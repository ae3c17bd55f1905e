"""The base vocabulary: every token that exists before byte-pair encoding.

Tokens are named `Type_value`, MidiTok's convention, in the order of `Vocabulary.groups`; the ids of a type are consecutive.
Nothing here knows scores, streams or merges.

Two choices keep it small. Onsets are on the thirty-seconds and sextuplets of the quarter note (12 of its 24
positions), and durations on 53 values that cover 99.9 % of the corpus once notes are snapped to them.

A new control token takes one row of `TOKEN_SPECS` and one field of `composer.controls.Controls`: the grammar, the order of
the header, the dropout of training, the writer (`piece`, `stream`) and the reader (`decode`) derive from the row.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from composer import controls
from composer.controls import MAX_PARTS, PHRASE_ENDS, RECALL_BARS, RELATIONS
from composer.errors import BadInputError
from composer.score import BASIC_QUALITIES, DEFAULT_VELOCITY, TICKS_PER_QUARTER, Chord, TimeSignature

STEPS_PER_QUARTER = 24
TICKS_PER_STEP = TICKS_PER_QUARTER // STEPS_PER_QUARTER
MAX_BAR_STEPS = 8 * STEPS_PER_QUARTER
USER_STYLES = 8  # spare style tokens for user styles

SPECIALS = ("PAD", "BOS", "EOS", "HOLE", "FILL")

# Maelzel's metronome numbers, extended at both ends by the same steps.
TEMPOS_QPM = (
    20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 63, 66, 69, 72, 76, 80, 84, 88, 92, 96,
    100, 104, 108, 112, 116, 120, 126, 132, 138, 144, 152, 160, 168, 176, 184, 192, 200, 208, 216, 224, 232, 240, 252, 264,
    276, 288, 300,
)  # fmt: skip

# Meters with their own token: those a user can ask for, those of the corpus, and n/16, n/32 for fragments of bars.
METERS = (
    *(f"{n}/2" for n in (1, 2, 3, 4)),
    *(f"{n}/4" for n in range(1, 9)),
    *(f"{n}/8" for n in (*range(1, 10), 10, 11, 12, 13, 15)),
    *(f"{n}/16" for n in (1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)),
    *(f"{n}/32" for n in range(1, 64, 2)),
)
_METERS = tuple(map(TimeSignature.parse, METERS))

# Lower ends of the bins; a value belongs to the last bin whose lower end it reaches.
BARS_BINS = (1, 5, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257)
DENSITY_BINS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)  # notes per quarter and sounding part
POLYPHONY_BINS = (1.0, 1.25, 1.75, 2.5, 3.5, 4.5, 6.0, 8.0, 11.0)  # notes sounding together
EXACT_BARS_LEFT = 64
LEFT_BINS = (64, 96, 128, 192, 256)
MOOD_STEPS = 4  # affect is written in quarters: -1, -0.75 .. 1

# Written dynamics and their velocities; "none" is music without a mark.
DYNAMICS = ("none", *controls.DYNAMICS)
DYNAMIC_VELOCITIES = (DEFAULT_VELOCITY, *controls.DYNAMICS.values())

POSITIONS = tuple(step for step in range(MAX_BAR_STEPS) if step % 3 == 0 or step % 4 == 0)
DURATIONS = (
    1, 2, 3, 4, 5, 6, 8, 9, 12, 15, 16, 18, 20, 21, 24, 28, 30, 32, 36, 40, 42, 44, 48, 54, 56, 60, 64, 66, 72, 78, 80, 84, 90,
    96, 108, 120, 132, 144, 156, 168, 180, 192, 216, 240, 264, 288, 336, 384, 432, 480, 576, 672, 768,
)  # fmt: skip
DRUM_PITCHES = tuple(range(27, 88))  # General MIDI level 2 percussion
DRUM_DURATION_STEPS = 6
TRANSPOSITIONS = tuple(range(-5, 7))  # semitones by which music sounds above its normal form


def nearest(sorted_values: Sequence[float], value: float) -> int:
    """Index of the value nearest to `value` (the lower one of two as near)."""
    index = bisect_right(sorted_values, value)
    if index == 0:
        return 0
    if index == len(sorted_values):
        return index - 1
    return index if sorted_values[index] - value < value - sorted_values[index - 1] else index - 1


def bin_of(lower_ends: Sequence[float], value: float) -> int:
    """Index of the last bin whose lower end `value` reaches (0 below all)."""
    return max(0, bisect_right(lower_ends, value) - 1)


def _numbers(values: Iterable[float]) -> tuple[str, ...]:
    return tuple(map(str, values))


Scope = Literal["special", "header", "bar", "part", "note"]


@dataclass(frozen=True, slots=True)
class TokenSpec:
    """One type of token: what the grammar, the writer, the reader and the dropout of training know of it.

    The order of `TOKEN_SPECS` is the order of the tokens in the stream, within each scope.

    Attributes:
        kind: name of the type.
        values: names of its values; those of "Style" and "Composer" come from the model.
        scopes: where it may occur.
        dropout: the group of controls with which training drops it; empty if it is never dropped.
        most: largest number of consecutive tokens, 0 for any number.
        required: scopes in which it must occur.
        follows: the type that it must directly follow; empty for none.
        control: the field of `Controls` that it carries: one value or a tuple in the header, a tuple with one entry per bar
            in bars. Empty for tokens that carry anything else.
        read: makes a value of its name.
        absent: the value of a bar that has no such token, where other bars have one.
        binned: whether a number takes the last value that does not exceed it; otherwise a value must match.
    """

    kind: str
    values: tuple[str, ...]
    scopes: tuple[Scope, ...]
    dropout: str = ""
    most: int = 1
    required: tuple[Scope, ...] = ()
    follows: str = ""
    control: str = ""
    read: Callable[[str], Any] = str
    absent: Any = None
    binned: bool = False


_AFFECT = _numbers(range(-MOOD_STEPS, MOOD_STEPS + 1))
_CHORDS = ("none", *(f"{root}:{quality}" for root in range(12) for quality in BASIC_QUALITIES))

TOKEN_SPECS: tuple[TokenSpec, ...] = (
    *(TokenSpec(name, ("None",), ("special",)) for name in SPECIALS),
    TokenSpec("Style", (), ("header",), "style", most=0, control="styles"),
    TokenSpec("Composer", (), ("header",), "composer", control="composer"),
    TokenSpec("Meter", METERS, ("header", "bar"), required=("header",)),
    TokenSpec("Tempo", _numbers(TEMPOS_QPM), ("header", "bar"), "tempo"),
    TokenSpec("Mode", ("major", "minor"), ("header",), "mode"),
    TokenSpec("Transpose", _numbers(TRANSPOSITIONS), ("header",), "transposition", control="transposition", read=int),
    TokenSpec("Bars", _numbers(BARS_BINS), ("header",), "bars", read=int, binned=True),
    TokenSpec("Density", _numbers(DENSITY_BINS), ("header",), "density", control="density", read=float, binned=True),
    TokenSpec("Polyphony", _numbers(POLYPHONY_BINS), ("header",), "polyphony", control="polyphony", read=float, binned=True),
    TokenSpec("Bar", (*_numbers(range(EXACT_BARS_LEFT)), *_numbers(LEFT_BINS), "open"), ("special",), "left"),
    TokenSpec("Valence", _AFFECT, ("bar",), "mood"),
    TokenSpec("Arousal", _AFFECT, ("bar",), "mood", required=("bar",), follows="Valence"),
    TokenSpec("PhraseEnd", PHRASE_ENDS, ("bar",), "phrase", control="phrase_ends"),
    TokenSpec("Recall", _numbers(RECALL_BARS), ("bar",), "recall", control="recalls", read=int, absent=0),
    TokenSpec("Relation", RELATIONS, ("bar",), "relation", control="relations", absent=RELATIONS[0]),
    TokenSpec("Chord", _CHORDS, ("bar",), "chord", most=2),
    TokenSpec("ChordBass", _numbers(range(12)), ("bar",), "chord_bass", follows="Chord"),
    TokenSpec("Part", _numbers(range(MAX_PARTS)), ("special",)),
    TokenSpec("Program", (*_numbers(range(128)), "drums"), ("special",)),
    TokenSpec("Dynamic", DYNAMICS, ("part",), "dynamic"),
    TokenSpec("Position", _numbers(POSITIONS), ("note",)),
    TokenSpec("Duration", _numbers(DURATIONS), ("note",)),
    TokenSpec("Pitch", _numbers(range(128)), ("note",)),
    TokenSpec("Drum", _numbers(DRUM_PITCHES), ("note",)),
)


def specs_in(scope: Scope) -> tuple[TokenSpec, ...]:
    """The specs of one scope, in the order of the stream.

    >>> [spec.kind for spec in specs_in("note")]
    ['Position', 'Duration', 'Pitch', 'Drum']
    """
    return tuple(spec for spec in TOKEN_SPECS if scope in spec.scopes)


SPEC = {spec.kind: spec for spec in TOKEN_SPECS}
HEADER_ORDER = tuple(spec.kind for spec in specs_in("header"))
BAR_ORDER = tuple(spec.kind for spec in specs_in("bar"))
NOTE_TYPES = frozenset(spec.kind for spec in specs_in("note"))
DROPOUT_GROUP = {spec.kind: spec.dropout for spec in TOKEN_SPECS if spec.dropout}
# Groups of controls that can be left out, each independently of the others.
DROPPABLE = tuple(dict.fromkeys(DROPOUT_GROUP.values()))


@dataclass(frozen=True)
class Vocabulary:
    """Base tokens for given lists of style and composer names.

    >>> vocabulary = Vocabulary(("waltz",), ("chopin",))
    >>> vocabulary.name(vocabulary.pitch(60)), vocabulary.kind(vocabulary.pitch(60))
    ('Pitch_60', 'Pitch')
    """

    styles: tuple[str, ...]
    composers: tuple[str, ...]

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Values of each token type, in order of id."""
        names = {"Style": self.styles + tuple(f"user{n + 1}" for n in range(USER_STYLES)), "Composer": self.composers}
        return {spec.kind: names.get(spec.kind, spec.values) for spec in TOKEN_SPECS}

    @cached_property
    def _ranges(self) -> dict[str, range]:
        ranges, total = {}, 0
        for kind, values in self.groups.items():
            ranges[kind] = range(total, total + len(values))
            total += len(values)
        return ranges

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """All token names, by id."""
        return tuple(f"{kind}_{value}" for kind, values in self.groups.items() for value in values)

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The type of each token, by id."""
        return tuple(kind for kind, values in self.groups.items() for _ in values)

    @cached_property
    def note_steps(self) -> np.ndarray:
        """Value of each Position, Pitch, Duration and Drum token (steps or MIDI pitch), by id; -1 for others. (V,) int16"""
        values = np.full(len(self), -1, dtype=np.int16)
        for kind in NOTE_TYPES:
            values[self._ranges[kind]] = [int(value) for value in self.groups[kind]]
        return values

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: index for index, token in enumerate(self.tokens)}

    @cached_property
    def _position_ids(self) -> dict[int, int]:
        return dict(zip(POSITIONS, self._ranges["Position"], strict=True))

    @cached_property
    def _duration_ids(self) -> dict[int, int]:
        return dict(zip(DURATIONS, self._ranges["Duration"], strict=True))

    def __len__(self) -> int:
        return len(self.tokens)

    # From ids to what they say. Ids beyond the base vocabulary are merged notes.

    def name(self, token: int) -> str:
        """Name of a base token."""
        return self.tokens[token]

    def kind(self, token: int) -> str:
        """Type of an id, for example "Pitch"; "" for merged notes."""
        return self.types[token] if token < len(self) else ""

    def ids_of(self, kind: str) -> range:
        """The ids of a type."""
        return self._ranges[kind]

    def index(self, token: int) -> int:
        """Index of a base token within its type."""
        return token - self._ranges[self.types[token]].start

    def value(self, token: int) -> Any:
        """What a base token says, as its row of `TOKEN_SPECS` reads it."""
        name = self.groups[self.types[token]][self.index(token)]
        return SPEC[self.types[token]].read(name)

    def is_bar(self, token: int) -> bool:
        """Whether an id opens a bar."""
        return token in self._ranges["Bar"]

    def is_part(self, token: int) -> bool:
        """Whether an id opens a part of a bar."""
        return token in self._ranges["Part"]

    def part_of(self, token: int) -> int:
        """The part that a Part token opens."""
        return token - self._ranges["Part"].start

    def meter_of(self, token: int) -> TimeSignature:
        """The meter of a Meter token, at tick 0."""
        return _METERS[self.index(token)]

    def affect_of(self, token: int) -> float:
        """The valence or arousal of its token, -1..1."""
        return self.index(token) / MOOD_STEPS - 1.0

    def velocity_of(self, token: int) -> int:
        """The velocity of a Dynamic token."""
        return DYNAMIC_VELOCITIES[self.index(token)]

    def chord_of(self, token: int, bass: int = 0) -> Chord | None:
        """The chord that a Chord token and, if not 0, a ChordBass token state; `None` for no chord."""
        root, _, quality = self.groups["Chord"][self.index(token)].partition(":")
        if not quality:
            return None
        lowest = int(root) if not bass else self.index(bass)
        return Chord(int(root), quality, None if lowest == int(root) else lowest)

    # From values to ids: one small function per type.

    def id(self, token: str) -> int:
        """Id of a token name; KeyError if there is none."""
        return self._ids[token]

    def special(self, name: str) -> int:
        """Id of one of `SPECIALS`."""
        return self._ids[f"{name}_None"]

    def control(self, kind: str, value: Any) -> int:
        """Token of the value of a control, as its row of `TOKEN_SPECS` writes it.

        Raises:
            BadInputError: there is no such style or composer.
        """
        if SPEC[kind].binned:
            lower_ends = [float(name) for name in self.groups[kind]]
            return self._ranges[kind][bin_of(lower_ends, value)]
        if (token := self._ids.get(f"{kind}_{value}")) is None:
            known = ", ".join(self.groups[kind])
            raise BadInputError(f"{kind.lower()} {value!r} is not known to this model: use one of {known}")
        return token

    def style(self, name: str) -> int:
        """Style token; BadInputError for a name the vocabulary lacks."""
        return self.control("Style", name)

    def part(self, index: int) -> int:
        """Token that opens a part of a bar."""
        return self._ranges["Part"][index]

    def program(self, program: int, is_drum: bool) -> int:
        """Token of a part's General MIDI program, or of percussion."""
        return self._ids["Program_drums" if is_drum else f"Program_{program}"]

    def meter(self, signature: TimeSignature) -> int:
        """Meter token; KeyError for one without a token (see `quantize`)."""
        return self._ids[f"Meter_{signature.numerator}/{signature.denominator}"]

    def tempo(self, qpm: float) -> int:
        """Token of the nearest metronome number."""
        return self._ranges["Tempo"][nearest(TEMPOS_QPM, qpm)]

    def bar(self, left: int | None) -> int:
        """Token that opens a bar after which `left` bars follow; `None` leaves it open."""
        if left is None:
            return self._ranges["Bar"][-1]
        if left < EXACT_BARS_LEFT:
            return self._ranges["Bar"][left]
        return self._ranges["Bar"][EXACT_BARS_LEFT + bin_of(LEFT_BINS, left)]

    def affect(self, kind: str, value: float) -> int:
        """Token of a valence or arousal in -1..1 (`kind` is "Valence" or "Arousal"), rounded to a quarter."""
        return self._ranges[kind][MOOD_STEPS + round(max(-1.0, min(1.0, value)) * MOOD_STEPS)]

    def recall(self, bars: int) -> int:
        """Token of a recall distance (one of `RECALL_BARS`)."""
        return self.control("Recall", bars)

    def chord(self, chord: Chord | None) -> int:
        """Token of a chord in normal form, reduced to the qualities of the stream."""
        return self._ids["Chord_none" if chord is None else f"Chord_{chord.root}:{chord.reduced.quality}"]

    def chord_ids(self, chord: Chord | None) -> tuple[int, ...]:
        """The chord's token, and that of its bass where that is not the root."""
        if chord is None or chord.bass is None:
            return (self.chord(chord),)
        return self.chord(chord), self._ranges["ChordBass"][chord.lowest]

    @property
    def unmarked(self) -> int:
        """The Dynamic token of music without a mark."""
        return self._ranges["Dynamic"].start

    def dynamic(self, velocity: int) -> int:
        """Token of the written dynamic nearest to a velocity; the default velocity is "none"."""
        if velocity == DEFAULT_VELOCITY:
            return self.unmarked
        return self._ranges["Dynamic"][1 + nearest(DYNAMIC_VELOCITIES[1:], velocity)]

    def position(self, step: int) -> int:
        """Position token; KeyError off the grid."""
        return self._position_ids[step]

    def pitch(self, pitch: int) -> int:
        """Pitch token."""
        return self._ranges["Pitch"][pitch]

    def duration(self, steps: int) -> int:
        """Duration token; KeyError for a length without one."""
        return self._duration_ids[steps]

    def drum(self, pitch: int) -> int:
        """Drum token."""
        return self._ranges["Drum"][pitch - DRUM_PITCHES[0]]
