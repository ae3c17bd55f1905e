"""Guides: from what is settled of a piece to a stream that is partly forced, partly masked, and sampled for the rest.

A `Script` says what is known beforehand (header, openings, parts and bars that are given); a `ScriptGuide` walks along it
beside the sampler; each `Rule` takes away what the state does not allow. `PlanGuide` guides a piece composed from nothing.

A guided stream cannot hold a malformed bar (grammar), leave the metre or the number of bars, or play outside a part's range. No
part rests for long, three to five voices do not move in parallel, a section that the form brings back unchanged is repeated to
the letter, and the last bar is on the tonic.
"""

from composer.guide.frame import skeleton
from composer.guide.guide import ScriptGuide
from composer.guide.plan_guide import PlanGuide, functional_ranges, header_of, rules_of, script_of
from composer.guide.script import BarScript, Script, closed_with_returns
from composer.guide.walk import Rule, Walk

__all__ = [
    "BarScript",
    "PlanGuide",
    "Rule",
    "Script",
    "ScriptGuide",
    "Walk",
    "closed_with_returns",
    "functional_ranges",
    "header_of",
    "rules_of",
    "script_of",
    "skeleton",
]
