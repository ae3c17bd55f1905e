"""The verbs: continue, infill, accompany, vary and transfer a user's piece. What is not changed stays as it is, tick for tick.

Each verb is one module. All make a `PartialPiece` (some parts of some bars given, others open), let a `StreamSampler` write the
open ones with the model, and put these into the user's score.
"""

from composer.rework.accompanying import accompany
from composer.rework.continuing import continue_
from composer.rework.infilling import infill
from composer.rework.replaying import VERBS, bar_ranges, replay
from composer.rework.restyling import transfer
from composer.rework.varying import vary
from composer.rework.verb_session import SessionOptions

__all__ = [
    "VERBS",
    "SessionOptions",
    "accompany",
    "bar_ranges",
    "continue_",
    "infill",
    "replay",
    "transfer",
    "vary",
]
