"""The vocabulary of the harmony planner: facts about the piece and about each bar, and chords with their bass.

A piece is `BOS Style* Mode Meter`, then for each bar `Left [Valence Arousal] [Recall] Cadence Chord [Chord]`, then `EOS`.
Pitch is functional: C major or A minor. `Left` is the number of bars that remain, `Recall` the distance in bars to
the bar that this one repeats, and `Cadence` the distance to the next cadence and its kind, so that it can be prepared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from composer.controls import LEARNED_METERS, RECALL_BARS
from composer.model.helper_networks import NamedTokens
from composer.score import CHORD_QUALITIES, Chord, TimeSignature

CadenceKind = Literal["authentic", "half", "plagal", "deceptive", "related"]
CADENCES: tuple[CadenceKind, ...] = ("authentic", "half", "plagal", "deceptive", "related")

# Lower ends of the bins of remaining bars.
LEFT_BINS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64, 96)
_AHEAD = 4  # bars; a cadence farther away is not stated
MOOD_STEPS = 2  # moods are rounded to halves: -1, -0.5 .. 1
METERS = (*LEARNED_METERS, "other")
_OPEN = "open"


@dataclass(frozen=True)
class HarmonyVocabulary(NamedTokens):
    """Tokens for given styles and chords; the id of a token is its index.

    >>> vocabulary = HarmonyVocabulary(("waltz",), ("0:maj/", "none"))
    >>> vocabulary.tokens[vocabulary.chord(Chord(0, "maj"))], vocabulary.chord_at(vocabulary.ids["Chord_none"])
    ('Chord_0:maj/', None)
    """

    styles: tuple[str, ...]
    chords: tuple[str, ...]

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """All names, by id."""
        moods = range(-MOOD_STEPS, MOOD_STEPS + 1)
        return (
            *("PAD", "BOS", "EOS", "Mode_major", "Mode_minor"),
            *(f"Style_{name}" for name in self.styles),
            *(f"Meter_{name}" for name in METERS),
            *(f"Left_{left}" for left in (*LEFT_BINS, _OPEN)),
            *(f"{kind}_{step}" for kind in ("Valence", "Arousal") for step in moods),
            *(f"Recall_{distance}" for distance in RECALL_BARS if distance),
            "Cadence_open",
            *(f"Cadence_{kind}_{ahead}" for kind in CADENCES for ahead in range(_AHEAD)),
            *(f"Chord_{name}" for name in self.chords),
        )

    @cached_property
    def first_chord(self) -> int:
        """Id of the first chord; chords come last."""
        return len(self) - len(self.chords)

    def chord(self, chord: Chord | None) -> int:
        """Id of a chord, or of the nearest one in the vocabulary, or of no harmony."""
        if chord not in self._chord_ids:
            self._chord_ids[chord] = next(self.ids[name] for name in _substitutes(chord) if name in self.ids)
        return self._chord_ids[chord]

    @cached_property
    def _chord_ids(self) -> dict[Chord | None, int]:
        return {}

    def chord_at(self, token: int) -> Chord | None:
        """The chord of an id."""
        return read_chord(self.chords[token - self.first_chord])

    def meter(self, signature: TimeSignature) -> int:
        """Id of a meter."""
        name = f"{signature.numerator}/{signature.denominator}"
        return self.ids[f"Meter_{name if name in METERS else 'other'}"]

    def left(self, bars: int | None) -> int:
        """Id of the number of remaining bars; `None` for a piece without an end."""
        return self.ids[f"Left_{_OPEN if bars is None else max(low for low in LEFT_BINS if low <= bars)}"]

    def mood(self, valence: float, arousal: float) -> tuple[int, int]:
        """Ids of a mood, each dimension -1..1."""

        def step(value: float) -> int:
            return round(max(-1.0, min(1.0, value)) * MOOD_STEPS)

        return self.ids[f"Valence_{step(valence)}"], self.ids[f"Arousal_{step(arousal)}"]

    def cadence(self, kind: CadenceKind | None, ahead: int) -> int:
        """Id of a cadence that is a number of bars ahead, 0 for this bar; `None` for none."""
        if kind is None or ahead >= _AHEAD:
            return self.ids["Cadence_open"]
        return self.ids[f"Cadence_{kind}_{ahead}"]

    def cadences_ahead(self, kinds: Sequence[CadenceKind | None]) -> list[int]:
        """For each bar the id of the next cadence, given the kind of cadence in each bar."""
        tokens, kind, ahead = [], None, _AHEAD
        for close in reversed(kinds):
            kind, ahead = (close, 0) if close else (kind, ahead + 1)
            tokens.append(self.cadence(kind, ahead))
        return tokens[::-1]


def chord_name(chord: Chord | None) -> str:
    """A chord's value in the vocabulary.

    >>> chord_name(Chord.parse("C/E")), chord_name(None), read_chord("0:maj/4").symbol()
    ('0:maj/4', 'none', 'C/E')
    """
    return "none" if chord is None else f"{chord.root}:{chord.quality}/{'' if chord.bass is None else chord.bass}"


def read_chord(name: str) -> Chord | None:
    """The chord that `chord_name` wrote."""
    if name == "none":
        return None
    root, _, rest = name.partition(":")
    quality, _, bass = rest.rpartition("/")
    assert quality in CHORD_QUALITIES
    return Chord(int(root), quality, int(bass) if bass else None)


def _substitutes(chord: Chord | None) -> list[str]:
    """Names of a chord and of its substitutes, the nearest first, in case it is too rare to have a token."""
    if chord is None:
        return ["Chord_none"]
    plain = Chord(chord.root, chord.quality)
    triad = Chord(chord.root, "min" if chord.reduced.quality in ("min", "min7", "dim", "hdim7", "dim7") else "maj")
    turned = Chord(chord.root, chord.reduced.quality, chord.bass)
    return [f"Chord_{chord_name(other)}" for other in (chord, turned, plain, chord.reduced, triad)] + ["Chord_none"]
