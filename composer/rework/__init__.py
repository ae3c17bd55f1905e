"""The verbs: continue, infill, accompany, vary and transfer a user's piece. Everything else stays unchanged, tick for tick.

Each verb is one module and an entry in the table of `verbs`. All make a `PartialPiece` (some parts of some bars given, others
open), let a `StreamSampler` write the open ones with the model, and put these into the user's score. The functions are imported
on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from composer.rework.verbs import VERBS, Verb, bar_ranges

if TYPE_CHECKING:  # what a type checker reads of the table below
    from composer.rework.accompanying import accompany
    from composer.rework.continuing import continue_
    from composer.rework.infilling import infill
    from composer.rework.replaying import replay
    from composer.rework.restyling import transfer
    from composer.rework.varying import vary
    from composer.rework.verb_session import SessionOptions

_HOMES = {"replay": "replaying", "SessionOptions": "verb_session"} | {
    name: module for verb in VERBS.values() for module, _, name in [verb.function.partition(".")]
}
__all__ = ["VERBS", "SessionOptions", "Verb", "accompany", "bar_ranges", "continue_", "infill", "replay", "transfer", "vary"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"composer.rework.{_HOMES[name]}"), name)
