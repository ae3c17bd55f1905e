"""What a piece is requested to be, or was measured to be, beyond what its score states.

The same object is a training label (computed by `composer.analysis`), part of a plan (computed from a brief) and
what the tokenizer writes as control tokens. Key, meter, tempo, length, parts and chords are in the `Score`.
"""

from __future__ import annotations

from dataclasses import dataclass

PHRASE_BARS = 4  # moods are stated at the start of every phrase of this many bars, counted from bar 0

# Bars to look back for repeated or varied material; 0 says that the bar is new.
RECALL_BARS = (0, 1, 2, 4, 8, 12, 16, 24, 32)


# Written dynamics and their MIDI velocities, those of the training corpus.
DYNAMICS = {"ppp": 24, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 124}

# How a phrase ends: its cadence, or "open" for none of them.
PHRASE_ENDS = ("open", "half", "authentic", "plagal", "deceptive")

# What a bar does with an earlier one: repeat the recalled bar to the note or vary it; or take the rhythm of the bar so
# many bars back, or its tune on other steps (a sequence).
RELATION_BARS = (1, 2, 4, 8)
RELATIONS = (
    "new", "exact", "varied", *(f"sequence:{bars}" for bars in RELATION_BARS), *(f"rhythm:{bars}" for bars in RELATION_BARS)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mood:
    """A point on the affective plane (Russell 1980): valence and arousal, each -1..1."""

    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Controls:
    """Controls of one piece; anything empty or `None` is left open.

    Attributes:
        styles: names of styles (genre, era) known to the tokenizer's vocabulary.
        composer: a composer known to the vocabulary.
        transposition: semitones, -5..6, by which the music sounds above its normal form in C major or A minor.
        density: notes per quarter note and sounding part, 0 or more.
        polyphony: mean number of notes sounding together while any sounds, 1 or more.
        moods: one mood per phrase of `PHRASE_BARS` bars, `None` where open.
        recalls: one of `RECALL_BARS` per bar.
        relations: one of `RELATIONS` per bar.
        phrase_ends: one of `PHRASE_ENDS` for a bar in which a phrase ends, `None` for other bars.
    """

    styles: tuple[str, ...] = ()
    composer: str | None = None
    transposition: int | None = None
    density: float | None = None
    polyphony: float | None = None
    moods: tuple[Mood | None, ...] = ()
    recalls: tuple[int, ...] = ()
    relations: tuple[str, ...] = ()
    phrase_ends: tuple[str | None, ...] = ()
