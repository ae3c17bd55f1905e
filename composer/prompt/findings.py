"""Findings: the statements of a prompt, as reading makes them and settling takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from composer.prompt.lexicon import Sense

# Strengths: "total 35 s" overrides a number, a number a word, a word what a use implies.
TOTAL, FIGURE, WORD, IMPLIED = 4, 3, 2, 1
NOT_QUITE = 0.4  # degree of "not fast"
PACES = ("tempo", "speed", "bpm")  # kinds of findings that state a tempo
PLEASANT = 0.5  # valence of a mood that the words imply and do not name
AFTER_LAST_HIT_S = 2.0  # up to the end of the piece, for the last hit to sound


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement of a prompt.

    Attributes:
        kind: a head sense of the lexicon, "part" for ensembles and instruments, or "exclusion" for parts to leave out.
        value: as the lexicon or the grammar gives it; of parts and exclusions, the segment.
        phrase: the words of the prompt.
        strength: `FIGURE`, `WORD` or `IMPLIED`.
        degree: how strongly a mood or a tempo is meant, 1 as stated.
        share: share of a style in a mixture, 0 to 1, if given.
        count: how many players of a part; 0 if not given.
        is_bare: of a part, that no "for" or "with" precedes it: "a string quartet", not "for string quartet".
        is_correction: whether it follows "no wait" or "make that".
        is_change: of a mood or a tempo, whether the one before changes into it: "calm, then tense".
        is_sudden: of a tempo, whether it does so at once: "slow, then fast", not "from slow to fast".
        is_turn: of a mood or a style, whether words such as "then" or "turns into" are between a tempo and it.
        is_start: of a mood, whether the piece only begins with it: "starts quiet", "quiet start", "from despair to joy".
        is_end: of a mood, whether the piece only ends with it: "a huge ending".
        is_last: of a mood of the end, whether only the last section has it: "a calm ending", not "grows to a calm ending".
        is_middle: of a mood, whether only the middle has it: "a storm in the middle".
        is_added: of a part, whether it joins a band ("with organ", "walking bass") and is not the whole line-up.
        is_for: of a part, whether it is in a list that "for" opens and that says who plays.
        is_only: of a part, whether it is in a list after "only".
        is_acting: of a part, whether the words after it say when it has the melody: "the saxes take the bridge".
        is_leading: of a part, whether it is said to lead: "flute melody".
        is_solo: of a part, whether "solo" follows it: "a guitar solo".
        is_of_genre: of a part, whether the name of a genre or its band follows it: "tenor sax jazz", "tenor sax jazz trio".
        opens_list: of a part, whether it is the first of the players of the group right before it: "brass: trumpet and horn".
        is_listed: of a part, whether a colon opens the list that it is in: "a cabaret song: accordion and bass".
        is_described: of a part, whether a word before it says how it plays: "staccato bassoon".
        is_definite: of a part, whether an article says that it is known: "led by the violin".
        nth: of a part, which of several of an instrument it is, 2 for "the second violin"; 0 if not given.
        is_likened: of a part, whether something only sounds like it: "as if played on a piano".
        clause: number of the clause that it is in.
        place: of the piece, of which it is said, as settings of sections call it, or `composer.prompt.scopes`; else empty.
        first: index of its first word in the prompt, without modifiers before it.
        last: index after its last word.
    """

    kind: str
    value: Any
    phrase: str
    strength: int = WORD
    degree: float = 1.0
    share: float | None = None
    count: int = 0
    is_bare: bool = False
    is_correction: bool = False
    is_change: bool = False
    is_sudden: bool = False
    is_turn: bool = False
    is_start: bool = False
    is_end: bool = False
    is_last: bool = False
    is_middle: bool = False
    is_added: bool = False
    is_for: bool = False
    is_only: bool = False
    is_acting: bool = False
    is_leading: bool = False
    is_solo: bool = False
    is_of_genre: bool = False
    opens_list: bool = False
    is_listed: bool = False
    is_described: bool = False
    is_definite: bool = False
    nth: int = 0
    is_likened: bool = False
    clause: int = 0
    place: str = ""
    first: int = 0
    last: int = 0


@dataclass(slots=True)
class Reading:
    """Findings in reading order, and the phrases that were not understood."""

    findings: list[Finding] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def senses_of_part(finding: Finding) -> dict[str, Any]:
    """The senses of a part among "style", "ensemble" and "instrument"."""
    senses: tuple[Sense, ...] = finding.value.senses
    kinds = {"style": "style", "hint": "style", "ensemble": "ensemble", "instrument": "instrument"}
    return {kinds[sense.kind]: sense.value for sense in senses if sense.kind in kinds}
