"""The mix: parts are synthesized, placed on the stage by the synthesizer's pan, added, and heard in one room.

Knows no loudness targets and no files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np

from composer.performance import Performance, PerformedPart
from composer.render.balance import balanced
from composer.render.messages import MOST_PITCHED
from composer.render.reverb import checked_room, filtered, impulse_response, room_for, send_gain
from composer.render.synth import SAMPLE_RATE, TAIL_S, WINDOW_S, Sound, frames, synthesize

Progress = Callable[[float], None]
StemSink = Callable[[int, int, Sound], None]

# Parts are synthesized together, for each pass costs as much as a handful of voices; but no more than keep below the embedded
# synthesizer's 64 voices (two a note, dying away for a while), and only parts about equally far away, which share a send.
MOST_NOTES = 32
RELEASE_S = 1.0
ROW_DEPTH = 0.125
REVERB_STEP = 160_000
SILENCE = 10.0 ** (-75 / 20)  # relative to the peak; the end is cut where the sound stays below
_SYNTHESIS_SHARE = 0.85  # of the whole work, for the progress


def mix(
    performance: Performance,
    renderer: str,
    soundfont: Path,
    *,
    room: str | None = None,
    on_stem: StemSink | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Sound:
    """All parts in their room, (n, 2), at the synthesizer's level.

    Args:
        performance: what is played; it has notes.
        renderer: a name in `RENDERERS`.
        soundfont: a file that the renderer reads.
        room: a name in `ROOMS`; by default what suits the ensemble.
        on_stem: is given pieces of dry sound to add up: the part's index, the first frame, the sound. Parts are then
            synthesized one by one, which takes longer.
        progress: called with the fraction done, 0 to 1.
        workers: processes that synthesize; by default one a core, four at most.
    """
    space = checked_room(room or room_for(performance.parts))
    count = frames(performance.duration_s + TAIL_S + space.decay_s)
    dry = np.zeros((count, 2), dtype=np.float32)
    send = np.zeros((count, 1), dtype=np.float32)
    bundles = [[i] for i, part in enumerate(performance.parts) if part.notes] if on_stem else _bundles(performance.parts)
    parts = balanced(performance.parts, renderer, soundfont)
    groups = [[parts[index] for index in bundle] for bundle in bundles]
    gains = [send_gain(space, float(np.mean([part.distance for part in group]))) for group in groups]
    for piece in synthesize(groups, renderer, soundfont, performance.duration_s, workers or usable_cores()):
        first, sound = piece.first_frame, piece.sound[: count - piece.first_frame]
        dry[first : first + len(sound)] += sound
        middle = sound[:, 0] + sound[:, 1]  # numpy's mean over so short an axis takes ten times as long
        middle *= np.float32(gains[piece.group] / 2)
        send[first : first + len(sound), 0] += middle
        if on_stem:
            on_stem(bundles[piece.group][0], first, sound)
        if progress:
            within = min(1.0, (first / SAMPLE_RATE + WINDOW_S) / performance.duration_s)
            progress(_SYNTHESIS_SHARE * (piece.group + within) / len(bundles))
    if space.decay_s > 0.0:
        for first, wet in filtered(send, impulse_response(space), REVERB_STEP):
            dry[first : first + len(wet)] += wet
    return _ended(dry, frames(performance.duration_s))


def usable_cores() -> int:
    """Cores this process may use, four at most: more wait for memory rather than work."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(4, count or 1)


def _bundles(parts: Sequence[PerformedPart]) -> list[list[int]]:
    """Indices of the parts to synthesize together: neighbours in distance, which then share a way to the room."""
    bundles: list[list[int]] = []
    room = 0
    for i in sorted((i for i, part in enumerate(parts) if part.notes), key=lambda i: (parts[i].distance, i)):
        notes = _most_notes(parts[i])
        near = bool(bundles) and parts[i].distance - parts[bundles[-1][0]].distance <= ROW_DEPTH
        if near and notes <= room and len(bundles[-1]) < MOST_PITCHED:
            bundles[-1].append(i)
        else:
            bundles.append([i])
            room = MOST_NOTES
        room -= notes
    return bundles


def _most_notes(part: PerformedPart) -> int:
    """Most notes of a part that sound at once, those dying away or held by the pedal included."""
    begun = [(note.start_s, 1) for note in part.notes]
    gone = [(release_s + RELEASE_S, -1) for release_s in part.releases_s()]
    return max(accumulate(step for _, step in sorted(begun + gone)))


def _ended(sound: Sound, least: int) -> Sound:
    """The sound without the silence after it, but at least so many frames; the last tenth of a second fades out."""
    block = 4800
    peaks = np.array([np.abs(sound[first : first + block]).max() for first in range(0, len(sound), block)])
    heard = np.flatnonzero(peaks > SILENCE * peaks.max())
    end = max(least, int(heard[-1] + 1) * block if len(heard) else 0)
    result = sound[:end]
    fade = min(block, len(result))
    result[len(result) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)[:, None]
    return result
