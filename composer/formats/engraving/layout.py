"""Sheet music options, and the default choice of scores that show chord symbols. Knows no file format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from composer.errors import BadInputError
from composer.presets import programs_of
from composer.score import Chord, ChordSymbol, Part, Score

# Programs of orchestras and choirs, for which no copyist writes chord symbols; of keyboards, which also play in bands; and of
# sounds that films add to an orchestra.
_ORCHESTRAL = programs_of(
    "solo-strings", "tremolo-strings", "pizzicato-strings", "harp", "timpani", "string-section", "voice", "brass",
    "brass-section", "reed", "pipe",
)  # fmt: skip
_KEYBOARDS = programs_of("piano", "harpsichord", "celesta", "mallet", "organ", "reed-organ")
_ADDED_SOUNDS = programs_of("synth-pad", "synth-strings", "synth-choir", "percussion", "orchestra-hit", "sound-effect")


@dataclass(frozen=True, slots=True)
class Layout:
    """Sheet music options.

    Attributes:
        chord_symbols: whether to print chord symbols; `None` prints them unless the ensemble is classical.
        concert_pitch: whether to write transposing instruments at concert pitch.
        repeats: whether to print immediately repeated bars once, between repeat signs.
        swing: whether eighths are swung, stated as "Swing" above the first bar.
        whole: the score of which a player's part is printed, which decides repeats, basses of chords, swing and dynamics;
            `None` for the printed score itself.
        player: index of that player in the whole.
    """

    chord_symbols: bool | None = None
    concert_pitch: bool = False
    repeats: bool = True
    swing: bool = False
    whole: Score | None = None
    player: int = 0

    def to_dict(self) -> dict[str, bool]:
        """The options that differ from the defaults."""
        default = Layout()
        names = ("chord_symbols", "concert_pitch", "repeats", "swing")
        return {name: value for name in names if (value := getattr(self, name)) != getattr(default, name)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Layout:
        """Reads the result of `to_dict`.

        Raises:
            BadInputError: an unknown option, or a value that is not true or false.
        """
        try:
            layout = cls(**content)
        except TypeError as error:
            raise BadInputError(f"layout {dict(content)!r} is not known: write the piece again") from error
        if any(not isinstance(value, bool) for value in content.values()):
            raise BadInputError(f"layout {dict(content)!r} has values that are not true or false: write the piece again")
        return layout


def printed_chords(score: Score, layout: Layout) -> tuple[ChordSymbol, ...]:
    """The chord symbols to print, with the sounding bass where a chord specifies none; none for a classical ensemble.

    A bass is added if the lowest note at the chord's start is a chord tone other than the root. A single melodic part has no
    bass.
    """
    shown = not is_classical(score.parts) if layout.chord_symbols is None else layout.chord_symbols
    if not shown:
        return ()
    if sum(not part.is_drum for part in score.parts) < 2:
        return score.chords
    lowest = _lowest_at(score, [symbol.start_ticks for symbol in score.chords])
    return tuple(
        replace(symbol, chord=_with_bass(symbol.chord, pitch)) for symbol, pitch in zip(score.chords, lowest, strict=True)
    )


def chords_played(chords: Sequence[ChordSymbol], part: Score) -> tuple[ChordSymbol, ...]:
    """The chord symbols of the bars in which an extracted part plays, also those in force where it enters; none for drums.

    >>> from composer.score import Note
    >>> violin = Score((Part("Violin", 40, (Note(0, 72, 480), Note(5760, 72, 480))),), end_ticks=7680)
    >>> symbols = [ChordSymbol(1920 * bar, Chord.parse(name)) for bar, name in enumerate(("C", "F", "G"))]
    >>> [(symbol.start_ticks, symbol.chord.symbol()) for symbol in chords_played(symbols, violin)]
    [(0, 'C'), (5760, 'G')]
    """
    notes = [note for each in part.parts if not each.is_drum for note in each.notes]
    ends = [(part.bar_at(note.start_ticks).index, part.bar_at(note.end_ticks - 1).index) for note in notes]
    played = {bar for first, last in ends for bar in range(first, last + 1)}
    kept: list[ChordSymbol] = []
    rested = True
    for bar in part.bars:
        if bar.index not in played:
            rested = True
            continue
        inside = [symbol for symbol in chords if bar.start_ticks <= symbol.start_ticks < bar.end_ticks]
        before = [symbol for symbol in chords if symbol.start_ticks < bar.start_ticks]
        if rested and before and not (inside and inside[0].start_ticks == bar.start_ticks):
            kept.append(replace(before[-1], start_ticks=bar.start_ticks))
        kept += inside
        rested = False
    return tuple(kept)


def is_classical(parts: Sequence[Part]) -> bool:
    """Whether an ensemble is written without chord symbols: several parts of classical keyboards or an orchestra.

    Drums and pads may join an orchestra, not keyboards alone.

    >>> violin, cello, piano, drums = Part("", 40), Part("", 42), Part("", 0), Part("", 0, is_drum=True)
    >>> [is_classical(parts) for parts in ((violin, cello), (piano, piano), (violin, cello, drums), (piano, drums), (violin,))]
    [True, True, True, False, False]
    """
    programs = {part.program for part in parts if not part.is_drum}
    drums = any(part.is_drum for part in parts)
    added = programs & _ADDED_SOUNDS
    orchestra = programs & _ORCHESTRAL if drums or added else True
    return len(parts) > 1 and bool(orchestra) and programs - added <= _ORCHESTRAL | _KEYBOARDS


def _with_bass(chord: Chord | None, pitch: int | None) -> Chord | None:
    """The chord with a slash bass if another chord tone than the root sounds lowest."""
    if chord is None or chord.bass is not None or pitch is None:
        return chord
    bass = pitch % 12
    return replace(chord, bass=bass) if bass != chord.root and bass in chord.pitch_classes else chord


def _lowest_at(score: Score, ticks: Sequence[int]) -> list[int | None]:
    """The lowest sounding pitch at each of the sorted ticks; `None` at silence."""
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
