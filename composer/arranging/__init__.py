"""The arranger: writes parts of bands, orchestras and small ensembles by grammar over the harmony of a plan.

A plan of a style that has a row in `bands.toml` gets chords for every bar (`settle`). From these, its sections, its moods and
its seed the arranger writes drums, bass, accompaniment and melody (`arrange`). Equal plans give equal notes. In small
ensembles the network accompanies melodies by phrases (see `composer.guide.bed`).
"""

from composer.arranging.arrangement import Arrangement, arrange
from composer.arranging.exercises import exercise, exercise_of
from composer.arranging.settling import band_of, is_outlined, leads_in, seed_of_take, settle
from composer.arranging.staging import (
    Lead,
    SetSection,
    is_accompanied,
    lead_of,
    melody_of,
    played_features,
    players_resting,
    set_sections,
    set_swing,
)
from composer.arranging.tables import PHRASES, Band, bands
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
