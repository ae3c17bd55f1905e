"""The key of a section: a name, a relation to the key of the piece, or steps up or down. Knows keys, no plan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from composer.errors import BadInputError
from composer.score import Key, Mode

Relation = Literal["dominant", "subdominant", "relative", "parallel"]
STEPS_RANGE = (-7, 7)
_FIFTH = 7
_STEPS = re.compile(r"([+-])\s*(\d{1,2})")
_RELATIONS: tuple[Relation, ...] = ("dominant", "subdominant", "relative", "parallel")
_TO_RELATIVE: dict[Mode, int] = {"major": 9, "minor": 3}
_OTHER: dict[Mode, Mode] = {"major": "minor", "minor": "major"}


@dataclass(frozen=True, slots=True)
class SectionKey:
    """A key of a section; one of the attributes is set.

    Attributes:
        key: a key by name.
        relation: to the key of the piece.
        steps: semitones up (or down, below 0) from the key of the piece.
    """

    key: Key | None = None
    relation: Relation | None = None
    steps: int | None = None

    def __str__(self) -> str:
        return str(self.key or self.relation) if self.steps is None else f"{self.steps:+d}"

    def in_piece(self, home: Key) -> tuple[Key, int]:
        """The key in a piece in another key, and by how many semitones it is moved, -7 to 7.

        A section in the other mode is that of the relative key, moved.

        >>> [str(key) for key, _ in (SectionKey(relation=name).in_piece(Key.parse("D minor")) for name in _RELATIONS)]
        ['A minor', 'G minor', 'F major', 'D major']
        >>> [key.in_piece(Key.parse("G major"))[1] for key in (SectionKey(key=Key.parse("E minor")), SectionKey(steps=2))]
        [0, 2]
        """
        if self.steps is not None:
            return Key.from_tonic((home.tonic + self.steps) % 12, home.mode), self.steps
        target = self.key or self._related(home)
        base = home.tonic if target.mode == home.mode else home.tonic + _TO_RELATIVE[home.mode]
        return target, (target.tonic - base + 5) % 12 - 5

    def _related(self, home: Key) -> Key:
        match self.relation:
            case "dominant":
                return Key.from_tonic((home.tonic + _FIFTH) % 12, home.mode)
            case "subdominant":
                return Key.from_tonic((home.tonic - _FIFTH) % 12, home.mode)
            case "relative":
                return Key.from_tonic((home.tonic + _TO_RELATIVE[home.mode]) % 12, _OTHER[home.mode])
        return Key.from_tonic(home.tonic, _OTHER[home.mode])


def parse_section_key(text: str) -> SectionKey:
    """Parses a key of a section.

    Raises:
        BadInputError: not understood, in a church mode, or too many steps.

    >>> [str(parse_section_key(text)) for text in ("E minor", "Dominant", "+2", "- 3")]
    ['E minor', 'dominant', '+2', '-3']
    """
    if steps := _STEPS.fullmatch(text.strip()):
        count = int(steps[1] + steps[2])
        low, high = STEPS_RANGE
        if not low <= count <= high:
            raise BadInputError(f"key {text.strip()!r} is out of range: give {low} to +{high} semitones")
        return SectionKey(steps=count)
    for relation in _RELATIONS:
        if text.strip().lower() == relation:
            return SectionKey(relation=relation)
    key = Key.parse(text)
    if key.church:
        raise BadInputError(f"key {text.strip()!r} of a section is not possible: give a major or minor key")
    return SectionKey(key=key)
