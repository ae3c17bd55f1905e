"""The names in the files of a piece, and the sound that it is rendered with. Changes no note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypedDict

from composer.errors import BadInputError
from composer.formats.provenance import Provenance
from composer.score import Score

MAX_CHARACTERS = 300


class Sound(TypedDict, total=False):
    """The soundfont (file or name) and the room of the audio; `None` for the default."""

    soundfont: str | None
    room: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The user's requests for the files of a piece; `None` for the default.

    Attributes:
        title: printed above the score and written into every file.
        subtitle: printed below the title.
        composer: the name printed as the composer's.
        credit: a text instead of the sentence that says that the music was composed by AI; a short mark for machines follows.
        soundfont: file or name of the soundfont that the audio is rendered with.
        room: a name in `composer.render.reverb.ROOMS`.

    Raises:
        BadInputError: on construction, for a text of more than `MAX_CHARACTERS` or with control characters.
    """

    title: str | None = None
    composer: str | None = None
    credit: str | None = None
    soundfont: str | None = None
    room: str | None = None
    subtitle: str | None = None

    def __post_init__(self) -> None:
        for name, text in asdict(self).items():
            if text is None:
                continue
            if not isinstance(text, str) or len(text) > MAX_CHARACTERS or not text.isprintable():
                shown = str(text)[:40]
                remedy = f"give one line of at most {MAX_CHARACTERS} printable characters"
                raise BadInputError(f"{name} {shown!r} cannot be used: {remedy}")

    def provenance(self, model: str, seed: int, *, shared: bool = False) -> Provenance:
        """The statement of origin in the files."""
        return Provenance(model, seed, shared, self.composer or "", self.credit, self.subtitle or "")

    def named(self, score: Score) -> Score:
        """A score with the title and the composer that the user gives it, if any."""
        title = score.title if self.title is None else self.title
        return replace(score, title=title, composer=score.composer if self.composer is None else self.composer)

    @property
    def sound(self) -> Sound:
        """Options of `composer.render.render_score`."""
        return {"soundfont": self.soundfont, "room": self.room}

    def to_dict(self) -> dict[str, str]:
        """The fields that are set, for sidecars."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_sidecar(cls, content: Mapping[str, Any]) -> Delivery:
        """The delivery that a sidecar records.

        Raises:
            TypeError: the record has been changed.
        """
        return cls(**content.get("delivery", {}))


NO_DELIVERY = Delivery()
