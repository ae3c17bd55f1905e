"""Small packaged networks that help the note model: finding, loading, and the vocabulary that lies beside their weights.

A folder holds the weights and a JSON file with the network's styles and chords. Knows nothing of what a network writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from composer.errors import BadInputError, ModelNotFoundError
from composer.model import engines
from composer.model.checkpoint import MODEL_FOLDERS, WEIGHTS_FILE, read_json
from composer.model.engines import Engine
from composer.model.sampling import Shorten

_BAR = "Left_"  # what the first id of each bar is called


class NamedTokens:
    """A vocabulary as a list of names; the id of a token is its index."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """All names, by id."""
        raise NotImplementedError

    @cached_property
    def ids(self) -> dict[str, int]:
        """Ids by name."""
        return {token: index for index, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def shortened_to(self, kept: int) -> Shorten:
        """What shortens a stream to its header and its latest ids."""

        def shorten(ids: Any) -> Any:
            head = next(place for place, token in enumerate(ids) if self.tokens[token].startswith(_BAR))
            return [*ids[:head], *ids[-kept:]]

        return shorten


Table = TypeVar("Table", bound=Sized)


def find_helper(name: str, what: str) -> Path:
    """The folder of a packaged network.

    Args:
        name: of the folder.
        what: the network in words, for the error.

    Raises:
        ModelNotFoundError: it is not installed.
    """
    for root in MODEL_FOLDERS:
        if (root / name / WEIGHTS_FILE).is_file():
            return root / name
    raise ModelNotFoundError(f"the {what} {name} is not installed: install the package again")


def load_helper(folder: Path, file: str, build: Callable[[tuple[str, ...], tuple[str, ...]], Table]) -> tuple[Engine, Table]:
    """Reads a network's folder.

    Args:
        folder: with weights and vocabulary.
        file: name of the vocabulary's file.
        build: makes of styles and chords the vocabulary, or a table with an entry per id.

    Raises:
        BadInputError: a file in it is damaged.
    """
    content = read_json(folder / file)
    try:
        table = build(tuple(content["styles"]), tuple(content["chords"]))
    except (AssertionError, KeyError, TypeError, ValueError):
        raise BadInputError(f"{folder / file} is damaged: restore the file that was released") from None
    engine = engines.load(folder, engines.EMBEDDED_ENGINE)
    if len(table) != engine.config.vocab_size:
        raise BadInputError(f"{folder} holds {engine.config.vocab_size} ids, its vocabulary {len(table)}: restore it")
    return engine, table
