"""The notes of a run of base tokens: the one place that knows how positions and durations carry over from note to note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from composer.tokenizer.vocabulary import Vocabulary

INHERITED = -1  # onset or duration that a run takes over from what was written before it


@dataclass(frozen=True, slots=True)
class RunNote:
    """One note: its onset and length in steps, each `INHERITED` where the run does not state it, and its pitch."""

    onset: int
    steps: int
    pitch: int
    is_drum: bool


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of base tokens holds.

    Attributes:
        notes: in the order of the run.
        onset: position in force after the run, `INHERITED` where the run states none.
        steps: duration in force after the run, `INHERITED` where the run states none.
        last_kind: type of the last token. After a "Position" or "Duration" a note must still follow.
    """

    notes: tuple[RunNote, ...]
    onset: int
    steps: int
    last_kind: str

    @property
    def last_chord(self) -> tuple[RunNote, ...]:
        """The notes at the onset in force after the run."""
        return tuple(note for note in self.notes if note.onset == self.onset)


def read_run(tokens: Iterable[int], vocabulary: Vocabulary, onset: int = INHERITED, steps: int = INHERITED) -> Run:
    """Reads Position, Duration, Pitch and Drum tokens.

    Args:
        tokens: base tokens.
        vocabulary: their vocabulary.
        onset, steps: position and duration in force before them.

    >>> vocabulary = Vocabulary((), ())
    >>> read_run([vocabulary.duration(24), vocabulary.pitch(60)], vocabulary).notes
    (RunNote(onset=-1, steps=24, pitch=60, is_drum=False),)
    """
    notes: list[RunNote] = []
    kind = ""
    for token in tokens:
        kind, value = vocabulary.types[token], int(vocabulary.note_steps[token])
        if kind == "Position":
            onset = value
        elif kind == "Duration":
            steps = value
        else:
            notes.append(RunNote(onset, steps, value, kind == "Drum"))
    return Run(tuple(notes), onset, steps, kind)
