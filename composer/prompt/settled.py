"""The result of settling the findings: the options, what each phrase means, and which phrases contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from composer.prompt.findings import IMPLIED, Finding

NOTHING_MORE = "nothing beyond the other words"  # a meaning: of a finding that sets nothing because others do
LEFT_OUT = "left out"  # the meaning of a player or a solo that the prompt does not want
NO_EFFECT = "no effect: "  # before the reason, in the meaning of a finding for which the piece has no place


class Conflict(NamedTuple):
    """Two phrases that contradict each other in one option."""

    option: str
    won: str
    lost: str


@dataclass(slots=True)
class Settled:
    """Options, and the phrases that led to them or were overridden; `meanings` is by the place of the finding.

    `named` are the instruments that a finding means, by its place, also those for which a piece has no staff.
    """

    options: dict[str, Any] = field(default_factory=dict)
    meanings: dict[int, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    named: dict[int, Sequence[str]] = field(default_factory=dict)

    @property
    def first_style(self) -> str:
        """The first style named, without its weight; empty if there is none."""
        return str(self.options.get("style", "")).partition(",")[0].partition(":")[0]

    def explain(self, place: int, meaning: str) -> None:
        """Adds to the meaning of a finding."""
        self.meanings[place] = f"{self.meanings[place]}, {meaning}" if place in self.meanings else meaning


def strength(finding: Finding) -> int:
    """How much a finding counts against others: `FIGURE`, `WORD` or `IMPLIED`."""
    return IMPLIED if finding.kind == "use" else finding.strength


def is_stated(finding: Finding) -> bool:
    """Whether the prompt states it, and does not merely imply it."""
    return strength(finding) > IMPLIED
