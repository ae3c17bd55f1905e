"""The grammar of figures and symbols: keys, meters, tempi, lengths, forms in letters and chords.

A rule is a regular expression, tried where a word begins, and a function from its match to a value, or to `None` if the match
has no meaning. `composer.prompt.segments` decides between rules, and between rules and words.
"""

from __future__ import annotations

import re
from functools import cache

from composer.prompt.figures.band_sections import section_rules
from composer.prompt.figures.beyond import beyond_rules
from composer.prompt.figures.choirs import choir_rules
from composer.prompt.figures.chords import chord_rules
from composer.prompt.figures.counts import count_rules
from composer.prompt.figures.courtesies import courtesy_rules
from composer.prompt.figures.endings import ending_rules
from composer.prompt.figures.forms import form_rules, section_length_rules
from composer.prompt.figures.keys import key_rules
from composer.prompt.figures.keys_of_places import keys_of_places_rules
from composer.prompt.figures.leads import lead_rules
from composer.prompt.figures.lengths import length_rules
from composer.prompt.figures.loudness import loudness_rules
from composer.prompt.figures.loudness_bounds import loudness_bound_rules
from composer.prompt.figures.meters import meter_rules, second_dances
from composer.prompt.figures.modulations import modulation_rules
from composer.prompt.figures.patterns import Rule, whole
from composer.prompt.figures.places import place_rules
from composer.prompt.figures.ranges import range_rules
from composer.prompt.figures.tempi import course_rules, tempo_rules
from composer.prompt.figures.textures import texture_rules
from composer.prompt.figures.times import hit_rules, share_rules, time_rules


@cache
def rules() -> tuple[Rule, ...]:
    """All rules; of two that match the same words, the earlier one counts."""
    return (
        *form_rules(),
        *lead_rules(),
        *section_rules(),
        *section_length_rules(),
        *chord_rules(),
        *hit_rules(),
        *time_rules(),
        *share_rules(),
        *place_rules(),
        *texture_rules(),
        *ending_rules(),
        *beyond_rules(),
        *courtesy_rules(),
        *length_rules(),
        *course_rules(),
        *loudness_bound_rules(),
        *loudness_rules(),
        *tempo_rules(),
        *meter_rules(),
        *modulation_rules(),
        *keys_of_places_rules(),
        *key_rules(),
        *range_rules(),
        *choir_rules(),
        *count_rules(),
        second_dances(),
        Rule("negation", re.compile(r"un-(?=[a-z])"), whole),
    )
