"""Guides: turn what is known of a piece into a stream that is partly forced, partly masked and otherwise sampled.

A `Script` states what is known in advance (header, openings, given parts and bars); a `ScriptGuide` follows it while the
sampler runs; each `Rule` removes ids that the state does not allow. `PlanGuide` guides a piece composed from a plan.

A guided stream cannot hold a malformed bar (grammar), leave the meter or the number of bars, or play outside a part's range. No
part rests for long, three to five voices do not move in parallel, a section that returns unchanged is repeated exactly, and
the last bar is on the tonic.
"""

from composer.guide.frame import skeleton
from composer.guide.guide import ScriptGuide
from composer.guide.plan_guide import PlanGuide, rules_of
from composer.guide.plan_script import functional_ranges, header_of, script_of, stated_chords
from composer.guide.rule import NoteRule, Rule
from composer.guide.script import BarScript, Script, closed_with_returns
from composer.guide.walk import Walk

__all__ = [
    "BarScript",
    "NoteRule",
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
    "stated_chords",
]
