"""Who made a file: the lines that say that a machine composed it.

One sentence, the same in every format, that no reader can take for a human's copyright claim. It is found again in a file
that is converted, and goes on with it. Other people's music, converted, carries Cantilena's name as the writing software and
nothing more. Knows no file format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from composer.formats.files import read_bytes

_MAX_BYTES = 15_000_000
_COMPOSED, _SHARED = "no human authorship claimed", "the rest as it was given"
_SENTENCE = re.compile(
    rf"composed by AI(?: \((?:model ([^,()<]+))?(?:, )?(?:seed (\d+))?\))?, ({_COMPOSED}|{_SHARED})".encode()
)


def software() -> str:
    """Name and version of the writing program, such as "Cantilena 0.1.0" ("Cantilena" from a bare checkout)."""
    try:
        return f"Cantilena {version('cantilena')}"
    except PackageNotFoundError:
        return "Cantilena"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a composition comes from: the checkpoint's name and the seed it can be made again with.

    Attributes:
        model: name of the checkpoint.
        seed: of the sampling.
        shared: whether a person's music is in it too.

    >>> Provenance("cantilena-base", 7).sentence().partition(": ")[2]
    'composed by AI (model cantilena-base, seed 7), no human authorship claimed'
    >>> Provenance(shared=True).sentence().partition(": ")[2]
    'partly composed by AI, the rest as it was given'
    """

    model: str = ""
    seed: int | None = None
    shared: bool = False

    @property
    def composer(self) -> str:
        """Who is named as the composer: the program, and nobody where a person has a share."""
        return "" if self.shared else software()

    def sentence(self) -> str:
        """The disclosure as one line of text."""
        details = [f"model {self.model}"] * bool(self.model) + [f"seed {self.seed}"] * (self.seed is not None)
        how = f" ({', '.join(details)})" if details else ""
        return f"{software()}: {'partly ' * self.shared}composed by AI{how}, {_SHARED if self.shared else _COMPOSED}"


def find_provenance(path: Path) -> Provenance | None:
    """What a file says about its making, if it is one of ours; the formats that can be read hold the sentence as plain text.

    Raises:
        BadInputError: the file cannot be read.
    """
    found = _SENTENCE.search(read_bytes(path, _MAX_BYTES))
    if found is None:
        return None
    model, seed, claim = found.groups()
    return Provenance((model or b"").decode(errors="replace"), int(seed) if seed else None, claim == _SHARED.encode())
