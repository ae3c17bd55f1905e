"""What the verbs of the partner give back, and its way to disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composer.formats.provenance import software
from composer.performance import EXPRESSION
from composer.pipeline.output import Manner, Progress, write_files
from composer.score import Score

if TYPE_CHECKING:
    from composer.render import Rendering


@dataclass(frozen=True, slots=True)
class Collaboration:
    """A user's piece with what was asked for, and how it came about.

    Attributes:
        score: the music; the user's own notes are as they were.
        verb: what was done: "continue", "infill", "accompany", "vary" or "transfer".
        options: what was asked, in plain names and numbers.
        streams: the token streams in which the new notes were written.
        seed: of the sampling.
        style: the style that the performance follows.
        model: name of the model.
        fingerprint: of the model's weights.
        report: how the piece was understood, what was kept, and measurements of the result.
        expression: how expressively it is played where it is played, 0-1.
    """

    score: Score
    verb: str
    options: dict[str, Any]
    streams: tuple[tuple[int, ...], ...]
    seed: int
    style: str | None
    model: str
    fingerprint: str
    report: dict[str, Any]
    expression: float = EXPRESSION

    @property
    def remarks(self) -> list[str]:
        """What came of it, in a line or two: how the piece was understood, and what became of its notes."""
        understood, notes = self.report["understood"], self.report["notes"]
        heard = f"{understood['bars']} bars in {understood['meter']}, {understood['key'] or 'no key'}"
        counts = f"{notes['kept']} of {notes['given']} given notes kept, {notes['new']} new"
        return [*understood["remarks"], heard, counts]

    @property
    def manner(self) -> Manner:
        """How it is played."""
        return {"expression": self.expression, "style": self.style, "seed": self.seed}

    def to_sidecar(self, rendering: Rendering | None = None) -> dict[str, Any]:
        """What was asked of which model and what came of it. The same verb, options, seed and file give the same notes."""
        played = {"rendering": rendering.to_dict()} if rendering else {}
        return {
            "software": software(),
            "model": {"name": self.model, "fingerprint": self.fingerprint},
            "verb": self.verb,
            "options": self.options,
            "streams": [list(stream) for stream in self.streams],
            "performance": self.manner,
            **played,
            "report": self.report,
        }

    def write(self, folder: Path, name: str, formats: Sequence[str], *, progress: Progress | None = None) -> list[Path]:
        """Writes `folder/name.<format>` for each format, and the sidecar; see `composer.pipeline.output.write`."""
        return write_files(self.score, folder, name, formats, self.model, self.manner, self.to_sidecar, progress=progress)
