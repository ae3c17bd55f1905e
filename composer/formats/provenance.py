"""Who made a file: the lines that say that a machine composed it.

One sentence, the same in every format, that no reader can take for a human's copyright claim. Files that Cantilena only
converted carry its name as the writing software and nothing more. Knows no file format.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version


def software() -> str:
    """Name and version of the writing program, such as "Cantilena 0.1.0" ("Cantilena" from a bare checkout)."""
    try:
        return f"Cantilena {version('cantilena')}"
    except PackageNotFoundError:
        return "Cantilena"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a composition comes from: the checkpoint's name and the seed it can be made again with.

    >>> Provenance("cantilena-base", 7).sentence().partition(": ")[2]
    'composed by AI (model cantilena-base, seed 7), no human authorship claimed'
    """

    model: str = ""
    seed: int | None = None

    def sentence(self) -> str:
        """The disclosure as one line of text."""
        details = [f"model {self.model}"] * bool(self.model) + [f"seed {self.seed}"] * (self.seed is not None)
        how = f" ({', '.join(details)})" if details else ""
        return f"{software()}: composed by AI{how}, no human authorship claimed"
