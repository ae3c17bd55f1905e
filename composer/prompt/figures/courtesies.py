"""Words of politeness and emphasis, which say nothing of the music: "I'd love", "a killer riff", "running late"."""

from __future__ import annotations

import re

from composer.prompt.figures.patterns import Rule, needing, whole

_PEOPLE = r"(?:i|we|you|they|he|she|who|everyone|everybody|people|kids|children|students|pupils|players|fans|guests)"
_MAY = r"(?:(?:'d|'ll| would| will| should| do| really| just| all| always| also| both| absolutely| simply| still| even)\b)*"
_AM = r"(?:(?:i'm|i am|we're|we are|(?:i|we|they|he|she)(?:'d| would| will|'ll) be|would be|'d be)"
_AM += r"(?: (?:so|very|really|more than|quite|just|also|a bit))*)"
_SOMEONE = r"(?:you|him|her|each other|one another|someone|somebody|my|no one|nobody)\b"
_FEELINGS = (
    "happy|glad|delighted|thrilled|excited|passionate|crazy|mad|afraid|sorry|desperate|proud|curious|dying|keen|eager|grateful"
)
_OF_WHAT = r"(?=,? (?:to|about|that|if|for|with|when|i|we|my|our|the|it|there|this|he|she|they)\b)"
_PRAISE = "lovely|sweet|great|wonderful|perfect|amazing|awesome|cool|nice|fun|brilliant|fantastic|super|ideal|fabulous"
_MUSIC = (
    "riffs?|beats?|grooves?|bass(?: ?lines?)?|hooks?|tracks?|tunes?|solos?|drops?|melody|melodies|chorus|loops?|licks?|song"
)
_SHINES = (
    "through|of|from|on|falls|falling|fades|shining|shines|breaks|over|across|behind"  # after "light" where it is not a mood
)
_PLAIN = "simple|slow|quiet|easy|basic|straight|plain|obvious|cheap"


def courtesy_rules() -> tuple[Rule, ...]:
    """Rules of kind "filler"; a feeling for a person is none, "I love you"."""
    return needing(
        r"\b(?:lov|ador|hop|wish|be|am|i'm|we're|are|killer|sick|wicked|monster|insane|crazy|dead|dirt|running|light|broken|regards|kick)",
        Rule("filler", re.compile(rf"{_PEOPLE}{_MAY} (?:love|loves|loved|adore|adores)\b(?! {_SOMEONE})"), whole),
        Rule("filler", re.compile(rf"(?:loves(?= (?!{_SOMEONE})[a-z])|love(?= (?:to|it|how|when|if|the way)\b))"), whole),
        Rule("filler", re.compile(rf"(?:{_PEOPLE}{_MAY} (?:hope|wish|trust|fear)|hoping)\b"), whole),
        Rule("filler", re.compile(rf"{_AM} (?:{_FEELINGS})\b{_OF_WHAT}"), whole),
        Rule("filler", re.compile(rf"(?:it|that|this)?(?: would|'d) be (?:so |very |really )?(?:{_PRAISE})\b"), whole),
        Rule("filler", re.compile(rf"(?:killer|sick|wicked|monster|insane)(?= (?:[a-z]+ )?(?:{_MUSIC})\b)"), whole),
        Rule("filler", re.compile(r"(?:crazy|insanely|ridiculously) (?=(?:good|catchy)\b)"), whole),
        Rule("filler", re.compile(r"kick(?:s|ed|ing)?(?: it| things| us)? off\b"), whole),  # no drum
        Rule("filler", re.compile(r"running (?:late|time|order|gag|joke|low)\b"), whole),
        Rule("filler", re.compile(rf"light(?= (?:{_SHINES})\b)"), whole),
        Rule("filler", re.compile(r"broken(?= (?:piano|toy|radio|clock|music box|machine|organ|accordion)\b)"), whole),
        Rule("filler", re.compile(rf"(?:dead|dirt)(?= (?:{_PLAIN})\b)"), whole),
        Rule("filler", re.compile(r"(?:with )?(?:(?:lots of|much|all my|all our) )?love from\b"), whole),
        Rule("filler", re.compile(r"(?:kind|warm|best|kindest|warmest) (?:regards|wishes)\b"), whole),
    )
