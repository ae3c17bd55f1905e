"""The record of a finished piece, composed or made by a verb from a user's music, and its sidecar. Knows no sampling.

One record and one sidecar serve all of them; `kind` says which. Fields of one kind only are `None` or empty in the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composer.brief import Brief
from composer.composing.delivery import NO_DELIVERY, Delivery
from composer.composing.source import Source
from composer.errors import BadInputError
from composer.formats.engraving.layout import Layout
from composer.formats.provenance import Provenance, software
from composer.formats.sidecar import SCHEMA_VERSION, read_sidecar
from composer.performance import EXPRESSION
from composer.plan import Plan
from composer.records import fields, number, reason, rows, text, whole
from composer.score import Score

if TYPE_CHECKING:
    from composer.render import Rendering

COMPOSED = "compose"  # the kind of a piece that was composed from a brief; other kinds are names of verbs
_MOST_IDS = 1_000_000  # in a stream of a sidecar
_MOST_STREAMS = 100_000
_MOST_FORMATS = 100


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """The model that wrote a piece.

    Attributes:
        name: of its folder.
        fingerprint: of its weights.
        adapter: name and fingerprint of the user style that was merged into it, if any.
        engine: the engine, where its notes are not those of the other engines (`engines.ROUNDING`).
    """

    name: str
    fingerprint: str
    adapter: Mapping[str, str] | None = None
    engine: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For sidecars."""
        adapter = {"adapter": dict(self.adapter)} if self.adapter else {}
        engine = {"engine": self.engine} if self.engine else {}
        return {"name": self.name, "fingerprint": self.fingerprint, **adapter, **engine}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> ModelRecord:
        """The model that a sidecar names.

        Raises:
            KeyError, TypeError, ValueError: the sidecar is damaged.
        """
        adapter, engine = content.get("adapter"), content.get("engine")
        return cls(
            text(content["name"]),
            text(content["fingerprint"]),
            {name: text(value) for name, value in fields(adapter).items()} if adapter is not None else None,
            text(engine) if engine is not None else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceRecord:
    """A finished piece and how it was made.

    Attributes:
        score: the music; of a verb, the user's notes are as they were.
        brief: what was requested, seed included; of a verb, beyond its `options`.
        model: the model that wrote it.
        streams: the token streams that were sampled; of a composed piece one, from which the score can be decoded.
        report: requested against measured.
        originality: the longest passage that is in the model's training music, or that this was not checked.
        kind: `COMPOSED`, or the name of a verb.
        style: the style that the performance follows.
        plan: what was chosen before composing; of a composed piece.
        prompt: how a free-text prompt was read, if there was one.
        influence: the piece that inspired this one and how much of it was used, if there was one.
        tries: where a piece was composed again because of faults, the faults of each try and the number kept.
        candidates: where several were written, their number, the one kept and the critic's verdicts.
        options: the verb's own options.
        assumptions: meter and key of the user's piece, where the user stated them, as texts.
        source: the file that the user's piece came in, if any.
        edits: whether the score is the user's with notes taken out and put in, rather than another one.
        notation: the score in full bars and on the grid, for sheet music; `None` where `score` is that already.
        expression: expressiveness of the rendered audio and performance MIDI, 0 to 1.
        layout: choices about its sheet music.
        delivery: the names in its files and the sound that it is rendered with.
    """

    score: Score
    brief: Brief
    model: ModelRecord
    streams: tuple[tuple[int, ...], ...]
    report: dict[str, Any]
    originality: dict[str, Any]
    kind: str = COMPOSED
    style: str | None = None
    plan: Plan | None = None
    prompt: Mapping[str, Any] | None = None
    influence: Mapping[str, Any] | None = None
    tries: Mapping[str, Any] | None = None
    candidates: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    assumptions: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None
    edits: bool = False
    notation: Score | None = None
    expression: float = EXPRESSION
    layout: Layout = field(default_factory=Layout)
    delivery: Delivery = NO_DELIVERY

    @property
    def ids(self) -> tuple[int, ...]:
        """The stream of a composed piece; the first one of a verb, empty if it sampled none."""
        return self.streams[0] if self.streams else ()

    @property
    def is_composed(self) -> bool:
        """Whether the piece was composed from a brief, rather than made from a user's music."""
        return self.kind == COMPOSED

    @property
    def edited_source(self) -> Source | None:
        """The user's MIDI file, if the piece is written by editing it."""
        return self.source if self.edits and self.source is not None and self.source.is_midi else None

    @property
    def provenance(self) -> Provenance:
        """What the files say about how they were made."""
        return self.delivery.provenance(self.model.name, self.brief.seed, shared=not self.is_composed)

    def to_sidecar(self, rendering: Rendering | None = None, formats: Sequence[str] = ()) -> dict[str, Any]:
        """Everything that a replay needs (but a verb's source file), what was measured, and how the files were made."""
        of_kind: dict[str, Any]
        if self.plan is not None:
            of_kind = {"plan": self.plan.to_dict()}
        else:
            of_kind = {"options": dict(self.options), "assumptions": dict(self.assumptions)}
        optional = {
            "source": self.source and self.source.to_dict(),
            "layout": self.layout.to_dict(),
            "delivery": self.delivery.to_dict(),
            "rendering": rendering and rendering.to_dict(),
            "candidates": self.candidates,
            "tries": self.tries,
            "prompt": self.prompt,
            "influence": self.influence,
        }
        return {
            "schema": SCHEMA_VERSION,
            "software": software(),
            "kind": self.kind,
            "formats": list(formats),
            "model": self.model.to_dict(),
            "brief": self.brief.to_dict(),
            **of_kind,
            "streams": [list(stream) for stream in self.streams],
            "performance": {"expression": self.expression, "style": self.style, "seed": self.brief.seed},
            "report": self.report,
            "originality": self.originality,
            **{name: value for name, value in optional.items() if value},
        }


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A sidecar that was read, as far as all kinds share it.

    Attributes:
        path: of the file.
        content: all of it.
        kind, brief, model, streams, expression, layout, delivery, candidates: as in `PieceRecord`.
        formats: the formats that were written with it; none in sidecars of older versions.
    """

    path: Path
    content: Mapping[str, Any]
    kind: str
    brief: Brief
    model: ModelRecord
    streams: tuple[tuple[int, ...], ...]
    expression: float
    layout: Layout
    delivery: Delivery
    candidates: Mapping[str, Any] | None
    formats: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Sidecar:
        """A sidecar.

        Raises:
            BadInputError: the file cannot be read, is of another version of Cantilena, or is damaged.
        """
        content = read_sidecar(path)
        if (version := content.get("schema")) != SCHEMA_VERSION and "model" in content:
            raise BadInputError(
                f"{path} has schema {version!r}, this version of Cantilena replays schema {SCHEMA_VERSION}: "
                "replay it with the version that its field 'software' names"
            )
        try:
            return cls(
                path,
                content,
                text(content["kind"]),
                Brief.from_dict(fields(content["brief"])),
                ModelRecord.from_dict(fields(content["model"])),
                tuple(
                    tuple(whole(token, 0, _MOST_IDS) for token in rows(stream, _MOST_IDS))
                    for stream in rows(content["streams"], _MOST_STREAMS)
                ),
                number(content.get("performance", {}).get("expression", EXPRESSION), 0.0, 1.0),
                Layout.from_dict(content.get("layout", {})),
                Delivery.from_sidecar(content),
                dict(fields(content["candidates"])) if content.get("candidates") else None,
                tuple(text(name) for name in rows(content.get("formats", []), _MOST_FORMATS)),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise damaged(path, error) from None


def damaged(path: Path, error: Exception) -> BadInputError:
    """The error that says that a sidecar is incomplete or was edited."""
    return BadInputError(f"{path} is not a valid sidecar ({reason(error)}): restore the file that was written with the piece")
