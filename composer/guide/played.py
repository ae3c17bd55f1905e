"""What each part has played so far, for rules about melody, harmony and playing technique.

Steps are those of the token grid, 24 per quarter note; within a bar they count from its barline.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Line:
    """What one part has played.

    Attributes:
        notes: of the bar being written: (onset, pitch, end) in the order written.
        onset: step of the latest onset, negative if it is in an earlier bar.
        pitches: struck at the latest onset, ascending; empty before the first note.
        before: struck at the onset before that one.
        rings: (pitch, end) of the notes that sound beyond the latest onset.
        duration: the duration in force, 0 before a bar states one.
        carried: the last onset before the barline, negative, and what was struck there; `None` before the first note.
    """

    notes: list[tuple[int, int, int]] = field(default_factory=list)
    onset: int = 0
    pitches: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    rings: list[tuple[int, int]] = field(default_factory=list)
    duration: int = 0
    carried: tuple[int, list[int]] | None = None

    def strike(self, step: int, pitch: int) -> None:
        """Adds a note of the duration in force."""
        if step != self.onset or not self.notes:
            self.onset, self.before, self.pitches = step, self.pitches, []
            self.rings = [ring for ring in self.rings if ring[1] > step]
        end = step + self.duration
        self.pitches.append(pitch)
        self.rings.append((pitch, end))
        self.notes.append((step, pitch, end))

    def struck(self, step: int) -> list[int]:
        """Pitches struck at a step of this bar, if it is the latest onset."""
        return self.pitches if self.notes and self.onset == step else []

    def rings_until(self) -> int:
        """Step at which the last sounding note ends; negative or 0 if all are over by the barline."""
        return max((end for _, end in self.rings), default=0)

    def cross_barline(self, steps: int) -> None:
        """Counts from the next barline, `steps` after the last one."""
        self.notes, self.duration = [], 0
        self.onset -= steps
        self.carried = (self.onset, self.pitches) if self.pitches else None
        self.rings = [(pitch, end - steps) for pitch, end in self.rings if end > steps]
