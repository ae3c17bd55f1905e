"""Balance: soundfonts disagree about how loud an instrument is at one velocity, by 10 dB between a piano and a horn.

Each part plays a few notes of its own register, their loudness is measured, and the loud ones get a lower channel volume.
Only a part of the difference is made up for: an oboe is meant to carry further than a lute. Knows nothing of the music.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from statistics import median

from composer.performance import PerformedNote, PerformedPart
from composer.render.loudness import block_energies, gated_loudness
from composer.render.synth import FADE_S, SAMPLE_RATE, synthesize

CORRECTION = 0.6  # share of the difference that is made up for
MOST_DB = 6.0
_PLAYED_S = 1.2
_VELOCITY = 80


def balanced(parts: Sequence[PerformedPart], renderer: str, soundfont: Path) -> list[PerformedPart]:
    """The parts with the channel volumes that bring their instruments closer together; drums stay in the middle.

    A part alone, or parts of one instrument, are left as they are.
    """
    pitched = [i for i, part in enumerate(parts) if part.notes and not part.is_drum]
    if len({parts[i].program for i in pitched}) < 2:
        return list(parts)
    loudness = {i: _loudness(parts[i].program, _centre(parts[i]), renderer, soundfont) for i in pitched}
    middle = median(loudness.values())
    trims = {i: max(-MOST_DB, min(MOST_DB, CORRECTION * (middle - level))) for i, level in loudness.items()}
    highest = max(trims.values())
    return [replace(part, volume=10.0 ** ((trims.get(i, 0.0) - highest) / 40.0)) for i, part in enumerate(parts)]


def _centre(part: PerformedPart) -> int:
    """The part's median pitch, to the nearest half octave, so that like parts share a test."""
    return 6 * round(median(note.pitch for note in part.notes) / 6)


@lru_cache(maxsize=256)
def _loudness(program: int, centre: int, renderer: str, soundfont: Path) -> float:
    """Loudness in LUFS of three short notes about a pitch."""
    length_s = _PLAYED_S / 3
    notes = tuple(
        PerformedNote(i * length_s, (i + 1) * length_s, max(0, min(127, centre + step)), _VELOCITY)
        for i, step in enumerate((0, 4, -3))
    )
    (piece,) = synthesize([[PerformedPart("", program, notes)]], renderer, soundfont, _PLAYED_S, tail_s=FADE_S)
    return gated_loudness(block_energies(piece.sound[: round(_PLAYED_S * SAMPLE_RATE)]))
