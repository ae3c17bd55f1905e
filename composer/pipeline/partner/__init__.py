"""The partner: the user's own music goes in, stays theirs where they want it, and comes back with what they asked for.

Each verb is one module: `continue_`, `infill`, `accompany`, `vary`, `transfer`. All lay out a `Draft` (cells of bars and parts,
some given, some open), let a `Pen` write the open cells with the model, and put what was written into the user's score.
"""

from composer.pipeline.partner.accompaniment import accompany
from composer.pipeline.partner.context import Assumptions
from composer.pipeline.partner.continuation import continue_
from composer.pipeline.partner.infilling import infill
from composer.pipeline.partner.replaying import VERBS, bar_range, is_partners, replay
from composer.pipeline.partner.result import Collaboration
from composer.pipeline.partner.source import Source
from composer.pipeline.partner.transfer import transfer
from composer.pipeline.partner.variation import vary

__all__ = [
    "VERBS",
    "Assumptions",
    "Collaboration",
    "Source",
    "accompany",
    "bar_range",
    "continue_",
    "infill",
    "is_partners",
    "replay",
    "transfer",
    "vary",
]
