"""The disclosure, written into every file, that a machine composed it.

One sentence, the same in every format, that cannot be mistaken for a human's copyright claim. Users may replace it by a text
of their choice, which is then followed by a short machine-readable mark. Both are found when a file is converted and are
carried over to the new file. Converted music by other people names Cantilena only as the writing software. Knows no file
format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from composer.formats.capped import read_bytes
from composer.score import Score

_MAX_BYTES = 15_000_000
_COMPOSED, _SHARED = "no human authorship claimed", "the rest as it was given"
_SENTENCE = re.compile(
    rf"composed by AI(?: \((?:model ([^,()<]+))?(?:, )?(?:seed (\d+))?\))?, ({_COMPOSED}|{_SHARED})".encode()
)
_MARK = re.compile(rb"\[AI-(composed|assisted)(?: model=([^\]\s<]+))?(?: seed=(\d+))?\]")


def software() -> str:
    """Name and version of the program, such as "Cantilena 0.1.0" ("Cantilena" in a source checkout)."""
    try:
        return f"Cantilena {version('cantilena')}"
    except PackageNotFoundError:
        return "Cantilena"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Origin of a composition: the checkpoint and the seed that reproduce it.

    Attributes:
        model: name of the checkpoint.
        seed: sampling seed.
        shared: whether it also contains music by a person.
        author: name given as the composer instead of the program.
        subtitle: printed below the title.
        credit: user's text that replaces the sentence; `None` keeps the sentence. The machine-readable mark follows it.

    >>> Provenance("cantilena-base", 7).sentence().partition(": ")[2]
    'composed by AI (model cantilena-base, seed 7), no human authorship claimed'
    >>> Provenance(shared=True).sentence().partition(": ")[2]
    'partly composed by AI, the rest as it was given'
    >>> Provenance("cantilena-base", 7, credit="Music by Ada").sentence()
    'Music by Ada [AI-composed model=cantilena-base seed=7]'
    """

    model: str = ""
    seed: int | None = None
    shared: bool = False
    author: str = ""
    credit: str | None = None
    subtitle: str = ""

    @property
    def composer(self) -> str:
        """The composer's name: the user's choice, else the program; empty if a person wrote part of the music."""
        return self.author or ("" if self.shared else software())

    def sentence(self) -> str:
        """The disclosure as one line of text."""
        if self.credit is not None:
            return f"{self.credit} {self._mark()}".strip()
        details = [f"model {self.model}"] * bool(self.model) + [f"seed {self.seed}"] * (self.seed is not None)
        how = f" ({', '.join(details)})" if details else ""
        return f"{software()}: {'partly ' * self.shared}composed by AI{how}, {_SHARED if self.shared else _COMPOSED}"

    def _mark(self) -> str:
        """The machine-readable disclosure."""
        name = re.sub(r"[^\w.+-]", "_", self.model)
        model = f" model={name}" if name else ""
        seed = "" if self.seed is None else f" seed={self.seed}"
        return f"[AI-{'assisted' if self.shared else 'composed'}{model}{seed}]"


def named_composer(score: Score, provenance: Provenance | None) -> str:
    """The composer whom the user names, else the one whom the file names; may be empty."""
    return (provenance.author if provenance else "") or score.composer


def credited_composer(score: Score, provenance: Provenance | None) -> str:
    """The composer to print: the one who is named, else that of the provenance; may be empty."""
    return named_composer(score, provenance) or (provenance.composer if provenance else "")


def find_provenance(path: Path) -> Provenance | None:
    """The disclosure in a file written by Cantilena; all readable formats store the sentence as plain text.

    If the user replaced the sentence, only the mark is found, not the text.

    Raises:
        BadInputError: the file cannot be read.
    """
    content = read_bytes(path, _MAX_BYTES)
    if found := _SENTENCE.search(content):
        model, seed, claim = found.groups()
        shared, credit = claim == _SHARED.encode(), None
    elif found := _MARK.search(content):
        kind, model, seed = found.groups()
        shared, credit = kind == b"assisted", ""
    else:
        return None
    return Provenance((model or b"").decode(errors="replace"), int(seed) if seed else None, shared, credit=credit)
