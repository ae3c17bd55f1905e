"""What the verbs of the partner give back, and its way to disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composer.brief import Brief
from composer.composing.delivery import NO_DELIVERY, Delivery
from composer.composing.output import Manner, Progress, model_record, write_files
from composer.composing.report import shared_passage
from composer.files import Existing
from composer.formats.engraving.layout import Layout
from composer.formats.provenance import software
from composer.formats.sidecar import SCHEMA_VERSION
from composer.performance import EXPRESSION
from composer.rework.source import Source
from composer.score import Score

if TYPE_CHECKING:
    from composer.render import Rendering

_EDITED = ("mid", "midi")  # the formats in which a user's file is edited


@dataclass(frozen=True, slots=True)
class Collaboration:
    """A user's piece with what was asked for, and how it came about.

    Attributes:
        score: the music; the user's own notes are as they were.
        notation: the same in true bars and on the grid, for sheet music.
        verb: what was done: a name in `composer.rework.VERBS`.
        options: the verb's own options.
        brief: what was asked beyond them.
        assumptions: metre and key, where the user stated them, as texts.
        streams: the token streams in which the new notes were written.
        style: the style that the performance follows.
        model: name of the model.
        fingerprint: of the model's weights.
        report: how the piece was understood, what was kept, and measurements of the result.
        originality: the longest passage that stands in the model's training music, or that this was not checked.
        edits: whether the score is the user's with notes taken out and put in, rather than another one.
        expression: how expressively it is played where it is played, 0-1.
        adapter: name and fingerprint of the own style that was merged into the model, if there was one.
        source: the file that the piece came in, if it came in one.
        layout: choices about its sheet music.
        engine: the engine that wrote it, where it has notes that are only its (`engine.ROUNDING`).
        delivery: the names on its files and the sound that it is rendered with.
    """

    score: Score
    notation: Score
    verb: str
    options: dict[str, Any]
    brief: Brief
    assumptions: dict[str, str]
    streams: tuple[tuple[int, ...], ...]
    style: str | None
    model: str
    fingerprint: str
    report: dict[str, Any]
    originality: dict[str, Any]
    edits: bool = True
    expression: float = EXPRESSION
    adapter: Mapping[str, str] | None = None
    source: Source | None = None
    layout: Layout = field(default_factory=Layout)
    engine: str | None = None
    delivery: Delivery = NO_DELIVERY

    @property
    def remarks(self) -> list[str]:
        """What came of it, in a line or two: how the piece was understood, and what became of its notes."""
        understood = self.report["understood"]
        heard = f"{understood['bars']} bars in {understood['meter']}, {understood['key'] or 'no key'}"
        counts = self._kept()
        edited = self.source.remarks(self.score) if self.source and self._is_edit else []
        return [
            *understood["remarks"],
            *edited,
            heard,
            counts,
            *self.report.get("warnings", []),
            *shared_passage(self.originality),
        ]

    def _kept(self) -> str:
        """What became of the given notes."""
        notes = self.report["notes"]
        if melody := notes.get("melody"):
            lead = self.score.parts[notes["melody_part"]].name
            return f"the melody is kept ({melody} notes, in {lead}), and key, meter and form; all else is new"
        return f"{notes['kept']} of {notes['given']} given notes kept, {notes['new']} new"

    @property
    def _is_edit(self) -> bool:
        return self.edits and self.source is not None and self.source.is_midi

    @property
    def manner(self) -> Manner:
        """How it is played."""
        return {"expression": self.expression, "style": self.style, "seed": self.brief.seed}

    def to_sidecar(self, rendering: Rendering | None = None) -> dict[str, Any]:
        """What was asked of which model with which file, and what came of it: all that `replay` needs but the file."""
        played = {"rendering": rendering.to_dict()} if rendering else {}
        return {
            "schema": SCHEMA_VERSION,
            "software": software(),
            "model": model_record(self.model, self.fingerprint, self.adapter, self.engine),
            "verb": self.verb,
            "options": self.options,
            "brief": self.brief.to_dict(),
            "assumptions": self.assumptions,
            **({"source": self.source.to_dict()} if self.source else {}),
            "streams": [list(stream) for stream in self.streams],
            "performance": self.manner,
            **({"layout": layout} if (layout := self.layout.to_dict()) else {}),
            **({"delivery": self.delivery.to_dict()} if self.delivery.to_dict() else {}),
            **played,
            "report": self.report,
            "originality": self.originality,
        }

    def to_midi(self) -> bytes:
        """The MIDI file that `write` writes."""
        from composer.formats.midi.midi_score import midi_bytes

        provenance = self.delivery.provenance(self.model, self.brief.seed, shared=True)
        if self.source and self._is_edit:
            return self.source.edited(self.score, provenance)
        return midi_bytes(self.score, provenance)

    def write(
        self,
        folder: Path,
        name: str,
        formats: Sequence[str],
        *,
        existing: Existing = Existing.NUMBER,
        sources: Sequence[Path] = (),
        progress: Progress | None = None,
    ) -> list[Path]:
        """Writes `folder/name.<format>` for each format, and the sidecar; see `composer.composing.output.write`.

        A MIDI file that was edited is written as it came, with its notes changed and nothing else.
        """
        provenance = self.delivery.provenance(self.model, self.brief.seed, shared=True)
        edited = [item for item in formats if item in _EDITED and self._is_edit]
        ready = dict.fromkeys(edited, self.to_midi()) if edited else {}
        return write_files(
            self.score,
            folder,
            name,
            formats,
            provenance,
            self.manner,
            self.to_sidecar,
            notation=self.notation,
            ready=ready,
            layout=self.layout,
            sound=self.delivery.sound,
            existing=existing,
            sources=sources,
            progress=progress,
        )
