"""Requested or measured properties of a piece that are not part of its score.

The same object is a training label (computed by `composer.analysis`), a plan's request (computed from a brief), and the source
of the tokenizer's control tokens. Key, meter, tempo, length, parts and chords are in the `Score`.
"""

from __future__ import annotations

from dataclasses import dataclass

PHRASE_BARS = 4  # length of the phrases that have moods, counted from bar 0

MAX_PARTS = 16  # of a piece: each has a token

# Meters in which harmony and melodies are learned; to those networks all others are one meter.
LEARNED_METERS = ("2/4", "3/4", "4/4", "2/2", "3/2", "3/8", "6/8", "9/8", "12/8")

# Distances in bars to repeated or varied material; 0 means that the bar is new.
RECALL_BARS = (0, 1, 2, 4, 8, 12, 16, 24, 32)

# Written dynamics and their MIDI velocities, those of the training corpus.
STACCATO, LEGATO = ARTICULATIONS = ("staccato", "legato")
DYNAMICS = {"ppp": 24, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 124}
FAINTEST = 22  # velocity of the softest ghost notes: samplers are all but silent below it

# How energy and loudness develop over a piece: one of the first five, and fades.
ARCS = ("build", "swell", "wind-down", "soft-end", "loud-end", "fade-in", "fade-out")

# Endings that a brief can ask for: after the dominant or the subdominant, in major at the end of a piece in minor, or on the
# dominant, which leaves the piece open.
AUTHENTIC, PLAGAL, PICARDY, OPEN = "authentic", "plagal", "picardy", "open"
ENDINGS = (AUTHENTIC, PLAGAL, PICARDY, OPEN)

# Textures that a brief can ask for in place of a melody with its accompaniment: `composer.arranging.textures` writes them.
BED, HELD, CLUSTERS, UNISON, DIALOGUE, PHASING = "bed", "held", "clusters", "unison", "dialogue", "phasing"
LEFT_HAND, RIGHT_HAND = "left-hand", "right-hand"
ONE_HAND = (LEFT_HAND, RIGHT_HAND)
TEXTURES = (BED, HELD, CLUSTERS, *ONE_HAND, UNISON, DIALOGUE, PHASING)

# Names of groups of players in settings of sections, and the families of `composer.arranging.casting` that they mean.
PLAYER_GROUPS = {
    "strings": ("strings", "low"), "guitars": ("guitar", "drive"), "guitar": ("guitar", "drive"), "synths": ("synth",),
    "synth": ("synth",), "keyboards": ("keys", "left", "organ"), "keys": ("keys", "left"), "winds": ("winds",),
    "woodwinds": ("winds",), "horns": ("brass",), "brass": ("brass",), "choir": ("choir",), "organ": ("organ",),
    "bells": ("bells",), "pads": ("pad",), "pad": ("pad",),
}  # fmt: skip

# How a phrase ends: its cadence, or "open" if there is none.
PHRASE_ENDS = ("open", "half", "authentic", "plagal", "deceptive")

# Relation of a bar to an earlier one: an exact or varied repetition of the recalled bar, or the rhythm of the bar `bars`
# earlier, or its melody on other degrees (a sequence).
RELATION_BARS = (1, 2, 4, 8)
RELATIONS = (
    "new", "exact", "varied", *(f"sequence:{bars}" for bars in RELATION_BARS), *(f"rhythm:{bars}" for bars in RELATION_BARS)
)  # fmt: skip


def highest_velocity(mark: str) -> int:
    """The highest velocity that is nearer to a marking than to the next louder one, 28 to 127.

    >>> [highest_velocity(mark) for mark in ("p", "mf", "fff")]
    [56, 88, 127]
    """
    louder = [velocity for velocity in DYNAMICS.values() if velocity > DYNAMICS[mark]]
    return (DYNAMICS[mark] + min(louder)) // 2 if louder else 127


@dataclass(frozen=True, slots=True)
class Mood:
    """A point on the affective plane (Russell 1980): valence and arousal, each -1..1."""

    valence: float
    arousal: float


@dataclass(frozen=True, slots=True)
class Controls:
    """Controls of one piece; empty and `None` values are unset.

    Attributes:
        styles: names of styles (genre, era) in the tokenizer's vocabulary.
        composer: a composer in the vocabulary.
        transposition: semitones, -5..6, from the normal form in C major or A minor to the sounding music.
        density: notes per quarter note and sounding part, 0 or more.
        polyphony: mean number of notes sounding together, silence excluded, 1 or more.
        moods: one mood per phrase of `PHRASE_BARS` bars, `None` if unset.
        recalls: one of `RECALL_BARS` per bar.
        relations: one of `RELATIONS` per bar.
        phrase_ends: one of `PHRASE_ENDS` for each bar in which a phrase ends, `None` for other bars.
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
