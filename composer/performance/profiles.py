"""Strength of each performance rule by style, one profile per style family. Knows no notes.

The values correspond to the k values of the KTH rule system (Friberg, Bresin and Sundberg 2006, "Overview of the KTH rule
system for musical performance", Advances in Cognitive Psychology 2(2-3), 145-161): 1 is the documented strength of a rule,
0 disables it. The values per style are ours.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """Rule strengths of one style.

    Attributes:
        phrase: phrase arch, in tempo and loudness.
        ritard: final ritardando, and smaller ones at section ends.
        accent: metrical accents.
        voicing: melody above its accompaniment, and its lead in time.
        contrast: duration contrast: short notes shorter and softer.
        tension: harmonic and melodic charge, and "high loud".
        detached: 0 plays notes at full length, 1 separates them clearly.
        noise: human irregularity of timing and touch.
        swing: 0 (straight) to 1 (full swing ratio on offbeat eighths).
        pedal: whether the piano uses the pedal.
    """

    phrase: float = 1.0
    ritard: float = 1.0
    accent: float = 1.0
    voicing: float = 1.0
    contrast: float = 1.0
    tension: float = 1.0
    detached: float = 0.4
    noise: float = 1.0
    swing: float = 0.0
    pedal: bool = True


PROFILES: dict[str, Profile] = {
    "neutral": Profile(phrase=0.7, accent=0.8),
    "romantic": Profile(phrase=1.4, ritard=1.2, accent=0.7, voicing=1.3, tension=1.3, detached=0.2),
    "classical": Profile(phrase=0.8, ritard=0.8, detached=0.5),
    "baroque": Profile(phrase=0.5, ritard=0.8, voicing=0.5, tension=0.7, detached=0.9, noise=0.8, pedal=False),
    "choral": Profile(phrase=0.9, ritard=1.0, accent=0.6, voicing=0.8, detached=0.1),
    "dance": Profile(phrase=0.4, ritard=0.5, accent=1.4, contrast=1.2, tension=0.6, detached=0.6, noise=0.7),
    "ragtime": Profile(phrase=0.3, ritard=0.4, accent=1.3, contrast=1.2, tension=0.5, detached=0.7, noise=0.7, pedal=False),
    "jazz": Profile(phrase=0.4, ritard=0.5, accent=0.6, detached=0.3, noise=1.2, swing=1.0),
    "groove": Profile(
        phrase=0.0, ritard=0.0, accent=1.0, voicing=0.6, contrast=0.6, tension=0.3, detached=0.3, noise=0.5, pedal=False
    ),
    "cinematic": Profile(phrase=1.2, ritard=0.8, accent=0.7, tension=1.2, detached=0.0),
}

# Words in style names that suggest a profile. The first profile with a matching word wins, so a jazz waltz is jazz and a film
# waltz is cinematic.
_WORDS: dict[str, tuple[str, ...]] = {
    "ragtime": ("ragtime", "cakewalk"),
    "jazz": ("jazz", "swing", "blues", "lo-fi", "lofi"),
    "cinematic": (
        "film", "cinematic", "ambient", "fantasy", "game", "minimal", "trailer", "underscore", "comedy", "documentary",
    ),
    "groove": (
        "rock", "metal", "pop", "funk", "electronic", "techno", "hip-hop", "chiptune", "latin", "bossa", "drum", "punk",
        "samba", "salsa", "reggae", "soul", "ska", "cumbia", "disco", "house", "trap", "country", "christmas",
    ),
    "baroque": ("baroque", "fugue", "sacred-concerto", "oratorio", "orchestral-mass", "harpsichord", "organ", "bach", "suite"),
    "choral": ("renaissance", "hymn", "chor", "motet", "mass", "madrigal", "round"),
    "dance": (
        "march", "tango", "habanera", "bolero", "tarantella", "klezmer", "polonaise", "krakowiak", "ballroom", "polka", "folk",
        "reel", "jig", "hornpipe", "dance",
    ),
    "classical": ("classic", "quartet", "sonata", "rondo", "variation", "chamber", "serenade", "symphon", "concerto"),
    "romantic": (
        "romantic", "nocturne", "mazurka", "waltz", "lied", "song", "opera", "etude", "prelude", "fantasia", "character",
        "guitar", "modern", "contemporary", "impression", "ballad", "chopin",
    ),
}  # fmt: skip


def profile_for(style: str | None) -> Profile:
    """The profile with that name, else the one suggested by its words, else "neutral".

    >>> profile_for("string-quartet") is PROFILES["classical"], profile_for(None) is PROFILES["neutral"]
    (True, True)
    """
    name = (style or "neutral").lower()
    if name in PROFILES:
        return PROFILES[name]
    return PROFILES[next((profile for profile, words in _WORDS.items() if any(word in name for word in words)), "neutral")]
