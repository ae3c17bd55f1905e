"""Open models, each loaded once: tokenizer, engine and settings, with a user style merged in if the brief names one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from composer.brief import Brief
from composer.composing.record import ModelRecord
from composer.composing.user_style import Merged, merged_style
from composer.errors import BadInputError
from composer.model import engines
from composer.model.checkpoint import GENERATION_FILE, HUMAN_LIKELIHOOD, fingerprint, load_generation_config
from composer.model.engines import Engine
from composer.model.sampling import Settings
from composer.originality import check_originality, load_index
from composer.records import number
from composer.score import Score
from composer.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A model in memory.

    Attributes:
        folder: of its files.
        tokenizer: its tokenizer.
        engine: its network.
        settings: its sampling settings.
        user_style: the user style that is merged into it, if any.
        human_likelihood: mean log-likelihood per sampled token (nats) on held-out human music; `None` if not measured.
        exclusive_engine: the engine's name where its notes are not those of the other engines (`engines.ROUNDING`).
    """

    folder: Path
    tokenizer: Tokenizer
    engine: Engine
    settings: Settings
    user_style: Merged | None = None
    human_likelihood: float | None = None
    exclusive_engine: str | None = None

    @property
    def record(self) -> ModelRecord:
        """The model as recorded in sidecars."""
        adapter = self.user_style.to_dict() if self.user_style else None
        return ModelRecord(self.folder.name, fingerprint(self.folder), adapter, self.exclusive_engine)

    def settings_for(self, brief: Brief) -> Settings:
        """The model's sampling settings, overridden by those of the brief."""
        return replace(
            self.settings,
            temperature=self.settings.temperature if brief.temperature is None else brief.temperature,
            top_p=self.settings.top_p if brief.top_p is None else brief.top_p,
        )

    def originality(self, score: Score, given: Score | None = None) -> dict[str, Any]:
        """The longest passage of a score in the training music, for sidecars; with a user style, also in the user's pieces.

        Passages of `given`, on the same time line, do not count.
        """
        found = check_originality(score, load_index(self.folder), given).to_dict()
        if self.user_style:
            found["own"] = check_originality(score, load_index(self.user_style.path.parent), given).to_dict()
        return found


def open_model(folder: Path, engine_name: str | None = None, brief: Brief | None = None) -> OpenModel:
    """The model in a folder, with the user style that a brief names merged in.

    Args:
        folder: as `find_model` gives it.
        engine_name: a name among `engine.ENGINES`; by default as `engine.engine_name` says.
        brief: the request.

    Raises:
        BadInputError: the user style was learned on another model, or there are several.
    """
    return _opened(folder, engine_name, merged_style(brief, folder) if brief else None)


@lru_cache(maxsize=4)
def _opened(folder: Path, engine_name: str | None, user_style: Merged | None) -> OpenModel:
    defaults = load_generation_config(folder)
    engine = engines.load(folder, engine_name, user_style.path if user_style else None)
    try:
        settings = Settings(
            temperature=number(defaults.get("temperature", 1.0), 0.01, 10.0),
            top_p=number(defaults.get("top_p", 1.0), 0.01, 1.0),
            min_p=number(defaults.get("min_p", 0.0), 0.0, 1.0),
            window=engine.config.max_position_embeddings,
        )
        likelihood = defaults.get(HUMAN_LIKELIHOOD)
        likelihood = None if likelihood is None else number(likelihood, -1e6, 1e6)
    except ValueError as error:
        raise BadInputError(
            f"{folder / GENERATION_FILE} is damaged ({error}): restore the file that was released with the model"
        ) from None
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    return OpenModel(folder, tokenizer, engine, settings, user_style, likelihood, exclusive_engine(engine_name))


def exclusive_engine(name: str | None) -> str | None:
    """The name of an engine if its notes are not those of the other engines, for sidecars."""
    return name if name in engines.ROUNDING else None
