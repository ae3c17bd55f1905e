"""The arranger: writes parts of bands, orchestras and small ensembles by grammar over the harmony of a plan.

A plan of a style that has a row in `bands.toml` gets chords for every bar (`settle`). From these, its sections, its moods and
its seed the arranger writes drums, bass, accompaniment and melody (`arrange`). Equal plans give equal notes. Where a band's row
says so, the network writes the melody over the other parts (see `composer.guide.bed`).
"""

from composer.arranging.arrangement import (
    PHRASES,
    Arrangement,
    Lead,
    SetSection,
    arrange,
    band_of,
    is_accompanied,
    is_outlined,
    lead_of,
    leads_in,
    melody_of,
    played_features,
    players_resting,
    seed_of_take,
    set_sections,
    set_swing,
    settle,
)
from composer.arranging.exercises import exercise, exercise_of
from composer.arranging.tables import Band, bands
from composer.arranging.variations import theme_of, variations_of, varied_tune

__all__ = [
    "PHRASES",
    "Arrangement",
    "Band",
    "Lead",
    "SetSection",
    "arrange",
    "band_of",
    "bands",
    "exercise",
    "exercise_of",
    "is_accompanied",
    "is_outlined",
    "lead_of",
    "leads_in",
    "melody_of",
    "played_features",
    "players_resting",
    "seed_of_take",
    "set_sections",
    "set_swing",
    "settle",
    "theme_of",
    "variations_of",
    "varied_tune",
]
