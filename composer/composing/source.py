"""The file of a user's piece: identified by its digest; a MIDI file is edited instead of rewritten.

An edited file keeps what a score does not hold: controllers, pedal, pitch bends, lyrics, the division, the ticks of kept notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from composer.formats import read_score
from composer.formats.capped import read_bytes
from composer.formats.midi.midi_patch import check_editable, controllers_reset, patch_midi
from composer.formats.midi.midi_score import read_midi
from composer.formats.musicxml.unread_marks import warn_of_unread_marks
from composer.formats.provenance import Provenance
from composer.score import Score

_MOST_BYTES = 50_000_000  # more than any reader takes
_MIDI = (".mid", ".midi")


@dataclass(frozen=True, slots=True)
class Source:
    """A file.

    Attributes:
        name: file name without its folder.
        content: its bytes.
        score: the score in the file.
        is_midi: whether it can be edited.
    """

    name: str
    content: bytes
    score: Score
    is_midi: bool

    @classmethod
    def read(cls, path: Path) -> Source:
        """A score file of any known format; warns of marks that are not read.

        Raises:
            BadInputError: it cannot be read.
        """
        if path.suffix.lower() in _MIDI:
            return cls.of_midi(read_bytes(path, _MOST_BYTES), path.name)
        score = read_score(path)
        warn_of_unread_marks(path)
        return cls(path.name, read_bytes(path, _MOST_BYTES), score, False)

    @classmethod
    def of_midi(cls, content: bytes, name: str) -> Source:
        """The source of MIDI bytes.

        Raises:
            BadInputError: it is not MIDI, or too damaged to be edited.
        """
        score = read_midi(content)
        check_editable(content)
        return cls(name, content, score, True)

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal digits."""
        return sha256(self.content).hexdigest()

    def to_dict(self) -> dict[str, str]:
        """For sidecars: enough to find and identify the file."""
        return {"file": self.name, "sha256": self.digest}

    def edited(self, score: Score, provenance: Provenance) -> bytes:
        """The MIDI file with the notes of `score`, which is an edit of its score."""
        return patch_midi(self.content, self.score, score, provenance)

    def remarks(self, score: Score) -> list[str]:
        """Changes to the file beyond its notes, one line each."""
        reset = controllers_reset(self.content, self.score, score)
        return [f"{', '.join(reset)} left standing at the file's end: reset where the new bars begin"] if reset else []
