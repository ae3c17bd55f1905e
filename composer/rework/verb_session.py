"""Steps shared by all verbs: open the model, understand the user's piece, write candidates, keep and record the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from composer.brief import Brief
from composer.composing.candidates import checked_count, pick
from composer.composing.record import PieceRecord
from composer.composing.session import OpenModel, open_model
from composer.model.checkpoint import find_model
from composer.model.engines import engine_name
from composer.plan.styles import choose_style
from composer.rework.material import Finished, Material, Progress, understand_material
from composer.rework.rework_report import report_on
from composer.rework.stream_sampler import StreamSampler
from composer.score import Score
from composer.tokenizer import Tokenizer
from composer.understanding import Assumptions


class SessionOptions(TypedDict, total=False):
    """Options that all verbs take in addition to their arguments.

    Keys:
        assumptions: the piece's meter and key, where its file is silent or wrong.
        model: name or path of a model; by default the packaged one.
        engine: a name among `engines.ENGINES`; by default as `engines.engine_name` says.
        candidates: 1 to 16 versions are written, and the critic keeps the best.
        take: number of the only candidate to write, from 0; for replays.
        progress: called with the fraction of the bars written, 0 to 1.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: a value out of its range, or a piece that cannot be worked with.
    """

    assumptions: Assumptions | None
    model: str | None
    engine: str | None
    candidates: int
    take: int | None
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Session:
    """A verb at work on a user's piece.

    Attributes:
        material: the piece, understood.
        brief: what is requested beyond the verb's own options.
        assumptions: what the user states about the piece.
        model: the opened model.
        takes: numbers of the candidates to write.
        progress: called with the fraction of the bars written, 0 to 1.
    """

    material: Material
    brief: Brief
    assumptions: Assumptions
    model: OpenModel
    takes: range
    progress: Progress | None = None

    @classmethod
    def open(cls, score: Score, brief: Brief, options: SessionOptions) -> Session:
        """Opens the model and understands the piece.

        Raises:
            ModelNotFoundError, BadInputError: see `SessionOptions`.
        """
        assumptions, take = options.get("assumptions") or Assumptions(), options.get("take")
        count = checked_count(options.get("candidates", 1))
        return cls(
            understand_material(score, assumptions),
            brief,
            assumptions,
            open_model(find_model(options.get("model")), engine_name(options.get("engine")), brief),
            range(count) if take is None else range(take, take + 1),
            options.get("progress"),
        )

    def in_key(self, material: Material) -> Session:
        """The session with chords that the brief gives as Roman numerals in the key in which a piece is worked on.

        Raises:
            BadInputError: there are Roman numerals, and the piece has no key.
        """
        return replace(self, brief=self.brief.in_key(material.key))

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""
        return self.model.tokenizer

    def run(self, verb: str, options: Mapping[str, Any], write: Callable[[StreamSampler], Finished]) -> PieceRecord:
        """Writes the candidates and gives the record of the best.

        Args:
            verb: its name.
            options: options of the verb, as sidecars record them.
            write: writes one candidate with a sampler.
        """
        settings = self.model.settings_for(self.brief)
        samplers = [
            StreamSampler(self.model.engine, self.tokenizer, settings, self.brief.seed, take, self._progress_of(place))
            for place, take in enumerate(self.takes)
        ]
        made = [self._record(verb, options, write(sampler), sampler) for sampler in samplers]
        chosen, judged = pick(made, samplers, self.model) if len(made) > 1 else (0, None)
        best = made[chosen]
        given = self.material.user if best.edits else self.material.understood.score
        return replace(best, originality=self.model.originality(best.score, given), candidates=judged)

    def _progress_of(self, place: int) -> Progress | None:
        """The progress of one candidate as part of the whole."""
        progress, count = self.progress, len(self.takes)
        return None if progress is None else lambda fraction: progress((place + fraction) / count)

    def _record(self, verb: str, options: Mapping[str, Any], finished: Finished, sampler: StreamSampler) -> PieceRecord:
        choice = choose_style(self.brief) if self.brief.style else None
        return PieceRecord(
            score=finished.score,
            brief=self.brief,
            model=self.model.record,
            streams=tuple(tuple(stream) for stream in sampler.streams),
            report=report_on(self.material, self.brief, finished, sampler.rules_passed_over),
            originality={},
            kind=verb,
            style=finished.style if choice is None else choice.preset.name or next(iter(choice.tokens), None),
            options=dict(options),
            assumptions=self.assumptions.to_dict(),
            edits=finished.edits,
            notation=finished.notation,
        )
