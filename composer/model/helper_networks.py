"""Small packaged networks that help the note model: finding, loading, and the vocabulary beside their weights.

A folder holds the weights and a JSON file with the network's styles and chords. Knows nothing of what a network writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

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


@dataclass(frozen=True)  # no slots: with them Python 3.11 cannot call Helper[Table]
class Helper(Generic[Table]):
    """A loaded network and its vocabulary, or a table with an entry per id."""

    engine: Engine
    table: Table


@dataclass(frozen=True)
class HelperPackage(Generic[Table]):
    """A network that is installed with the package.

    Attributes:
        name: of its folder.
        what: the network in words, for errors.
        file: name of the vocabulary's file.
        build: makes the table from the styles and chords in that file.
    """

    name: str
    what: str
    file: str
    build: Callable[[tuple[str, ...], tuple[str, ...]], Table]

    def find(self) -> Path:
        """The folder of the network.

        Raises:
            ModelNotFoundError: it is not installed.
        """
        for root in MODEL_FOLDERS:
            if (root / self.name / WEIGHTS_FILE).is_file():
                return root / self.name
        raise ModelNotFoundError(f"the {self.what} {self.name} is not installed: install the package again")

    def load(self, folder: Path) -> Helper[Table]:
        """Reads a folder of this network.

        Raises:
            BadInputError: a file in it is damaged.
        """
        content = read_json(folder / self.file)
        try:
            table = self.build(tuple(content["styles"]), tuple(content["chords"]))
        except (AssertionError, KeyError, TypeError, ValueError):
            raise BadInputError(f"{folder / self.file} is damaged: restore the file that was released") from None
        engine = engines.load(folder, engines.EMBEDDED_ENGINE)
        if len(table) != engine.config.vocab_size:
            raise BadInputError(f"{folder} holds {engine.config.vocab_size} ids, its vocabulary {len(table)}: restore it")
        return Helper(engine, table)

    @cached_property
    def installed(self) -> Helper[Table]:
        """The installed network, read once.

        Raises:
            ModelNotFoundError, BadInputError: as `find` and `load`.
        """
        return self.load(self.find())
