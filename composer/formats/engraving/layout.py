"""What a user may choose about a printed score, and which scores print chord symbols if nobody says. Knows no file format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from composer.errors import BadInputError
from composer.presets import programs_of
from composer.score import Chord, ChordSymbol, Part, Score

# Programs of orchestral, choral and classical keyboard music, in which no copyist writes chord symbols.
_CLASSICAL = programs_of(
    "piano", "harpsichord", "celesta", "mallet", "organ", "reed-organ", "solo-strings", "tremolo-strings",
    "pizzicato-strings", "harp", "timpani", "string-section", "voice", "brass", "brass-section", "reed", "pipe",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """Choices about a printed score.

    Attributes:
        chord_symbols: whether chord symbols are printed; `None` prints them unless the ensemble is classical.
        concert_pitch: whether transposing instruments are written as they sound.
        repeats: whether bars that come again at once are printed once, between repeat signs.
        swing: whether straight eighths are to be swung, which a word above the first bar says.
    """

    chord_symbols: bool | None = None
    concert_pitch: bool = False
    repeats: bool = True
    swing: bool = False

    def to_dict(self) -> dict[str, bool]:
        """The choices that differ from the defaults."""
        default = Layout()
        names = ("chord_symbols", "concert_pitch", "repeats", "swing")
        return {name: value for name in names if (value := getattr(self, name)) != getattr(default, name)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Layout:
        """Reads what `to_dict` gave.

        Raises:
            BadInputError: an unknown choice, or a value that is not true or false.
        """
        try:
            layout = cls(**content)
        except TypeError as error:
            raise BadInputError(f"layout {dict(content)!r} is not known: write the piece again") from error
        if any(not isinstance(value, bool) for value in content.values()):
            raise BadInputError(f"layout {dict(content)!r} holds values that are not true or false: write the piece again")
        return layout


def printed_chords(score: Score, layout: Layout) -> tuple[ChordSymbol, ...]:
    """The chord symbols that are printed, with the bass that sounds where the chord states none; none for a classical ensemble.

    A bass is added where the lowest note at the chord's start is a tone of the chord other than its root; not to a melody
    alone, which has no bass.
    """
    wanted = not is_classical(score.parts) if layout.chord_symbols is None else layout.chord_symbols
    if not wanted:
        return ()
    if sum(not part.is_drum for part in score.parts) < 2:
        return score.chords
    lowest = _lowest_at(score, [symbol.start_ticks for symbol in score.chords])
    return tuple(
        replace(symbol, chord=_with_bass(symbol.chord, pitch)) for symbol, pitch in zip(score.chords, lowest, strict=True)
    )


def is_classical(parts: Sequence[Part]) -> bool:
    """Whether an ensemble is one for which chord symbols are not written: several parts, all of classical instruments.

    >>> is_classical([Part("Violin", 40), Part("Cello", 42)]), is_classical([Part("Flute", 73)])
    (True, False)
    """
    return len(parts) > 1 and all(part.program in _CLASSICAL and not part.is_drum for part in parts)


def _with_bass(chord: Chord | None, pitch: int | None) -> Chord | None:
    """The chord over a sounding bass."""
    if chord is None or chord.bass is not None or pitch is None:
        return chord
    bass = pitch % 12
    return replace(chord, bass=bass) if bass != chord.root and bass in chord.pitch_classes else chord


def _lowest_at(score: Score, ticks: Sequence[int]) -> list[int | None]:
    """The lowest pitch that sounds at each tick, ticks in order; `None` where none does."""
    notes = sorted(note for part in score.parts if not part.is_drum for note in part.notes)
    found: list[int | None] = []
    sounding: list[tuple[int, int]] = []  # end and pitch
    index = 0
    for tick in ticks:
        while index < len(notes) and notes[index].start_ticks <= tick:
            sounding.append((notes[index].end_ticks, notes[index].pitch))
            index += 1
        sounding = [(end, pitch) for end, pitch in sounding if end > tick]
        found.append(min((pitch for _, pitch in sounding), default=None))
    return found
