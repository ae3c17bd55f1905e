"""Levels of instruments: compensates for soundfonts whose instruments differ in loudness at equal velocity, by up to 10 dB.

Each part plays a few notes in its register; their loudness is measured, and the volume of loud parts is lowered. The
difference is compensated only partly: an oboe should carry further than a lute. Knows nothing about the music.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from statistics import median

import numpy as np

from composer.performance import PerformedNote, PerformedPart
from composer.render.loudness import block_energies, gated_loudness
from composer.render.messages import MOST_PITCHED
from composer.render.synth import FADE_S, SAMPLE_RATE, SoundSource, frames, synthesize

CORRECTION = 0.6  # share of the difference that is compensated
MOST_DB = 6.0
_PLAYED_S = 1.2
_VELOCITY = 80


def leveled(parts: Sequence[PerformedPart], source: SoundSource) -> list[PerformedPart]:
    """The parts with channel volumes that bring their instruments closer in loudness; drums get the median correction.

    A single part, or parts with the same instrument, are returned unchanged.
    """
    tests = {i: (part.program, _center(part)) for i, part in enumerate(parts) if part.notes and not part.is_drum}
    if len({program for program, _ in tests.values()}) < 2:
        return list(parts)
    measured = _loudness(tuple(sorted(set(tests.values()))), source)
    loudness = {i: measured[test] for i, test in tests.items()}
    middle = median(loudness.values())
    trims = {i: max(-MOST_DB, min(MOST_DB, CORRECTION * (middle - level))) for i, level in loudness.items()}
    highest = max(trims.values())
    return [replace(part, volume=10.0 ** ((trims.get(i, 0.0) - highest) / 40.0)) for i, part in enumerate(parts)]


def _center(part: PerformedPart) -> int:
    """The part's median pitch, to the nearest half octave, so that like parts share a test."""
    return 6 * round(median(note.pitch for note in part.notes) / 6)


@lru_cache(maxsize=64)
def _loudness(tests: tuple[tuple[int, int], ...], source: SoundSource) -> Mapping[tuple[int, int], float]:
    """Loudness in LUFS of three short notes around a pitch, for each (program, pitch), played one after another."""
    every_s = _PLAYED_S + FADE_S
    players = [PerformedPart("", program, _phrase(center, i * every_s)) for i, (program, center) in enumerate(tests)]
    bands = [players[first : first + MOST_PITCHED] for first in range(0, len(players), MOST_PITCHED)]
    pieces = synthesize(bands, source, len(tests) * every_s, tail_s=FADE_S)
    sound = np.zeros((frames(len(tests) * every_s + FADE_S) + 1, 2), dtype=np.float32)
    for piece in pieces:
        sound[piece.first_frame : piece.first_frame + len(piece.sound)] += piece.sound
    starts = (round(i * every_s * SAMPLE_RATE) for i in range(len(tests)))
    return {
        test: gated_loudness(block_energies(sound[start : start + round(_PLAYED_S * SAMPLE_RATE)]))
        for test, start in zip(tests, starts, strict=True)
    }


def _phrase(center: int, start_s: float) -> tuple[PerformedNote, ...]:
    """Three notes around a pitch."""
    length_s = _PLAYED_S / 3
    return tuple(
        PerformedNote(start_s + i * length_s, start_s + (i + 1) * length_s, max(0, min(127, center + step)), _VELOCITY)
        for i, step in enumerate((0, 4, -3))
    )
