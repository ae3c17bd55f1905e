"""Non-chord tones: how far the notes keep to the chord symbols that stand above them.

Functions of tones foreign to the chord, by how a part comes to them and leaves them (Kostka and Payne; Aldwell and
Schachter): passing and neighbouring tones by step on both sides, suspensions struck again and left by step,
anticipations struck again as a tone of the next chord. A step is one or two semitones. In parts that strike several notes
together any of them may be the tone before or after. Notes under no chord symbol, and drums, are not counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from composer.score import Chord, Note, Score

ToneFunction = Literal["chord", "passing", "neighbour", "suspension", "anticipation", "unexplained"]
_STEP = (1, 2)


@dataclass(frozen=True, slots=True)
class ChordAdherence:
    """How notes relate to their chords.

    Attributes:
        counts: notes by function.
        strong_notes: notes struck where a chord stands or might: on the barline and at `TimeSignature.middle_ticks`.
        strong_chord_tones: those of them that belong to their chord.
    """

    counts: dict[ToneFunction, int]
    strong_notes: int
    strong_chord_tones: int

    @property
    def explained(self) -> float:
        """Share of notes that are chord tones or have one of the functions, 0..1; nan without notes under chords."""
        total = sum(self.counts.values())
        return 1.0 - self.counts["unexplained"] / total if total else float("nan")

    @property
    def strong(self) -> float:
        """Share of notes on strong beats that belong to their chord, 0..1; nan without any."""
        return self.strong_chord_tones / self.strong_notes if self.strong_notes else float("nan")


def measure_adherence(score: Score) -> ChordAdherence:
    """Counts the notes of a score by their function under its own chord symbols.

    >>> from composer.score import Chord, ChordSymbol, Note, Part, Score
    >>> line = tuple(Note(480 * i, p, 480) for i, p in enumerate((60, 62, 64, 69, 65, 64, 62, 62)))
    >>> chords = (ChordSymbol(0, Chord.parse("C")), ChordSymbol(1920, Chord.parse("F")), ChordSymbol(3360, Chord.parse("G")))
    >>> found = measure_adherence(Score((Part("Flute", 73, line),), chords=chords))
    >>> {name: count for name, count in found.counts.items() if count}, found.strong
    ({'chord': 4, 'passing': 2, 'anticipation': 1, 'unexplained': 1}, 0.75)
    """
    counts: Counter[ToneFunction] = Counter()
    strong = strong_hits = 0
    starts = [symbol.start_ticks for symbol in score.chords]

    def chord_at(tick: int) -> Chord | None:
        index = bisect_right(starts, tick) - 1
        return score.chords[index].chord if index >= 0 else None

    for onset, before, after in _moments(score):
        chord = chord_at(onset[0].start_ticks)
        if chord is None:
            continue
        bar = score.bar_at(onset[0].start_ticks)
        is_strong = onset[0].start_ticks - bar.start_ticks in (0, bar.time_signature.middle_ticks)
        for note in onset:
            belongs = note.pitch % 12 in chord.pitch_classes
            strong += is_strong
            strong_hits += is_strong and belongs
            next_chord = chord_at(after[0].start_ticks) if after else None
            counts["chord" if belongs else _function(note, before, after, next_chord)] += 1
    names: tuple[ToneFunction, ...] = ("chord", "passing", "neighbour", "suspension", "anticipation", "unexplained")
    return ChordAdherence({name: counts[name] for name in names}, strong, strong_hits)


def _moments(score: Score) -> Iterator[tuple[Sequence[Note], Sequence[Note], Sequence[Note]]]:
    """Of each onset of each pitched part, its notes and those of the onsets before and after it."""
    for part in score.parts:
        if part.is_drum:
            continue
        onsets = [tuple(notes) for _, notes in groupby(part.notes, key=lambda note: note.start_ticks)]
        for index, onset in enumerate(onsets):
            yield onset, onsets[index - 1] if index else (), onsets[index + 1] if index + 1 < len(onsets) else ()


def _function(note: Note, before: Sequence[Note], after: Sequence[Note], next_chord: Chord | None) -> ToneFunction:
    """What a tone foreign to its chord does."""
    arrivals = {note.pitch - other.pitch for other in before}
    departures = {other.pitch - note.pitch for other in after}
    if 0 in departures and next_chord is not None and note.pitch % 12 in next_chord.pitch_classes:
        return "anticipation"
    leaves = {step for step in departures if abs(step) in _STEP}
    if not leaves:
        return "unexplained"
    comes = {step for step in arrivals if abs(step) in _STEP}
    if any(come * leave > 0 for come in comes for leave in leaves):
        return "passing"
    if comes:
        return "neighbour"
    return "suspension" if 0 in arrivals else "unexplained"
