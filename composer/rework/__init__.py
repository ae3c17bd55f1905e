"""The partner: the user's own music goes in, stays theirs where they want it, and comes back with what they asked for.

Each verb is one module: `continue_`, `infill`, `accompany`, `vary`, `transfer`. All lay out a `Draft` (cells of bars and parts,
some given, some open), let a `Pen` write the open cells with the model, and put what was written into the user's score.
"""

from composer.rework.accompanying import accompany
from composer.rework.continuing import continue_
from composer.rework.infilling import infill
from composer.rework.replaying import VERBS, bar_range, replay
from composer.rework.restyling import transfer
from composer.rework.session import SessionOptions
from composer.rework.varying import vary

__all__ = [
    "VERBS",
    "SessionOptions",
    "accompany",
    "bar_range",
    "continue_",
    "infill",
    "replay",
    "transfer",
    "vary",
]
