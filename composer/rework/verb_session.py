"""Steps shared by all verbs: open the model, understand the user's piece, write candidates, keep and record the best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, update_wrapper
from typing import Any, Generic, ParamSpec, TypedDict

from composer.brief import Brief
from composer.composing.candidates import checked_count, pick
from composer.composing.record import PieceRecord
from composer.composing.session import OpenModel, open_model
from composer.model.checkpoint import find_model
from composer.model.engines import engine_name
from composer.plan.choices import choose_polyphony, spread_chords
from composer.plan.styles import choose_style
from composer.presets import EnsemblePart
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


Arguments = ParamSpec("Arguments")
Work = Callable[[], PieceRecord]  # writes a piece for a request that has been checked


class VerbFunction(Generic[Arguments]):
    """The function of a verb: a call writes a piece.

    Attributes:
        prepare: takes the same arguments, refuses what the piece cannot meet, opens no model, and gives what writes the piece.
    """

    def __init__(self, prepare: Callable[Arguments, Work]) -> None:
        update_wrapper(self, prepare)
        self.prepare = prepare

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> PieceRecord:
        """The record of the piece."""
        return self.prepare(*args, **kwargs)()


@dataclass(frozen=True)
class Session:
    """A verb at work on a user's piece.

    Attributes:
        material: the piece, understood.
        brief: what is requested beyond the verb's own options.
        assumptions: what the user states about the piece.
        model_name: of the model, or its path; `None` for the packaged one.
        engine: a name among `engines.ENGINES`, or `None`.
        takes: numbers of the candidates to write.
        progress: called with the fraction of the bars written, 0 to 1.
    """

    material: Material
    brief: Brief
    assumptions: Assumptions
    model_name: str | None
    engine: str | None
    takes: range
    progress: Progress | None = None

    @classmethod
    def open(cls, score: Score, brief: Brief, options: SessionOptions) -> Session:
        """Understands the piece.

        Raises:
            BadInputError: see `SessionOptions`.
        """
        assumptions, take = options.get("assumptions") or Assumptions(), options.get("take")
        count = checked_count(options.get("candidates", 1))
        return cls(
            understand_material(score, assumptions),
            brief,
            assumptions,
            options.get("model"),
            options.get("engine"),
            range(count) if take is None else range(take, take + 1),
            options.get("progress"),
        )

    @cached_property
    def model(self) -> OpenModel:
        """The model, opened when it is needed."""
        return open_model(find_model(self.model_name), engine_name(self.engine), self.brief)

    def settled(self, material: Material, players: Sequence[EnsemblePart], bars: int) -> Session:
        """The session with chords that the brief gives as Roman numerals in the key in which a piece is worked on.

        Args:
            material: the piece.
            players: of the result.
            bars: the number of bars to which the chords are spread.

        Raises:
            BadInputError: there are Roman numerals and the piece has no key, more bars of chords than bars, or more notes at
                once than the players can sound.
        """
        brief = self.brief.in_key(material.key)
        spread_chords(brief.chords, bars)
        choose_polyphony(brief, players)
        return replace(self, brief=brief)

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
