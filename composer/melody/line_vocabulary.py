"""The vocabulary of the melody network: facts about the piece and about each bar, and the notes of a single line.

A piece is `BOS Style* Mode Meter Lead Center Pace`, then for each bar `Left [Valence Arousal] Cadence Chord Chord Chord
Relation Event*`, then `EOS`. The three chords are those of the bar's halves and the first of the next bar. The relation is to
an earlier bar of the same melody. An event is `Position Pitch` or `Position Rest`; it lasts until the next one, across barlines
too. Pitch is functional: C major or A minor, in the octave in which most melodies lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from composer.harmony.chord_vocabulary import HarmonyVocabulary
from composer.model.helper_networks import NamedTokens
from composer.presets import programs_of
from composer.tokenizer.vocabulary import MAX_BAR_STEPS

Event = tuple[int, int | None]  # step in the bar (1/24 of a quarter note), pitch or a rest
Likeness = Literal["same", "moved", "rhythm"]

LEADS = ("voice", "keyboard", "strings", "woodwind", "brass", "plucked", "other")
LIKENESSES: tuple[Likeness, ...] = ("same", "moved", "rhythm")
DISTANCES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64)
LOW, HIGH = 45, 100  # pitches of a line
CENTERS = range(66, 78)  # mean pitch of a line; the octave of a line is chosen so that it has one of them
PACES = (0.0, 0.6, 0.85, 1.1, 1.4, 1.8, 2.4)  # lower ends of the bins of notes per quarter note
NEW = "Relation_new"
_FEWEST = 2  # fewest notes of a bar that can resemble another


def lead_family(program: int) -> str:
    """The family of a leading instrument."""
    for name in LEADS[:-1]:
        if program in programs_of(*_FAMILIES[name]):
            return name
    return "other"


_FAMILIES = {
    "voice": ("voice", "synth-voice"),
    "keyboard": ("piano", "organ", "harpsichord", "electric-piano", "celesta", "reed-organ"),
    "strings": ("solo-strings", "string-section", "tremolo-strings", "fiddle"),
    "woodwind": ("pipe", "reed", "saxophone"),
    "brass": ("brass", "brass-section"),
    "plucked": ("acoustic-guitar", "plucked", "harp", "dulcimer"),
}


@dataclass(frozen=True)
class MelodyVocabulary(NamedTokens):
    """Tokens for given styles and chords; the id of a token is its index.

    >>> vocabulary = MelodyVocabulary(("waltz",), ("0:maj/", "none"))
    >>> [vocabulary.tokens[token] for token in vocabulary.events([(0, 72), (24, None)])]
    ['Position_0', 'Pitch_72', 'Position_24', 'Rest']
    """

    styles: tuple[str, ...]
    chords: tuple[str, ...]

    @cached_property
    def harmony(self) -> HarmonyVocabulary:
        """The tokens shared with the harmony planner; they come first."""
        return HarmonyVocabulary(self.styles, self.chords)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """All names, by id."""
        return (
            *self.harmony.tokens,
            *(f"Lead_{name}" for name in LEADS),
            NEW,
            *(f"Relation_{kind}_{distance}" for kind in LIKENESSES for distance in DISTANCES),
            *(f"Position_{step}" for step in range(MAX_BAR_STEPS)),
            "Rest",
            *(f"Pitch_{pitch}" for pitch in range(LOW, HIGH + 1)),
            *(f"Center_{pitch}" for pitch in CENTERS),
            *(f"Pace_{bin_}" for bin_ in range(len(PACES))),
        )

    @cached_property
    def first_position(self) -> int:
        """Id of the barline's position; the others follow."""
        return self.ids["Position_0"]

    @cached_property
    def rest(self) -> int:
        """Id of a rest; pitches follow from `LOW` on."""
        return self.ids["Rest"]

    def center(self, pitch: float) -> int:
        """Id of a line's mean pitch."""
        return self.ids[f"Center_{min(max(round(pitch), CENTERS[0]), CENTERS[-1])}"]

    def pace(self, notes_per_quarter: float) -> int:
        """Id of the density of a line, in notes per quarter note."""
        return self.ids[f"Pace_{max(bin_ for bin_, low in enumerate(PACES) if low <= notes_per_quarter)}"]

    @cached_property
    def first_center(self) -> int:
        """Id of the lowest mean pitch; pitches end before it."""
        return self.ids[f"Center_{CENTERS[0]}"]

    @cached_property
    def first_pace(self) -> int:
        """Id of the lowest density; densities come last."""
        return self.ids["Pace_0"]

    def events(self, events: Sequence[Event]) -> list[int]:
        """Ids of the events of a bar."""
        ids = []
        for step, pitch in events:
            ids += [self.first_position + step, self.rest if pitch is None else self.rest + 1 + pitch - LOW]
        return ids

    def pitch_of(self, token: int) -> int | None:
        """The pitch of an id, `None` for a rest."""
        return None if token == self.rest else token - self.rest - 1 + LOW


def relations(bars: Sequence[Sequence[Event]]) -> list[str]:
    """Relation of each bar to an earlier one: the nearest with the same notes, else a sequence, else the same rhythm.

    >>> relations([[(0, 72), (24, 74)], [(0, 72), (24, 74)], [(0, 74), (24, 76)], [(0, 60), (24, 72)], [(0, 60)]])
    ['Relation_new', 'Relation_same_1', 'Relation_moved_1', 'Relation_rhythm_1', 'Relation_new']
    """
    found = []
    for index, bar in enumerate(bars):
        best = NEW
        if sum(pitch is not None for _, pitch in bar) >= _FEWEST:
            for kind in LIKENESSES:
                distance = next((d for d in DISTANCES if d <= index and is_like(bar, bars[index - d], kind)), None)
                if distance:
                    best = f"Relation_{kind}_{distance}"
                    break
        found.append(best)
    return found


def is_like(bar: Sequence[Event], earlier: Sequence[Event], kind: Likeness) -> bool:
    """Whether a bar has a given relation to an earlier one."""
    if kind == "same":
        return list(bar) == list(earlier)
    if [(step, pitch is None) for step, pitch in bar] != [(step, pitch is None) for step, pitch in earlier]:
        return False
    if kind == "rhythm":
        return True
    moves = {degree(a) - degree(b) for (_, a), (_, b) in zip(bar, earlier, strict=True) if a is not None and b is not None}
    return max(moves, default=0) - min(moves, default=0) <= 0.5


def degree(pitch: int) -> float:
    """Position on the C major scale in steps; tones between two steps count half."""
    octave, pc = divmod(pitch, 12)
    return 7 * octave + (0, 0.5, 1, 1.5, 2, 3, 3.5, 4, 4.5, 5, 5.5, 6)[pc]
