"""What every verb does first and last: open the model and understand the piece; hand back the score with its report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from composer.brief import Brief
from composer.composing.session import OpenModel, open_model, own_notes_of
from composer.model.checkpoint import find_model, fingerprint
from composer.model.engines import engine_name
from composer.rework.context import Assumptions, Finished, Material, Progress, take_up
from composer.rework.result import Collaboration
from composer.rework.rework_report import report_on
from composer.rework.writing import Pen, settings_for
from composer.score import Score
from composer.tokenizer import Tokenizer


@dataclass
class Desk:
    """A verb at work.

    Attributes:
        material: the user's piece.
        brief: what is asked beyond the verb's own options.
        assumptions: what the user says of the piece.
        model: the opened model.
        pen: what samples.
        engine: its name where it has notes that are only its (`engine.ROUNDING`).
    """

    material: Material
    brief: Brief
    assumptions: Assumptions
    model: OpenModel
    pen: Pen
    engine: str | None = None

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""
        return self.model.tokenizer

    def hand_back(
        self, finished: Finished, verb: str, options: dict[str, Any], style: str | None = None, *, edits: bool = True
    ) -> Collaboration:
        """The finished piece with its report."""
        return Collaboration(
            score=finished.score,
            notation=finished.notation,
            verb=verb,
            options=options,
            brief=self.brief,
            assumptions=self.assumptions.to_dict(),
            streams=tuple(tuple(stream) for stream in self.pen.streams),
            style=style,
            model=self.model.folder.name,
            fingerprint=fingerprint(self.model.folder),
            report=report_on(self.material, self.brief, finished.score, self.pen.rules_passed_over),
            originality=self.model.originality(finished.score),
            edits=edits,
            adapter=self.model.own.to_dict() if self.model.own else None,
            engine=self.engine,
        )


def sit_down(
    score: Score,
    brief: Brief,
    assumptions: Assumptions | None,
    model: str | None,
    progress: Progress | None,
    engine: str | None = None,
) -> Desk:
    """Opens the model and understands the piece.

    Raises:
        ModelNotFoundError: there is no such model.
        BadInputError: the piece cannot be worked with.
    """
    assumptions = assumptions or Assumptions()
    material = take_up(score, assumptions)
    name = engine_name(engine)
    opened = open_model(find_model(model), name, brief)
    pen = Pen(opened.engine, settings_for(opened.settings, brief.temperature, brief.top_p), brief.seed, progress)
    return Desk(material, brief, assumptions, opened, pen, own_notes_of(name))
